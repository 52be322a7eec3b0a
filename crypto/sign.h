/*
 * Ed25519 (RFC 8032) as the protocol means it: valid is what libsodium's
 * crypto_sign_verify_detached accepts.
 */
#ifndef WB_CRYPTO_SIGN_H
#define WB_CRYPTO_SIGN_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"

#define WB_KEY_LEN 32
#define WB_SIGNATURE_LEN 64
#define WB_SEED_LEN 32

/* An Ed25519 public key. */
struct wb_key {
	uint8_t b[WB_KEY_LEN];
};

struct wb_signature {
	uint8_t b[WB_SIGNATURE_LEN];
};

/* A signing key: public half in the open, private half guarded. */
struct wb_signer {
	struct wb_key key;
	struct wb_secret *secret; /* libsodium's 64 bytes: seed || key */
};

/* From a 32-byte seed.  Clear with wb_signer_clear. */
WB_MUST_CHECK enum wb_status wb_signer_from_seed(struct wb_signer *out,
    struct wb_span seed, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_signer_generate(struct wb_signer *out,
    struct wb_random random, struct wb_error *err);
void wb_signer_clear(struct wb_signer *s);

/* The 32-byte seed, borrowed: all that needs to be stored. */
struct wb_span wb_signer_seed(const struct wb_signer *s);

/* Deterministic. */
void wb_sign(struct wb_signature *out, const struct wb_signer *signer,
    struct wb_span message);
WB_MUST_CHECK bool wb_sign_verify(const struct wb_signature *signature,
    const struct wb_key *key, struct wb_span message);

/* May this key stand in a roster?  crypto_core_ed25519_is_valid_point. */
WB_MUST_CHECK bool wb_key_is_valid(const struct wb_key *key);

bool wb_key_equal(const struct wb_key *a, const struct wb_key *b);
struct wb_span wb_key_span(const struct wb_key *key);

#endif
