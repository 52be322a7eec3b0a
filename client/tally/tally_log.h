/*
 * A coordinator's or auditor's vault, read as the log that tallies speak of.
 */
#ifndef WB_CLIENT_TALLY_LOG_H
#define WB_CLIENT_TALLY_LOG_H

#include "client/device.h"
#include "client/ledger/tallies.h"

struct wb_tally_log {
	struct wb_tallies *tallies;
	uint64_t size; /* entries that are here without a hole before them */
	struct wb_roster roster; /* in force at its end */
	struct wb_arena arena; /* holds it */
	/* The newest tally in its chain; `index` WB_NO_TALLY: none. */
	uint64_t index;
	struct wb_hash id;
	struct wb_tally_scope scope; /* what it covers, by the rules */
};

#define WB_NO_TALLY UINT64_MAX

/*
 * Reads the whole log of this vault; its statements were verified when they
 * came.  WB_FAILED, id "not-whole-log": this member does not follow all of it;
 * WB_STORAGE, id "vault-damaged": one cannot be read any more.  Clear in any
 * case.
 */
WB_MUST_CHECK enum wb_status wb_tally_log_read(struct wb_tally_log *out,
    struct wb_device *device, struct wb_error *err);
void wb_tally_log_clear(struct wb_tally_log *log);

#endif
