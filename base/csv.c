#include "base/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define BOM "\xef\xbb\xbf"
/* All fields of a row may be quoted and as long as they can be. */
#define ROW_BUDGET ((size_t)40 << 20)

void
wb_csv_init(struct wb_csv *csv, struct wb_span text)
{
	*csv = (struct wb_csv){ .text = text, .at_line = 1 };
	wb_arena_init(&csv->unquoted, ROW_BUDGET);
	if (wb_span_equal(wb_span_sub(text, 0, 3), wb_span(BOM, 3)))
		csv->at = 3;
}

void
wb_csv_clear(struct wb_csv *csv)
{
	wb_arena_clear(&csv->unquoted);
	csv->n_fields = 0;
}

static bool
at_end(const struct wb_csv *csv)
{
	return csv->at == csv->text.len;
}

/* The byte here, or a line's end where the text ends. */
static uint8_t
here(const struct wb_csv *csv)
{
	return at_end(csv) ? '\n' : csv->text.data[csv->at];
}

static void
advance(struct wb_csv *csv)
{
	if (at_end(csv))
		return;
	csv->at_line += csv->text.data[csv->at] == '\n';
	csv->at++;
}

static bool
at_crlf(const struct wb_csv *csv)
{
	return csv->text.len - csv->at >= 2 &&
	       memcmp(csv->text.data + csv->at, "\r\n", 2) == 0;
}

static enum wb_status
refuse(const struct wb_csv *csv, const char *why, struct wb_error *err)
{
	return wb_fail(err, WB_INVALID, "line %" PRIu64 ": %s", csv->at_line,
	    why);
}

static enum wb_status
read_plain(struct wb_span *out, struct wb_csv *csv, struct wb_error *err)
{
	size_t start = csv->at;

	while (here(csv) != ',' && here(csv) != '\n' && !at_crlf(csv)) {
		if (here(csv) == '"') {
			return refuse(csv,
			    "a quote inside a field that does not begin "
			    "with one",
			    err);
		}
		if (here(csv) == '\r')
			return refuse(csv,
			    "a carriage return that does not end a line", err);
		advance(csv);
	}
	*out = wb_span(csv->text.data + start, csv->at - start);
	return WB_OK;
}

/* Halves the doubled quotes of `raw`. */
static enum wb_status
undouble(struct wb_span *out, struct wb_csv *csv, struct wb_span raw,
    struct wb_error *err)
{
	uint8_t *to = wb_arena_alloc(&csv->unquoted, raw.len);
	size_t n = 0;

	if (to == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < raw.len; i++) {
		to[n++] = raw.data[i];
		if (raw.data[i] == '"')
			i++;
	}
	*out = wb_span(to, n);
	return WB_OK;
}

/* Back to an opening quote, so that reading goes on with its next line. */
static enum wb_status
refuse_open_quote(struct wb_csv *csv, size_t at, uint64_t line,
    struct wb_error *err)
{
	bool ended = at_end(csv);

	csv->at = at;
	csv->at_line = line;
	return refuse(csv,
	    ended ? "a quote is opened and never closed"
		  : "a quoted field is longer than 64 KiB, or its quote is "
		    "not closed",
	    err);
}

static enum wb_status
read_quoted(struct wb_span *out, struct wb_csv *csv, struct wb_error *err)
{
	const size_t start = csv->at + 1;
	const uint64_t line = csv->at_line;
	bool doubled = false;

	for (advance(csv);; advance(csv)) {
		/* Twice the limit, as each quote may be doubled. */
		if (at_end(csv) || csv->at - start > 2 * WB_MAX_CSV_FIELD)
			return refuse_open_quote(csv, start - 1, line, err);
		if (here(csv) != '"')
			continue;
		if (csv->text.len - csv->at < 2 ||
		    csv->text.data[csv->at + 1] != '"')
			break;
		doubled = true;
		advance(csv);
	}
	*out = wb_span(csv->text.data + start, csv->at - start);
	advance(csv);
	if (here(csv) != ',' && here(csv) != '\n' && !at_crlf(csv))
		return refuse(csv, "text after a closing quote", err);
	return doubled ? undouble(out, csv, *out, err) : WB_OK;
}

static enum wb_status
read_field(struct wb_csv *csv, struct wb_error *err)
{
	struct wb_span *out = &csv->fields[csv->n_fields];
	enum wb_status st;

	if (csv->n_fields == WB_MAX_CSV_FIELDS)
		return refuse(csv, "more than 256 fields", err);
	if (here(csv) == '"')
		st = read_quoted(out, csv, err);
	else
		st = read_plain(out, csv, err);
	if (st != WB_OK)
		return st;
	if (out->len > WB_MAX_CSV_FIELD)
		return refuse(csv, "a field is longer than 64 KiB", err);
	if (out->len != 0 && memchr(out->data, '\0', out->len) != NULL)
		return refuse(csv, "a NUL byte, so this is no text", err);
	if (!wb_text_is_utf8(*out))
		return refuse(csv,
		    "this is not UTF-8; save the table as \"CSV UTF-8\"", err);
	csv->n_fields++;
	return WB_OK;
}

static void
end_line(struct wb_csv *csv)
{
	while (here(csv) != '\n')
		advance(csv);
	advance(csv);
}

enum wb_status
wb_csv_next(bool *row, struct wb_csv *csv, struct wb_error *err)
{
	enum wb_status st;

	*row = false;
	wb_csv_clear(csv);
	while (!at_end(csv) && (here(csv) == '\n' || at_crlf(csv)))
		end_line(csv);
	csv->line = csv->at_line;
	if (at_end(csv))
		return WB_OK;
	st = read_field(csv, err);
	while (st == WB_OK && here(csv) == ',') {
		advance(csv);
		st = read_field(csv, err);
	}
	end_line(csv);
	*row = st == WB_OK;
	return st;
}
