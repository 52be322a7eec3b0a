/*
 * The hashes that the proofs of one answer have in common, each of which is
 * sent once; those that the asker is known to have come first and are not
 * sent.  For proto/transfer_answer.c alone.
 */
#ifndef WB_PROTO_SHARED_HASHES_H
#define WB_PROTO_SHARED_HASHES_H

#include "crypto/merkle.h"
#include "proto/codec.h"

struct wb_shared_hashes {
	struct wb_hash *hashes;
	size_t count;
	size_t known; /* of these, from the first on: not sent */
	size_t room;
	uint32_t *slots; /* by hash: place + 1, or 0; a power of two of them */
	size_t slot_count;
};

/* For proofs of at most `room` hashes in all.  `known` may be NULL. */
struct wb_shared_hashes wb_shared_begin(struct wb_codec *c, size_t room,
    const struct wb_known_nodes *known);

/* The proof as places among the hashes; *n = how many. */
uint32_t *wb_shared_put(struct wb_codec *c, struct wb_shared_hashes *shared,
    size_t *n, const struct wb_proof *proof);

/* All that are to be sent, as a field. */
ProtobufCBinaryData wb_shared_field(const struct wb_shared_hashes *shared);

/* Reading: the proofs are taken in the order in which they were put. */
struct wb_shared_reader {
	const struct wb_known_nodes *known; /* the same; may be NULL */
	ProtobufCBinaryData hashes; /* sent, in the order of use */
	size_t used; /* of these */
};

void wb_shared_get(struct wb_codec *c, struct wb_proof *out,
    struct wb_shared_reader *shared, size_t n, const uint32_t *places);

/* Rules that no hash was sent for nothing: unused, twice, or known. */
void wb_shared_end(struct wb_codec *c, const struct wb_shared_reader *shared);

#endif
