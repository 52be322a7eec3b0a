/*
 * Rows of totals by item and unit, and sums that may outgrow 64 bits.  Pure:
 * whoever has the records fills them.
 */
#ifndef WB_CLIENT_LEDGER_SUMS_H
#define WB_CLIENT_LEDGER_SUMS_H

#include "base/json.h"
#include "proto/record_annex.h"

/* One group in one item and unit.  Quantities are thousandths. */
struct wb_totals_row {
	struct wb_span
	    group; /* category, place, "2026-03-01", label; by item: "" */
	struct wb_span item;
	struct wb_span unit;
	uint64_t received;
	uint64_t delivered; /* gross */
	uint64_t lost;
	uint64_t returned;
	uint64_t voided; /* deliveries voided */
	int64_t net; /* delivered - voided */
	uint64_t records; /* deliveries, voids not counted */
	bool too_large; /* a sum above is cut off at 64 bits */
};

/* high * 2^32 + low; exact for 2^31 terms, whatever they are. */
struct wb_sum {
	int64_t high;
	int64_t low;
};

void wb_sum_add(struct wb_sum *sum, uint64_t quantity);
void wb_sum_subtract(struct wb_sum *sum, uint64_t quantity);
/* What 64 bits hold of it; where they do not, *too_large is set. */
int64_t wb_sum_value(bool *too_large, const struct wb_sum *sum);

/* By group, item and unit. */
void wb_totals_sort(struct wb_totals_row *rows, size_t n);
/*
 * Makes each row's group its category, a view into the catalogue, and sorts
 * again.  One item and unit has one category, so no rows fall together.
 */
void wb_totals_categorise(struct wb_totals_row *rows, size_t n,
    const struct wb_catalogue *catalogue);

/* The members of a row but its group's, into the object that is open. */
void wb_totals_json(struct wb_json *j, const struct wb_totals_row *row);

#endif
