/*
 * Inclusion proofs of a few entries, made by a member who keeps every entry of
 * the log: nobody need be asked, and the server does not learn which.
 */
#ifndef WB_CLIENT_BUNDLE_PROVING_H
#define WB_CLIENT_BUNDLE_PROVING_H

#include "client/device.h"
#include "crypto/merkle.h"

/*
 * proofs[i] shows the entry at indices[i] under `head`.  One pass over the
 * vault's entries; memory grows with n and not with the log.  WB_PARTIAL, id
 * "log-incomplete": entries below the head are not here; WB_FORGED, id
 * "log-fork": those that are here are not what the head signs.
 */
WB_MUST_CHECK enum wb_status wb_prove_entries(struct wb_proof *proofs,
    struct wb_device *device, const struct wb_head *head,
    const uint64_t *indices, size_t n, struct wb_error *err);

#endif
