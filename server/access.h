/*
 * Who asks: checks the Authorization header, `Waybill BASE64(token)`, in the
 * order of what it costs (PROTOCOL.md, "HTTP").  The Read statement that it
 * signs is made of the request, so that it can be about no other.  Knows the
 * log only through what it is given.
 */
#ifndef WB_SERVER_ACCESS_H
#define WB_SERVER_ACCESS_H

#include "crypto/hash.h"
#include "server/feed.h"
#include "server/rate.h"

#define WB_ACCESS_SECONDS 600 /* that clocks may differ */

/* The log that is asked.  All borrowed. */
struct wb_access {
	const struct wb_key *log_key;
	const struct wb_hash *programme; /* NULL: none yet */
	/* Roles of an active member, as bits; 0: not one. */
	unsigned (*roles)(void *ctx, const struct wb_key *key);
	void *ctx;
	struct wb_rate *rate;
	int64_t now; /* Unix seconds */
	int64_t ms; /* monotonic */
};

/*
 * `header` NULL: there is none.  `target` is the path with its query.
 * WB_INVALID: no token, no programme, or not the time (id "authorization",
 * "clock"); WB_REFUSED: not an active member ("revoked"); WB_NO_MEMORY: asks
 * too often ("rate"); WB_FORGED: bad signature, or of another request, log or
 * programme ("signature").
 */
WB_MUST_CHECK enum wb_status wb_access_check(struct wb_reader *out,
    const struct wb_access *access, const char *header, const char *method,
    const char *target, struct wb_error *err);

#endif
