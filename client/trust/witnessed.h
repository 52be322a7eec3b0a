/*
 * The newest head that is witnessed: that a quorum of the policy's witnesses
 * has cosigned.  It is kept as it came, and judged by the newest roster's
 * policy whenever it is asked for, so that a new policy means its new quorum
 * at once.  Whether it is of this log's history is settled before it comes
 * here.
 */
#ifndef WB_CLIENT_TRUST_WITNESSED_H
#define WB_CLIENT_TRUST_WITNESSED_H

#include "client/device.h"

/* Does the newest roster's policy ask for witnesses? */
bool wb_witnessed_wanted(const struct wb_device *device);

/*
 * How many entries of the log are witnessed; 0: none, or the policy asks for
 * no witness.
 */
WB_MUST_CHECK enum wb_status wb_witnessed_size(uint64_t *out,
    struct wb_device *device, struct wb_error *err);

/* The note of that head, appended.  WB_NOT_FOUND: there is none. */
WB_MUST_CHECK enum wb_status wb_witnessed_note(struct wb_bytes *out,
    struct wb_head *head, struct wb_device *device, struct wb_error *err);

/*
 * Does a note, signed by the log, have the quorum?  *head is then what it says.
 * A line that claims a witness's key and is wrong counts as none.
 */
bool wb_witnessed_by_quorum(struct wb_head *head,
    const struct wb_device *device, struct wb_span note);

/* Keeps a note with the quorum, of a head known to be of this log. */
WB_MUST_CHECK enum wb_status wb_witnessed_keep(struct wb_device *device,
    struct wb_span note, struct wb_error *err);

#endif
