/*
 * SQLite behind a small, safe face: prepared statements only, values bound and
 * read by type, every result checked.  Knows no schema and no keys.
 */
#ifndef WB_BASE_DB_H
#define WB_BASE_DB_H

#include "base/bytes.h"
#include "base/error.h"

struct wb_db;
struct wb_stmt;

enum wb_db_mode {
	WB_DB_WAL_FULL, /* a server's file: WAL, synchronous=FULL */
	WB_DB_READ, /* reads beside a writer */
	WB_DB_VAULT, /* over a vault's VFS: journal and temp in memory */
	WB_DB_MEMORY /* in memory; `path` is ignored */
};

/*
 * Opens and hardens: DEFENSIVE, trusted_schema off, no ATTACH, no extensions,
 * foreign keys on, temp_store in memory, limits on lengths and columns.
 * `vfs` NULL: the system's.  One thread at a time may use a handle.  New files
 * get the process's umask.  VACUUM needs ATTACH, so it does not work here.
 * WB_STORAGE: cannot be opened, or no database; WB_LOCKED: busy.
 */
WB_MUST_CHECK enum wb_status wb_db_open(struct wb_db **out, const char *path,
    enum wb_db_mode mode, const char *vfs, struct wb_error *err);

/* Finalizes every cached statement, then closes; nulls. */
void wb_db_close(struct wb_db **db);

/* Runs one or more statements without parameters (schema, pragmas). */
WB_MUST_CHECK enum wb_status wb_db_exec(struct wb_db *db, const char *sql,
    struct wb_error *err);

/* IMMEDIATE; no nesting. */
WB_MUST_CHECK enum wb_status wb_db_begin(struct wb_db *db,
    struct wb_error *err);
/* Durable when it returns WB_OK.  On failure the transaction is undone. */
WB_MUST_CHECK enum wb_status wb_db_commit(struct wb_db *db,
    struct wb_error *err);
/*
 * Harmless when no transaction is open.  Where there is not even memory for
 * that, everything else is WB_NO_MEMORY until it could be done.
 */
void wb_db_rollback(struct wb_db *db);

/*
 * The statement for `sql`, a string literal: prepared once and cached by the
 * literal's address.  Reset and with all parameters NULL.  Owned by the
 * database; not to be used again before the last use's rows are finished
 * (wb_stmt_done).
 */
WB_MUST_CHECK enum wb_status wb_db_prepare(struct wb_stmt **out,
    struct wb_db *db, const char *sql, struct wb_error *err);

/* Parameters count from 1.  Binding cannot fail: a fault shows at step. */
void wb_bind_int(struct wb_stmt *s, int i, int64_t v);
void wb_bind_blob(struct wb_stmt *s, int i, struct wb_span v); /* copied */
void wb_bind_text(struct wb_stmt *s, int i, struct wb_span v); /* copied */
void wb_bind_null(struct wb_stmt *s, int i);

/*
 * To the next row: *row says whether there is one.  At the end, and on any
 * failure, the statement is reset.  WB_EXISTS: a uniqueness constraint;
 * WB_STORAGE: full, read-only, I/O, corrupt; WB_LOCKED: busy.
 */
WB_MUST_CHECK enum wb_status wb_step(struct wb_stmt *s, bool *row,
    struct wb_error *err);

/* For statements without rows: step to the end. */
WB_MUST_CHECK enum wb_status wb_run(struct wb_stmt *s, struct wb_error *err);

/* Resets a statement whose remaining rows are not wanted; NULL is harmless. */
void wb_stmt_done(struct wb_stmt *s);

/* Columns count from 0.  Spans are valid until the next step or done. */
int64_t wb_column_int(struct wb_stmt *s, int i);
struct wb_span wb_column_blob(struct wb_stmt *s, int i);
struct wb_span wb_column_text(struct wb_stmt *s, int i);
bool wb_column_is_null(struct wb_stmt *s, int i);

int64_t wb_db_last_rowid(struct wb_db *db);
int64_t wb_db_changes(struct wb_db *db);

/*
 * SQLite's own handle, for owners of sqlite3.h that need what is not here
 * (backup, file control).  Still owned by `db`.
 */
struct sqlite3;
struct sqlite3 *wb_db_handle(struct wb_db *db);

#endif
