#include "client/ledger/chain.h"

#include "tests/unit/check.h"

static struct wb_hash
id_of(uint64_t sequence)
{
	struct wb_hash id = { { 7 } };

	wb_put_be64(id.b + 8, sequence);
	return sequence == 0 ? (struct wb_hash){ { 0 } } : id;
}

/* The batch with that number, which names the one before. */
static enum wb_chain_fault
add(struct wb_chain *chain, uint64_t sequence, size_t *room)
{
	const struct wb_chain_link link = { sequence, id_of(sequence),
		id_of(sequence - 1) };
	enum wb_chain_fault fault;
	struct wb_error err = { 0 };

	assert_ok(wb_chain_add(&fault, chain, &link, room, &err), &err);
	return fault;
}

static void
batches_in_any_order_make_one_run(void **state)
{
	static const uint64_t orders[][6] = {
		{ 1, 2, 3, 4, 5, 6 },
		{ 6, 5, 4, 3, 2, 1 },
		{ 1, 3, 5, 2, 4, 6 },
		{ 5, 1, 6, 3, 2, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		struct wb_chain chain = { 0 };
		uint64_t first, last;
		size_t room = 6;

		for (size_t j = 0; j < 6; j++)
			assert_int_equal(add(&chain, orders[i][j], &room),
			    WB_CHAIN_GOOD);
		assert_int_equal(chain.count, 1);
		assert_int_equal(room, 5);
		assert_false(wb_chain_gap(&first, &last, &chain, 0));
		wb_chain_clear(&chain);
	}
}

static void
what_is_missing_lies_between_runs(void **state)
{
	struct wb_chain chain = { 0 };
	uint64_t first, last;
	size_t room = 9;

	(void)state;
	assert_int_equal(add(&chain, 3, &room), WB_CHAIN_GOOD);
	assert_int_equal(add(&chain, 7, &room), WB_CHAIN_GOOD);
	assert_int_equal(add(&chain, 7, &room), WB_CHAIN_FORK);
	assert_true(wb_chain_gap(&first, &last, &chain, 0));
	assert_int_equal(first, 1);
	assert_int_equal(last, 2);
	assert_true(wb_chain_gap(&first, &last, &chain, 1));
	assert_int_equal(first, 4);
	assert_int_equal(last, 6);
	assert_int_equal(room, 7);
	wb_chain_clear(&chain);
}

/* Descending: each would be put before all others. */
static void
gaps_that_are_too_many_are_left_apart(void **state)
{
	struct wb_chain chain = { 0 };
	uint64_t n = (uint64_t)4 * WB_MAX_CHAIN_RUNS;
	size_t room = WB_MAX_CHAIN_RUNS + 1;

	(void)state;
	for (size_t i = 0; i < WB_MAX_CHAIN_RUNS; i++, n -= 2)
		assert_int_equal(add(&chain, n, &room), WB_CHAIN_GOOD);
	assert_int_equal(room, 1);
	assert_int_equal(add(&chain, n, &room), WB_CHAIN_FULL);
	assert_int_equal(chain.count, WB_MAX_CHAIN_RUNS);
	/* What stands beside others needs no room, and may make some. */
	assert_int_equal(add(&chain, n + 1, &room), WB_CHAIN_GOOD);
	assert_int_equal(add(&chain, n + 3, &room), WB_CHAIN_GOOD);
	assert_int_equal(chain.count, WB_MAX_CHAIN_RUNS - 1);
	assert_int_equal(room, 2);
	assert_int_equal(add(&chain, n - 1, &room), WB_CHAIN_GOOD);
	wb_chain_clear(&chain);
}

static void
chains_share_their_room(void **state)
{
	struct wb_chain one = { 0 }, other = { 0 };
	size_t room = 2;

	(void)state;
	assert_int_equal(add(&one, 1, &room), WB_CHAIN_GOOD);
	assert_int_equal(add(&one, 3, &room), WB_CHAIN_GOOD);
	assert_int_equal(add(&other, 1, &room), WB_CHAIN_FULL);
	assert_int_equal(other.count, 0);
	assert_int_equal(add(&one, 2, &room), WB_CHAIN_GOOD);
	assert_int_equal(add(&other, 1, &room), WB_CHAIN_GOOD);
	wb_chain_clear(&one);
	wb_chain_clear(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_in_any_order_make_one_run),
		cmocka_unit_test(what_is_missing_lies_between_runs),
		cmocka_unit_test(gaps_that_are_too_many_are_left_apart),
		cmocka_unit_test(chains_share_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
