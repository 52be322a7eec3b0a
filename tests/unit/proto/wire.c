#include "proto/wire.h"

#include "tests/unit/check.h"

static void
streams_give_back_their_messages(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 16383, 16384, 70000 };
	static uint8_t body[70000];
	struct wb_span message, stream;
	struct wb_error err = { 0 };
	struct wb_bytes out;
	uint64_t seed = 3;
	bool more;

	(void)state;
	check_random_fill(&seed, body, sizeof body);
	wb_bytes_init(&out, 200000);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		assert_ok(wb_delimited_append(&out, wb_span(body, sizes[i]),
			      &err),
		    &err);
	stream = wb_bytes_span(&out);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		assert_ok(wb_delimited_next(&message, &more, &stream,
			      sizeof body, &err),
		    &err);
		assert_true(more);
		assert_true(wb_span_equal(message, wb_span(body, sizes[i])));
	}
	assert_ok(wb_delimited_next(&message, &more, &stream, 0, &err), &err);
	assert_false(more);
	assert_int_equal(message.len, 0);
	wb_bytes_clear(&out);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
} prefixes[] = {
	{ "an empty message", "\0", 1, WB_OK },
	{ "two bytes of two", "\2ab", 3, WB_OK },
	{ "two bytes of three", "\3ab", 3, WB_INVALID },
	{ "above the maximum", "\5abcde", 6, WB_INVALID },
	{ "a prefix that does not end", "\x80", 1, WB_INVALID },
	{ "a prefix that is not minimal", "\x82\0ab", 4, WB_INVALID },
	{ "zero in two bytes", "\x80\0", 2, WB_INVALID },
	{ "more than 35 bits", "\xff\xff\xff\xff\xff\1", 6, WB_INVALID },
	{ "35 bits", "\xff\xff\xff\xff\x7f", 5, WB_INVALID },
};

static void
lengths_are_minimal_and_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		struct wb_span message, stream;
		struct wb_error err = { 0 };
		bool more;

		stream = wb_span(prefixes[i].bytes, prefixes[i].len);
		if (wb_delimited_next(&message, &more, &stream, 4, &err) !=
		    prefixes[i].want)
			fail_msg("%s", prefixes[i].name);
		assert_int_equal(more, prefixes[i].want == WB_OK);
	}
}

static void
nothing_is_appended_past_the_maximum(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 3);
	assert_status(WB_NO_MEMORY,
	    wb_delimited_append(&out, wb_span_text("abc"), &err), &err);
	assert_int_equal(out.len, 0);
	wb_bytes_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_give_back_their_messages),
		cmocka_unit_test(lengths_are_minimal_and_bounded),
		cmocka_unit_test(nothing_is_appended_past_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
