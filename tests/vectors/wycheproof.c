/* Project Wycheproof's vectors, each file with the number of tests it holds. */
#include <sodium.h>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "wycheproof"
#define MAX_FIELD 65536

/* Room for the fields of one vector. */
struct room {
	struct wb_bytes a, b, c, d, e;
};

static void
room_init(struct room *r)
{
	wb_bytes_init(&r->a, MAX_FIELD);
	wb_bytes_init(&r->b, MAX_FIELD);
	wb_bytes_init(&r->c, MAX_FIELD);
	wb_bytes_init(&r->d, MAX_FIELD);
	wb_bytes_init(&r->e, MAX_FIELD);
}

static void
room_clear(struct room *r)
{
	wb_bytes_clear(&r->a);
	wb_bytes_clear(&r->b);
	wb_bytes_clear(&r->c);
	wb_bytes_clear(&r->d);
	wb_bytes_clear(&r->e);
}

/*
 * Runs `accepts` over every vector of a file and compares it with the
 * vector's own verdict.  All `want` vectors must have run: none is skipped.
 */
static void
run(const char *file, size_t want,
    bool (*accepts)(const json_t *group, const json_t *test, struct room *r))
{
	json_t *root = vectors_json(ARCHIVE, file);
	const json_t *group, *test;
	size_t i, j, ran = 0;
	struct room r;

	room_init(&r);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), j, test)
		{
			const char *result = vectors_text(test, "result");
			bool valid = strcmp(result, "invalid") != 0;

			if (accepts(group, test, &r) != valid)
				fail_msg("%s, test %d: %s", file,
				    (int)json_integer_value(
					json_object_get(test, "tcId")),
				    vectors_text(test, "comment"));
			ran++;
		}
	}
	room_clear(&r);
	json_decref(root);
	assert_int_equal(ran, want);
}

static bool
hmac_accepts(const json_t *group, const json_t *test, struct room *r)
{
	struct wb_span key = vectors_hex(&r->a, test, "key");
	struct wb_span message = vectors_hex(&r->b, test, "msg");
	struct wb_span tag = vectors_hex(&r->c, test, "tag");
	uint8_t made[WB_HASH_LEN];

	(void)group;
	wb_hmac_sha256(made, key, &message, 1);
	return wb_equal(wb_span(made, tag.len), tag);
}

static void
hmac_sha256(void **state)
{
	(void)state;
	run("wycheproof/testvectors_v1/hmac_sha256_test.json", 174,
	    hmac_accepts);
}

static bool
hkdf_accepts(const json_t *group, const json_t *test, struct room *r)
{
	struct wb_span ikm = vectors_hex(&r->a, test, "ikm");
	struct wb_span salt = vectors_hex(&r->b, test, "salt");
	struct wb_span info = vectors_hex(&r->c, test, "info");
	struct wb_span okm = vectors_hex(&r->d, test, "okm");
	json_int_t size = json_integer_value(json_object_get(test, "size"));
	uint8_t *made;

	(void)group;
	wb_bytes_reset(&r->e);
	assert_int_equal(wb_bytes_extend(&r->e, (size_t)size, &made, NULL),
	    WB_OK);
	return wb_hkdf_sha256(made, (size_t)size, ikm, salt, info, NULL) ==
		   WB_OK &&
	       wb_equal(wb_bytes_span(&r->e), okm);
}

static void
hkdf_sha256(void **state)
{
	(void)state;
	run("wycheproof/testvectors_v1/hkdf_sha256_test.json", 86,
	    hkdf_accepts);
}

static bool
ed25519_accepts(const json_t *group, const json_t *test, struct room *r)
{
	struct wb_span key = vectors_hex(&r->a,
	    json_object_get(group, "publicKey"), "pk");
	struct wb_span message = vectors_hex(&r->b, test, "msg");
	struct wb_span made = vectors_hex(&r->c, test, "sig");
	struct wb_signature signature;
	struct wb_key k;

	/* Other lengths cannot be told to wb_sign_verify at all. */
	if (made.len != sizeof signature.b)
		return false;
	assert_int_equal(key.len, sizeof k.b);
	memcpy(k.b, key.data, key.len);
	memcpy(signature.b, made.data, made.len);
	return wb_sign_verify(&signature, &k, message);
}

static void
ed25519(void **state)
{
	(void)state;
	run("wycheproof/testvectors_v1/ed25519_test.json", 151,
	    ed25519_accepts);
}

/* Opening gives the message, and sealing gives the same bytes again. */
static bool
chacha_accepts(const json_t *group, const json_t *test, struct room *r)
{
	struct wb_span key = vectors_hex(&r->a, test, "key");
	struct wb_span nonce = vectors_hex(&r->b, test, "iv");
	struct wb_span ad = vectors_hex(&r->c, test, "aad");
	struct wb_span message = vectors_hex(&r->d, test, "msg");
	uint8_t sealed[1024], made[1024];
	size_t len;

	(void)group;
	/* Other lengths cannot be told to wb_chacha_open at all. */
	if (nonce.len != WB_CHACHA_NONCE_LEN)
		return false;
	len = vectors_hex(&r->e, test, "ct").len;
	assert_true(len + WB_AEAD_TAG_LEN <= sizeof sealed);
	memcpy(sealed, r->e.data, len);
	assert_int_equal(vectors_hex(&r->e, test, "tag").len, WB_AEAD_TAG_LEN);
	memcpy(sealed + len, r->e.data, WB_AEAD_TAG_LEN);
	if (!wb_chacha_open(made, wb_span(sealed, len + WB_AEAD_TAG_LEN), ad,
		nonce.data, key))
		return false;
	assert_true(wb_span_equal(wb_span(made, len), message));
	wb_chacha_seal(made, message, ad, nonce.data, key);
	assert_memory_equal(made, sealed, len + WB_AEAD_TAG_LEN);
	return true;
}

static void
chacha20_poly1305(void **state)
{
	(void)state;
	run("wycheproof/testvectors_v1/chacha20_poly1305_test.json", 325,
	    chacha_accepts);
}

/*
 * X25519 is libsodium's, and age.c calls it directly.  Tried here is what
 * age.c relies on: right values, and a refusal wherever the result is zero.
 * Whether a vector passes is told by `shared`, not by its verdict.
 */
static bool
x25519_accepts(const json_t *group, const json_t *test, struct room *r)
{
	struct wb_span mine = vectors_hex(&r->a, test, "private");
	struct wb_span other = vectors_hex(&r->b, test, "public");
	struct wb_span want = vectors_hex(&r->c, test, "shared");
	static const struct wb_hash zero;
	uint8_t made[WB_HASH_LEN];
	bool refused;

	(void)group;
	assert_int_equal(mine.len, WB_HASH_LEN);
	assert_int_equal(other.len, WB_HASH_LEN);
	assert_int_equal(want.len, WB_HASH_LEN);
	refused = crypto_scalarmult(made, mine.data, other.data) != 0;
	if (refused)
		return wb_equal(want, wb_hash_span(&zero));
	return wb_equal(want, wb_span(made, sizeof made)) &&
	       !wb_equal(want, wb_hash_span(&zero));
}

static void
x25519(void **state)
{
	(void)state;
	run("wycheproof/testvectors_v1/x25519_test.json", 518, x25519_accepts);
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
		cmocka_unit_test(hmac_sha256),
		cmocka_unit_test(hkdf_sha256),
		cmocka_unit_test(ed25519),
		cmocka_unit_test(chacha20_poly1305),
		cmocka_unit_test(x25519),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	return cmocka_run_group_tests(tests, start, NULL);
}
