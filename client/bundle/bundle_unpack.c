/* Taking bundles in; client/bundle/bundle.h has the contract. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "client/bundle/bundle.h"
#include "client/bundle/bundle_admit.h"
#include "client/journal/journal.h"
#include "client/team/annexes.h"
#include "client/trust/trust.h"
#include "proto/content_ref.h"

#define CHUNK 256 /* statements in one transaction */
#define MAX_ROSTERS ((size_t)4096) /* versions in one bundle */
#define BUDGET_ROSTERS ((size_t)256 << 20)

struct taking {
	struct wb_unpacked *out;
	struct wb_device *device;
	struct wb_bundle_reader *reader;
	struct wb_arena scratch; /* one statement's */
	uint64_t in_chunk;
	struct wb_span admit; /* whose late batches are let in; or empty */
	int64_t wanting; /* row whose content is wanted; 0: none */
};

/* ------------------------------------------------------------- opening */

/* With this device's own identity, and the reader's where there is one. */
static enum wb_status
decrypt(struct wb_bytes *plain, struct wb_device *device, struct wb_span file,
    struct wb_error *err)
{
	struct wb_secret **readers = NULL;
	enum wb_status st;
	size_t n = 0;

	st = wb_age_decrypt(plain, file, &device->identity, 1, err);
	if (st != WB_NOT_FOUND)
		return st;
	st = wb_annexes_readers(&readers, &n, device, err);
	if (st != WB_OK)
		return st;
	st = n == 0 ? WB_NOT_FOUND
		    : wb_age_decrypt(plain, file, readers, n, err);
	wb_annexes_free_readers(&readers, n);
	return st;
}

/* A sealed file that does not open was altered, or is for somebody else. */
static enum wb_status
unseal(struct wb_bytes *plain, struct wb_device *device, const char *path,
    struct wb_error *err)
{
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, WB_MAX_SEALED_BUNDLE);
	st = wb_file_read(&file, wb_file_ops_system(), path, err);
	if (st == WB_OK)
		st = decrypt(plain, device, wb_bytes_span(&file), err);
	wb_bytes_clear(&file);
	if (st == WB_NOT_FOUND) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"this bundle is sealed to somebody else; nothing was "
			"taken"),
		    "not-for-us", "Hand it on, or to a coordinator.");
	}
	if (st == WB_FORGED || st == WB_INVALID) {
		return wb_advise(err,
		    wb_fail(err, WB_FORGED,
			"the bundle was altered or cut on its way; nothing of "
			"it was taken"),
		    "bundle-altered", "Ask for the file again.");
	}
	return st;
}

static enum wb_status
open_bundle(struct taking *t, struct wb_bytes *plain, const char *path,
    struct wb_error *err)
{
	enum wb_status st = wb_bundle_reader_open(&t->reader, path, err);

	if (st == WB_REFUSED) {
		st = unseal(plain, t->device, path, err);
		if (st == WB_OK)
			st = wb_bundle_reader_open_bytes(&t->reader,
			    wb_bytes_span(plain), err);
	}
	return st == WB_OK ? wb_bundle_reader_check(t->reader, err) : st;
}

static enum wb_status
check_head(const struct taking *t, const struct wb_bundle_item *item,
    struct wb_error *err)
{
	if (item->kind != WB_BUNDLE_HEAD ||
	    wb_hash_equal(&item->programme, &t->device->programme))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_REFUSED,
		"this bundle belongs to another programme; nothing was taken"),
	    "other-programme", NULL);
}

/* ------------------------------------------------------------- rosters */

/* All versions in the bundle, in its order; and that it can be read at all. */
static enum wb_status
gather_rosters(struct wb_span *rosters, size_t *n, struct wb_arena *arena,
    struct taking *t, struct wb_error *err)
{
	struct wb_bundle_item item;
	struct wb_envelope envelope;
	enum wb_status st;
	bool more;

	*n = 0;
	for (;;) {
		st = wb_bundle_reader_next(&item, &more, t->reader, err);
		if (st == WB_OK)
			st = check_head(t, &item, err);
		if (st != WB_OK || !more)
			return st;
		wb_arena_clear(&t->scratch);
		st = wb_envelope_decode(&envelope, &t->scratch,
		    wb_bundle_item_statement(&item), NULL);
		if (wb_authors_pass_over(st, &t->scratch, err) != WB_OK)
			return WB_NO_MEMORY;
		if (st != WB_OK || envelope.type != WB_STATEMENT_ROSTER)
			continue;
		if (*n == MAX_ROSTERS)
			return wb_fail(err, WB_INVALID,
			    "the bundle has too many rosters");
		st = wb_arena_copy(&rosters[(*n)++], arena,
		    wb_bundle_item_statement(&item), err);
		if (st != WB_OK)
			return st;
	}
}

static enum wb_status
count_statements(uint64_t *n, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db, "SELECT count(*) FROM statement", err);
	if (st != WB_OK)
		return st;
	st = wb_step(s, &row, err);
	*n = st == WB_OK && row ? (uint64_t)wb_column_int(s, 0) : 0;
	wb_stmt_done(s);
	return st;
}

static enum wb_status
keep_rosters(struct taking *t, const struct wb_span *rosters, size_t n,
    struct wb_error *err)
{
	struct wb_db *db = t->device->db;
	uint64_t before = 0, after = 0;
	enum wb_status st;

	if (n == 0)
		return WB_OK;
	st = wb_db_begin(db, err);
	if (st == WB_OK)
		st = count_statements(&before, db, err);
	if (st == WB_OK)
		st = wb_trust_rosters(t->device, &t->device->programme, rosters,
		    n, err);
	if (st == WB_OK)
		st = count_statements(&after, db, err);
	if (st == WB_OK)
		st = wb_db_commit(db, err);
	wb_db_rollback(db);
	if (st != WB_OK)
		return st;
	t->out->added += after - before;
	return wb_device_reload(t->device, err);
}

static enum wb_status
take_rosters(struct taking *t, struct wb_error *err)
{
	struct wb_span *rosters;
	struct wb_arena arena;
	enum wb_status st;
	size_t n;

	wb_arena_init(&arena, BUDGET_ROSTERS);
	rosters = wb_arena_array(&arena, MAX_ROSTERS, sizeof *rosters);
	st = rosters == NULL ? wb_fail(err, WB_NO_MEMORY, "out of memory")
			     : gather_rosters(rosters, &n, &arena, t, err);
	if (st == WB_OK)
		st = keep_rosters(t, rosters, n, err);
	wb_arena_clear(&arena);
	return st;
}

/* ---------------------------------------------------------- statements */

/* Are they all of this programme?  *active: and none was revoked. */
static bool
are_members(bool *active, const struct wb_device *d,
    const struct wb_authors *who)
{
	bool members = who->count != 0 &&
		       wb_hash_equal(&who->programme, &d->programme);

	*active = members;
	for (size_t i = 0; members && i < who->count; i++) {
		const struct wb_member *m = wb_roster_find(&d->roster,
		    &who->keys[i]);

		members = m != NULL;
		*active = *active && members && m->state == WB_MEMBER_ACTIVE;
	}
	return members;
}

/*
 * Of who is revoked only what is here already is taken, so that its content
 * can come back, and what an ack admits now.  Anything else the server would
 * refuse, at every sync.
 */
static enum wb_status
is_welcome(bool *welcome, struct taking *t, const struct wb_envelope *e,
    struct wb_error *err)
{
	struct wb_authors who;
	enum wb_status st;
	bool active;

	st = wb_authors_find(&who, &t->scratch, e, err);
	if (st != WB_OK)
		return st;
	*welcome = are_members(&active, t->device, &who);
	if (!*welcome || active)
		return WB_OK;
	if (t->admit.len != 0 &&
	    wb_bundle_is_late(e, &who, t->device, t->admit)) {
		*welcome = true;
		return WB_OK;
	}
	st = wb_statement_is_here(welcome, t->device, &e->id, err);
	if (st == WB_OK && !*welcome)
		t->out->revoked++;
	return st;
}

static enum wb_status
take_statement(struct taking *t, struct wb_span bytes, struct wb_error *err)
{
	struct wb_envelope e;
	bool welcome = false;
	enum wb_status st;
	bool is_new;
	int64_t row;

	t->wanting = 0;
	t->out->statements++;
	wb_arena_clear(&t->scratch);
	st = wb_envelope_decode(&e, &t->scratch, bytes, NULL);
	if (st == WB_OK && e.type == WB_STATEMENT_ROSTER)
		return WB_OK; /* taken before */
	st = st == WB_OK ? is_welcome(&welcome, t, &e, err)
			 : wb_authors_pass_over(st, &t->scratch, err);
	if (st != WB_OK)
		return st;
	if (!welcome) {
		t->out->strange++;
		return WB_OK;
	}
	st = wb_statement_keep(&row, &is_new, t->device, &e, bytes, NULL, err);
	if (st == WB_OK)
		st = wb_journal_statement(t->device, row, &e, err);
	if (st != WB_OK)
		return st;
	t->out->added += is_new;
	/* What this device sent and purged does not come back. */
	if (wb_statement_has_content(e.type) &&
	    (is_new || wb_trust_whole_log(t->device)))
		t->wanting = row;
	return WB_OK;
}

/* One that does not fit its statement is left: another bundle may have it. */
static enum wb_status
take_content(struct taking *t, struct wb_span file, struct wb_error *err)
{
	enum wb_status st;

	if (t->wanting == 0)
		return WB_OK;
	st = wb_trust_content(t->device, t->wanting, file, err);
	t->wanting = 0;
	if (st == WB_FORGED) {
		t->out->strange++;
		return WB_OK;
	}
	return st;
}

static enum wb_status
take_annex(struct taking *t, const struct wb_annex *annex, struct wb_error *err)
{
	enum wb_status st = wb_annexes_take(t->device, &annex->hash,
	    annex->file, err);

	return st == WB_NOT_FOUND || st == WB_FORGED || st == WB_INVALID ? WB_OK
									 : st;
}

static enum wb_status
take_item(struct taking *t, const struct wb_bundle_item *item,
    struct wb_error *err)
{
	struct wb_span bytes = wb_bundle_item_statement(item);
	enum wb_status st = WB_OK;

	if (bytes.len != 0)
		st = take_statement(t, bytes, err);
	if (st == WB_OK && item->kind == WB_BUNDLE_ENTRY &&
	    item->entry.content.len != 0)
		st = take_content(t, item->entry.content, err);
	if (st == WB_OK && item->kind == WB_BUNDLE_CONTENT)
		st = take_content(t, item->bytes, err);
	if (st == WB_OK && item->kind == WB_BUNDLE_ANNEX)
		st = take_annex(t, &item->annex, err);
	return st;
}

/* A statement and its content go into one transaction. */
static enum wb_status
next_chunk(struct taking *t, const struct wb_bundle_item *item,
    struct wb_error *err)
{
	enum wb_status st;

	if (wb_bundle_item_statement(item).len == 0 || ++t->in_chunk < CHUNK)
		return WB_OK;
	t->in_chunk = 0;
	st = wb_db_commit(t->device->db, err);
	return st == WB_OK ? wb_db_begin(t->device->db, err) : st;
}

static enum wb_status
take_items(struct taking *t, struct wb_error *err)
{
	struct wb_bundle_item item;
	enum wb_status st;
	bool more = true;

	wb_bundle_reader_rewind(t->reader);
	st = wb_db_begin(t->device->db, err);
	while (st == WB_OK) {
		st = wb_bundle_reader_next(&item, &more, t->reader, err);
		if (st != WB_OK || !more)
			break;
		st = next_chunk(t, &item, err);
		if (st == WB_OK)
			st = take_item(t, &item, err);
	}
	if (st == WB_OK)
		st = wb_db_commit(t->device->db, err);
	wb_db_rollback(t->device->db);
	return st;
}

/* --------------------------------------------------------------- batches */

/* The first batch behind *at in the log that is here and was not opened. */
static enum wb_status
next_closed(int64_t *row, int64_t *at, bool *more, struct wb_db *db,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "SELECT b.statement, s.log_index FROM batch b"
	    " JOIN statement s ON s.row = b.statement"
	    " JOIN content c ON c.statement = b.statement"
	    " WHERE b.outcome = ?1 AND s.log_index > ?2"
	    " ORDER BY s.log_index LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_BATCH_CLOSED);
	wb_bind_int(s, 2, *at);
	st = wb_step(s, more, err);
	if (st == WB_OK && *more) {
		*row = wb_column_int(s, 0);
		*at = wb_column_int(s, 1);
		wb_stmt_done(s);
	}
	return st;
}

static void
count_outcome(struct wb_unpacked *out, enum wb_batch_outcome outcome)
{
	out->opened += outcome == WB_BATCH_OPENED;
	out->disputed += outcome == WB_BATCH_DISPUTED;
	out->undecryptable += outcome == WB_BATCH_UNDECRYPTABLE;
}

/* Logged ones whose content the bundle brought: the server had lost it. */
static enum wb_status
open_batches(struct taking *t, struct wb_error *err)
{
	struct wb_db *db = t->device->db;
	enum wb_batch_outcome outcome;
	enum wb_status st = WB_OK;
	int64_t row = 0, at = -1;
	bool more = true;

	if (!wb_member_may(t->device->self, WB_ROLE_COORDINATOR))
		return WB_OK;
	while (st == WB_OK) {
		st = next_closed(&row, &at, &more, db, err);
		if (st != WB_OK || !more)
			break;
		st = wb_db_begin(db, err);
		if (st == WB_OK)
			st = wb_journal_open(&outcome, t->device, row, err);
		if (st == WB_OK)
			st = wb_db_commit(db, err);
		wb_db_rollback(db);
		if (st == WB_OK)
			count_outcome(t->out, outcome);
	}
	return st;
}

enum wb_status
wb_bundle_unpack(struct wb_unpacked *out, struct wb_device *device,
    const char *path, struct wb_span admit, struct wb_error *err)
{
	struct taking t = { .out = out, .device = device, .admit = admit };
	struct wb_bytes plain;
	enum wb_status st = wb_device_need_joined(device, err);

	*out = (struct wb_unpacked){ 0 };
	if (st != WB_OK)
		return st;
	wb_bytes_init(&plain, WB_MAX_SEALED_BUNDLE);
	wb_arena_init(&t.scratch, WB_ARENA_BUDGET);
	st = open_bundle(&t, &plain, path, err);
	if (st == WB_OK)
		st = take_rosters(&t, err);
	if (st == WB_OK && admit.len != 0)
		st = wb_bundle_admit(&out->admitted, device, t.reader, admit,
		    err);
	if (st == WB_OK)
		st = take_items(&t, err);
	if (st == WB_OK)
		st = open_batches(&t, err);
	wb_bundle_reader_close(&t.reader);
	wb_arena_clear(&t.scratch);
	wb_bytes_clear(&plain);
	return st;
}
