#include "crypto/sign.h"

#include <sodium.h>

_Static_assert(WB_KEY_LEN == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(WB_SIGNATURE_LEN == crypto_sign_BYTES, "Ed25519");
_Static_assert(WB_SEED_LEN == crypto_sign_SEEDBYTES, "Ed25519");

enum wb_status
wb_signer_from_seed(struct wb_signer *out, struct wb_span seed,
    struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_signer){ 0 };
	if (seed.len != WB_SEED_LEN) {
		return wb_fail(err, WB_INVALID,
		    "a signing key has %d bytes, not %zu", WB_SEED_LEN,
		    seed.len);
	}
	st = wb_secret_new(&out->secret, crypto_sign_SECRETKEYBYTES, err);
	if (st != WB_OK)
		return st;
	(void)crypto_sign_seed_keypair(out->key.b, wb_secret_data(out->secret),
	    seed.data);
	return WB_OK;
}

enum wb_status
wb_signer_generate(struct wb_signer *out, struct wb_random random,
    struct wb_error *err)
{
	struct wb_secret *seed = NULL;
	enum wb_status st;

	*out = (struct wb_signer){ 0 };
	st = wb_secret_random(&seed, WB_SEED_LEN, random, err);
	if (st == WB_OK)
		st = wb_signer_from_seed(out, wb_secret_span(seed), err);
	wb_secret_free(&seed);
	return st;
}

void
wb_signer_clear(struct wb_signer *s)
{
	wb_secret_free(&s->secret);
	*s = (struct wb_signer){ 0 };
}

struct wb_span
wb_signer_seed(const struct wb_signer *s)
{
	return wb_span_sub(wb_secret_span(s->secret), 0, WB_SEED_LEN);
}

void
wb_sign(struct wb_signature *out, const struct wb_signer *signer,
    struct wb_span message)
{
	(void)crypto_sign_detached(out->b, NULL, message.data, message.len,
	    wb_secret_span(signer->secret).data);
}

bool
wb_sign_verify(const struct wb_signature *signature, const struct wb_key *key,
    struct wb_span message)
{
	return crypto_sign_verify_detached(signature->b, message.data,
		   message.len, key->b) == 0;
}

bool
wb_key_is_valid(const struct wb_key *key)
{
	return crypto_core_ed25519_is_valid_point(key->b) == 1;
}

bool
wb_key_equal(const struct wb_key *a, const struct wb_key *b)
{
	return sodium_memcmp(a->b, b->b, WB_KEY_LEN) == 0;
}

struct wb_span
wb_key_span(const struct wb_key *key)
{
	return wb_span(key->b, WB_KEY_LEN);
}
