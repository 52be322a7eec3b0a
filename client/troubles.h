/*
 * Batches that a coordinator could not take into the totals: disputed ones and
 * those that no key here opens, with why and what to do, in words.
 */
#ifndef WB_CLIENT_TROUBLES_H
#define WB_CLIENT_TROUBLES_H

#include "client/device.h"

struct wb_trouble {
	struct wb_span label; /* of the device that sent it */
	uint64_t sequence; /* of the batch, in that device's chain */
	uint64_t log_index;
	bool disputed; /* else it could not be decrypted */
	struct wb_span
	    why; /* stable id, as client/journal/journal.h lists them */
	const char *words; /* the same as a clause: "it takes back…" */
	const char *next; /* what to do */
};

/*
 * Those at log index `from` and after it, newest first, at most `limit`; *n of
 * *total.  Spans in the arena.
 */
WB_MUST_CHECK enum wb_status wb_troubles(struct wb_trouble **out, size_t *n,
    uint64_t *total, struct wb_arena *arena, struct wb_device *device,
    uint64_t from, size_t limit, struct wb_error *err);

/*
 * "batch 3 of K1 is disputed and not counted (void-twice: …). Next step."
 */
WB_MUST_CHECK enum wb_status wb_trouble_text(struct wb_bytes *out,
    const struct wb_trouble *t, struct wb_error *err);

#endif
