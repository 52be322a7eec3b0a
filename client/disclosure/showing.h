/*
 * The notes of what was shown to whom: made before a file is handed out, kept
 * as statements like any other, and read by coordinators.
 */
#ifndef WB_CLIENT_DISCLOSURE_SHOWING_H
#define WB_CLIENT_DISCLOSURE_SHOWING_H

#include "client/device.h"
#include "proto/record_disclosure.h"

#define WB_SHOWN_GOODS wb_span_text("goods") /* of one record */
#define WB_SHOWN_RECORD wb_span_text("record") /* its place too */
/* Else the purpose of a bundle: "audit", "headers", "openings". */

/*
 * Keeps a note for the next sync, in a transaction of its own, durably: sealed
 * to the reader and signed.  `to` may be NULL; `record` is NULL where all of
 * the log is shown.  *kept false, and nothing done: no server takes notes of
 * this member (those of coordinators and auditors it does), or of this vault
 * (see wb_device_need_newest: such a one discloses no record, but it writes
 * evidence, which may be what shows what happened).  WB_INVALID, id "bad-name":
 * `to` is no short text.
 */
WB_MUST_CHECK enum wb_status wb_showing_keep(bool *kept,
    struct wb_device *device, struct wb_span what, const char *to,
    const struct wb_hash *record, struct wb_error *err);

/* A note that was read. */
struct wb_showing_note {
	struct wb_span by; /* label of who signed it; may be empty */
	bool logged;
	struct wb_showing showing;
};

/*
 * The notes that name this record, oldest first, in the arena.  *unread counts
 * those that no identity here opens or that are malformed; all of them on a
 * device that is no reader.
 */
WB_MUST_CHECK enum wb_status wb_showings_of(struct wb_showing_note **out,
    size_t *n, uint64_t *unread, struct wb_arena *arena,
    struct wb_device *device, const struct wb_hash *record,
    struct wb_error *err);

#endif
