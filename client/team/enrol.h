/*
 * The coordinator's side of joining: inviting somebody, and enrolling who
 * answers.  client/team/join.h is the newcomer's.
 */
#ifndef WB_CLIENT_ENROL_H
#define WB_CLIENT_ENROL_H

#include "client/device.h"
#include "client/team/join.h"
#include "proto/record_join.h"

/*
 * Coordinator: appends an invitation as one line of text, good for one use
 * within WB_INVITE_HOURS.  It holds a secret: hand it over in person.
 */
WB_MUST_CHECK enum wb_status wb_enrol_invite(struct wb_bytes *out,
    struct wb_device *device, enum wb_role role, struct wb_error *err);

/* A request that was opened; views in the arena. */
struct wb_candidate {
	struct wb_join_request request;
	struct wb_invite invite;
	char digits[WB_JOIN_DIGITS_TEXT + 1];
	struct wb_span label; /* as it will be */
	bool member; /* was approved before: only the welcome is made again */
};

/*
 * Coordinator: opens a request and checks it against the invitation given
 * out.  `label` empty: the next of its kind (K1, C1, A1…).  A request that was
 * approved before is a candidate again, whose welcome may have been lost.
 * WB_NOT_FOUND: no request to this coordinator, or no such invitation;
 * WB_REFUSED, ids "invite-used", "invite-expired"; WB_FORGED, id
 * "request-forged"; WB_INVALID: no label; WB_EXISTS: the label is taken.
 */
WB_MUST_CHECK enum wb_status wb_enrol_candidate(struct wb_candidate *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_span request,
    struct wb_span label, struct wb_error *err);

/* Where a welcome goes. */
struct wb_welcome_out {
	enum wb_status (
	    *write)(void *ctx, struct wb_span welcome, struct wb_error *err);
	void *ctx;
};

/*
 * Enrols the candidate in a new roster version.  The welcome is written first:
 * where that fails, nobody was enrolled.
 */
WB_MUST_CHECK enum wb_status wb_enrol_approve(struct wb_device *device,
    const struct wb_candidate *candidate, struct wb_welcome_out out,
    struct wb_error *err);

#endif
