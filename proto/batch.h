/* A batch header: what a device signs for a number of sealed records. */
#ifndef WB_PROTO_BATCH_H
#define WB_PROTO_BATCH_H

#include "base/arena.h"
#include "crypto/commitment.h"
#include "crypto/hash.h"
#include "crypto/note.h"
#include "crypto/sign.h"

struct wb_batch {
	struct wb_hash programme;
	struct wb_key signer;
	uint64_t sequence; /* 1, 2, 3… per device */
	struct wb_hash previous; /* statement id; zero (empty) in the first */
	struct wb_hash roster; /* statement id */
	struct wb_head seen; /* newest head the device verified; size 0: none */
	struct wb_signature seen_signature;
	struct wb_hash content_hash;
	uint64_t content_size; /* bytes of the age file */
	struct wb_hash records_root;
	struct wb_point totals;
};

WB_MUST_CHECK enum wb_status wb_batch_encode(struct wb_bytes *out,
    const struct wb_batch *batch, struct wb_error *err);
/*
 * WB_INVALID: not canonical, or a size or shape rule.  That the totals are a
 * point of the group is left to those who add them up or open the batch: it
 * costs a fifth of a signature, and no other value equals what openers
 * compute.
 */
WB_MUST_CHECK enum wb_status wb_batch_decode(struct wb_batch *out,
    struct wb_span payload, struct wb_error *err);

#endif
