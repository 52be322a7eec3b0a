/* What the files client/trust*.c share. */
#ifndef WB_CLIENT_TRUST_PRIVATE_H
#define WB_CLIENT_TRUST_PRIVATE_H

#include "client/trust/trust.h"

/*
 * May this version stand at `index` of the log?  `known`: it is kept here and
 * was checked when it came, so only its place is.  WB_FORGED, WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_trust_roster_entry(struct wb_device *device,
    const struct wb_envelope *envelope, uint64_t index, bool known,
    struct wb_error *err);

#endif
