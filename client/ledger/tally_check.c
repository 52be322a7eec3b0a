#include "client/ledger/tally_check.h"

#include <inttypes.h>
#include <stdlib.h>

static enum wb_status
add_up(struct wb_point *sum, const struct wb_tallied *counted, size_t n,
    struct wb_error *err)
{
	*sum = (struct wb_point){ { 0 } };
	for (size_t i = 0; i < n; i++) {
		if (wb_point_add(sum, &counted[i].totals, NULL) == WB_OK)
			continue;
		return wb_advise(err,
		    wb_fail(err, WB_FORGED,
			"the commitment of entry %" PRIu64 " is no point",
			counted[i].index),
		    "tally-point", NULL);
	}
	return WB_OK;
}

/* blinding·B + Σ total·G; the identity where nothing is committed to. */
static enum wb_status
commit_to(struct wb_point *out, const struct wb_total *totals, size_t n,
    const struct wb_scalar *blinding, struct wb_error *err)
{
	struct wb_measured *sums = calloc(n + 1, sizeof *sums);
	enum wb_status st;

	*out = (struct wb_point){ { 0 } };
	if (sums == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++) {
		wb_generator(&sums[i].generator, totals[i].measure);
		sums[i].quantity = totals[i].quantity;
	}
	st = wb_commit(out, blinding, sums, n, NULL);
	free(sums);
	return st == WB_INVALID ? WB_OK : st;
}

enum wb_status
wb_tally_check_sum(const struct wb_tallied *counted, size_t n,
    const struct wb_total *totals, size_t total_count,
    const struct wb_scalar *blinding, struct wb_error *err)
{
	struct wb_point sum, said;
	enum wb_status st = add_up(&sum, counted, n, err);

	if (st == WB_OK)
		st = commit_to(&said, totals, total_count, blinding, err);
	if (st != WB_OK)
		return st;
	return wb_point_equal(&sum, &said)
		   ? WB_OK
		   : wb_forged(err, "tally-totals",
			 "the totals are not the sum of what the batches "
			 "committed to");
}

static bool
same_excluded(const struct wb_tally_scope *scope,
    const struct wb_tally_content *content)
{
	bool same = scope->excluded_count == content->excluded_count;

	for (size_t i = 0; same && i < scope->excluded_count; i++) {
		same = scope->excluded[i].index == content->excluded[i].index &&
		       scope->excluded[i].why == content->excluded[i].why;
	}
	return same;
}

static bool
same_included(const struct wb_tally_scope *scope,
    const struct wb_tally_content *content)
{
	bool same = scope->included_count == content->included_count;

	for (size_t i = 0; same && i < scope->included_count; i++)
		same = scope->included[i] == content->included[i];
	return same;
}

enum wb_status
wb_tally_check(const struct wb_tally_scope *scope,
    const struct wb_tally_content *content, struct wb_error *err)
{
	if (!same_excluded(scope, content))
		return wb_forged(err, "tally-excluded",
		    "what it leaves out, and why, is not what the log says");
	if (!same_included(scope, content))
		return wb_forged(err, "tally-included",
		    "what it counts late is not what could count by then");
	return wb_tally_check_sum(scope->counted, scope->counted_count,
	    content->totals, content->total_count, &content->blinding, err);
}
