/* What making and signing share; for client/tally/ alone. */
#ifndef WB_CLIENT_TALLY_PRIVATE_H
#define WB_CLIENT_TALLY_PRIVATE_H

#include "client/tally/tally_make.h"

/* A coordinator whose vault is in order, with no tally waiting. */
WB_MUST_CHECK enum wb_status wb_tally_may_make(struct wb_device *device,
    struct wb_error *err);

/* Neither too few batches nor too few devices, or it is wished so. */
WB_MUST_CHECK enum wb_status wb_tally_check_cells(const struct wb_tally_scope
						      *scope,
    const struct wb_tally_sum *sum, const struct wb_tally_wish *wish,
    struct wb_error *err);

/*
 * Adds this device's signature to `signatures`, which has room, and either
 * keeps the whole or writes the proposal.  `file` is the sealed content.
 */
WB_MUST_CHECK enum wb_status wb_tally_sign(struct wb_tally_made *made,
    struct wb_device *device, struct wb_signature *signatures, size_t signed_by,
    struct wb_span file, struct wb_error *err);

#endif
