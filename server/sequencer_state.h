/* What the sequencer keeps in memory; for sequencer*.c only. */
#ifndef WB_SERVER_SEQUENCER_STATE_H
#define WB_SERVER_SEQUENCER_STATE_H

#include <pthread.h>

#include "server/sequencer.h"

/* What was added since the last commit. */
struct wb_seq_group {
	size_t count;
	struct wb_store_entry entries[WB_TREE_MAX_ADD];
	struct wb_span envelopes[WB_TREE_MAX_ADD];
	struct wb_span contents[WB_TREE_MAX_ADD];
	const struct wb_item *items[WB_TREE_MAX_ADD];
	size_t places[WB_TREE_MAX_ADD]; /* in the table of ids */
	struct wb_store_tile tiles[WB_TREE_MAX_CHANGED];
	struct wb_store_target *targets;
	size_t target_count, target_room;
};

/* Where the chain of tallies ends, for the next to follow. */
struct wb_seq_tallies {
	uint64_t next; /* log index at which the next begins */
	struct wb_hash newest; /* statement id; zero: none yet */
};

struct wb_sequencer {
	struct wb_rosters rosters;
	struct wb_ids ids;
	struct wb_store_device *devices; /* number 1 at 0 */
	size_t device_count, device_room, device_committed;
	struct wb_ids device_ids; /* by key */
	pthread_mutex_t admit_lock; /* the writer writes, workers read */
	struct wb_hash *admits; /* statements let in by an ack */
	size_t admit_count, admit_room, admit_committed;
	struct wb_tree *tree;
	uint64_t size; /* entries, those of the group too */
	uint64_t committed; /* of these, in the store */
	uint64_t content_bytes, content_committed;
	struct wb_seq_tallies tallies, tallies_committed;
	struct wb_arena scratch;
	struct wb_seq_group group;
};

/* Makes room for one more element of `size` bytes. */
WB_MUST_CHECK enum wb_status wb_seq_grow(void **array, size_t *room,
    size_t count, size_t size, struct wb_error *err);

/* 0: no entry of this key yet. */
uint64_t wb_seq_device_id(struct wb_sequencer *s, const uint8_t key[32]);
WB_MUST_CHECK enum wb_status wb_seq_add_device(struct wb_sequencer *s,
    const struct wb_store_device *d, struct wb_error *err);

/* Does an ack let this in? */
bool wb_seq_admits(struct wb_sequencer *s, const struct wb_hash *id);

/* Remembers where a tally ends that is in the log. */
WB_MUST_CHECK enum wb_status wb_seq_add_tally(struct wb_sequencer *s,
    const struct wb_envelope *e, struct wb_error *err);

/* Remembers what an ack lets in. */
WB_MUST_CHECK enum wb_status wb_seq_add_admits(struct wb_sequencer *s,
    const struct wb_envelope *e, struct wb_error *err);

/* Forgets those from `from` on. */
void wb_seq_forget_admits(struct wb_sequencer *s, size_t from);

/* The envelope of an entry of the store, decoded into the scratch arena. */
WB_MUST_CHECK enum wb_status wb_seq_read_envelope(struct wb_envelope *out,
    struct wb_sequencer *s, struct wb_store *store, uint64_t index,
    struct wb_error *err);

#endif
