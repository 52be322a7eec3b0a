/*
 * Sync: a table of steps, each a function, resumable after any of them because
 * every step leaves the vault consistent and can be done again.
 */
#ifndef WB_CLIENT_SYNC_H
#define WB_CLIENT_SYNC_H

#include "client/device.h"
#include "client/remote/remote.h"

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
	uint64_t witnessed; /* entries of the log; 0 also without witnesses */
};

/* Told after each answer and page: "sending" and "opening" count statements,
 * "reading" log indexes. */
struct wb_sync_progress {
	void (
	    *tell)(void *ctx, const char *what, uint64_t done, uint64_t total);
	void *ctx;
};

/*
 * The whole run.  `out` counts what was done in any case.
 *
 *   WB_OFFLINE   as wb_remote_get; what was done stays done
 *   WB_REFUSED   "revoked": no longer a member; "roster-refused": the server
 *                keeps a roster that is here out of the log; wb_remote_get's
 *   WB_FORGED    "vault-rolled-back": nothing is sent any more; the ids of
 *                client/trust/trust.h; "log-withheld": entries are held back;
 *                "roster-withheld"; "content-altered".  Faults of single
 *                entries do not stop the rest.
 *   WB_PARTIAL   the server would not log some statements, by its reason, or
 *                was too busy to ("server-busy"); "roster-superseded";
 *                "shelf-full": no room for what coordinators share
 */
WB_MUST_CHECK enum wb_status wb_sync(struct wb_synced *out,
    struct wb_device *device, struct wb_remote *remote,
    struct wb_sync_progress progress, struct wb_error *err);

/* Versions of the roster that are here and that the log lacks, as is known. */
WB_MUST_CHECK enum wb_status wb_sync_unsent_rosters(uint64_t *out,
    struct wb_device *device, struct wb_error *err);
/* Tallies, and notes of what was shown to whom, that the log lacks. */
WB_MUST_CHECK enum wb_status wb_sync_unsent_papers(uint64_t *out,
    struct wb_device *device, struct wb_error *err);

#endif
