#include "crypto/lines.h"

#include "tests/unit/check.h"

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
		cmocka_unit_test(takes_lines_that_have_an_end),
		cmocka_unit_test(hashes_survive_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
