/*
 * The mechanism under all codecs: strict proto3 through protobuf-c, under a
 * memory budget, in canonical form only.  A codec is then a flat list of
 * fields and a flat list of rules; the first failure sticks and the rest of
 * the list does nothing harmful.  For proto/ alone.
 */
#ifndef WB_PROTO_CODEC_H
#define WB_PROTO_CODEC_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

/* One message on its way in or out. */
struct wb_codec {
	struct wb_arena *arena;
	const char *what; /* "batch header": begins every error */
	struct wb_error *err;
	enum wb_status status;
};

struct wb_codec wb_codec_begin(struct wb_arena *arena, const char *what,
    struct wb_error *err);

/* Records a failure, unless there is one already. */
void wb_codec_fail(struct wb_codec *c, enum wb_status status,
    const char *format, ...) WB_PRINTF(3, 4);

/* A rule of the format: where it does not hold, `broken` says what is wrong. */
void wb_codec_rule(struct wb_codec *c, bool holds, const char *broken);

/* A short text (PROTOCOL.md) of min to max bytes. */
void wb_codec_rule_text(struct wb_codec *c, struct wb_span text, size_t min,
    size_t max, const char *name);

/* The same characters in a longer text; perhaps of several lines. */
void wb_codec_rule_long(struct wb_codec *c, struct wb_span text, size_t max,
    bool lines, const char *name);

/* Zero stands for an empty field: this one must be there. */
void wb_codec_rule_bytes(struct wb_codec *c, const void *bytes, size_t len,
    const char *name);

/* Padding of exactly `zeros` zero bytes. */
void wb_codec_rule_padding(struct wb_codec *c, ProtobufCBinaryData padding,
    size_t zeros);

/*
 * Only the bytes that packing the result again gives: no unknown field at any
 * depth, ascending, minimal, UTF-8.  At most `max` bytes.  The message lies in
 * the arena.  NULL: failed; WB_INVALID also where the message costs more than
 * the arena's budget.
 */
void *wb_codec_unpack(struct wb_codec *c,
    const ProtobufCMessageDescriptor *descriptor, struct wb_span bytes,
    size_t max);

/* The two halves of wb_codec_unpack, where something is asked in between. */
void *wb_codec_parse(struct wb_codec *c,
    const ProtobufCMessageDescriptor *descriptor, struct wb_span bytes,
    size_t max);
void wb_codec_canonical(struct wb_codec *c, const ProtobufCMessage *message,
    struct wb_span bytes);

/* Appends the message, unless something failed before. */
void wb_codec_pack(struct wb_codec *c, struct wb_bytes *out,
    const ProtobufCMessage *message, size_t max);

/* Reading a field of fixed length: empty gives zeros, all zeros is refused. */
void wb_codec_get(struct wb_codec *c, void *out, size_t len,
    ProtobufCBinaryData field, const char *name);
void wb_codec_get_hash(struct wb_codec *c, struct wb_hash *out,
    ProtobufCBinaryData field, const char *name);
void wb_codec_get_key(struct wb_codec *c, struct wb_key *out,
    ProtobufCBinaryData field, const char *name);
struct wb_span wb_codec_get_span(ProtobufCBinaryData field);
struct wb_span wb_codec_get_text(const char *field);

/* Writing: the field borrows; all zeros gives an empty field. */
ProtobufCBinaryData wb_codec_put(const void *bytes, size_t len);
ProtobufCBinaryData wb_codec_put_span(struct wb_span bytes);
char *wb_codec_put_text(struct wb_codec *c, struct wb_span text);

/* n zeroed elements, and *count = n; on failure 0 and NULL. */
void *wb_codec_array(struct wb_codec *c, size_t *count, size_t n, size_t size);

/* n pointers to initialised messages, and *count = n; on failure 0. */
void *wb_codec_messages(struct wb_codec *c, size_t *count, size_t n,
    const ProtobufCMessageDescriptor *descriptor);

#endif
