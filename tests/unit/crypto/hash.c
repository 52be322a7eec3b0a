#include "crypto/hash.h"

#include "crypto/secret.h"
#include "crypto/text.h"

#include "tests/unit/check.h"

static void
assert_hex(const void *got, size_t len, const char *want)
{
	char text[2 * WB_HASH512_LEN + 1];

	assert_true(len <= WB_HASH512_LEN);
	wb_hex_format(text, wb_span(got, len));
	assert_string_equal(text, want);
}

/* Bytes from hexadecimal, for tables. */
static struct wb_span
unhex(uint8_t *room, const char *text)
{
	size_t len = strlen(text) / 2;

	assert_int_equal(wb_hex_parse(room, len, wb_span_text(text), NULL),
	    WB_OK);
	return wb_span(room, len);
}

/* FIPS 180-2 appendix B. */
static void
sha256_agrees_with_its_standard(void **state)
{
	struct wb_hash h;

	(void)state;
	wb_sha256_one(&h, wb_span(NULL, 0));
	assert_hex(h.b, sizeof h.b,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	wb_sha256_one(&h, wb_span_text("abc"));
	assert_hex(h.b, sizeof h.b,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

static void
parts_hash_as_if_joined(void **state)
{
	struct wb_span parts[] = { wb_span_text("a"), wb_span(NULL, 0),
		wb_span_text("bc") };
	struct wb_hash joined, apart;
	uint8_t one[WB_HASH_LEN], many[WB_HASH_LEN];
	struct wb_span abc = wb_span_text("abc"), key = wb_span_text("key");

	(void)state;
	wb_sha256_one(&joined, abc);
	wb_sha256(&apart, parts, 3);
	assert_true(wb_hash_equal(&joined, &apart));
	wb_hmac_sha256(one, key, &abc, 1);
	wb_hmac_sha256(many, key, parts, 3);
	assert_memory_equal(one, many, sizeof one);
}

/* RFC 4231 section 4. */
static const struct {
	const char *name;
	const char *key;
	const char *data;
	const char *sha256;
	const char *sha512;
} macs[] = {
	{ "test case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "4869205468657265",
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7",
	    "87aa7cdea5ef619d4ff0b4241a1d6cb0"
	    "2379f4e2ce4ec2787ad0b30545e17cde"
	    "daa833b7d6b8a702038b274eaea3f4e4"
	    "be9d914eeb61f1702e696c203a126854" },
	{ "test case 2", "4a656665",
	    "7768617420646f2079612077616e7420"
	    "666f72206e6f7468696e673f",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843",
	    "164b7a7bfcf819e2e395fbe73b56e0a3"
	    "87bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fd"
	    "caeab1a34d4a6b4b636e070a38bce737" },
	{ "test case 3", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	    "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe",
	    "fa73b0089d56a284efb0f0756c890be9"
	    "b1b5dbdd8ee81a3655f83e33b2279d39"
	    "bf3e848279a722c806b485a47e67c807"
	    "b946a337bee8942674278859e13292fb" },
};

static void
hmacs_agree_with_rfc_4231(void **state)
{
	uint8_t key[64], data[64], tag[WB_HASH512_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
		struct wb_span k = unhex(key, macs[i].key);
		struct wb_span d = unhex(data, macs[i].data);

		wb_hmac_sha256(tag, k, &d, 1);
		assert_hex(tag, WB_HASH_LEN, macs[i].sha256);
		wb_hmac_sha512(tag, k, &d, 1);
		assert_hex(tag, WB_HASH512_LEN, macs[i].sha512);
	}
}

/* RFC 5869 appendix A.1 and A.3. */
static const struct {
	const char *name;
	const char *ikm;
	const char *salt;
	const char *info;
	const char *okm;
} derivations[] = {
	{ "A.1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	    "3cb25f25faacd57a90434f64d0362f2a"
	    "2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865" },
	{ "A.3, neither salt nor info",
	    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	    "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8" },
};

static void
hkdf_agrees_with_rfc_5869(void **state)
{
	uint8_t ikm[32], salt[32], info[32], okm[42];
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof derivations / sizeof derivations[0];
	     i++) {
		assert_ok(wb_hkdf_sha256(okm, sizeof okm,
			      unhex(ikm, derivations[i].ikm),
			      unhex(salt, derivations[i].salt),
			      unhex(info, derivations[i].info), &err),
		    &err);
		assert_hex(okm, sizeof okm, derivations[i].okm);
	}
}

static void
hkdf_knows_its_limit(void **state)
{
	static uint8_t out[255 * WB_HASH_LEN + 1];
	struct wb_span ikm = wb_span_text("ikm"), none = wb_span(NULL, 0);
	struct wb_error err = { 0 };

	(void)state;
	assert_status(WB_INVALID,
	    wb_hkdf_sha256(out, sizeof out, ikm, none, none, &err), &err);
	for (size_t i = 0; i < sizeof out; i++)
		assert_int_equal(out[i], 0);
	assert_ok(wb_hkdf_sha256(out, sizeof out - 1, ikm, none, none, &err),
	    &err);
}

static void
only_zero_hashes_are_zero(void **state)
{
	struct wb_hash h = { { 0 } }, other = { { 0 } };

	(void)state;
	assert_true(wb_hash_is_zero(&h));
	h.b[WB_HASH_LEN - 1] = 1;
	assert_false(wb_hash_is_zero(&h));
	assert_false(wb_hash_equal(&h, &other));
	assert_int_equal(wb_hash_span(&h).len, WB_HASH_LEN);
}

/* Each with something before, so that their blocks begin elsewhere. */
static void
two_hashed_at_once_are_as_if_alone(void **state)
{
	static uint8_t data[2000];
	struct wb_hasher a, b;
	struct wb_hash want, got;
	size_t cases = 0;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t before = 0; before < 140; before += 1 + before / 9) {
		for (size_t n = 0; n < 700; n += 1 + n / 9) {
			const struct wb_span parts[] = { wb_span(data, before),
				wb_span(data + 300, n), wb_span(data, 5) };

			wb_hasher_init(&a);
			wb_hasher_init(&b);
			wb_hasher_add(&a, parts[0]);
			wb_hasher_add_both(&a, &b, parts[1]);
			wb_hasher_add(&a, parts[2]);
			wb_hasher_final(&a, &got);
			wb_sha256(&want, parts, 3);
			assert_true(wb_hash_equal(&want, &got));
			wb_hasher_final(&b, &got);
			wb_sha256(&want, &parts[1], 1);
			assert_true(wb_hash_equal(&want, &got));
			cases++;
		}
	}
	assert_true(cases > 1000);
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) == WB_OK ? 0 : -1;
}

/* SipHash-2-4's own example: key 00..0f, data 00..0e. */
static void
short_hashes_are_siphash(void **state)
{
	uint8_t key[WB_SHORT_KEY_LEN], data[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof key; i++)
		key[i] = i;
	memcpy(data, key, sizeof data);
	assert_int_equal(wb_short_hash(key, wb_span(data, sizeof data)),
	    UINT64_C(0xe545be4961ca29a1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_agrees_with_its_standard),
		cmocka_unit_test(parts_hash_as_if_joined),
		cmocka_unit_test(two_hashed_at_once_are_as_if_alone),
		cmocka_unit_test(hmacs_agree_with_rfc_4231),
		cmocka_unit_test(hkdf_agrees_with_rfc_5869),
		cmocka_unit_test(hkdf_knows_its_limit),
		cmocka_unit_test(only_zero_hashes_are_zero),
		cmocka_unit_test(short_hashes_are_siphash),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
