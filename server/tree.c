#include "server/tree.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS WB_STORE_TILES
#define TILE_BITS 8
#define NODES (2 * WB_TILE_WIDTH - 1)
#define KEPT 64 /* tiles in memory */
#define NONE KEPT

/* A tile in memory; its nodes lie apart, so that looking for one is quick. */
struct place {
	uint64_t name; /* see name_of; 0: free */
	uint64_t used; /* when it was last asked for */
	unsigned width; /* leaves known */
	bool changed; /* since the last commit */
};

/*
 * A tile's 256 hashes and those above them.  Only perfect subtrees of the
 * first `width` leaves are set.
 */
struct nodes {
	struct wb_hash at[NODES];
};

struct wb_tree {
	pthread_mutex_t lock; /* of all but the frontier, the adder's own */
	struct place places[KEPT];
	struct nodes nodes[KEPT];
	unsigned edge[LEVELS]; /* the place of the growing tile, or NONE */
	uint64_t clock;
	struct wb_frontier frontier;
};

static uint64_t
name_of(unsigned level, uint64_t index)
{
	return ((uint64_t)level + 1) << 56 | index;
}

/* The hash of 2^above leaves of a tile, the i-th of its kind. */
static size_t
node_at(unsigned above, uint64_t i)
{
	return 2 * (size_t)WB_TILE_WIDTH -
	       (2 * (size_t)WB_TILE_WIDTH >> above) + (size_t)i;
}

enum wb_status
wb_tree_new(struct wb_tree **out, struct wb_error *err)
{
	struct wb_tree *t = calloc(1, sizeof *t);

	*out = NULL;
	if (t == NULL || pthread_mutex_init(&t->lock, NULL) != 0) {
		free(t);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < LEVELS; i++)
		t->edge[i] = NONE;
	*out = t;
	return WB_OK;
}

void
wb_tree_free(struct wb_tree **tree)
{
	if (*tree == NULL)
		return;
	(void)pthread_mutex_destroy(&(*tree)->lock);
	free(*tree);
	*tree = NULL;
}

static unsigned
find(struct wb_tree *t, uint64_t name)
{
	unsigned i;

	for (i = 0; i < KEPT && t->places[i].name != name; i++)
		;
	return i;
}

/* Gives up the tile not asked for the longest, but never one that grows. */
static unsigned
make_room(struct wb_tree *t, uint64_t name)
{
	unsigned best = NONE;

	for (unsigned i = 0; i < KEPT; i++) {
		unsigned level = (unsigned)(t->places[i].name >> 56) - 1;

		if (t->places[i].changed ||
		    (t->places[i].name != 0 && t->edge[level] == i))
			continue;
		if (best == NONE || t->places[i].used < t->places[best].used)
			best = i;
	}
	assert(best != NONE); /* WB_TREE_MAX_CHANGED is well below KEPT */
	t->places[best] = (struct place){ .name = name, .used = ++t->clock };
	return best;
}

static void
expand(struct nodes *n, unsigned width)
{
	for (unsigned above = 1; above < TILE_BITS; above++) {
		for (unsigned i = 0; i < width >> above; i++) {
			wb_node_hash(&n->at[node_at(above, i)],
			    &n->at[node_at(above - 1, 2 * (uint64_t)i)],
			    &n->at[node_at(above - 1, 2 * (uint64_t)i + 1)]);
		}
	}
}

static enum wb_status
read_tile(struct nodes *out, unsigned *width, struct wb_store *store,
    unsigned level, uint64_t index, struct wb_error *err)
{
	struct wb_bytes hashes;
	enum wb_status st;

	wb_bytes_init(&hashes, (size_t)WB_TILE_WIDTH * WB_HASH_LEN);
	st = wb_store_tile(&hashes, store, level, index, err);
	if (st == WB_OK && hashes.len > 0) {
		*width = (unsigned)(hashes.len / WB_HASH_LEN);
		memcpy(out->at, hashes.data, hashes.len);
		expand(out, *width);
	}
	if (st == WB_NOT_FOUND || (st == WB_OK && hashes.len == 0)) {
		st = wb_fail(err, WB_STORAGE,
		    "the log's tile %u/%llu is missing from the store", level,
		    (unsigned long long)index);
	}
	wb_bytes_clear(&hashes);
	return st;
}

/* The right edge, level by level, and the frontier that it implies. */
static enum wb_status
load_edges(struct wb_tree *t, struct wb_store *store, uint64_t size,
    struct wb_error *err)
{
	unsigned width = 0;
	enum wb_status st;

	t->frontier.size = size;
	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t leaves = size >> (TILE_BITS * level);
		unsigned need = leaves % WB_TILE_WIDTH, place;

		if (need == 0)
			continue;
		place = make_room(t, name_of(level, leaves >> TILE_BITS));
		t->edge[level] = place;
		st = read_tile(&t->nodes[place], &width, store, level,
		    leaves >> TILE_BITS, err);
		if (st != WB_OK)
			return st;
		if (width < need)
			return wb_fail(err, WB_FORGED,
			    "a tile of the log is too short");
		t->places[place].width = need;
		for (unsigned bit = 0; bit < TILE_BITS; bit++) {
			if ((need >> bit & 1) == 0)
				continue;
			t->frontier.edge[level * TILE_BITS + bit] =
			    t->nodes[place].at[node_at(bit, (need >> bit) - 1)];
		}
	}
	return WB_OK;
}

enum wb_status
wb_tree_load(struct wb_tree *tree, struct wb_store *store,
    const struct wb_head *head, struct wb_error *err)
{
	struct wb_head found;
	enum wb_status st;

	(void)pthread_mutex_lock(&tree->lock);
	memset(tree->places, 0, sizeof tree->places);
	memset(&tree->frontier, 0, sizeof tree->frontier);
	for (size_t i = 0; i < LEVELS; i++)
		tree->edge[i] = NONE;
	st = load_edges(tree, store, head->size, err);
	(void)pthread_mutex_unlock(&tree->lock);
	if (st != WB_OK)
		return st;
	wb_tree_head(&found, tree);
	if (!wb_hash_equal(&found.root, &head->root))
		return wb_fail(err, WB_FORGED,
		    "the store's tiles do not lead to its head");
	return WB_OK;
}

/* Told each perfect subtree that a new leaf completes. */
static void
keep_node(void *ctx, unsigned level, uint64_t index, const struct wb_hash *hash)
{
	unsigned tile_level = level / TILE_BITS, above = level % TILE_BITS;
	struct wb_tree *t = ctx;
	uint64_t in_tile = WB_TILE_WIDTH >> above;
	unsigned place = t->edge[tile_level];

	assert(tile_level < LEVELS);
	if (above == 0) {
		if (index % WB_TILE_WIDTH == 0)
			place = make_room(t,
			    name_of(tile_level, index >> TILE_BITS));
		t->edge[tile_level] = place;
		t->places[place].width = (unsigned)(index % WB_TILE_WIDTH) + 1;
		t->places[place].changed = true;
	}
	t->places[place].used = ++t->clock;
	t->nodes[place].at[node_at(above, index % in_tile)] = *hash;
}

void
wb_tree_add(struct wb_tree *tree, const struct wb_hash *leaf)
{
	(void)pthread_mutex_lock(&tree->lock);
	wb_frontier_add(&tree->frontier, leaf, keep_node, tree);
	(void)pthread_mutex_unlock(&tree->lock);
}

void
wb_tree_head(struct wb_head *out, struct wb_tree *tree)
{
	out->size = tree->frontier.size;
	wb_frontier_root(&tree->frontier, &out->root);
}

size_t
wb_tree_changed(struct wb_store_tile out[WB_TREE_MAX_CHANGED],
    struct wb_tree *tree)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&tree->lock);
	for (unsigned i = 0; i < KEPT; i++) {
		const struct place *p = &tree->places[i];

		if (!p->changed)
			continue;
		assert(n < WB_TREE_MAX_CHANGED);
		out[n++] = (struct wb_store_tile){
			.level = (unsigned)(p->name >> 56) - 1,
			.index = p->name & ((UINT64_C(1) << 56) - 1),
			.hashes = wb_span(tree->nodes[i].at,
			    (size_t)p->width * WB_HASH_LEN),
		};
	}
	(void)pthread_mutex_unlock(&tree->lock);
	return n;
}

void
wb_tree_committed(struct wb_tree *tree)
{
	(void)pthread_mutex_lock(&tree->lock);
	for (unsigned i = 0; i < KEPT; i++)
		tree->places[i].changed = false;
	(void)pthread_mutex_unlock(&tree->lock);
}

struct source {
	struct wb_tree *tree;
	struct wb_store *store;
};

/* A tile as read, for all; unless one that knows more is there already. */
static void
keep_tile(struct wb_tree *t, uint64_t name, const struct nodes *nodes,
    unsigned width)
{
	unsigned place;

	(void)pthread_mutex_lock(&t->lock);
	place = find(t, name);
	if (place == NONE)
		place = make_room(t, name);
	if (t->places[place].width < width && !t->places[place].changed) {
		t->places[place].width = width;
		t->nodes[place] = *nodes;
	}
	(void)pthread_mutex_unlock(&t->lock);
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	unsigned tile_level = level / TILE_BITS, above = level % TILE_BITS;
	const struct source *from = ctx;
	uint64_t tile = index >> (TILE_BITS - above);
	uint64_t i = index % (WB_TILE_WIDTH >> above);
	uint64_t name = name_of(tile_level, tile);
	struct wb_tree *t = from->tree;
	struct nodes read;
	unsigned place, width = 0;
	enum wb_status st;
	bool found;

	(void)pthread_mutex_lock(&t->lock);
	place = find(t, name);
	found = place != NONE && i < t->places[place].width >> above;
	if (found) {
		*out = t->nodes[place].at[node_at(above, i)];
		t->places[place].used = ++t->clock;
	}
	(void)pthread_mutex_unlock(&t->lock);
	if (found)
		return WB_OK;
	st = read_tile(&read, &width, from->store, tile_level, tile, err);
	if (st != WB_OK)
		return st;
	if (i >= width >> above)
		return wb_fail(err, WB_STORAGE,
		    "a tile of the log is too short");
	*out = read.at[node_at(above, i)];
	keep_tile(t, name, &read, width);
	return WB_OK;
}

enum wb_status
wb_tree_include(struct wb_proof *out, struct wb_tree *tree,
    struct wb_store *store, uint64_t index, uint64_t size, struct wb_error *err)
{
	struct source from = { tree, store };

	return wb_inclusion_prove(out, index, size,
	    (struct wb_nodes){ get_node, &from }, err);
}

enum wb_status
wb_tree_known(struct wb_known_nodes *out, struct wb_tree *tree,
    struct wb_store *store, uint64_t index, uint64_t size, struct wb_error *err)
{
	struct source from = { tree, store };
	struct wb_proof proof;
	struct wb_hash leaf;
	enum wb_status st;

	st = wb_tree_include(&proof, tree, store, index, size, err);
	if (st == WB_OK)
		st = get_node(&from, &leaf, 0, index, err);
	return st == WB_OK
		   ? wb_inclusion_known(out, &leaf, index, size, &proof, err)
		   : st;
}

enum wb_status
wb_tree_extend(struct wb_proof *out, struct wb_tree *tree,
    struct wb_store *store, uint64_t from, uint64_t size, struct wb_error *err)
{
	struct source source = { tree, store };

	out->count = 0;
	if (from == 0 || from == size)
		return WB_OK;
	return wb_consistency_prove(out, from, size,
	    (struct wb_nodes){ get_node, &source }, err);
}
