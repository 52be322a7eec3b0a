/*
 * What holds of every format: golden files come out as they went in, any
 * flipped bit or cut is refused or is another message in its one form, and
 * what costs too much is refused.
 */
#include "crypto/secret.h"

#include "tests/unit/proto/again.h"
#include "tests/unit/proto/golden.h"

#define BUDGET ((size_t)8 << 20) /* bytes that one message may cost */

static const struct again *const tables[] = { again_envelope, again_record };

/* Calls `test` with each codec and its golden bytes, which it may change. */
static void
each_golden(void (*test)(const struct again *a, struct wb_bytes *golden))
{
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct again *a = tables[t]; a->name != NULL; a++) {
			struct wb_bytes golden;

			wb_bytes_init(&golden, BUDGET);
			golden_read(&golden, a->name);
			test(a, &golden);
			wb_bytes_clear(&golden);
		}
}

static void
check_same(const struct again *a, struct wb_bytes *golden)
{
	struct wb_error err = { 0 };
	struct wb_arena arena;
	struct wb_bytes out;

	wb_bytes_init(&out, BUDGET);
	wb_arena_init(&arena, BUDGET);
	if (a->run(&out, &arena, wb_bytes_span(golden), &err) != WB_OK)
		fail_msg("%s: %s", a->name, err.text);
	if (!wb_span_equal(wb_bytes_span(&out), wb_bytes_span(golden)))
		fail_msg("%s differs", a->name);
	wb_arena_clear(&arena);
	wb_bytes_clear(&out);
}

static void
golden_messages_come_out_as_they_went_in(void **state)
{
	(void)state;
	each_golden(check_same);
}

static void
check_flips(const struct again *a, struct wb_bytes *golden)
{
	for (size_t bit = 0; bit < 8 * golden->len; bit++) {
		golden->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		(void)again_check(a, BUDGET, wb_bytes_span(golden));
		golden->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void
flipped_bits_are_refused_or_are_another_message(void **state)
{
	(void)state;
	each_golden(check_flips);
}

static void
check_cuts(const struct again *a, struct wb_bytes *golden)
{
	while (golden->len != 0) {
		wb_bytes_truncate(golden, golden->len - 1);
		(void)again_check(a, BUDGET, wb_bytes_span(golden));
	}
}

static void
cut_messages_are_refused_or_are_another_message(void **state)
{
	(void)state;
	each_golden(check_cuts);
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
check_tails(const struct again *a, struct wb_bytes *golden)
{
	const size_t len = golden->len;

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		assert_int_equal(wb_bytes_append(golden, tails[i].bytes, NULL),
		    WB_OK);
		if (again_check(a, BUDGET, wb_bytes_span(golden)))
			fail_msg("%s: %s", a->name, tails[i].name);
		wb_bytes_truncate(golden, len);
	}
}

static void
nothing_stands_behind_a_message(void **state)
{
	(void)state;
	each_golden(check_tails);
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
check_bomb(const struct again *table, struct wb_span bomb)
{
	for (const struct again *a = table; a->name != NULL; a++)
		if (again_check(a, BUDGET, bomb))
			fail_msg("%s accepts tag %d over and over", a->name,
			    bomb.data[0]);
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
			check_bomb(again_envelope, wb_bytes_span(&b));
			check_bomb(again_record, wb_bytes_span(&b));
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
