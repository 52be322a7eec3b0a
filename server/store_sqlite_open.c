/* Making, checking and opening the store's file. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store_sqlite.h"

#define SCHEMA_VERSION 2

extern const char wb_store_sql[]; /* server/schema.sql */
extern const char wb_store_witness_sql[]; /* server/schema_witness.sql */

static enum wb_status
number_of(int64_t *out, struct wb_store *s, const char *sql,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, s->db, sql, err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	*out = row ? wb_column_int(q, 0) : 0;
	wb_stmt_done(q);
	return WB_OK;
}

/*
 * Pages of 8 KiB, because a full batch's content is just that: it fills one
 * overflow page, where a page of 16 KiB would be left half empty.  Only a file
 * that is not yet in WAL mode can be given them, so this one does without
 * base/db.
 */
static enum wb_status
fill_file(const char *path, struct wb_error *err)
{
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_open_v2(path, &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA page_size=8192; BEGIN", NULL,
		    NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, wb_store_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	(void)sqlite3_close(db);
	if (rc == SQLITE_OK)
		return WB_OK;
	return wb_fail(err, WB_STORAGE, "cannot make %s: %s", path,
	    sqlite3_errstr(rc));
}

/* What a store that is gone, or never got its name, has left lying there. */
static enum wb_status
clear_remains(const char *path, struct wb_error *err)
{
	static const char *const ends[] = { "-wal", "-shm", ".new",
		".new-journal" };
	const struct wb_file_ops *ops = wb_file_ops_system();
	char file[WB_MAX_PATH];
	int rc = 0;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		int n = snprintf(file, sizeof file, "%s%s", path, ends[i]);

		if (n < 0 || (size_t)n >= sizeof file)
			return wb_fail(err, WB_INVALID,
			    "the path of the store is too long");
		rc = ops->unlink(ops->ctx, file);
		if (rc != 0 && rc != -ENOENT)
			return wb_file_fail(err, rc, "remove", file);
	}
	return WB_OK;
}

/* Under another name first: half a store must not be taken for one. */
static enum wb_status
make_file(const char *path, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	char fresh[WB_MAX_PATH];
	enum wb_status st = clear_remains(path, err);
	int rc;

	if (st != WB_OK)
		return st;
	(void)snprintf(fresh, sizeof fresh, "%s.new", path);
	st = fill_file(fresh, err);
	if (st != WB_OK)
		return st;
	rc = ops->rename(ops->ctx, fresh, path);
	return rc == 0 ? WB_OK : wb_file_fail(err, rc, "make", path);
}

static enum wb_status
check_schema(struct wb_store *s, struct wb_error *err)
{
	int64_t version = 0;
	enum wb_status st;

	st = number_of(&version, s, "PRAGMA user_version", err);
	if (st != WB_OK)
		return st;
	if (version > SCHEMA_VERSION)
		return wb_fail(err, WB_NEWER,
		    "this store was made by a newer waybilld");
	if (version > 0 && version < SCHEMA_VERSION) {
		return wb_advise(err,
		    wb_fail(err, WB_STORAGE,
			"this store was made by an older waybilld, whose "
			"tables this one does not read"),
		    "store-older",
		    "serve it with the waybilld that made it; the log is safe");
	}
	if (version != SCHEMA_VERSION)
		return wb_fail(err, WB_STORAGE,
		    "this file is not a waybilld store");
	return WB_OK;
}

/*
 * After a failed sync the WAL that we read may be in memory alone, and syncing
 * it again says nothing; copying it does.  Somebody who reads an older state
 * makes that partial, which SQLite tells in a row and not as an error.
 */
static enum wb_status
copy_wal(struct wb_store *s, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row, whole;

	st = wb_db_prepare(&q, s->db, "PRAGMA wal_checkpoint(FULL)", err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	whole = row && wb_column_int(q, 0) == 0 &&
		wb_column_int(q, 1) == wb_column_int(q, 2);
	wb_stmt_done(q);
	if (whole)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_STORAGE,
		"another program reads the store, so that what was written "
		"last cannot be made safe"),
	    "store-read", "try again when it has ended");
}

/*
 * A checkpoint of the WAL costs two syncs: not every few groups.  A reader's
 * cache is small, because there are several.
 */
static enum wb_status
tune(struct wb_store *s, enum wb_store_mode mode, struct wb_error *err)
{
	enum wb_status st;

	if (mode == WB_STORE_READ)
		return wb_db_exec(s->db, "PRAGMA cache_size=-512", err);
	st = wb_db_exec(s->db,
	    "PRAGMA cache_size=-4096; PRAGMA wal_autocheckpoint=2000", err);
	if (st == WB_OK)
		st = copy_wal(s, err);
	return st == WB_OK ? wb_db_exec(s->db, wb_store_witness_sql, err) : st;
}

/*
 * SQLite syncs the folder too when it has made the WAL, and does not look
 * whether that failed: what is then committed could lie in a file without a
 * name.
 */
static enum wb_status
sync_names(const char *path, struct wb_error *err)
{
	int rc = wb_file_sync_parent(wb_file_ops_system(), path);

	return rc == 0 ? WB_OK
		       : wb_file_fail(err, rc, "sync the folder of", path);
}

enum wb_status
wb_store_open(struct wb_store **out, const char *where, enum wb_store_mode mode,
    struct wb_error *err)
{
	static const char scheme[] = "sqlite:";
	const char *path = where + sizeof scheme - 1;
	struct wb_store *s = NULL;
	enum wb_status st;

	*out = NULL;
	if (strncmp(where, scheme, sizeof scheme - 1) != 0)
		return wb_fail(err, WB_INVALID,
		    "\"%s\" is not a store: write sqlite:PATH", where);
	if (mode == WB_STORE_CREATE && access(path, F_OK) == 0)
		return wb_fail(err, WB_EXISTS, "%s is there already", path);
	if (mode != WB_STORE_CREATE && access(path, F_OK) != 0)
		return wb_fail(err, WB_NOT_FOUND, "there is no store at %s",
		    path);
	if (mode == WB_STORE_CREATE) {
		st = make_file(path, err);
		if (st != WB_OK)
			return st;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = wb_db_open(&s->db, path,
	    mode == WB_STORE_READ ? WB_DB_READ : WB_DB_WAL_FULL, NULL, err);
	if (st == WB_OK)
		st = check_schema(s, err);
	if (st == WB_OK)
		st = tune(s, mode, err);
	if (st == WB_OK && mode != WB_STORE_READ)
		st = sync_names(path, err);
	if (st == WB_OK) {
		*out = s;
		s = NULL;
	}
	wb_store_close(&s);
	return st;
}

void
wb_store_close(struct wb_store **store)
{
	if (*store == NULL)
		return;
	wb_db_close(&(*store)->db);
	free(*store);
	*store = NULL;
}
