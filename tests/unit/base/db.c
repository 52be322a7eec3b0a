#include "base/db.h"

#include <sqlite3.h>
#include <stdio.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

struct fixture {
	struct check_dir dir;
	struct wb_db *db;
	struct wb_error err;
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	check_dir_make(&f.dir);
	assert_ok(wb_db_open(&f.db, check_path(&f.dir, "a.db"), WB_DB_WAL_FULL,
		      NULL, &f.err),
	    &f.err);
	assert_ok(wb_db_exec(f.db,
		      "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB UNIQUE,"
		      " s TEXT CHECK (s <> 'bad'));"
		      "CREATE TABLE child (t INTEGER REFERENCES t"
		      " DEFERRABLE INITIALLY DEFERRED)",
		      &f.err),
	    &f.err);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	wb_db_close(&f->db);
	check_dir_remove(&f->dir);
	return 0;
}

static enum wb_status
insert(struct wb_db *db, int64_t id, struct wb_span b, const char *s,
    struct wb_error *err)
{
	struct wb_stmt *stmt;

	assert_ok(wb_db_prepare(&stmt, db, "INSERT INTO t VALUES (?1, ?2, ?3)",
		      err),
	    err);
	wb_bind_int(stmt, 1, id);
	wb_bind_blob(stmt, 2, b);
	wb_bind_text(stmt, 3, wb_span_text(s));
	return wb_run(stmt, err);
}

static int64_t
number(struct wb_db *db, const char *sql)
{
	struct wb_error err = { 0 };
	struct wb_stmt *s;
	int64_t n;
	bool row;

	assert_ok(wb_db_prepare(&s, db, sql, &err), &err);
	assert_ok(wb_step(s, &row, &err), &err);
	assert_true(row);
	n = wb_column_int(s, 0);
	wb_stmt_done(s);
	return n;
}

static void
gives_back_the_values_bound(void **state)
{
	static const uint8_t blob[] = { 0, 1, 0xff, 0 };
	struct fixture *f = *state;
	struct wb_stmt *s;
	bool row;

	assert_ok(insert(f->db, INT64_MIN, wb_span(blob, sizeof blob), "ä",
		      &f->err),
	    &f->err);
	assert_int_equal(wb_db_changes(f->db), 1);
	assert_true(wb_db_last_rowid(f->db) == INT64_MIN);
	assert_ok(wb_db_prepare(&s, f->db, "SELECT id, b, s, NULL FROM t",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_true(row);
	assert_true(wb_column_int(s, 0) == INT64_MIN);
	assert_true(
	    wb_span_equal(wb_column_blob(s, 1), wb_span(blob, sizeof blob)));
	assert_true(wb_span_equal(wb_column_text(s, 2), wb_span_text("ä")));
	assert_false(wb_column_is_null(s, 2));
	assert_true(wb_column_is_null(s, 3));
	assert_int_equal(wb_column_blob(s, 3).len, 0);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_false(row);
}

static void
keeps_empty_values_apart_from_null(void **state)
{
	struct fixture *f = *state;

	assert_ok(insert(f->db, 1, wb_span(NULL, 0), "", &f->err), &f->err);
	assert_int_equal(number(f->db, "SELECT b IS NULL OR s IS NULL FROM t"),
	    0);
	assert_int_equal(number(f->db, "SELECT length(b) + length(s) FROM t"),
	    0);
}

static void
prepares_a_literal_once_and_forgets_its_parameters(void **state)
{
	static const char sql[] = "SELECT ?1 IS NULL";
	struct fixture *f = *state;
	struct wb_stmt *first;
	struct wb_stmt *again;
	bool row;

	assert_ok(wb_db_prepare(&first, f->db, sql, &f->err), &f->err);
	wb_bind_int(first, 1, 7);
	assert_ok(wb_step(first, &row, &f->err), &f->err);
	assert_int_equal(wb_column_int(first, 0), 0);
	wb_stmt_done(first);
	assert_ok(wb_db_prepare(&again, f->db, sql, &f->err), &f->err);
	assert_ptr_equal(first, again);
	assert_ok(wb_step(again, &row, &f->err), &f->err);
	assert_int_equal(wb_column_int(again, 0), 1);
	wb_stmt_done(again);
}

static void
caches_more_statements_than_it_has_buckets(void **state)
{
	static char sql[1000][24];
	static struct wb_stmt *stmts[1000];
	struct fixture *f = *state;
	struct wb_stmt *s;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
		assert_ok(wb_db_prepare(&stmts[i], f->db, sql[i], &f->err),
		    &f->err);
	}
	for (int i = 0; i < 1000; i++) {
		assert_ok(wb_db_prepare(&s, f->db, sql[i], &f->err), &f->err);
		assert_ptr_equal(s, stmts[i]);
	}
	assert_int_equal(number(f->db, sql[777]), 777);
}

static void
shows_a_failed_bind_at_the_step(void **state)
{
	struct fixture *f = *state;
	struct wb_stmt *s;
	bool row = true;

	assert_ok(wb_db_prepare(&s, f->db, "SELECT ?1", &f->err), &f->err);
	wb_bind_int(s, 2, 1);
	wb_bind_int(s, 1, 1);
	assert_status(WB_FAILED, wb_step(s, &row, &f->err), &f->err);
	assert_false(row);
	assert_ok(wb_db_prepare(&s, f->db, "SELECT ?1", &f->err), &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	wb_stmt_done(s);
}

static void
tells_uniqueness_from_other_constraints(void **state)
{
	struct fixture *f = *state;

	assert_ok(insert(f->db, 1, wb_span("x", 1), "a", &f->err), &f->err);
	assert_status(WB_EXISTS,
	    insert(f->db, 1, wb_span("y", 1), "a", &f->err), &f->err);
	assert_status(WB_EXISTS,
	    insert(f->db, 2, wb_span("x", 1), "a", &f->err), &f->err);
	assert_status(WB_FAILED,
	    insert(f->db, 3, wb_span("z", 1), "bad", &f->err), &f->err);
	assert_int_equal(number(f->db, "SELECT count(*) FROM t"), 1);
}

static int
interrupt(void *ctx)
{
	(void)ctx;
	return 1;
}

static void
tells_that_it_was_interrupted(void **state)
{
	struct fixture *f = *state;
	struct wb_error err = { 0 };
	struct wb_stmt *s;

	assert_ok(wb_db_prepare(&s, f->db,
		      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
		      "SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n",
		      &err),
	    &err);
	/* All rows are passed over. */
	assert_ok(wb_run(s, &err), &err);
	sqlite3_progress_handler(wb_db_handle(f->db), 1, interrupt, NULL);
	assert_status(WB_INTERRUPTED, wb_run(s, &err), &err);
	sqlite3_progress_handler(wb_db_handle(f->db), 0, NULL, NULL);
	assert_ok(wb_run(s, &err), &err);
}

static void
undoes_what_is_rolled_back(void **state)
{
	struct fixture *f = *state;

	wb_db_rollback(f->db); /* none open */
	assert_ok(wb_db_begin(f->db, &f->err), &f->err);
	assert_status(WB_FAILED, wb_db_begin(f->db, &f->err), &f->err);
	assert_ok(insert(f->db, 1, wb_span("x", 1), "a", &f->err), &f->err);
	wb_db_rollback(f->db);
	assert_int_equal(number(f->db, "SELECT count(*) FROM t"), 0);
}

static void
undoes_a_commit_that_fails(void **state)
{
	struct fixture *f = *state;

	assert_ok(wb_db_begin(f->db, &f->err), &f->err);
	assert_ok(wb_db_exec(f->db, "INSERT INTO child VALUES (99)", &f->err),
	    &f->err);
	assert_status(WB_FAILED, wb_db_commit(f->db, &f->err), &f->err);
	assert_int_equal(number(f->db, "SELECT count(*) FROM child"), 0);
	assert_ok(wb_db_begin(f->db, &f->err), &f->err);
	assert_ok(wb_db_commit(f->db, &f->err), &f->err);
}

static void
reads_beside_a_writer_and_cannot_write(void **state)
{
	struct fixture *f = *state;
	struct wb_db *reader;

	assert_ok(wb_db_open(&reader, check_path(&f->dir, "a.db"), WB_DB_READ,
		      NULL, &f->err),
	    &f->err);
	assert_ok(insert(f->db, 1, wb_span("x", 1), "a", &f->err), &f->err);
	assert_ok(wb_db_begin(f->db, &f->err), &f->err);
	assert_ok(insert(f->db, 2, wb_span("y", 1), "a", &f->err), &f->err);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
	assert_ok(wb_db_commit(f->db, &f->err), &f->err);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 2);
	assert_status(WB_STORAGE,
	    insert(reader, 3, wb_span("z", 1), "a", &f->err), &f->err);
	wb_db_close(&reader);
	assert_null(reader);
}

static void
reports_a_second_writer_as_locked(void **state)
{
	struct fixture *f = *state;
	struct wb_db *other;

	assert_ok(wb_db_open(&other, check_path(&f->dir, "a.db"),
		      WB_DB_WAL_FULL, NULL, &f->err),
	    &f->err);
	(void)sqlite3_busy_timeout(wb_db_handle(other), 0);
	assert_ok(wb_db_begin(f->db, &f->err), &f->err);
	assert_status(WB_LOCKED, wb_db_begin(other, &f->err), &f->err);
	wb_db_rollback(f->db);
	wb_db_close(&other);
}

static void
reports_a_full_disk_as_storage(void **state)
{
	static const uint8_t large[100000];
	struct fixture *f = *state;

	assert_ok(wb_db_exec(f->db, "PRAGMA max_page_count=8", &f->err),
	    &f->err);
	assert_status(WB_STORAGE,
	    insert(f->db, 1, wb_span(large, sizeof large), "a", &f->err),
	    &f->err);
	assert_string_equal(f->err.text, "the disk is full");
}

static void
refuses_what_is_not_a_database(void **state)
{
	static const enum wb_db_mode modes[] = { WB_DB_WAL_FULL, WB_DB_READ,
		WB_DB_VAULT };
	struct fixture *f = *state;
	const char *path = check_path(&f->dir, "text");
	struct wb_db *db;
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	for (int i = 0; i < 1000; i++)
		(void)fputs("this is a text, not a database\n", out);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_status(WB_STORAGE,
		    wb_db_open(&db, path, modes[i], NULL, &f->err), &f->err);
		assert_null(db);
		assert_non_null(strstr(f->err.text, "text"));
	}
}

static void
refuses_paths_that_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	struct wb_db *db;

	assert_status(WB_STORAGE,
	    wb_db_open(&db, check_path(&f->dir, "none"), WB_DB_READ, NULL,
		&f->err),
	    &f->err);
	assert_status(WB_STORAGE,
	    wb_db_open(&db, check_path(&f->dir, "no/way"), WB_DB_WAL_FULL, NULL,
		&f->err),
	    &f->err);
	assert_status(WB_FAILED,
	    wb_db_open(&db, check_path(&f->dir, "b.db"), WB_DB_VAULT,
		"no-such-vfs", &f->err),
	    &f->err);
}

static void
opens_hardened_in_every_mode(void **state)
{
	static const struct {
		const char *why;
		const char *sql;
	} refused[] = {
		{ "attach", "ATTACH ':memory:' AS other" },
		{ "schema written",
		    "PRAGMA writable_schema=ON;"
		    "INSERT INTO sqlite_schema (name) VALUES ('x')" },
		{ "double quotes as text", "SELECT \"text\"" },
		{ "double quotes as text in a schema",
		    "CREATE TABLE q (x CHECK (x <> \"text\"))" },
		{ "dangling reference", "CREATE TABLE a (x PRIMARY KEY);"
					"CREATE TABLE b (x REFERENCES a);"
					"INSERT INTO b VALUES (1)" },
	};
	static const enum wb_db_mode modes[] = { WB_DB_WAL_FULL, WB_DB_VAULT,
		WB_DB_MEMORY };
	struct fixture *f = *state;
	int extensions = 1;
	struct wb_db *db;

	for (size_t m = 0; m < 3; m++) {
		assert_ok(wb_db_open(&db, check_path(&f->dir, "h.db"), modes[m],
			      NULL, &f->err),
		    &f->err);
		for (size_t i = 0; i < sizeof refused / sizeof refused[0];
		     i++) {
			if (wb_db_exec(db, refused[i].sql, &f->err) == WB_OK)
				fail_msg("%s", refused[i].why);
		}
		assert_ok(wb_db_exec(db, "DROP TABLE b; DROP TABLE a", &f->err),
		    &f->err);
		assert_int_equal(sqlite3_db_config(wb_db_handle(db),
				     SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1,
				     &extensions),
		    SQLITE_OK);
		assert_int_equal(extensions, 0);
		assert_int_equal(number(db, "PRAGMA synchronous"), 2);
		assert_int_equal(number(db, "PRAGMA temp_store"), 2);
		assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
		wb_db_close(&db);
	}
}

static void
leaves_no_second_file_beside_a_vault(void **state)
{
	struct fixture *f = *state;
	struct wb_db *db;

	assert_ok(wb_db_open(&db, check_path(&f->dir, "v.db"), WB_DB_VAULT,
		      NULL, &f->err),
	    &f->err);
	assert_ok(wb_db_exec(db,
		      "CREATE TABLE t (x); BEGIN IMMEDIATE;"
		      "INSERT INTO t VALUES (1)",
		      &f->err),
	    &f->err);
	assert_int_equal(number(db, "PRAGMA secure_delete"), 1);
	assert_null(fopen(check_path(&f->dir, "v.db-journal"), "r"));
	assert_null(fopen(check_path(&f->dir, "v.db-wal"), "r"));
	assert_ok(wb_db_commit(db, &f->err), &f->err);
	wb_db_close(&db);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(gives_back_the_values_bound),
		T(keeps_empty_values_apart_from_null),
		T(prepares_a_literal_once_and_forgets_its_parameters),
		T(caches_more_statements_than_it_has_buckets),
		T(shows_a_failed_bind_at_the_step),
		T(tells_uniqueness_from_other_constraints),
		T(tells_that_it_was_interrupted),
		T(undoes_what_is_rolled_back),
		T(undoes_a_commit_that_fails),
		T(reads_beside_a_writer_and_cannot_write),
		T(reports_a_second_writer_as_locked),
		T(reports_a_full_disk_as_storage),
		T(refuses_what_is_not_a_database),
		T(refuses_paths_that_cannot_be_opened),
		T(opens_hardened_in_every_mode),
		T(leaves_no_second_file_beside_a_vault),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
