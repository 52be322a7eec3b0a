/*
 * Secrets in guarded memory: libsodium's sodium_malloc, so locked, kept out of
 * core dumps, fenced by guard pages and wiped when freed.
 */
#ifndef WB_CRYPTO_SECRET_H
#define WB_CRYPTO_SECRET_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"

#define WB_MAX_SECRET ((size_t)1 << 20) /* bytes */

struct wb_secret;

/* Starts libsodium.  Every program calls it first; again is harmless. */
WB_MUST_CHECK enum wb_status wb_crypto_start(struct wb_error *err);

/* `len` zero bytes, 1 to WB_MAX_SECRET.  Free with wb_secret_free. */
WB_MUST_CHECK enum wb_status wb_secret_new(struct wb_secret **out, size_t len,
    struct wb_error *err);

/* A guarded copy; the caller wipes the original. */
WB_MUST_CHECK enum wb_status wb_secret_copy(struct wb_secret **out,
    struct wb_span from, struct wb_error *err);

WB_MUST_CHECK enum wb_status wb_secret_random(struct wb_secret **out,
    size_t len, struct wb_random random, struct wb_error *err);

/* Wipes, frees and nulls; NULL and a pointer to NULL are harmless. */
void wb_secret_free(struct wb_secret **s);

uint8_t *wb_secret_data(struct wb_secret *s);
struct wb_span wb_secret_span(const struct wb_secret *s);

/* Constant time for equal lengths; different lengths are unequal. */
bool wb_equal(struct wb_span a, struct wb_span b);

#endif
