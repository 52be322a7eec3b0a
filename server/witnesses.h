/*
 * The log's side of its witnesses: one thread shows new heads to the witnesses
 * of the roster's policy and gathers their cosignatures, one question to each
 * at a time.  Nobody waits for it, but at the start: until a quorum has
 * cosigned what this log has, or would have, nothing new is signed, so that a
 * log that lost entries cannot go beside what was witnessed.
 */
#ifndef WB_SERVER_WITNESSES_H
#define WB_SERVER_WITNESSES_H

#include "base/bytes.h"
#include "server/core.h"

struct wb_witnesses;

/*
 * Begins to ask, with what the store has kept.  Needs the core's store,
 * sequencer and published head; before the first submission.
 */
WB_MUST_CHECK enum wb_status wb_witnesses_start(struct wb_core *core,
    struct wb_error *err);
void wb_witnesses_stop(struct wb_core *core);

/* There is a new head.  Cheap; any thread, as with all below. */
void wb_witnesses_notify(struct wb_core *core);

/* May new entries be logged?  WB_OFFLINE, id "no-quorum": not yet. */
WB_MUST_CHECK enum wb_status wb_witnesses_allow(struct wb_core *core,
    struct wb_error *err);

/* Appends the cosignatures there are for the head of `size`. */
WB_MUST_CHECK enum wb_status wb_witnesses_lines(struct wb_bytes *out,
    struct wb_core *core, uint64_t size, struct wb_error *err);

/* The newest note that meets the quorum.  WB_NOT_FOUND: none, or no quorum. */
WB_MUST_CHECK enum wb_status wb_witnesses_note(struct wb_bytes *out,
    struct wb_core *core, struct wb_error *err);

/* Fills in what is about witnesses. */
void wb_witnesses_status(struct wb_core_status *out, struct wb_core *core);

#endif
