/*
 * Byte strings: a borrowed view (wb_span) and an owned, growable buffer that
 * knows its largest size from birth (wb_bytes).  Buffers are wiped before
 * their memory is given back, because many hold plaintext.
 */
#ifndef WB_BASE_BYTES_H
#define WB_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Borrowed; valid as long as its owner.  data may be NULL when len is 0. */
struct wb_span {
	const uint8_t *data;
	size_t len;
};

/* Owned.  Treat the members as read-only outside this module. */
struct wb_bytes {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max;
};

/* Makes an empty buffer that may grow to `max` bytes; allocates nothing. */
void wb_bytes_init(struct wb_bytes *b, size_t max);

/* Wipes and frees; the buffer may be used again with the same maximum. */
void wb_bytes_clear(struct wb_bytes *b);

/* Sets the length to 0 and keeps the memory; what it held is wiped. */
void wb_bytes_reset(struct wb_bytes *b);

/* Makes room for `more` bytes.  WB_NO_MEMORY: past the maximum. */
WB_MUST_CHECK enum wb_status wb_bytes_reserve(struct wb_bytes *b, size_t more,
    struct wb_error *err);

/* Appends `more` zero bytes and gives where they begin in *at (or NULL). */
WB_MUST_CHECK enum wb_status wb_bytes_extend(struct wb_bytes *b, size_t more,
    uint8_t **at, struct wb_error *err);

WB_MUST_CHECK enum wb_status wb_bytes_append(struct wb_bytes *b,
    struct wb_span s, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_bytes_append_text(struct wb_bytes *b,
    const char *text, struct wb_error *err);

/* Appends formatted text, without a final NUL. */
WB_MUST_CHECK enum wb_status wb_bytes_printf(struct wb_bytes *b,
    struct wb_error *err, const char *format, ...) WB_PRINTF(3, 4);

/* Cuts the buffer to `len` bytes (at most its length); wipes the rest. */
void wb_bytes_truncate(struct wb_bytes *b, size_t len);

/* Moves the contents of `from` into `to`, which is cleared first. */
void wb_bytes_move(struct wb_bytes *to, struct wb_bytes *from);

struct wb_span wb_span(const void *data, size_t len);
struct wb_span wb_span_text(const char *text); /* without the NUL */
struct wb_span wb_bytes_span(const struct wb_bytes *b);

/* The part from `at`, at most `len` bytes; empty where out of range. */
struct wb_span wb_span_sub(struct wb_span s, size_t at, size_t len);

/* Not in constant time: never for secrets (crypto/secret.h has that). */
bool wb_span_equal(struct wb_span a, struct wb_span b);

/* As memcmp, the shorter first where one begins the other. */
int wb_span_compare(struct wb_span a, struct wb_span b);

/* Overwrites memory in a way the compiler keeps. */
void wb_wipe(void *data, size_t len);

void wb_put_be32(uint8_t out[4], uint32_t v);
void wb_put_be64(uint8_t out[8], uint64_t v);
uint32_t wb_get_be32(const uint8_t in[4]);
uint64_t wb_get_be64(const uint8_t in[8]);

#endif
