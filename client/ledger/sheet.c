#include "client/ledger/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ABSENT SIZE_MAX
#define LIST_TEXT 160 /* bytes of column names in an error */
#define FIRST_ROOM 16

static const char *const names[WB_COLUMNS] = {
	[WB_COLUMN_DATE] = "date",
	[WB_COLUMN_PLACE] = "place",
	[WB_COLUMN_ITEM] = "item",
	[WB_COLUMN_QUANTITY] = "quantity",
	[WB_COLUMN_UNIT] = "unit",
	[WB_COLUMN_MISSION] = "mission",
	[WB_COLUMN_DETAIL] = "detail",
	[WB_COLUMN_LOT] = "lot",
	[WB_COLUMN_EXPIRY] = "expiry",
	[WB_COLUMN_HOUSEHOLDS] = "households",
	[WB_COLUMN_PEOPLE] = "people",
	[WB_COLUMN_NOTE] = "note",
	[WB_COLUMN_KIND] = "kind",
	[WB_COLUMN_REASON] = "reason",
	[WB_COLUMN_CATEGORY] = "category",
};

const char *
wb_sheet_name(enum wb_column column)
{
	return names[column];
}

struct wb_span
wb_sheet_field(const struct wb_sheet *sheet, enum wb_column column)
{
	size_t at = sheet->at[column];

	return at < sheet->csv.n_fields ? sheet->csv.fields[at]
					: wb_span(NULL, 0);
}

enum wb_status
wb_sheet_grow(void **array, size_t count, size_t *room, size_t size,
    struct wb_arena *arena, struct wb_error *err)
{
	size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
	void *bigger;

	if (count < *room)
		return WB_OK;
	bigger = wb_arena_array(arena, more, size);
	if (bigger == NULL) {
		return wb_fail(err, WB_NO_MEMORY,
		    "the file is too large for this device's memory; cut it "
		    "into smaller ones");
	}
	if (count != 0)
		memcpy(bigger, *array, count * size);
	*array = bigger;
	*room = more;
	return WB_OK;
}

static enum wb_status
add_fault(struct wb_sheet *sheet, uint64_t line, const char *why,
    struct wb_error *err)
{
	void *faults = sheet->faults;
	struct wb_import_fault fault = { .line = line };
	enum wb_status st;

	st = wb_sheet_grow(&faults, sheet->fault_count, &sheet->fault_room,
	    sizeof *sheet->faults, sheet->arena, err);
	if (st == WB_OK)
		st = wb_arena_copy(&fault.why, sheet->arena, wb_span_text(why),
		    err);
	if (st != WB_OK)
		return st;
	sheet->faults = faults;
	sheet->faults[sheet->fault_count++] = fault;
	return WB_OK;
}

enum wb_status
wb_sheet_fault(struct wb_sheet *sheet, const char *why, struct wb_error *err)
{
	return add_fault(sheet, sheet->csv.line, why, err);
}

/* The reader's faults begin with "line N: ", which need not be the row's. */
static enum wb_status
csv_fault(struct wb_sheet *sheet, const struct wb_error *cause,
    struct wb_error *err)
{
	const char *why = strstr(cause->text, ": ");
	uint64_t line = sheet->csv.line;

	if (strncmp(cause->text, "line ", 5) == 0 && why != NULL)
		line = strtoull(cause->text + 5, NULL, 10);
	return add_fault(sheet, line, why == NULL ? cause->text : why + 2, err);
}

/* Names are ours, not data: blanks around them and capitals are let pass. */
static bool
is_named(struct wb_span field, const char *name)
{
	size_t n = strlen(name);

	while (field.len > 0 && field.data[0] == ' ')
		field = wb_span_sub(field, 1, field.len);
	while (field.len > 0 && field.data[field.len - 1] == ' ')
		field.len--;
	return wb_entry_same_label(field, wb_span(name, n));
}

static enum wb_column
find_column(struct wb_span field)
{
	size_t c = 0;

	while (c < WB_COLUMNS && !is_named(field, names[c]))
		c++;
	return (enum wb_column)c;
}

/* A column that means nothing here; without a fit name it is "column 7". */
static enum wb_status
ignore_column(struct wb_sheet *sheet, size_t field, struct wb_error *err)
{
	struct wb_span name = sheet->csv.fields[field];
	char number[32];

	if (name.len == 0 ||
	    wb_text_check_short(name, "a name", NULL) != WB_OK) {
		(void)snprintf(number, sizeof number, "column %zu", field + 1);
		name = wb_span_text(number);
	}
	return wb_arena_copy(&sheet->ignored[sheet->ignored_count++],
	    sheet->arena, name, err);
}

static enum wb_status
name_columns(struct wb_sheet *sheet, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	sheet->width = sheet->csv.n_fields;
	sheet->ignored = wb_arena_array(sheet->arena, sheet->width,
	    sizeof *sheet->ignored);
	if (sheet->ignored == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; st == WB_OK && i < sheet->width; i++) {
		enum wb_column c = find_column(sheet->csv.fields[i]);

		if (c == WB_COLUMNS) {
			st = ignore_column(sheet, i, err);
		} else if (sheet->at[c] == ABSENT) {
			sheet->at[c] = i;
		} else {
			st = wb_advise(err,
			    wb_fail(err, WB_INVALID,
				"the column \"%s\" is there twice", names[c]),
			    "repeated-column",
			    "Take one out, or give it another name");
		}
	}
	return st;
}

/* One field with other separators in it: not apart by commas. */
static bool
has_other_separators(const struct wb_sheet *sheet)
{
	struct wb_span only = sheet->csv.fields[0];

	return sheet->csv.n_fields == 1 && only.len != 0 &&
	       (memchr(only.data, ';', only.len) != NULL ||
		   memchr(only.data, '\t', only.len) != NULL);
}

static enum wb_status
check_needed(const struct wb_sheet *sheet, unsigned needed,
    struct wb_error *err)
{
	char list[LIST_TEXT] = "";
	size_t used = 0;
	enum wb_status st;

	for (size_t c = 0; c < WB_COLUMNS; c++) {
		if ((needed & 1u << c) != 0 && sheet->at[c] == ABSENT) {
			used += (size_t)snprintf(list + used,
			    sizeof list - used, "%s%s", used == 0 ? "" : ", ",
			    names[c]);
		}
	}
	if (used == 0)
		return WB_OK;
	st = wb_fail(err, WB_INVALID,
	    "the first line names no column: %s; nothing was taken", list);
	return wb_advise(err, st, "missing-column",
	    has_other_separators(sheet)
		? "Put commas between the columns: save the table as \"CSV "
		  "UTF-8 (comma delimited)\""
		: "Write the columns' names into the first line, in any "
		  "order");
}

enum wb_status
wb_sheet_begin(struct wb_sheet *out, struct wb_arena *arena, struct wb_span csv,
    unsigned needed, struct wb_error *err)
{
	enum wb_status st;
	bool row;

	*out = (struct wb_sheet){ .arena = arena };
	for (size_t c = 0; c < WB_COLUMNS; c++)
		out->at[c] = ABSENT;
	wb_csv_init(&out->csv, csv);
	st = wb_csv_next(&row, &out->csv, err);
	if (st == WB_INVALID) {
		return wb_advise(err,
		    wb_context(err, st, "this is no table in CSV"), "no-header",
		    "Save the table as \"CSV UTF-8 (comma delimited)\"");
	}
	if (st != WB_OK)
		return st;
	if (!row) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID, "the file is empty"), "no-header",
		    "Write the columns' names into the first line");
	}
	st = name_columns(out, err);
	return st == WB_OK ? check_needed(out, needed, err) : st;
}

void
wb_sheet_end(struct wb_sheet *sheet)
{
	wb_csv_clear(&sheet->csv);
}

static bool
is_blank(const struct wb_csv *csv)
{
	for (size_t i = 0; i < csv->n_fields; i++)
		if (csv->fields[i].len != 0)
			return false;
	return true;
}

enum wb_status
wb_sheet_next(bool *row, struct wb_sheet *sheet, struct wb_error *err)
{
	struct wb_error cause = { 0 };
	enum wb_status st;
	char why[80];

	for (;;) {
		st = wb_csv_next(row, &sheet->csv, &cause);
		if (st == WB_INVALID) {
			st = csv_fault(sheet, &cause, err);
			if (st != WB_OK)
				return st;
			continue;
		}
		if (st != WB_OK)
			return wb_fail(err, st, "%s", cause.text);
		if (!*row)
			return WB_OK;
		if (is_blank(&sheet->csv))
			continue;
		if (sheet->csv.n_fields == sheet->width)
			return WB_OK;
		(void)snprintf(why, sizeof why,
		    "%zu fields, but the first line has %zu",
		    sheet->csv.n_fields, sheet->width);
		st = wb_sheet_fault(sheet, why, err);
		if (st != WB_OK)
			return st;
	}
}
