/*
 * The tree of a whole log, made again from its leaves, with the roots it had at
 * its newest sizes: they tell of a head that somebody saw whether it is of this
 * log.  32 bytes for each size that is kept.
 */
#ifndef WB_CLIENT_LEDGER_HISTORY_H
#define WB_CLIENT_LEDGER_HISTORY_H

#include "crypto/merkle.h"

struct wb_history {
	struct wb_frontier tree;
	size_t window; /* how many sizes are kept, the newest */
	struct wb_bytes roots; /* a ring: size n is at (n - 1) % window */
};

/* `window`: 1 or more. */
void wb_history_init(struct wb_history *h, size_t window);
void wb_history_clear(struct wb_history *h);

WB_MUST_CHECK enum wb_status wb_history_add(struct wb_history *h,
    const struct wb_hash *leaf, struct wb_error *err);

/* False: larger than the tree, zero, or older than the window. */
bool wb_history_root(struct wb_hash *out, const struct wb_history *h,
    uint64_t size);

#endif
