/* The header of published totals. */
#ifndef WB_PROTO_TALLY_H
#define WB_PROTO_TALLY_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "proto/envelope.h"

#define WB_MAX_TALLY_SIGNERS 16

struct wb_tally {
	struct wb_hash programme;
	struct wb_key *signers;
	size_t signer_count; /* 1 to WB_MAX_TALLY_SIGNERS, distinct */
	uint64_t first; /* log index */
	uint64_t last; /* inclusive */
	struct wb_hash previous; /* statement id; zero in the first */
	struct wb_hash totals_hash;
	struct wb_hash content_hash;
};

WB_MUST_CHECK enum wb_status wb_tally_encode(struct wb_bytes *out,
    const struct wb_tally *tally, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_tally_decode(struct wb_tally *out,
    struct wb_arena *arena, struct wb_span payload, struct wb_error *err);

/*
 * The signature of each of its signers, in their order, and no other.
 * WB_FORGED.
 */
WB_MUST_CHECK enum wb_status wb_tally_verify(const struct wb_envelope *envelope,
    const struct wb_tally *tally, struct wb_error *err);

#endif
