#include "client/schema.h"

#define APPLICATION_ID 1463908716
#define VERSION 2

/* The text of client/schema.sql, made by cmake/Embed.cmake. */
extern const char wb_schema_sql[];

enum wb_status
wb_schema_create(struct wb_db *db, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(db, err);

	if (st != WB_OK)
		return st;
	st = wb_db_exec(db, wb_schema_sql, err);
	if (st != WB_OK) {
		wb_db_rollback(db);
		return st;
	}
	return wb_db_commit(db, err);
}

static enum wb_status
read_number(int64_t *out, struct wb_db *db, const char *pragma,
    struct wb_error *err)
{
	enum wb_status st;
	struct wb_stmt *s;
	bool row;

	*out = 0;
	st = wb_db_prepare(&s, db, pragma, err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st == WB_OK && row) {
		*out = wb_column_int(s, 0);
		wb_stmt_done(s);
	}
	return st;
}

/* Making a vault and making its tables are two steps. */
static enum wb_status
fail_strange(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_STORAGE,
		"this vault does not hold Waybill's tables"),
	    "vault-empty",
	    "If `init` or `join` was interrupted, remove the file and begin "
	    "again.");
}

static enum wb_status
fail_older(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_STORAGE,
		"this vault was made by an older Waybill, whose tables this "
		"one does not read"),
	    "vault-older",
	    "Open it with the Waybill that made it; the data is safe.");
}

enum wb_status
wb_schema_check(struct wb_db *db, struct wb_error *err)
{
	int64_t id, version;
	enum wb_status st;

	st = read_number(&id, db, "PRAGMA application_id", err);
	if (st == WB_OK)
		st = read_number(&version, db, "PRAGMA user_version", err);
	if (st != WB_OK)
		return st;
	if (id != APPLICATION_ID)
		return fail_strange(err);
	if (version > VERSION) {
		return wb_advise(err,
		    wb_fail(err, WB_NEWER,
			"this vault was made by a newer Waybill"),
		    NULL, "Install the newest Waybill; the data is safe.");
	}
	return version == VERSION ? WB_OK : fail_older(err);
}

enum wb_status
wb_schema_drop_derived(struct wb_db *db, struct wb_error *err)
{
	/* Referring tables before those they refer to. */
	return wb_db_exec(db,
	    "DELETE FROM line; DELETE FROM record; DELETE FROM verdict;"
	    "DELETE FROM batch; DELETE FROM place; DELETE FROM measure;"
	    "DELETE FROM device; DELETE FROM past",
	    err);
}
