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
	struct wb_bytes checkpoint;
	struct wb_feed feed;
	size_t bytes;
};

static enum wb_status
page_begin(struct page *p, struct wb_core *core, uint64_t seen,
    struct wb_error *err)
{
	enum wb_status st;

	memset(p, 0, sizeof *p);
	p->core = core;
	wb_arena_init(&p->arena, PAGE_ARENA);
	wb_bytes_init(&p->checkpoint, WB_MAX_NOTE);
	st = wb_core_borrow(&p->store, core, err);
	if (st == WB_OK)
		st = wb_core_published(&p->head, &p->checkpoint, core, err);
	if (st == WB_OK)
		st = wb_core_check_seen(seen, p->head.size, err);
	if (st == WB_OK) {
		st = wb_tree_extend(&p->feed.consistency,
		    wb_sequencer_tree(core->sequencer), p->store, seen,
		    p->head.size, err);
	}
	if (st != WB_OK)
		return st;
	p->feed.checkpoint = wb_bytes_span(&p->checkpoint);
	p->feed.next = p->head.size;
	p->feed.entries = wb_arena_array(&p->arena, MAX_ENTRIES,
	    sizeof *p->feed.entries);
	return p->feed.entries != NULL
		   ? WB_OK
		   : wb_fail(err, WB_NO_MEMORY, "out of memory");
}

/* Encodes what has been gathered, unless `st` says it failed. */
static enum wb_status
page_end(struct wb_bytes *out, struct page *p, enum wb_status st,
    struct wb_error *err)
{
	if (st == WB_OK)
		st = wb_feed_encode(out, &p->feed, err);
	if (p->store != NULL)
		wb_core_return(p->core, p->store);
	wb_bytes_clear(&p->checkpoint);
	wb_arena_clear(&p->arena);
	return st;
}

static bool
page_full(const struct page *p)
{
	return p->feed.entry_count == MAX_ENTRIES || p->bytes >= PAGE_BYTES;
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
page_add_list(struct page *p, const uint64_t *list, size_t n,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	size_t i;

	for (i = 0; st == WB_OK && i < n && !page_full(p); i++) {
		if (i == 0 || list[i] != list[i - 1])
			st = page_add(p, list[i], false, err);
	}
	if (i < n)
		p->feed.next = list[i];
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

/*
 * The first MAX_ENTRIES + 1 of a device's entries from `from` on.  Its chain
 * goes backwards, so the last ones met are the first; they come out ascending.
 */
static enum wb_status
list_own(uint64_t *out, size_t *n, struct page *p, const struct wb_key *key,
    uint64_t from, struct wb_error *err)
{
	uint64_t ring[MAX_ENTRIES + 1], index, met = 0;
	struct wb_store_entry e;
	struct wb_store_device d;
	enum wb_status st;

	*n = 0;
	st = wb_store_device(&d, p->store, key->b, err);
	if (st != WB_OK)
		return st == WB_NOT_FOUND ? WB_OK : st;
	for (index = d.last; index != WB_NO_INDEX && index >= from;
	     index = e.previous) {
		st = wb_store_entry(&e, NULL, NULL, NULL, p->store, index, err);
		if (st != WB_OK)
			return st;
		if (index < p->head.size)
			ring[met++ % (MAX_ENTRIES + 1)] = index;
	}
	*n = met < MAX_ENTRIES + 1 ? (size_t)met : MAX_ENTRIES + 1;
	for (size_t i = 0; i < *n; i++)
		out[i] = ring[(met - 1 - i) % (MAX_ENTRIES + 1)];
	return WB_OK;
}

/* Acks on the device's batches, below the signed head. */
static enum wb_status
list_acks(uint64_t *out, size_t *n, struct page *p, const struct wb_key *key,
    uint64_t from, struct wb_error *err)
{
	struct wb_store_device d;
	enum wb_status st;

	*n = 0;
	st = wb_store_device(&d, p->store, key->b, err);
	if (st != WB_OK)
		return st == WB_NOT_FOUND ? WB_OK : st;
	st = wb_store_acks(out, n, MAX_ENTRIES + 1, p->store, d.id, from, err);
	while (*n > 0 && out[*n - 1] >= p->head.size)
		--*n;
	return st;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Rosters, own entries, acks on them: never anything of others. */
static enum wb_status
page_add_own(struct page *p, const struct wb_key *key, uint64_t from,
    struct wb_error *err)
{
	const size_t each = MAX_ENTRIES + 1;
	size_t n, more;
	uint64_t *list;
	enum wb_status st;

	list = wb_arena_array(&p->arena, 3 * each, sizeof *list);
	if (list == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	n = wb_rosters_list(list, each,
	    wb_sequencer_rosters(p->core->sequencer), from, p->head.size);
	st = list_own(list + n, &more, p, key, from, err);
	if (st == WB_OK) {
		n += more;
		st = list_acks(list + n, &more, p, key, from, err);
	}
	if (st != WB_OK)
		return st;
	n += more;
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
    const struct wb_reader *reader, uint64_t from, uint64_t seen, bool content,
    struct wb_error *err)
{
	bool coordinator = has_role(reader, WB_ROLE_COORDINATOR);
	enum wb_status st;
	struct page p;

	if (content && !coordinator)
		return wb_fail(err, WB_REFUSED,
		    "only coordinators may read content");
	st = page_begin(&p, core, seen, err);
	if (st == WB_OK && (coordinator || has_role(reader, WB_ROLE_AUDITOR)))
		st = page_add_all(&p, from, content, err);
	else if (st == WB_OK)
		st = page_add_own(&p, &reader->key, from, err);
	return page_end(out, &p, st, err);
}

enum wb_status
wb_feed_newest_own(struct wb_bytes *out, struct wb_core *core,
    const struct wb_reader *reader, uint64_t seen, struct wb_error *err)
{
	struct wb_store_device d;
	enum wb_status st;
	struct page p;

	st = page_begin(&p, core, seen, err);
	if (st == WB_OK) {
		st = wb_store_device(&d, p.store, reader->key.b, err);
		/* One committed a moment ago is nobody's business yet. */
		if (st == WB_OK && d.top_index < p.head.size)
			st = page_add(&p, d.top_index, false, err);
		else if (st == WB_NOT_FOUND)
			st = WB_OK;
	}
	return page_end(out, &p, st, err);
}

enum wb_status
wb_feed_rosters(struct wb_bytes *out, struct wb_core *core, uint64_t from,
    uint64_t seen, struct wb_error *err)
{
	uint64_t list[MAX_ENTRIES];
	enum wb_status st;
	struct page p;
	size_t n;

	st = page_begin(&p, core, seen, err);
	if (st == WB_OK) {
		n = wb_rosters_list(list, MAX_ENTRIES,
		    wb_sequencer_rosters(core->sequencer), from, p.head.size);
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
