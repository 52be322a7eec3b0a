/*
 * The newcomer's side of joining, over files: from an invitation to a request,
 * from a welcome to membership.  client/team/enrol.h is the coordinator's.  Both
 * sides read 30 digits to each other, which an altered invitation or request
 * would change.  PROTOCOL.md, "Joining".
 */
#ifndef WB_CLIENT_JOIN_H
#define WB_CLIENT_JOIN_H

#include "client/device.h"
#include "proto/record_join.h"
#include "proto/transfer.h"

#define WB_INVITE_PREFIX "waybill-invite-1:"
#define WB_MAX_INVITE_TEXT 4096 /* bytes */
#define WB_MAX_REQUEST ((size_t)16 << 10) /* bytes, sealed */

/*
 * Newcomer: takes an invitation and appends the sealed request; `digits` are
 * to be compared.  WB_EXISTS, id "already-joined"; WB_REFUSED, id
 * "invite-expired"; WB_INVALID: not an invitation.
 */
WB_MUST_CHECK enum wb_status wb_join_request(struct wb_bytes *out,
    char digits[WB_JOIN_DIGITS_TEXT + 1], struct wb_device *device,
    struct wb_span invite_text, struct wb_span label_wish,
    struct wb_error *err);

/*
 * Newcomer: takes the welcome.  WB_NOT_FOUND: not for this device; WB_FORGED:
 * another programme or log than the invitation's.
 */
WB_MUST_CHECK enum wb_status wb_join_welcome(struct wb_device *device,
    struct wb_span welcome, struct wb_error *err);

#endif
