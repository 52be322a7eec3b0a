/* A vault's header by itself. */
#include "client/vault/keyslots.h"

#include "tests/unit/check.h"

static const uint8_t root[WB_VAULT_KEY_LEN] = { 4, 5 };

static enum wb_status
open_at(uint32_t generation, struct wb_error *err)
{
	uint8_t header[WB_KEYSLOTS_HEADER];
	uint64_t seed = 17;
	struct wb_keyslots k, again;
	enum wb_status st;
	unsigned slot;

	assert_ok(wb_crypto_start(err), err);
	wb_keyslots_init(&k, check_random(&seed));
	wb_keyslots_set(&k, 3, root);
	for (uint32_t i = 0; i < generation && i < 5; i++)
		wb_keyslots_step(&k, check_random(&seed));
	k.generation = generation;
	wb_keyslots_seal(header, &k, check_random(&seed));
	st = wb_keyslots_open(&again, &slot, header, root, err);
	if (st != WB_OK)
		return st;
	assert_int_equal(slot, 3);
	assert_int_equal(again.generation, generation);
	assert_memory_equal(again.vault_key, k.vault_key, WB_VAULT_KEY_LEN);
	return WB_OK;
}

/* Without the limit this takes many seconds, and the largest number an hour. */
static void
opens_no_generation_that_no_vault_reaches(void **state)
{
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(open_at(0, &err), &err);
	assert_ok(open_at(5, &err), &err);
	assert_status(WB_LOCKED, open_at(WB_MAX_GENERATION + 1, &err), &err);
	assert_string_equal(wb_error_id(&err), "vault-locked");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_no_generation_that_no_vault_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
