/*
 * Batches that a coordinator could not take into the totals: disputed ones,
 * those that no key here opens and those that wait for another, with why and
 * what to do, in words.
 */
#ifndef WB_CLIENT_TROUBLES_H
#define WB_CLIENT_TROUBLES_H

#include "client/device.h"

struct wb_trouble {
	struct wb_span label; /* of the device that sent it */
	uint64_t sequence; /* of the batch, in that device's chain */
	uint64_t log_index;
	bool disputed; /* else it could not be decrypted, or waits */
	uint64_t waits; /* for which batch; 0: for none */
	struct wb_span waits_label; /* of whom */
	struct wb_span
	    why; /* stable id, as client/journal/journal.h lists them */
	/*
	 * Id of the error that it is, where no honest device or server makes
	 * it; NULL where people err so.
	 */
	const char *evidence;
	const char *words; /* the same as a clause: "it takes back…" */
	const char *next; /* what to do */
};

struct wb_troubles {
	struct wb_arena arena; /* holds the list */
	struct wb_trouble *list; /* newest first */
	size_t count;
	uint64_t total; /* with those beyond the limit */
	struct wb_trouble evidence; /* the newest of all that is evidence */
};

/*
 * Those at log index `from` and after it, at most `limit` in the list.  Clear
 * in any case.
 */
WB_MUST_CHECK enum wb_status wb_troubles(struct wb_troubles *out,
    struct wb_device *device, uint64_t from, size_t limit,
    struct wb_error *err);
void wb_troubles_clear(struct wb_troubles *troubles);

/*
 * "batch 3 of K1 is disputed and not counted (void-twice: …). Next step."
 */
WB_MUST_CHECK enum wb_status wb_trouble_text(struct wb_bytes *out,
    const struct wb_trouble *t, struct wb_error *err);

/* That one as an error, which it is where `evidence` is not NULL. */
enum wb_status wb_trouble_fail(struct wb_error *err,
    const struct wb_trouble *t);

#endif
