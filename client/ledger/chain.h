/*
 * The chain of one device's batches: numbers 1, 2, 3…, each naming the one
 * before.  Held as unbroken runs, so that memory grows with gaps and not with
 * batches, and batches may come in any order.  A run is put in its place among
 * others, which their number bounds.  Knows no log and no device.
 */
#ifndef WB_CLIENT_LEDGER_CHAIN_H
#define WB_CLIENT_LEDGER_CHAIN_H

#include "crypto/hash.h"

#define WB_MAX_CHAIN_RUNS 4096 /* of one device */

struct wb_chain_link {
	uint64_t sequence; /* from 1 */
	struct wb_hash id; /* the batch's statement id */
	struct wb_hash previous; /* as it names it; zero in the first */
};

struct wb_chain_run {
	struct wb_chain_link first;
	struct wb_chain_link last;
};

/* Zero it before first use. */
struct wb_chain {
	struct wb_chain_run *runs; /* ascending, apart by at least one */
	size_t count;
	size_t cap;
};

enum wb_chain_fault {
	WB_CHAIN_GOOD,
	WB_CHAIN_FORK, /* the number is there already; nothing is added */
	WB_CHAIN_BROKEN, /* a neighbour names, or is, another batch; added */
	WB_CHAIN_FULL /* it stands apart, and there is no room; not added */
};

/*
 * `room` is for runs, of this chain and others: one is taken, or given back
 * where two become one.  WB_NO_MEMORY.
 */
WB_MUST_CHECK enum wb_status wb_chain_add(enum wb_chain_fault *fault,
    struct wb_chain *chain, const struct wb_chain_link *link, size_t *room,
    struct wb_error *err);

/* The numbers missing before run `i`; false: none. */
bool wb_chain_gap(uint64_t *first, uint64_t *last, const struct wb_chain *chain,
    size_t i);

void wb_chain_clear(struct wb_chain *chain);

#endif
