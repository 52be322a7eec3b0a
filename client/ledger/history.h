/*
 * The tree of a whole log, made again from its leaves, with the root it had at
 * each size: 32 bytes an entry, which is what it costs to tell of any head ever
 * seen whether it is of this log.  Up to WB_MAX_HISTORY entries; beyond, the
 * tree still grows and older roots stay known, newer ones do not.
 */
#ifndef WB_CLIENT_LEDGER_HISTORY_H
#define WB_CLIENT_LEDGER_HISTORY_H

#include "crypto/merkle.h"

#define WB_MAX_HISTORY ((size_t)1 << 22) /* entries whose roots are kept */

struct wb_history {
	struct wb_frontier tree;
	struct wb_bytes roots; /* of sizes 1, 2, … */
};

void wb_history_init(struct wb_history *h);
void wb_history_clear(struct wb_history *h);

WB_MUST_CHECK enum wb_status wb_history_add(struct wb_history *h,
    const struct wb_hash *leaf, struct wb_error *err);

/* False: larger than the tree, zero, or beyond WB_MAX_HISTORY. */
bool wb_history_root(struct wb_hash *out, const struct wb_history *h,
    uint64_t size);

#endif
