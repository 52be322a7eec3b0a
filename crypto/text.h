/* Base64 (RFC 4648 section 4, strict) and lower-case hexadecimal. */
#ifndef WB_CRYPTO_TEXT_H
#define WB_CRYPTO_TEXT_H

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hash.h"

WB_MUST_CHECK enum wb_status wb_base64_append(struct wb_bytes *out,
    struct wb_span data, struct wb_error *err);

/*
 * Padded, no blanks or newlines, canonical trailing bits.  WB_INVALID: not
 * that; `out` is then as it was.
 */
WB_MUST_CHECK enum wb_status wb_base64_parse(struct wb_bytes *out,
    struct wb_span text, struct wb_error *err);
/* The same into at most `room` bytes.  False: not that, or longer. */
WB_MUST_CHECK bool wb_base64_decode(uint8_t *out, size_t room, size_t *len,
    struct wb_span text);
/* How many bytes it stands for.  False: not that. */
WB_MUST_CHECK bool wb_base64_size(size_t *len, struct wb_span text);

/* Writes 2 * data.len characters and a NUL. */
void wb_hex_format(char *out, struct wb_span data);

/* Exactly `len` bytes from 2 * len digits of either case. */
WB_MUST_CHECK enum wb_status wb_hex_parse(uint8_t *out, size_t len,
    struct wb_span text, struct wb_error *err);

#endif
