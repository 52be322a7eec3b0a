/*
 * The whole log once more, from its bytes: every statement goes through the
 * rules again, in order, and what they lead to is compared with what is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "server/core_state.h"

#define AT_ONCE 256 /* entries between two looks at the tiles */

struct check {
	const struct wb_log *log;
	struct wb_store *store;
	struct wb_sequencer *sequencer; /* begins empty */
	struct wb_log_signer *signer;
	struct wb_store_head head;
	struct wb_arena envelopes; /* of `items` */
	struct wb_arena scratch;
	struct wb_item items[AT_ONCE];
	struct wb_store_entry entries[AT_ONCE]; /* as stored */
	size_t count;
	uint64_t problems;
};

static void
report(struct check *c, uint64_t index, const char *what)
{
	c->problems++;
	wb_log_write(c->log, WB_LOG_ERROR, "entry %llu: %s",
	    (unsigned long long)index, what);
}

/* What a device left out or said twice: evidence, but not of a bad log. */
static enum wb_status
look_at_chain(struct check *c, const struct wb_store_entry *e,
    struct wb_error *err)
{
	struct wb_store_entry before = { .number = 0 };
	struct wb_error none = { 0 };
	enum wb_status st;

	if (e->device == 0)
		return WB_OK;
	st = wb_store_before(&before, c->store, e->device, e->index, &none);
	if (st != WB_OK && st != WB_NOT_FOUND) {
		*err = none;
		return st;
	}
	if (e->number != before.number + 1) {
		wb_log_write(c->log, WB_LOG_WARNING,
		    "entry %llu: device %llu goes from batch %llu to %llu",
		    (unsigned long long)e->index, (unsigned long long)e->device,
		    (unsigned long long)before.number,
		    (unsigned long long)e->number);
	}
	return WB_OK;
}

/* One entry through the rules.  Its content is not needed afterwards. */
static enum wb_status
check_entry(struct check *c, uint64_t index, struct wb_error *err)
{
	struct wb_store_entry *e = &c->entries[c->count];
	struct wb_item *item = &c->items[c->count];
	struct wb_upload upload;
	enum wb_status st;

	st = wb_store_entry(e, &upload.envelope, NULL, &c->envelopes, c->store,
	    index, err);
	if (st == WB_OK)
		st = wb_store_entry(e, NULL, &upload.content, &c->scratch,
		    c->store, index, err);
	if (st == WB_OK) {
		wb_item_verify(item, &upload, NULL, &c->scratch);
		st = wb_sequencer_offer(c->sequencer, c->store, item, err);
	}
	wb_arena_clear(&c->scratch);
	if (st != WB_OK)
		return st;
	if (item->reason != NULL)
		report(c, index, item->reason);
	else if (item->reception == WB_KNOWN)
		report(c, index, "logged before");
	else
		c->count++;
	return look_at_chain(c, e, err);
}

static bool
same_entry(const struct wb_store_entry *a, const struct wb_store_entry *b)
{
	return a->index == b->index && a->type == b->type &&
	       a->device == b->device && a->number == b->number &&
	       a->tag == b->tag;
}

static enum wb_status
check_tile(struct check *c, const struct wb_store_tile *tile,
    struct wb_error *err)
{
	struct wb_bytes stored;
	enum wb_status st;

	wb_bytes_init(&stored, (size_t)WB_TILE_WIDTH * WB_HASH_LEN);
	st = wb_store_tile(&stored, c->store, tile->level, tile->index, err);
	if (st == WB_NOT_FOUND ||
	    (st == WB_OK && !wb_span_equal(wb_span_sub(wb_bytes_span(&stored),
					       0, tile->hashes.len),
				tile->hashes))) {
		report(c, tile->index * WB_TILE_WIDTH << 8 * tile->level,
		    "the tile that begins here is wrong");
		st = WB_OK;
	}
	wb_bytes_clear(&stored);
	return st;
}

/* Compares what a number of entries led to with what is stored. */
static enum wb_status
check_group(struct check *c, struct wb_error *err)
{
	struct wb_store_group group;
	enum wb_status st = WB_OK;

	wb_sequencer_group(&group, c->sequencer);
	for (size_t i = 0; i < group.entry_count; i++) {
		if (!same_entry(&group.entries[i], &c->entries[i]))
			report(c, group.entries[i].index,
			    "the store's notes on it are wrong");
	}
	for (size_t i = 0; st == WB_OK && i < group.tile_count; i++)
		st = check_tile(c, &group.tiles[i], err);
	wb_sequencer_committed(c->sequencer);
	wb_arena_clear(&c->envelopes);
	c->count = 0;
	return st;
}

static enum wb_status
check_entries(struct check *c, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	uint64_t i;

	/* After a bad one nothing stands where it should. */
	for (i = 0; st == WB_OK && c->problems == 0 && i < c->head.head.size;
	     i++) {
		st = check_entry(c, i, err);
		if (st == WB_NOT_FOUND) {
			report(c, i, "missing");
			return WB_OK;
		}
		if (st == WB_OK &&
		    (c->count == AT_ONCE || i + 1 == c->head.head.size))
			st = check_group(c, err);
	}
	return st;
}

/* The head in the store, and that the last signed one leads to it. */
static enum wb_status
check_head(struct check *c, struct wb_error *err)
{
	const struct wb_head *record = wb_log_signer_record(c->signer);
	struct wb_store_group group;
	struct wb_proof proof;
	struct wb_head head;
	enum wb_status st = WB_OK;

	wb_tree_head(&head, wb_sequencer_tree(c->sequencer));
	wb_sequencer_group(&group, c->sequencer);
	if (!wb_hash_equal(&head.root, &c->head.head.root))
		report(c, head.size, "the store's head has another root");
	if (group.content_bytes != c->head.content_bytes)
		report(c, head.size, "the store counts its content wrongly");
	if (record->size > head.size) {
		report(c, head.size, "the store is behind its signer");
	} else if (record->size == head.size) {
		if (!wb_hash_equal(&record->root, &head.root))
			report(c, head.size, "something else was signed");
	} else if (record->size > 0) {
		st = wb_tree_extend(&proof, wb_sequencer_tree(c->sequencer),
		    c->store, record->size, head.size, err);
		if (st == WB_OK &&
		    wb_consistency_verify(record->size, &record->root,
			head.size, &head.root, &proof, err) != WB_OK)
			report(c, record->size, "something else was signed");
	}
	return st;
}

static enum wb_status
check_open(struct check *c, const struct wb_settings *settings,
    struct wb_error *err)
{
	char where[WB_MAX_PATH + 16];
	enum wb_status st;

	wb_core_where(where, settings);
	/* The signer first: a server beside us only adds to the store. */
	st = wb_log_signer_open(&c->signer, settings->dir, wb_file_ops_system(),
	    err);
	if (st == WB_OK)
		st = wb_store_open(&c->store, where, WB_STORE_READ, err);
	if (st == WB_OK)
		st = wb_sequencer_new(&c->sequencer,
		    wb_log_signer_vkey(c->signer), NULL, err);
	return st == WB_OK ? wb_store_head(&c->head, c->store, err) : st;
}

enum wb_status
wb_core_check(const struct wb_settings *settings, const struct wb_log *log,
    struct wb_error *err)
{
	struct check *c = calloc(1, sizeof *c);
	enum wb_status st;

	if (c == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	c->log = log;
	wb_arena_init(&c->envelopes, 4 * WB_ARENA_BUDGET);
	wb_arena_init(&c->scratch, 2 * WB_ARENA_BUDGET);
	st = check_open(c, settings, err);
	if (st == WB_OK)
		st = check_entries(c, err);
	if (st == WB_OK && c->problems == 0)
		st = check_head(c, err);
	if (st == WB_OK && c->problems > 0)
		st = wb_fail(err, WB_FORGED,
		    "the log in %s is not what it should be", settings->dir);
	wb_arena_clear(&c->envelopes);
	wb_arena_clear(&c->scratch);
	wb_sequencer_free(&c->sequencer);
	wb_store_close(&c->store);
	wb_log_signer_close(&c->signer);
	free(c);
	return st;
}
