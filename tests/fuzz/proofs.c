/*
 * Proofs with wrong sizes, indices and hashes, about a tree of LEAVES leaves
 * whose nodes the input can name.  A proof about that size is accepted only if
 * it is the honest one.
 *
 *	inclusion	0, leaf, index 8, size 8, hashes
 *	consistency	1, root of 1, root of 2, size1 8, size2 8, hashes
 *	a hash		a node's number, or 0xff and 32 bytes
 */
#include <string.h>

#include "crypto/merkle.h"

#include "tests/fuzz/fuzz.h"

#define LEAVES ((size_t)21)
#define RAW 0xff
#define FRONT ((size_t)17) /* bytes before the sizes' end, the way left out */

static struct wb_hash leaves[LEAVES];

/* Every node that a proof about this tree can have. */
static struct {
	struct wb_hash hash[2 * LEAVES];
	size_t count;
} nodes;

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	(void)ctx;
	(void)err;
	wb_merkle_root(out, leaves + (index << level), (size_t)1 << level);
	return WB_OK;
}

static const struct wb_nodes tree = { get_node, NULL };

static void
grow(void)
{
	if (nodes.count != 0)
		return;
	for (size_t i = 0; i < LEAVES; i++) {
		const uint8_t n = (uint8_t)i;
		const struct wb_span part = wb_span(&n, 1);

		wb_leaf_hash(&leaves[i], &part, 1);
	}
	for (size_t width = 1; width <= LEAVES; width *= 2) {
		for (size_t at = 0; at + width <= LEAVES; at += width)
			wb_merkle_root(&nodes.hash[nodes.count++], leaves + at,
			    width);
	}
}

static void
root_of(struct wb_hash *out, uint64_t size)
{
	wb_merkle_root(out, leaves, (size_t)(size % (LEAVES + 1)));
}

static void
take_hashes(struct wb_proof *out, struct wb_span in)
{
	out->count = 0;
	while (in.len > 0 && out->count < WB_MAX_PROOF) {
		struct wb_hash *h = &out->hashes[out->count];
		uint8_t n = in.data[0];

		in = wb_span_sub(in, 1, in.len);
		if (n == RAW && in.len >= sizeof h->b) {
			memcpy(h->b, in.data, sizeof h->b);
			in = wb_span_sub(in, sizeof h->b, in.len);
		} else {
			*h = nodes.hash[n % nodes.count];
		}
		out->count++;
	}
}

static bool
same_proof(const struct wb_proof *a, const struct wb_proof *b)
{
	return a->count == b->count && memcmp(a->hashes, b->hashes,
					   a->count * sizeof a->hashes[0]) == 0;
}

static void
inclusion(const uint8_t front[FRONT], const struct wb_proof *proof)
{
	const size_t place = (size_t)front[0] % LEAVES;
	const struct wb_hash *leaf = &leaves[place];
	uint64_t index = wb_get_be64(front + 1);
	uint64_t size = wb_get_be64(front + 9);
	struct wb_proof honest;
	struct wb_hash root;

	root_of(&root, LEAVES);
	if (wb_inclusion_verify(leaf, index, size, proof, &root, NULL) !=
	    WB_OK) {
		FUZZ_REQUIRE(
		    size != LEAVES || index >= LEAVES || place != index ||
		    wb_inclusion_prove(&honest, index, size, tree, NULL) !=
			WB_OK ||
		    !same_proof(proof, &honest));
		return;
	}
	FUZZ_REQUIRE(index < size);
	if (size != LEAVES)
		return; /* the size comes signed, not from the proof */
	FUZZ_REQUIRE(index == place);
	FUZZ_REQUIRE(
	    wb_inclusion_prove(&honest, index, size, tree, NULL) == WB_OK);
	FUZZ_REQUIRE(same_proof(proof, &honest));
}

static void
consistency(const uint8_t front[FRONT + 1], const struct wb_proof *proof)
{
	uint64_t real1 = (size_t)front[0] % (LEAVES + 1);
	uint64_t real2 = (size_t)front[1] % (LEAVES + 1);
	uint64_t size1 = wb_get_be64(front + 2);
	uint64_t size2 = wb_get_be64(front + 10);
	struct wb_hash root1, root2;
	struct wb_proof honest;

	root_of(&root1, real1);
	root_of(&root2, real2);
	if (wb_consistency_verify(size1, &root1, size2, &root2, proof, NULL) !=
	    WB_OK)
		return;
	FUZZ_REQUIRE(size1 <= size2);
	FUZZ_REQUIRE(size1 != size2 || real1 == real2);
	if (size1 != real1 || size2 != real2)
		return;
	FUZZ_REQUIRE(
	    wb_consistency_prove(&honest, size1, size2, tree, NULL) == WB_OK);
	FUZZ_REQUIRE(same_proof(proof, &honest));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t front = size > 0 && data[0] == 1 ? FRONT + 1 : FRONT;
	struct wb_proof proof;

	grow();
	if (size < 1 + front || data[0] > 1)
		return 0;
	take_hashes(&proof, wb_span(data + 1 + front, size - 1 - front));
	if (data[0] == 0)
		inclusion(data + 1, &proof);
	else
		consistency(data + 1, &proof);
	return 0;
}
