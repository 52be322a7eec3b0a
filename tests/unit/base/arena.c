#include "base/arena.h"

#include "tests/unit/check.h"

static void
never_takes_more_than_its_budget(void **state)
{
	struct wb_arena a;
	size_t n = 0;

	(void)state;
	wb_arena_init(&a, 100000);
	assert_false(a.exceeded);
	while (wb_arena_alloc(&a, 333) != NULL)
		n++;
	assert_true(n > 200);
	assert_true(a.used <= 100000);
	assert_true(a.exceeded);
	assert_null(wb_arena_alloc(&a, SIZE_MAX));
	assert_null(wb_arena_array(&a, SIZE_MAX / 2, 3));
	wb_arena_clear(&a);
	assert_int_equal(a.used, 0);
	assert_false(a.exceeded);
	assert_non_null(wb_arena_alloc(&a, 50000));
	wb_arena_clear(&a);
}

static void
a_reset_keeps_a_block_of_the_smallest_size_alone(void **state)
{
	struct wb_arena a;
	size_t one;

	(void)state;
	wb_arena_init(&a, 100000);
	wb_arena_reset(&a);
	assert_int_equal(a.used, 0);
	assert_non_null(wb_arena_alloc(&a, 10));
	one = a.used;
	assert_non_null(wb_arena_alloc(&a, 20000));
	assert_non_null(wb_arena_array(&a, 0, 0));
	assert_true(a.used > one + 20000);
	wb_arena_reset(&a);
	assert_int_equal(a.used, one);
	wb_arena_clear(&a);
	assert_non_null(wb_arena_alloc(&a, 20000));
	wb_arena_reset(&a);
	assert_int_equal(a.used, 0);
	wb_arena_clear(&a);
}

static void
copies_end_in_a_nul(void **state)
{
	struct wb_arena a;
	struct wb_span s;

	(void)state;
	wb_arena_init(&a, 10000);
	assert_int_equal(wb_arena_copy(&s, &a, wb_span_text("S-12"), NULL),
	    WB_OK);
	assert_int_equal(s.len, 4);
	assert_string_equal((const char *)s.data, "S-12");
	wb_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_takes_more_than_its_budget),
		cmocka_unit_test(
		    a_reset_keeps_a_block_of_the_smallest_size_alone),
		cmocka_unit_test(copies_end_in_a_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
