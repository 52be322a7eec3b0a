/*
 * Which batches of a tally an auditor draws as samples.  With a nonce: seed =
 * SHA-256("waybill/challenge/v1" || 0x01 || the tally's statement id || nonce).
 * No head goes in: who answers makes entries, and so could choose among heads
 * once the nonce is known.  Without: seed = SHA-256("waybill/challenge/v1" ||
 * 0x00 || root of a log head that covers the tally || the tally's statement
 * id).  The batches whose SHA-256(seed || u64be(log index)) are the smallest
 * are drawn: all that the tally counts are as likely.  Pure.
 */
#ifndef WB_CLIENT_LEDGER_CHALLENGE_H
#define WB_CLIENT_LEDGER_CHALLENGE_H

#include "client/ledger/tallies.h"

#define WB_MAX_PICKS 100000
#define WB_USUAL_PICKS 60 /* where nobody says how many */

struct wb_challenge {
	struct wb_hash root; /* of the head; for nothing with a nonce */
	struct wb_hash tally; /* statement id */
	struct wb_span nonce; /* at most WB_MAX_NONCE bytes; may be empty */
};

/*
 * Of `counted`, the `want` that the challenge draws, or all where there are
 * fewer; ascending by index.  *out is malloc'ed.
 */
WB_MUST_CHECK enum wb_status wb_challenge_pick(struct wb_tallied **out,
    size_t *n, const struct wb_tallied *counted, size_t count, size_t want,
    const struct wb_challenge *challenge, struct wb_error *err);

/*
 * The chance, in per mille, that `picks` of `count` batches hold at least one
 * of those that lie, where one in twenty does.
 */
unsigned wb_challenge_power(size_t picks, size_t count);

#endif
