/* Do a tally's totals open the sum of what its batches committed to?  Pure. */
#ifndef WB_CLIENT_LEDGER_TALLY_CHECK_H
#define WB_CLIENT_LEDGER_TALLY_CHECK_H

#include "client/ledger/tallies.h"

/*
 * Is Σ commitments == blinding·B + Σ total·G?  WB_FORGED, id "tally-totals";
 * "tally-point": a commitment is no point.
 */
WB_MUST_CHECK enum wb_status wb_tally_check_sum(const struct wb_tallied
						    *counted,
    size_t n, const struct wb_total *totals, size_t total_count,
    const struct wb_scalar *blinding, struct wb_error *err);

/*
 * Does the content say what the rules demand, and do the totals open the sum?
 * WB_FORGED, ids "tally-excluded", "tally-included", and those above.
 */
WB_MUST_CHECK enum wb_status wb_tally_check(const struct wb_tally_scope *scope,
    const struct wb_tally_content *content, struct wb_error *err);

#endif
