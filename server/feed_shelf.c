/* The part of the feed that is not the log: annexes and enrolments. */
#include <string.h>

#include "proto/roster.h"
#include "proto/transfer.h"
#include "server/core_state.h"
#include "server/feed.h"

#define COPIES 16 /* of one annex */
#define MAX_ANNEXES 16384
#define MAX_ANNEX_BYTES (UINT64_C(256) << 20)
#define MAX_TOKENS 1000
#define MAX_WELCOME_BYTES (UINT64_C(64) << 20)
#define MAX_REQUEST ((size_t)16 << 10)
#define MAX_REQUEST_BYTES (UINT64_C(4) << 20)
#define SHELF_ARENA ((size_t)20 << 20)

static bool
is_coordinator(const struct wb_reader *reader)
{
	return (reader->roles >> WB_ROLE_COORDINATOR & 1) != 0;
}

static uint64_t
now_of(struct wb_core *core)
{
	int64_t now = wb_clock_now(core->clock);

	return now < 0 ? 0 : (uint64_t)now;
}

/* Through the writing handle, between two groups. */
static enum wb_status
put(struct wb_core *core, const struct wb_shelf_item *items, size_t n,
    const struct wb_shelf_limits *limits, struct wb_error *err)
{
	enum wb_status st = wb_core_sound(core, err);

	if (st != WB_OK)
		return st;
	(void)pthread_mutex_lock(&core->store_lock);
	st = wb_store_put(core->store, items, n, limits, err);
	if (st != WB_OK)
		wb_core_poison_if(core, err);
	(void)pthread_mutex_unlock(&core->store_lock);
	return st;
}

static enum wb_status
scan(struct wb_core *core, enum wb_shelf_kind kind, const struct wb_hash *hash,
    wb_store_visit *visit, void *ctx, struct wb_error *err)
{
	struct wb_store *store;
	enum wb_status st = wb_core_borrow(&store, core, err);

	if (st != WB_OK)
		return st;
	st = wb_store_shelf(store, kind, hash == NULL ? NULL : hash->b, visit,
	    ctx, err);
	wb_core_return(core, store);
	return st;
}

struct copies {
	struct wb_arena arena;
	struct wb_annex list[COPIES];
	size_t count;
	size_t bytes;
};

static enum wb_status
visit_annex(void *ctx, const void *row, struct wb_error *err)
{
	const struct wb_shelf_item *item = row;
	struct copies *c = ctx;
	struct wb_annex *a;

	if (c->count == COPIES ||
	    c->bytes + item->file.len > WB_MAX_FEED_BODY - 4096)
		return WB_OK;
	c->bytes += item->file.len;
	a = &c->list[c->count++];
	memcpy(a->hash.b, item->hash, WB_HASH_LEN);
	return wb_arena_copy(&a->file, &c->arena, item->file, err);
}

enum wb_status
wb_feed_annexes(struct wb_bytes *out, struct wb_core *core,
    const struct wb_hash *hash, struct wb_error *err)
{
	struct copies c = { .count = 0 };
	enum wb_status st;

	wb_arena_init(&c.arena, SHELF_ARENA);
	st = scan(core, WB_SHELF_ANNEX, hash, visit_annex, &c, err);
	if (st == WB_OK)
		st = wb_annexes_encode(out, c.list, c.count, err);
	wb_arena_clear(&c.arena);
	return st;
}

static enum wb_status
make_annex_items(struct wb_shelf_item **out, size_t *n, struct wb_arena *arena,
    const struct wb_reader *reader, struct wb_span body, struct wb_error *err)
{
	struct wb_annex *annexes;
	enum wb_status st;

	st = wb_annexes_decode(&annexes, n, arena, body, err);
	if (st != WB_OK)
		return st;
	*out = wb_arena_array(arena, *n, sizeof **out);
	if (*out == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < *n; i++) {
		struct wb_shelf_item *item = &(*out)[i];

		if (annexes[i].file.len == 0 ||
		    annexes[i].file.len > WB_MAX_ANNEX)
			return wb_fail(err, WB_INVALID,
			    "an annex is empty or too large");
		item->kind = WB_SHELF_ANNEX;
		memcpy(item->hash, annexes[i].hash.b, WB_HASH_LEN);
		memcpy(item->owner, reader->key.b, WB_KEY_LEN);
		item->rank = is_coordinator(reader);
		item->file = annexes[i].file;
	}
	return WB_OK;
}

enum wb_status
wb_feed_put_annexes(struct wb_core *core, const struct wb_reader *reader,
    struct wb_span body, struct wb_error *err)
{
	struct wb_shelf_limits limits = { .keep = COPIES,
		.count = MAX_ANNEXES,
		.bytes = MAX_ANNEX_BYTES,
		.now = now_of(core) };
	struct wb_hash named[WB_MAX_NAMED];
	struct wb_shelf_item *items;
	struct wb_arena arena;
	enum wb_status st;
	size_t n = 0;

	if (reader->roles == 0)
		return wb_fail(err, WB_REFUSED, "only members may post files");
	limits.used_count = wb_rosters_named(named,
	    wb_sequencer_rosters(core->sequencer));
	limits.used = named;
	wb_arena_init(&arena, SHELF_ARENA);
	st = make_annex_items(&items, &n, &arena, reader, body, err);
	if (st == WB_OK && n > 0)
		st = put(core, items, n, &limits, err);
	wb_arena_clear(&arena);
	return st;
}

/* A token as registered, and what came under it. */
struct found {
	struct wb_arena arena;
	struct wb_enrolment *list;
	size_t count, room;
	uint64_t now;
	bool welcomes; /* wanted, too */
};

static struct wb_enrolment *
find(struct found *f, const uint8_t hash[WB_HASH_LEN])
{
	for (size_t i = 0; i < f->count; i++) {
		if (memcmp(f->list[i].token_hash.b, hash, WB_HASH_LEN) == 0)
			return &f->list[i];
	}
	return NULL;
}

static enum wb_status
visit_token(void *ctx, const void *row, struct wb_error *err)
{
	const struct wb_shelf_item *item = row;
	struct found *f = ctx;
	struct wb_enrolment *e;

	if (item->expires < f->now || f->count == f->room)
		return WB_OK;
	e = &f->list[f->count++];
	memcpy(e->token_hash.b, item->hash, WB_HASH_LEN);
	e->expires = item->expires;
	return f->welcomes
		   ? wb_arena_copy(&e->welcome, &f->arena, item->file, err)
		   : WB_OK;
}

static enum wb_status
visit_request(void *ctx, const void *row, struct wb_error *err)
{
	const struct wb_shelf_item *item = row;
	struct found *f = ctx;
	struct wb_enrolment *e = find(f, item->hash);

	if (e == NULL || item->expires < f->now)
		return WB_OK;
	return wb_arena_copy(&e->request, &f->arena, item->file, err);
}

static enum wb_status
found_begin(struct found *f, struct wb_core *core, const struct wb_hash *hash,
    struct wb_error *err)
{
	enum wb_status st;

	*f = (struct found){ .room = hash == NULL ? MAX_TOKENS : 1,
		.now = now_of(core),
		.welcomes = hash != NULL };
	wb_arena_init(&f->arena, SHELF_ARENA);
	f->list = wb_arena_array(&f->arena, f->room, sizeof *f->list);
	if (f->list == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = scan(core, WB_SHELF_TOKEN, hash, visit_token, f, err);
	return st == WB_OK
		   ? scan(core, WB_SHELF_REQUEST, hash, visit_request, f, err)
		   : st;
}

enum wb_status
wb_feed_enrolments(struct wb_bytes *out, struct wb_core *core,
    const struct wb_reader *reader, const struct wb_hash *token_hash,
    struct wb_error *err)
{
	enum wb_status st;
	struct found f;

	if (!is_coordinator(reader) && token_hash == NULL)
		return wb_fail(err, WB_REFUSED,
		    "only coordinators may list enrolments");
	st = found_begin(&f, core, token_hash, err);
	if (st == WB_OK && token_hash != NULL && f.count == 0)
		st = wb_fail(err, WB_NOT_FOUND,
		    "this invitation is unknown or has expired");
	/* Who holds the token need not read another's request. */
	if (st == WB_OK && !is_coordinator(reader) && f.count == 1)
		f.list[0].request = wb_span(NULL, 0);
	if (st == WB_OK)
		st = wb_enrolments_encode(out, f.list, f.count, err);
	wb_arena_clear(&f.arena);
	return st;
}

static enum wb_status
put_tokens(struct wb_core *core, const struct wb_reader *reader,
    const struct wb_enrolment *list, size_t n, struct wb_arena *arena,
    struct wb_error *err)
{
	const struct wb_shelf_limits limits = { .keep = 1,
		.count = MAX_TOKENS,
		.bytes = MAX_WELCOME_BYTES,
		.now = now_of(core) };
	struct wb_shelf_item *items;

	items = wb_arena_array(arena, n, sizeof *items);
	if (items == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (list[i].request.len > 0 || list[i].expires < limits.now ||
		    list[i].welcome.len > WB_MAX_ANNEX)
			return wb_fail(err, WB_INVALID,
			    "an enrolment is not as a coordinator posts it");
		items[i].kind = WB_SHELF_TOKEN;
		memcpy(items[i].hash, list[i].token_hash.b, WB_HASH_LEN);
		memcpy(items[i].owner, reader->key.b, WB_KEY_LEN);
		items[i].expires = list[i].expires;
		items[i].file = list[i].welcome;
	}
	return put(core, items, n, &limits, err);
}

/* The first to come with a token has it: who they are is not known yet. */
static enum wb_status
put_request(struct wb_core *core, const struct wb_enrolment *e,
    struct wb_error *err)
{
	const struct wb_shelf_limits limits = { .keep = 1,
		.first_stays = true,
		.count = MAX_TOKENS,
		.bytes = MAX_REQUEST_BYTES,
		.now = now_of(core) };
	struct wb_shelf_item item = { .kind = WB_SHELF_REQUEST };
	enum wb_status st;
	struct found f;

	if (e->welcome.len > 0 || e->request.len == 0 ||
	    e->request.len > MAX_REQUEST)
		return wb_fail(err, WB_INVALID,
		    "a request to join is empty or too large");
	st = found_begin(&f, core, &e->token_hash, err);
	if (st == WB_OK && f.count == 0)
		st = wb_fail(err, WB_REFUSED,
		    "this invitation is unknown or has expired");
	if (st == WB_OK) {
		memcpy(item.hash, e->token_hash.b, WB_HASH_LEN);
		item.expires = f.list[0].expires;
		item.file = e->request;
		st = put(core, &item, 1, &limits, err);
	}
	if (st == WB_EXISTS)
		st = wb_fail(err, WB_EXISTS,
		    "this invitation has been used already");
	wb_arena_clear(&f.arena);
	return st;
}

enum wb_status
wb_feed_put_enrolments(struct wb_core *core, const struct wb_reader *reader,
    struct wb_span body, struct wb_error *err)
{
	struct wb_enrolment *list;
	struct wb_arena arena;
	enum wb_status st;
	size_t n;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_enrolments_decode(&list, &n, &arena, body, err);
	if (st == WB_OK && n == 0) {
		st = wb_fail(err, WB_INVALID, "no enrolment was sent");
	} else if (st == WB_OK && is_coordinator(reader)) {
		st = put_tokens(core, reader, list, n, &arena, err);
	} else if (st == WB_OK && (reader->roles != 0 || n != 1)) {
		st = wb_fail(err, WB_REFUSED,
		    "only coordinators may register invitations");
	} else if (st == WB_OK) {
		st = put_request(core, &list[0], err);
	}
	wb_arena_clear(&arena);
	return st;
}
