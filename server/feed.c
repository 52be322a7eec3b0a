#include "server/feed.h"

#include <stdlib.h>
#include <string.h>

#include "proto/roster.h"
#include "proto/transfer.h"
#include "server/core_state.h"
#include "server/witnesses.h"

#define MAX_ENTRIES 1000 /* in a page */
#define PAGE_BYTES ((size_t)2 << 20) /* after which a page ends */
#define PAGE_ARENA ((size_t)24 << 20)

/* What one request has in its hands. */
struct page {
	struct wb_core *core;
	struct wb_store *store;
	struct wb_arena arena;
	struct wb_head head;
	struct wb_bytes note;
	struct wb_known_nodes known; /* to the asker */
	struct wb_feed feed;
	size_t bytes;
};

/* An entry that is due on a page. */
struct listed {
	uint64_t index;
	bool held; /* the asker has it: its index will do */
};

static enum wb_status
page_begin(struct page *p, struct wb_core *core,
    const struct wb_holding *holding, struct wb_error *err)
{
	enum wb_status st;

	memset(p, 0, sizeof *p);
	p->core = core;
	wb_arena_init(&p->arena, PAGE_ARENA);
	wb_bytes_init(&p->note, WB_MAX_NOTE);
	st = wb_core_borrow(&p->store, core, err);
	if (st == WB_OK)
		st = wb_core_sent_head(&p->feed.head, &p->head, &p->note, core,
		    err);
	if (st == WB_OK)
		st = wb_core_check_holding(holding, p->head.size, err);
	if (st == WB_OK)
		st = wb_core_known(&p->known, core, p->store, holding, err);
	if (st == WB_OK) {
		st = wb_tree_extend(&p->feed.consistency,
		    wb_sequencer_tree(core->sequencer), p->store, holding->seen,
		    p->head.size, err);
	}
	if (st != WB_OK)
		return st;
	p->feed.next = p->head.size;
	p->feed.entries = wb_arena_array(&p->arena, MAX_ENTRIES,
	    sizeof *p->feed.entries);
	p->feed.held = wb_arena_array(&p->arena, MAX_ENTRIES,
	    sizeof *p->feed.held);
	return p->feed.entries != NULL && p->feed.held != NULL
		   ? WB_OK
		   : wb_fail(err, WB_NO_MEMORY, "out of memory");
}

/* Encodes what has been gathered, unless `st` says it failed. */
static enum wb_status
page_end(struct wb_bytes *out, struct page *p, enum wb_status st,
    struct wb_error *err)
{
	if (st == WB_OK)
		st = wb_feed_encode(out, &p->feed, &p->known, err);
	if (p->store != NULL)
		wb_core_return(p->core, p->store);
	wb_bytes_clear(&p->note);
	wb_arena_clear(&p->arena);
	return st;
}

static bool
page_full(const struct page *p)
{
	return p->feed.entry_count + p->feed.held_count == MAX_ENTRIES ||
	       p->bytes >= PAGE_BYTES;
}

static enum wb_status
page_add(struct page *p, uint64_t index, bool content, struct wb_error *err)
{
	struct wb_entry *e = &p->feed.entries[p->feed.entry_count];
	struct wb_store_entry about;
	enum wb_status st;

	st = wb_store_entry(&about, &e->envelope, content ? &e->content : NULL,
	    &p->arena, p->store, index, err);
	if (st == WB_OK) {
		st = wb_tree_include(&e->proof,
		    wb_sequencer_tree(p->core->sequencer), p->store, index,
		    p->head.size, err);
	}
	if (st != WB_OK)
		return st;
	e->index = index;
	p->bytes += e->envelope.len + e->content.len;
	p->feed.entry_count++;
	return WB_OK;
}

/* Adds the entries of an ascending list, as far as the page goes. */
static enum wb_status
page_add_list(struct page *p, const struct listed *list, size_t n,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	size_t i;

	for (i = 0; st == WB_OK && i < n && !page_full(p); i++) {
		if (i > 0 && list[i].index == list[i - 1].index)
			continue;
		if (list[i].held)
			p->feed.held[p->feed.held_count++] = list[i].index;
		else
			st = page_add(p, list[i].index, false, err);
	}
	if (i < n)
		p->feed.next = list[i].index;
	return st;
}

static enum wb_status
page_add_all(struct page *p, uint64_t from, bool content, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	uint64_t i;

	for (i = from; st == WB_OK && i < p->head.size && !page_full(p); i++)
		st = page_add(p, i, content, err);
	if (i > p->head.size)
		i = p->head.size;
	p->feed.next = i;
	return st;
}

/* The number of the asker's device; 0, of which nothing is listed: none. */
static enum wb_status
find_device(uint64_t *id, struct page *p, const struct wb_key *key,
    struct wb_error *err)
{
	struct wb_error none = { 0 };
	struct wb_store_device d;
	enum wb_status st = wb_store_device(&d, p->store, key->b, &none);

	*id = st == WB_OK ? d.id : 0;
	if (st == WB_NOT_FOUND)
		return WB_OK;
	if (st != WB_OK && err != NULL)
		*err = none;
	return st;
}

/* The same index twice: the one to be shown first. */
static int
compare(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->index != y->index)
		return x->index > y->index ? 1 : -1;
	return (int)x->held - (int)y->held;
}

/* Those under the signed head. */
static void
add_listed(struct page *p, struct listed *list, size_t *n,
    const uint64_t *indexes, size_t count, uint64_t held_below)
{
	for (size_t i = 0; i < count && indexes[i] < p->head.size; i++) {
		list[(*n)++] = (struct listed){ .index = indexes[i],
			.held = indexes[i] < held_below };
	}
}

/*
 * Rosters, own entries, acks on them: never anything of others.  Own entries
 * below `held` are named only.
 */
static enum wb_status
page_add_own(struct page *p, const struct wb_key *key, uint64_t from,
    uint64_t held, struct wb_error *err)
{
	const size_t each = MAX_ENTRIES + 1;
	struct listed *list;
	uint64_t *indexes, device;
	size_t n = 0, count;
	enum wb_status st;

	list = wb_arena_array(&p->arena, 3 * each, sizeof *list);
	indexes = wb_arena_array(&p->arena, each, sizeof *indexes);
	if (list == NULL || indexes == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	count = wb_rosters_list(indexes, each,
	    wb_sequencer_rosters(p->core->sequencer), from, p->head.size);
	add_listed(p, list, &n, indexes, count, 0);
	st = find_device(&device, p, key, err);
	if (st == WB_OK)
		st = wb_store_own(indexes, &count, each, p->store, device, from,
		    err);
	if (st != WB_OK)
		return st;
	add_listed(p, list, &n, indexes, count, held);
	st = wb_store_acks(indexes, &count, each, p->store, device, from, err);
	if (st != WB_OK)
		return st;
	add_listed(p, list, &n, indexes, count, 0);
	/* Each list is whole up to its own limit, so the first ones are. */
	qsort(list, n, sizeof *list, compare);
	return page_add_list(p, list, n, err);
}

static bool
has_role(const struct wb_reader *reader, enum wb_role role)
{
	return (reader->roles >> role & 1) != 0;
}

enum wb_status
wb_feed_checkpoint(struct wb_bytes *out, struct wb_core *core,
    struct wb_error *err)
{
	struct wb_head head;
	enum wb_status st = wb_core_published(&head, out, core, err);

	return st == WB_OK ? wb_witnesses_lines(out, core, head.size, err) : st;
}

enum wb_status
wb_feed_witnessed(struct wb_bytes *out, struct wb_core *core,
    struct wb_error *err)
{
	return wb_witnesses_note(out, core, err);
}

enum wb_status
wb_feed_page(struct wb_bytes *out, struct wb_core *core,
    const struct wb_reader *reader, const struct wb_feed_ask *ask,
    struct wb_error *err)
{
	bool coordinator = has_role(reader, WB_ROLE_COORDINATOR);
	enum wb_status st;
	struct page p;

	if (ask->content && !coordinator)
		return wb_fail(err, WB_REFUSED,
		    "only coordinators may read content");
	st = page_begin(&p, core, &ask->holding, err);
	if (st == WB_OK && (coordinator || has_role(reader, WB_ROLE_AUDITOR)))
		st = page_add_all(&p, ask->from, ask->content, err);
	else if (st == WB_OK)
		st = page_add_own(&p, &reader->key, ask->from,
		    ask->own ? 0 : ask->holding.seen, err);
	return page_end(out, &p, st, err);
}

enum wb_status
wb_feed_rosters(struct wb_bytes *out, struct wb_core *core, uint64_t from,
    uint64_t seen, struct wb_error *err)
{
	const struct wb_holding holding = { .seen = seen };
	struct listed list[MAX_ENTRIES];
	uint64_t indexes[MAX_ENTRIES];
	enum wb_status st;
	struct page p;
	size_t n = 0, count;

	st = page_begin(&p, core, &holding, err);
	if (st == WB_OK) {
		count = wb_rosters_list(indexes, MAX_ENTRIES,
		    wb_sequencer_rosters(core->sequencer), from, p.head.size);
		add_listed(&p, list, &n, indexes, count, 0);
		st = page_add_list(&p, list, n, err);
	}
	return page_end(out, &p, st, err);
}

enum wb_status
wb_feed_content(struct wb_bytes *out, struct wb_core *core, uint64_t index,
    const struct wb_hash *hash, struct wb_error *err)
{
	struct wb_store *store = NULL;
	struct wb_store_entry e;
	struct wb_span content;
	struct wb_arena arena;
	struct wb_hash found;
	struct wb_head head;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_core_published(&head, NULL, core, err);
	if (st == WB_OK && index >= head.size)
		st = wb_fail(err, WB_NOT_FOUND, "no such entry");
	if (st == WB_OK)
		st = wb_core_borrow(&store, core, err);
	if (st == WB_OK)
		st = wb_store_entry(&e, NULL, &content, &arena, store, index,
		    err);
	if (st == WB_OK) {
		wb_sha256_one(&found, content);
		st = content.len > 0 && wb_hash_equal(&found, hash)
			 ? wb_bytes_append(out, content, err)
			 : wb_fail(err, WB_NOT_FOUND,
			       "the entry has no such content");
	}
	if (store != NULL)
		wb_core_return(core, store);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
add_bundle(struct wb_bytes *out, struct wb_store *store, uint64_t first,
    unsigned width, struct wb_error *err)
{
	struct wb_store_entry e;
	enum wb_status st = WB_OK;
	struct wb_span envelope;
	struct wb_arena arena;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	for (unsigned i = 0; st == WB_OK && i < width; i++) {
		uint8_t len[2];

		st = wb_store_entry(&e, &envelope, NULL, &arena, store,
		    first + i, err);
		if (st != WB_OK)
			break;
		len[0] = (uint8_t)(envelope.len >> 8);
		len[1] = (uint8_t)envelope.len;
		st = wb_bytes_append(out, wb_span(len, 2), err);
		if (st == WB_OK)
			st = wb_bytes_append(out, envelope, err);
		wb_arena_clear(&arena);
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
add_hashes(struct wb_bytes *out, struct wb_store *store,
    const struct wb_tile *tile, struct wb_error *err)
{
	size_t want = (size_t)tile->width * WB_HASH_LEN;
	struct wb_bytes hashes;
	enum wb_status st;

	wb_bytes_init(&hashes, (size_t)WB_TILE_WIDTH * WB_HASH_LEN);
	st = wb_store_tile(&hashes, store, tile->level, tile->index, err);
	if (st == WB_OK && hashes.len < want)
		st = wb_fail(err, WB_STORAGE, "a tile of the log is too short");
	if (st == WB_OK)
		st = wb_bytes_append(out,
		    wb_span_sub(wb_bytes_span(&hashes), 0, want), err);
	wb_bytes_clear(&hashes);
	return st;
}

enum wb_status
wb_feed_tile(struct wb_bytes *out, struct wb_core *core,
    const struct wb_tile *tile, struct wb_error *err)
{
	struct wb_store *store = NULL;
	struct wb_head head;
	enum wb_status st;
	uint64_t leaves;

	st = wb_core_published(&head, NULL, core, err);
	if (st != WB_OK)
		return st;
	leaves = head.size >> (8 * tile->level);
	if (tile->level >= WB_STORE_TILES || tile->index > leaves >> 8 ||
	    tile->index * WB_TILE_WIDTH + tile->width > leaves)
		return wb_fail(err, WB_NOT_FOUND,
		    "the log has no such tile yet");
	st = wb_core_borrow(&store, core, err);
	if (st != WB_OK)
		return st;
	if (tile->entries) {
		st = add_bundle(out, store, tile->index * WB_TILE_WIDTH,
		    tile->width, err);
	} else {
		st = add_hashes(out, store, tile, err);
	}
	wb_core_return(core, store);
	return st;
}
