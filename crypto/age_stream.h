/*
 * The payload of an age file (c2sp.org/age, "Payload"): chunks of 64 KiB under
 * ChaCha20-Poly1305, numbered, the last one marked.  For age.c alone; the
 * nonce before the chunks and the key's derivation are there.
 */
#ifndef WB_CRYPTO_AGE_STREAM_H
#define WB_CRYPTO_AGE_STREAM_H

#include "base/bytes.h"
#include "base/error.h"

/* Bytes of the chunks for `plain` bytes of plaintext. */
size_t wb_age_stream_size(size_t plain);

/*
 * The reverse: false if no plaintext gives `sealed` bytes, because a chunk
 * would lack its tag, or the last of several would be empty.
 */
bool wb_age_stream_plain(size_t *plain, size_t sealed);

/* Writes wb_age_stream_size(plain.len) bytes; `key` has 32. */
void wb_age_stream_seal(uint8_t *out, struct wb_span plain, struct wb_span key);

/*
 * Writes the plaintext, of the size that wb_age_stream_plain gives.  False:
 * some chunk is forged or out of place, or there is no such size; what `out`
 * then holds must not be used.
 */
WB_MUST_CHECK bool wb_age_stream_open(uint8_t *out, struct wb_span sealed,
    struct wb_span key);

#endif
