/*
 * Text in columns, for lists on a terminal: aligned by what a character is wide
 * there, numbers at the right.  Control characters never get through.
 */
#ifndef WB_CLIENT_CMD_TABLE_H
#define WB_CLIENT_CMD_TABLE_H

#include <stdio.h>

#include "base/arena.h"

#define WB_MAX_TABLE_COLUMNS 12

struct wb_table_column {
	const char *head;
	bool right; /* a number */
};

struct wb_table_row {
	struct wb_table_row *next;
	bool heading; /* one text across all columns */
	struct wb_span cells[WB_MAX_TABLE_COLUMNS];
};

/* Treat the members as private. */
struct wb_table {
	struct wb_arena arena;
	const struct wb_table_column *columns;
	size_t column_count;
	size_t widths[WB_MAX_TABLE_COLUMNS];
	bool used[WB_MAX_TABLE_COLUMNS]; /* some cell has text */
	struct wb_table_row *first;
	struct wb_table_row **end;
};

/* `columns` are static.  The table must not move after this. */
void wb_table_init(struct wb_table *t, const struct wb_table_column *columns,
    size_t n);
void wb_table_clear(struct wb_table *t);

/* One row of as many cells as columns; they are copied. */
WB_MUST_CHECK enum wb_status wb_table_add(struct wb_table *t,
    const struct wb_span *cells, struct wb_error *err);
/* A line across, over the rows that follow. */
WB_MUST_CHECK enum wb_status wb_table_heading(struct wb_table *t,
    struct wb_span text, struct wb_error *err);

/* Narrows one column, so that all fit into `width`; its texts are cut. */
void wb_table_fit(struct wb_table *t, size_t column, size_t width);

/*
 * With the columns' heads; columns without any text are left out.  Nothing
 * where there is no row.
 */
void wb_table_print(const struct wb_table *t, FILE *out);

/* Columns on a terminal, roughly: 0 for marks, 2 for wide East Asian ones. */
size_t wb_text_width(struct wb_span text);

#endif
