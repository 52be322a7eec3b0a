/*
 * Letting in what a revoked device recorded honestly and could not send in
 * time: a coordinator signs an ack with verdict ADMIT for each of its batches
 * in a bundle.  PROTOCOL.md, "Roster".
 */
#ifndef WB_CLIENT_BUNDLE_BUNDLE_ADMIT_H
#define WB_CLIENT_BUNDLE_BUNDLE_ADMIT_H

#include "client/bundle/authors.h"
#include "client/bundle/bundle_reader.h"
#include "client/device.h"

/*
 * Is it a batch of the revoked member with that label?  Letters of a label
 * ignore case.
 */
bool wb_bundle_is_late(const struct wb_envelope *envelope,
    const struct wb_authors *authors, const struct wb_device *device,
    struct wb_span label);

/*
 * Keeps acks for those of them that are not here yet, before anything of the
 * bundle is kept, so that sync sends the acks first.  WB_REFUSED: not a
 * coordinator.  WB_NOT_FOUND, ids "no-such-member" and "not-revoked".
 */
WB_MUST_CHECK enum wb_status wb_bundle_admit(uint64_t *admitted,
    struct wb_device *device, struct wb_bundle_reader *reader,
    struct wb_span label, struct wb_error *err);

#endif
