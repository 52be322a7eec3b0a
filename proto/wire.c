#include "proto/wire.h"

#define VARINT_LEN 10 /* the longest: 64 bits, seven a byte */

enum wb_status
wb_delimited_append(struct wb_bytes *out, struct wb_span message,
    struct wb_error *err)
{
	uint8_t prefix[VARINT_LEN];
	uint64_t rest = message.len;
	enum wb_status st;
	size_t n = 0;

	for (; rest >= 0x80; rest >>= 7)
		prefix[n++] = (uint8_t)(rest | 0x80);
	prefix[n++] = (uint8_t)rest;
	st = wb_bytes_reserve(out, n + message.len, err);
	if (st == WB_OK)
		st = wb_bytes_append(out, wb_span(prefix, n), err);
	if (st == WB_OK)
		st = wb_bytes_append(out, message, err);
	return st;
}

/* Bytes taken; 0: truncated, not minimal, or more than 32 bits. */
static size_t
take_length(uint64_t *out, struct wb_span s)
{
	*out = 0;
	for (size_t i = 0; i < s.len && i < 5; i++) {
		*out |= (uint64_t)(s.data[i] & 0x7f) << (7 * i);
		if (s.data[i] < 0x80)
			return i != 0 && s.data[i] == 0 ? 0 : i + 1;
	}
	return 0;
}

enum wb_status
wb_delimited_next(struct wb_span *message, bool *more, struct wb_span *stream,
    size_t max, struct wb_error *err)
{
	uint64_t len;
	size_t n;

	*message = wb_span(NULL, 0);
	*more = false;
	if (stream->len == 0)
		return WB_OK;
	n = take_length(&len, *stream);
	if (n == 0)
		return wb_fail(err, WB_INVALID,
		    "a message in the stream has no proper length");
	if (len > max)
		return wb_fail(err, WB_INVALID,
		    "a message in the stream is larger than %zu bytes", max);
	if (len > stream->len - n)
		return wb_fail(err, WB_INVALID,
		    "the stream ends within a message");
	*message = wb_span(stream->data + n, (size_t)len);
	*stream = wb_span(stream->data + n + len, stream->len - n - len);
	*more = true;
	return WB_OK;
}
