/* The part of client/journal/journal.h that removes what is opened. */
#include "client/journal/journal.h"

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
