/*
 * Limits that all formats share, and length-delimited streams: each message
 * behind its length, as protobuf's own tools write and read them.
 */
#ifndef WB_PROTO_WIRE_H
#define WB_PROTO_WIRE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h" /* WB_MAX_SHORT_TEXT */

#define WB_MAX_ENVELOPE ((size_t)16 << 10) /* bytes; a roster has its own */
#define WB_MAX_ROSTER ((size_t)60000)
#define WB_MAX_DISCLOSURE ((size_t)68 << 10) /* bytes */
#define WB_MAX_CONTENT ((size_t)4 << 20) /* one age file, bytes */

/* Appends the length of `message` as a varint, then the message. */
WB_MUST_CHECK enum wb_status wb_delimited_append(struct wb_bytes *out,
    struct wb_span message, struct wb_error *err);

/*
 * Takes the next message off the front of *stream.  *message is empty and
 * *more false at the end.  WB_INVALID: truncated, a varint that is not
 * minimal, or longer than `max`.
 */
WB_MUST_CHECK enum wb_status wb_delimited_next(struct wb_span *message,
    bool *more, struct wb_span *stream, size_t max, struct wb_error *err);

#endif
