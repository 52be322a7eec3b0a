/* The part of client/journal/journal.h that goes over all facts. */
#include <string.h>

#include "client/journal/journal.h"
#include "client/trust/trust.h"

/* What a rebuild has done, and whom it tells. */
struct rebuilding {
	struct wb_device *device;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
	uint64_t done;
	uint64_t total;
};

static void
tell(struct rebuilding *r)
{
	r->done++;
	if (r->progress != NULL)
		r->progress(r->ctx, r->done, r->total);
}

/* Statements, and the batches among them a second time for their records. */
static enum wb_status
count_work(struct rebuilding *r, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, r->device->db,
	    "SELECT (SELECT count(*) FROM statement) +"
	    " (SELECT count(*) FROM content) + (SELECT count(*) FROM own)",
	    err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	r->total = (uint64_t)wb_column_int(s, 0);
	wb_stmt_done(s);
	return WB_OK;
}

static enum wb_status
replay_statement(struct rebuilding *r, struct wb_stmt *s, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 1), err);
	if (st == WB_OK)
		st = wb_journal_statement(r->device, wb_column_int(s, 0),
		    &envelope, err);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
replay_batch(struct rebuilding *r, struct wb_stmt *s, struct wb_error *err)
{
	enum wb_batch_outcome outcome;

	return wb_journal_open(&outcome, r->device, wb_column_int(s, 0), err);
}

static enum wb_status
replay_copy(struct rebuilding *r, struct wb_stmt *s, struct wb_error *err)
{
	struct wb_device *device = r->device;
	struct wb_origin origin = { .kind = WB_FROM_COPY,
		.coordinator = wb_member_may(device->self, WB_ROLE_COORDINATOR),
		.batch = wb_column_int(s, 1) };
	struct wb_span leaf = wb_column_blob(s, 0);
	struct wb_hash id;
	enum wb_status st;

	if (leaf.len != WB_HASH_LEN)
		return wb_fail(err, WB_STORAGE,
		    "a record is damaged in the vault");
	memcpy(id.b, leaf.data, WB_HASH_LEN);
	st = wb_journal_device(&origin.owner, device->db, &device->signer.key,
	    err);
	if (st == WB_OK)
		st = wb_journal_record(device, &origin, &id,
		    wb_column_blob(s, 2), wb_column_blob(s, 3), err);
	/* Its id is in another batch of the log: that one counts. */
	return st == WB_EXISTS ? WB_OK : st;
}

static enum wb_status
replay(struct rebuilding *r, const char *sql,
    enum wb_status (
	*one)(struct rebuilding *r, struct wb_stmt *s, struct wb_error *err),
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, r->device->db, sql, err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		st = one(r, s, err);
		tell(r);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
		else
			wb_stmt_done(s);
	}
	return st;
}

/* Batches in the log's order, so that "the first" means the same for all. */
static enum wb_status
replay_all(struct rebuilding *r, struct wb_error *err)
{
	struct wb_error found; /* sync has told of it */
	enum wb_status st;

	st = replay(r, "SELECT row, envelope FROM statement ORDER BY row",
	    replay_statement, err);
	if (st == WB_OK) {
		st = replay(r,
		    "SELECT c.statement FROM content c JOIN statement s"
		    " ON s.row = c.statement WHERE s.log_index IS NOT NULL"
		    " ORDER BY s.log_index",
		    replay_batch, err);
	}
	if (st == WB_OK) {
		st = replay(r,
		    "SELECT p.goods_leaf, coalesce(p.batch, 0), o.goods,"
		    " o.place FROM own o JOIN part p ON p.number = o.number"
		    " ORDER BY o.number",
		    replay_copy, err);
	}
	if (st == WB_OK && wb_trust_whole_log(r->device))
		st = wb_trust_past(&found, r->device, err);
	return st;
}

enum wb_status
wb_journal_rebuild(struct wb_device *device,
    void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
    struct wb_error *err)
{
	struct rebuilding r = { device, progress, ctx, 0, 0 };
	enum wb_status st = wb_db_begin(device->db, err);

	if (st != WB_OK)
		return st;
	st = count_work(&r, err);
	if (st == WB_OK)
		st = wb_schema_drop_derived(device->db, err);
	if (st == WB_OK)
		st = replay_all(&r, err);
	if (st == WB_OK)
		return wb_db_commit(device->db, err);
	wb_db_rollback(device->db);
	return st;
}
