/*
 * A CSV file with a header: columns found by name, in any order, and what is
 * wrong with its rows.  Knows what the columns are called, not what they mean.
 */
#ifndef WB_CLIENT_LEDGER_SHEET_H
#define WB_CLIENT_LEDGER_SHEET_H

#include "base/arena.h"
#include "base/csv.h"
#include "client/ledger/importing.h"

enum wb_column {
	WB_COLUMN_DATE,
	WB_COLUMN_PLACE,
	WB_COLUMN_ITEM,
	WB_COLUMN_QUANTITY,
	WB_COLUMN_UNIT,
	WB_COLUMN_MISSION,
	WB_COLUMN_DETAIL,
	WB_COLUMN_LOT,
	WB_COLUMN_EXPIRY,
	WB_COLUMN_HOUSEHOLDS,
	WB_COLUMN_PEOPLE,
	WB_COLUMN_NOTE,
	WB_COLUMN_KIND,
	WB_COLUMN_REASON,
	WB_COLUMN_CATEGORY,
	WB_COLUMNS
};

struct wb_sheet {
	struct wb_csv csv;
	struct wb_arena *arena;
	size_t at[WB_COLUMNS]; /* field of each column; SIZE_MAX: none */
	size_t width; /* fields in the header */
	struct wb_span *ignored; /* names of the other columns */
	size_t ignored_count;
	struct wb_import_fault *faults;
	size_t fault_count;
	size_t fault_room;
};

/*
 * Reads the header.  `needed` has bit 1 << column for each that must be there.
 * WB_INVALID as wb_import_read says.  What is found goes into the arena.
 */
WB_MUST_CHECK enum wb_status wb_sheet_begin(struct wb_sheet *out,
    struct wb_arena *arena, struct wb_span csv, unsigned needed,
    struct wb_error *err);
void wb_sheet_end(struct wb_sheet *sheet);

/*
 * To the next row of the header's width, listing faults on the way.  Rows with
 * nothing in any field, which spreadsheets leave behind, are passed over.
 * WB_NO_MEMORY.
 */
WB_MUST_CHECK enum wb_status wb_sheet_next(bool *row, struct wb_sheet *sheet,
    struct wb_error *err);

/* The current row's field; empty where there is no such column. */
struct wb_span wb_sheet_field(const struct wb_sheet *sheet,
    enum wb_column column);
const char *wb_sheet_name(enum wb_column column);

/* Lists the current row's fault; the text is copied. */
WB_MUST_CHECK enum wb_status wb_sheet_fault(struct wb_sheet *sheet,
    const char *why, struct wb_error *err);

/* Room for one more in an array of the arena: it is copied when full. */
WB_MUST_CHECK enum wb_status wb_sheet_grow(void **array, size_t count,
    size_t *room, size_t size, struct wb_arena *arena, struct wb_error *err);

#endif
