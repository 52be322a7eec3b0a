/*
 * The audit of a member's own vault: what evidence would be packed from it,
 * judged as if it came from a stranger.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_VAULT_H
#define WB_CLIENT_AUDIT_AUDIT_VAULT_H

#include "client/audit/audit.h"
#include "client/device.h"

/*
 * The facts in a device's own vault, by its own programme, readers and clock;
 * of `how`, which may be NULL, what it says of tallies.  Clear with
 * wb_audit_clear in any case.
 */
WB_MUST_CHECK enum wb_status wb_audit_vault(struct wb_audit *out,
    struct wb_device *device, const struct wb_audit_options *how,
    struct wb_error *err);

#endif
