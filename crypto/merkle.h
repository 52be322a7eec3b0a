/*
 * RFC 6962 / RFC 9162 Merkle trees: leaf and node hashes, inclusion and
 * consistency proofs, and the growing tree as its right edge.
 */
#ifndef WB_CRYPTO_MERKLE_H
#define WB_CRYPTO_MERKLE_H

#include "crypto/hash.h"

#define WB_MAX_PROOF 63 /* hashes in any proof of a tree below 2^62 leaves */

struct wb_proof {
	struct wb_hash hashes[WB_MAX_PROOF];
	size_t count;
};

void wb_leaf_hash(struct wb_hash *out, const struct wb_span *parts, size_t n);
void wb_node_hash(struct wb_hash *out, const struct wb_hash *left,
    const struct wb_hash *right);

/* Root of n leaf hashes; n 0: SHA-256 of nothing. */
void wb_merkle_root(struct wb_hash *out, const struct wb_hash *leaves,
    size_t n);

/*
 * Root implied by a leaf hash, its index and a proof, in a tree of `size`.
 * WB_INVALID: index not below size, or a proof of the wrong length.
 */
WB_MUST_CHECK enum wb_status wb_inclusion_root(struct wb_hash *out,
    const struct wb_hash *leaf, uint64_t index, uint64_t size,
    const struct wb_proof *proof, struct wb_error *err);

/*
 * What an inclusion proof tells of its tree: the entry's leaf, and for each
 * step up the node beside and the node above both; the root is the last.
 */
#define WB_MAX_KNOWN (2 * WB_MAX_PROOF + 1)

struct wb_known_nodes {
	struct wb_hash hashes[WB_MAX_KNOWN];
	size_t count; /* 0: nothing is known */
};

/* As wb_inclusion_root. */
WB_MUST_CHECK enum wb_status wb_inclusion_known(struct wb_known_nodes *out,
    const struct wb_hash *leaf, uint64_t index, uint64_t size,
    const struct wb_proof *proof, struct wb_error *err);

/* WB_FORGED: the proof does not lead to `root`; WB_INVALID as above. */
WB_MUST_CHECK enum wb_status wb_inclusion_verify(const struct wb_hash *leaf,
    uint64_t index, uint64_t size, const struct wb_proof *proof,
    const struct wb_hash *root, struct wb_error *err);

/*
 * The tree of size1 with root1 begins that of size2 with root2.  size1 = 0 is
 * an error (WB_INVALID): nothing can be said of an empty tree.
 */
WB_MUST_CHECK enum wb_status wb_consistency_verify(uint64_t size1,
    const struct wb_hash *root1, uint64_t size2, const struct wb_hash *root2,
    const struct wb_proof *proof, struct wb_error *err);

/*
 * Where proofs come from: the hash of the perfect subtree of 2^level leaves
 * that begins at leaf index << level.
 */
struct wb_nodes {
	enum wb_status (*get)(void *ctx, struct wb_hash *out, unsigned level,
	    uint64_t index, struct wb_error *err);
	void *ctx;
};

WB_MUST_CHECK enum wb_status wb_inclusion_prove(struct wb_proof *out,
    uint64_t index, uint64_t size, struct wb_nodes nodes, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_consistency_prove(struct wb_proof *out,
    uint64_t size1, uint64_t size2, struct wb_nodes nodes,
    struct wb_error *err);

/* The right edge of a growing tree: one hash per set bit of `size`. */
struct wb_frontier {
	uint64_t size;
	struct wb_hash edge[64]; /* edge[l]: subtree of 2^l, if bit l is set */
};

/*
 * Appends a leaf.  `made` (may be NULL) is told each perfect subtree that the
 * leaf completes: level, index and hash, the leaf itself first.
 */
void wb_frontier_add(struct wb_frontier *f, const struct wb_hash *leaf,
    void (*made)(void *ctx, unsigned level, uint64_t index,
	const struct wb_hash *hash),
    void *ctx);
void wb_frontier_root(const struct wb_frontier *f, struct wb_hash *out);

#endif
