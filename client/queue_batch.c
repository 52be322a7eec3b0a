/* The part of client/queue.h that makes batches of waiting records. */
#include <string.h>

#include "base/arena.h"
#include "client/journal/journal.h"
#include "client/ledger/measures.h"
#include "client/queue.h"
#include "client/trust/trust.h"
#include "crypto/recordtree.h"
#include "proto/batch.h"
#include "proto/envelope.h"
#include "proto/record_content.h"
#include "proto/wire.h"

#define DRAFT_BUDGET ((size_t)32 << 20) /* bytes of one batch in the making */

/*
 * No batch made here names more measures than a reader takes: a line with a
 * name of its own (one of 8192 has two letters at least) fills eight bytes.
 */
_Static_assert(WB_BATCH_PARTS / 8 <= WB_MAX_MEASURES,
    "what fills a batch stays within its measures");

/* One batch in the making. */
struct draft {
	struct wb_device *device;
	bool corrects; /* of sessions that do, or of those that do not */
	struct wb_arena arena;
	int64_t first; /* sessions, inclusive; last < first: an empty batch */
	int64_t last;
	size_t sessions;
	size_t records;
	struct wb_content content;
	struct wb_record_leaves *leaves;
	struct wb_point totals;
	struct wb_bytes manifest;
	struct wb_batch batch;
	struct wb_bytes file; /* the age file */
	int64_t row; /* of the statement made */
};

/* What waits of the draft's sessions; ?1 to ?3 are bound by bind_range(). */
#define CORRECTS "(SELECT corrects FROM session s WHERE s.row = session)"
#define WAITS                                                    \
	" WHERE batch IS NULL AND session BETWEEN ?1 AND ?2 AND" \
	" ?3 = " CORRECTS

static void
bind_range(struct wb_stmt *s, const struct draft *d)
{
	wb_bind_int(s, 1, d->first);
	wb_bind_int(s, 2, d->last);
	wb_bind_int(s, 3, d->corrects);
}

/* Takes whole sessions, in order, as many as one batch holds. */
static enum wb_status
choose_sessions(struct draft *d, struct wb_error *err)
{
	size_t bytes = 0, n, size;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, d->device->db,
	    "SELECT session, count(*), sum(length(sealed)) FROM part"
	    " WHERE batch IS NULL AND ? = " CORRECTS
	    " GROUP BY session ORDER BY session",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, d->corrects);
	st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		n = (size_t)wb_column_int(s, 1);
		size = (size_t)wb_column_int(s, 2);
		if (d->sessions > 0 &&
		    (bytes + size > WB_BATCH_PARTS ||
			d->records + n > WB_MAX_BATCH_RECORDS ||
			d->sessions == WB_MAX_SESSIONS)) {
			wb_stmt_done(s);
			return WB_OK;
		}
		d->last = wb_column_int(s, 0);
		if (d->sessions++ == 0)
			d->first = d->last;
		d->records += n;
		bytes += size;
		st = wb_step(s, &row, err);
	}
	return st;
}

static enum wb_status
begin_session(struct draft *d, struct wb_session **out, int64_t row,
    struct wb_error *err)
{
	struct wb_session *session;
	struct wb_stmt *s;
	enum wb_status st;
	bool found;

	session = &d->content.sessions[d->content.session_count++];
	*out = session;
	st = wb_db_prepare(&s, d->device->db,
	    "SELECT key_file, (SELECT count(*) FROM part WHERE batch IS NULL"
	    " AND session = ?1) FROM session WHERE row = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	st = wb_step(s, &found, err);
	if (st != WB_OK)
		return st;
	if (!found)
		return wb_fail(err, WB_STORAGE, "a session has no key file");
	st = wb_arena_copy(&session->key_file, &d->arena, wb_column_blob(s, 0),
	    err);
	session->parts = wb_arena_array(&d->arena, (size_t)wb_column_int(s, 1),
	    sizeof *session->parts);
	wb_stmt_done(s);
	return st == WB_OK && session->parts == NULL ? wb_no_memory(err) : st;
}

static enum wb_status
copy_blob(void *out, size_t len, struct wb_span from, struct wb_error *err)
{
	if (from.len != len)
		return wb_fail(err, WB_STORAGE,
		    "a waiting record is damaged in the vault");
	memcpy(out, from.data, len);
	return WB_OK;
}

/* Columns of the current row: session, sealed, leaves, commitment. */
static enum wb_status
take_part(struct draft *d, struct wb_session *session, size_t i,
    struct wb_stmt *s, struct wb_error *err)
{
	struct wb_record_leaves *leaves = &d->leaves[i];
	struct wb_point c;
	enum wb_status st;

	st = wb_arena_copy(&session->parts[session->part_count++], &d->arena,
	    wb_column_blob(s, 1), err);
	if (st == WB_OK)
		st = copy_blob(leaves->goods.b, WB_HASH_LEN,
		    wb_column_blob(s, 2), err);
	if (st == WB_OK)
		st = copy_blob(leaves->place.b, WB_HASH_LEN,
		    wb_column_blob(s, 3), err);
	if (st == WB_OK)
		st = copy_blob(c.b, WB_POINT_LEN, wb_column_blob(s, 4), err);
	return st == WB_OK ? wb_point_add(&d->totals, &c, err) : st;
}

static enum wb_status
read_parts(struct draft *d, struct wb_error *err)
{
	struct wb_session *session = NULL;
	int64_t in = 0;
	size_t i = 0;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, d->device->db,
	    "SELECT session, sealed, goods_leaf, place_leaf, commitment"
	    " FROM part" WAITS " ORDER BY session, number",
	    err);
	if (st != WB_OK)
		return st;
	bind_range(s, d);
	st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		if (session == NULL || wb_column_int(s, 0) != in) {
			in = wb_column_int(s, 0);
			st = begin_session(d, &session, in, err);
		}
		if (st == WB_OK)
			st = take_part(d, session, i++, s, err);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
	}
	wb_stmt_done(s);
	return st;
}

static enum wb_status
gather(struct draft *d, struct wb_error *err)
{
	struct wb_scalar blinding;
	enum wb_status st = choose_sessions(d, err);

	if (st != WB_OK)
		return st;
	d->content.sessions = wb_arena_array(&d->arena, d->sessions,
	    sizeof *d->content.sessions);
	d->leaves = wb_arena_array(&d->arena, d->records, sizeof *d->leaves);
	if (d->content.sessions == NULL || d->leaves == NULL)
		return wb_no_memory(err);
	wb_random_fill(d->device->random, d->content.seed.b, WB_HASH_LEN);
	memcpy(d->content.mark, d->device->mark, WB_MARK_LEN);
	wb_blinding(&blinding, &d->content.seed);
	st = wb_commit(&d->totals, &blinding, NULL, 0, err);
	wb_wipe(&blinding, sizeof blinding);
	return st == WB_OK && d->records > 0 ? read_parts(d, err) : st;
}

/* This device's newest batch: what the next one follows. */
static enum wb_status
read_chain(struct wb_batch *b, struct wb_device *device, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	b->sequence = 1;
	st = wb_db_prepare(&s, device->db,
	    "SELECT b.sequence, s.id FROM batch b"
	    " JOIN statement s ON s.row = b.statement"
	    " WHERE b.device = (SELECT row FROM device WHERE key = ?)"
	    " ORDER BY b.sequence DESC, b.statement LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_key_span(&device->signer.key));
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	b->sequence = (uint64_t)wb_column_int(s, 0) + 1;
	st = copy_blob(b->previous.b, WB_HASH_LEN, wb_column_blob(s, 1), err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
head_batch(struct draft *d, struct wb_error *err)
{
	struct wb_batch *b = &d->batch;
	struct wb_manifest m;
	enum wb_status st;

	b->programme = d->device->programme;
	b->signer = d->device->signer.key;
	b->roster = d->device->roster_id;
	st = read_chain(b, d->device, err);
	if (st == WB_OK)
		st = wb_trust_newest(&b->seen, &b->seen_signature, d->device,
		    err);
	if (st != WB_OK)
		return st;
	m = (struct wb_manifest){ .programme = b->programme,
		.signer = b->signer,
		.sequence = b->sequence,
		.previous = b->previous,
		.roster = b->roster };
	return wb_manifest_encode(&d->manifest, &m, err);
}

static enum wb_status
seal_content(struct draft *d, struct wb_error *err)
{
	struct wb_recipient reader;
	struct wb_bytes plain;
	enum wb_status st;

	d->content.manifest = wb_bytes_span(&d->manifest);
	wb_bytes_init(&plain, WB_MAX_CONTENT);
	st = wb_recipient_parse(&reader, d->device->roster.reader, err);
	if (st == WB_OK)
		st = wb_content_encode(&plain, &d->content, err);
	if (st == WB_OK)
		st = wb_age_encrypt(&d->file, wb_bytes_span(&plain), &reader, 1,
		    d->device->random, err);
	wb_bytes_clear(&plain);
	if (st != WB_OK)
		return st;
	wb_sha256_one(&d->batch.content_hash, wb_bytes_span(&d->file));
	d->batch.content_size = d->file.len;
	d->batch.totals = d->totals;
	return wb_record_root(&d->batch.records_root, &d->content.seed,
	    wb_bytes_span(&d->manifest), d->leaves, d->records, err);
}

static enum wb_status
keep_statement(struct draft *d, struct wb_error *err)
{
	struct wb_bytes payload, bytes;
	struct wb_envelope envelope;
	enum wb_status st;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	st = wb_batch_encode(&payload, &d->batch, err);
	if (st == WB_OK)
		st = wb_envelope_seal(&bytes, WB_STATEMENT_BATCH,
		    wb_bytes_span(&payload), &d->device->signer, err);
	if (st == WB_OK)
		st = wb_envelope_decode(&envelope, &d->arena,
		    wb_bytes_span(&bytes), err);
	if (st == WB_OK)
		st = wb_statement_keep(&d->row, NULL, d->device, &envelope,
		    wb_bytes_span(&bytes), NULL, err);
	if (st == WB_OK)
		st = wb_journal_statement(d->device, d->row, &envelope, err);
	wb_bytes_clear(&bytes);
	wb_bytes_clear(&payload);
	return st;
}

static enum wb_status
keep_content(const struct draft *d, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, d->device->db,
	    "INSERT INTO content (statement, file) VALUES (?, ?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, d->row);
	wb_bind_blob(s, 2, wb_bytes_span(&d->file));
	return wb_run(s, err);
}

/* From here on the content holds parts and key files. */
static enum wb_status
give_away(const struct draft *d, struct wb_error *err)
{
	static const char *const sql[] = {
		"UPDATE record SET batch = ?4 WHERE batch IS NULL AND id IN"
		" (SELECT goods_leaf FROM part" WAITS ")",
		"UPDATE part SET sealed = x'', batch = ?4" WAITS,
		("UPDATE session SET key_file = x'', corrects = 0"
		 " WHERE row BETWEEN ?1 AND ?2 AND corrects = ?3"),
	};
	enum wb_status st = WB_OK;
	struct wb_stmt *s;

	for (size_t i = 0; i < sizeof sql / sizeof *sql && st == WB_OK; i++) {
		st = wb_db_prepare(&s, d->device->db, sql[i], err);
		if (st != WB_OK)
			return st;
		bind_range(s, d);
		if (i < 2)
			wb_bind_int(s, 4, d->row);
		st = wb_run(s, err);
	}
	return st;
}

static enum wb_status
make_draft(struct draft *d, bool empty, struct wb_error *err)
{
	enum wb_status st = gather(d, err);

	if (st != WB_OK || (d->records == 0 && !empty))
		return st;
	st = head_batch(d, err);
	if (st == WB_OK)
		st = seal_content(d, err);
	if (st == WB_OK)
		st = keep_statement(d, err);
	if (st == WB_OK)
		st = keep_content(d, err);
	if (st == WB_OK && d->records > 0)
		st = give_away(d, err);
	return st;
}

/* *made false: nothing waited. */
static enum wb_status
make_batch(bool *made, struct wb_device *device, bool corrects, bool empty,
    struct wb_error *err)
{
	struct draft d = { .device = device, .corrects = corrects };
	enum wb_status st = wb_db_begin(device->db, err);

	*made = false;
	if (st != WB_OK)
		return st;
	wb_arena_init(&d.arena, DRAFT_BUDGET);
	wb_bytes_init(&d.manifest, WB_MAX_ENVELOPE);
	wb_bytes_init(&d.file, WB_MAX_CONTENT);
	st = make_draft(&d, empty, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	else
		wb_db_rollback(device->db);
	*made = st == WB_OK && d.row != 0;
	wb_bytes_clear(&d.file);
	wb_bytes_clear(&d.manifest);
	wb_arena_clear(&d.arena);
	wb_wipe(&d.content.seed, sizeof d.content.seed);
	return st;
}

static enum wb_status
make_all(uint64_t *made, struct wb_device *device, bool corrects,
    struct wb_error *err)
{
	enum wb_status st;
	bool more;

	do {
		st = make_batch(&more, device, corrects, false, err);
		*made += more;
	} while (st == WB_OK && more);
	return st;
}

enum wb_status
wb_queue_batch(uint64_t *made, struct wb_device *device, bool empty,
    struct wb_error *err)
{
	enum wb_status st;
	bool one = false;

	*made = 0;
	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = wb_device_need_newest(device, err);
	if (st == WB_OK)
		st = make_all(made, device, false, err);
	if (st == WB_OK)
		st = make_all(made, device, true, err);
	if (st == WB_OK && *made == 0 && empty)
		st = make_batch(&one, device, false, true, err);
	*made += one;
	return st;
}
