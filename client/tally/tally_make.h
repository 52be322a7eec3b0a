/*
 * Making published totals: from where the last tally ended to the newest entry
 * that is here, signed by this coordinator, sealed, and kept for sync to send.
 * Where the roster asks for several signers, the others' coordinators each
 * compute the same totals from their own vaults before they sign.
 */
#ifndef WB_CLIENT_TALLY_MAKE_H
#define WB_CLIENT_TALLY_MAKE_H

#include "client/tally/tally_log.h"
#include "client/tally/tally_sum.h"

/* A tally made or signed here. */
struct wb_tally_made {
	struct wb_arena arena;
	struct wb_tally tally;
	struct wb_tally_content content;
	struct wb_hash id;
	size_t batches;
	size_t devices;
	size_t signatures; /* on it now */
	struct wb_span next; /* label of who signs next; empty: nobody */
	struct wb_bytes proposal; /* a file for that coordinator, or empty */
};

struct wb_tally_wish {
	bool small_cells; /* publish what few batches or devices show */
	const struct wb_span *with; /* labels of the other signers */
	size_t with_count; /* 0: the first coordinators of the roster */
	struct wb_tally_progress progress;
};

/*
 * Makes the next tally, in a transaction of its own.  With one signer it waits
 * for the next sync; else `proposal` is for the next signer and nothing is
 * kept.  WB_FAILED, ids: "tally-waits" (one is made and not sent),
 * "nothing-new", "nothing-to-count", "small-cells", "too-few-signers";
 * WB_PARTIAL, id "log-incomplete"; those of wb_tally_sum.  Clear in any case.
 */
WB_MUST_CHECK enum wb_status wb_tally_make(struct wb_tally_made *out,
    struct wb_device *device, const struct wb_tally_wish *wish,
    struct wb_error *err);

/*
 * Takes another coordinator's proposal, computes everything again, and signs
 * if all is equal.  The last to sign keeps it for the next sync.  WB_FAILED,
 * ids "not-for-us", "other-programme"; WB_FORGED, ids "tally-differs",
 * "tally-content" and others of client/audit/audit_tally.h: nothing was
 * signed.
 */
WB_MUST_CHECK enum wb_status wb_tally_cosign(struct wb_tally_made *out,
    struct wb_device *device, struct wb_span proposal,
    const struct wb_tally_wish *wish, struct wb_error *err);

void wb_tally_made_clear(struct wb_tally_made *made);

#endif
