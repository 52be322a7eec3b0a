/*
 * Authenticated encryption and passphrase hashing, thin over libsodium:
 * ChaCha20-Poly1305 (RFC 8439), XChaCha20-Poly1305, Argon2id (RFC 9106).
 */
#ifndef WB_CRYPTO_AEAD_H
#define WB_CRYPTO_AEAD_H

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/secret.h"

#define WB_AEAD_KEY_LEN 32
#define WB_AEAD_TAG_LEN 16
#define WB_CHACHA_NONCE_LEN 12
#define WB_XCHACHA_NONCE_LEN 24
#define WB_ARGON_SALT_LEN 16
#define WB_MAX_ARGON_MEMORY ((size_t)4 << 30) /* bytes */

/*
 * Seals `plain` to `out`, plain.len + WB_AEAD_TAG_LEN bytes, tag last.
 * `out` may begin where `plain` does; otherwise they must not overlap.
 */
void wb_chacha_seal(uint8_t *out, struct wb_span plain, struct wb_span ad,
    const uint8_t nonce[WB_CHACHA_NONCE_LEN], struct wb_span key);
void wb_xchacha_seal(uint8_t *out, struct wb_span plain, struct wb_span ad,
    const uint8_t nonce[WB_XCHACHA_NONCE_LEN], struct wb_span key);

/*
 * Opens `sealed` to `out`, sealed.len - WB_AEAD_TAG_LEN bytes.  False: forged,
 * or shorter than a tag; `out` then holds nothing of use.
 */
WB_MUST_CHECK bool wb_chacha_open(uint8_t *out, struct wb_span sealed,
    struct wb_span ad, const uint8_t nonce[WB_CHACHA_NONCE_LEN],
    struct wb_span key);
WB_MUST_CHECK bool wb_xchacha_open(uint8_t *out, struct wb_span sealed,
    struct wb_span ad, const uint8_t nonce[WB_XCHACHA_NONCE_LEN],
    struct wb_span key);

/*
 * Argon2id, one lane.  `memory` in bytes, 8 KiB to WB_MAX_ARGON_MEMORY; at
 * least one pass.  *out: `len` bytes, 16 or more, guarded.
 * WB_INVALID: outside these; WB_NO_MEMORY: the machine has not that much.
 */
WB_MUST_CHECK enum wb_status wb_argon2id(struct wb_secret **out, size_t len,
    struct wb_span passphrase, const uint8_t salt[WB_ARGON_SALT_LEN],
    unsigned passes, size_t memory, struct wb_error *err);

#endif
