#include "proto/codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct wb_codec
wb_codec_begin(struct wb_arena *arena, const char *what, struct wb_error *err)
{
	return (struct wb_codec){ .arena = arena, .what = what, .err = err };
}

void
wb_codec_fail(struct wb_codec *c, enum wb_status status, const char *format,
    ...)
{
	char text[WB_ERROR_TEXT];
	va_list args;

	if (c->status != WB_OK)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	c->status = wb_fail(c->err, status, "%s: %s", c->what, text);
}

void
wb_codec_rule(struct wb_codec *c, bool holds, const char *broken)
{
	if (!holds)
		wb_codec_fail(c, WB_INVALID, "%s", broken);
}

void
wb_codec_rule_text(struct wb_codec *c, struct wb_span text, size_t min,
    size_t max, const char *name)
{
	if (c->status != WB_OK)
		return;
	c->status = wb_text_check_short(text, name, c->err);
	if (c->status != WB_OK)
		(void)wb_context(c->err, c->status, "%s", c->what);
	else if (text.len < min)
		wb_codec_fail(c, WB_INVALID, "%s is missing", name);
	else if (text.len > max)
		wb_codec_fail(c, WB_INVALID, "%s is longer than %zu bytes",
		    name, max);
}

void
wb_codec_rule_long(struct wb_codec *c, struct wb_span text, size_t max,
    bool lines, const char *name)
{
	uint32_t ch;
	size_t n;

	if (text.len > max)
		wb_codec_fail(c, WB_INVALID, "%s is longer than %zu bytes",
		    name, max);
	for (; c->status == WB_OK && text.len != 0;
	     text = wb_span_sub(text, n, text.len)) {
		n = wb_text_next(&ch, text);
		wb_codec_rule(c,
		    n != 0 &&
			((lines && ch == '\n') || !wb_text_is_control(ch)),
		    "a text holds a character that is not allowed");
	}
}

static bool
all_zero(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum |= b[i];
	return sum == 0;
}

void
wb_codec_rule_bytes(struct wb_codec *c, const void *bytes, size_t len,
    const char *name)
{
	if (all_zero(bytes, len))
		wb_codec_fail(c, WB_INVALID, "%s is missing", name);
}

void
wb_codec_rule_padding(struct wb_codec *c, ProtobufCBinaryData padding,
    size_t zeros)
{
	wb_codec_rule(c,
	    padding.len == zeros && all_zero(padding.data, padding.len),
	    "the padding is wrong");
}

/*
 * Past the budget it is the message that is wrong, and for good; a machine
 * without memory may have some later.
 */
static void
no_room(struct wb_codec *c)
{
	if (c->arena->exceeded) {
		wb_codec_fail(c, WB_INVALID,
		    "needs more than %zu bytes to read", c->arena->budget);
	} else {
		wb_codec_fail(c, WB_NO_MEMORY, "out of memory");
	}
}

/* protobuf-c's allocator over the arena; frees come with the arena. */
static void *
codec_alloc(void *data, size_t size)
{
	struct wb_codec *c = data;
	void *p = wb_arena_alloc(c->arena, size);

	if (p == NULL)
		no_room(c);
	return p;
}

static void
codec_free(void *data, void *p)
{
	(void)data;
	(void)p;
}

void *
wb_codec_parse(struct wb_codec *c, const ProtobufCMessageDescriptor *descriptor,
    struct wb_span bytes, size_t max)
{
	ProtobufCAllocator allocator = { codec_alloc, codec_free, c };
	void *m;

	if (bytes.len > max) {
		wb_codec_fail(c, WB_INVALID, "larger than %zu bytes", max);
		return NULL;
	}
	m = protobuf_c_message_unpack(descriptor, &allocator, bytes.len,
	    bytes.data);
	wb_codec_rule(c, m != NULL, "the bytes are not of this format");
	return m;
}

/* NOLINTBEGIN(misc-no-recursion): no message type of ours contains itself */
static bool is_plain(const ProtobufCMessage *m);

/* One value of a field whose values are pointers. */
static bool
is_plain_value(const ProtobufCFieldDescriptor *f, const void *value)
{
	if (value == NULL)
		return true;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return is_plain(value);
	return wb_text_is_utf8(wb_span_text(value));
}

/*
 * Nothing unknown at any depth, and every string UTF-8, as proto3 demands and
 * protobuf-c does not check.  The types bound the depth.
 */
static bool
is_plain(const ProtobufCMessage *m)
{
	const ProtobufCFieldDescriptor *f = m->descriptor->fields;
	const ProtobufCFieldDescriptor *end = f + m->descriptor->n_fields;

	if (m->n_unknown_fields != 0)
		return false;
	for (; f < end; f++) {
		const void *at = (const uint8_t *)m + f->offset;
		const void *count = (const uint8_t *)m + f->quantifier_offset;
		const void *const *values = at;
		size_t n = 1;

		if (f->type != PROTOBUF_C_TYPE_MESSAGE &&
		    f->type != PROTOBUF_C_TYPE_STRING)
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			n = *(const size_t *)count;
			values = *values;
		}
		for (size_t i = 0; i < n; i++)
			if (!is_plain_value(f, values[i]))
				return false;
	}
	return true;
}
/* NOLINTEND(misc-no-recursion) */

/* Takes what is packed and compares it with what was unpacked. */
struct comparison {
	ProtobufCBuffer base;
	struct wb_span rest;
	bool differs;
};

static void
compare_next(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
	struct comparison *c = (void *)base;

	if (c->differs || len > c->rest.len ||
	    (len != 0 && memcmp(c->rest.data, data, len) != 0)) {
		c->differs = true;
		return;
	}
	c->rest = wb_span(c->rest.data + len, c->rest.len - len);
}

void
wb_codec_canonical(struct wb_codec *c, const ProtobufCMessage *message,
    struct wb_span bytes)
{
	struct comparison made = { { compare_next }, bytes, false };

	if (c->status != WB_OK)
		return;
	if (!is_plain(message)) {
		wb_codec_fail(c, WB_INVALID,
		    "an unknown field, or a text that is not UTF-8");
		return;
	}
	(void)protobuf_c_message_pack_to_buffer(message, &made.base);
	wb_codec_rule(c, !made.differs && made.rest.len == 0,
	    "the bytes are not in canonical form");
}

void *
wb_codec_unpack(struct wb_codec *c,
    const ProtobufCMessageDescriptor *descriptor, struct wb_span bytes,
    size_t max)
{
	ProtobufCMessage *m = wb_codec_parse(c, descriptor, bytes, max);

	if (m != NULL)
		wb_codec_canonical(c, m, bytes);
	return c->status == WB_OK ? m : NULL;
}

void
wb_codec_pack(struct wb_codec *c, struct wb_bytes *out,
    const ProtobufCMessage *message, size_t max)
{
	size_t size;
	uint8_t *at;

	if (c->status != WB_OK)
		return;
	size = protobuf_c_message_get_packed_size(message);
	if (size > max) {
		wb_codec_fail(c, WB_INVALID, "larger than %zu bytes", max);
		return;
	}
	c->status = wb_bytes_extend(out, size, &at, c->err);
	if (c->status == WB_OK)
		(void)protobuf_c_message_pack(message, at);
}

void
wb_codec_get(struct wb_codec *c, void *out, size_t len,
    ProtobufCBinaryData field, const char *name)
{
	if (field.len == 0) {
		memset(out, 0, len);
	} else if (field.len != len) {
		wb_codec_fail(c, WB_INVALID, "%s has %zu bytes instead of %zu",
		    name, field.len, len);
	} else {
		memcpy(out, field.data, len);
		if (all_zero(out, len))
			wb_codec_fail(c, WB_INVALID, "%s is all zeros", name);
	}
}

void
wb_codec_get_hash(struct wb_codec *c, struct wb_hash *out,
    ProtobufCBinaryData field, const char *name)
{
	wb_codec_get(c, out->b, sizeof out->b, field, name);
}

void
wb_codec_get_key(struct wb_codec *c, struct wb_key *out,
    ProtobufCBinaryData field, const char *name)
{
	wb_codec_get(c, out->b, sizeof out->b, field, name);
}

struct wb_span
wb_codec_get_span(ProtobufCBinaryData field)
{
	return wb_span(field.data, field.len);
}

struct wb_span
wb_codec_get_text(const char *field)
{
	return wb_span_text(field);
}

ProtobufCBinaryData
wb_codec_put_span(struct wb_span bytes)
{
	/* Packing only reads; protobuf-c has no const member for it. */
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): for -Wcast-qual */
	uint8_t *data = (uint8_t *)(uintptr_t)bytes.data;

	return (ProtobufCBinaryData){ bytes.len, data };
}

ProtobufCBinaryData
wb_codec_put(const void *bytes, size_t len)
{
	return wb_codec_put_span(
	    wb_span(bytes, all_zero(bytes, len) ? 0 : len));
}

char *
wb_codec_put_text(struct wb_codec *c, struct wb_span text)
{
	char *copy = wb_arena_alloc(c->arena, text.len + 1);

	if (copy == NULL) {
		no_room(c);
		return NULL;
	}
	if (text.len != 0)
		memcpy(copy, text.data, text.len);
	if (memchr(copy, 0, text.len) != NULL || !wb_text_is_utf8(text))
		wb_codec_fail(c, WB_INVALID, "a text is not UTF-8");
	return copy;
}

void *
wb_codec_array(struct wb_codec *c, size_t *count, size_t n, size_t size)
{
	void *array = NULL;

	*count = 0;
	if (c->status != WB_OK)
		return NULL;
	array = wb_arena_array(c->arena, n, size);
	if (array == NULL)
		no_room(c);
	else
		*count = n;
	return array;
}

void *
wb_codec_messages(struct wb_codec *c, size_t *count, size_t n,
    const ProtobufCMessageDescriptor *descriptor)
{
	size_t size = descriptor->sizeof_message;
	uint8_t *messages = wb_codec_array(c, count, n, size);
	void **list = wb_codec_array(c, count, n, sizeof *list);

	for (size_t i = 0; i < *count; i++) {
		list[i] = messages + i * size;
		protobuf_c_message_init(descriptor, list[i]);
	}
	return list;
}
