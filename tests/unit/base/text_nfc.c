#include "base/text_nfc.h"

#include "tests/unit/check.h"

static void
composes_what_can_be_composed(void **state)
{
	static const struct {
		const char *why;
		const char *in;
		const char *want;
	} rows[] = {
		{ "empty", "", "" },
		{ "ascii", "rice 25 kg", "rice 25 kg" },
		{ "composed already", "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "accent apart", "cafe\xcc\x81", "caf\xc3\xa9" },
		{ "marks in order", "q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87" },
		{ "angstrom sign", "\xe2\x84\xab", "\xc3\x85" },
		{ "hangul", "\xe1\x84\x8a\xe1\x85\xa1\xe1\x86\xaf",
		    "\xec\x8c\x80" },
		{ "excluded devanagari", "\xe0\xa5\x98",
		    "\xe0\xa4\x95\xe0\xa4\xbc" },
		{ "ligature stays", "\xef\xac\x81", "\xef\xac\x81" },
		{ "wide letters stay", "\xef\xbc\xa1", "\xef\xbc\xa1" },
		{ "case stays", "Straße", "Straße" },
	};
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		wb_bytes_init(&out, 100);
		assert_ok(wb_text_nfc(&out, wb_span_text(rows[i].in), &err),
		    &err);
		if (!wb_span_equal(wb_bytes_span(&out),
			wb_span_text(rows[i].want)))
			fail_msg("%s", rows[i].why);
		wb_bytes_clear(&out);
	}
}

static void
refuses_what_is_not_text_or_too_long(void **state)
{
	static uint8_t large[WB_MAX_NFC + 1];
	static const char *const bad[] = { "\xed\xa0\x80", "\xc0\x80",
		"\xe0\x80\xaf", "\xf4\x90\x80\x80", "a\xe2\x82", "\xff",
		"\x80" };
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	memset(large, 'a', sizeof large);
	wb_bytes_init(&out, sizeof large);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_status(WB_INVALID,
		    wb_text_nfc(&out, wb_span_text(bad[i]), &err), &err);
	assert_status(WB_INVALID,
	    wb_text_nfc(&out, wb_span(large, sizeof large), &err), &err);
	assert_int_equal(out.len, 0);
	assert_ok(wb_text_nfc(&out, wb_span(large, sizeof large - 1), &err),
	    &err);
	assert_status(WB_NO_MEMORY, wb_text_nfc(&out, wb_span_text("ab"), &err),
	    &err);
	assert_int_equal(out.len, sizeof large - 1);
	wb_bytes_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composes_what_can_be_composed),
		cmocka_unit_test(refuses_what_is_not_text_or_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
