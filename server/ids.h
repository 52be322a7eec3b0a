/*
 * Where statements stand in the log, by their id: an open-addressed table in
 * memory, eight bytes a slot.  An index over random keys in the store would
 * cost several times what the whole append costs.  Keeps 32 bits of each id,
 * so what it finds is a candidate, to be compared.  One thread at a time.
 */
#ifndef WB_SERVER_IDS_H
#define WB_SERVER_IDS_H

#include "crypto/hash.h"

#define WB_MAX_IDS UINT64_C(0xfffffffe) /* values are below this */

struct wb_ids {
	uint64_t *slots;
	size_t bits; /* 2^bits slots; 0: none yet */
	size_t count;
	uint64_t key; /* odd; keeps strangers from choosing slots */
};

void wb_ids_init(struct wb_ids *ids, uint64_t key);
void wb_ids_clear(struct wb_ids *ids);

/* The part of an id that the table looks at: what the store keeps of it. */
uint64_t wb_ids_tag(const struct wb_hash *id);

/* Makes room, so that the next `more` additions move nothing. */
WB_MUST_CHECK enum wb_status wb_ids_reserve(struct wb_ids *ids, size_t more,
    struct wb_error *err);

/* Room must have been reserved.  The place is what undo wants. */
size_t wb_ids_add(struct wb_ids *ids, uint64_t tag, uint64_t value);

/* Takes back additions, the last one first, with no reserve in between. */
void wb_ids_undo(struct wb_ids *ids, size_t place);

/*
 * The next candidate for `tag`: *at begins as 0.  False: no more.
 */
bool wb_ids_next(const struct wb_ids *ids, uint64_t tag, size_t *at,
    uint64_t *value);

#endif
