/* The log by itself: what SQLite as it is set up here never asks of it. */
#include "client/vault/pagelog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "client/vault/keyslots.h"

#include "tests/fault/scarce.h"
#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"
#include "tests/unit/check.h"

static const uint8_t key[WB_VAULT_KEY_LEN] = { 1, 2, 3 };

struct world {
	struct simfs *fs;
	uint64_t seed;
	int fd;
	struct wb_pagelog *log;
	struct wb_error err;
};

static void
set_up(struct world *w)
{
	static const uint8_t header[WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT];
	const struct wb_file_ops *ops;

	*w = (struct world){ .fs = simfs_new(), .seed = 5 };
	ops = simfs_ops(w->fs);
	assert_ok(wb_crypto_start(&w->err), &w->err);
	simfs_put(w->fs, "log", header, sizeof header);
	w->fd = ops->open(ops->ctx, "log", O_RDWR, 0);
}

static void
open_log(struct world *w)
{
	struct wb_error damage;

	wb_pagelog_free(&w->log);
	assert_ok(wb_pagelog_new(&w->log, simfs_ops(w->fs), w->fd,
		      wb_span(key, sizeof key), check_random(&w->seed),
		      &w->err),
	    &w->err);
	assert_ok(wb_pagelog_scan(w->log, &damage, &w->err), &w->err);
	assert_ok(damage.status, &damage);
}

static void
tear_down(struct world *w)
{
	wb_pagelog_free(&w->log);
	simfs_free(&w->fs);
}

/* Pages first to last, full of `byte`. */
static void
append(struct world *w, uint32_t total, uint32_t first, uint32_t last,
    uint8_t byte)
{
	struct wb_pagelog_page pages[8];
	uint8_t data[WB_PAGEREC_PAGE];
	uint32_t n = 0;

	memset(data, byte, sizeof data);
	for (uint32_t i = first; i <= last; i++)
		pages[n++] = (struct wb_pagelog_page){ i, data };
	assert_int_equal(wb_pagelog_append(w->log, total, pages, n, true), 0);
}

static void
expect_page(struct world *w, uint32_t number, uint8_t byte)
{
	uint8_t page[WB_PAGEREC_PAGE];

	assert_int_equal(wb_pagelog_read(w->log, page, number), 0);
	for (size_t i = 0; i < sizeof page; i++)
		assert_int_equal(page[i], byte);
}

static void
pages_cut_off_do_not_come_back(void **state)
{
	struct wb_vault_stats stats;
	struct world w;

	(void)state;
	set_up(&w);
	open_log(&w);
	append(&w, 5, 1, 5, 'a');
	append(&w, 2, 1, 1, 'b');
	append(&w, 4, 2, 2, 'c');
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wb_pagelog_total(w.log), 4);
		expect_page(&w, 1, 'b');
		expect_page(&w, 2, 'c');
		expect_page(&w, 3, 0);
		expect_page(&w, 4, 0);
		expect_page(&w, 5, 0);
		wb_pagelog_stats(&stats, w.log);
		assert_int_equal(stats.records, 3);
		assert_int_equal(stats.live, WB_KEYSLOTS_HEADER +
						 WB_PAGELOG_COUNT +
						 2 * WB_PAGEREC_SEALED);
		open_log(&w);
	}
	tear_down(&w);
}

static void
a_record_may_hold_no_page(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	open_log(&w);
	append(&w, 3, 1, 3, 'a');
	append(&w, 1, 1, 0, 0);
	open_log(&w);
	assert_int_equal(wb_pagelog_total(w.log), 1);
	expect_page(&w, 1, 'a');
	expect_page(&w, 2, 0);
	tear_down(&w);
}

static void
read_only_is_read_only(void **state)
{
	struct wb_pagelog_page page = { 1, NULL };
	struct world w;

	(void)state;
	set_up(&w);
	open_log(&w);
	wb_pagelog_set_read_only(w.log);
	assert_int_not_equal(wb_pagelog_append(w.log, 1, &page, 1, true), 0);
	tear_down(&w);
}

static void
pages_that_never_were_are_zeros(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	open_log(&w);
	append(&w, 3, 2, 2, 'b');
	expect_page(&w, 0, 0);
	expect_page(&w, 1, 0);
	expect_page(&w, 2, 'b');
	expect_page(&w, 4, 0);
	tear_down(&w);
}

/*
 * Puts a first record there as somebody with the key could seal it.  Its pages
 * are zeros; `numbers` NULL: its head says that there are `pages`, and that is
 * all of it.
 */
static void
forge_record(struct world *w, uint32_t total, const uint32_t *numbers,
    uint32_t pages)
{
	struct wb_pagerec_head head = { 1, pages, total, { { 0 } } };
	const uint8_t nonce[WB_PAGEREC_NONCE] = { 9 };
	static const uint8_t page[WB_PAGEREC_PAGE];
	const size_t front = WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT;
	size_t len = front + 4096;
	uint8_t *data, *at;

	if (numbers != NULL)
		len = front + (size_t)wb_pagerec_size(pages);
	data = calloc(1, len);
	assert_non_null(data);
	at = data + front;
	wb_pagerec_seal_head(at, nonce, &head, wb_span(key, sizeof key));
	for (uint32_t i = 0; numbers != NULL && i < pages; i++) {
		wb_put_be32(at + WB_PAGEREC_HEAD + (size_t)i * 4, numbers[i]);
		wb_pagerec_seal_page(at + wb_pagerec_page_at(pages, i), page,
		    numbers[i], i, nonce, wb_span(key, sizeof key));
	}
	if (numbers != NULL)
		wb_pagerec_seal_list(at + WB_PAGEREC_HEAD, pages, nonce,
		    wb_span(key, sizeof key));
	simfs_put(w->fs, "log", data, len);
	w->fd = simfs_ops(w->fs)->open(simfs_ops(w->fs)->ctx, "log", O_RDWR, 0);
	free(data);
}

static void
expect_forged(uint32_t total, const uint32_t *numbers, uint32_t pages,
    uint64_t records)
{
	struct wb_vault_stats stats;
	struct world w;

	set_up(&w);
	forge_record(&w, total, numbers, pages);
	open_log(&w);
	wb_pagelog_stats(&stats, w.log);
	assert_int_equal(stats.records, records);
	assert_int_equal(wb_pagelog_total(w.log), records == 0 ? 0 : total);
	/* The next follows it, or takes its place. */
	append(&w, 2, 1, 1, 'a');
	open_log(&w);
	expect_page(&w, 1, 'a');
	tear_down(&w);
}

static void
a_list_ascends_within_the_database(void **state)
{
	static const struct {
		const char *what;
		uint32_t numbers[2];
		uint64_t records;
	} rows[] = {
		{ "as it should be", { 1, 2 }, 1 },
		{ "backwards", { 2, 1 }, 0 },
		{ "twice the same", { 1, 1 }, 0 },
		{ "from nought", { 0, 1 }, 0 },
		{ "behind the end", { 1, 3 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].what);
		expect_forged(2, rows[i].numbers, 2, rows[i].records);
	}
}

static void
a_record_stays_within_the_limits_and_the_file(void **state)
{
	static const uint32_t none[1];
	static const struct {
		const char *what;
		uint32_t total;
		const uint32_t *numbers;
		uint32_t pages;
	} rows[] = {
		{ "a database too long", WB_MAX_PAGELOG_PAGES + 1, none, 0 },
		{ "too many pages", 2, NULL, WB_MAX_PAGELOG_PAGES + 1 },
		{ "more than the file has", 2, NULL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].what);
		expect_forged(rows[i].total, rows[i].numbers, rows[i].pages, 0);
	}
}

static void
a_database_is_no_longer_than_the_limit(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	open_log(&w);
	assert_int_equal(wb_pagelog_append(w.log, WB_MAX_PAGELOG_PAGES + 1,
			     NULL, 0, true),
	    -ENOSPC);
	append(&w, 1, 1, 1, 'a');
	expect_page(&w, 1, 'a');
	tear_down(&w);
}

static void
a_page_cut_off_while_it_is_open_is_damage(void **state)
{
	uint8_t page[WB_PAGEREC_PAGE];
	const struct wb_file_ops *ops;
	struct world w;

	(void)state;
	set_up(&w);
	open_log(&w);
	append(&w, 1, 1, 1, 'a');
	ops = simfs_ops(w.fs);
	assert_int_equal(ops->ftruncate(ops->ctx, w.fd,
			     WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT + 600),
	    0);
	assert_false(wb_pagelog_met_damage(w.log));
	assert_int_equal(wb_pagelog_read(w.log, page, 1), -EBADMSG);
	assert_true(wb_pagelog_met_damage(w.log));
	tear_down(&w);
}

/* Only the beginning of the page before the records is there. */
static void
a_file_that_ends_in_its_count_is_damaged(void **state)
{
	static const uint8_t header[WB_KEYSLOTS_HEADER + 10];
	struct wb_error damage;
	struct world w;

	(void)state;
	set_up(&w);
	simfs_put(w.fs, "log", header, sizeof header);
	w.fd = simfs_ops(w.fs)->open(simfs_ops(w.fs)->ctx, "log", O_RDWR, 0);
	assert_ok(wb_pagelog_new(&w.log, simfs_ops(w.fs), w.fd,
		      wb_span(key, sizeof key), check_random(&w.seed), &w.err),
	    &w.err);
	assert_ok(wb_pagelog_scan(w.log, &damage, &w.err), &w.err);
	assert_int_equal(damage.status, WB_STORAGE);
	assert_string_equal(wb_error_id(&damage), "vault-damaged");
	tear_down(&w);
}

/* The room ahead of the records is a favour, not a need. */
static void
goes_on_whichever_allocation_fails(void **state)
{
	uint8_t data[WB_PAGEREC_PAGE];
	struct wb_pagelog_page page = { 1, data };
	bool failed = true;
	struct world w;
	int rc;

	(void)state;
	memset(data, 'b', sizeof data);
	for (uint64_t nth = 1; failed; nth++) {
		set_up(&w);
		open_log(&w);
		scarce_fail(nth, false);
		rc = wb_pagelog_append(w.log, 1, &page, 1, true);
		failed = scarce_failed();
		scarce_fail(0, false);
		assert_true(rc == 0 || (rc == -ENOMEM && failed));
		if (rc != 0)
			append(&w, 1, 1, 1, 'b');
		open_log(&w);
		expect_page(&w, 1, 'b');
		tear_down(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_cut_off_do_not_come_back),
		cmocka_unit_test(a_record_may_hold_no_page),
		cmocka_unit_test(read_only_is_read_only),
		cmocka_unit_test(pages_that_never_were_are_zeros),
		cmocka_unit_test(a_list_ascends_within_the_database),
		cmocka_unit_test(a_record_stays_within_the_limits_and_the_file),
		cmocka_unit_test(a_database_is_no_longer_than_the_limit),
		cmocka_unit_test(a_page_cut_off_while_it_is_open_is_damage),
		cmocka_unit_test(a_file_that_ends_in_its_count_is_damaged),
		cmocka_unit_test(goes_on_whichever_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
