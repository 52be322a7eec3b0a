/*
 * The log's Merkle tree as it grows: leaf hashes go in, tiles to be stored and
 * proofs come out.  The right edge is in memory with every node of its tiles,
 * older tiles are read from a store and a few kept; so a proof is some
 * look-ups and no hashing.  Knows no statements.
 *
 * One thread adds; any may prove at the same time within a size that has been
 * committed, since a perfect subtree never changes.
 */
#ifndef WB_SERVER_TREE_H
#define WB_SERVER_TREE_H

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/tile.h"
#include "server/store.h"

struct wb_tree;

WB_MUST_CHECK enum wb_status wb_tree_new(struct wb_tree **out,
    struct wb_error *err);
void wb_tree_free(struct wb_tree **tree);

/*
 * Makes the tree that of `head`, from the tiles in the store; what was added
 * since is forgotten.  WB_FORGED: the tiles do not have this root.
 */
WB_MUST_CHECK enum wb_status wb_tree_load(struct wb_tree *tree,
    struct wb_store *store, const struct wb_head *head, struct wb_error *err);

void wb_tree_add(struct wb_tree *tree, const struct wb_hash *leaf);
void wb_tree_head(struct wb_head *out, struct wb_tree *tree);

/* Leaves that may be added between commits, and the tiles they may touch. */
#define WB_TREE_MAX_ADD 1024
#define WB_TREE_MAX_CHANGED \
	(WB_TREE_MAX_ADD / WB_TILE_WIDTH + 1 + 2 * WB_STORE_TILES)

/*
 * The tiles that changed since the last load or commit: views that are good
 * until the next change.
 */
size_t wb_tree_changed(struct wb_store_tile out[WB_TREE_MAX_CHANGED],
    struct wb_tree *tree);
void wb_tree_committed(struct wb_tree *tree);

/* Proofs in the tree of `size`.  `store` is the calling thread's own. */
WB_MUST_CHECK enum wb_status wb_tree_include(struct wb_proof *out,
    struct wb_tree *tree, struct wb_store *store, uint64_t index, uint64_t size,
    struct wb_error *err);

/* What that proof tells whoever has it and the entry. */
WB_MUST_CHECK enum wb_status wb_tree_known(struct wb_known_nodes *out,
    struct wb_tree *tree, struct wb_store *store, uint64_t index, uint64_t size,
    struct wb_error *err);

/* From `from` to `size`; empty where from is 0 or the same. */
WB_MUST_CHECK enum wb_status wb_tree_extend(struct wb_proof *out,
    struct wb_tree *tree, struct wb_store *store, uint64_t from, uint64_t size,
    struct wb_error *err);

#endif
