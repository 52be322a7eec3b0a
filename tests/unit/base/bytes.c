#include "base/bytes.h"

#include "tests/unit/check.h"

static void
grows_to_its_maximum_and_no_further(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 100);
	assert_int_equal(wb_bytes_extend(&b, 60, NULL, &err), WB_OK);
	assert_int_equal(wb_bytes_extend(&b, 40, NULL, &err), WB_OK);
	assert_int_equal(wb_bytes_extend(&b, 1, NULL, &err), WB_NO_MEMORY);
	assert_int_equal(b.len, 100);
	wb_bytes_clear(&b);
	assert_int_equal(b.max, 100);
}

static void
appends_what_it_is_given(void **state)
{
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 1000);
	assert_int_equal(wb_bytes_append_text(&b, "rice ", NULL), WB_OK);
	assert_int_equal(wb_bytes_printf(&b, NULL, "%d sacks", 12), WB_OK);
	assert_true(
	    wb_span_equal(wb_bytes_span(&b), wb_span_text("rice 12 sacks")));
	wb_bytes_truncate(&b, 4);
	assert_true(wb_span_equal(wb_bytes_span(&b), wb_span_text("rice")));
	wb_bytes_clear(&b);
}

static void
sub_spans_never_leave_the_span(void **state)
{
	struct wb_span s = wb_span_text("waybill");

	(void)state;
	assert_int_equal(wb_span_sub(s, 3, 100).len, 4);
	assert_int_equal(wb_span_sub(s, 7, 1).len, 0);
	assert_int_equal(wb_span_sub(s, SIZE_MAX, SIZE_MAX).len, 0);
}

static void
shorter_spans_sort_first(void **state)
{
	(void)state;
	assert_true(wb_span_compare(wb_span_text("a"), wb_span_text("ab")) < 0);
	assert_true(wb_span_compare(wb_span_text("b"), wb_span_text("ab")) > 0);
	assert_int_equal(wb_span_compare(wb_span_text("ab"),
			     wb_span_text("ab")),
	    0);
}

static void
errors_hold_no_control_characters(void **state)
{
	struct wb_error err = { 0 };

	(void)state;
	assert_int_equal(wb_fail(&err, WB_INVALID, "bad %s", "\033[2J\n"),
	    WB_INVALID);
	assert_string_equal(err.text, "bad ?[2J?");
	(void)wb_context(&err, WB_INVALID, "line %d", 3);
	assert_string_equal(err.text, "line 3: bad ?[2J?");
	assert_string_equal(wb_error_id(&err), "invalid");
	(void)wb_advise(&err, WB_INVALID, "bad-row", "Correct it.");
	assert_string_equal(wb_error_id(&err), "bad-row");
}

static void
big_endian_numbers_round_trip(void **state)
{
	uint8_t b[8];

	(void)state;
	wb_put_be64(b, UINT64_C(0x0102030405060708));
	assert_int_equal(b[0], 1);
	assert_int_equal(wb_get_be64(b), UINT64_C(0x0102030405060708));
	assert_int_equal(wb_get_be32(b + 4), 0x05060708);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_to_its_maximum_and_no_further),
		cmocka_unit_test(appends_what_it_is_given),
		cmocka_unit_test(sub_spans_never_leave_the_span),
		cmocka_unit_test(shorter_spans_sort_first),
		cmocka_unit_test(errors_hold_no_control_characters),
		cmocka_unit_test(big_endian_numbers_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
