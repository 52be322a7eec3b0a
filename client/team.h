/*
 * The programme's people: founding it, inviting, joining, approving, revoking,
 * and every other change of the roster.  Each change is one new version,
 * signed here (threshold 1), kept, and sent by the next sync of anybody.
 */
#ifndef WB_CLIENT_TEAM_H
#define WB_CLIENT_TEAM_H

#include "client/annexes.h"
#include "client/device.h"
#include "proto/record_join.h"

struct wb_founding {
	struct wb_span name; /* the programme's, shown to members */
	struct wb_span url; /* may be empty */
	struct wb_span log_key; /* vkey */
	uint32_t window_days; /* 0: sealed mode */
	bool open_catalogue;
};

/* Makes version 1 with this device as root and coordinator C1. */
WB_MUST_CHECK enum wb_status wb_team_found(struct wb_device *device,
    const struct wb_founding *founding, struct wb_error *err);

/* A change of the roster: edit the copy, then commit it as version + 1. */
struct wb_change {
	struct wb_arena arena;
	struct wb_roster roster; /* edit this; arrays are in the arena */
	struct wb_catalogue catalogue;
	struct wb_names names;
	bool catalogue_changed;
	bool names_changed;
	bool places_changed; /* names.places or a person's places */
};
WB_MUST_CHECK enum wb_status wb_change_begin(struct wb_change *out,
    struct wb_device *device, struct wb_error *err);
/* Encodes annexes that changed, signs, checks by the rules, keeps, reloads. */
WB_MUST_CHECK enum wb_status wb_change_commit(struct wb_change *change,
    struct wb_device *device, struct wb_error *err);
void wb_change_clear(struct wb_change *change);

/* Appends an invitation as text ("waybill-invite-1:BASE64\n"). */
WB_MUST_CHECK enum wb_status wb_team_invite(struct wb_bytes *out,
    struct wb_device *device, enum wb_role role, struct wb_error *err);

/* Newcomer: takes an invitation, appends the request; `digits` as
 * WB_JOIN_DIGITS_TEXT + 1 characters to be read to the coordinator. */
WB_MUST_CHECK enum wb_status wb_team_request(struct wb_bytes *out, char *digits,
    struct wb_device *device, struct wb_span invite_text,
    struct wb_span label_wish, struct wb_error *err);

/* Coordinator: opens a request; views in the arena.  WB_FORGED: not from the
 * invitation's holder; WB_REFUSED: used or expired. */
struct wb_team_candidate {
	struct wb_join_request request;
	struct wb_invite invite;
	char digits[WB_JOIN_DIGITS_TEXT + 1];
	struct wb_span label; /* as it will be */
};
WB_MUST_CHECK enum wb_status wb_team_candidate(struct wb_team_candidate *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_span request,
    struct wb_span label_wanted, struct wb_error *err);
/* Enrols the candidate: new roster version; appends the welcome. */
WB_MUST_CHECK enum wb_status wb_team_approve(struct wb_bytes *out,
    struct wb_device *device, const struct wb_team_candidate *candidate,
    struct wb_error *err);

/* Newcomer: takes the welcome.  WB_FORGED: another programme than invited. */
WB_MUST_CHECK enum wb_status wb_team_welcome(struct wb_device *device,
    struct wb_span welcome, struct wb_error *err);

/* Revokes a member at the log index of the new version.  Revoking a
 * coordinator makes a new reader in the same version.  distrust_from 0: none. */
WB_MUST_CHECK enum wb_status wb_team_revoke(struct wb_device *device,
    struct wb_span label, uint64_t distrust_from, struct wb_error *err);

#endif
