/* The programme's people: founding it, and sending somebody away. */
#ifndef WB_CLIENT_TEAM_H
#define WB_CLIENT_TEAM_H

#include "client/device.h"
#include "client/team/change.h"

#define WB_DEFAULT_WINDOW_DAYS 7

struct wb_founding {
	struct wb_span name; /* the programme's, shown to members */
	struct wb_span url; /* may be empty: drives only */
	struct wb_span log_key; /* vkey */
	uint32_t window_days; /* 0: sealed mode */
	uint32_t tally_threshold; /* signers of published totals, from 1 */
	bool open_catalogue; /* field devices may use new items and places */
};

/* Makes version 1 with this device as its root and coordinator C1. */
WB_MUST_CHECK enum wb_status wb_team_found(struct wb_device *device,
    const struct wb_founding *founding, struct wb_error *err);

/*
 * Revokes a member at the log index of the new version.  `distrust_from` says
 * from which log index on older entries are suspect (0: none); it may be said
 * of who is revoked already.  Sending a coordinator away makes a new reader in
 * the same version.  WB_NOT_FOUND: no such label; WB_EXISTS, id
 * "revoked-already": nothing would change; WB_FAILED: oneself, or the last
 * root.
 */
WB_MUST_CHECK enum wb_status wb_team_revoke(struct wb_device *device,
    struct wb_span label, uint64_t distrust_from, struct wb_error *err);

/*
 * Puts `text` (c2sp.org/tlog-policy) in place of the policy.  WB_INVALID, id
 * "policy": it breaks a rule of that page; "policy-log": it names another log
 * than the programme's, or none.  WB_EXISTS, id "policy-same".
 */
WB_MUST_CHECK enum wb_status wb_team_set_policy(struct wb_device *device,
    struct wb_span text, struct wb_error *err);

#endif
