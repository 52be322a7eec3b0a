/* Uploads under way; for client/sync*.c alone. */
#ifndef WB_CLIENT_SYNC_UPLOAD_H
#define WB_CLIENT_SYNC_UPLOAD_H

#include "client/sync/sync_run.h"
#include "crypto/merkle.h"
#include "proto/transfer.h"

/* One request under way. */
struct wb_flight {
	int64_t rows[WB_MAX_UPLOADS]; /* of the statements, in their order */
	size_t count; /* 0: free */
};

/* The longest head that an answer of this pass came with. */
struct wb_best {
	struct wb_head head;
	struct wb_bytes checkpoint;
	struct wb_proof consistency;
};

struct wb_sending {
	struct wb_run *run;
	bool rosters; /* or everything else */
	size_t most; /* flights at once */
	struct wb_flight flights[WB_MAX_IN_FLIGHT];
	size_t under_way;
	int64_t cursor; /* the last row that is on its way */
	bool more; /* rows behind it, as far as is known */
	bool later; /* the server wants to be asked again */
	uint64_t done;
	uint64_t total;
	struct wb_knowing here; /* what each of them says is known */
	struct wb_best best;
};

/*
 * Keeps receipts, and what was refused, in one transaction.  All or nothing:
 * a receipt that is wrong is WB_FORGED, and then none of the answer counts.
 */
WB_MUST_CHECK enum wb_status wb_sync_take_answer(struct wb_sending *s,
    const struct wb_flight *f, struct wb_span body, struct wb_error *err);

/*
 * The server would not log the statement of that row.  Nothing is dropped for
 * its word alone: only a tally that the log here has overtaken, and what came
 * on a drive of somebody who is no member by the newest logged roster.
 */
WB_MUST_CHECK enum wb_status wb_sync_take_refusal(struct wb_run *run,
    int64_t row, struct wb_span reason, struct wb_error *err);

#endif
