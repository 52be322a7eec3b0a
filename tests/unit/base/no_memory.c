/* Memory and room run out under everything in base/ (starve.h). */
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/conf.h"
#include "base/csv.h"
#include "base/db.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text_nfc.h"

#include "tests/fault/scarce.h"
#include "tests/unit/check.h"
#include "tests/unit/starve.h"
#include "tests/unit/tempdir.h"

#define MOST 65536 /* bytes that a writer appends */

static enum wb_status
work_bytes(void *ctx, struct wb_error *err)
{
	struct wb_bytes b;
	enum wb_status st = WB_OK;

	(void)ctx;
	wb_bytes_init(&b, 4096);
	for (int i = 0; i < 100 && st == WB_OK; i++) {
		size_t before = b.len;

		st = wb_bytes_printf(&b, err, "%d sacks of rice\n", i);
		assert_true(st == WB_OK || b.len == before);
	}
	wb_bytes_clear(&b);
	return st;
}

static enum wb_status
work_arena(void *ctx, struct wb_error *err)
{
	struct wb_arena a;
	struct wb_span copy;
	enum wb_status st = WB_OK;

	(void)ctx;
	wb_arena_init(&a, (size_t)1 << 20);
	for (int i = 0; i < 2000 && st == WB_OK; i++)
		st = wb_arena_copy(&copy, &a, wb_span_text("rice"), err);
	assert_false(a.exceeded);
	wb_arena_clear(&a);
	return st;
}

static enum wb_status
work_json(void *ctx, struct wb_error *err)
{
	struct wb_bytes out;
	struct wb_json j;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&out, 4096);
	wb_json_init(&j, wb_json_to_bytes(&out));
	wb_json_object(&j, NULL);
	for (int i = 0; i < 20; i++)
		wb_json_string(&j, "item", "\"rice\"\n");
	wb_json_close(&j);
	st = wb_json_finish(&j, err);
	wb_bytes_clear(&out);
	return st;
}

static enum wb_status
work_csv(void *ctx, struct wb_error *err)
{
	struct wb_csv csv;
	enum wb_status st;
	bool row = true;

	(void)ctx;
	wb_csv_init(&csv,
	    wb_span_text("a,\"b \"\"c\"\"\"\n\"d\"\"\",e\n\"f\",\"g\n\"\n"));
	do
		st = wb_csv_next(&row, &csv, err);
	while (st == WB_OK && row);
	wb_csv_clear(&csv);
	return st;
}

static const struct wb_conf_key keys[] = {
	{ "name", WB_CONF_TEXT, "none", 0, 0, "A name.\nOf two lines." },
	{ "most", WB_CONF_UINT, "7", 1, 9, "A number." },
	{ .name = NULL },
};

static enum wb_status
work_conf(void *ctx, struct wb_error *err)
{
	struct wb_conf conf;
	enum wb_status st;

	(void)ctx;
	wb_conf_init(&conf, keys);
	st = wb_conf_read(&conf, wb_span_text("name = store\n"), "f", err);
	assert_string_equal(wb_conf_text(&conf, "name"),
	    st == WB_OK ? "store" : "none");
	wb_conf_clear(&conf);
	return st;
}

static enum wb_status
work_nfc(void *ctx, struct wb_error *err)
{
	struct wb_bytes out;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&out, 100);
	st = wb_text_nfc(&out, wb_span_text("cafe\u0301"), err);
	assert_int_equal(out.len, st == WB_OK ? 5 : 0);
	wb_bytes_clear(&out);
	return st;
}

static enum wb_status
work_file(void *ctx, struct wb_error *err)
{
	const char *path = ctx;
	struct wb_bytes out;
	enum wb_status st;

	wb_bytes_init(&out, 100);
	st = wb_file_write(wb_file_ops_system(), path, wb_span_text("rice"),
	    err);
	if (st == WB_OK)
		st = wb_file_read(&out, wb_file_ops_system(), path, err);
	assert_int_equal(out.len, st == WB_OK ? 4 : 0);
	wb_bytes_clear(&out);
	return st;
}

/* One row in, by a transaction, and out. */
static enum wb_status
use_database(struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s = NULL;
	enum wb_status st;
	bool row = false;

	st = wb_db_exec(db, "CREATE TABLE t(a TEXT, b BLOB, c INT)", err);
	if (st == WB_OK)
		st = wb_db_begin(db, err);
	if (st == WB_OK)
		st = wb_db_prepare(&s, db, "INSERT INTO t VALUES(?1, ?2, ?3)",
		    err);
	if (st == WB_OK) {
		wb_bind_text(s, 1, wb_span_text("rice"));
		wb_bind_blob(s, 2, wb_span_text("sack"));
		wb_bind_null(s, 3);
		st = wb_run(s, err);
	}
	if (st == WB_OK)
		st = wb_db_commit(db, err);
	if (st == WB_OK)
		st = wb_db_prepare(&s, db, "SELECT a, b, c FROM t", err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st == WB_OK) {
		assert_true(row);
		assert_true(wb_column_is_null(s, 2));
		wb_stmt_done(s);
	}
	return st;
}

static enum wb_status
work_memory_database(void *ctx, struct wb_error *err)
{
	struct wb_db *db = NULL;
	enum wb_status st;

	(void)ctx;
	st = wb_db_open(&db, NULL, WB_DB_MEMORY, NULL, err);
	if (st == WB_OK)
		st = use_database(db, err);
	wb_db_close(&db);
	return st;
}

static enum wb_status
work_file_database(void *ctx, struct wb_error *err)
{
	struct wb_db *db = NULL;
	char wal[CHECK_PATH_SIZE + 4], shm[CHECK_PATH_SIZE + 4];
	enum wb_status st;

	(void)snprintf(wal, sizeof wal, "%s-wal", (const char *)ctx);
	(void)snprintf(shm, sizeof shm, "%s-shm", (const char *)ctx);
	(void)unlink(ctx);
	(void)unlink(wal);
	(void)unlink(shm);
	st = wb_db_open(&db, ctx, WB_DB_WAL_FULL, NULL, err);
	if (st == WB_OK)
		st = use_database(db, err);
	wb_db_close(&db);
	return st;
}

static void
every_allocation_may_fail(void **state)
{
	static const struct starve_work works[] = {
		{ "bytes", work_bytes },
		{ "an arena", work_arena },
		{ "JSON", work_json },
		{ "CSV", work_csv },
		{ "a configuration", work_conf },
		{ "form C", work_nfc },
	};

	(void)state;
	starve_each(works, sizeof works / sizeof works[0], NULL);
}

static void
every_allocation_may_fail_with_files(void **state)
{
	static const struct starve_work works[] = {
		{ "a file", work_file },
		{ "a database in memory", work_memory_database },
		{ "a database in a file", work_file_database },
	};
	struct check_dir dir;
	char path[CHECK_PATH_SIZE];

	(void)state;
	check_dir_make(&dir);
	(void)snprintf(path, sizeof path, "%s", check_path(&dir, "file"));
	starve_each(works, sizeof works / sizeof works[0], path);
	check_dir_remove(&dir);
}

static const struct wb_option options[] = {
	{ "note", 'n', false, "TEXT",
	    "Add a note which takes more words to explain than one line of "
	    "the help has" },
	{ "an-option-of-a-long-name", 0, true, "LABEL", "Tell LABEL" },
	WB_OPTION_END,
};
static const struct wb_command commands[] = {
	{ "log", "Every day", "ITEM QTY", "Record a delivery",
	    "Saved before it says so.", "waybill log rice 2sack\nwaybill log",
	    options, 2, 3 },
	{ "status", "Team", NULL, "Show", NULL, NULL, NULL, 0, 0 },
};
static const struct wb_cli cli = { "waybill", "Track aid", options, commands,
	sizeof commands / sizeof commands[0] };

static enum wb_status
write_help(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_cli_help(out, &cli, &commands[0], err);
}

static enum wb_status
write_overview(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_cli_overview(out, &cli, err);
}

static enum wb_status
write_list(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_cli_list(out, &cli, err);
}

static enum wb_status
write_defaults(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_conf_write_defaults(out, keys, err);
}

static enum wb_status
write_json(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	struct wb_json j;

	(void)ctx;
	wb_json_init(&j, wb_json_to_bytes(out));
	wb_json_object(&j, NULL);
	wb_json_string(&j, "text", "a\"\\\n\x1f\u00e9");
	wb_json_array(&j, "list");
	wb_json_int(&j, NULL, -5);
	wb_json_bool(&j, NULL, true);
	wb_json_null(&j, NULL);
	wb_json_close(&j);
	wb_json_close(&j);
	return wb_json_finish(&j, err);
}

static enum wb_status
write_nfc(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_text_nfc(out, wb_span_text("cafe\u0301"), err);
}

static void
writes_all_or_says_that_there_is_no_room(void **state)
{
	static const struct starve_writer writers[] = {
		{ "the help of a command", write_help },
		{ "the list of commands", write_overview },
		{ "the list for completion", write_list },
		{ "a configuration's defaults", write_defaults },
		{ "JSON", write_json },
		{ "form C", write_nfc },
	};

	(void)state;
	starve_rooms(writers, sizeof writers / sizeof writers[0], MOST, NULL);
}

static int
start(void **state)
{
	(void)state;
	scarce_start();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(every_allocation_may_fail_with_files),
		cmocka_unit_test(writes_all_or_says_that_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
