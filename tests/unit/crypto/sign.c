#include "crypto/sign.h"

#include "crypto/text.h"

#include "tests/unit/check.h"

/* RFC 8032 section 7.1, test 3. */
static const char rfc_seed[] = "c5aa8df43f9f837bedb7442f31dcb7b1"
			       "66d38535076f094b85ce3a2e0b4458f7";
static const char rfc_key[] = "fc51cd8e6218a1a38da47ed00230f058"
			      "0816ed13ba3303ac5deb911548908025";
static const char rfc_signature[] = "6291d657deec24024827e69c3abe01a3"
				    "0ce548a284743a445e3680d7db5ac3ac"
				    "18ff9b538d16f290ae67f760984dc659"
				    "4a7c15e9716ed28dc027beceea1ec40a";

static void
signs_as_rfc_8032(void **state)
{
	static const uint8_t message[] = { 0xaf, 0x82 };
	struct wb_signature made, want;
	struct wb_error err = { 0 };
	struct wb_signer signer;
	uint8_t seed[WB_SEED_LEN];
	struct wb_key key;

	(void)state;
	assert_ok(wb_hex_parse(seed, 32, wb_span_text(rfc_seed), &err), &err);
	assert_ok(wb_hex_parse(key.b, 32, wb_span_text(rfc_key), &err), &err);
	assert_ok(wb_hex_parse(want.b, 64, wb_span_text(rfc_signature), &err),
	    &err);
	assert_ok(wb_signer_from_seed(&signer, wb_span(seed, 32), &err), &err);
	assert_true(wb_key_equal(&signer.key, &key));
	assert_true(wb_equal(wb_signer_seed(&signer), wb_span(seed, 32)));
	wb_sign(&made, &signer, wb_span(message, sizeof message));
	assert_memory_equal(made.b, want.b, sizeof want.b);
	wb_signer_clear(&signer);
	assert_null(signer.secret);
	wb_signer_clear(&signer);
}

static void
any_changed_bit_is_noticed(void **state)
{
	struct wb_span message = wb_span_text("12 sacks of rice");
	struct wb_signature signature;
	struct wb_error err = { 0 };
	struct wb_signer signer, other;
	uint64_t seed = 11;

	(void)state;
	assert_ok(wb_signer_generate(&signer, check_random(&seed), &err), &err);
	assert_ok(wb_signer_generate(&other, check_random(&seed), &err), &err);
	assert_false(wb_key_equal(&signer.key, &other.key));
	wb_sign(&signature, &signer, message);
	assert_true(wb_sign_verify(&signature, &signer.key, message));
	assert_false(wb_sign_verify(&signature, &other.key, message));
	assert_false(wb_sign_verify(&signature, &signer.key,
	    wb_span_text("13 sacks of rice")));
	for (size_t bit = 0; bit < 8 * sizeof signature.b; bit++) {
		signature.b[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(wb_sign_verify(&signature, &signer.key, message));
		signature.b[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	wb_signer_clear(&signer);
	wb_signer_clear(&other);
}

static void
seeds_have_32_bytes(void **state)
{
	static const uint8_t seed[33];
	struct wb_error err = { 0 };
	struct wb_signer signer;

	(void)state;
	assert_status(WB_INVALID,
	    wb_signer_from_seed(&signer, wb_span(seed, 31), &err), &err);
	assert_null(signer.secret);
	assert_status(WB_INVALID,
	    wb_signer_from_seed(&signer, wb_span(seed, 33), &err), &err);
	assert_null(signer.secret);
}

/* Low order, off the curve, not canonical: none may stand in a roster. */
static const struct {
	const char *name;
	const char *key;
	bool valid;
} keys[] = {
	{ "an honest key", rfc_key, true },
	{ "zero",
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    false },
	{ "the identity",
	    "01000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    false },
	{ "order 8",
	    "26e8958fc2b227b045c3f489f2ef98f0"
	    "d5dfac05d3c63339b13802886d53fc05",
	    false },
	{ "p + 1, not canonical",
	    "eeffffffffffffffffffffffffffffff"
	    "ffffffffffffffffffffffffffffff7f",
	    false },
	{ "off the curve",
	    "02000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    false },
};

static void
only_full_order_points_are_keys(void **state)
{
	struct wb_key key;

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		assert_int_equal(wb_hex_parse(key.b, 32,
				     wb_span_text(keys[i].key), NULL),
		    WB_OK);
		if (wb_key_is_valid(&key) != keys[i].valid)
			fail_msg("%s", keys[i].name);
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
		cmocka_unit_test(signs_as_rfc_8032),
		cmocka_unit_test(any_changed_bit_is_noticed),
		cmocka_unit_test(seeds_have_32_bytes),
		cmocka_unit_test(only_full_order_points_are_keys),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
