/*
 * A growing set of ids, each with a number: 0, 1, 2… in the order in which they
 * were added.  Finds one in the same few steps however many there are and
 * whoever chose them.
 */
#ifndef WB_CLIENT_LEDGER_IDSET_H
#define WB_CLIENT_LEDGER_IDSET_H

#include "crypto/hash.h"
#include "crypto/sign.h"

#define WB_IDSET_NONE UINT32_MAX /* as a number: not in the set */

struct wb_idset {
	struct wb_hash *ids; /* by number */
	uint32_t *slots; /* twice as many as cap; a number plus one */
	uint32_t count;
	uint32_t cap; /* a power of two */
	uint32_t max;
	uint8_t key[WB_SHORT_KEY_LEN]; /* by which ids get their slots */
};

/*
 * At most `max` ids, a power of two; allocates nothing.  Who chooses ids must
 * not know the key.
 */
void wb_idset_init(struct wb_idset *s, const uint8_t key[WB_SHORT_KEY_LEN],
    uint32_t max);
/* Frees all; key and max stay, and it may be used again. */
void wb_idset_clear(struct wb_idset *s);

/* A key as an id, for sets of keys. */
struct wb_hash wb_idset_key(const struct wb_key *key);

uint32_t wb_idset_find(const struct wb_idset *s, const struct wb_hash *id);
/* The number it had, or has now.  WB_NO_MEMORY: full, or the machine's. */
WB_MUST_CHECK enum wb_status wb_idset_add(uint32_t *number, struct wb_idset *s,
    const struct wb_hash *id, struct wb_error *err);

#endif
