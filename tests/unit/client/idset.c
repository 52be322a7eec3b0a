#include "client/ledger/idset.h"

#include "tests/unit/check.h"

#define MAX 256

static struct wb_hash
id_of(uint32_t i)
{
	struct wb_hash id = { { 0 } };

	wb_put_be32(id.b, i * 64); /* alike in their low bits */
	return id;
}

static void
ids_keep_their_numbers_while_the_set_grows(void **state)
{
	static const uint8_t key[WB_SHORT_KEY_LEN] = { 1 };
	struct wb_error err = { 0 };
	struct wb_idset set;
	struct wb_hash id;
	uint32_t number;

	(void)state;
	wb_idset_init(&set, key, MAX);
	for (uint32_t i = 0; i < MAX; i++) {
		id = id_of(i);
		assert_int_equal(wb_idset_find(&set, &id), WB_IDSET_NONE);
		assert_ok(wb_idset_add(&number, &set, &id, &err), &err);
		assert_int_equal(number, i);
	}
	for (uint32_t i = 0; i < MAX; i++) {
		id = id_of(i);
		assert_int_equal(wb_idset_find(&set, &id), i);
		assert_ok(wb_idset_add(&number, &set, &id, &err), &err);
		assert_int_equal(number, i);
	}
	id = id_of(MAX);
	assert_int_equal(wb_idset_add(&number, &set, &id, &err), WB_NO_MEMORY);
	assert_int_equal(set.count, MAX);
	wb_idset_clear(&set);
	id = id_of(0);
	assert_int_equal(wb_idset_find(&set, &id), WB_IDSET_NONE);
}

static void
ids_are_told_apart_by_each_of_their_bytes(void **state)
{
	static const uint8_t key[WB_SHORT_KEY_LEN] = { 2 };
	struct wb_error err = { 0 };
	struct wb_hash id = { { 0 } };
	struct wb_idset set;
	uint32_t number;

	(void)state;
	wb_idset_init(&set, key, MAX);
	assert_ok(wb_idset_add(&number, &set, &id, &err), &err);
	for (uint32_t i = 0; i < WB_HASH_LEN; i++) {
		id = (struct wb_hash){ { 0 } };
		id.b[i] = 1;
		assert_int_equal(wb_idset_find(&set, &id), WB_IDSET_NONE);
		assert_ok(wb_idset_add(&number, &set, &id, &err), &err);
		assert_int_equal(number, i + 1);
	}
	wb_idset_clear(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_keep_their_numbers_while_the_set_grows),
		cmocka_unit_test(ids_are_told_apart_by_each_of_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
