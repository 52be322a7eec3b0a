#include "client/cmd/table.h"

#include "base/text.h"

#define TABLE_BUDGET ((size_t)256 << 20)
#define GAP 2 /* blanks between columns */

struct range {
	uint32_t first;
	uint32_t last;
};

/* The common blocks; what is missing costs a crooked line, no more. */
static const struct range marks[] = {
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05bd },
	{ 0x0610, 0x061a },
	{ 0x064b, 0x065f },
	{ 0x0900, 0x0902 },
	{ 0x093c, 0x093c },
	{ 0x0941, 0x0948 },
	{ 0x094d, 0x094d },
	{ 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e },
	{ 0x200b, 0x200d },
	{ 0x20d0, 0x20f0 },
	{ 0xfe00, 0xfe0f },
};

static const struct range wide[] = {
	{ 0x1100, 0x115f },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf },
	{ 0x4e00, 0x9fff },
	{ 0xa000, 0xa4cf },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe4f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f },
	{ 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

static bool
within(uint32_t cp, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

static size_t
char_width(uint32_t cp)
{
	if (within(cp, marks, sizeof marks / sizeof marks[0]))
		return 0;
	return within(cp, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t
wb_text_width(struct wb_span text)
{
	size_t width = 0;
	uint32_t cp;
	size_t n;

	for (; text.len != 0; text = wb_span_sub(text, n, text.len)) {
		n = wb_text_next(&cp, text);
		if (n == 0) {
			n = 1;
			cp = '?';
		}
		width += char_width(cp);
	}
	return width;
}

/* What is no text, or would steer the terminal, becomes '?'. */
static void
put_text(struct wb_span text, FILE *out)
{
	uint32_t cp;
	size_t n;

	for (; text.len != 0; text = wb_span_sub(text, n, text.len)) {
		n = wb_text_next(&cp, text);
		if (n == 0 || wb_text_is_control(cp))
			(void)fputc('?', out);
		else
			(void)fwrite(text.data, 1, n, out);
		n = n == 0 ? 1 : n;
	}
}

void
wb_table_init(struct wb_table *t, const struct wb_table_column *columns,
    size_t n)
{
	*t = (struct wb_table){ .columns = columns, .column_count = n };
	wb_arena_init(&t->arena, TABLE_BUDGET);
	t->end = &t->first;
	for (size_t i = 0; i < n; i++)
		t->widths[i] = wb_text_width(wb_span_text(columns[i].head));
}

void
wb_table_clear(struct wb_table *t)
{
	wb_arena_clear(&t->arena);
	t->first = NULL;
	t->end = &t->first;
}

static struct wb_table_row *
append(struct wb_table *t)
{
	struct wb_table_row *row = wb_arena_alloc(&t->arena, sizeof *row);

	if (row != NULL) {
		*t->end = row;
		t->end = &row->next;
	}
	return row;
}

enum wb_status
wb_table_add(struct wb_table *t, const struct wb_span *cells,
    struct wb_error *err)
{
	struct wb_table_row *row = append(t);
	enum wb_status st = WB_OK;

	if (row == NULL)
		return wb_fail(err, WB_NO_MEMORY, "the list is too long");
	for (size_t i = 0; st == WB_OK && i < t->column_count; i++) {
		size_t width = wb_text_width(cells[i]);

		if (width > t->widths[i])
			t->widths[i] = width;
		t->used[i] = t->used[i] || cells[i].len != 0;
		st = wb_arena_copy(&row->cells[i], &t->arena, cells[i], err);
	}
	return st;
}

enum wb_status
wb_table_heading(struct wb_table *t, struct wb_span text, struct wb_error *err)
{
	struct wb_table_row *row = append(t);

	if (row == NULL)
		return wb_fail(err, WB_NO_MEMORY, "the list is too long");
	row->heading = true;
	return wb_arena_copy(&row->cells[0], &t->arena, text, err);
}

void
wb_table_fit(struct wb_table *t, size_t column, size_t width)
{
	size_t others = 0;
	size_t least = wb_text_width(wb_span_text(t->columns[column].head));

	for (size_t i = 0; i < t->column_count; i++)
		if (t->used[i] && i != column)
			others += t->widths[i] + GAP;
	if (t->widths[column] + others <= width)
		return;
	t->widths[column] = width > others + least ? width - others : least;
}

/* As much of a text as `width` takes, whole characters only. */
static struct wb_span
cut(struct wb_span text, size_t width)
{
	size_t at = 0, used = 0;
	uint32_t cp;

	while (at < text.len) {
		size_t n = wb_text_next(&cp, wb_span_sub(text, at, text.len));

		if (n == 0) {
			n = 1;
			cp = '?';
		}
		used += char_width(cp);
		if (used > width)
			break;
		at += n;
	}
	return wb_span_sub(text, 0, at);
}

/* Nothing is put after the last text of a line. */
static void
put_cell(const struct wb_table *t, size_t i, struct wb_span text, size_t *owed,
    FILE *out)
{
	size_t width = wb_text_width(text);
	bool right = t->columns[i].right;
	bool whole = width <= t->widths[i];
	size_t pad = whole ? t->widths[i] - width : 0;

	if (!t->used[i])
		return;
	if (right)
		*owed += pad;
	if (text.len != 0) {
		(void)fprintf(out, "%*s", (int)*owed, "");
		put_text(whole ? text : cut(text, t->widths[i] - 1), out);
		(void)fputs(whole ? "" : "…", out);
		*owed = 0;
	}
	*owed += GAP + (right ? 0 : pad);
}

void
wb_table_print(const struct wb_table *t, FILE *out)
{
	size_t owed = 0; /* blanks before the next text */

	if (t->first == NULL)
		return;
	for (size_t i = 0; i < t->column_count; i++)
		put_cell(t, i, wb_span_text(t->columns[i].head), &owed, out);
	(void)fputc('\n', out);
	for (const struct wb_table_row *r = t->first; r != NULL; r = r->next) {
		owed = 0;
		if (r->heading)
			put_text(r->cells[0], out);
		for (size_t i = 0; !r->heading && i < t->column_count; i++)
			put_cell(t, i, r->cells[i], &owed, out);
		(void)fputc('\n', out);
	}
}
