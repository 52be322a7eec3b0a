/*
 * age v1 files (c2sp.org/age), binary, X25519 recipients only.  Armour,
 * passphrases and plugins are not spoken; unknown stanzas are passed over when
 * opening, as the specification asks.
 */
#ifndef WB_CRYPTO_AGE_H
#define WB_CRYPTO_AGE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"

#define WB_AGE_KEY_LEN 32
#define WB_AGE_RECIPIENT_TEXT 62 /* "age1…", without a NUL */
#define WB_AGE_IDENTITY_TEXT 74 /* "AGE-SECRET-KEY-1…" */
#define WB_MAX_AGE_RECIPIENTS 1024
#define WB_MAX_AGE_HEADER ((size_t)256 << 10) /* bytes */
#define WB_AGE_CHUNK ((size_t)64 << 10) /* STREAM's, plaintext bytes */

/* An X25519 public key to encrypt to. */
struct wb_recipient {
	uint8_t b[WB_AGE_KEY_LEN];
};

/* An X25519 identity: the 32 private bytes, guarded. */
WB_MUST_CHECK enum wb_status wb_identity_generate(struct wb_secret **out,
    struct wb_random random, struct wb_error *err);
void wb_identity_recipient(struct wb_recipient *out,
    const struct wb_secret *identity);

/* Bech32 (BIP 173) texts.  Reading is strict: case, length, checksum. */
void wb_recipient_format(char out[WB_AGE_RECIPIENT_TEXT + 1],
    const struct wb_recipient *r);
WB_MUST_CHECK enum wb_status wb_recipient_parse(struct wb_recipient *out,
    struct wb_span text, struct wb_error *err);
/* *out: WB_AGE_IDENTITY_TEXT bytes without a NUL, guarded. */
WB_MUST_CHECK enum wb_status wb_identity_format(struct wb_secret **out,
    const struct wb_secret *identity, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_identity_parse(struct wb_secret **out,
    struct wb_span text, struct wb_error *err);

/* Size in bytes of a file of `plain` bytes to `n` X25519 recipients. */
size_t wb_age_size(size_t plain, size_t n);

/*
 * The zeros for the `bytes padding = 15` field of a message of `size` bytes
 * without it, so that the message's age file to `n` recipients has exactly the
 * smallest size of wb_pad_content that it can have.  That is now and then not
 * the next one: gaps of 1 or 2 bytes cannot be filled, nor can a last chunk be
 * empty.  0: leave the field out.
 */
size_t wb_age_padding(size_t size, size_t n);

/*
 * Appends one age file to `out`, of wb_age_size bytes; on any failure `out` is
 * as it was.  n: 1 to WB_MAX_AGE_RECIPIENTS.
 * WB_INVALID: a recipient of low order, too many, or none.
 */
WB_MUST_CHECK enum wb_status wb_age_encrypt(struct wb_bytes *out,
    struct wb_span plain, const struct wb_recipient *recipients, size_t n,
    struct wb_random random, struct wb_error *err);

/*
 * Appends the plaintext of `file` to `out`; on any failure `out` is as it was
 * (no unauthenticated or partial plaintext).
 * WB_INVALID: the header is malformed. WB_NOT_FOUND: none of the identities
 * fits. WB_FORGED: the header's MAC or the payload does not authenticate.
 */
WB_MUST_CHECK enum wb_status wb_age_decrypt(struct wb_bytes *out,
    struct wb_span file, struct wb_secret *const *identities, size_t n,
    struct wb_error *err);

#endif
