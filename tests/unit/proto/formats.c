/*
 * What holds of every format: golden files come out as they went in, any
 * flipped bit or cut is refused or is another message in its one form, and
 * what costs too much is refused.
 */
#include "crypto/secret.h"

#include "tests/unit/proto/again.h"
#include "tests/unit/proto/golden.h"

#ifdef WB_TEST_RECORD
#define TABLE again_record
#else
#define TABLE again_envelope
#endif

#define BUDGET ((size_t)8 << 20) /* bytes, testing.md */

static void
golden_messages_come_out_as_they_went_in(void **state)
{
	(void)state;
	for (const struct again *a = TABLE; a->name != NULL; a++) {
		struct wb_bytes golden, out;
		struct wb_error err = { 0 };
		struct wb_arena arena;

		wb_bytes_init(&golden, BUDGET);
		wb_bytes_init(&out, BUDGET);
		wb_arena_init(&arena, BUDGET);
		golden_read(&golden, a->name);
		if (a->run(&out, &arena, wb_bytes_span(&golden), &err) != WB_OK)
			fail_msg("%s: %s", a->name, err.text);
		if (!wb_span_equal(wb_bytes_span(&out), wb_bytes_span(&golden)))
			fail_msg("%s differs", a->name);
		wb_arena_clear(&arena);
		wb_bytes_clear(&out);
		wb_bytes_clear(&golden);
	}
}

static void
flipped_bits_are_refused_or_are_another_message(void **state)
{
	(void)state;
	for (const struct again *a = TABLE; a->name != NULL; a++) {
		struct wb_bytes golden;

		wb_bytes_init(&golden, BUDGET);
		golden_read(&golden, a->name);
		for (size_t bit = 0; bit < 8 * golden.len; bit++) {
			golden.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			(void)again_check(a, BUDGET, wb_bytes_span(&golden));
			golden.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		wb_bytes_clear(&golden);
	}
}

static void
cut_messages_are_refused_or_are_another_message(void **state)
{
	(void)state;
	for (const struct again *a = TABLE; a->name != NULL; a++) {
		struct wb_bytes golden;

		wb_bytes_init(&golden, BUDGET);
		golden_read(&golden, a->name);
		while (golden.len != 0) {
			wb_bytes_truncate(&golden, golden.len - 1);
			(void)again_check(a, BUDGET, wb_bytes_span(&golden));
		}
		wb_bytes_clear(&golden);
	}
}

/* Each may stand behind any golden message, which then has no one form. */
static const struct {
	const char *name;
	struct wb_span bytes;
} tails[] = {
	{ "an unknown field", { (const uint8_t *)"\xf8\x07\x01", 3 } },
	{ "an empty group", { (const uint8_t *)"\x0b\x0c", 2 } },
	{ "field number 0", { (const uint8_t *)"\x00\x01", 2 } },
	{ "a field of 64 bits", { (const uint8_t *)"\xf9\x07"
						   "12345678",
				    10 } },
	{ "a tag alone", { (const uint8_t *)"\x0a", 1 } },
};

static void
nothing_stands_behind_a_message(void **state)
{
	(void)state;
	for (const struct again *a = TABLE; a->name != NULL; a++)
		for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
			struct wb_bytes b;

			wb_bytes_init(&b, BUDGET);
			golden_read(&b, a->name);
			assert_ok(wb_bytes_append(&b, tails[i].bytes, NULL),
			    &(struct wb_error){ 0 });
			if (again_check(a, BUDGET, wb_bytes_span(&b)))
				fail_msg("%s: %s", a->name, tails[i].name);
			wb_bytes_clear(&b);
		}
}

/* A short pattern over and over: empty submessages, zeros, unknowns. */
static const char *const bombs[] = { "\x0a", "\x12", "\x1a", "\x22", "\x2a",
	"\x3a", "\x7a", "\x08", "\x10", "\xf8\x07", "\xfa\x07" };

static void
fill_bomb(struct wb_bytes *b, const char *tag, size_t size)
{
	static const uint8_t zero;
	struct wb_error err = { 0 };

	wb_bytes_reset(b);
	while (b->len < size) {
		assert_ok(wb_bytes_append_text(b, tag, &err), &err);
		assert_ok(wb_bytes_append(b, wb_span(&zero, 1), &err), &err);
	}
}

static void
bombs_are_refused_within_the_budget(void **state)
{
	static const size_t sizes[] = { 1000, 16000, 1000000, 4000000 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, BUDGET);
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
		for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
			fill_bomb(&b, bombs[i], sizes[s]);
			for (const struct again *a = TABLE; a->name != NULL;
			     a++)
				if (again_check(a, BUDGET, wb_bytes_span(&b)))
					fail_msg("%s %zu", a->name, i);
		}
	wb_bytes_clear(&b);
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
		cmocka_unit_test(golden_messages_come_out_as_they_went_in),
		cmocka_unit_test(
		    flipped_bits_are_refused_or_are_another_message),
		cmocka_unit_test(
		    cut_messages_are_refused_or_are_another_message),
		cmocka_unit_test(nothing_stands_behind_a_message),
		cmocka_unit_test(bombs_are_refused_within_the_budget),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
