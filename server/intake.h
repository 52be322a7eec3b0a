/*
 * How statements come in: decoded and verified in parallel by workers, then
 * sequenced in groups by one writer, which re-checks each against the roster
 * at its own index, appends, commits, has the head signed, and only then
 * answers.
 */
#ifndef WB_SERVER_INTAKE_H
#define WB_SERVER_INTAKE_H

#include "base/bytes.h"
#include "server/core.h"

/*
 * Called once for a submission, on a thread of the core's, when everything in
 * it is durable and under a signed head (or refused).  `answer` is an
 * UploadAnswer, which the callee may move away; on a status other than WB_OK
 * it is empty and `err` says why.
 */
typedef void wb_intake_done(void *ctx, enum wb_status status,
    struct wb_bytes *answer, const struct wb_error *err);

/*
 * Hands over a body of POST /v1/entries (moved out of `body`).  WB_REFUSED, id
 * "busy": the queue is full; `done` is then not called.
 */
WB_MUST_CHECK enum wb_status wb_intake_submit(struct wb_core *core,
    struct wb_bytes *body, const struct wb_holding *holding,
    wb_intake_done *done, void *ctx, struct wb_error *err);

#endif
