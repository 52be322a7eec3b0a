#include "client/ledger/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The first run that ends at `sequence` or later; count: none does. */
static size_t
find_run(const struct wb_chain *chain, uint64_t sequence)
{
	size_t low = 0, high = chain->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (chain->runs[middle].last.sequence < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum wb_status
insert_run(struct wb_chain *chain, size_t at, const struct wb_chain_link *link,
    struct wb_error *err)
{
	struct wb_chain_run *runs = wb_array_reserve(chain->runs, &chain->cap,
	    chain->count + 1, WB_MAX_CHAIN_RUNS, sizeof *runs);

	if (runs == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	chain->runs = runs;
	memmove(&runs[at + 1], &runs[at], (chain->count - at) * sizeof *runs);
	runs[at] = (struct wb_chain_run){ *link, *link };
	chain->count++;
	return WB_OK;
}

static void
remove_run(struct wb_chain *chain, size_t at)
{
	chain->count--;
	memmove(&chain->runs[at], &chain->runs[at + 1],
	    (chain->count - at) * sizeof *chain->runs);
}

static bool
follows(const struct wb_chain_link *link, const struct wb_chain_link *before)
{
	return wb_hash_equal(&link->previous, &before->id);
}

enum wb_status
wb_chain_add(enum wb_chain_fault *fault, struct wb_chain *chain,
    const struct wb_chain_link *link, size_t *room, struct wb_error *err)
{
	size_t at = find_run(chain, link->sequence);
	struct wb_chain_run *after = NULL, *before = NULL;
	bool joins_after, joins_before, good;

	if (at < chain->count)
		after = &chain->runs[at];
	if (at > 0)
		before = &chain->runs[at - 1];
	*fault = WB_CHAIN_FORK;
	if (after != NULL && after->first.sequence <= link->sequence)
		return WB_OK;
	joins_after = after != NULL &&
		      after->first.sequence - 1 == link->sequence;
	joins_before = before != NULL &&
		       before->last.sequence + 1 == link->sequence;
	good = (!joins_after || follows(&after->first, link)) &&
	       (!joins_before || follows(link, &before->last));
	*fault = good ? WB_CHAIN_GOOD : WB_CHAIN_BROKEN;
	if (joins_before && joins_after) {
		before->last = after->last;
		remove_run(chain, at);
		(*room)++;
	} else if (joins_before) {
		before->last = *link;
	} else if (joins_after) {
		after->first = *link;
	} else if (chain->count == WB_MAX_CHAIN_RUNS || *room == 0) {
		*fault = WB_CHAIN_FULL;
	} else {
		(*room)--;
		return insert_run(chain, at, link, err);
	}
	return WB_OK;
}

bool
wb_chain_gap(uint64_t *first, uint64_t *last, const struct wb_chain *chain,
    size_t i)
{
	*first = i == 0 ? 1 : chain->runs[i - 1].last.sequence + 1;
	*last = chain->runs[i].first.sequence - 1;
	return *first <= *last;
}

void
wb_chain_clear(struct wb_chain *chain)
{
	free(chain->runs);
	*chain = (struct wb_chain){ 0 };
}
