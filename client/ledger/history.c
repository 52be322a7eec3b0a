#include "client/ledger/history.h"

#include <string.h>

void
wb_history_init(struct wb_history *h)
{
	*h = (struct wb_history){ 0 };
	wb_bytes_init(&h->roots, WB_MAX_HISTORY * WB_HASH_LEN);
}

void
wb_history_clear(struct wb_history *h)
{
	wb_bytes_clear(&h->roots);
	h->tree = (struct wb_frontier){ 0 };
}

enum wb_status
wb_history_add(struct wb_history *h, const struct wb_hash *leaf,
    struct wb_error *err)
{
	struct wb_hash root;

	wb_frontier_add(&h->tree, leaf, NULL, NULL);
	if (h->tree.size > WB_MAX_HISTORY)
		return WB_OK;
	wb_frontier_root(&h->tree, &root);
	return wb_bytes_append(&h->roots, wb_hash_span(&root), err);
}

bool
wb_history_root(struct wb_hash *out, const struct wb_history *h, uint64_t size)
{
	if (size == h->tree.size && size != 0) {
		wb_frontier_root(&h->tree, out);
		return true;
	}
	if (size == 0 || size > h->roots.len / WB_HASH_LEN)
		return false;
	memcpy(out->b, h->roots.data + (size - 1) * WB_HASH_LEN, WB_HASH_LEN);
	return true;
}
