#include "base/db.h"

#include <assert.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 5000
#define BUCKETS 128

/* Far above what our own schemas need, far below what harms. */
#define WB_MAX_DB_VALUE (64 << 20)
#define WB_MAX_DB_SQL (256 << 10)
#define WB_MAX_DB_COLUMNS 100

struct wb_stmt {
	struct wb_stmt *next;
	struct wb_db *db;
	sqlite3_stmt *s;
	const char *sql;
	int fault; /* the first failed bind; shown by the next step */
};

struct wb_db {
	sqlite3 *h;
	bool undoing; /* a ROLLBACK had no memory, and is still to be done */
	struct wb_stmt *buckets[BUCKETS];
};

static enum wb_status
constraint_status(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return WB_EXISTS;
	default:
		return WB_FAILED;
	}
}

static enum wb_status
status_of(int extended)
{
	switch (extended & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return WB_LOCKED;
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_NOLFS:
		return WB_STORAGE;
	case SQLITE_NOMEM:
	case SQLITE_TOOBIG:
		return WB_NO_MEMORY;
	case SQLITE_INTERRUPT:
		return WB_INTERRUPTED;
	case SQLITE_CONSTRAINT:
		return constraint_status(extended);
	default:
		return WB_FAILED;
	}
}

static enum wb_status
fail_as(struct wb_error *err, int rc, const char *detail)
{
	enum wb_status st = status_of(rc);

	switch (rc & 0xff) {
	case SQLITE_BUSY:
		return wb_fail(err, st, "the database is in use elsewhere");
	case SQLITE_FULL:
		return wb_fail(err, st, "the disk is full");
	case SQLITE_READONLY:
		return wb_fail(err, st, "the database can only be read");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return wb_fail(err, st, "the database is damaged (%s)", detail);
	case SQLITE_NOMEM:
		return wb_fail(err, st, "out of memory");
	default:
		return wb_fail(err, st, "database: %s", detail);
	}
}

static enum wb_status
fail(struct wb_error *err, struct wb_db *db, int rc)
{
	const char *detail = sqlite3_errmsg(db->h);

	/* A failed bind leaves no message behind. */
	if (sqlite3_extended_errcode(db->h) != rc)
		detail = sqlite3_errstr(rc);
	return fail_as(err, rc, detail);
}

static int
harden(sqlite3 *h)
{
	static const struct {
		int what;
		int value;
	} switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
		{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
	}, limits[] = {
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LENGTH, WB_MAX_DB_VALUE },
		{ SQLITE_LIMIT_SQL_LENGTH, WB_MAX_DB_SQL },
		{ SQLITE_LIMIT_COLUMN, WB_MAX_DB_COLUMNS },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, WB_MAX_DB_COLUMNS },
		{ SQLITE_LIMIT_FUNCTION_ARG, 16 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 20 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 5 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		(void)sqlite3_limit(h, limits[i].what, limits[i].value);
	for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
		if (rc == SQLITE_OK)
			rc = sqlite3_db_config(h, switches[i].what,
			    switches[i].value, NULL);
	}
	return rc;
}

static enum wb_status
check_journal(struct wb_db *db, const char *want, struct wb_error *err)
{
	sqlite3_stmt *s = NULL;
	const char *mode;
	bool same;
	int rc;

	rc = sqlite3_prepare_v2(db->h, "PRAGMA journal_mode", -1, &s, NULL);
	if (rc != SQLITE_OK)
		return fail(err, db, rc);
	same = sqlite3_step(s) == SQLITE_ROW;
	mode = same ? (const char *)sqlite3_column_text(s, 0) : NULL;
	same = mode != NULL && strcmp(mode, want) == 0;
	(void)sqlite3_finalize(s);
	if (!same) {
		return wb_fail(err, WB_STORAGE,
		    "the database cannot keep its journal as \"%s\" here",
		    want);
	}
	return WB_OK;
}

/*
 * What each mode adds.  The first read of the schema finds files that are no
 * database.  Spilling and freed pages matter in a vault only: what was deleted
 * must not be found again, and nothing may be written before the commit.
 */
static enum wb_status
set_mode(struct wb_db *db, enum wb_db_mode mode, struct wb_error *err)
{
	static const struct {
		const char *pragmas;
		const char *journal; /* NULL: as it is */
		int busy_ms;
	} modes[] = {
		[WB_DB_WAL_FULL] = { "PRAGMA journal_mode=WAL;"
				     "PRAGMA journal_size_limit=67108864",
		    "wal", BUSY_MS },
		[WB_DB_READ] = { "PRAGMA query_only=ON", NULL, BUSY_MS },
		[WB_DB_VAULT] = { "PRAGMA journal_mode=MEMORY;"
				  "PRAGMA secure_delete=ON;"
				  "PRAGMA cache_spill=OFF",
		    "memory", 0 },
		[WB_DB_MEMORY] = { "PRAGMA secure_delete=ON", NULL, 0 },
	};
	enum wb_status st;

	(void)sqlite3_busy_timeout(db->h, modes[mode].busy_ms);
	st = wb_db_exec(db,
	    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
	    "PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL;"
	    "SELECT count(*) FROM sqlite_schema",
	    err);
	if (st == WB_OK)
		st = wb_db_exec(db, modes[mode].pragmas, err);
	if (st == WB_OK && modes[mode].journal != NULL)
		st = check_journal(db, modes[mode].journal, err);
	return st;
}

enum wb_status
wb_db_open(struct wb_db **out, const char *path, enum wb_db_mode mode,
    const char *vfs, struct wb_error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		    SQLITE_OPEN_EXRESCODE;
	enum wb_status st = WB_NO_MEMORY;
	struct wb_db *db;
	int rc;

	*out = NULL;
	flags |= mode == WB_DB_READ
		     ? SQLITE_OPEN_READONLY
		     : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	db = calloc(1, sizeof *db);
	if (db == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	rc = sqlite3_open_v2(mode == WB_DB_MEMORY ? ":memory:" : path, &db->h,
	    flags, vfs);
	if (rc == SQLITE_OK)
		rc = harden(db->h);
	if (rc != SQLITE_OK)
		st = fail_as(err, rc, sqlite3_errstr(rc));
	else
		st = set_mode(db, mode, err);
	if (st != WB_OK) {
		wb_db_close(&db);
		return mode == WB_DB_MEMORY ? st
					    : wb_context(err, st, "%s", path);
	}
	*out = db;
	return WB_OK;
}

void
wb_db_close(struct wb_db **db)
{
	struct wb_stmt *next;

	if (*db == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct wb_stmt *s = (*db)->buckets[i]; s != NULL;
		     s = next) {
			next = s->next;
			(void)sqlite3_finalize(s->s);
			free(s);
		}
	}
	(void)sqlite3_close_v2((*db)->h);
	free(*db);
	*db = NULL;
}

/* Nothing may be done within a transaction that was to be undone. */
static enum wb_status
finish_rollback(struct wb_db *db, struct wb_error *err)
{
	if (db->undoing)
		wb_db_rollback(db);
	return db->undoing ? wb_fail(err, WB_NO_MEMORY, "out of memory")
			   : WB_OK;
}

enum wb_status
wb_db_exec(struct wb_db *db, const char *sql, struct wb_error *err)
{
	enum wb_status st = finish_rollback(db, err);
	int rc;

	if (st != WB_OK)
		return st;
	rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? WB_OK : fail(err, db, rc);
}

enum wb_status
wb_db_begin(struct wb_db *db, struct wb_error *err)
{
	return wb_db_exec(db, "BEGIN IMMEDIATE", err);
}

enum wb_status
wb_db_commit(struct wb_db *db, struct wb_error *err)
{
	enum wb_status st = wb_db_exec(db, "COMMIT", err);

	if (st != WB_OK)
		wb_db_rollback(db);
	return st;
}

void
wb_db_rollback(struct wb_db *db)
{
	if (sqlite3_get_autocommit(db->h) == 0)
		(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	/* One that failed has undone it already, unless it never began. */
	db->undoing = sqlite3_get_autocommit(db->h) == 0;
}

static struct wb_stmt **
bucket_of(struct wb_db *db, const char *sql)
{
	return &db->buckets[((uintptr_t)sql * 0x9e3779b1U >> 8) % BUCKETS];
}

static enum wb_status
add_statement(struct wb_stmt **out, struct wb_db *db, const char *sql,
    struct wb_error *err)
{
	struct wb_stmt **bucket = bucket_of(db, sql);
	struct wb_stmt *s = calloc(1, sizeof *s);
	int rc;

	if (s == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	rc = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &s->s, NULL);
	if (rc != SQLITE_OK) {
		free(s);
		return fail(err, db, rc);
	}
	s->db = db;
	s->sql = sql;
	s->next = *bucket;
	*bucket = s;
	*out = s;
	return WB_OK;
}

enum wb_status
wb_db_prepare(struct wb_stmt **out, struct wb_db *db, const char *sql,
    struct wb_error *err)
{
	enum wb_status st = finish_rollback(db, err);

	*out = NULL;
	if (st != WB_OK)
		return st;
	for (struct wb_stmt *s = *bucket_of(db, sql); s != NULL; s = s->next) {
		if (s->sql != sql)
			continue;
		assert(!sqlite3_stmt_busy(s->s)); /* rows not finished */
		wb_stmt_done(s);
		(void)sqlite3_clear_bindings(s->s);
		*out = s;
		return WB_OK;
	}
	return add_statement(out, db, sql, err);
}

static void
note_fault(struct wb_stmt *s, int rc)
{
	if (s->fault == SQLITE_OK)
		s->fault = rc;
}

void
wb_bind_int(struct wb_stmt *s, int i, int64_t v)
{
	note_fault(s, sqlite3_bind_int64(s->s, i, v));
}

void
wb_bind_blob(struct wb_stmt *s, int i, struct wb_span v)
{
	/* A null pointer would bind NULL: an empty value is not that. */
	note_fault(s, v.len == 0 ? sqlite3_bind_zeroblob(s->s, i, 0)
				 : sqlite3_bind_blob64(s->s, i, v.data, v.len,
				       SQLITE_TRANSIENT));
}

void
wb_bind_text(struct wb_stmt *s, int i, struct wb_span v)
{
	const char *text = v.len == 0 ? "" : (const char *)v.data;

	note_fault(s, sqlite3_bind_text64(s->s, i, text, v.len,
			  SQLITE_TRANSIENT, SQLITE_UTF8));
}

void
wb_bind_null(struct wb_stmt *s, int i)
{
	note_fault(s, sqlite3_bind_null(s->s, i));
}

enum wb_status
wb_step(struct wb_stmt *s, bool *row, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	int rc = s->fault;

	*row = false;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s->s);
	if (rc == SQLITE_ROW) {
		*row = true;
		return WB_OK;
	}
	if (rc != SQLITE_DONE)
		st = fail(err, s->db, rc);
	wb_stmt_done(s);
	return st;
}

enum wb_status
wb_run(struct wb_stmt *s, struct wb_error *err)
{
	enum wb_status st;
	bool row;

	do {
		st = wb_step(s, &row, err);
	} while (st == WB_OK && row);
	return st;
}

void
wb_stmt_done(struct wb_stmt *s)
{
	if (s == NULL)
		return;
	(void)sqlite3_reset(s->s);
	s->fault = SQLITE_OK;
}

int64_t
wb_column_int(struct wb_stmt *s, int i)
{
	return sqlite3_column_int64(s->s, i);
}

struct wb_span
wb_column_blob(struct wb_stmt *s, int i)
{
	/* The pointer first: it may convert, which changes the length. */
	const void *data = sqlite3_column_blob(s->s, i);
	int len = sqlite3_column_bytes(s->s, i);

	return wb_span(data, data == NULL || len < 0 ? 0 : (size_t)len);
}

struct wb_span
wb_column_text(struct wb_stmt *s, int i)
{
	/* Unlike column_text, needs no memory for a final NUL. */
	return wb_column_blob(s, i);
}

bool
wb_column_is_null(struct wb_stmt *s, int i)
{
	return sqlite3_column_type(s->s, i) == SQLITE_NULL;
}

int64_t
wb_db_last_rowid(struct wb_db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

int64_t
wb_db_changes(struct wb_db *db)
{
	return sqlite3_changes64(db->h);
}

struct sqlite3 *
wb_db_handle(struct wb_db *db)
{
	return db->h;
}
