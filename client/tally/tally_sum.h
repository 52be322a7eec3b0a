/*
 * What batches of this vault hold, added up as their devices committed to it:
 * totals by measure and the blinding that belongs to them.
 */
#ifndef WB_CLIENT_TALLY_SUM_H
#define WB_CLIENT_TALLY_SUM_H

#include "client/device.h"
#include "client/ledger/tallies.h"

#define WB_MIN_TALLY_BATCHES 5
#define WB_MIN_TALLY_DEVICES 3 /* in all, and in each measure */

struct wb_tally_sum {
	struct wb_arena arena;
	struct wb_total *totals; /* ascending by measure */
	size_t total_count;
	struct wb_scalar blinding; /* secret until it is published */
	struct wb_span rare; /* a measure that too few devices reported */
};

/* Told after each batch. */
struct wb_tally_progress {
	void (*tell)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

/*
 * Opens each batch and adds up.  WB_NOT_FOUND, id "content-missing": a content
 * is not here; WB_FORGED, ids of client/ledger/opening.h: one is not what was
 * promised; WB_INVALID, id "tally-too-large": a sum beyond WB_TOTAL_MAX, or too
 * many measures.  Clear in any case: it wipes.
 */
WB_MUST_CHECK enum wb_status wb_tally_sum(struct wb_tally_sum *out,
    struct wb_device *device, const struct wb_tallied *batches, size_t n,
    struct wb_tally_progress progress, struct wb_error *err);
void wb_tally_sum_clear(struct wb_tally_sum *sum);

#endif
