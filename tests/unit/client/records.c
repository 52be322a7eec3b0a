#include "client/journal/records.h"

#include "tests/unit/client/fixture.h"

static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
	2500, "S-12", 20513 };
static const struct fixture_record beans = { WB_KIND_DELIVERED, "beans", "kg",
	1000, "S-13", 20514 };

static void
check_numbers(struct fixture *f, struct wb_device *device, uint64_t limit,
    const uint64_t *want, size_t n)
{
	struct wb_record *list;
	struct wb_arena arena;
	size_t count;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_records_own(&list, &count, &arena, device, limit, &f->err),
	    &f->err);
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(list[i].number, want[i]);
	wb_arena_clear(&arena);
}

static void
check_state(struct fixture *f, struct wb_device *device, const char *label,
    enum wb_record_state state, bool disputed)
{
	struct wb_record r;
	struct wb_arena arena;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_records_find(&r, &arena, device, wb_span_text(label), 1,
		      &f->err),
	    &f->err);
	assert_int_equal(r.state, state);
	assert_int_equal(r.disputed, disputed);
	assert_true(r.readable);
	assert_int_equal(r.goods.line_count, 1);
	assert_int_equal(r.goods.lines[0].quantity, 2500);
	assert_true(wb_span_equal(r.place.to, wb_span_text("S-12")));
	wb_arena_clear(&arena);
}

static void
lists_own_records_newest_first(void **state)
{
	static const uint64_t all[] = { 3, 2, 1 };
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	check_numbers(&f, &f.k1, 10, NULL, 0);
	for (size_t i = 0; i < 3; i++)
		(void)fixture_save(&f, &f.k1, &rice);
	(void)fixture_save(&f, &f.k2, &rice);
	check_numbers(&f, &f.k1, 10, all, 3);
	check_numbers(&f, &f.k1, 2, all, 2);
	fixture_end(&f);
}

static void
follows_a_record_through_its_states(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_begin(&f, 7);
	(void)fixture_save(&f, &f.k1, &rice);
	check_state(&f, &f.k1, "", WB_RECORD_HERE, false);
	at = f.next;
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	check_state(&f, &f.k1, "k1", WB_RECORD_STORED, false);
	assert_int_equal(fixture_open(&f, at), WB_BATCH_OPENED);
	fixture_ack(&f, at, WB_OUTCOME_OPENED);
	check_state(&f, &f.k1, "K1", WB_RECORD_OPENED, false);
	check_state(&f, &f.coord, "k1", WB_RECORD_OPENED, false);
	fixture_ack(&f, at, WB_OUTCOME_DISPUTED);
	check_state(&f, &f.k1, "K1", WB_RECORD_STORED, true);
	fixture_end(&f);
}

static void
the_last_record_is_one_that_stands(void **state)
{
	struct wb_hash second;
	struct wb_record r;
	struct wb_arena arena;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_status(WB_NOT_FOUND, wb_records_last(&r, &arena, &f.k1, &f.err),
	    &f.err);
	(void)fixture_save(&f, &f.k1, &rice);
	second = fixture_save(&f, &f.k1, &beans);
	(void)fixture_void(&f, &f.k1, &beans, &second);
	assert_ok(wb_records_last(&r, &arena, &f.k1, &f.err), &f.err);
	assert_int_equal(r.number, 1);
	assert_ok(wb_records_find(&r, &arena, &f.k1, wb_span_text(""), 2,
		      &f.err),
	    &f.err);
	assert_true(r.voided);
	assert_ok(wb_records_find(&r, &arena, &f.k1, wb_span_text(""), 3,
		      &f.err),
	    &f.err);
	assert_true(r.goods.is_void);
	assert_int_equal(r.voids, 2);
	assert_status(WB_NOT_FOUND,
	    wb_records_find(&r, &arena, &f.k1, wb_span_text("K2"), 1, &f.err),
	    &f.err);
	assert_string_equal(wb_error_id(&f.err), "no-record");
	wb_arena_clear(&arena);
	fixture_end(&f);
}

static void
sealed_records_are_listed_and_not_read(void **state)
{
	struct wb_record r;
	struct wb_arena arena;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_ok(wb_records_last(&r, &arena, &f.k1, &f.err), &f.err);
	assert_int_equal(r.number, 1);
	assert_int_equal(r.day, 20513);
	assert_false(r.readable);
	assert_status(WB_FAILED, wb_records_need_readable(&r, &f.k1, &f.err),
	    &f.err);
	assert_string_equal(wb_error_id(&f.err), "sealed");
	wb_arena_clear(&arena);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_own_records_newest_first),
		cmocka_unit_test(follows_a_record_through_its_states),
		cmocka_unit_test(the_last_record_is_one_that_stands),
		cmocka_unit_test(sealed_records_are_listed_and_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
