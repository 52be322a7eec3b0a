/* The part of client/journal/journal.h that goes over all facts, or removes some. */
#include <string.h>

#include "client/journal/journal.h"
#include "client/trust/trust.h"
#include "client/trust/witnessed.h"
#include "proto/ack.h"

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

enum wb_status
wb_journal_states(struct wb_states *out, struct wb_device *device,
    struct wb_error *err)
{
	uint64_t witnessed;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = (struct wb_states){ 0 };
	st = wb_witnessed_size(&witnessed, device, err);
	if (st != WB_OK)
		return st;
	st = wb_db_prepare(&s, device->db,
	    "SELECT count(*) FILTER (WHERE s.log_index IS NULL),"
	    " count(*) FILTER (WHERE s.log_index >= ?3 AND b.acked <> ?1),"
	    " count(*) FILTER (WHERE s.log_index < ?3 AND b.acked <> ?1),"
	    " count(*) FILTER (WHERE s.log_index IS NOT NULL"
	    "  AND b.acked = ?1),"
	    " count(*) FILTER (WHERE b.acked = ?2)"
	    " FROM part p LEFT JOIN statement s ON s.row = p.batch"
	    " LEFT JOIN batch b ON b.statement = p.batch",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_OUTCOME_OPENED);
	wb_bind_int(s, 2, WB_OUTCOME_DISPUTED);
	wb_bind_int(s, 3, (int64_t)witnessed);
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	out->here = (uint64_t)wb_column_int(s, 0);
	out->stored = (uint64_t)wb_column_int(s, 1);
	out->witnessed = (uint64_t)wb_column_int(s, 2);
	out->opened = (uint64_t)wb_column_int(s, 3);
	out->disputed = (uint64_t)wb_column_int(s, 4);
	wb_stmt_done(s);
	return WB_OK;
}

/* Own copies whose batch is opened and which are older than the window. */
#define DUE                                                         \
	"SELECT o.number, p.goods_leaf AS id, b.outcome FROM own o" \
	" JOIN part p ON p.number = o.number"                       \
	" JOIN batch b ON b.statement = p.batch"                    \
	" WHERE b.acked = 1 AND p.saved < ?1 * 86400"

/*
 * One statement makes the list of what goes: the numbers due, but for a record
 * whose void stays and a void whose record stays.
 */
static enum wb_status
list_due(struct wb_db *db, int64_t before, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_exec(db,
	    "CREATE TEMP TABLE IF NOT EXISTS due (number INTEGER PRIMARY KEY,"
	    " row INTEGER, keep INTEGER); DELETE FROM due",
	    err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, db,
		    "WITH d AS MATERIALIZED (" DUE ")"
		    " INSERT INTO due (number, row, keep)"
		    " SELECT d.number, r.row, d.outcome = 1 FROM d"
		    " LEFT JOIN record r ON r.id = d.id"
		    " LEFT JOIN record v ON v.row = r.voided"
		    " LEFT JOIN record t ON t.id = r.amends"
		    " WHERE d.outcome = 1"
		    " OR (v.row IS NULL OR v.id IN (SELECT id FROM d))"
		    " AND (t.row IS NULL OR t.id IN (SELECT id FROM d))",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, before);
	return wb_run(s, err);
}

/* Names of items and places that nothing mentions any more go as well. */
static enum wb_status
remove_due(uint64_t *purged, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_exec(db,
	    "DELETE FROM line WHERE record IN"
	    " (SELECT row FROM due WHERE NOT keep);"
	    "DELETE FROM record WHERE row IN"
	    " (SELECT row FROM due WHERE NOT keep);"
	    "DELETE FROM measure WHERE row NOT IN (SELECT measure FROM line);"
	    "DELETE FROM place WHERE row NOT IN (SELECT place FROM line)",
	    err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, db,
		    "DELETE FROM own WHERE number IN (SELECT number FROM due)",
		    err);
	}
	if (st == WB_OK)
		st = wb_run(s, err);
	if (st == WB_OK)
		*purged = (uint64_t)wb_db_changes(db);
	return st;
}

/* Ciphertext that others hold now and this device never could read. */
static enum wb_status
remove_contents(struct wb_db *db, struct wb_error *err)
{
	return wb_db_exec(db,
	    "DELETE FROM content WHERE statement IN"
	    " (SELECT statement FROM batch WHERE acked = 1)",
	    err);
}

/*
 * The vault's file keeps what was purged until it is compacted: where that
 * failed, or was cut short, it is still to be done.
 */
static enum wb_status
compact_purged(struct wb_device *device, struct wb_error *err)
{
	enum wb_status st;
	uint64_t due;

	st = wb_setting_get_number(&due, device->db, WB_SET_PURGED, 0, err);
	if (st != WB_OK || due == 0)
		return st;
	if (device->vault != NULL)
		st = wb_vault_compact(device->vault, err);
	return st == WB_OK ? wb_setting_remove(device->db, WB_SET_PURGED, err)
			   : st;
}

static enum wb_status
remove_all(uint64_t *purged, struct wb_device *device, int64_t before,
    struct wb_error *err)
{
	enum wb_status st = list_due(device->db, before, err);

	if (st == WB_OK && wb_db_changes(device->db) > 0)
		st = remove_due(purged, device->db, err);
	if (st == WB_OK && !wb_member_may(device->self, WB_ROLE_COORDINATOR))
		st = remove_contents(device->db, err);
	if (st == WB_OK && *purged > 0)
		st = wb_setting_put_number(device->db, WB_SET_PURGED, 1, err);
	return st;
}

enum wb_status
wb_journal_purge(uint64_t *purged, struct wb_device *device,
    struct wb_error *err)
{
	int64_t before = (int64_t)wb_clock_today(device->clock) -
			 (int64_t)device->roster.window_days;
	enum wb_status st = wb_db_begin(device->db, err);

	*purged = 0;
	if (st != WB_OK)
		return st;
	st = remove_all(purged, device, before, err);
	if (st != WB_OK) {
		wb_db_rollback(device->db);
		return st;
	}
	st = wb_db_commit(device->db, err);
	return st == WB_OK ? compact_purged(device, err) : st;
}
