#include "client/report/chart.h"

#include <stdio.h>

#include "base/text.h"

#define WHOLE 10000 /* hundredths of a percent */
#define LEAST 40 /* of a value that is not 0: it shows */
#define LINE_CHARS 36 /* of a label and its value, on a phone */
#define LEAST_LABEL 8

#define BAR_STEP 40 /* pixels */
#define BAR_TOP 20
#define BAR_HEIGHT 12
#define TEXT_LINE 14 /* base line of the words above a bar */

#define COLUMN_TOP 20 /* room for the value above the highest */
#define COLUMN_HEIGHT 120
#define AXIS_TEXT 158
#define COLUMNS_HEIGHT 166
#define MAX_COLUMN (WHOLE / 8) /* few columns stay narrow */
#define MAX_VALUES 8 /* columns that each show a value */

unsigned
wb_chart_share(uint64_t part, uint64_t whole)
{
	if (part == 0 || whole == 0)
		return 0;
	if (part >= whole)
		return WHOLE;
	while (part > UINT64_MAX / WHOLE) {
		part >>= 1;
		whole >>= 1;
	}
	return (unsigned)(part * WHOLE / whole);
}

static unsigned
visible_share(uint64_t part, uint64_t whole)
{
	unsigned share = wb_chart_share(part, whole);

	return part != 0 && share < LEAST ? LEAST : share;
}

static void
percent(struct wb_html *h, const char *attribute, unsigned share)
{
	wb_html_attrf(h, attribute, "%u.%02u%%", share / 100, share % 100);
}

static void
begin(struct wb_html *h, const struct wb_chart_text *text, size_t height)
{
	wb_html_open(h, "svg");
	wb_html_attr(h, "role", "img");
	wb_html_attrf(h, "aria-labelledby", "%s-title %s-desc", text->id,
	    text->id);
	wb_html_attr(h, "width", "100%");
	wb_html_attrf(h, "height", "%zu", height);
	wb_html_open(h, "title");
	wb_html_attrf(h, "id", "%s-title", text->id);
	wb_html_say(h, text->title);
	wb_html_close(h);
	wb_html_open(h, "desc");
	wb_html_attrf(h, "id", "%s-desc", text->id);
	wb_html_say(h, text->description);
	wb_html_close(h);
}

struct box {
	const char *class;
	unsigned x;
	size_t y;
	unsigned width;
	size_t height;
};

static void
rect(struct wb_html *h, const struct box *box)
{
	wb_html_open(h, "rect");
	wb_html_attr(h, "class", box->class);
	percent(h, "x", box->x);
	wb_html_attrf(h, "y", "%zu", box->y);
	percent(h, "width", box->width);
	wb_html_attrf(h, "height", "%zu", box->height);
	wb_html_close(h);
}

/* Words at a place; `anchor` is where in them the place is. */
static void
begin_text(struct wb_html *h, unsigned x, size_t y, const char *anchor)
{
	wb_html_open(h, "text");
	percent(h, "x", x);
	wb_html_attrf(h, "y", "%zu", y);
	wb_html_attr(h, "text-anchor", anchor);
}

/* As much of it as fits, and a mark that there is more. */
static void
say_short(struct wb_html *h, struct wb_span text, size_t chars)
{
	struct wb_span rest = text;
	uint32_t cp;

	for (size_t i = 0; i < chars && rest.len > 0; i++) {
		size_t n = wb_text_next(&cp, rest);

		rest = wb_span_sub(rest, n == 0 ? 1 : n, rest.len);
	}
	wb_html_text(h, wb_span_sub(text, 0, text.len - rest.len));
	if (rest.len > 0)
		wb_html_say(h, "\xe2\x80\xa6");
}

static size_t
count_chars(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* The line above a bar: whose it is, and what it comes to. */
static void
head_line(struct wb_html *h, struct wb_span label, const char *shown, size_t y)
{
	size_t used = count_chars(shown);

	begin_text(h, 0, y, "start");
	say_short(h, label,
	    used + LEAST_LABEL > LINE_CHARS ? LEAST_LABEL : LINE_CHARS - used);
	wb_html_close(h);
	begin_text(h, WHOLE, y, "end");
	wb_html_attr(h, "class", "value");
	wb_html_say(h, shown);
	wb_html_close(h);
}

void
wb_chart_bars(struct wb_html *h, const struct wb_chart_text *text,
    const struct wb_chart_bar *bars, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = bars[i].value > most ? bars[i].value : most;
	begin(h, text, n * BAR_STEP);
	for (size_t i = 0; i < n; i++) {
		const size_t top = i * BAR_STEP;

		head_line(h, bars[i].label, bars[i].shown, top + TEXT_LINE);
		rect(h, &(struct box){ "track", 0, top + BAR_TOP, WHOLE,
			    BAR_HEIGHT });
		rect(h, &(struct box){ "bar", 0, top + BAR_TOP,
			    visible_share(bars[i].value, most), BAR_HEIGHT });
	}
	wb_html_close(h);
}

static size_t
column_height(uint64_t value, uint64_t most)
{
	size_t height = wb_chart_share(value, most);

	height = height * COLUMN_HEIGHT / WHOLE;
	return value != 0 && height == 0 ? 1 : height;
}

static void
column(struct wb_html *h, size_t i, size_t n, uint64_t value, uint64_t most)
{
	const unsigned step = (unsigned)(WHOLE / n);
	const size_t height = column_height(value, most);
	char number[WB_HTML_NUMBER];
	struct box box = { .class = "bar",
		.y = COLUMN_TOP + COLUMN_HEIGHT - height,
		.width = step * 8 / 10,
		.height = height };

	if (box.width > MAX_COLUMN)
		box.width = MAX_COLUMN;
	box.x = (unsigned)i * step + (step - box.width) / 2;
	rect(h, &box);
	if (n > MAX_VALUES)
		return;
	begin_text(h, box.x + box.width / 2, box.y - 5, "middle");
	wb_html_attr(h, "class", "value");
	wb_html_say(h, wb_html_number(number, value));
	wb_html_close(h);
}

static void
axis(struct wb_html *h, const char *first, const char *last)
{
	rect(h,
	    &(struct box){ "axis", 0, COLUMN_TOP + COLUMN_HEIGHT, WHOLE, 1 });
	begin_text(h, 0, AXIS_TEXT, "start");
	wb_html_say(h, first);
	wb_html_close(h);
	begin_text(h, WHOLE, AXIS_TEXT, "end");
	wb_html_say(h, last);
	wb_html_close(h);
}

void
wb_chart_columns(struct wb_html *h, const struct wb_chart_text *text,
    const uint64_t *values, size_t n, const char *first, const char *last)
{
	char number[WB_HTML_NUMBER];
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = values[i] > most ? values[i] : most;
	begin(h, text, COLUMNS_HEIGHT);
	if (n > MAX_VALUES) {
		begin_text(h, 0, TEXT_LINE, "start");
		wb_html_printf(h, "highest: %s", wb_html_number(number, most));
		wb_html_close(h);
	}
	for (size_t i = 0; i < n; i++)
		column(h, i, n, values[i], most);
	axis(h, first, last);
	wb_html_close(h);
}

/* However narrow, a gap is seen: it is drawn over what is there. */
static void
gap(struct wb_html *h, const struct wb_chart_strip *s,
    const struct wb_chart_gap *gap, size_t y)
{
	struct box box = { "lack", wb_chart_share(gap->first - 1, s->length), y,
		visible_share(gap->last - gap->first + 1, s->length),
		BAR_HEIGHT };

	if (box.x + box.width > WHOLE)
		box.x = WHOLE - box.width;
	rect(h, &box);
}

static void
strip(struct wb_html *h, const struct wb_chart_strip *s, size_t top)
{
	head_line(h, s->label, s->shown, top + TEXT_LINE);
	rect(h, &(struct box){ "bar", 0, top + BAR_TOP, WHOLE, BAR_HEIGHT });
	for (size_t i = 0; i < s->gap_count; i++)
		gap(h, s, &s->gaps[i], top + BAR_TOP);
}

void
wb_chart_strips(struct wb_html *h, const struct wb_chart_text *text,
    const struct wb_chart_strip *strips, size_t n)
{
	begin(h, text, n * BAR_STEP);
	for (size_t i = 0; i < n; i++)
		strip(h, &strips[i], i * BAR_STEP);
	wb_html_close(h);
}
