/* The log by itself: what SQLite as it is set up here never asks of it. */
#include "client/vault/pagelog.h"

#include <fcntl.h>

#include "client/vault/keyslots.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_cut_off_do_not_come_back),
		cmocka_unit_test(a_record_may_hold_no_page),
		cmocka_unit_test(read_only_is_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
