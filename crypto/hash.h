/*
 * Hashes and what is built on them: SHA-256, HMAC (RFC 2104), HKDF-SHA-256
 * (RFC 5869; libsodium 1.0.18 has none).
 */
#ifndef WB_CRYPTO_HASH_H
#define WB_CRYPTO_HASH_H

#include "base/bytes.h"
#include "base/error.h"

#define WB_HASH_LEN 32 /* SHA-256, bytes */
#define WB_HASH512_LEN 64

/* A SHA-256 digest, and whatever else the formats name by one. */
struct wb_hash {
	uint8_t b[WB_HASH_LEN];
};

/* SHA-256 of the parts, one after the other. */
void wb_sha256(struct wb_hash *out, const struct wb_span *parts, size_t n);
void wb_sha256_one(struct wb_hash *out, struct wb_span data);

/* SipHash-2-4 with a random key: for slots of tables in memory. */
#define WB_SHORT_KEY_LEN 16
uint64_t wb_short_hash(const uint8_t key[WB_SHORT_KEY_LEN],
    struct wb_span data);

/* SHA-256 over a stream. */
struct wb_hasher {
	_Alignas(16) uint8_t state[128];
};
void wb_hasher_init(struct wb_hasher *h);
void wb_hasher_add(struct wb_hasher *h, struct wb_span data);
void wb_hasher_final(struct wb_hasher *h, struct wb_hash *out);
/* The same data to both: on many processors in little more than one's time. */
void wb_hasher_add_both(struct wb_hasher *a, struct wb_hasher *b,
    struct wb_span data);

/* HMAC over the parts, one after the other; keys of any length. */
void wb_hmac_sha256(uint8_t out[WB_HASH_LEN], struct wb_span key,
    const struct wb_span *parts, size_t n);
void wb_hmac_sha512(uint8_t out[WB_HASH512_LEN], struct wb_span key,
    const struct wb_span *parts, size_t n);

/*
 * HKDF-SHA-256, extract and expand.  `len` is at most 255 * 32 bytes, else
 * WB_INVALID and `out` is untouched.
 */
WB_MUST_CHECK enum wb_status wb_hkdf_sha256(uint8_t *out, size_t len,
    struct wb_span ikm, struct wb_span salt, struct wb_span info,
    struct wb_error *err);

bool wb_hash_equal(const struct wb_hash *a, const struct wb_hash *b);
bool wb_hash_is_zero(const struct wb_hash *h);
struct wb_span wb_hash_span(const struct wb_hash *h);

#endif
