#include "client/witness/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/db.h"
#include "base/folder.h"
#include "crypto/keyfile.h"

#define MAX_VKEY_TEXT 512 /* bytes */

struct wb_witness {
	const struct wb_file_ops *ops;
	char dir[WB_MAX_PATH];
	int lock; /* -1: not locked */
	struct wb_db *db;
	struct wb_clock clock;
	struct wb_vkey vkey;
	struct wb_signer signer;
};

/* What is remembered of a log. */
struct known {
	struct wb_vkey vkey;
	struct wb_head head;
	bool stored; /* has a row */
};

/* size 0: nothing cosigned yet, or an empty log. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS log ("
    " hash BLOB PRIMARY KEY CHECK (length(hash) = 32)," /* of the origin */
    " vkey TEXT NOT NULL,"
    " size INTEGER NOT NULL DEFAULT 0 CHECK (size >= 0),"
    " root BLOB NOT NULL CHECK (length(root) = 32),"
    " note BLOB" /* the checkpoint, with the log's signature and ours */
    ") WITHOUT ROWID;";

/* The key last: who finds it finds a memory too. */
static enum wb_status
write_files(const char *key_path, const char *db_path, struct wb_span key,
    const struct wb_file_ops *ops, struct wb_error *err)
{
	struct wb_db *db;
	enum wb_status st = wb_db_open(&db, db_path, WB_DB_WAL_FULL, NULL, err);

	if (st == WB_OK)
		st = wb_db_exec(db, schema, err);
	if (st != WB_OK)
		st = wb_context(err, st, "%s", db_path);
	wb_db_close(&db);
	return st == WB_OK ? wb_file_write(ops, key_path, key, err) : st;
}

enum wb_status
wb_witness_create(const char *dir, const char *name,
    const struct wb_file_ops *ops, struct wb_random random,
    struct wb_error *err)
{
	char key_path[WB_MAX_PATH], db_path[WB_MAX_PATH];
	struct wb_bytes key;
	enum wb_status st;
	bool there;

	wb_bytes_init(&key, WB_MAX_KEYFILE);
	st = wb_folder_path(key_path, dir, "witness.key", err);
	if (st == WB_OK)
		st = wb_folder_path(db_path, dir, "witness.db", err);
	if (st == WB_OK)
		st = wb_keyfile_make(&key, name, WB_NOTE_COSIGNATURE, random,
		    err);
	if (st == WB_OK)
		st = wb_file_make_dir(ops, dir, err);
	if (st == WB_OK)
		st = wb_file_exists(&there, ops, key_path, err);
	if (st == WB_OK && there)
		st = wb_fail(err, WB_EXISTS, "there is a witness in %s", dir);
	if (st == WB_OK)
		st = write_files(key_path, db_path, wb_bytes_span(&key), ops,
		    err);
	wb_bytes_clear(&key);
	return st;
}

static enum wb_status
read_key(struct wb_witness *w, const char *path, const struct wb_file_ops *ops,
    struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_KEYFILE);
	st = wb_file_read(&text, ops, path, err);
	if (st == WB_NOT_FOUND) {
		st = wb_advise(err, st, "no-witness",
		    "Make one: waybill witness init --dir DIR --name NAME");
	} else if (st == WB_OK) {
		st = wb_keyfile_parse(&w->vkey, &w->signer,
		    wb_bytes_span(&text), WB_NOTE_COSIGNATURE, err);
		if (st != WB_OK)
			st = wb_context(err, st, "%s", path);
	}
	wb_bytes_clear(&text);
	return st;
}

/* A new memory must never stand in for a lost one: it would cosign a fork. */
static enum wb_status
open_memory(struct wb_witness *w, const char *path,
    const struct wb_file_ops *ops, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool there, row;

	st = wb_file_exists(&there, ops, path, err);
	if (st != WB_OK)
		return st;
	if (there)
		st = wb_db_open(&w->db, path, WB_DB_WAL_FULL, NULL, err);
	else
		st = wb_fail(err, WB_STORAGE, "it is gone");
	if (st == WB_OK) {
		st = wb_db_prepare(&s, w->db,
		    "SELECT hash, vkey, size, root, note FROM log LIMIT 1",
		    err);
	}
	if (st == WB_OK) {
		st = wb_step(s, &row, err);
		wb_stmt_done(s);
	}
	if (st == WB_OK)
		return WB_OK;
	(void)wb_context(err, st, "%s, what this witness has cosigned", path);
	if (st == WB_LOCKED)
		return st;
	return wb_advise(err, WB_STORAGE, "witness-memory",
	    "Without it this key must sign nothing more: make a witness of "
	    "another name, and a policy that names that one.");
}

enum wb_status
wb_witness_open(struct wb_witness **out, const char *dir,
    const struct wb_file_ops *ops, struct wb_clock clock, struct wb_error *err)
{
	struct wb_witness *w = calloc(1, sizeof *w);
	char path[WB_MAX_PATH];
	enum wb_status st;

	*out = NULL;
	if (w == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	w->ops = ops;
	w->lock = -1;
	w->clock = clock;
	st = wb_folder_path(path, dir, "witness.key", err);
	if (st == WB_OK) {
		memcpy(w->dir, dir, strlen(dir) + 1);
		st = read_key(w, path, ops, err);
	}
	if (st == WB_OK)
		st = wb_folder_path(path, dir, "witness.db", err);
	if (st == WB_OK)
		st = open_memory(w, path, ops, err);
	if (st == WB_OK) {
		*out = w;
		w = NULL;
	}
	wb_witness_close(&w);
	return st;
}

void
wb_witness_close(struct wb_witness **w)
{
	if (*w == NULL)
		return;
	if ((*w)->lock >= 0)
		(void)(*w)->ops->close((*w)->ops->ctx, (*w)->lock);
	wb_db_close(&(*w)->db);
	wb_signer_clear(&(*w)->signer);
	free(*w);
	*w = NULL;
}

enum wb_status
wb_witness_lock(struct wb_witness *w, struct wb_error *err)
{
	return wb_folder_lock(&w->lock, w->ops, w->dir, "being served", err);
}

const struct wb_vkey *
wb_witness_vkey(const struct wb_witness *w)
{
	return &w->vkey;
}

static enum wb_status
read_row(struct known *out, struct wb_stmt *s, struct wb_error *err)
{
	struct wb_span root = wb_column_blob(s, 2);
	enum wb_status st = wb_vkey_parse(&out->vkey, wb_column_text(s, 0),
	    err);

	if (st != WB_OK || root.len != WB_HASH_LEN)
		return wb_fail(err, WB_STORAGE,
		    "what this witness remembers is damaged");
	out->head.size = (uint64_t)wb_column_int(s, 1);
	memcpy(out->head.root.b, root.data, WB_HASH_LEN);
	out->stored = true;
	return WB_OK;
}

/* WB_NOT_FOUND: a log of that name is not known. */
static enum wb_status
find(struct known *out, struct wb_witness *w, struct wb_span origin,
    struct wb_error *err)
{
	struct wb_hash hash;
	struct wb_stmt *s;
	enum wb_status st;
	bool row = false;

	wb_sha256_one(&hash, origin);
	st = wb_db_prepare(&s, w->db,
	    "SELECT vkey, size, root FROM log WHERE hash = ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&hash));
	st = wb_step(s, &row, err);
	if (st == WB_OK && row)
		st = read_row(out, s, err);
	wb_stmt_done(s);
	if (st == WB_OK && !row)
		return wb_fail(err, WB_NOT_FOUND,
		    "this witness does not know that log");
	return st;
}

static enum wb_status
count_logs(int64_t *out, struct wb_witness *w, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, w->db, "SELECT count(*) FROM log", err);
	if (st != WB_OK)
		return st;
	st = wb_step(s, &row, err);
	if (st == WB_OK)
		*out = wb_column_int(s, 0);
	wb_stmt_done(s);
	return st;
}

/* Nothing of it is cosigned yet. */
static enum wb_status
insert(struct wb_witness *w, const struct wb_vkey *log, struct wb_error *err)
{
	struct wb_hash hash, empty;
	struct wb_bytes text;
	struct wb_stmt *s;
	enum wb_status st;

	wb_bytes_init(&text, MAX_VKEY_TEXT);
	wb_merkle_root(&empty, NULL, 0);
	wb_sha256_one(&hash, wb_span_text(log->name));
	st = wb_vkey_format(&text, log, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, w->db,
		    "INSERT INTO log (hash, vkey, root) VALUES (?1, ?2, ?3)",
		    err);
	}
	if (st == WB_OK) {
		wb_bind_blob(s, 1, wb_hash_span(&hash));
		wb_bind_text(s, 2, wb_bytes_span(&text));
		wb_bind_blob(s, 3, wb_hash_span(&empty));
		st = wb_run(s, err);
	}
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
trust(struct wb_witness *w, const struct wb_vkey *log, struct wb_error *err)
{
	struct known known;
	int64_t logs = 0;
	enum wb_status st = find(&known, w, wb_span_text(log->name), err);

	if (st == WB_OK && wb_vkey_equal(&known.vkey, log))
		return WB_OK;
	if (st == WB_OK)
		return wb_fail(err, WB_EXISTS,
		    "this witness knows '%s' by another key", log->name);
	if (st != WB_NOT_FOUND)
		return st;
	(void)wb_forgive(err);
	st = count_logs(&logs, w, err);
	if (st == WB_OK && logs >= WB_MAX_WITNESSED_LOGS)
		st = wb_fail(err, WB_FAILED, "a witness serves at most %d logs",
		    WB_MAX_WITNESSED_LOGS);
	return st == WB_OK ? insert(w, log, err) : st;
}

enum wb_status
wb_witness_trust(struct wb_witness *w, const struct wb_vkey *log,
    struct wb_error *err)
{
	enum wb_status st;

	if (log->type != WB_NOTE_ED25519)
		return wb_fail(err, WB_INVALID,
		    "'%s' is a witness's key, not a log's", log->name);
	st = wb_db_begin(w->db, err);
	if (st != WB_OK)
		return st;
	st = trust(w, log, err);
	if (st == WB_OK)
		return wb_db_commit(w->db, err);
	wb_db_rollback(w->db);
	return st;
}

/* A witness that knows no log believes the asker which key the log has. */
static enum wb_status
believe(bool *found, struct known *out, struct wb_witness *w,
    const struct wb_add_checkpoint *request, const char *offered,
    struct wb_error *err)
{
	int64_t logs = 0;
	enum wb_status st = count_logs(&logs, w, err);

	*out = (struct known){ .stored = false };
	wb_merkle_root(&out->head.root, NULL, 0);
	*found = logs == 0 && offered != NULL &&
		 wb_vkey_parse(&out->vkey, wb_span_text(offered), NULL) ==
		     WB_OK &&
		 out->vkey.type == WB_NOTE_ED25519 &&
		 wb_span_equal(request->origin, wb_span_text(out->vkey.name));
	return st;
}

/* What is remembered of the log that asks, or believed of it. */
static enum wb_status
look_up(bool *found, struct known *out, struct wb_witness *w,
    const struct wb_add_checkpoint *request, const char *offered,
    struct wb_error *err)
{
	enum wb_status st = find(out, w, request->origin, err);

	*found = st == WB_OK;
	if (st != WB_NOT_FOUND)
		return st;
	(void)wb_forgive(err);
	return believe(found, out, w, request, offered, err);
}

/* Cosigns: the line is appended to `out`. */
static enum wb_status
cosign(struct wb_bytes *out, const struct wb_witness *w,
    const struct wb_add_checkpoint *request, struct wb_error *err)
{
	int64_t now = wb_clock_now(w->clock);

	if (now <= 0)
		return wb_fail(err, WB_FAILED, "the clock is not set");
	return wb_note_cosign(out, request->note.text, &w->vkey, &w->signer,
	    (uint64_t)now, err);
}

/*
 * What monitors are shown: the text, the log's signature, ours.  Other lines
 * of the checkpoint were not verified.
 */
static enum wb_status
cosigned_note(struct wb_bytes *out, const struct wb_add_checkpoint *request,
    const struct wb_vkey *log, struct wb_span line, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_bytes raw;
	enum wb_status st;

	wb_bytes_init(&raw, WB_MAX_NOTE);
	st = wb_note_find(&raw, &request->note, log, err);
	if (st == WB_OK)
		st = wb_bytes_append(out, request->note.text, err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	if (st == WB_OK) {
		memcpy(signature.b, raw.data, WB_SIGNATURE_LEN);
		st = wb_note_line(out, log, &signature, err);
	}
	if (st == WB_OK)
		st = wb_bytes_append(out, line, err);
	wb_bytes_clear(&raw);
	return st;
}

/* Within the transaction in which `known` was read. */
static enum wb_status
remember(struct wb_witness *w, const struct wb_add_checkpoint *request,
    const struct known *known, struct wb_span note, struct wb_error *err)
{
	struct wb_hash hash;
	struct wb_stmt *s;
	enum wb_status st = WB_OK;

	if (!known->stored)
		st = insert(w, &known->vkey, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, w->db,
		    "UPDATE log SET size = ?2, root = ?3, note = ?4"
		    " WHERE hash = ?1",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_sha256_one(&hash, request->origin);
	wb_bind_blob(s, 1, wb_hash_span(&hash));
	wb_bind_int(s, 2, (int64_t)request->head.size);
	wb_bind_blob(s, 3, wb_hash_span(&request->head.root));
	wb_bind_blob(s, 4, note);
	return wb_run(s, err);
}

static enum wb_status
accept(struct wb_bytes *line, struct wb_witness *w,
    const struct wb_add_checkpoint *request, const struct known *known,
    struct wb_error *err)
{
	struct wb_bytes note;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	st = cosign(line, w, request, err);
	if (st == WB_OK)
		st = cosigned_note(&note, request, &known->vkey,
		    wb_bytes_span(line), err);
	if (st == WB_OK)
		st = remember(w, request, known, wb_bytes_span(&note), err);
	wb_bytes_clear(&note);
	return st;
}

/* In a transaction: nobody else moves the log on in between. */
static enum wb_status
judge(struct wb_witness_answer *answer, struct wb_witness *w,
    const struct wb_add_checkpoint *request, const char *offered,
    struct wb_error *err)
{
	struct known known;
	bool found;
	enum wb_status st = look_up(&found, &known, w, request, offered, err);

	if (st != WB_OK)
		return st;
	if (!found) {
		answer->verdict = WB_WITNESS_UNKNOWN_LOG;
		(void)wb_advise(&answer->why,
		    wb_fail(&answer->why, WB_NOT_FOUND,
			"this witness does not know that log"),
		    "unknown-log",
		    "Tell it: waybill witness trust --dir DIR VKEY");
		return WB_OK;
	}
	answer->verdict = wb_add_checkpoint_judge(request, &known.vkey,
	    &known.head, &answer->why);
	answer->first_use = answer->verdict == WB_WITNESS_COSIGN &&
			    !known.stored;
	if (answer->verdict == WB_WITNESS_COSIGN)
		return accept(&answer->body, w, request, &known, err);
	if (answer->verdict == WB_WITNESS_CONFLICT)
		return wb_bytes_printf(&answer->body, err, "%" PRIu64 "\n",
		    known.head.size);
	return WB_OK;
}

enum wb_status
wb_witness_add_checkpoint(struct wb_witness_answer *answer,
    struct wb_witness *w, struct wb_span body, const char *offered,
    struct wb_error *err)
{
	struct wb_add_checkpoint request;
	enum wb_status st;

	*answer = (struct wb_witness_answer){
		.verdict = WB_WITNESS_MALFORMED,
	};
	wb_bytes_init(&answer->body, WB_MAX_NOTE);
	if (wb_add_checkpoint_parse(&request, body, &answer->why) != WB_OK)
		return WB_OK;
	answer->origin = request.origin;
	st = wb_db_begin(w->db, err);
	if (st != WB_OK)
		return st;
	st = judge(answer, w, &request, offered, err);
	if (st == WB_OK && answer->verdict == WB_WITNESS_COSIGN)
		st = wb_db_commit(w->db, err);
	else
		wb_db_rollback(w->db);
	if (st != WB_OK)
		wb_bytes_reset(&answer->body);
	return st;
}

enum wb_status
wb_witness_checkpoint(struct wb_bytes *out, struct wb_witness *w,
    const struct wb_hash *origin, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row = false;

	st = wb_db_prepare(&s, w->db,
	    "SELECT note FROM log WHERE hash = ?1 AND note IS NOT NULL", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(origin));
	st = wb_step(s, &row, err);
	if (st == WB_OK && row)
		st = wb_bytes_append(out, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	if (st == WB_OK && !row)
		return wb_fail(err, WB_NOT_FOUND,
		    "this witness has cosigned nothing of that log");
	return st;
}

enum wb_status
wb_witness_logs(struct wb_witness *w,
    void (*each)(void *ctx, const struct wb_vkey *log,
	const struct wb_head *head),
    void *ctx, struct wb_error *err)
{
	struct known known;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, w->db,
	    "SELECT vkey, size, root FROM log ORDER BY vkey", err);
	if (st != WB_OK)
		return st;
	while ((st = wb_step(s, &row, err)) == WB_OK && row) {
		st = read_row(&known, s, err);
		if (st != WB_OK)
			break;
		each(ctx, &known.vkey, &known.head);
	}
	wb_stmt_done(s);
	return st;
}
