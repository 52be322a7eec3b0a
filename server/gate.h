/*
 * Whose statements are worth a hash and a signature check: cheap questions
 * that a worker asks before either.  Not a verdict: whether a statement may
 * be logged is the sequencer's to say, and what passes here may still be
 * refused there, never the other way round.
 */
#ifndef WB_SERVER_GATE_H
#define WB_SERVER_GATE_H

#include "server/item.h"
#include "server/rate.h"
#include "server/sequencer.h"

struct wb_gate_guest;

/* One body's.  Zero but for the first four. */
struct wb_gate {
	struct wb_sequencer *sequencer; /* asked from any thread */
	struct wb_rate *rate; /* statements a minute */
	int64_t ms; /* monotonic milliseconds */
	struct wb_arena *arena; /* lives as long as the gate */
	struct wb_gate_guest *guests; /* whom this body lets in itself */
	struct wb_roster newest; /* of this body */
	struct wb_hash newest_id;
	bool has_newest;
	bool forged; /* a roster in it was signed by nobody */
	bool throttled; /* a member sent too much; the caller resets it */
};

/*
 * For struct wb_item_gate: may what `signer` (or an ack that admits it) sent
 * be looked at?  NULL, "unknown-signer" or "rate".
 */
const char *wb_gate_ask(void *ctx, const struct wb_key *signer,
    const struct wb_hash *statement);

/*
 * Takes note of an item that was verified: it counts against its member, and
 * a roster that roots have signed, or an ack that admits, opens the gate for
 * what comes behind it in the same body.  A roster that follows, and that they
 * have not signed, is refused, and no other is looked at.  WB_NO_MEMORY.
 */
WB_MUST_CHECK enum wb_status wb_gate_passed(struct wb_gate *gate,
    struct wb_item *item, struct wb_error *err);

/*
 * Has nobody known a part in this body?  For when room is short: decodes, and
 * verifies at most one roster.  A body that is none is strange.
 */
bool wb_gate_is_strange(struct wb_sequencer *sequencer, struct wb_span body);

#endif
