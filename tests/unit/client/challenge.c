#include "client/ledger/challenge.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define BATCHES 100

static void
fill(struct wb_tallied *batches, struct wb_challenge *c)
{
	for (size_t i = 0; i < BATCHES; i++)
		batches[i] = (struct wb_tallied){ .index = 3 * i + 1 };
	for (uint8_t i = 0; i < WB_HASH_LEN; i++) {
		c->root.b[i] = i;
		c->tally.b[i] = (uint8_t)(100 + i);
	}
	c->nonce = wb_span_text("nonce");
}

/* Computed with Python's hashlib from the words in challenge.h. */
static void
the_draw_is_the_documented_one(void **state)
{
	static const uint64_t want[2][5] = {
		{ 100, 103, 160, 256, 274 }, /* without a nonce */
		{ 67, 121, 172, 178, 277 }, /* with "nonce" */
	};
	struct wb_tallied batches[BATCHES], *picks;
	struct wb_error err = { 0 };
	struct wb_challenge c;
	size_t n;

	(void)state;
	for (size_t with = 0; with < 2; with++) {
		fill(batches, &c);
		if (with == 0)
			c.nonce.len = 0;
		assert_ok(wb_challenge_pick(&picks, &n, batches, BATCHES, 5, &c,
			      &err),
		    &err);
		assert_int_equal(n, 5);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(picks[i].index, want[with][i]);
		free(picks);
	}
}

/* But for the head where there is a nonce: nobody can choose among heads. */
static void
what_is_known_goes_into_the_draw(void **state)
{
	static const struct {
		size_t nonce_len;
		enum {
			ROOT,
			TALLY,
			NONCE
		} change;
		bool same;
	} rows[] = { { 5, ROOT, true }, { 5, TALLY, false },
		{ 5, NONCE, false }, { 1, NONCE, false }, { 0, ROOT, false },
		{ 0, TALLY, false } };
	struct wb_tallied batches[BATCHES], *first, *other;
	struct wb_error err = { 0 };
	size_t n, m;

	(void)state;
	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		struct wb_challenge c;
		bool same = true;

		fill(batches, &c);
		c.nonce.len = rows[row].nonce_len;
		assert_ok(wb_challenge_pick(&first, &n, batches, BATCHES, 10,
			      &c, &err),
		    &err);
		if (rows[row].change == ROOT)
			c.root.b[31] ^= 1;
		else if (rows[row].change == TALLY)
			c.tally.b[31] ^= 1;
		else
			c.nonce.len--;
		assert_ok(wb_challenge_pick(&other, &m, batches, BATCHES, 10,
			      &c, &err),
		    &err);
		for (size_t i = 0; i < 10; i++)
			same = same && first[i].index == other[i].index;
		assert_int_equal(same, rows[row].same);
		free(first);
		free(other);
	}
}

static void
no_more_is_drawn_than_there_is(void **state)
{
	struct wb_tallied batches[BATCHES], *picks;
	struct wb_error err = { 0 };
	struct wb_challenge c;
	size_t n;

	(void)state;
	fill(batches, &c);
	assert_ok(wb_challenge_pick(&picks, &n, batches, 7, 60, &c, &err),
	    &err);
	assert_int_equal(n, 7);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(picks[i].index, batches[i].index);
	free(picks);
	assert_ok(wb_challenge_pick(&picks, &n, batches, 0, 60, &c, &err),
	    &err);
	assert_int_equal(n, 0);
	free(picks);
}

/* Every batch must be drawn about as often as any other. */
static void
all_batches_are_as_likely(void **state)
{
	struct wb_tallied batches[BATCHES], *picks;
	unsigned drawn[BATCHES] = { 0 };
	struct wb_error err = { 0 };
	struct wb_challenge c;
	size_t n;

	(void)state;
	fill(batches, &c);
	c.nonce.len = 0;
	for (unsigned round = 0; round < 2000; round++) {
		c.root.b[0] = (uint8_t)round;
		c.root.b[1] = (uint8_t)(round >> 8);
		assert_ok(wb_challenge_pick(&picks, &n, batches, BATCHES, 10,
			      &c, &err),
		    &err);
		for (size_t i = 0; i < n; i++)
			drawn[(picks[i].index - 1) / 3]++;
		free(picks);
	}
	/* 200 on average; seven standard deviations of 13.4. */
	for (size_t i = 0; i < BATCHES; i++)
		assert_in_range(drawn[i], 106, 294);
}

static void
sixty_find_one_liar_in_twenty_at_ninety_five_in_a_hundred(void **state)
{
	static const struct {
		size_t picks, count;
		unsigned per_mille;
	} rows[] = { { 60, 100000, 953 }, { 60, 1000, 958 }, { 60, 100, 991 },
		{ 58, 100000, 948 }, { 1, 20, 50 }, { 0, 20, 0 },
		{ 19, 20, 950 }, { 20, 20, 1000 }, { 1, 1, 1000 },
		{ 5, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(wb_challenge_power(rows[i].picks,
				     rows[i].count),
		    rows[i].per_mille);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_draw_is_the_documented_one),
		cmocka_unit_test(what_is_known_goes_into_the_draw),
		cmocka_unit_test(no_more_is_drawn_than_there_is),
		cmocka_unit_test(all_batches_are_as_likely),
		cmocka_unit_test(
		    sixty_find_one_liar_in_twenty_at_ninety_five_in_a_hundred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
