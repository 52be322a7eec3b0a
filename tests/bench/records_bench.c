/*
 * What a record costs from hand to totals, in memory, so that no disk is
 * measured: saved (sealed and numbered) in one transaction, put into batches,
 * opened by the coordinator, and added up.  Prints records a second.
 *
 * usage: records_bench [RECORDS [WINDOW_DAYS]]
 */
#include <sys/resource.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/journal/totals.h"

#include "tests/unit/client/fixture.h"

#define DEFAULT_RECORDS 20000
#define ITEMS 40
#define PLACES 900
#define REPEATS 5

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
report(const char *what, uint64_t records, double seconds)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("%-8s %10.0f records/s %8.2f s %8ld MiB so far\n", what,
	    (double)records / seconds, seconds, usage.ru_maxrss / 1024);
}

static void
save_all(struct fixture *f, uint64_t n)
{
	struct wb_sealing sealing;
	char item[16], place[16];
	struct wb_hash id;

	assert_ok(wb_sealing_begin(&sealing, &f->err), &f->err);
	assert_ok(wb_db_begin(f->k1.db, &f->err), &f->err);
	for (uint64_t i = 0; i < n; i++) {
		struct wb_line line = { .unit = wb_span_text("sack"),
			.quantity = 1 + i % 5000 };
		struct wb_goods goods = { .kind = WB_KIND_DELIVERED,
			.day = 20000 + (uint32_t)(i / 2000),
			.lines = &line,
			.line_count = 1 };
		struct wb_place to = { 0 };

		(void)snprintf(item, sizeof item, "item %" PRIu64, i % ITEMS);
		(void)snprintf(place, sizeof place, "S-%" PRIu64, i % PLACES);
		line.item = wb_span_text(item);
		to.to = wb_span_text(place);
		assert_ok(wb_queue_save(&id, &sealing, &f->k1, &goods, &to,
			      &f->err),
		    &f->err);
	}
	assert_ok(wb_db_commit(f->k1.db, &f->err), &f->err);
	wb_sealing_end(&sealing);
}

static double
time_totals(struct fixture *f, enum wb_totals_by by)
{
	struct wb_totals_query query = { by, INT64_MIN, INT64_MAX };
	struct wb_totals t;
	double best = 1e9;

	for (int i = 0; i < REPEATS; i++) {
		double from = now();

		assert_ok(wb_totals_read(&t, &f->coord, &query, &f->err),
		    &f->err);
		best = now() - from < best ? now() - from : best;
		wb_totals_clear(&t);
	}
	return best;
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_RECORDS;
	uint64_t window = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	struct fixture f;
	uint64_t sent;
	double from;

	fixture_begin(&f, (uint32_t)window);
	from = now();
	save_all(&f, n);
	report("save", n, now() - from);
	from = now();
	sent = fixture_send(&f, &f.k1, false);
	report("batch", n, now() - from);
	from = now();
	for (uint64_t i = 1; i <= sent; i++)
		if (fixture_open(&f, i) != WB_BATCH_OPENED)
			return 1;
	report("open", n, now() - from);
	report("totals", n, time_totals(&f, WB_BY_ITEM));
	report("by place", n, time_totals(&f, WB_BY_PLACE));
	report("by week", n, time_totals(&f, WB_BY_WEEK));
	from = now();
	assert_ok(wb_journal_rebuild(&f.coord, NULL, NULL, &f.err), &f.err);
	report("rebuild", n, now() - from);
	(void)printf("%" PRIu64 " batches\n", sent);
	fixture_end(&f);
	return 0;
}
