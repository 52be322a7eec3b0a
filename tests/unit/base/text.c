#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void
accepts_only_well_formed_utf8(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		bool good;
	} rows[] = {
		{ "empty", "", true },
		{ "ascii", "S-12", true },
		{ "two bytes", "\xc2\x80", true },
		{ "three bytes", "\xec\x8c\x80 \xef\xbf\xbf", true },
		{ "four bytes", "\xf0\x9f\x8c\xbe", true },
		{ "last code point", "\xf4\x8f\xbf\xbf", true },
		{ "around the surrogates", "\xed\x9f\xbf\xee\x80\x80", true },
		{ "past the last", "\xf4\x90\x80\x80", false },
		{ "first surrogate", "\xed\xa0\x80", false },
		{ "last surrogate", "\xed\xbf\xbf", false },
		{ "overlong two", "\xc0\x80", false },
		{ "overlong slash", "\xc1\xaf", false },
		{ "overlong three", "\xe0\x9f\xbf", false },
		{ "overlong four", "\xf0\x8f\xbf\xbf", false },
		{ "lone continuation", "a\x80", false },
		{ "cut short", "a\xe2\x82", false },
		{ "continuation missing", "\xe2\x28\xa1", false },
		{ "five bytes", "\xf8\x88\x80\x80\x80", false },
		{ "latin-1", "caf\xe9", false },
		{ "never a byte", "\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (wb_text_is_utf8(wb_span_text(rows[i].text)) != rows[i].good)
			fail_msg("%s", rows[i].why);
	}
}

/* Encodes any number as UTF-8 would, allowed or not. */
static struct wb_span
encode(uint8_t out[4], uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return wb_span(out, 1);
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return wb_span(out, 2);
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return wb_span(out, 3);
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return wb_span(out, 4);
}

static void
decodes_every_code_point(void **state)
{
	uint8_t buf[4];
	uint32_t got;
	struct wb_span s;

	(void)state;
	for (uint32_t cp = 0; cp < 0x120000; cp++) {
		s = encode(buf, cp);
		if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)) {
			assert_int_equal(wb_text_next(&got, s), 0);
			continue;
		}
		assert_int_equal(wb_text_next(&got, s), s.len);
		assert_int_equal(got, cp);
	}
}

static bool
is_refused_by_the_protocol(uint32_t cp)
{
	return cp <= 0x1f || (cp >= 0x7f && cp <= 0x9f) || cp == 0x61c ||
	       cp == 0x200e || cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || (cp >= 0xd800 && cp <= 0xdfff);
}

static void
short_texts_hold_no_control_or_direction_characters(void **state)
{
	uint8_t buf[4];

	(void)state;
	for (uint32_t cp = 0; cp < 0x11000; cp++) {
		enum wb_status want = is_refused_by_the_protocol(cp)
					  ? WB_INVALID
					  : WB_OK;

		if (wb_text_check_short(encode(buf, cp), "item", NULL) != want)
			fail_msg("U+%04" PRIX32, cp);
	}
}

static void
short_texts_end_at_200_bytes(void **state)
{
	char text[202];
	struct wb_error err = { 0 };

	(void)state;
	memset(text, 'a', sizeof text);
	assert_ok(wb_text_check_short(wb_span(text, 0), "item", &err), &err);
	assert_ok(wb_text_check_short(wb_span(text, 200), "item", &err), &err);
	assert_status(WB_INVALID,
	    wb_text_check_short(wb_span(text, 201), "item", &err), &err);
	assert_string_equal(err.text,
	    "item is too long: 201 bytes, at most 200");
	assert_status(WB_INVALID,
	    wb_text_check_short(wb_span_text("a\tb"), "place", &err), &err);
	assert_string_equal(err.text,
	    "place holds the character U+0009, which is not allowed");
}

static void
parses_only_whole_numbers_in_range(void **state)
{
	static const struct {
		const char *text;
		uint64_t min;
		uint64_t max;
		enum wb_status want;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 9, WB_OK, 0 },
		{ "9", 0, 9, WB_OK, 9 },
		{ "10", 0, 9, WB_INVALID, 0 },
		{ "4", 5, 9, WB_INVALID, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, WB_OK, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, WB_INVALID, 0 },
		{ "99999999999999999999", 0, UINT64_MAX, WB_INVALID, 0 },
		{ "", 0, 9, WB_INVALID, 0 },
		{ "00", 0, 9, WB_INVALID, 0 },
		{ "07", 0, 9, WB_INVALID, 0 },
		{ "+7", 0, 9, WB_INVALID, 0 },
		{ "-7", 0, 9, WB_INVALID, 0 },
		{ " 7", 0, 9, WB_INVALID, 0 },
		{ "7 ", 0, 9, WB_INVALID, 0 },
		{ "7.", 0, 9, WB_INVALID, 0 },
		{ "0x7", 0, 9, WB_INVALID, 0 },
		{ "1e1", 0, 99, WB_INVALID, 0 },
		{ "٧", 0, 9, WB_INVALID, 0 },
	};
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = 4711;

		assert_status(rows[i].want,
		    wb_text_uint(&v, wb_span_text(rows[i].text), rows[i].min,
			rows[i].max, &err),
		    &err);
		assert_true(
		    v == (rows[i].want == WB_OK ? rows[i].value : 4711));
	}
}

static void
parses_only_quantities(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		enum wb_status want;
		int64_t value;
	} rows[] = {
		{ "whole", "1200", WB_OK, 1200000 },
		{ "half", "2.5", WB_OK, 2500 },
		{ "half a sack", "0.5", WB_OK, 500 },
		{ "smallest", "0.001", WB_OK, 1 },
		{ "zeros behind", "2.500", WB_OK, 2500 },
		{ "zeros between", "10.05", WB_OK, 10050 },
		{ "largest", "1099511627.776", WB_OK, WB_QTY_MAX },
		{ "past the largest", "1099511627.777", WB_INVALID, 0 },
		{ "far past it", "18446744073709551.616", WB_INVALID, 0 },
		{ "past 64 bits", "99999999999999999999", WB_INVALID, 0 },
		{ "four places", "0.0001", WB_INVALID, 0 },
		{ "four places, zeros", "1.0000", WB_INVALID, 0 },
		{ "unit attached", "12kg", WB_INVALID, 0 },
		{ "unit after places", "1.5k", WB_INVALID, 0 },
		{ "zero", "0", WB_INVALID, 0 },
		{ "zero with places", "0.000", WB_INVALID, 0 },
		{ "leading zero", "012", WB_INVALID, 0 },
		{ "two leading zeros", "00.5", WB_INVALID, 0 },
		{ "no whole part", ".5", WB_INVALID, 0 },
		{ "no places", "5.", WB_INVALID, 0 },
		{ "two points", "1.2.3", WB_INVALID, 0 },
		{ "comma", "2,5", WB_INVALID, 0 },
		{ "minus", "-1", WB_INVALID, 0 },
		{ "plus", "+1", WB_INVALID, 0 },
		{ "sign after point", "1.-5", WB_INVALID, 0 },
		{ "blank before", " 1", WB_INVALID, 0 },
		{ "blank behind", "1 ", WB_INVALID, 0 },
		{ "exponent", "1e3", WB_INVALID, 0 },
		{ "empty", "", WB_INVALID, 0 },
		{ "words", "nan", WB_INVALID, 0 },
	};
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t q = 4711;

		if (wb_qty_parse(&q, rows[i].text, &err) != rows[i].want ||
		    q != (rows[i].want == WB_OK ? rows[i].value : 4711))
			fail_msg("%s", rows[i].why);
	}
}

static void
repeats_a_wrong_number_only_where_it_can_be_shown(void **state)
{
	static const char hostile[] = "\xff\xfe";
	char longer[200];
	struct wb_error err = { 0 };
	int64_t q;

	(void)state;
	memset(longer, '9', sizeof longer);
	assert_status(WB_INVALID, wb_qty_parse(&q, "12kg", &err), &err);
	assert_non_null(strstr(err.text, "\"12kg\""));
	assert_status(WB_INVALID, wb_qty_parse(&q, hostile, &err), &err);
	assert_null(strstr(err.text, hostile));
	assert_status(WB_INVALID,
	    wb_qty_parse_span(&q, wb_span(longer, sizeof longer), &err), &err);
	assert_null(strstr(err.text, "9999"));
}

static void
formats_the_shortest_decimal(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 1, "0.001" },
		{ 10, "0.01" },
		{ 100, "0.1" },
		{ 2500, "2.5" },
		{ 10050, "10.05" },
		{ 1200000, "1200" },
		{ -2500, "-2.5" },
		{ -1, "-0.001" },
		{ INT64_MAX, "9223372036854775.807" },
		{ INT64_MIN, "-9223372036854775.808" },
	};
	char out[WB_QTY_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(wb_qty_format(out, rows[i].value),
		    rows[i].text);
	assert_string_equal(wb_qty_format_sum(out, UINT64_MAX),
	    "18446744073709551.615");
}

static void
reads_back_what_it_formats(void **state)
{
	uint64_t seed = 7;
	struct wb_random random = check_random(&seed);
	char out[WB_QTY_TEXT];
	int64_t got;
	uint64_t v;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		wb_random_fill(random, &v, sizeof v);
		v = (v >> (i % 40)) % (uint64_t)WB_QTY_MAX + 1;
		assert_int_equal(wb_qty_parse(&got,
				     wb_qty_format(out, (int64_t)v), NULL),
		    WB_OK);
		assert_true(got == (int64_t)v);
	}
}

static void
errors_hold_nothing_that_moves_a_terminal(void **state)
{
	static const struct {
		const char *text;
		const char *clean;
	} rows[] = {
		{ "", "" },
		{ "S-12 \u00e9t\u00e9", "S-12 \u00e9t\u00e9" },
		{ "\x1b[2J", "?[2J" },
		{ "a\nb\x7f", "a?b?" },
		{ "\xc2\x9b"
		  "2J",
		    "?2J" }, /* CSI in one character */
		{ "a\u202eb\u2066c", "a?b?c" },
		{ "\xff\xe2\x80", "???" },
	};
	struct wb_error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		err = (struct wb_error){ 0 };
		(void)wb_fail(&err, WB_FAILED, "%s", rows[i].text);
		assert_string_equal(err.text, rows[i].clean);
		(void)wb_context(&err, WB_FAILED, "%s", rows[i].text);
		assert_memory_equal(err.text, rows[i].clean,
		    strlen(rows[i].clean));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_only_well_formed_utf8),
		cmocka_unit_test(decodes_every_code_point),
		cmocka_unit_test(
		    short_texts_hold_no_control_or_direction_characters),
		cmocka_unit_test(short_texts_end_at_200_bytes),
		cmocka_unit_test(parses_only_whole_numbers_in_range),
		cmocka_unit_test(parses_only_quantities),
		cmocka_unit_test(
		    repeats_a_wrong_number_only_where_it_can_be_shown),
		cmocka_unit_test(formats_the_shortest_decimal),
		cmocka_unit_test(reads_back_what_it_formats),
		cmocka_unit_test(errors_hold_nothing_that_moves_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
