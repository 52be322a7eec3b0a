#include "server/sequencer_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "proto/ack.h"
#include "proto/tally.h"

enum wb_status
wb_seq_grow(void **array, size_t *room, size_t count, size_t size,
    struct wb_error *err)
{
	size_t more = *room == 0 ? 64 : 2 * *room;
	void *moved;

	if (count < *room)
		return WB_OK;
	if (more > SIZE_MAX / size)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	moved = realloc(*array, more * size);
	if (moved == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	*array = moved;
	*room = more;
	return WB_OK;
}

enum wb_status
wb_sequencer_new(struct wb_sequencer **out, const struct wb_vkey *log,
    const struct wb_hash *pinned, struct wb_error *err)
{
	struct wb_sequencer *s = calloc(1, sizeof *s);
	enum wb_status st;
	uint64_t key;

	*out = NULL;
	if (s == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = wb_rosters_init(&s->rosters, log, pinned, err);
	if (st != WB_OK) {
		free(s);
		return st;
	}
	(void)pthread_mutex_init(&s->admit_lock, NULL);
	wb_random_fill(wb_random_system(), &key, sizeof key);
	wb_ids_init(&s->ids, key);
	wb_ids_init(&s->device_ids, key);
	wb_arena_init(&s->scratch, WB_ARENA_BUDGET);
	st = wb_tree_new(&s->tree, err);
	if (st == WB_OK) {
		*out = s;
		s = NULL;
	}
	wb_sequencer_free(&s);
	return st;
}

void
wb_sequencer_free(struct wb_sequencer **s)
{
	if (*s == NULL)
		return;
	wb_rosters_clear(&(*s)->rosters);
	wb_ids_clear(&(*s)->ids);
	wb_ids_clear(&(*s)->device_ids);
	wb_tree_free(&(*s)->tree);
	wb_arena_clear(&(*s)->scratch);
	free((*s)->devices);
	free((*s)->admits);
	(void)pthread_mutex_destroy(&(*s)->admit_lock);
	free((*s)->group.targets);
	free(*s);
	*s = NULL;
}

struct wb_rosters *
wb_sequencer_rosters(struct wb_sequencer *s)
{
	return &s->rosters;
}

struct wb_tree *
wb_sequencer_tree(struct wb_sequencer *s)
{
	return s->tree;
}

static uint64_t
key_tag(const uint8_t key[32])
{
	return wb_get_be64(key);
}

uint64_t
wb_seq_device_id(struct wb_sequencer *s, const uint8_t key[32])
{
	uint64_t i;
	size_t at = 0;

	while (wb_ids_next(&s->device_ids, key_tag(key), &at, &i)) {
		if (memcmp(s->devices[i].key, key, 32) == 0)
			return s->devices[i].id;
	}
	return 0;
}

enum wb_status
wb_seq_add_device(struct wb_sequencer *s, const struct wb_store_device *d,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_seq_grow((void **)&s->devices, &s->device_room, s->device_count,
	    sizeof *s->devices, err);
	if (st == WB_OK)
		st = wb_ids_reserve(&s->device_ids, 1, err);
	if (st != WB_OK)
		return st;
	(void)wb_ids_add(&s->device_ids, key_tag(d->key), s->device_count);
	s->devices[s->device_count++] = *d;
	return WB_OK;
}

static enum wb_status
visit_device(void *ctx, const void *row, struct wb_error *err)
{
	const struct wb_store_device *d = row;
	struct wb_sequencer *s = ctx;

	if (d->id != s->device_count + 1)
		return wb_fail(err, WB_STORAGE, "the store lacks a device");
	return wb_seq_add_device(s, d, err);
}

bool
wb_seq_admits(struct wb_sequencer *s, const struct wb_hash *id)
{
	bool found = false;

	(void)pthread_mutex_lock(&s->admit_lock);
	for (size_t i = 0; !found && i < s->admit_count; i++)
		found = wb_hash_equal(&s->admits[i], id);
	(void)pthread_mutex_unlock(&s->admit_lock);
	return found;
}

bool
wb_sequencer_knows(struct wb_sequencer *s, const struct wb_key *signer,
    const struct wb_hash *statement)
{
	return wb_rosters_met(&s->rosters, signer) ||
	       wb_seq_admits(s, statement);
}

void
wb_seq_forget_admits(struct wb_sequencer *s, size_t from)
{
	(void)pthread_mutex_lock(&s->admit_lock);
	s->admit_count = from;
	(void)pthread_mutex_unlock(&s->admit_lock);
}

enum wb_status
wb_seq_add_admits(struct wb_sequencer *s, const struct wb_envelope *e,
    struct wb_error *err)
{
	struct wb_ack ack;
	enum wb_status st;

	st = wb_ack_decode(&ack, &s->scratch, e->payload, err);
	(void)pthread_mutex_lock(&s->admit_lock);
	for (size_t i = 0; st == WB_OK && i < ack.verdict_count; i++) {
		if (ack.verdicts[i].outcome != WB_OUTCOME_ADMIT)
			continue;
		st = wb_seq_grow((void **)&s->admits, &s->admit_room,
		    s->admit_count, sizeof *s->admits, err);
		if (st == WB_OK)
			s->admits[s->admit_count++] = ack.verdicts[i].statement;
	}
	(void)pthread_mutex_unlock(&s->admit_lock);
	return st;
}

enum wb_status
wb_seq_read_envelope(struct wb_envelope *out, struct wb_sequencer *s,
    struct wb_store *store, uint64_t index, struct wb_error *err)
{
	struct wb_store_entry e;
	struct wb_span bytes;
	enum wb_status st;

	wb_arena_clear(&s->scratch);
	st = wb_store_entry(&e, &bytes, NULL, &s->scratch, store, index, err);
	return st == WB_OK ? wb_envelope_decode(out, &s->scratch, bytes, err)
			   : st;
}

enum wb_status
wb_seq_add_tally(struct wb_sequencer *s, const struct wb_envelope *e,
    struct wb_error *err)
{
	struct wb_tally tally;
	enum wb_status st;

	st = wb_tally_decode(&tally, &s->scratch, e->payload, err);
	if (st == WB_OK)
		s->tallies = (struct wb_seq_tallies){ tally.last + 1, e->id };
	return st;
}

struct loading {
	struct wb_sequencer *s;
	struct wb_store *store;
};

/* Rosters, tallies and acks that admit are few: the only ones read in full. */
static enum wb_status
visit_entry(void *ctx, const void *row, struct wb_error *err)
{
	const struct wb_store_entry *e = row;
	struct loading *l = ctx;
	struct wb_envelope envelope;
	enum wb_status st;

	st = wb_ids_reserve(&l->s->ids, 1, err);
	if (st != WB_OK)
		return st;
	(void)wb_ids_add(&l->s->ids, e->tag, e->index);
	if (e->type != WB_STATEMENT_ROSTER && e->type != WB_STATEMENT_TALLY &&
	    !(e->type == WB_STATEMENT_ACK && e->number > 0))
		return WB_OK;
	st = wb_seq_read_envelope(&envelope, l->s, l->store, e->index, err);
	if (st != WB_OK)
		return st;
	if (e->type == WB_STATEMENT_ROSTER)
		return wb_rosters_adopt(&l->s->rosters, &envelope, e->index,
		    err);
	return e->type == WB_STATEMENT_TALLY
		   ? wb_seq_add_tally(l->s, &envelope, err)
		   : wb_seq_add_admits(l->s, &envelope, err);
}

static enum wb_status
load_devices(struct wb_sequencer *s, struct wb_store *store,
    struct wb_error *err)
{
	enum wb_status st;

	wb_ids_clear(&s->device_ids);
	s->device_count = 0;
	st = wb_store_devices(store, visit_device, s, err);
	s->device_committed = s->device_count;
	return st;
}

static void
empty_group(struct wb_sequencer *s)
{
	s->group.count = 0;
	s->group.target_count = 0;
}

enum wb_status
wb_sequencer_load(struct wb_sequencer *s, struct wb_store *store,
    struct wb_error *err)
{
	struct loading loading = { .s = s, .store = store };
	struct wb_store_head head;
	enum wb_status st;

	empty_group(s);
	wb_ids_clear(&s->ids);
	wb_seq_forget_admits(s, 0);
	s->tallies = (struct wb_seq_tallies){ 0 };
	st = wb_store_head(&head, store, err);
	if (st == WB_OK)
		st = load_devices(s, store, err);
	if (st == WB_OK)
		st = wb_store_scan(store, 0, visit_entry, &loading, err);
	if (st == WB_OK)
		st = wb_tree_load(s->tree, store, &head.head, err);
	if (st == WB_OK && s->ids.count != head.head.size) {
		st = wb_fail(err, WB_FORGED,
		    "the store has %zu entries under a head of %llu",
		    s->ids.count, (unsigned long long)head.head.size);
	}
	wb_arena_clear(&s->scratch);
	if (st != WB_OK)
		return st;
	wb_rosters_committed(&s->rosters);
	s->size = s->committed = head.head.size;
	s->content_bytes = s->content_committed = head.content_bytes;
	s->admit_committed = s->admit_count;
	s->tallies_committed = s->tallies;
	return WB_OK;
}

void
wb_sequencer_group(struct wb_store_group *out, struct wb_sequencer *s)
{
	struct wb_seq_group *g = &s->group;

	*out = (struct wb_store_group){
		.entries = g->entries,
		.envelopes = g->envelopes,
		.contents = g->contents,
		.entry_count = g->count,
		.devices = s->device_count == 0
			       ? NULL
			       : s->devices + s->device_committed,
		.device_count = s->device_count - s->device_committed,
		.tiles = g->tiles,
		.tile_count = wb_tree_changed(g->tiles, s->tree),
		.targets = g->targets,
		.target_count = g->target_count,
		.content_bytes = s->content_bytes,
	};
	wb_tree_head(&out->head, s->tree);
}

void
wb_sequencer_committed(struct wb_sequencer *s)
{
	empty_group(s);
	wb_rosters_committed(&s->rosters);
	wb_tree_committed(s->tree);
	s->committed = s->size;
	s->device_committed = s->device_count;
	s->content_committed = s->content_bytes;
	s->admit_committed = s->admit_count;
	s->tallies_committed = s->tallies;
}

enum wb_status
wb_sequencer_abandon(struct wb_sequencer *s, struct wb_store *store,
    struct wb_error *err)
{
	struct wb_store_head head;
	enum wb_status st;

	while (s->group.count > 0)
		wb_ids_undo(&s->ids, s->group.places[--s->group.count]);
	empty_group(s);
	wb_rosters_abandon(&s->rosters);
	s->size = s->committed;
	s->content_bytes = s->content_committed;
	wb_seq_forget_admits(s, s->admit_committed);
	s->tallies = s->tallies_committed;
	st = wb_store_head(&head, store, err);
	if (st == WB_OK)
		st = load_devices(s, store, err);
	return st == WB_OK ? wb_tree_load(s->tree, store, &head.head, err) : st;
}
