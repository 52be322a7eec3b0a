#include "base/array.h"

#include <stdlib.h>

#include "tests/unit/check.h"

static void
keeps_what_it_holds_while_it_grows(void **state)
{
	uint32_t *numbers = NULL, *more;
	size_t room = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		more = wb_array_reserve(numbers, &room, i + 1, 1000,
		    sizeof *numbers);
		assert_non_null(more);
		numbers = more;
		numbers[i] = i;
	}
	assert_int_equal(room, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i);
	free(numbers);
}

static void
moves_only_where_there_is_no_room(void **state)
{
	size_t room = 0, before;
	void *array;

	(void)state;
	array = wb_array_reserve(NULL, &room, 3, 100, 8);
	assert_non_null(array);
	assert_in_range(room, 3, 100);
	before = room;
	assert_ptr_equal(wb_array_reserve(array, &room, before, 100, 8), array);
	assert_int_equal(room, before);
	free(array);
}

static void
has_room_for_no_more_than_its_largest_number(void **state)
{
	static const struct {
		const char *what;
		size_t need;
		size_t max;
		size_t size;
		size_t room; /* 0: refused */
	} rows[] = {
		{ "one", 1, 100, 8, 16 },
		{ "many at once", 70, 1000, 8, 128 },
		{ "all there may be", 100, 100, 8, 100 },
		{ "a largest number below the first room", 2, 3, 8, 3 },
		{ "one too many", 101, 100, 8, 0 },
		{ "more bytes than there are", 40, SIZE_MAX, SIZE_MAX / 32, 0 },
		{ "more elements than there are", SIZE_MAX, SIZE_MAX, 2, 0 },
	};
	void *array;
	size_t room;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].what);
		room = 0;
		array = wb_array_reserve(NULL, &room, rows[i].need, rows[i].max,
		    rows[i].size);
		assert_int_equal(array != NULL, rows[i].room != 0);
		assert_int_equal(room, rows[i].room);
		free(array);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_holds_while_it_grows),
		cmocka_unit_test(moves_only_where_there_is_no_room),
		cmocka_unit_test(has_room_for_no_more_than_its_largest_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
