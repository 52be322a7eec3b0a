#include "crypto/aead.h"

#include "crypto/text.h"

#include "tests/unit/check.h"

static const char plain_text[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only "
    "one tip for the future, sunscreen would be it.";

/* One row per cipher: the example of its standard, shortened to the tag. */
static const struct {
	const char *name;
	const char *nonce;
	const char *tag;
	bool extended;
} ciphers[] = {
	{ "RFC 8439 section 2.8.2", "070000004041424344454647",
	    "1ae10b594f09e26a7e902ecbd0600691", false },
	{ "draft-irtf-cfrg-xchacha-03 appendix A.3.1",
	    "404142434445464748494a4b4c4d4e4f5051525354555657",
	    "c0875924c1c7987947deafd8780acf49", true },
};

#define PLAIN_LEN (sizeof plain_text - 1)
#define SEALED_LEN (PLAIN_LEN + WB_AEAD_TAG_LEN)

struct setting {
	uint8_t key[WB_AEAD_KEY_LEN];
	uint8_t nonce[WB_XCHACHA_NONCE_LEN];
	uint8_t ad[12];
};

static void
set(struct setting *s, const char *nonce)
{
	for (size_t i = 0; i < sizeof s->key; i++)
		s->key[i] = (uint8_t)(0x80 + i);
	assert_int_equal(wb_hex_parse(s->nonce, strlen(nonce) / 2,
			     wb_span_text(nonce), NULL),
	    WB_OK);
	assert_int_equal(wb_hex_parse(s->ad, sizeof s->ad,
			     wb_span_text("50515253c0c1c2c3c4c5c6c7"), NULL),
	    WB_OK);
}

static void
seal(bool extended, uint8_t *out, const struct setting *s, struct wb_span plain)
{
	struct wb_span key = wb_span(s->key, sizeof s->key);
	struct wb_span ad = wb_span(s->ad, sizeof s->ad);

	if (extended)
		wb_xchacha_seal(out, plain, ad, s->nonce, key);
	else
		wb_chacha_seal(out, plain, ad, s->nonce, key);
}

static bool
opens(bool extended, uint8_t *out, const struct setting *s,
    struct wb_span sealed)
{
	struct wb_span key = wb_span(s->key, sizeof s->key);
	struct wb_span ad = wb_span(s->ad, sizeof s->ad);

	if (extended)
		return wb_xchacha_open(out, sealed, ad, s->nonce, key);
	return wb_chacha_open(out, sealed, ad, s->nonce, key);
}

static void
ciphers_agree_with_their_standards(void **state)
{
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN], tag[WB_AEAD_TAG_LEN];
	struct setting s;

	(void)state;
	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
		bool extended = ciphers[i].extended;

		set(&s, ciphers[i].nonce);
		assert_int_equal(wb_hex_parse(tag, sizeof tag,
				     wb_span_text(ciphers[i].tag), NULL),
		    WB_OK);
		seal(extended, sealed, &s, wb_span(plain_text, PLAIN_LEN));
		assert_memory_equal(sealed + PLAIN_LEN, tag, sizeof tag);
		assert_true(
		    opens(extended, plain, &s, wb_span(sealed, SEALED_LEN)));
		assert_memory_equal(plain, plain_text, PLAIN_LEN);
	}
}

static void
seals_and_opens_in_place(void **state)
{
	uint8_t room[SEALED_LEN];
	struct setting s;

	(void)state;
	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
		bool extended = ciphers[i].extended;

		set(&s, ciphers[i].nonce);
		memcpy(room, plain_text, PLAIN_LEN);
		seal(extended, room, &s, wb_span(room, PLAIN_LEN));
		assert_true(
		    opens(extended, room, &s, wb_span(room, SEALED_LEN)));
		assert_memory_equal(room, plain_text, PLAIN_LEN);
	}
}

static void
any_changed_bit_or_cut_is_noticed(void **state)
{
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN];
	struct setting s;

	(void)state;
	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
		bool extended = ciphers[i].extended;

		set(&s, ciphers[i].nonce);
		seal(extended, sealed, &s, wb_span(plain_text, PLAIN_LEN));
		for (size_t bit = 0; bit < 8 * SEALED_LEN; bit++) {
			sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_false(opens(extended, plain, &s,
			    wb_span(sealed, SEALED_LEN)));
			sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t len = 0; len < SEALED_LEN; len++)
			assert_false(
			    opens(extended, plain, &s, wb_span(sealed, len)));
		s.ad[0] ^= 1;
		assert_false(
		    opens(extended, plain, &s, wb_span(sealed, SEALED_LEN)));
		s.ad[0] ^= 1;
		s.nonce[11] ^= 1;
		assert_false(
		    opens(extended, plain, &s, wb_span(sealed, SEALED_LEN)));
	}
}

static void
empty_texts_are_still_authenticated(void **state)
{
	uint8_t sealed[WB_AEAD_TAG_LEN], none[1];
	struct setting s;

	(void)state;
	set(&s, ciphers[0].nonce);
	seal(false, sealed, &s, wb_span(NULL, 0));
	assert_true(opens(false, none, &s, wb_span(sealed, sizeof sealed)));
	sealed[0] ^= 1;
	assert_false(opens(false, none, &s, wb_span(sealed, sizeof sealed)));
}

static void
argon2id_depends_on_all_it_is_given(void **state)
{
	uint8_t salt[WB_ARGON_SALT_LEN] = { 1 };
	struct wb_span pass = wb_span_text("correct horse");
	struct wb_secret *a = NULL, *b = NULL;
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_argon2id(&a, 32, pass, salt, 2, 65536, &err), &err);
	assert_ok(wb_argon2id(&b, 32, pass, salt, 2, 65536, &err), &err);
	assert_true(wb_equal(wb_secret_span(a), wb_secret_span(b)));
	wb_secret_free(&b);
	assert_ok(wb_argon2id(&b, 32, pass, salt, 3, 65536, &err), &err);
	assert_false(wb_equal(wb_secret_span(a), wb_secret_span(b)));
	wb_secret_free(&b);
	assert_ok(wb_argon2id(&b, 32, pass, salt, 2, 131072, &err), &err);
	assert_false(wb_equal(wb_secret_span(a), wb_secret_span(b)));
	wb_secret_free(&b);
	salt[15] = 1;
	assert_ok(wb_argon2id(&b, 32, pass, salt, 2, 65536, &err), &err);
	assert_false(wb_equal(wb_secret_span(a), wb_secret_span(b)));
	wb_secret_free(&a);
	wb_secret_free(&b);
}

static const struct {
	const char *name;
	size_t len;
	unsigned passes;
	size_t memory;
} settings[] = {
	{ "key too short", 15, 2, 65536 },
	{ "key too long", WB_MAX_SECRET + 1, 2, 65536 },
	{ "no pass", 32, 0, 65536 },
	{ "too little memory", 32, 2, 8191 },
	{ "too much memory", 32, 2, WB_MAX_ARGON_MEMORY + 1 },
};

static void
argon2id_refuses_settings_out_of_range(void **state)
{
	static const uint8_t salt[WB_ARGON_SALT_LEN];
	struct wb_secret *key = NULL;
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		assert_status(WB_INVALID,
		    wb_argon2id(&key, settings[i].len, wb_span_text("pass"),
			salt, settings[i].passes, settings[i].memory, &err),
		    &err);
		assert_null(key);
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
		cmocka_unit_test(ciphers_agree_with_their_standards),
		cmocka_unit_test(seals_and_opens_in_place),
		cmocka_unit_test(any_changed_bit_or_cut_is_noticed),
		cmocka_unit_test(empty_texts_are_still_authenticated),
		cmocka_unit_test(argon2id_depends_on_all_it_is_given),
		cmocka_unit_test(argon2id_refuses_settings_out_of_range),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
