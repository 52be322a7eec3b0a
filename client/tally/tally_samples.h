/*
 * Samples of the newest tally: which batches a challenge draws, and the answer
 * of a coordinator, who can open them.  docs/tally.md says what they prove.
 */
#ifndef WB_CLIENT_TALLY_SAMPLES_H
#define WB_CLIENT_TALLY_SAMPLES_H

#include "client/tally/tally_sum.h"

/* What was drawn from this vault. */
struct wb_tally_samples {
	uint64_t tally; /* log index */
	struct wb_head head; /* that the draw is made by */
	struct wb_tallied *picks; /* ascending by index */
	size_t pick_count;
	size_t counted; /* batches of the tally */
	bool witnessed; /* the tally is under a head that a quorum cosigned */
	unsigned per_mille; /* chance to find one liar in twenty */
};

/*
 * Draws by the newest head.  WB_NOT_FOUND, id "no-tally"; WB_PARTIAL, id
 * "log-incomplete".  Clear in any case.
 */
WB_MUST_CHECK enum wb_status wb_tally_draw(struct wb_tally_samples *out,
    struct wb_device *device, size_t want, struct wb_span nonce,
    struct wb_error *err);
void wb_tally_samples_clear(struct wb_tally_samples *samples);

/*
 * Draws, and writes a bundle to `path` that opens what was drawn: it shows the
 * totals of single batches, in clear.  Coordinators only.
 */
WB_MUST_CHECK enum wb_status wb_tally_answer(struct wb_tally_samples *out,
    struct wb_device *device, const char *path, size_t want,
    struct wb_span nonce, struct wb_tally_progress progress,
    struct wb_error *err);

#endif
