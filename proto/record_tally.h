/*
 * Published totals: what a tally counts, what it leaves out and why, and the
 * totals with the blinding that opens the sum of the batches' commitments.
 * And one batch's own totals, the answer to an auditor's challenge.
 */
#ifndef WB_PROTO_RECORD_TALLY_H
#define WB_PROTO_RECORD_TALLY_H

#include "base/arena.h"
#include "crypto/commitment.h"
#include "crypto/hash.h"

#define WB_MAX_TOTALS 8192 /* measures in one tally, or one opening */
#define WB_MAX_EXCLUSIONS 65536 /* and as many inclusions */
#define WB_MAX_TALLY_CONTENT ((size_t)3 << 20) /* bytes */
#define WB_MAX_TALLY_BUDGET ((size_t)64 << 20) /* a reader's arena, bytes */
#define WB_TOTAL_MAX ((uint64_t)INT64_MAX) /* thousandths */
#define WB_MAX_NONCE 32 /* bytes */

enum wb_exclusion_reason {
	WB_EXCLUDED_DISPUTED = 1,
	WB_EXCLUDED_UNDECRYPTABLE = 2,
	WB_EXCLUDED_CLOSED = 3, /* not yet opened */
	WB_EXCLUDED_DISTRUSTED = 4
};

/* "disputed", "undecryptable", "not-yet-opened", "distrusted-key". */
const char *wb_exclusion_text(enum wb_exclusion_reason why);

struct wb_exclusion {
	uint64_t index; /* of a batch, in the log */
	enum wb_exclusion_reason why;
};

struct wb_total {
	struct wb_span measure; /* kind|item|unit, see crypto/commitment.h */
	uint64_t quantity; /* thousandths, 1 to WB_TOTAL_MAX */
};

/* All lists ascend, without repetition: measures as bytes compare. */
struct wb_tally_content {
	uint64_t *included; /* log indices, left out by earlier tallies */
	size_t included_count;
	struct wb_exclusion *excluded;
	size_t excluded_count;
	struct wb_total *totals;
	size_t total_count;
	struct wb_scalar blinding;
	struct wb_hash salt; /* so that the hash does not tell the totals */
};

WB_MUST_CHECK enum wb_status wb_tally_content_encode(struct wb_bytes *out,
    const struct wb_tally_content *content, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_tally_content_decode(struct wb_tally_content
							 *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

struct wb_batch_opening {
	uint64_t index; /* of the batch, in the log */
	struct wb_total *totals; /* as in a tally */
	size_t total_count;
	struct wb_scalar blinding;
	struct wb_span nonce; /* the challenge's; may be empty */
};

WB_MUST_CHECK enum wb_status wb_batch_opening_encode(struct wb_bytes *out,
    const struct wb_batch_opening *opening, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_batch_opening_decode(struct wb_batch_opening
							 *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

/*
 * Around a message that is to be sealed to the reader and has no padding of
 * its own: padded so that its age file to one recipient has a size of
 * wb_pad_content.
 */
WB_MUST_CHECK enum wb_status wb_padded_encode(struct wb_bytes *out,
    struct wb_span body, struct wb_error *err);
/* `*body` is in the arena.  WB_INVALID also where it is padded otherwise. */
WB_MUST_CHECK enum wb_status wb_padded_decode(struct wb_span *body,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

#endif
