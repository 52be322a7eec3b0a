/* What the files client/trust*.c share. */
#ifndef WB_CLIENT_TRUST_PRIVATE_H
#define WB_CLIENT_TRUST_PRIVATE_H

#include "client/trust/trust.h"

#define WB_KEEP_EVIDENCE                                                     \
	"Keep this vault as it is: run `waybill pack --for-audit` and tell " \
	"the coordinators."

/* WB_FORGED with an id and what to do with evidence. */
enum wb_status wb_trust_evidence(struct wb_error *err, const char *id,
    const char *what);

/*
 * May this version stand at `index` of the log?  `known`: it is kept here and
 * was checked when it came, so only its place is.  WB_FORGED, WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_trust_roster_entry(struct wb_device *device,
    const struct wb_envelope *envelope, uint64_t index, bool known,
    struct wb_error *err);

#endif
