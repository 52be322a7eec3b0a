#include "crypto/recordtree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MIN_LEAVES 16

/* What a salt is for: the byte after the label. */
enum salt_use {
	SALT_MANIFEST = 0,
	SALT_GOODS = WB_HALF_GOODS,
	SALT_PLACE = WB_HALF_PLACE,
	SALT_DECOY = 3
};

static void
make_salt(uint8_t out[WB_SALT_LEN], const struct wb_hash *seed,
    enum salt_use use, struct wb_span number)
{
	const uint8_t byte = (uint8_t)use;
	const struct wb_span parts[] = {
		wb_span_text("waybill/salt/v1"),
		wb_span(&byte, 1),
		number,
	};

	wb_hmac_sha256(out, wb_hash_span(seed), parts, 3);
}

void
wb_record_salt(uint8_t out[WB_SALT_LEN], const struct wb_hash *seed,
    enum wb_record_half half)
{
	make_salt(out, seed, (enum salt_use)half, wb_span(NULL, 0));
}

void
wb_record_leaf(struct wb_hash *out, const uint8_t salt[WB_SALT_LEN],
    struct wb_span bytes)
{
	static const char label[] = "waybill/record/v1"; /* with its NUL */
	const struct wb_span parts[] = {
		wb_span(label, sizeof(label)),
		wb_span(salt, WB_SALT_LEN),
		bytes,
	};

	wb_leaf_hash(out, parts, 3);
}

static void
record_half(struct wb_hash *out, const struct wb_hash *seed,
    enum wb_record_half half, struct wb_span bytes)
{
	uint8_t salt[WB_SALT_LEN];

	wb_record_salt(salt, seed, half);
	wb_record_leaf(out, salt, bytes);
	wb_wipe(salt, sizeof(salt));
}

void
wb_record_leaves(struct wb_record_leaves *out, const struct wb_hash *seed,
    struct wb_span goods, struct wb_span place)
{
	record_half(&out->goods, seed, WB_HALF_GOODS, goods);
	record_half(&out->place, seed, WB_HALF_PLACE, place);
}

size_t
wb_record_tree_size(size_t n)
{
	size_t size = MIN_LEAVES;

	while (size / 2 - 1 < n)
		size *= 2;
	return size;
}

static void
manifest_leaf(struct wb_hash *out, const struct wb_hash *seed,
    struct wb_span manifest)
{
	uint8_t salt[WB_SALT_LEN];

	make_salt(salt, seed, SALT_MANIFEST, wb_span(NULL, 0));
	wb_record_leaf(out, salt, manifest);
	wb_wipe(salt, sizeof(salt));
}

static void
decoy_leaf(struct wb_hash *out, const struct wb_hash *seed, size_t j)
{
	uint8_t salt[WB_SALT_LEN], number[4];

	wb_put_be32(number, (uint32_t)j);
	make_salt(salt, seed, SALT_DECOY, wb_span(number, sizeof(number)));
	wb_record_leaf(out, salt, wb_span(NULL, 0));
	wb_wipe(salt, sizeof(salt));
}

/*
 * By the hash of the first leaf.  Equal ones are one record put in twice,
 * which openers refuse; the second leaf keeps the order total all the same.
 */
static int
compare_pairs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct wb_record_leaves));
}

static_assert(sizeof(struct wb_record_leaves) == 2 * sizeof(struct wb_hash),
    "pairs are laid out as leaves are");

enum wb_status
wb_record_tree(struct wb_hash **leaves, const struct wb_hash *seed,
    struct wb_span manifest, const struct wb_record_leaves *records, size_t n,
    struct wb_error *err)
{
	struct wb_record_leaves *pairs = NULL;
	size_t pair_count, decoy = 1;

	*leaves = NULL;
	if (n > WB_MAX_BATCH_RECORDS)
		return wb_fail(err, WB_INVALID,
		    "%zu records are too many for one batch", n);
	pair_count = wb_record_tree_size(n) / 2;
	pairs = calloc(pair_count, sizeof(*pairs));
	if (pairs == NULL)
		return wb_fail(err, WB_NO_MEMORY,
		    "no memory for a batch's record tree");
	manifest_leaf(&pairs[0].goods, seed, manifest);
	decoy_leaf(&pairs[0].place, seed, 0);
	if (n > 0)
		memcpy(&pairs[1], records, n * sizeof(*pairs));
	for (size_t i = 1 + n; i < pair_count; i++) {
		decoy_leaf(&pairs[i].goods, seed, decoy++);
		decoy_leaf(&pairs[i].place, seed, decoy++);
	}
	qsort(&pairs[1], pair_count - 1, sizeof(*pairs), compare_pairs);
	*leaves = &pairs[0].goods;
	return WB_OK;
}

static enum wb_status
subtree(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	const struct wb_hash *const *leaves = ctx;

	(void)err;
	wb_merkle_root(out, *leaves + (index << level), (size_t)1 << level);
	return WB_OK;
}

enum wb_status
wb_record_path(uint32_t *leaf, struct wb_proof *path,
    const struct wb_hash *leaves, size_t n, const struct wb_hash *goods,
    struct wb_error *err)
{
	const struct wb_nodes nodes = { subtree, &leaves };
	size_t size = wb_record_tree_size(n), at = 2;

	while (at < size && !wb_hash_equal(&leaves[at], goods))
		at += 2;
	if (at >= size)
		return wb_fail(err, WB_NOT_FOUND,
		    "the batch does not hold this record");
	*leaf = (uint32_t)at;
	return wb_inclusion_prove(path, at, size, nodes, err);
}

enum wb_status
wb_record_root(struct wb_hash *out, const struct wb_hash *seed,
    struct wb_span manifest, const struct wb_record_leaves *records, size_t n,
    struct wb_error *err)
{
	struct wb_hash *leaves = NULL;
	enum wb_status st;

	st = wb_record_tree(&leaves, seed, manifest, records, n, err);
	if (st != WB_OK)
		return st;
	wb_merkle_root(out, leaves, wb_record_tree_size(n));
	free(leaves);
	return WB_OK;
}
