/*
 * The derived tables: records and lines as lists and totals read them, batch
 * states, verdicts, devices.  All of it can be made again from the facts.
 */
#ifndef WB_CLIENT_JOURNAL_H
#define WB_CLIENT_JOURNAL_H

#include "client/device.h"
#include "client/ledger/opening.h"

/* Rows of the small tables, made when missing. */
WB_MUST_CHECK enum wb_status wb_journal_device(int64_t *row, struct wb_db *db,
    const struct wb_key *key, struct wb_error *err);

enum wb_origin_kind {
	WB_FROM_BATCH, /* a logged batch that was opened here */
	WB_FROM_HAND, /* this device, just now */
	WB_FROM_COPY /* this device's readable copy, in a rebuild */
};

/* Where a record came from. */
struct wb_origin {
	enum wb_origin_kind kind;
	int64_t owner; /* row of its device */
	bool coordinator; /* may void what others recorded */
	int64_t batch; /* statement row; 0: not in a batch yet */
	/* WB_FROM_BATCH: */
	uint64_t log_index;
	int64_t *waits; /* gets the row of the batch that a void waits for */
};

/*
 * Enters one record from its bytes.  One that is here already from the same
 * batch is left as it is.  Own records hold until the log says otherwise: a
 * void from an opened batch takes the place of an own one that was not opened,
 * and a copy's void that no longer fits is entered without lines, as is one of
 * an own record that is not readable here (purged).  WB_EXISTS, id
 * "repeated-record"; WB_FORGED, ids "void-unknown", "void-unequal" (kind or
 * lines), "void-twice", "void-not-allowed".
 *
 * WB_NOT_FOUND, from a batch: what is in the log before it is not all open
 * here, and may decide.  "void-waits": the record is not here, and a batch of
 * the void's own device (a coordinator's void: any batch) is closed or cannot
 * be decrypted.  "void-order": a batch of the record's device or of a
 * coordinator came without its content, and may take the record back first.
 */
WB_MUST_CHECK enum wb_status wb_journal_record(struct wb_device *device,
    const struct wb_origin *origin, const struct wb_hash *id,
    struct wb_span goods, struct wb_span place, struct wb_error *err);

/*
 * After a statement was kept, or its log index became known: rosters name
 * devices, batches (logged, or this device's own) get their row, logged acks
 * of who was a coordinator then give their verdicts.  Again is harmless.  In the caller's transaction.
 */
WB_MUST_CHECK enum wb_status wb_journal_statement(struct wb_device *device,
    int64_t row, const struct wb_envelope *envelope, struct wb_error *err);

/*
 * Opens a kept batch with the reader identities of the names annex and enters
 * its records, all or none, in the caller's transaction.  A bad batch is not a
 * failure of this function: *outcome says what came of it and the reason is
 * kept with it, one of wb_opening's and wb_journal_record's ids or "signature",
 * "unknown-signer", "wrong-role", "revoked", "fork" (the signer has an earlier
 * batch of that number in the log).  WB_BATCH_CLOSED: not logged, without
 * content here, this device is no reader, or a void in it waits for an earlier
 * batch (then nothing is done till that one is open).  Call in the order of the
 * log, as
 * a rebuild does: the first of two repeated records or voids is the one that
 * counts.
 */
WB_MUST_CHECK enum wb_status wb_journal_open(enum wb_batch_outcome *outcome,
    struct wb_device *device, int64_t statement_row, struct wb_error *err);

/*
 * Drops every derived table and makes it again from the facts, in one
 * transaction.  `progress` (may be NULL) is told done and total statements.
 */
WB_MUST_CHECK enum wb_status wb_journal_rebuild(struct wb_device *device,
    void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
    struct wb_error *err);

/* How this vault's own records stand; the four exclude each other. */
struct wb_states {
	uint64_t here;
	uint64_t stored; /* in the log */
	uint64_t witnessed; /* and under a head that a quorum cosigned */
	uint64_t opened;
	uint64_t disputed; /* of the two: in a disputed batch */
};
WB_MUST_CHECK enum wb_status wb_journal_states(struct wb_states *out,
    struct wb_device *device, struct wb_error *err);

/*
 * Removes the readable copies of own records that are opened and were saved
 * longer ago than the window, with their derived rows (which stay where the
 * batch was opened here), and the contents of own batches that are opened and
 * that this device cannot read.  A record and its void go together.  Then, if
 * something readable was removed, now or when this could not be done, has the
 * vault compacted.  *purged counts the copies.  Begins and commits its own transaction.
 */
WB_MUST_CHECK enum wb_status wb_journal_purge(uint64_t *purged,
    struct wb_device *device, struct wb_error *err);

#endif
