#include "crypto/text.h"

#include "crypto/secret.h"

#include "tests/unit/check.h"

#define KEPT "kept"

static const struct {
	const char *name;
	const char *text;
	const char *data; /* NULL: refused */
} base64s[] = {
	{ "nothing", "", "" },
	{ "one byte", "Zg==", "f" },
	{ "two bytes", "Zm8=", "fo" },
	{ "three bytes", "Zm9v", "foo" },
	{ "four bytes", "Zm9vYg==", "foob" },
	{ "no padding", "Zg", NULL },
	{ "half the padding", "Zg=", NULL },
	{ "too much padding", "Zm9v====", NULL },
	{ "padding of a full group", "Zm9v=", NULL },
	{ "trailing bits set", "Zh==", NULL },
	{ "trailing bits set, two bytes", "Zm9=", NULL },
	{ "text behind the padding", "Zg==Zg==", NULL },
	{ "newline at the end", "Zm9v\n", NULL },
	{ "newline and length of four", "Zm8=\n\n\n\n", NULL },
	{ "blank within", "Zm 9v===", NULL },
	{ "URL alphabet", "_-8=", NULL },
	{ "only padding", "====", NULL },
	{ "one character", "Z===", NULL },
};

static void
base64_is_strict_both_ways(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 100);
	for (size_t i = 0; i < sizeof base64s / sizeof base64s[0]; i++) {
		struct wb_span text = wb_span_text(base64s[i].text);
		bool good = base64s[i].data != NULL;
		struct wb_span want = wb_span_text(good ? base64s[i].data : "");

		wb_bytes_reset(&b);
		assert_ok(wb_bytes_append_text(&b, KEPT, &err), &err);
		if (wb_base64_parse(&b, text, &err) !=
		    (good ? WB_OK : WB_INVALID))
			fail_msg("%s", base64s[i].name);
		assert_memory_equal(b.data, KEPT, strlen(KEPT));
		assert_true(wb_span_equal(wb_span_sub(wb_bytes_span(&b),
					      strlen(KEPT), 100),
		    want));
		if (!good)
			continue;
		wb_bytes_reset(&b);
		assert_ok(wb_base64_append(&b, want, &err), &err);
		assert_true(wb_span_equal(wb_bytes_span(&b), text));
	}
	wb_bytes_clear(&b);
}

/* Each byte in each place: what is read must be the one text of its bytes. */
static void
base64_has_one_text_for_any_bytes(void **state)
{
	uint8_t text[] = { 'Z', 'm', '9', 'v' };

	(void)state;
	for (size_t i = 0; i < sizeof text * 256; i++) {
		uint8_t kept = text[i / 256];
		struct wb_bytes b, again;

		text[i / 256] = (uint8_t)(i % 256);
		wb_bytes_init(&b, 3);
		wb_bytes_init(&again, 5);
		if (wb_base64_parse(&b, wb_span(text, sizeof text), NULL) ==
		    WB_OK) {
			assert_int_equal(wb_base64_append(&again,
					     wb_bytes_span(&b), NULL),
			    WB_OK);
			assert_true(wb_span_equal(wb_bytes_span(&again),
			    wb_span(text, sizeof text)));
		}
		wb_bytes_clear(&b);
		wb_bytes_clear(&again);
		text[i / 256] = kept;
	}
}

static void
no_text_is_no_bytes(void **state)
{
	uint8_t room[3];
	size_t len = 9;

	(void)state;
	assert_true(
	    wb_base64_decode(room, sizeof room, &len, wb_span(NULL, 0)));
	assert_int_equal(len, 0);
}

static void
base64_respects_the_cap(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 4);
	assert_status(WB_NO_MEMORY,
	    wb_base64_append(&b, wb_span_text("four"), &err), &err);
	assert_status(WB_NO_MEMORY,
	    wb_base64_parse(&b, wb_span_text("Zm9vYmFy"), &err), &err);
	assert_int_equal(b.len, 0);
	wb_bytes_clear(&b);
}

static void
hexadecimal_is_written_in_lower_case(void **state)
{
	static const uint8_t data[] = { 0x00, 0xab, 0xff };
	char text[7];

	(void)state;
	wb_hex_format(text, wb_span(data, sizeof data));
	assert_string_equal(text, "00abff");
}

static const struct {
	const char *name;
	const char *text;
	enum wb_status status;
} hexes[] = {
	{ "lower case", "00abff", WB_OK },
	{ "upper case", "00ABFF", WB_OK },
	{ "one digit short", "00abf", WB_INVALID },
	{ "one digit more", "00abff0", WB_INVALID },
	{ "a byte more", "00abff00", WB_INVALID },
	{ "a byte short", "00ab", WB_INVALID },
	{ "not a digit", "00abfg", WB_INVALID },
	{ "blank", "00 bff", WB_INVALID },
	{ "colons", "00:abf", WB_INVALID },
	{ "nothing", "", WB_INVALID },
};

static void
hexadecimal_has_the_length_wanted(void **state)
{
	static const uint8_t want[] = { 0x00, 0xab, 0xff };
	uint8_t got[3];

	(void)state;
	for (size_t i = 0; i < sizeof hexes / sizeof hexes[0]; i++) {
		struct wb_error err = { 0 };

		assert_status(hexes[i].status,
		    wb_hex_parse(got, 3, wb_span_text(hexes[i].text), &err),
		    &err);
		if (hexes[i].status == WB_OK)
			assert_memory_equal(got, want, sizeof want);
	}
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) == WB_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_strict_both_ways),
		cmocka_unit_test(base64_has_one_text_for_any_bytes),
		cmocka_unit_test(no_text_is_no_bytes),
		cmocka_unit_test(base64_respects_the_cap),
		cmocka_unit_test(hexadecimal_is_written_in_lower_case),
		cmocka_unit_test(hexadecimal_has_the_length_wanted),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
