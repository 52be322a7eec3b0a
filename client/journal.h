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

/*
 * Enters one record from its bytes.  `batch` 0: own and not in a batch yet.
 * WB_EXISTS, id "repeated-record"; WB_FORGED, ids "void-unknown",
 * "void-unequal", "void-twice", "void-not-allowed".
 */
WB_MUST_CHECK enum wb_status wb_journal_record(struct wb_device *device,
    int64_t owner, int64_t batch, const struct wb_hash *id,
    struct wb_span goods, struct wb_span place, struct wb_error *err);

/* After a logged statement was kept: rosters name devices, batches get their
 * row, acks their verdicts.  In the caller's transaction. */
WB_MUST_CHECK enum wb_status wb_journal_statement(struct wb_device *device,
    int64_t row, const struct wb_envelope *envelope, struct wb_error *err);

/*
 * Opens a kept batch with the reader identities of the names annex and enters
 * its records, all or none, in the caller's transaction.  A bad batch is not a
 * failure of this function: *outcome says what came of it and the reason is
 * kept with it.
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
	uint64_t stored;
	uint64_t witnessed;
	uint64_t opened;
	uint64_t disputed; /* of `stored`: in a disputed batch */
};
WB_MUST_CHECK enum wb_status wb_journal_states(struct wb_states *out,
    struct wb_device *device, struct wb_error *err);

/*
 * Removes the readable copies of own records that are opened and older than
 * the window, and their derived rows, then has the vault compacted.  *purged
 * counts them.
 */
WB_MUST_CHECK enum wb_status wb_journal_purge(uint64_t *purged,
    struct wb_device *device, struct wb_error *err);

#endif
