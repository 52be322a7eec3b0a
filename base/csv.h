/*
 * Reads CSV (RFC 4180) strictly, row by row, from memory: fields apart by
 * commas, lines ended by LF or CRLF, quotes doubled inside quotes.  A UTF-8
 * byte order mark at the start is passed over, and so are empty lines.  Nothing
 * is trimmed.  What a column means is the caller's matter.
 */
#ifndef WB_BASE_CSV_H
#define WB_BASE_CSV_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

#define WB_MAX_CSV_FIELD ((size_t)64 << 10) /* bytes */
#define WB_MAX_CSV_FIELDS 256 /* in one row */

struct wb_csv {
	/* The current row; spans are valid until the next one. */
	uint64_t line; /* the line it begins on, from 1 */
	size_t n_fields;
	struct wb_span fields[WB_MAX_CSV_FIELDS];

	/* Private. */
	struct wb_span text;
	size_t at;
	uint64_t at_line;
	struct wb_arena unquoted;
};

/* `text` must outlive the reader. */
void wb_csv_init(struct wb_csv *csv, struct wb_span text);
void wb_csv_clear(struct wb_csv *csv);

/*
 * To the next row: *row says whether there is one.  WB_INVALID: the row is
 * wrong; the error begins with "line N: " and the next call goes on with the
 * line after it, so that all that is wrong in a file can be told at once.
 */
WB_MUST_CHECK enum wb_status wb_csv_next(bool *row, struct wb_csv *csv,
    struct wb_error *err);

#endif
