#include "crypto/merkle.h"

#include "tests/unit/check.h"

#define MOST 70 /* leaves; every smaller tree is tried too */

static struct wb_hash leaves[MOST];
/* Every perfect subtree, as wb_frontier_add tells of them. */
static struct wb_hash nodes[8][MOST];
static bool known[8][MOST];

static void
remember(void *ctx, unsigned level, uint64_t index, const struct wb_hash *hash)
{
	size_t *calls = ctx;

	assert_in_range(level, 0, 7);
	assert_in_range(index, 0, MOST - 1);
	assert_false(known[level][index]);
	known[level][index] = true;
	nodes[level][index] = *hash;
	(*calls)++;
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	const bool *broken = ctx;

	if (*broken)
		return wb_fail(err, WB_STORAGE, "the disk is gone");
	assert_true(level < 8 && index < MOST && known[level][index]);
	*out = nodes[level][index];
	return WB_OK;
}

static bool whole = false;
static bool broken = true;
static const struct wb_nodes tree = { get_node, &whole };

/* RFC 6962 section 2.1 word for word: what the fast code must equal. */
static void
plain_root(struct wb_hash *out, const struct wb_hash *from, size_t n)
{
	struct wb_hash left, right;
	size_t k = 1;

	if (n == 1) {
		*out = *from;
		return;
	}
	while (k * 2 < n)
		k *= 2;
	plain_root(&left, from, k);
	plain_root(&right, from + k, n - k);
	wb_node_hash(out, &left, &right);
}

static int
grow(void **state)
{
	struct wb_frontier f = { .size = 0 };
	size_t calls = 0;

	(void)state;
	for (size_t i = 0; i < MOST; i++) {
		uint8_t byte = (uint8_t)i;
		struct wb_span part = wb_span(&byte, 1);

		wb_leaf_hash(&leaves[i], &part, 1);
		wb_frontier_add(&f, &leaves[i], remember, &calls);
	}
	/* One call a leaf, and one for each perfect subtree above. */
	assert_int_equal(calls, 70 + 35 + 17 + 8 + 4 + 2 + 1);
	return 0;
}

static void
roots_equal_the_definition(void **state)
{
	struct wb_frontier f = { .size = 0 };
	struct wb_hash want, got;

	(void)state;
	for (size_t n = 1; n <= MOST; n++) {
		plain_root(&want, leaves, n);
		wb_merkle_root(&got, leaves, n);
		assert_true(wb_hash_equal(&want, &got));
		wb_frontier_add(&f, &leaves[n - 1], NULL, NULL);
		wb_frontier_root(&f, &got);
		assert_true(wb_hash_equal(&want, &got));
	}
}

static void
the_empty_tree_is_the_hash_of_nothing(void **state)
{
	struct wb_hash nothing, root;

	(void)state;
	wb_sha256_one(&nothing, wb_span(NULL, 0));
	wb_merkle_root(&root, leaves, 0);
	assert_true(wb_hash_equal(&nothing, &root));
}

/* Refused as it is with one bit of one hash turned, cut, and lengthened. */
static void
assert_fragile(struct wb_proof *p, bool (*accepts)(const struct wb_proof *p))
{
	assert_true(accepts(p));
	for (size_t i = 0; i < p->count; i++) {
		p->hashes[i].b[i % WB_HASH_LEN] ^= 0x10;
		assert_false(accepts(p));
		p->hashes[i].b[i % WB_HASH_LEN] ^= 0x10;
	}
	p->hashes[p->count] = leaves[0];
	p->count++;
	assert_false(accepts(p));
	p->count--;
	if (p->count > 0) {
		p->count--;
		assert_false(accepts(p));
		p->count++;
	}
}

/* The case at hand, for the two functions below. */
static uint64_t at, size1, size2;
static struct wb_hash root1, root2;

static bool
inclusion_accepts(const struct wb_proof *p)
{
	return wb_inclusion_verify(&leaves[at], at, size2, p, &root2, NULL) ==
	       WB_OK;
}

static bool
consistency_accepts(const struct wb_proof *p)
{
	return wb_consistency_verify(size1, &root1, size2, &root2, p, NULL) ==
	       WB_OK;
}

static void
every_inclusion_proof_verifies_and_no_other(void **state)
{
	struct wb_error err = { 0 };
	struct wb_proof p;

	(void)state;
	for (size2 = 1; size2 <= MOST; size2++) {
		wb_merkle_root(&root2, leaves, size2);
		for (uint64_t i = 0; i < size2; i++) {
			at = i;
			assert_ok(wb_inclusion_prove(&p, i, size2, tree, &err),
			    &err);
			assert_fragile(&p, inclusion_accepts);
			/* Neither another leaf nor another place. */
			for (uint64_t j = 0; j < size2; j++)
				assert_int_equal(wb_inclusion_verify(&leaves[i],
						     j, size2, &p, &root2,
						     NULL) == WB_OK,
				    i == j);
		}
	}
}

static void
every_consistency_proof_verifies_and_no_other(void **state)
{
	struct wb_error err = { 0 };
	struct wb_proof p;

	(void)state;
	for (size2 = 1; size2 <= MOST; size2++) {
		wb_merkle_root(&root2, leaves, size2);
		for (size1 = 1; size1 <= size2; size1++) {
			wb_merkle_root(&root1, leaves, size1);
			assert_ok(wb_consistency_prove(&p, size1, size2, tree,
				      &err),
			    &err);
			assert_fragile(&p, consistency_accepts);
			root1.b[31] ^= 1;
			assert_false(consistency_accepts(&p));
			root1.b[31] ^= 1;
			root2.b[0] ^= 1;
			assert_false(consistency_accepts(&p));
			root2.b[0] ^= 1;
		}
	}
}

/* From the leaf up: the node beside, and what both make, in some order. */
static void
check_known(const struct wb_known_nodes *all, const struct wb_proof *p,
    const struct wb_hash *leaf, const struct wb_hash *root)
{
	struct wb_hash left, right;

	assert_int_equal(all->count, 2 * p->count + 1);
	assert_true(wb_hash_equal(&all->hashes[0], leaf));
	assert_true(wb_hash_equal(&all->hashes[all->count - 1], root));
	for (size_t i = 0; i < p->count; i++) {
		const struct wb_hash *below = &all->hashes[2 * i];

		assert_true(wb_hash_equal(&below[1], &p->hashes[i]));
		wb_node_hash(&right, &below[0], &below[1]);
		wb_node_hash(&left, &below[1], &below[0]);
		assert_true(wb_hash_equal(&below[2], &left) ||
			    wb_hash_equal(&below[2], &right));
	}
}

static void
an_inclusion_proof_tells_every_node_on_its_way(void **state)
{
	struct wb_known_nodes all;
	struct wb_error err = { 0 };
	struct wb_hash root;
	struct wb_proof p;

	(void)state;
	for (uint64_t n = 1; n <= MOST; n++) {
		wb_merkle_root(&root, leaves, n);
		for (uint64_t i = 0; i < n; i++) {
			assert_ok(wb_inclusion_prove(&p, i, n, tree, &err),
			    &err);
			assert_ok(wb_inclusion_known(&all, &leaves[i], i, n, &p,
				      &err),
			    &err);
			check_known(&all, &p, &leaves[i], &root);
		}
	}
	assert_status(WB_INVALID,
	    wb_inclusion_known(&all, &leaves[0], MOST, MOST, &p, &err), &err);
	assert_int_equal(all.count, 0);
	p.count--;
	assert_status(WB_INVALID,
	    wb_inclusion_known(&all, &leaves[0], MOST - 1, MOST, &p, &err),
	    &err);
	assert_int_equal(all.count, 0);
}

static void
refusals_say_whether_form_or_evidence_is_wrong(void **state)
{
	struct wb_error err = { 0 };
	struct wb_hash root;
	struct wb_proof p;

	(void)state;
	wb_merkle_root(&root, leaves, 7);
	assert_ok(wb_inclusion_prove(&p, 3, 7, tree, &err), &err);
	assert_status(WB_FORGED,
	    wb_inclusion_verify(&leaves[2], 3, 7, &p, &root, &err), &err);
	assert_status(WB_INVALID,
	    wb_inclusion_verify(&leaves[3], 7, 7, &p, &root, &err), &err);
	assert_status(WB_INVALID,
	    wb_inclusion_verify(&leaves[3], 0, 0, &p, &root, &err), &err);
	assert_ok(wb_inclusion_verify(&leaves[3], 3, 7, &p, &root, &err), &err);
	p.hashes[p.count++] = leaves[0];
	assert_status(WB_INVALID,
	    wb_inclusion_verify(&leaves[3], 3, 7, &p, &root, &err), &err);
	p.count -= 2;
	assert_status(WB_INVALID,
	    wb_inclusion_verify(&leaves[3], 3, 7, &p, &root, &err), &err);
	assert_ok(wb_consistency_prove(&p, 3, 7, tree, &err), &err);
	p.hashes[p.count++] = leaves[0];
	assert_status(WB_INVALID,
	    wb_consistency_verify(3, &root, 7, &root, &p, &err), &err);
	p.count = 0;
	assert_status(WB_INVALID,
	    wb_consistency_verify(0, &root, 7, &root, &p, &err), &err);
	assert_status(WB_INVALID,
	    wb_consistency_verify(8, &root, 7, &root, &p, &err), &err);
	assert_status(WB_INVALID,
	    wb_consistency_verify(3, &root, 7, &root, &p, &err), &err);
	assert_status(WB_FORGED,
	    wb_consistency_verify(7, &leaves[0], 7, &root, &p, &err), &err);
}

static void
the_largest_sizes_end(void **state)
{
	struct wb_proof p = { .count = WB_MAX_PROOF };
	struct wb_error err = { 0 };
	struct wb_hash root;

	(void)state;
	assert_status(WB_INVALID,
	    wb_inclusion_root(&root, &leaves[0], 0, UINT64_MAX, &p, &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_consistency_verify(UINT64_MAX - 1, &root1, UINT64_MAX, &root2,
		&p, &err),
	    &err);
	p.count = 62;
	assert_ok(wb_inclusion_root(&root, &leaves[0], 0, UINT64_C(1) << 62, &p,
		      &err),
	    &err);
}

static void
proofs_are_made_only_of_trees_that_are(void **state)
{
	const struct wb_nodes gone = { get_node, &broken };
	struct wb_error err = { 0 };
	struct wb_proof p;

	(void)state;
	assert_status(WB_INVALID, wb_inclusion_prove(&p, 7, 7, tree, &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_inclusion_prove(&p, 7, UINT64_MAX, tree, &err), &err);
	assert_status(WB_INVALID, wb_consistency_prove(&p, 0, 7, tree, &err),
	    &err);
	assert_status(WB_INVALID, wb_consistency_prove(&p, 8, 7, tree, &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_consistency_prove(&p, 8, UINT64_MAX, tree, &err), &err);
	assert_status(WB_STORAGE, wb_inclusion_prove(&p, 3, 7, gone, &err),
	    &err);
	assert_status(WB_STORAGE, wb_consistency_prove(&p, 3, 7, gone, &err),
	    &err);
	assert_status(WB_STORAGE, wb_consistency_prove(&p, 6, 7, gone, &err),
	    &err);
}

/* A store of nodes that fails once so many were read. */
static enum wb_status
get_some(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	size_t *left = ctx;

	if (*left == 0)
		return wb_fail(err, WB_STORAGE, "the disk is gone");
	(*left)--;
	return get_node(&whole, out, level, index, err);
}

static void
every_node_that_cannot_be_read_ends_a_proof(void **state)
{
	size_t left = 0, given = 0;
	const struct wb_nodes failing = { get_some, &left };
	struct wb_error err = { 0 };
	struct wb_proof p, want;

	(void)state;
	assert_ok(wb_consistency_prove(&want, 45, 70, tree, &err), &err);
	while (wb_consistency_prove(&p, 45, 70, failing, &err) != WB_OK) {
		assert_int_equal(err.status, WB_STORAGE);
		left = ++given;
		assert_true(given < MOST);
	}
	assert_true(given >= want.count);
	assert_int_equal(p.count, want.count);
	assert_memory_equal(p.hashes, want.hashes,
	    want.count * sizeof want.hashes[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_equal_the_definition),
		cmocka_unit_test(the_empty_tree_is_the_hash_of_nothing),
		cmocka_unit_test(every_inclusion_proof_verifies_and_no_other),
		cmocka_unit_test(every_consistency_proof_verifies_and_no_other),
		cmocka_unit_test(
		    an_inclusion_proof_tells_every_node_on_its_way),
		cmocka_unit_test(
		    refusals_say_whether_form_or_evidence_is_wrong),
		cmocka_unit_test(the_largest_sizes_end),
		cmocka_unit_test(proofs_are_made_only_of_trees_that_are),
		cmocka_unit_test(every_node_that_cannot_be_read_ends_a_proof),
	};

	return cmocka_run_group_tests(tests, grow, NULL);
}
