#include "client/journal/totals.h"

#include "proto/record_annex.h"

#include "tests/unit/client/fixture.h"

#define MARCH_1 20513

/* What C1 sees after K1 and K2 recorded the table below. */
static const struct fixture_record records[] = {
	{ WB_KIND_RECEIVED, "rice", "sack", 10000, "W-1", MARCH_1 },
	{ WB_KIND_DELIVERED, "rice", "sack", 2500, "S-12", MARCH_1 },
	{ WB_KIND_DELIVERED, "rice", "sack", 500, "S-13", MARCH_1 + 1 },
	{ WB_KIND_DELIVERED, "rice", "", 1000, "S-12", MARCH_1 + 5 },
	{ WB_KIND_LOST, "oil", "l", 1, "S-12", MARCH_1 + 31 },
	{ WB_KIND_RETURNED, "oil", "l", 2, "S-12", MARCH_1 + 31 },
};

/* The last delivery is voided by its device, a receipt by the coordinator. */
static void
record_all(struct fixture *f)
{
	struct wb_hash id[sizeof records / sizeof records[0]];

	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
		id[i] = fixture_save(f, i < 3 ? &f->k1 : &f->k2, &records[i]);
	assert_int_equal(fixture_send(f, &f->k1, false), 1);
	assert_int_equal(fixture_send(f, &f->k2, false), 1);
	(void)fixture_void(f, &f->k1, &records[2], &id[2]);
	assert_int_equal(fixture_send(f, &f->k1, false), 1);
	(void)fixture_void(f, &f->coord, &records[0], &id[0]);
	assert_int_equal(fixture_send(f, &f->coord, false), 1);
	for (uint64_t i = 1; i <= 4; i++)
		assert_int_equal(fixture_open(f, i), WB_BATCH_OPENED);
}

struct expected {
	const char *group;
	const char *item;
	const char *unit;
	uint64_t received, delivered, lost, returned, voided;
	int64_t net;
	uint64_t records;
};

static void
expect(struct fixture *f, struct wb_totals_query query,
    const struct expected *rows, size_t n)
{
	struct wb_totals t;

	assert_ok(wb_totals_read(&t, &f->coord, &query, &f->err), &f->err);
	assert_int_equal(t.row_count, n);
	for (size_t i = 0; i < n; i++) {
		const struct wb_totals_row *r = &t.rows[i];

		assert_true(
		    wb_span_equal(r->group, wb_span_text(rows[i].group)));
		assert_true(wb_span_equal(r->item, wb_span_text(rows[i].item)));
		assert_true(wb_span_equal(r->unit, wb_span_text(rows[i].unit)));
		assert_int_equal(r->received, rows[i].received);
		assert_int_equal(r->delivered, rows[i].delivered);
		assert_int_equal(r->lost, rows[i].lost);
		assert_int_equal(r->returned, rows[i].returned);
		assert_int_equal(r->voided, rows[i].voided);
		assert_int_equal(r->net, rows[i].net);
		assert_int_equal(r->records, rows[i].records);
	}
	wb_totals_clear(&t);
}

static const struct expected by_item[] = {
	{ "", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
	{ "", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
	{ "", "rice", "sack", 0, 3000, 0, 0, 500, 2500, 2 },
};
static const struct expected by_place[] = {
	{ "S-12", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
	{ "S-12", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
	{ "S-12", "rice", "sack", 0, 2500, 0, 0, 0, 2500, 1 },
	{ "S-13", "rice", "sack", 0, 500, 0, 0, 500, 0, 1 },
	{ "W-1", "rice", "sack", 0, 0, 0, 0, 0, 0, 0 },
};
static const struct expected by_day[] = {
	{ "2026-03-01", "rice", "sack", 0, 2500, 0, 0, 0, 2500, 1 },
	{ "2026-03-02", "rice", "sack", 0, 500, 0, 0, 500, 0, 1 },
	{ "2026-03-06", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
	{ "2026-04-01", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
};
static const struct expected by_week[] = {
	{ "2026-W09", "rice", "sack", 0, 2500, 0, 0, 0, 2500, 1 },
	{ "2026-W10", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
	{ "2026-W10", "rice", "sack", 0, 500, 0, 0, 500, 0, 1 },
	{ "2026-W14", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
};
static const struct expected by_month[] = {
	{ "2026-03", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
	{ "2026-03", "rice", "sack", 0, 3000, 0, 0, 500, 2500, 2 },
	{ "2026-04", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
};
static const struct expected by_device[] = {
	{ "K1", "rice", "sack", 0, 3000, 0, 0, 500, 2500, 2 },
	{ "K2", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
	{ "K2", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
};
static const struct expected one_day[] = {
	{ "", "rice", "sack", 0, 500, 0, 0, 500, 0, 1 },
};

#define ALL INT64_MIN, INT64_MAX
#define ROWS(a) a, sizeof(a) / sizeof((a)[0])

static void
totals_group_by_what_is_asked(void **state)
{
	static const struct {
		struct wb_totals_query query;
		const struct expected *rows;
		size_t n;
	} table[] = {
		{ { WB_BY_ITEM, ALL }, ROWS(by_item) },
		{ { WB_BY_CATEGORY, ALL }, ROWS(by_item) },
		{ { WB_BY_PLACE, ALL }, ROWS(by_place) },
		{ { WB_BY_DAY, ALL }, ROWS(by_day) },
		{ { WB_BY_WEEK, ALL }, ROWS(by_week) },
		{ { WB_BY_MONTH, ALL }, ROWS(by_month) },
		{ { WB_BY_DEVICE, ALL }, ROWS(by_device) },
		{ { WB_BY_ITEM, MARCH_1 + 1, MARCH_1 + 1 }, ROWS(one_day) },
		{ { WB_BY_ITEM, MARCH_1 + 2, MARCH_1 + 4 }, NULL, 0 },
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	record_all(&f);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		expect(&f, table[i].query, table[i].rows, table[i].n);
	fixture_end(&f);
}

/* One device that lies about quantities must not hide everybody's goods. */
static void
sums_too_large_are_cut_off_and_told(void **state)
{
	static const struct expected rows[] = {
		{ "", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
		{ "", "rice", "", 0, INT64_MAX, 0, 0, 0, INT64_MAX, 3 },
		{ "", "rice", "sack", 0, 3000, 0, 0, 500, 2500, 2 },
	};
	const struct wb_totals_query query = { WB_BY_ITEM, ALL };
	struct wb_totals t;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	record_all(&f);
	assert_ok(wb_db_exec(f.coord.db,
		      "CREATE TEMP TABLE big AS SELECT * FROM line WHERE"
		      " kind = 2 AND quantity = 1000;"
		      "UPDATE big SET row = NULL, quantity = "
		      "0x4000000000000001;"
		      "INSERT INTO line SELECT * FROM big;"
		      "INSERT INTO line SELECT * FROM big",
		      &f.err),
	    &f.err);
	expect(&f, query, rows, 3);
	assert_ok(wb_totals_read(&t, &f.coord, &query, &f.err), &f.err);
	assert_false(t.rows[0].too_large);
	assert_true(t.rows[1].too_large);
	assert_false(t.rows[2].too_large);
	wb_totals_clear(&t);
	/* What fits comes out exact. */
	assert_ok(wb_db_exec(f.coord.db,
		      "UPDATE line SET kind = 18 WHERE kind = 2 AND rowid ="
		      " (SELECT max(rowid) FROM line)",
		      &f.err),
	    &f.err);
	assert_ok(wb_totals_read(&t, &f.coord, &query, &f.err), &f.err);
	assert_false(t.rows[1].too_large);
	assert_int_equal(t.rows[1].delivered, 0x4000000000000001 + 1000);
	wb_totals_clear(&t);
	fixture_end(&f);
}

static void
categories_come_from_the_newest_catalogue(void **state)
{
	static const struct expected rows[] = {
		{ "", "rice", "", 0, 1000, 0, 0, 0, 1000, 1 },
		{ "food", "oil", "l", 0, 0, 1, 2, 0, 0, 0 },
		{ "grain", "rice", "sack", 0, 3000, 0, 0, 500, 2500, 2 },
	};
	struct wb_item items[] = {
		{ .item = wb_span_text("oil"),
		    .unit = wb_span_text("l"),
		    .category = wb_span_text("food") },
		{ .item = wb_span_text("rice"),
		    .unit = wb_span_text("sack"),
		    .category = wb_span_text("grain") },
	};
	uint8_t salt[WB_ANNEX_SALT_LEN] = { 7 };
	struct wb_catalogue catalogue = { .salt = wb_span(salt, sizeof salt),
		.items = items,
		.item_count = 2 };
	struct wb_bytes plain;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	record_all(&f);
	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	assert_ok(wb_catalogue_encode(&plain, &catalogue, &f.err), &f.err);
	assert_ok(wb_annex_put(&f.coord.roster.catalogue_hash, f.coord.db,
		      WB_ANNEX_CATALOGUE, wb_bytes_span(&plain), &f.err),
	    &f.err);
	wb_bytes_clear(&plain);
	expect(&f, (struct wb_totals_query){ WB_BY_CATEGORY, ALL }, ROWS(rows));
	fixture_end(&f);
}

/* An entry as another device's: K1's own numbers 1, 2, 4 and a second 2. */
static void
coverage_shows_gaps_forks_and_silence(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", MARCH_1 };
	struct wb_coverage c;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_coverage_read(&c, &f.coord, &f.err), &f.err);
	assert_int_equal(c.device_count, 2);
	assert_int_equal(c.devices[0].last_heard, 0);
	assert_true(c.complete);
	wb_coverage_clear(&c);

	for (int i = 0; i < 4; i++) {
		(void)fixture_save(&f, &f.k1, &rice);
		assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	}
	assert_ok(wb_db_exec(f.coord.db,
		      "UPDATE batch SET sequence = 6 WHERE sequence = 4;"
		      "UPDATE batch SET sequence = 1 WHERE sequence = 2",
		      &f.err),
	    &f.err);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_ok(wb_coverage_read(&c, &f.coord, &f.err), &f.err);
	assert_int_equal(c.device_count, 2);
	assert_true(wb_span_equal(c.devices[0].label, wb_span_text("K1")));
	assert_int_equal(c.devices[0].batches, 4);
	assert_int_equal(c.devices[0].forked, 1);
	assert_int_equal(c.devices[0].missing_count, 2);
	assert_int_equal(c.devices[0].missing[0].first, 2);
	assert_int_equal(c.devices[0].missing[0].last, 2);
	assert_int_equal(c.devices[0].missing[1].first, 4);
	assert_int_equal(c.devices[0].missing[1].last, 5);
	assert_int_equal(c.devices[0].last_heard, f.now);
	assert_int_equal(c.devices[1].batches, 0);
	assert_int_equal(c.unopened, 3);
	assert_false(c.complete);
	wb_coverage_clear(&c);
	fixture_end(&f);
}

static void
totals_without_a_logged_batch_are_not_complete(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", MARCH_1 };
	struct wb_coverage c;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_ok(wb_coverage_read(&c, &f.coord, &f.err), &f.err);
	assert_int_equal(c.unopened, 1);
	assert_false(c.complete);
	wb_coverage_clear(&c);
	assert_ok(wb_coverage_read(&c, &f.k1, &f.err), &f.err);
	assert_int_equal(c.unopened, 1);
	assert_true(c.complete); /* it knows what it sent */
	wb_coverage_clear(&c);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_ok(wb_coverage_read(&c, &f.coord, &f.err), &f.err);
	assert_true(c.complete);
	wb_coverage_clear(&c);
	fixture_end(&f);
}

static void
a_field_device_takes_the_coordinators_word(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", MARCH_1 };
	struct wb_coverage c;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	for (int i = 0; i < 3; i++) {
		(void)fixture_save(&f, &f.k1, &rice);
		assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	}
	fixture_ack(&f, 1, WB_OUTCOME_OPENED);
	fixture_ack(&f, 2, WB_OUTCOME_DISPUTED);
	fixture_ack(&f, 2, WB_OUTCOME_OPENED); /* too late */
	assert_ok(wb_coverage_read(&c, &f.k1, &f.err), &f.err);
	assert_int_equal(c.unopened, 1);
	assert_int_equal(c.disputed, 1);
	assert_int_equal(c.undecryptable, 0);
	assert_false(c.complete);
	wb_coverage_clear(&c);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_too_large_are_cut_off_and_told),
		cmocka_unit_test(totals_group_by_what_is_asked),
		cmocka_unit_test(categories_come_from_the_newest_catalogue),
		cmocka_unit_test(coverage_shows_gaps_forks_and_silence),
		cmocka_unit_test(
		    totals_without_a_logged_batch_are_not_complete),
		cmocka_unit_test(a_field_device_takes_the_coordinators_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
