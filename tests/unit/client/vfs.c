/* The VFS by itself: what SQLite as it is set up here never asks of it. */
#include "client/vault/vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "tests/fault/scarce.h"
#include "tests/unit/client/vaultworld.h"

#define PAGE WB_PAGEREC_PAGE
#define FAR ((sqlite3_int64)WB_MAX_PAGELOG_PAGES * PAGE)

struct scene {
	struct world w;
	struct wb_pagelog *log;
	struct wb_vfs *vfs;
	unsigned commits;
	sqlite3_vfs *base;
	sqlite3_file *file; /* of it; open */
};

static void
count_commit(void *ctx)
{
	((struct scene *)ctx)->commits++;
}

static int
open_file(struct scene *s, sqlite3_file *file, const char *name, int flags)
{
	return s->base->xOpen(s->base, name, file, flags, NULL);
}

static int
setup(void **state)
{
	static const uint8_t key[WB_VAULT_KEY_LEN] = { 1 };
	static const uint8_t front[SAMPLE_FRONT];
	struct scene *s = calloc(1, sizeof *s);
	struct wb_vfs_events events = { count_commit, s };
	const struct wb_file_ops *ops;

	assert_non_null(s);
	world_set_up(&s->w);
	ops = simfs_ops(s->w.fs);
	assert_ok(wb_crypto_start(&s->w.err), &s->w.err);
	simfs_put(s->w.fs, "vault", front, sizeof front);
	assert_ok(wb_pagelog_new(&s->log, ops,
		      ops->open(ops->ctx, "vault", O_RDWR, 0),
		      wb_span(key, sizeof key), s->w.env.random, &s->w.err),
	    &s->w.err);
	assert_ok(wb_vfs_new(&s->vfs, &s->log, s->w.env.random, events,
		      &s->w.err),
	    &s->w.err);
	s->base = sqlite3_vfs_find(wb_vfs_name(s->vfs));
	assert_non_null(s->base);
	s->file = calloc(1, (size_t)s->base->szOsFile);
	assert_non_null(s->file);
	assert_int_equal(open_file(s, s->file, WB_VFS_DATABASE,
			     SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE),
	    SQLITE_OK);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	assert_int_equal(s->file->pMethods->xClose(s->file), SQLITE_OK);
	free(s->file);
	wb_vfs_free(&s->vfs);
	wb_pagelog_free(&s->log);
	world_tear_down(&s->w);
	free(s);
	return 0;
}

static int
write_page(struct scene *s, uint32_t number, uint8_t byte)
{
	uint8_t page[PAGE];

	memset(page, byte, sizeof page);
	return s->file->pMethods->xWrite(s->file, page, PAGE,
	    (sqlite3_int64)(number - 1) * PAGE);
}

static int
sync_file(struct scene *s)
{
	return s->file->pMethods->xSync(s->file, 0);
}

static void
expect_page(struct scene *s, uint32_t number, uint8_t byte)
{
	uint8_t page[PAGE];

	assert_int_equal(s->file->pMethods->xRead(s->file, page, PAGE,
			     (sqlite3_int64)(number - 1) * PAGE),
	    SQLITE_OK);
	for (size_t i = 0; i < sizeof page; i++)
		assert_int_equal(page[i], byte);
}

static void
only_the_database_is_opened_and_once(void **state)
{
	static const struct {
		const char *what;
		const char *name;
		int flags;
	} rows[] = {
		{ "a journal", WB_VFS_DATABASE "-journal",
		    SQLITE_OPEN_MAIN_JOURNAL },
		{ "a temporary file", NULL, SQLITE_OPEN_TEMP_DB },
		{ "another database", "other", SQLITE_OPEN_MAIN_DB },
		{ "a database without a name", NULL, SQLITE_OPEN_MAIN_DB },
	};
	struct scene *s = *state;
	sqlite3_file *file = calloc(1, (size_t)s->base->szOsFile);

	assert_non_null(file);
	assert_int_equal(open_file(s, file, WB_VFS_DATABASE,
			     SQLITE_OPEN_MAIN_DB),
	    SQLITE_CANTOPEN);
	assert_int_equal(s->file->pMethods->xClose(s->file), SQLITE_OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].what);
		assert_int_equal(open_file(s, file, rows[i].name,
				     rows[i].flags),
		    SQLITE_CANTOPEN);
		assert_null(file->pMethods);
	}
	assert_int_equal(open_file(s, s->file, WB_VFS_DATABASE,
			     SQLITE_OPEN_MAIN_DB),
	    SQLITE_OK);
	free(file);
}

static void
a_name_that_is_too_long_is_no_path(void **state)
{
	struct scene *s = *state;
	char out[6];

	assert_int_equal(s->base->xFullPathname(s->base, "vault", sizeof out,
			     out),
	    SQLITE_OK);
	assert_string_equal(out, "vault");
	assert_int_equal(s->base->xFullPathname(s->base, "vaults", sizeof out,
			     out),
	    SQLITE_CANTOPEN);
}

static void
only_whole_pages_are_written(void **state)
{
	static const struct {
		const char *what;
		int len;
		sqlite3_int64 at;
		uint8_t read_version;
		int want;
	} rows[] = {
		{ "a part", PAGE / 2, 0, 1, SQLITE_IOERR_WRITE },
		{ "before the file", PAGE, -PAGE, 1, SQLITE_IOERR_WRITE },
		{ "across two", PAGE, PAGE / 2, 1, SQLITE_IOERR_WRITE },
		{ "one that asks for a WAL", PAGE, 0, 2, SQLITE_IOERR_WRITE },
		{ "too far", PAGE, FAR, 1, SQLITE_FULL },
		{ "a page", PAGE, 0, 1, SQLITE_OK },
	};
	struct scene *s = *state;
	uint8_t page[PAGE] = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].what);
		page[18] = 1;
		page[19] = rows[i].read_version;
		assert_int_equal(s->file->pMethods->xWrite(s->file, page,
				     rows[i].len, rows[i].at),
		    rows[i].want);
	}
	page[18] = 2;
	assert_int_equal(s->file->pMethods->xWrite(s->file, page, PAGE, 0),
	    SQLITE_IOERR_WRITE);
}

static void
reads_stay_within_one_page(void **state)
{
	static const struct {
		const char *what;
		int len;
		sqlite3_int64 at;
		int want;
	} rows[] = {
		{ "less than nothing", -1, 1, SQLITE_IOERR_READ },
		{ "before the file", 1, -1, SQLITE_IOERR_READ },
		{ "across two", 2, PAGE - 1, SQLITE_IOERR_READ },
		{ "behind the end", PAGE, 2 * PAGE, SQLITE_IOERR_SHORT_READ },
		{ "a part", 100, PAGE - 100, SQLITE_OK },
		{ "a page", PAGE, PAGE, SQLITE_OK },
	};
	struct scene *s = *state;
	uint8_t page[PAGE];

	assert_int_equal(write_page(s, 1, 0), SQLITE_OK);
	assert_int_equal(write_page(s, 2, 'b'), SQLITE_OK);
	for (int synced = 0; synced < 2; synced++) {
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			print_message("%s\n", rows[i].what);
			assert_int_equal(s->file->pMethods->xRead(s->file, page,
					     rows[i].len, rows[i].at),
			    rows[i].want);
		}
		assert_int_equal(sync_file(s), SQLITE_OK);
	}
	assert_int_equal(s->commits, 1);
}

static void
what_was_written_is_read_before_it_is_synced(void **state)
{
	struct scene *s = *state;
	sqlite3_int64 size;

	assert_int_equal(write_page(s, 5, 'e'), SQLITE_OK);
	assert_int_equal(write_page(s, 3, 'c'), SQLITE_OK);
	assert_int_equal(write_page(s, 1, 0), SQLITE_OK);
	expect_page(s, 5, 'e');
	expect_page(s, 3, 'c');
	expect_page(s, 1, 0);
	expect_page(s, 2, 0);
	expect_page(s, 4, 0);
	assert_int_equal(write_page(s, 3, 'x'), SQLITE_OK);
	expect_page(s, 3, 'x');
	assert_int_equal(sync_file(s), SQLITE_OK);
	expect_page(s, 3, 'x');
	assert_int_equal(write_page(s, 3, 'y'), SQLITE_OK);
	expect_page(s, 5, 'e');
	expect_page(s, 3, 'y');
	assert_int_equal(s->file->pMethods->xFileSize(s->file, &size),
	    SQLITE_OK);
	assert_int_equal(size, 5 * PAGE);
}

static void
a_file_is_cut_at_pages_and_never_grows_so(void **state)
{
	struct scene *s = *state;
	const sqlite3_io_methods *m = s->file->pMethods;
	sqlite3_int64 size;

	for (uint32_t n = 1; n <= 4; n++)
		assert_int_equal(write_page(s, n, 0), SQLITE_OK);
	assert_int_equal(m->xTruncate(s->file, -PAGE), SQLITE_IOERR_TRUNCATE);
	assert_int_equal(m->xTruncate(s->file, 1), SQLITE_IOERR_TRUNCATE);
	assert_int_equal(m->xTruncate(s->file, 5 * PAGE),
	    SQLITE_IOERR_TRUNCATE);
	assert_int_equal(m->xTruncate(s->file, 2 * PAGE), SQLITE_OK);
	assert_int_equal(sync_file(s), SQLITE_OK);
	assert_int_equal(m->xFileSize(s->file, &size), SQLITE_OK);
	assert_int_equal(size, 2 * PAGE);
	assert_int_equal(wb_pagelog_total(s->log), 2);
}

/* The memory of so many is given back, and they are all there. */
static void
one_commit_may_be_large(void **state)
{
	struct scene *s = *state;
	uint32_t total = 1100;

	for (int again = 0; again < 2; again++) {
		for (uint32_t n = total; n >= 1; n--)
			assert_int_equal(write_page(s, n,
					     n == 1 ? 0 : (uint8_t)n),
			    SQLITE_OK);
		assert_int_equal(sync_file(s), SQLITE_OK);
	}
	for (uint32_t n = 2; n <= total; n += 109)
		expect_page(s, n, (uint8_t)n);
	assert_int_equal(s->commits, 2);
}

static void
a_log_that_is_only_read_refuses_a_commit(void **state)
{
	struct scene *s = *state;

	assert_int_equal(write_page(s, 1, 0), SQLITE_OK);
	wb_pagelog_set_read_only(s->log);
	assert_int_equal(sync_file(s), SQLITE_READONLY);
	assert_int_equal(s->commits, 0);
	assert_int_equal(wb_pagelog_total(s->log), 0);
}

/* Before SQLite has started. */
static void
is_not_made_without_memory(void **state)
{
	struct wb_vfs_events events = { count_commit, NULL };
	struct wb_error err = { 0 };
	struct wb_pagelog *log = NULL;
	struct wb_vfs *vfs;
	uint64_t seed = 3;
	bool failed = true;

	(void)state;
	for (uint64_t nth = 1; failed; nth++) {
		assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
		scarce_fail(nth, true);
		if (wb_vfs_new(&vfs, &log, check_random(&seed), events, &err) !=
		    WB_OK) {
			assert_int_equal(err.status, WB_NO_MEMORY);
			assert_null(vfs);
		}
		failed = scarce_failed();
		scarce_fail(0, false);
		assert_true(nth < 100);
	}
	assert_non_null(vfs);
	/* There is nothing to forget in a log that never was. */
	assert_int_equal(wb_pagelog_new(&log, NULL, -1, wb_span(NULL, 0),
			     check_random(&seed), &err),
	    WB_OK);
	wb_vfs_free(&vfs);
	wb_pagelog_free(&log);
}

#define SCENE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_not_made_without_memory),
		SCENE(only_the_database_is_opened_and_once),
		SCENE(a_name_that_is_too_long_is_no_path),
		SCENE(only_whole_pages_are_written),
		SCENE(reads_stay_within_one_page),
		SCENE(what_was_written_is_read_before_it_is_synced),
		SCENE(a_file_is_cut_at_pages_and_never_grows_so),
		SCENE(one_commit_may_be_large),
		SCENE(a_log_that_is_only_read_refuses_a_commit),
	};

	scarce_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
