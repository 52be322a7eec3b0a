#include "base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void
wb_wipe(void *data, size_t len)
{
	if (data != NULL && len != 0)
		explicit_bzero(data, len);
}

void
wb_bytes_init(struct wb_bytes *b, size_t max)
{
	*b = (struct wb_bytes){ .max = max };
}

void
wb_bytes_clear(struct wb_bytes *b)
{
	wb_wipe(b->data, b->cap);
	free(b->data);
	wb_bytes_init(b, b->max);
}

void
wb_bytes_reset(struct wb_bytes *b)
{
	wb_bytes_truncate(b, 0);
}

static size_t
grown(const struct wb_bytes *b, size_t need)
{
	size_t cap = b->cap < FIRST_CAPACITY ? FIRST_CAPACITY : b->cap;

	while (cap < need && cap <= b->max / 2)
		cap *= 2;
	if (cap < need || cap > b->max)
		cap = b->max;
	return cap;
}

enum wb_status
wb_bytes_reserve(struct wb_bytes *b, size_t more, struct wb_error *err)
{
	uint8_t *data;
	size_t cap;

	if (more <= b->cap - b->len)
		return WB_OK;
	if (more > b->max - b->len)
		return wb_fail(err, WB_NO_MEMORY,
		    "larger than the %zu bytes allowed here", b->max);
	cap = grown(b, b->len + more);
	data = malloc(cap);
	if (data == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	if (b->len != 0)
		memcpy(data, b->data, b->len);
	wb_wipe(b->data, b->cap);
	free(b->data);
	b->data = data;
	b->cap = cap;
	return WB_OK;
}

enum wb_status
wb_bytes_extend(struct wb_bytes *b, size_t more, uint8_t **at,
    struct wb_error *err)
{
	enum wb_status st = wb_bytes_reserve(b, more, err);

	if (st != WB_OK)
		return st;
	if (more != 0)
		memset(b->data + b->len, 0, more);
	if (at != NULL)
		*at = b->data == NULL ? NULL : b->data + b->len;
	b->len += more;
	return WB_OK;
}

enum wb_status
wb_bytes_append(struct wb_bytes *b, struct wb_span s, struct wb_error *err)
{
	enum wb_status st = wb_bytes_reserve(b, s.len, err);

	if (st != WB_OK)
		return st;
	if (s.len != 0)
		memcpy(b->data + b->len, s.data, s.len);
	b->len += s.len;
	return WB_OK;
}

enum wb_status
wb_bytes_append_text(struct wb_bytes *b, const char *text, struct wb_error *err)
{
	return wb_bytes_append(b, wb_span_text(text), err);
}

enum wb_status
wb_bytes_printf(struct wb_bytes *b, struct wb_error *err, const char *format,
    ...)
{
	enum wb_status st;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return wb_fail(err, WB_FAILED, "text cannot be formatted");
	st = wb_bytes_reserve(b, (size_t)n + 1, err);
	if (st != WB_OK)
		return st;
	va_start(args, format);
	(void)vsnprintf((char *)b->data + b->len, (size_t)n + 1, format, args);
	va_end(args);
	b->len += (size_t)n;
	return WB_OK;
}

void
wb_bytes_truncate(struct wb_bytes *b, size_t len)
{
	assert(len <= b->len);
	wb_wipe(b->data == NULL ? NULL : b->data + len, b->len - len);
	b->len = len;
}

void
wb_bytes_move(struct wb_bytes *to, struct wb_bytes *from)
{
	wb_bytes_clear(to);
	*to = *from;
	wb_bytes_init(from, from->max);
}

struct wb_span
wb_span(const void *data, size_t len)
{
	return (struct wb_span){ data, len };
}

struct wb_span
wb_span_text(const char *text)
{
	return wb_span(text, strlen(text));
}

struct wb_span
wb_bytes_span(const struct wb_bytes *b)
{
	return wb_span(b->data, b->len);
}

struct wb_span
wb_span_sub(struct wb_span s, size_t at, size_t len)
{
	if (at >= s.len)
		return wb_span(NULL, 0);
	return wb_span(s.data + at, len < s.len - at ? len : s.len - at);
}

bool
wb_span_equal(struct wb_span a, struct wb_span b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int
wb_span_compare(struct wb_span a, struct wb_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n == 0 ? 0 : memcmp(a.data, b.data, n);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

void
wb_put_be32(uint8_t out[4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
wb_put_be64(uint8_t out[8], uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint32_t
wb_get_be32(const uint8_t in[4])
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | in[i];
	return v;
}

uint64_t
wb_get_be64(const uint8_t in[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | in[i];
	return v;
}
