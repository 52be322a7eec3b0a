#include "client/bundle/proving.h"

#include <stdlib.h>

#include "base/array.h"

/* A node of the log's tree that some proof needs. */
struct node {
	unsigned level;
	uint64_t index;
	struct wb_hash hash;
};

struct proving {
	struct node *nodes; /* sorted and without repetition, once gathered */
	size_t count;
	size_t room;
};

static int
compare(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return 0;
}

static struct node *
find(const struct proving *p, unsigned level, uint64_t index)
{
	const struct node key = { .level = level, .index = index };

	return p->count == 0 ? NULL
			     : bsearch(&key, p->nodes, p->count,
				   sizeof *p->nodes, compare);
}

/* A source of nodes that has none yet, and remembers what it was asked for. */
static enum wb_status
ask(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	struct proving *p = ctx;
	struct node *nodes = wb_array_reserve(p->nodes, &p->room, p->count + 1,
	    SIZE_MAX, sizeof *nodes);

	if (nodes == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	p->nodes = nodes;
	p->nodes[p->count++] = (struct node){ .level = level, .index = index };
	*out = (struct wb_hash){ { 0 } };
	return WB_OK;
}

static void
sort(struct proving *p)
{
	size_t kept = 0;

	if (p->count == 0)
		return;
	qsort(p->nodes, p->count, sizeof *p->nodes, compare);
	for (size_t i = 1; i < p->count; i++)
		if (compare(&p->nodes[kept], &p->nodes[i]) != 0)
			p->nodes[++kept] = p->nodes[i];
	p->count = kept + 1;
}

static void
fill(void *ctx, unsigned level, uint64_t index, const struct wb_hash *hash)
{
	struct node *node = find(ctx, level, index);

	if (node != NULL)
		node->hash = *hash;
}

static enum wb_status
answer(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	const struct node *node = find(ctx, level, index);

	if (node == NULL)
		return wb_fail(err, WB_FAILED, "a proof asked for more");
	*out = node->hash;
	return WB_OK;
}

static enum wb_status
prove_all(struct wb_proof *proofs, const uint64_t *indices, size_t n,
    uint64_t size, struct wb_nodes nodes, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = wb_inclusion_prove(&proofs[i], indices[i], size, nodes,
		    err);
	return st;
}

static enum wb_status
check_tree(const struct wb_frontier *tree, const struct wb_head *head,
    struct wb_error *err)
{
	struct wb_hash root;

	if (tree->size != head->size) {
		return wb_advise(err,
		    wb_fail(err, WB_PARTIAL,
			"not all entries of the log are here yet, so nothing "
			"was written"),
		    "log-incomplete", "Sync first: waybill sync");
	}
	wb_frontier_root(tree, &root);
	if (wb_hash_equal(&root, &head->root))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"the entries in this vault are not those that the log signed"),
	    "log-fork", "See what is wrong: waybill verify");
}

/* Stops at the first entry that is missing. */
static enum wb_status
read_tree(struct proving *p, struct wb_device *device,
    const struct wb_head *head, struct wb_error *err)
{
	struct wb_frontier tree = { 0 };
	struct wb_hash leaf;
	struct wb_stmt *s;
	enum wb_status st;
	bool more;

	st = wb_db_prepare(&s, device->db,
	    "SELECT log_index, envelope FROM statement"
	    " WHERE log_index < ? ORDER BY log_index",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)head->size);
	st = wb_step(s, &more, err);
	while (
	    st == WB_OK && more && (uint64_t)wb_column_int(s, 0) == tree.size) {
		struct wb_span envelope = wb_column_blob(s, 1);

		wb_leaf_hash(&leaf, &envelope, 1);
		wb_frontier_add(&tree, &leaf, fill, p);
		st = wb_step(s, &more, err);
	}
	wb_stmt_done(s);
	return st == WB_OK ? check_tree(&tree, head, err) : st;
}

enum wb_status
wb_prove_entries(struct wb_proof *proofs, struct wb_device *device,
    const struct wb_head *head, const uint64_t *indices, size_t n,
    struct wb_error *err)
{
	struct proving p = { 0 };
	enum wb_status st;

	st = prove_all(proofs, indices, n, head->size,
	    (struct wb_nodes){ ask, &p }, err);
	sort(&p);
	if (st == WB_OK)
		st = read_tree(&p, device, head, err);
	if (st == WB_OK)
		st = prove_all(proofs, indices, n, head->size,
		    (struct wb_nodes){ answer, &p }, err);
	free(p.nodes);
	return st;
}
