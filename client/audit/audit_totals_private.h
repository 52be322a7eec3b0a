/* What the two halves of client/audit/audit_totals.h share. */
#ifndef WB_CLIENT_AUDIT_AUDIT_TOTALS_PRIVATE_H
#define WB_CLIENT_AUDIT_AUDIT_TOTALS_PRIVATE_H

#include "client/audit/audit_totals.h"
#include "client/ledger/idset.h"

#define WB_AUDIT_WEEKS ((WB_MAX_DAY + 3) / 7 + 1)

enum wb_audit_sum {
	WB_AUDIT_RECEIVED,
	WB_AUDIT_DELIVERED,
	WB_AUDIT_LOST,
	WB_AUDIT_RETURNED,
	WB_AUDIT_VOIDED,
	WB_AUDIT_SUMS
};

struct wb_audit_measure {
	struct wb_span item;
	struct wb_span unit;
	struct wb_sum sums[WB_AUDIT_SUMS];
	uint64_t records;
	uint64_t terms; /* added up in it; 0: nothing that counts has it */
};

/* One sum of one batch: a measure's by kind, or a week's. */
struct wb_audit_term {
	uint32_t of; /* number of the measure, or week */
	uint32_t records; /* deliveries */
	uint16_t kind; /* a void's is WB_KIND_VOID higher; WB_AUDIT_WEEK */
	uint32_t voids; /* number of the record; WB_IDSET_NONE: it is no void */
	uint64_t quantity; /* thousandths; records of a week */
};
#define WB_AUDIT_WEEK 0 /* no kind */

enum wb_audit_state {
	WB_AUDIT_UNSEEN, /* disputed, perhaps, before it came */
	WB_AUDIT_COUNTED,
	WB_AUDIT_LEFT_OUT,
	WB_AUDIT_WRONG, /* left out, because it broke a rule */
	WB_AUDIT_SUSPECT /* taken back, because its device is distrusted */
};

struct wb_audit_batch {
	uint32_t device;
	uint8_t state;
	bool disputed;
	bool kept; /* its terms are */
	uint32_t terms; /* their number */
	uint64_t first; /* where they begin, in terms */
	uint32_t records;
	uint32_t voids;
};

struct wb_audit_record {
	uint64_t lines; /* hash of kind and lines */
	uint32_t batch;
	uint32_t voided_by; /* batch of the void; WB_IDSET_NONE: not voided */
};

struct wb_audit_totals {
	struct wb_idset batch_ids;
	struct wb_audit_batch *batches; /* by number */
	size_t batch_room;
	struct wb_idset record_ids;
	struct wb_audit_record *records; /* by number */
	size_t record_room;
	struct wb_idset measure_ids;
	struct wb_audit_measure *measures; /* by number */
	size_t measure_room;
	struct wb_arena names; /* what measures point to */
	struct wb_audit_term *terms; /* batch after batch */
	size_t term_count;
	size_t term_room;
	struct wb_arena scratch; /* one record's lines */
	struct wb_bytes text; /* scratch */
	uint8_t key[WB_SHORT_KEY_LEN];
	uint64_t weeks[WB_AUDIT_WEEKS]; /* records */
	uint64_t counted;
	uint64_t record_count;
	uint64_t void_count;
	uint64_t left_out;
	uint64_t suspect;
	bool forgot;
};

/* One batch on its way in. */
struct wb_audit_adding {
	struct wb_audit_totals *t;
	const struct wb_audit_sender *sender;
	uint32_t batch; /* its number; WB_IDSET_NONE: not remembered */
	bool full; /* something of it could not be remembered */
	bool uncounted; /* and so it cannot be added up */
	size_t first; /* of its terms */
	uint32_t records;
	uint32_t voids;
	struct wb_goods goods; /* of the record being read */
};

/*
 * Checks one record by those before it, and appends what it adds to the terms;
 * the statuses of wb_audit_totals_add.
 */
WB_MUST_CHECK enum wb_status wb_audit_totals_record(struct wb_audit_adding *a,
    const struct wb_opened_record *record, struct wb_error *err);

#endif
