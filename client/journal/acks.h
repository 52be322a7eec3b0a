/* What this coordinator says of batches, signed and waiting for a sync. */
#ifndef WB_CLIENT_JOURNAL_ACKS_H
#define WB_CLIENT_JOURNAL_ACKS_H

#include "client/device.h"
#include "proto/ack.h"

/*
 * Signs an ack of `n` verdicts (1 to WB_MAX_VERDICTS) that names the newest
 * roster here, and keeps it as a statement, in the caller's transaction.  The
 * same one again is kept once.
 */
WB_MUST_CHECK enum wb_status wb_acks_keep(struct wb_device *device,
    struct wb_verdict *verdicts, size_t n, struct wb_error *err);

#endif
