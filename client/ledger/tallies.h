/*
 * The rules of tallies: what the next one must count, leave out and take in
 * late, given the log entry by entry.  Coordinators make tallies by them and
 * auditors check them by the same code.  Keeps about 150 bytes of each batch
 * that no tally has counted yet, and nothing of the others.  Pure.
 *
 * A tally speaks of the log as it was when its last entry was the newest:
 * what was said later, even before the tally was logged, counts in the next.
 * A batch is left out for the first reason that holds: its key is distrusted
 * from its index on or from an earlier one; a coordinator disputed it; none
 * has opened it, and one could not decrypt it; none has opened it.  All others
 * in the range count, and all that earlier tallies left out and that could
 * count now.
 */
#ifndef WB_CLIENT_LEDGER_TALLIES_H
#define WB_CLIENT_LEDGER_TALLIES_H

#include "crypto/commitment.h"
#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/record_tally.h"
#include "proto/roster.h"
#include "proto/tally.h"

#define WB_MAX_TALLIED (1U << 24) /* batches not counted yet */

struct wb_tallies;

/* The key: as wb_idset_init. */
WB_MUST_CHECK enum wb_status wb_tallies_new(struct wb_tallies **out,
    const uint8_t key[WB_SHORT_KEY_LEN], struct wb_error *err);
/* Frees and nulls.  NULL is harmless. */
void wb_tallies_free(struct wb_tallies **t);

/*
 * The log's entries in order, each of which is a statement of the programme:
 * a roster that was accepted, any batch, an ack of who was a coordinator then.
 */
WB_MUST_CHECK enum wb_status wb_tallies_roster(struct wb_tallies *t,
    uint64_t index, const struct wb_roster *roster, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_tallies_batch(struct wb_tallies *t,
    uint64_t index, const struct wb_hash *id, const struct wb_batch *batch,
    struct wb_error *err);
void wb_tallies_ack(struct wb_tallies *t, uint64_t index,
    const struct wb_ack *ack);

/* Where the next tally must begin, and the id of the one before (or zero). */
struct wb_tally_place {
	uint64_t first;
	struct wb_hash previous;
};
struct wb_tally_place wb_tallies_place(const struct wb_tallies *t);

/*
 * May `tally` stand at `index`, as far as its range goes?  WB_FORGED, ids
 * "tally-chain" (names another before it), "tally-gap", "tally-overlap",
 * "tally-range" (ends at itself or later).
 */
WB_MUST_CHECK enum wb_status wb_tallies_follows(const struct wb_tallies *t,
    uint64_t index, const struct wb_tally *tally, struct wb_error *err);

/* A batch that counts. */
struct wb_tallied {
	uint64_t index;
	uint32_t device; /* equal for one key only */
	struct wb_point totals;
};

/* What a tally up to `last` must say; all ascending by index. */
struct wb_tally_scope {
	struct wb_tallied *counted; /* those taken in late too */
	size_t counted_count;
	struct wb_exclusion *excluded;
	size_t excluded_count;
	uint64_t *included;
	size_t included_count;
	size_t device_count; /* different ones among those that count */
};

/* Clear in any case. */
WB_MUST_CHECK enum wb_status wb_tallies_scope(struct wb_tally_scope *out,
    struct wb_tallies *t, uint64_t last, struct wb_error *err);
void wb_tally_scope_clear(struct wb_tally_scope *scope);

/* The tally is in the log, right or wrong: what it covers is done with. */
WB_MUST_CHECK enum wb_status wb_tallies_take(struct wb_tallies *t,
    const struct wb_hash *id, const struct wb_tally *tally,
    struct wb_error *err);

#endif
