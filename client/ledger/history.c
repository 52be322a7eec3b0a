#include "client/ledger/history.h"

#include <string.h>

void
wb_history_init(struct wb_history *h, size_t window)
{
	*h = (struct wb_history){ .window = window };
	wb_bytes_init(&h->roots, window * WB_HASH_LEN);
}

void
wb_history_clear(struct wb_history *h)
{
	wb_bytes_clear(&h->roots);
	h->tree = (struct wb_frontier){ 0 };
}

static size_t
place_of(const struct wb_history *h, uint64_t size)
{
	return (size_t)((size - 1) % h->window) * WB_HASH_LEN;
}

enum wb_status
wb_history_add(struct wb_history *h, const struct wb_hash *leaf,
    struct wb_error *err)
{
	struct wb_hash root;

	wb_frontier_add(&h->tree, leaf, NULL, NULL);
	wb_frontier_root(&h->tree, &root);
	if (h->tree.size <= h->window)
		return wb_bytes_append(&h->roots, wb_hash_span(&root), err);
	memcpy(h->roots.data + place_of(h, h->tree.size), root.b, WB_HASH_LEN);
	return WB_OK;
}

bool
wb_history_root(struct wb_hash *out, const struct wb_history *h, uint64_t size)
{
	if (size == 0 || size > h->tree.size ||
	    h->tree.size - size >= h->window)
		return false;
	memcpy(out->b, h->roots.data + place_of(h, size), WB_HASH_LEN);
	return true;
}
