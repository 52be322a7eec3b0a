#include "crypto/lines.h"

#include "tests/unit/check.h"

static const struct {
	const char *why, *text;
	bool ok;
	uint64_t value;
} decimals[] = {
	{ "nothing at all", "", false, 0 },
	{ "nought", "0", true, 0 },
	{ "one", "1", true, 1 },
	{ "the largest", "9223372036854775807", true, INT64_MAX },
	{ "one more", "9223372036854775808", false, 0 },
	{ "more than 64 bits", "92233720368547758070", false, 0 },
	{ "a leading zero", "01", false, 0 },
	{ "two zeros", "00", false, 0 },
	{ "a plus", "+1", false, 0 },
	{ "a minus", "-1", false, 0 },
	{ "a blank before", " 1", false, 0 },
	{ "a blank behind", "1 ", false, 0 },
	{ "a hexadecimal digit", "1a", false, 0 },
};

static void
reads_decimals_of_digits_alone(void **state)
{
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(decimals) / sizeof(decimals[0]); i++) {
		v = 0;
		if (wb_decimal_parse(&v, wb_span_text(decimals[i].text)) !=
		    decimals[i].ok)
			fail_msg("%s", decimals[i].why);
		assert_int_equal(v, decimals[i].value);
	}
}

static void
takes_lines_that_have_an_end(void **state)
{
	struct wb_span rest = wb_span_text("one\n\nthree"), line;

	(void)state;
	assert_true(wb_line_take(&line, &rest));
	assert_true(wb_span_equal(line, wb_span_text("one")));
	assert_true(wb_line_take(&line, &rest));
	assert_int_equal(line.len, 0);
	assert_false(wb_line_take(&line, &rest));
	assert_true(wb_span_equal(rest, wb_span_text("three")));
	rest = wb_span(NULL, 0);
	assert_false(wb_line_take(&line, &rest));
}

static void
hashes_survive_their_line(void **state)
{
	struct wb_hash h = { "a hash of some kind" }, back;
	struct wb_span rest, line;
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 100);
	assert_int_equal(wb_hash_line(&b, &h, NULL), WB_OK);
	rest = wb_bytes_span(&b);
	assert_true(wb_line_take(&line, &rest));
	assert_int_equal(line.len, WB_HASH_BASE64);
	assert_true(wb_hash_parse(&back, line));
	assert_true(wb_hash_equal(&h, &back));
	assert_false(wb_hash_parse(&back, wb_span_sub(line, 0, 40)));
	b.data[43] = 'A'; /* 33 bytes, then */
	assert_false(wb_hash_parse(&back, line));
	b.data[43] = '*';
	assert_false(wb_hash_parse(&back, line));
	wb_bytes_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_decimals_of_digits_alone),
		cmocka_unit_test(takes_lines_that_have_an_end),
		cmocka_unit_test(hashes_survive_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
