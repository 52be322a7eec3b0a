/*
 * The hashes that the proofs of one answer have in common, each of which is
 * sent once.  For proto/transfer_answer.c alone.
 */
#ifndef WB_PROTO_SHARED_HASHES_H
#define WB_PROTO_SHARED_HASHES_H

#include "crypto/merkle.h"
#include "proto/codec.h"

struct wb_shared_hashes {
	struct wb_hash *hashes;
	size_t count;
	size_t room;
	uint32_t *slots; /* by hash: place + 1, or 0; a power of two of them */
	size_t slot_count;
};

/* For proofs of at most `room` hashes in all. */
struct wb_shared_hashes wb_shared_begin(struct wb_codec *c, size_t room);

/* The proof as places among the hashes; *n = how many. */
uint32_t *wb_shared_put(struct wb_codec *c, struct wb_shared_hashes *shared,
    size_t *n, const struct wb_proof *proof);

/* All hashes, as a field. */
ProtobufCBinaryData wb_shared_field(const struct wb_shared_hashes *shared);

/* Reading: the proofs are taken in the order in which they were put. */
struct wb_shared_reader {
	ProtobufCBinaryData hashes;
	size_t used; /* of the hashes, which are there in the order of use */
};

void wb_shared_get(struct wb_codec *c, struct wb_proof *out,
    struct wb_shared_reader *shared, size_t n, const uint32_t *places);

/* Rules that no hash is left over. */
void wb_shared_end(struct wb_codec *c, const struct wb_shared_reader *shared);

#endif
