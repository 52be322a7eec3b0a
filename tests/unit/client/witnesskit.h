/*
 * Two logs, and what they ask of a witness: honest, clumsy or forged.
 */
#ifndef WB_TESTS_UNIT_CLIENT_WITNESSKIT_H
#define WB_TESTS_UNIT_CLIENT_WITNESSKIT_H

#include "client/witness/add_checkpoint.h"

#include "tests/unit/check.h"

#define KIT_LEAVES 16

enum kit_log {
	KIT_LOG, /* the one that the witness knows */
	KIT_OTHER,
	KIT_LOGS
};

struct witness_kit {
	struct wb_error err;
	struct wb_signer signers[KIT_LOGS];
	struct wb_vkey vkeys[KIT_LOGS];
	char vkey_texts[KIT_LOGS][400];
	struct wb_hash leaves[KIT_LEAVES];
	uint64_t seed;
};

void kit_begin(struct witness_kit *k);
void kit_end(struct witness_kit *k);

/* A request, and what may be wrong with it. */
struct asked {
	uint64_t old, size;
	enum kit_log log;
	enum kit_log signer;
	unsigned spoilt; /* leaf 1 is another; bit 0: in the tree */
	bool no_proof;
	bool extra_proof;
	bool bad_signature;
	bool wrong_root;
	const char *raw; /* instead of all that */
};

/* The head of the log's first `size` entries. */
void kit_head(struct wb_head *out, struct witness_kit *k, uint64_t size);

/* The body of add-checkpoint. */
void kit_body(struct wb_bytes *out, struct witness_kit *k,
    const struct asked *a);

#endif
