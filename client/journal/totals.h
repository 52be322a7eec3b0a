/* Aid totals, and how much of the record they cover. */
#ifndef WB_CLIENT_TOTALS_H
#define WB_CLIENT_TOTALS_H

#include "client/device.h"
#include "client/ledger/sums.h"

enum wb_totals_by {
	WB_BY_ITEM,
	WB_BY_CATEGORY,
	WB_BY_PLACE,
	WB_BY_DAY,
	WB_BY_WEEK,
	WB_BY_MONTH,
	WB_BY_DEVICE
};

struct wb_totals {
	struct wb_arena arena;
	struct wb_totals_row *rows; /* sorted by group, item, unit */
	size_t row_count;
};

struct wb_totals_query {
	enum wb_totals_by by;
	int64_t from_day; /* inclusive; INT64_MIN: from the beginning */
	int64_t to_day; /* inclusive; INT64_MAX: to the end */
};

/* What the roster calls suspect is left out; the coverage counts it. */
WB_MUST_CHECK enum wb_status wb_totals_read(struct wb_totals *out,
    struct wb_device *device, const struct wb_totals_query *query,
    struct wb_error *err);
void wb_totals_clear(struct wb_totals *t);

struct wb_gap {
	uint64_t first; /* sequence numbers that are missing, inclusive */
	uint64_t last;
};

struct wb_covered_device {
	struct wb_span label;
	uint64_t batches;
	uint64_t forked; /* sequence numbers that came twice */
	uint64_t distrust_from; /* log index; 0: trusted */
	uint64_t suspect; /* batches from there on: not in the totals */
	struct wb_gap *missing;
	size_t missing_count;
	int64_t last_heard; /* Unix seconds; 0: never */
};

struct wb_coverage {
	struct wb_arena arena;
	struct wb_covered_device
	    *devices; /* field and coordinators that sent */
	size_t device_count;
	uint64_t unopened; /* batches neither opened nor refused yet */
	uint64_t waiting; /* of these: for another, to take back what it has */
	uint64_t undecryptable;
	uint64_t disputed;
	uint64_t suspect; /* of all devices */
	/*
	 * No gap, nothing undecryptable or disputed, none that waits; for who
	 * opens batches also: none whose content did not come.
	 */
	bool complete;
};

WB_MUST_CHECK enum wb_status wb_coverage_read(struct wb_coverage *out,
    struct wb_device *device, struct wb_error *err);
void wb_coverage_clear(struct wb_coverage *c);

#endif
