#include "crypto/padding.h"

#include "tests/unit/check.h"

static const struct {
	size_t size;
	size_t target;
} contents[] = {
	{ 0, 2048 },
	{ 2048, 2048 },
	{ 2049, 4096 },
	{ 32769, 65536 },
	{ 65536, 65536 },
	{ 65537, 67584 }, /* exponent 16, mantissa 5 bits: steps of 2048 */
	{ 67585, 69632 },
	{ 131072, 131072 },
	{ 131073, 135168 },
	{ 1000000, 1015808 }, /* exponent 19: steps of 16384 */
	{ (size_t)1 << 30, (size_t)1 << 30 },
};

static void
contents_grow_to_known_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
		assert_int_equal(wb_pad_content(contents[i].size),
		    contents[i].target);
}

static void
padme_wastes_at_most_an_eighth(void **state)
{
	(void)state;
	for (size_t size = 65537; size < (size_t)8 << 20; size += 997) {
		size_t target = wb_pad_content(size);

		assert_true(target >= size);
		assert_true(target - size <= size / 8);
		assert_int_equal(wb_pad_content(target), target);
	}
}

static void
steps_round_up(void **state)
{
	(void)state;
	assert_int_equal(wb_pad_to_step(0, 32), 0);
	assert_int_equal(wb_pad_to_step(1, 32), 32);
	assert_int_equal(wb_pad_to_step(32, 32), 32);
	assert_int_equal(wb_pad_to_step(33, 32), 64);
}

/* Bytes of a field 15 of `zeros` zeros, written out as protobuf does. */
static size_t
field_len(size_t zeros)
{
	size_t len = 1 + zeros;

	if (zeros == 0)
		return 0;
	for (size_t v = zeros;; v >>= 7) {
		len++;
		if (v < 0x80)
			return len;
	}
}

static const struct {
	const char *name;
	size_t gap;
	bool can;
	size_t zeros;
} gaps[] = {
	{ "none", 0, true, 0 },
	{ "one byte", 1, false, 0 },
	{ "two bytes", 2, false, 0 },
	{ "three bytes", 3, true, 1 },
	{ "longest with one byte of length", 129, true, 127 },
	{ "prefix grows", 130, false, 0 },
	{ "shortest with two bytes of length", 131, true, 128 },
	{ "longest with two bytes of length", 16386, true, 16383 },
	{ "prefix grows again", 16387, false, 0 },
	{ "shortest with three bytes of length", 16388, true, 16384 },
	{ "longest with three bytes of length", 2097155, true, 2097151 },
	{ "prefix grows a third time", 2097156, false, 0 },
};

static void
fields_fill_the_gaps_they_can(void **state)
{
	size_t zeros;

	(void)state;
	for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
		if (wb_pad_field(&zeros, 40, 40 + gaps[i].gap) != gaps[i].can)
			fail_msg("%s", gaps[i].name);
		assert_int_equal(zeros, gaps[i].zeros);
	}
	assert_false(wb_pad_field(&zeros, 41, 40));
	assert_false(wb_pad_field(&zeros, 1, 0));
}

/* All gaps to 40,000 bytes, against a list of every field there is. */
static void
no_reachable_gap_is_called_unreachable(void **state)
{
	static bool reachable[40001];
	size_t zeros;

	(void)state;
	for (size_t z = 0; field_len(z) <= 40000; z++)
		reachable[field_len(z)] = true;
	for (size_t gap = 0; gap <= 40000; gap++) {
		bool can = wb_pad_field(&zeros, 7, 7 + gap);

		assert_int_equal(can, reachable[gap]);
		if (can)
			assert_int_equal(field_len(zeros), gap);
	}
}

static void
parts_reach_the_smallest_step_they_can(void **state)
{
	(void)state;
	for (size_t size = 0; size < 20000; size++) {
		size_t padded = size +
				field_len(wb_pad_field_to_step(size, 32));
		size_t zeros;

		assert_int_equal(padded % 32, 0);
		assert_true(padded >= size);
		for (size_t t = wb_pad_to_step(size, 32); t < padded; t += 32)
			assert_false(wb_pad_field(&zeros, size, t));
	}
	assert_int_equal(wb_pad_field_to_step(31, 32), 31);
	assert_int_equal(wb_pad_field_to_step(32, 32), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_grow_to_known_sizes),
		cmocka_unit_test(padme_wastes_at_most_an_eighth),
		cmocka_unit_test(steps_round_up),
		cmocka_unit_test(fields_fill_the_gaps_they_can),
		cmocka_unit_test(no_reachable_gap_is_called_unreachable),
		cmocka_unit_test(parts_reach_the_smallest_step_they_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
