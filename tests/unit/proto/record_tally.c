#include "proto/record_tally.h"

#include <string.h>

#include "crypto/age.h"
#include "crypto/padding.h"
#include "proto/wire.h"

#include "tests/unit/check.h"

/* The order of the group, RFC 8032. */
static const struct wb_scalar order = { { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 } };

static enum wb_status
encode(struct wb_bytes *out, const struct wb_tally_content *content,
    struct wb_error *err)
{
	wb_bytes_init(out, WB_MAX_TALLY_CONTENT);
	return wb_tally_content_encode(out, content, err);
}

/* One total of that measure and quantity. */
static enum wb_status
try_total(const char *measure, uint64_t quantity, struct wb_error *err)
{
	struct wb_total total = { wb_span_text(measure), quantity };
	struct wb_tally_content content = { .totals = &total,
		.total_count = 1,
		.salt.b = { 1 } };
	struct wb_bytes bytes;
	enum wb_status st = encode(&bytes, &content, err);

	wb_bytes_clear(&bytes);
	return st;
}

static void
a_measure_is_kind_item_and_unit(void **state)
{
	static const struct {
		const char *measure;
		enum wb_status status;
	} rows[] = {
		{ "delivered|rice|sack", WB_OK },
		{ "void-delivered|rice|", WB_OK },
		{ "lost|100%25 wool|a%7Cb", WB_OK },
		{ "confirmed|%7C|%25", WB_OK },
		{ "delivered|rice", WB_INVALID },
		{ "delivered|rice|sack|", WB_INVALID },
		{ "delivered||sack", WB_INVALID },
		{ "Delivered|rice|sack", WB_INVALID },
		{ "given|rice|sack", WB_INVALID },
		{ "delivered|100% wool|", WB_INVALID },
		{ "delivered|a%2|", WB_INVALID },
		{ "delivered|a%7c|", WB_INVALID },
		{ "delivered|a%41|", WB_INVALID },
		{ "delivered|a\nb|", WB_INVALID },
		{ "delivered|rice|a\xe2\x80\xae"
		  "b",
		    WB_INVALID },
		{ "", WB_INVALID },
	};
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_status(rows[i].status,
		    try_total(rows[i].measure, 1, &err), &err);
}

/* 200 bytes of text may be 600 once escaped, and no more. */
static void
names_are_as_long_as_a_record_has_them(void **state)
{
	char measure[1300];
	struct wb_error err = { 0 };

	(void)state;
	for (size_t n = 200; n <= 201; n++) {
		size_t at = sizeof "delivered|" - 1;

		memcpy(measure, "delivered|", at);
		for (size_t i = 0; i < n; i++, at += 3)
			memcpy(measure + at, "%25", 3);
		memcpy(measure + at, "|", 2);
		assert_status(n == 200 ? WB_OK : WB_INVALID,
		    try_total(measure, 1, &err), &err);
	}
}

static void
totals_are_positive_and_fit_a_signed_number(void **state)
{
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(try_total("delivered|a|", WB_TOTAL_MAX, &err), &err);
	assert_status(WB_INVALID, try_total("delivered|a|", 0, &err), &err);
	assert_status(WB_INVALID,
	    try_total("delivered|a|", WB_TOTAL_MAX + 1, &err), &err);
	assert_status(WB_INVALID, try_total("delivered|a|", UINT64_MAX, &err),
	    &err);
}

static void
lists_ascend_without_repetition(void **state)
{
	static const struct {
		const char *what;
		uint64_t included[2];
		struct wb_exclusion excluded[2];
		const char *measures[2];
		enum wb_status status;
	} rows[] = {
		{ "in order", { 3, 4 }, { { 0, 4 }, { 9, 1 } },
		    { "delivered|a|", "delivered|b|" }, WB_OK },
		{ "included again", { 4, 4 }, { { 0, 4 }, { 9, 1 } },
		    { "delivered|a|", "delivered|b|" }, WB_INVALID },
		{ "included backwards", { 4, 3 }, { { 0, 4 }, { 9, 1 } },
		    { "delivered|a|", "delivered|b|" }, WB_INVALID },
		{ "excluded again", { 3, 4 }, { { 9, 4 }, { 9, 1 } },
		    { "delivered|a|", "delivered|b|" }, WB_INVALID },
		{ "no reason", { 3, 4 }, { { 0, 0 }, { 9, 1 } },
		    { "delivered|a|", "delivered|b|" }, WB_INVALID },
		{ "another reason", { 3, 4 }, { { 0, 1 }, { 9, 5 } },
		    { "delivered|a|", "delivered|b|" }, WB_INVALID },
		{ "a measure again", { 3, 4 }, { { 0, 4 }, { 9, 1 } },
		    { "delivered|a|", "delivered|a|" }, WB_INVALID },
		{ "measures backwards", { 3, 4 }, { { 0, 4 }, { 9, 1 } },
		    { "delivered|b|", "delivered|a|" }, WB_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t included[2] = { rows[i].included[0],
			rows[i].included[1] };
		struct wb_exclusion excluded[2] = { rows[i].excluded[0],
			rows[i].excluded[1] };
		struct wb_total totals[2] = {
			{ wb_span_text(rows[i].measures[0]), 5 },
			{ wb_span_text(rows[i].measures[1]), 5 },
		};
		struct wb_tally_content content = { included, 2, excluded, 2,
			totals, 2, { { 0 } }, { { 1 } } };
		struct wb_error err = { 0 };
		struct wb_bytes bytes;

		if (encode(&bytes, &content, &err) != rows[i].status)
			fail_msg("%s: %s", rows[i].what, err.text);
		wb_bytes_clear(&bytes);
	}
}

static void
the_blinding_has_one_form_and_the_salt_is_there(void **state)
{
	struct wb_tally_content content = { .blinding = order,
		.salt.b = { 1 } };
	struct wb_error err = { 0 };
	struct wb_bytes bytes;

	(void)state;
	assert_status(WB_INVALID, encode(&bytes, &content, &err), &err);
	content.blinding.b[0]--;
	assert_ok(encode(&bytes, &content, &err), &err);
	wb_bytes_clear(&bytes);
	content.salt.b[0] = 0;
	assert_status(WB_INVALID, encode(&bytes, &content, &err), &err);
}

static void
an_answer_keeps_to_the_same_rules(void **state)
{
	struct wb_total total = { wb_span_text("delivered|a|"), 7 };
	uint8_t nonce[WB_MAX_NONCE + 1] = { 1 };
	struct wb_batch_opening opening = { .index = 0,
		.totals = &total,
		.total_count = 1,
		.nonce = wb_span(nonce, WB_MAX_NONCE) };
	struct wb_error err = { 0 };
	struct wb_bytes bytes;

	(void)state;
	wb_bytes_init(&bytes, 4096);
	assert_ok(wb_batch_opening_encode(&bytes, &opening, &err), &err);
	opening.nonce.len++;
	assert_status(WB_INVALID,
	    wb_batch_opening_encode(&bytes, &opening, &err), &err);
	opening.nonce.len = 0;
	opening.blinding = order;
	assert_status(WB_INVALID,
	    wb_batch_opening_encode(&bytes, &opening, &err), &err);
	opening.blinding = (struct wb_scalar){ { 0 } };
	total.quantity = 0;
	assert_status(WB_INVALID,
	    wb_batch_opening_encode(&bytes, &opening, &err), &err);
	wb_bytes_clear(&bytes);
}

static void
sealed_sizes_are_of_few_kinds(void **state)
{
	static uint8_t body[70000] = { 1 };
	struct wb_error err = { 0 };

	(void)state;
	for (size_t n = 1; n < sizeof body; n += 997) {
		struct wb_arena arena;
		struct wb_bytes bytes;
		struct wb_span back;

		wb_bytes_init(&bytes, WB_MAX_CONTENT);
		wb_arena_init(&arena, WB_ARENA_BUDGET);
		assert_ok(wb_padded_encode(&bytes, wb_span(body, n), &err),
		    &err);
		assert_int_equal(wb_age_size(bytes.len, 1),
		    wb_pad_content(wb_age_size(bytes.len, 1)));
		assert_ok(wb_padded_decode(&back, &arena, wb_bytes_span(&bytes),
			      &err),
		    &err);
		assert_true(wb_span_equal(back, wb_span(body, n)));
		wb_arena_clear(&arena);
		wb_bytes_clear(&bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_measure_is_kind_item_and_unit),
		cmocka_unit_test(names_are_as_long_as_a_record_has_them),
		cmocka_unit_test(totals_are_positive_and_fit_a_signed_number),
		cmocka_unit_test(lists_ascend_without_repetition),
		cmocka_unit_test(
		    the_blinding_has_one_form_and_the_salt_is_there),
		cmocka_unit_test(an_answer_keeps_to_the_same_rules),
		cmocka_unit_test(sealed_sizes_are_of_few_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
