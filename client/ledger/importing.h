/*
 * Deliveries from a CSV file, such as paper logs typed into a table: one row a
 * line of goods; the rows of one date, mission and place are one delivery.
 * Nothing is merged, trimmed, rounded or case-folded; equal rows all count; an
 * empty unit is a unit of its own.  Pure: what is done with the deliveries is
 * the caller's matter.
 *
 * Texts may begin with =, +, - or @, which a spreadsheet would run as a
 * formula.  They are taken as the texts they are, because nothing may be
 * changed on the way in; whoever writes them into a table again has to make
 * them harmless there.  Numbers and dates like that are wrong numbers and
 * dates.
 */
#ifndef WB_CLIENT_LEDGER_IMPORTING_H
#define WB_CLIENT_LEDGER_IMPORTING_H

#include "base/arena.h"
#include "client/ledger/entry.h"
#include "proto/record.h"
#include "proto/record_annex.h"

#define WB_MAX_IMPORT ((size_t)64 << 20) /* bytes of CSV */

/* A row that was not taken. */
struct wb_import_fault {
	uint64_t line; /* of the file, from 1 */
	struct wb_span why; /* without the line */
};

struct wb_import_delivery {
	uint64_t line; /* its first row's */
	struct wb_goods goods;
	struct wb_place place; /* number 0 */
};

struct wb_import {
	struct wb_arena arena; /* holds all below */
	struct wb_import_delivery *deliveries; /* as they first appear */
	size_t delivery_count;
	uint64_t row_count; /* rows taken */
	struct wb_import_fault *faults;
	size_t fault_count;
	struct wb_span *ignored; /* columns with names that mean nothing here */
	size_t ignored_count;
	uint64_t future_line; /* the first row dated after today; 0: none */
};

/*
 * Reads a whole file.  Rows with faults are left out and listed; the rest is
 * in `deliveries`.  A delivery of more lines than a record holds becomes
 * several.  `known` decides which items and places are taken.  WB_INVALID: no
 * table at all, or columns are missing; ids "no-header", "missing-column",
 * "repeated-column".  `out` is to be cleared in any case.
 */
WB_MUST_CHECK enum wb_status wb_import_read(struct wb_import *out,
    struct wb_span csv, const struct wb_known *known, uint32_t today,
    struct wb_error *err);
void wb_import_clear(struct wb_import *import);

/* What a file teaches: see wb_import_items and wb_import_places. */
struct wb_import_list {
	struct wb_arena arena; /* holds all below */
	struct wb_item *items; /* distinct; without labels */
	size_t item_count;
	struct wb_span *places; /* distinct */
	size_t place_count;
	struct wb_import_fault *faults;
	size_t fault_count;
};

/*
 * All items, units and categories (columns "item"; "unit" and "category" if
 * there), or all places (column "place"), as they first appear.  Failures as
 * above.
 */
WB_MUST_CHECK enum wb_status wb_import_items(struct wb_import_list *out,
    struct wb_span csv, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_import_places(struct wb_import_list *out,
    struct wb_span csv, struct wb_error *err);
void wb_import_list_clear(struct wb_import_list *list);

#endif
