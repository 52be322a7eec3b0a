/*
 * Entries of a log, gathered from evidence bundles of members, to be put back
 * where a store has lost them.  Only what a head leads to that this log signed
 * is taken.  Pure: no store, no files.
 */
#ifndef WB_SERVER_RECOVERY_H
#define WB_SERVER_RECOVERY_H

#include "crypto/note.h"
#include "proto/transfer.h"

struct wb_recovery {
	const struct wb_vkey *log;
	uint64_t from; /* the first entry that is wanted */
	/* From there on; an empty envelope: in no bundle so far. */
	struct wb_upload *entries;
	size_t count, room;
	/* Heads that the log has signed, each size once. */
	struct wb_head *heads;
	size_t head_count, head_room;
};

/* `log` is borrowed. */
void wb_recovery_init(struct wb_recovery *r, const struct wb_vkey *log,
    uint64_t from);
void wb_recovery_clear(struct wb_recovery *r);

/*
 * Takes a head that is known to be signed.  WB_FORGED, id "log-fork": another
 * of that size is known.
 */
WB_MUST_CHECK enum wb_status wb_recovery_head(struct wb_recovery *r,
    const struct wb_head *head, struct wb_error *err);

/*
 * Takes what a bundle has; views into it.  Statuses of wb_unpack; WB_FORGED
 * also where its entries do not lead to its heads, or its heads are not this
 * log's.  After a failure nothing may be made of what was gathered.
 */
WB_MUST_CHECK enum wb_status wb_recovery_take(struct wb_recovery *r,
    struct wb_span bundle, struct wb_error *err);

/* How large the log is known to have been. */
uint64_t wb_recovery_size(const struct wb_recovery *r);

#endif
