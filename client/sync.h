/*
 * Sync: a table of states, each a function, resumable after any step because
 * every step leaves the vault consistent and can be done again.
 */
#ifndef WB_CLIENT_SYNC_H
#define WB_CLIENT_SYNC_H

#include "client/device.h"
#include "client/remote.h"

/* What a run did, in counts. */
struct wb_synced {
	uint64_t rosters_sent;
	uint64_t batches_sent;
	uint64_t records_sent;
	uint64_t entries_read;
	uint64_t batches_opened;
	uint64_t undecryptable;
	uint64_t disputed;
	uint64_t acks_sent;
	uint64_t refused; /* statements the server would not log */
};

struct wb_sync_progress {
	void (
	    *tell)(void *ctx, const char *what, uint64_t done, uint64_t total);
	void *ctx;
};

/*
 * The whole run.  WB_OFFLINE, WB_REFUSED (revoked), WB_FORGED (the log, or
 * this vault rolled back: id "vault-rolled-back"), WB_PARTIAL: some statements
 * were refused or wait.  `out` counts what was done in any case.
 */
WB_MUST_CHECK enum wb_status wb_sync(struct wb_synced *out,
    struct wb_device *device, struct wb_remote *remote,
    struct wb_sync_progress progress, struct wb_error *err);

#endif
