#include "server/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "proto/content_ref.h"
#include "proto/wire.h"

#define SEALED "age-encryption.org/"
#define MAX_ITEM (WB_MAX_ANNEX + ((size_t)64 << 10)) /* bytes */

/* An item's place in the bundle; decoded again when it is wanted. */
struct content {
	struct wb_hash hash;
	struct wb_span file;
};

struct unpacking {
	struct wb_arena *arena; /* what stays */
	struct wb_upload *uploads;
	size_t upload_count;
	struct content *contents; /* sorted once all are known */
	size_t content_count;
};

/* What the decoder copied into its arena, found again in the bundle. */
static void
move_inside(struct wb_span *copy, struct wb_span raw)
{
	const void *at = NULL;

	if (copy->len > 0)
		at = memmem(raw.data, raw.len, copy->data, copy->len);
	*copy = at == NULL ? wb_span(NULL, 0) : wb_span(at, copy->len);
}

/* Every item in turn, each under a budget of its own. */
static enum wb_status
each(struct wb_span bundle, wb_unpack_visit *visit, void *ctx,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_arena arena;
	struct wb_span raw;
	bool more = true;

	wb_arena_init(&arena, WB_ARENA_BUDGET + 2 * MAX_ITEM);
	while (st == WB_OK) {
		struct wb_bundle_item item;

		st = wb_delimited_next(&raw, &more, &bundle, MAX_ITEM, err);
		if (st != WB_OK || !more)
			break;
		st = wb_bundle_item_decode(&item, &arena, raw, err);
		if (st == WB_OK) {
			move_inside(&item.bytes, raw);
			move_inside(&item.entry.envelope, raw);
			move_inside(&item.entry.content, raw);
			st = visit(ctx, &item, err);
		}
		wb_arena_clear(&arena);
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
altered(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"the bundle was altered or is not whole; nothing was read"),
	    "bundle-altered", "Ask for the bundle once more.");
}

/*
 * The last item is the SHA-256 of all bytes before it: 36 bytes, of which the
 * first four are its length, its field (15) and the hash's length.
 */
static enum wb_status
check_sum(struct wb_span bundle, struct wb_error *err)
{
	static const uint8_t head[] = { 34, 0x7a, WB_HASH_LEN };
	const size_t tail = sizeof head + WB_HASH_LEN;
	struct wb_hash hash;
	size_t body;

	if (bundle.len <= tail)
		return altered(err);
	body = bundle.len - tail;
	wb_sha256_one(&hash, wb_span_sub(bundle, 0, body));
	if (memcmp(bundle.data + body, head, sizeof head) != 0 ||
	    memcmp(bundle.data + body + sizeof head, hash.b, sizeof hash.b) !=
		0)
		return altered(err);
	return WB_OK;
}

static enum wb_status
check_bundle(struct wb_span bundle, struct wb_error *err)
{
	if (bundle.len > strlen(SEALED) &&
	    memcmp(bundle.data, SEALED, strlen(SEALED)) == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"the bundle is sealed to members; the server has no "
			"key to it"),
		    "sealed",
		    "A member unpacks it and syncs: waybill unpack FILE");
	}
	return check_sum(bundle, err);
}

enum wb_status
wb_unpack_each(struct wb_span bundle, wb_unpack_visit *visit, void *ctx,
    struct wb_error *err)
{
	enum wb_status st = check_bundle(bundle, err);

	return st == WB_OK ? each(bundle, visit, ctx, err) : st;
}

static enum wb_status
count_item(void *ctx, const struct wb_bundle_item *item, struct wb_error *err)
{
	struct unpacking *u = ctx;

	(void)err;
	if (item->kind == WB_BUNDLE_ENTRY || item->kind == WB_BUNDLE_STATEMENT)
		u->upload_count++;
	if (item->kind == WB_BUNDLE_CONTENT ||
	    (item->kind == WB_BUNDLE_ENTRY && item->entry.content.len > 0))
		u->content_count++;
	return WB_OK;
}

static void
add_content(struct unpacking *u, struct wb_span file)
{
	struct content *c = &u->contents[u->content_count++];

	c->file = file;
	wb_sha256_one(&c->hash, file);
}

static enum wb_status
keep_item(void *ctx, const struct wb_bundle_item *item, struct wb_error *err)
{
	struct unpacking *u = ctx;

	(void)err;
	if (item->kind == WB_BUNDLE_CONTENT)
		add_content(u, item->bytes);
	if (item->kind == WB_BUNDLE_STATEMENT)
		u->uploads[u->upload_count++].envelope = item->bytes;
	if (item->kind == WB_BUNDLE_ENTRY)
		u->uploads[u->upload_count++].envelope = item->entry.envelope;
	if (item->kind == WB_BUNDLE_ENTRY && item->entry.content.len > 0)
		add_content(u, item->entry.content);
	return WB_OK;
}

static int
compare(const void *a, const void *b)
{
	const struct content *x = a, *y = b;

	return memcmp(x->hash.b, y->hash.b, sizeof x->hash.b);
}

/* Gives a statement its content, where the bundle has it. */
static enum wb_status
pair(struct unpacking *u, struct wb_upload *upload, struct wb_error *err)
{
	struct content key = { 0 };
	struct wb_envelope envelope;
	const struct content *found;
	struct wb_arena arena;
	struct wb_content_ref ref;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, upload->envelope, err);
	if (st == WB_OK &&
	    wb_content_ref_read(&ref, &arena, &envelope, NULL) == WB_OK) {
		key.hash = ref.hash;
		found = u->content_count == 0
			    ? NULL
			    : bsearch(&key, u->contents, u->content_count,
				  sizeof key, compare);
		if (found != NULL)
			upload->content = found->file;
	}
	wb_arena_clear(&arena);
	return st;
}

enum wb_status
wb_unpack(struct wb_unpacked *out, struct wb_arena *arena,
    struct wb_span bundle, struct wb_error *err)
{
	struct unpacking u = { .arena = arena };
	enum wb_status st = check_bundle(bundle, err);

	if (st == WB_OK)
		st = each(bundle, count_item, &u, err);
	if (st != WB_OK)
		return st;
	u.uploads = wb_arena_array(arena, u.upload_count, sizeof *u.uploads);
	u.contents = wb_arena_array(arena, u.content_count, sizeof *u.contents);
	if (u.uploads == NULL || u.contents == NULL)
		return wb_fail(err, WB_NO_MEMORY, "the bundle is too large");
	u.upload_count = u.content_count = 0;
	st = each(bundle, keep_item, &u, err);
	qsort(u.contents, u.content_count, sizeof *u.contents, compare);
	for (size_t i = 0; i < u.upload_count && st == WB_OK; i++)
		st = pair(&u, &u.uploads[i], err);
	*out = (struct wb_unpacked){ u.uploads, u.upload_count };
	return st;
}
