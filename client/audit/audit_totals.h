/*
 * Adds up what an auditor opened, by the rules by which a member's own totals
 * are made: a record counts once, a void takes back what it repeats, a disputed
 * batch counts nothing.  Sees contents that are in order in themselves; does no
 * cryptography.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_TOTALS_H
#define WB_CLIENT_AUDIT_AUDIT_TOTALS_H

#include "client/ledger/opening.h"
#include "client/ledger/sums.h"

/*
 * What is remembered, so that memory ends: some 56 bytes a record and 80 a
 * batch, besides 24 for each of its sums.
 */
#define WB_MAX_AUDIT_RECORDS (UINT32_C(1) << 21)
#define WB_MAX_AUDIT_BATCHES (UINT32_C(1) << 20)
#define WB_MAX_AUDIT_MEASURES (UINT32_C(1) << 15) /* items in one unit each */

/* Weeks begin on Mondays; week 0 holds 1970-01-01. */
struct wb_audit_week {
	uint32_t monday; /* days since 1970-01-01; of week 0: that day */
	uint64_t records; /* made in it, voids not counted */
};

/* All that was added up; the rows and weeks are in the arena it is read into. */
struct wb_audit_sums {
	struct wb_totals_row *rows; /* sorted; the groups are empty */
	size_t row_count;
	struct wb_audit_week *weeks; /* ascending; those with records */
	size_t week_count;
	uint64_t batches; /* counted */
	uint64_t records; /* in them, voids not counted */
	uint64_t voids;
	uint64_t left_out; /* batches opened, but not counted */
	uint64_t suspect; /* those besides that the newest roster calls so */
	bool forgot; /* more was opened than is remembered: see below */
};

struct wb_audit_totals;

WB_MUST_CHECK enum wb_status wb_audit_totals_new(struct wb_audit_totals **out,
    struct wb_error *err);
/* Nulls; NULL is harmless. */
void wb_audit_totals_free(struct wb_audit_totals **t);

struct wb_audit_sender {
	const struct wb_hash *batch; /* statement id */
	uint32_t device; /* any number that is its alone */
	bool coordinator; /* then: may void what others recorded */
};

/*
 * Counts one opened batch, whole or not at all; in the order of the log.
 * WB_FORGED: it breaks a rule, with an id: "repeated-record", "void-unequal",
 * "void-not-allowed", "void-twice".  WB_NOT_FOUND, id "void-unknown": it takes
 * back what was not seen here.  WB_NO_MEMORY.
 *
 * Past the numbers above, further batches are counted, but neither compared
 * with others nor taken back when they are disputed; `forgot` says so.
 */
WB_MUST_CHECK enum wb_status wb_audit_totals_add(struct wb_audit_totals *t,
    const struct wb_audit_sender *sender, const struct wb_opened_batch *opened,
    struct wb_error *err);

/* A coordinator opened that batch.  False: it broke a rule (WB_FORGED). */
bool wb_audit_totals_vouch(const struct wb_audit_totals *t,
    const struct wb_hash *batch);
/* A coordinator disputes that batch, counted already or yet to come. */
WB_MUST_CHECK enum wb_status wb_audit_totals_dispute(struct wb_audit_totals *t,
    const struct wb_hash *batch, struct wb_error *err);

/*
 * That batch is suspect by the newest roster: it is taken back, and counted
 * apart.  Once all are told, `settle` takes back what voids their records, or
 * the voids would take away what was never added.
 */
void wb_audit_totals_suspect(struct wb_audit_totals *t,
    const struct wb_hash *batch);
void wb_audit_totals_settle(struct wb_audit_totals *t);

WB_MUST_CHECK enum wb_status wb_audit_totals_read(struct wb_audit_sums *out,
    struct wb_arena *arena, const struct wb_audit_totals *t,
    struct wb_error *err);

#endif
