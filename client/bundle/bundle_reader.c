#include "client/bundle/bundle_reader.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "proto/wire.h"

#define WINDOW ((size_t)256 << 10) /* bytes read at once */
#define FRONT ((size_t)512) /* bytes, which tell a text from other files */
#define MAX_PREFIX 5 /* bytes of a length below 2^35 */
#define CHECKSUM_ITEM 35 /* bytes: 0x22, tag 15, 0x20, the hash */

static const uint8_t checksum_head[] = { 0x22, 0x7a, 0x20 };
static const char sealed_head[] = "age-encryption.org/";
static const char database_head[] = "SQLite format 3"; /* and its NUL */

struct wb_bundle_reader {
	const struct wb_file_ops *ops;
	const char *path; /* for words; the caller's */
	int fd; /* -1: all of it is in `memory` */
	struct wb_span memory;
	uint64_t size; /* bytes, the checksum too */
	uint64_t at; /* where the next item begins */
	uint8_t *window; /* bytes of the file, from `base`; nothing secret */
	size_t window_len;
	size_t window_room;
	uint64_t base;
	struct wb_hasher hasher; /* of the first `hashed` bytes */
	uint64_t hashed;
	struct wb_hash made; /* once all are hashed */
	struct wb_arena arena; /* the item given last */
};

static enum wb_status
fail_form(struct wb_error *err, const char *what)
{
	return wb_advise(err,
	    wb_fail(err, WB_INVALID, "the bundle is malformed: %s", what),
	    "bundle-form", "Ask for the file again.");
}

/* Reads bytes from `from` on: at least `len`, which the file must have. */
static enum wb_status
read_window(struct wb_bundle_reader *r, uint64_t from, size_t len,
    struct wb_error *err)
{
	size_t take = len > WINDOW ? len : WINDOW;
	uint8_t *bigger;
	int rc;

	r->window_len = 0;
	if (take > r->window_room) {
		bigger = realloc(r->window, take);
		if (bigger == NULL)
			return wb_fail(err, WB_NO_MEMORY, "out of memory");
		r->window = bigger;
		r->window_room = take;
	}
	if (take > r->size - from)
		take = (size_t)(r->size - from);
	rc = wb_file_pread_all(r->ops, r->fd, r->window, take, (int64_t)from);
	if (rc != 0)
		return wb_file_fail(err, rc, "read", r->path);
	r->base = from;
	r->window_len = take;
	return WB_OK;
}

/* A view of `len` bytes from `from`, which the file must have. */
static enum wb_status
view(struct wb_span *out, struct wb_bundle_reader *r, uint64_t from, size_t len,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (r->fd < 0) {
		*out = wb_span_sub(r->memory, (size_t)from, len);
		return WB_OK;
	}
	if (from < r->base || from + len > r->base + r->window_len)
		st = read_window(r, from, len, err);
	if (st == WB_OK)
		*out = wb_span(r->window + (from - r->base), len);
	return st;
}

/* Where the checksum item is, if the file ends in one. */
static uint64_t
covered(const struct wb_bundle_reader *r)
{
	return r->size < CHECKSUM_ITEM ? 0 : r->size - CHECKSUM_ITEM;
}

/* Hashes bytes from `at`, as far as they are next and the checksum's matter. */
static void
hash_next(struct wb_bundle_reader *r, uint64_t at, struct wb_span bytes)
{
	uint64_t left = covered(r) - r->hashed;

	if (at != r->hashed || left == 0)
		return;
	if (bytes.len > left)
		bytes.len = (size_t)left;
	wb_hasher_add(&r->hasher, bytes);
	r->hashed += bytes.len;
	if (bytes.len == left)
		wb_hasher_final(&r->hasher, &r->made);
}

enum wb_status
wb_bundle_reader_intact(bool *out, struct wb_bundle_reader *reader,
    struct wb_error *err)
{
	struct wb_span end;
	enum wb_status st;

	*out = false;
	if (reader->size <= CHECKSUM_ITEM)
		return WB_OK;
	while (reader->hashed < covered(reader)) {
		uint64_t n = covered(reader) - reader->hashed;
		struct wb_span part;

		st = view(&part, reader, reader->hashed,
		    n < WINDOW ? (size_t)n : WINDOW, err);
		if (st != WB_OK)
			return st;
		hash_next(reader, reader->hashed, part);
	}
	st = view(&end, reader, covered(reader), CHECKSUM_ITEM, err);
	if (st != WB_OK)
		return st;
	*out = memcmp(end.data, checksum_head, sizeof checksum_head) == 0 &&
	       wb_span_equal(wb_hash_span(&reader->made),
		   wb_span_sub(end, sizeof checksum_head, WB_HASH_LEN));
	return WB_OK;
}

enum wb_status
wb_bundle_reader_check(struct wb_bundle_reader *reader, struct wb_error *err)
{
	bool intact;
	enum wb_status st = wb_bundle_reader_intact(&intact, reader, err);

	if (st != WB_OK || intact)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"the bundle was altered or cut: its checksum does not match, "
		"so nothing of it was taken"),
	    "bundle-altered", "Ask for the file again.");
}

static bool
begins_with(struct wb_span front, const void *head, size_t len)
{
	return front.len >= len && memcmp(front.data, head, len) == 0;
}

/*
 * Does it begin as the head of a bundle does?  One byte may be wrong: an altered
 * bundle is one all the same.
 */
static bool
begins_as_bundle(struct wb_span front)
{
	const struct {
		size_t at;
		uint8_t byte;
	} fixed[] = { { 1, 0x0a }, { 3, 0x08 }, { 5, 0x12 }, { 6, 0x20 } };
	size_t alike = 0;

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		alike += front.len > fixed[i].at &&
			 front.data[fixed[i].at] == fixed[i].byte;
	return alike >= 3;
}

static const char *
kind_of_stranger(struct wb_span front)
{
	if (front.len == 0)
		return "it is empty";
	if (begins_with(front, database_head, sizeof database_head))
		return "it is a database";
	for (size_t i = 0; i < front.len; i++) {
		if (front.data[i] < 0x20 && front.data[i] != '\n' &&
		    front.data[i] != '\r' && front.data[i] != '\t')
			return "it is another kind of file";
	}
	return "it is a text";
}

/* So that nobody is told of a forgery who took the wrong file. */
static enum wb_status
look_what_it_is(struct wb_bundle_reader *r, struct wb_error *err)
{
	size_t n = r->size < FRONT ? (size_t)r->size : FRONT;
	struct wb_span front, end;
	enum wb_status st = view(&front, r, 0, n, err);
	const char *stranger;

	if (st != WB_OK || begins_as_bundle(front))
		return st;
	if (begins_with(front, sealed_head, sizeof sealed_head - 1)) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"%s is sealed: only those it is meant for can read it",
			r->path),
		    "bundle-sealed",
		    "A transport bundle is taken in with: waybill unpack FILE");
	}
	stranger = kind_of_stranger(front);
	if (r->size >= CHECKSUM_ITEM) {
		st = view(&end, r, covered(r), CHECKSUM_ITEM, err);
		if (st != WB_OK ||
		    begins_with(end, checksum_head, sizeof checksum_head))
			return st;
	}
	return wb_advise(err,
	    wb_fail(err, WB_INVALID, "%s is no bundle: %s", r->path, stranger),
	    "not-a-bundle",
	    "Bundles are made by waybill pack and disclose. Invitations, "
	    "requests and welcomes are for waybill join and approve.");
}

static enum wb_status
reader_new(struct wb_bundle_reader **out, const char *path,
    struct wb_error *err)
{
	struct wb_bundle_reader *r = calloc(1, sizeof *r);

	*out = NULL;
	if (r == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	r->ops = wb_file_ops_system();
	r->path = path;
	r->fd = -1;
	wb_hasher_init(&r->hasher);
	wb_arena_init(&r->arena, WB_ARENA_BUDGET * 2);
	*out = r;
	return WB_OK;
}

static enum wb_status
open_file(struct wb_bundle_reader *r, struct wb_error *err)
{
	struct wb_file_info info;
	int rc = r->ops->open(r->ops->ctx, r->path, O_RDONLY, 0);

	if (rc < 0)
		return wb_file_fail(err, rc, "open", r->path);
	r->fd = rc;
	rc = r->ops->fstat(r->ops->ctx, r->fd, &info);
	if (rc < 0)
		return wb_file_fail(err, rc, "look at", r->path);
	if (info.kind == WB_FILE_DIRECTORY) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID, "%s is a folder", r->path),
		    "not-a-bundle", "Name the file in it.");
	}
	if (info.kind != WB_FILE_REGULAR) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID, "%s is no file", r->path),
		    "not-a-bundle", NULL);
	}
	if ((uint64_t)info.size > WB_MAX_BUNDLE) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID,
			"%s is larger than a bundle may be", r->path),
		    "not-a-bundle", NULL);
	}
	r->size = (uint64_t)info.size;
	return WB_OK;
}

enum wb_status
wb_bundle_reader_open(struct wb_bundle_reader **out, const char *path,
    struct wb_error *err)
{
	enum wb_status st = reader_new(out, path, err);

	if (st == WB_OK)
		st = open_file(*out, err);
	if (st == WB_OK)
		st = look_what_it_is(*out, err);
	if (st != WB_OK)
		wb_bundle_reader_close(out);
	return st;
}

enum wb_status
wb_bundle_reader_open_bytes(struct wb_bundle_reader **out, struct wb_span bytes,
    struct wb_error *err)
{
	enum wb_status st = reader_new(out, "the file", err);

	if (st != WB_OK)
		return st;
	(*out)->memory = bytes;
	(*out)->size = bytes.len;
	st = look_what_it_is(*out, err);
	if (st != WB_OK)
		wb_bundle_reader_close(out);
	return st;
}

/* How many bytes the next item and its length are; a prefix too long for any
 * item comes out larger than all. */
static size_t
framed_size(struct wb_span front)
{
	size_t len = 0, n = 0;

	while (n < front.len && n < MAX_PREFIX) {
		len |= (size_t)(front.data[n] & 0x7f) << (7 * n);
		if ((front.data[n++] & 0x80) == 0)
			return len + n;
	}
	return SIZE_MAX;
}

/* What is hashed next anyway: an item, `whole` with its length. */
static void
hash_item(struct wb_bundle_frame *out, struct wb_bundle_reader *r,
    struct wb_span whole)
{
	struct wb_hasher alone;
	struct wb_span content;
	size_t before;

	out->hashed = r->at == r->hashed && r->at + whole.len < covered(r) &&
		      wb_bundle_item_is_content(&content, out->bytes);
	if (!out->hashed) {
		hash_next(r, r->at, whole);
		return;
	}
	before = (size_t)(content.data - whole.data);
	wb_hasher_init(&alone);
	wb_hasher_add(&r->hasher, wb_span(whole.data, before));
	wb_hasher_add_both(&r->hasher, &alone, content);
	wb_hasher_final(&alone, &out->content);
	r->hashed += whole.len;
}

/* Frames the item at r->at; *size is its bytes with its length. */
static enum wb_status
frame_at(struct wb_bundle_frame *out, size_t *size, struct wb_bundle_reader *r,
    struct wb_error *err)
{
	uint64_t left = r->size - r->at;
	struct wb_span front = { 0 }, whole;
	enum wb_status st;
	bool more;

	st = view(&front, r, r->at,
	    left < MAX_PREFIX ? (size_t)left : MAX_PREFIX, err);
	if (st != WB_OK)
		return st;
	*size = framed_size(front);
	if (*size > left || *size > WB_MAX_BUNDLE_ITEM + MAX_PREFIX)
		return fail_form(err, "an item is cut short or too large");
	st = view(&front, r, r->at, *size, err);
	if (st != WB_OK)
		return st;
	whole = front;
	st = wb_delimited_next(&out->bytes, &more, &front, WB_MAX_BUNDLE_ITEM,
	    err);
	if (st != WB_OK || !more)
		return fail_form(err, "an item's length is not well formed");
	hash_item(out, r, whole);
	return WB_OK;
}

enum wb_status
wb_bundle_reader_frame(struct wb_bundle_frame *out, bool *more,
    struct wb_bundle_reader *reader, struct wb_error *err)
{
	enum wb_status st;
	size_t size = 0;

	*more = reader->at != reader->size;
	if (!*more)
		return WB_OK;
	out->first = reader->at == 0;
	st = frame_at(out, &size, reader, err);
	if (st != WB_OK) {
		*more = false;
		reader->at = reader->size;
		return st;
	}
	reader->at += size;
	out->last = reader->at == reader->size;
	return WB_OK;
}

enum wb_status
wb_bundle_frame_check(bool *more, const struct wb_bundle_frame *frame,
    const struct wb_bundle_item *item, struct wb_error *err)
{
	bool ends = item->kind == WB_BUNDLE_CHECKSUM;

	*more = true;
	if ((item->kind == WB_BUNDLE_HEAD) != frame->first)
		return fail_form(err, "its head is not the first item");
	if (ends && !frame->last)
		return fail_form(err, "something stands behind its checksum");
	*more = !ends;
	return WB_OK;
}

enum wb_status
wb_bundle_fail_end(struct wb_error *err)
{
	return fail_form(err, "it has no end");
}

enum wb_status
wb_bundle_reader_next(struct wb_bundle_item *out, bool *more,
    struct wb_bundle_reader *reader, struct wb_error *err)
{
	struct wb_bundle_frame frame;
	enum wb_status st = wb_bundle_reader_frame(&frame, more, reader, err);

	if (st != WB_OK)
		return st;
	if (!*more)
		return wb_bundle_fail_end(err);
	wb_arena_reset(&reader->arena);
	st = wb_bundle_item_decode(out, &reader->arena, frame.bytes, err);
	if (st == WB_INVALID)
		return wb_advise(err, st, "bundle-form",
		    "Ask for the file again.");
	return st == WB_OK ? wb_bundle_frame_check(more, &frame, out, err) : st;
}

void
wb_bundle_reader_rewind(struct wb_bundle_reader *reader)
{
	reader->at = 0;
}

void
wb_bundle_reader_close(struct wb_bundle_reader **reader)
{
	struct wb_bundle_reader *r = *reader;

	if (r == NULL)
		return;
	if (r->fd >= 0)
		(void)r->ops->close(r->ops->ctx, r->fd);
	free(r->window);
	wb_arena_clear(&r->arena);
	free(r);
	*reader = NULL;
}

struct wb_span
wb_bundle_item_statement(const struct wb_bundle_item *item)
{
	if (item->kind == WB_BUNDLE_STATEMENT)
		return item->bytes;
	if (item->kind == WB_BUNDLE_ENTRY)
		return item->entry.envelope;
	return wb_span(NULL, 0);
}
