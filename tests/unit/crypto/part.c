#include "crypto/part.h"

#include "crypto/text.h"

#include "tests/unit/check.h"

static const uint8_t session_key[WB_PART_KEY_LEN] = { 1, 2, 3 };
static const struct wb_hash programme = { { 0xaa } };
static const struct wb_key signer = { { 0xbb } };

struct two {
	struct wb_bytes sealed[2];
	struct wb_hash seeds[2];
};

static const char *const plains[2] = { "twelve sacks of rice, padded    ",
	"forty kits, to the upper school " };

static void
begin(struct wb_part_chain *chain)
{
	struct wb_error err = { 0 };

	assert_ok(wb_part_chain_init(chain,
		      wb_span(session_key, sizeof session_key), &err),
	    &err);
}

static int
seal_two(void **state)
{
	static struct two two;
	struct wb_part_chain chain;
	struct wb_error err = { 0 };

	if (wb_crypto_start(NULL) != WB_OK)
		return -1;
	begin(&chain);
	for (size_t i = 0; i < 2; i++) {
		wb_bytes_init(&two.sealed[i], 100);
		assert_ok(wb_part_seal(&two.sealed[i], &two.seeds[i], &chain,
			      wb_span_text(plains[i]), &programme, &signer,
			      &err),
		    &err);
	}
	wb_part_chain_clear(&chain);
	assert_null(chain.key);
	*state = &two;
	return 0;
}

static int
clear_two(void **state)
{
	struct two *two = *state;

	wb_bytes_clear(&two->sealed[0]);
	wb_bytes_clear(&two->sealed[1]);
	return 0;
}

/*
 * Made with Python's hmac and PyNaCl from protocol.md alone: that the
 * format is what the page says, not only what both directions agree on.
 */
static void
parts_are_as_the_protocol_says(void **state)
{
	static const char *const sealed[2] = {
		"95676a9cdfd5e255fbe2a365087eff4d"
		"0636cb6e848ab76c69a62153eedaa004"
		"a53acbc7fa3f986c1036e433c52e7360",
		"10de92dab32c54882336bf88915aff2e"
		"2752afa60eb8e845e60f8c4b025c6316"
		"eb3f73c7daa72db88ee8a6a6c90e83e9"
	};
	static const char *const seeds[2] = {
		"826711d37fb5beca5819b184a98e52e2"
		"c7986a0ac6851baf76dc7dc7a9c174d6",
		"01e22e8dd02cd2f160239286d757da32"
		"3cfc1c304503d3d59f6f912d2a47b51c"
	};
	const struct two *two = *state;
	char text[200];

	for (size_t i = 0; i < 2; i++) {
		wb_hex_format(text, wb_bytes_span(&two->sealed[i]));
		assert_string_equal(text, sealed[i]);
		wb_hex_format(text, wb_hash_span(&two->seeds[i]));
		assert_string_equal(text, seeds[i]);
	}
}

static void
parts_open_in_sealing_order(void **state)
{
	const struct two *two = *state;
	struct wb_part_chain chain;
	struct wb_error err = { 0 };
	struct wb_bytes plain;

	begin(&chain);
	wb_bytes_init(&plain, 1000);
	for (size_t i = 0; i < 2; i++) {
		struct wb_hash seed;

		wb_bytes_reset(&plain);
		assert_ok(wb_part_open(&plain, &seed, &chain,
			      wb_bytes_span(&two->sealed[i]), &programme,
			      &signer, &err),
		    &err);
		assert_true(wb_span_equal(wb_bytes_span(&plain),
		    wb_span_text(plains[i])));
		assert_true(wb_hash_equal(&seed, &two->seeds[i]));
	}
	wb_bytes_clear(&plain);
	wb_part_chain_clear(&chain);
}

/* Tries a part that must not open, and that the chain stays where it is. */
static void
assert_forged(struct wb_span part, const struct wb_hash *p,
    const struct wb_key *s)
{
	struct wb_hash seed = { { 0x77 } };
	struct wb_part_chain chain;
	struct wb_error err = { 0 };
	struct wb_bytes plain;

	begin(&chain);
	wb_bytes_init(&plain, 1000);
	assert_ok(wb_bytes_append_text(&plain, "kept", &err), &err);
	assert_status(WB_FORGED,
	    wb_part_open(&plain, &seed, &chain, part, p, s, &err), &err);
	assert_true(wb_span_equal(wb_bytes_span(&plain), wb_span_text("kept")));
	assert_int_equal(seed.b[0], 0x77);
	assert_memory_equal(wb_secret_data(chain.key), session_key,
	    sizeof session_key);
	wb_bytes_clear(&plain);
	wb_part_chain_clear(&chain);
}

static void
altered_or_misplaced_parts_do_not_open(void **state)
{
	static const struct wb_hash other_programme = { { 0xab } };
	static const struct wb_key other_signer = { { 0xbc } };
	const struct two *two = *state;
	struct wb_span first = wb_bytes_span(&two->sealed[0]);
	uint8_t copy[100];

	assert_forged(wb_bytes_span(&two->sealed[1]), &programme, &signer);
	assert_forged(first, &other_programme, &signer);
	assert_forged(first, &programme, &other_signer);
	for (size_t len = 0; len < first.len; len++)
		assert_forged(wb_span_sub(first, 0, len), &programme, &signer);
	for (size_t bit = 0; bit < 8 * first.len; bit += 3) {
		memcpy(copy, first.data, first.len);
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_forged(wb_span(copy, first.len), &programme, &signer);
	}
}

static void
a_chain_that_moved_on_cannot_open_what_it_sealed(void **state)
{
	struct wb_hash seed = { { 0 } };
	struct wb_part_chain chain;
	struct wb_error err = { 0 };
	struct wb_bytes sealed, plain;

	(void)state;
	begin(&chain);
	wb_bytes_init(&sealed, 1000);
	wb_bytes_init(&plain, 1000);
	assert_ok(wb_part_seal(&sealed, &seed, &chain, wb_span_text("x"),
		      &programme, &signer, &err),
	    &err);
	assert_memory_not_equal(wb_secret_data(chain.key), session_key,
	    sizeof session_key);
	assert_status(WB_FORGED,
	    wb_part_open(&plain, &seed, &chain, wb_bytes_span(&sealed),
		&programme, &signer, &err),
	    &err);
	wb_bytes_clear(&sealed);
	wb_bytes_clear(&plain);
	wb_part_chain_clear(&chain);
}

static void
a_full_buffer_does_not_move_the_chain(void **state)
{
	struct wb_hash seed = { { 0 } };
	struct wb_part_chain chain;
	struct wb_error err = { 0 };
	struct wb_bytes sealed;

	(void)state;
	begin(&chain);
	wb_bytes_init(&sealed, 10);
	assert_status(WB_NO_MEMORY,
	    wb_part_seal(&sealed, &seed, &chain, wb_span_text("x"), &programme,
		&signer, &err),
	    &err);
	assert_memory_equal(wb_secret_data(chain.key), session_key,
	    sizeof session_key);
	wb_part_chain_clear(&chain);
}

static void
session_keys_have_32_bytes(void **state)
{
	struct wb_part_chain chain;
	struct wb_error err = { 0 };

	(void)state;
	assert_status(WB_INVALID,
	    wb_part_chain_init(&chain, wb_span(session_key, 31), &err), &err);
	assert_null(chain.key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_as_the_protocol_says),
		cmocka_unit_test(parts_open_in_sealing_order),
		cmocka_unit_test(altered_or_misplaced_parts_do_not_open),
		cmocka_unit_test(
		    a_chain_that_moved_on_cannot_open_what_it_sealed),
		cmocka_unit_test(a_full_buffer_does_not_move_the_chain),
		cmocka_unit_test(session_keys_have_32_bytes),
	};

	return cmocka_run_group_tests(tests, seal_two, clear_two);
}
