#include "crypto/merkle.h"

#include <string.h>

#define MAX_LEAVES (UINT64_C(1) << 62) /* what WB_MAX_PROOF is enough for */

static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

void
wb_leaf_hash(struct wb_hash *out, const struct wb_span *parts, size_t n)
{
	struct wb_hasher h;

	wb_hasher_init(&h);
	wb_hasher_add(&h, wb_span(&leaf_prefix, 1));
	for (size_t i = 0; i < n; i++)
		wb_hasher_add(&h, parts[i]);
	wb_hasher_final(&h, out);
}

void
wb_node_hash(struct wb_hash *out, const struct wb_hash *left,
    const struct wb_hash *right)
{
	const struct wb_span parts[] = {
		wb_span(&node_prefix, 1),
		wb_hash_span(left),
		wb_hash_span(right),
	};

	wb_sha256(out, parts, 3);
}

void
wb_merkle_root(struct wb_hash *out, const struct wb_hash *leaves, size_t n)
{
	struct wb_frontier f;

	f.size = 0;
	for (size_t i = 0; i < n; i++)
		wb_frontier_add(&f, &leaves[i], NULL, NULL);
	wb_frontier_root(&f, out);
}

static void
note(struct wb_known_nodes *known, const struct wb_hash *hash)
{
	if (known != NULL)
		known->hashes[known->count++] = *hash;
}

/*
 * RFC 9162 section 2.1.3.2, whose fn and sn are `node` and `last` here.  Notes
 * each node on the way in `known`, unless that is NULL.
 */
static enum wb_status
climb(struct wb_hash *root, struct wb_known_nodes *known,
    const struct wb_hash *leaf, uint64_t index, uint64_t size,
    const struct wb_proof *proof, struct wb_error *err)
{
	uint64_t node = index, last = size - 1;
	struct wb_hash r = *leaf;

	if (index >= size)
		return wb_fail(err, WB_INVALID,
		    "a proof names an entry outside its log");
	note(known, &r);
	for (size_t i = 0; i < proof->count; i++) {
		if (last == 0)
			return wb_fail(err, WB_INVALID,
			    "an inclusion proof is too long");
		if ((node & 1) != 0 || node == last) {
			wb_node_hash(&r, &proof->hashes[i], &r);
			while ((node & 1) == 0) { /* node is not 0 here */
				node >>= 1;
				last >>= 1;
			}
		} else {
			wb_node_hash(&r, &r, &proof->hashes[i]);
		}
		note(known, &proof->hashes[i]);
		note(known, &r);
		node >>= 1;
		last >>= 1;
	}
	if (last != 0)
		return wb_fail(err, WB_INVALID,
		    "an inclusion proof is too short");
	*root = r;
	return WB_OK;
}

enum wb_status
wb_inclusion_root(struct wb_hash *out, const struct wb_hash *leaf,
    uint64_t index, uint64_t size, const struct wb_proof *proof,
    struct wb_error *err)
{
	return climb(out, NULL, leaf, index, size, proof, err);
}

enum wb_status
wb_inclusion_known(struct wb_known_nodes *out, const struct wb_hash *leaf,
    uint64_t index, uint64_t size, const struct wb_proof *proof,
    struct wb_error *err)
{
	struct wb_hash root;
	enum wb_status st;

	out->count = 0;
	st = climb(&root, out, leaf, index, size, proof, err);
	if (st != WB_OK)
		out->count = 0;
	return st;
}

enum wb_status
wb_inclusion_verify(const struct wb_hash *leaf, uint64_t index, uint64_t size,
    const struct wb_proof *proof, const struct wb_hash *root,
    struct wb_error *err)
{
	struct wb_hash implied;
	enum wb_status st;

	st = wb_inclusion_root(&implied, leaf, index, size, proof, err);
	if (st != WB_OK)
		return st;
	if (!wb_hash_equal(&implied, root))
		return wb_fail(err, WB_FORGED,
		    "the proof does not show this entry in the log");
	return WB_OK;
}

/*
 * RFC 9162 section 2.1.4.2 for 0 < size1 < size2: the roots of both trees
 * that the proof implies.
 */
static enum wb_status
consistency_roots(struct wb_hash *old, struct wb_hash *new, uint64_t size1,
    uint64_t size2, const struct wb_proof *proof, struct wb_error *err)
{
	uint64_t node = size1 - 1, last = size2 - 1;
	size_t i = 0;

	while ((node & 1) != 0) {
		node >>= 1;
		last >>= 1;
	}
	/* A perfect old tree is its own first hash; the caller set *old. */
	if (node != 0) {
		if (proof->count == 0)
			return wb_fail(err, WB_INVALID,
			    "a consistency proof is too short");
		*old = proof->hashes[i++];
	}
	*new = *old;
	for (; i < proof->count; i++) {
		const struct wb_hash *h = &proof->hashes[i];

		if (last == 0)
			return wb_fail(err, WB_INVALID,
			    "a consistency proof is too long");
		if ((node & 1) != 0 || node == last) {
			wb_node_hash(old, h, old);
			wb_node_hash(new, h, new);
			while ((node & 1) == 0) { /* node is not 0 here */
				node >>= 1;
				last >>= 1;
			}
		} else {
			wb_node_hash(new, new, h);
		}
		node >>= 1;
		last >>= 1;
	}
	if (last != 0)
		return wb_fail(err, WB_INVALID,
		    "a consistency proof is too short");
	return WB_OK;
}

enum wb_status
wb_consistency_verify(uint64_t size1, const struct wb_hash *root1,
    uint64_t size2, const struct wb_hash *root2, const struct wb_proof *proof,
    struct wb_error *err)
{
	struct wb_hash old = *root1, new = *root1;
	enum wb_status st;

	if (size1 == 0 || size1 > size2)
		return wb_fail(err, WB_INVALID,
		    "log sizes that no consistency proof can join");
	if (size1 < size2) {
		st = consistency_roots(&old, &new, size1, size2, proof, err);
		if (st != WB_OK)
			return st;
	} else if (proof->count != 0) {
		return wb_fail(err, WB_INVALID,
		    "a consistency proof is too long");
	}
	if (!wb_hash_equal(&old, root1) || !wb_hash_equal(&new, root2)) {
		return wb_fail(err, WB_FORGED,
		    "the log was rewritten: its old head does not lead to its "
		    "new one");
	}
	return WB_OK;
}

/* The largest power of two below n; n > 1. */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k <<= 1;
	return k;
}

/*
 * Hash of the leaves from `lo` up to, not including, `hi`; lo is a multiple
 * of the smallest power of two >= hi - lo.  Folds the perfect subtrees from
 * the right, as RFC 6962 does at a ragged edge.
 */
static enum wb_status
range_hash(struct wb_hash *out, uint64_t lo, uint64_t hi, struct wb_nodes nodes,
    struct wb_error *err)
{
	bool begun = false;
	struct wb_hash node;
	enum wb_status st;

	for (unsigned level = 0; hi > lo; level++) {
		if (((hi - lo) >> level & 1) == 0)
			continue;
		hi -= UINT64_C(1) << level;
		st = nodes.get(nodes.ctx, &node, level, hi >> level, err);
		if (st != WB_OK)
			return st;
		if (begun)
			wb_node_hash(out, &node, out);
		else
			*out = node;
		begun = true;
	}
	return WB_OK;
}

/* Proofs are collected from the root down and written from the leaf up. */
static void
reverse(struct wb_proof *p)
{
	for (size_t i = 0, j = p->count; i + 1 < j; i++) {
		struct wb_hash h = p->hashes[i];

		p->hashes[i] = p->hashes[--j];
		p->hashes[j] = h;
	}
}

/*
 * Walks from the root of the tree of `size` towards leaf `index` and collects
 * what it passes, until the subtree it is in ends at `stop`.  *lo and *hi are
 * that subtree's bounds.
 */
static enum wb_status
descend(struct wb_proof *out, uint64_t bounds[2], uint64_t index, uint64_t stop,
    struct wb_nodes nodes, struct wb_error *err)
{
	uint64_t lo = bounds[0], hi = bounds[1];
	enum wb_status st;

	out->count = 0;
	while (hi != stop && hi - lo > 1) {
		uint64_t mid = lo + split(hi - lo);
		struct wb_hash *h = &out->hashes[out->count++];

		if (index < mid) {
			st = range_hash(h, mid, hi, nodes, err);
			hi = mid;
		} else {
			st = range_hash(h, lo, mid, nodes, err);
			lo = mid;
		}
		if (st != WB_OK)
			return st;
	}
	bounds[0] = lo;
	bounds[1] = hi;
	return WB_OK;
}

enum wb_status
wb_inclusion_prove(struct wb_proof *out, uint64_t index, uint64_t size,
    struct wb_nodes nodes, struct wb_error *err)
{
	uint64_t bounds[2] = { 0, size };
	enum wb_status st;

	if (index >= size || size > MAX_LEAVES)
		return wb_fail(err, WB_INVALID,
		    "the log has no such entry to prove");
	st = descend(out, bounds, index, 0, nodes, err);
	if (st != WB_OK)
		return st;
	reverse(out);
	return WB_OK;
}

/* RFC 9162 section 2.1.4.1, without its recursion. */
enum wb_status
wb_consistency_prove(struct wb_proof *out, uint64_t size1, uint64_t size2,
    struct wb_nodes nodes, struct wb_error *err)
{
	uint64_t bounds[2] = { 0, size2 };
	enum wb_status st;

	if (size1 == 0 || size1 > size2 || size2 > MAX_LEAVES)
		return wb_fail(err, WB_INVALID,
		    "log sizes that no consistency proof can join");
	st = descend(out, bounds, size1 - 1, size1, nodes, err);
	if (st != WB_OK)
		return st;
	/* The old tree itself, where it is a subtree, is known already. */
	if (bounds[0] != 0) {
		st = range_hash(&out->hashes[out->count++], bounds[0],
		    bounds[1], nodes, err);
		if (st != WB_OK)
			return st;
	}
	reverse(out);
	return WB_OK;
}

void
wb_frontier_add(struct wb_frontier *f, const struct wb_hash *leaf,
    void (*made)(void *ctx, unsigned level, uint64_t index,
	const struct wb_hash *hash),
    void *ctx)
{
	uint64_t index = f->size;
	struct wb_hash h = *leaf;
	unsigned level = 0;

	if (made != NULL)
		made(ctx, 0, index, &h);
	for (; (index & 1) != 0; index >>= 1) {
		wb_node_hash(&h, &f->edge[level++], &h);
		if (made != NULL)
			made(ctx, level, index >> 1, &h);
	}
	f->edge[level] = h;
	f->size++;
}

void
wb_frontier_root(const struct wb_frontier *f, struct wb_hash *out)
{
	bool begun = false;

	wb_sha256(out, NULL, 0);
	for (unsigned level = 0; level < 64; level++) {
		if ((f->size >> level & 1) == 0)
			continue;
		if (begun)
			wb_node_hash(out, &f->edge[level], out);
		else
			*out = f->edge[level];
		begun = true;
	}
}
