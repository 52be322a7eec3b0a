/* What was delivered and when, as far as it could be opened. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/report/chart.h"
#include "client/report/report_private.h"

#define MAX_CATEGORIES 12 /* shown one by one */
#define MAX_COLUMNS 53 /* weeks, or more of them in one */

/* Rows and their bars, most often delivered first. */
struct ranking {
	const struct wb_totals_row **rows; /* all of them */
	size_t count;
	size_t shown; /* the first of them, then by unit */
	uint64_t other_records;
};

static int
compare_ranks(const void *a, const void *b)
{
	const struct wb_totals_row *x = *(const struct wb_totals_row *const *)a;
	const struct wb_totals_row *y = *(const struct wb_totals_row *const *)b;
	int order = (x->records < y->records) - (x->records > y->records);

	if (order == 0)
		order = (x->net < y->net) - (x->net > y->net);
	if (order == 0)
		order = wb_span_compare(x->item, y->item);
	return order != 0 ? order : wb_span_compare(x->unit, y->unit);
}

/* One row on the page. */
struct ranked {
	const struct wb_totals_row *row;
	uint64_t in_unit; /* deliveries in its unit, of all that is shown */
};

/* Units together, the one delivered most often first. */
static int
compare_units(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = (x->in_unit < y->in_unit) - (x->in_unit > y->in_unit);

	if (order == 0)
		order = wb_span_compare(x->row->unit, y->row->unit);
	if (order == 0)
		order = (x->row->net < y->row->net) -
			(x->row->net > y->row->net);
	return order != 0 ? order : wb_span_compare(x->row->item, y->row->item);
}

static void
sort_by_unit(struct ranking *r)
{
	struct ranked ranked[WB_REPORT_ITEMS];

	for (size_t i = 0; i < r->shown; i++) {
		ranked[i] = (struct ranked){ .row = r->rows[i] };
		for (size_t k = 0; k < r->shown; k++)
			if (wb_span_equal(r->rows[k]->unit, r->rows[i]->unit))
				ranked[i].in_unit += r->rows[k]->records;
	}
	qsort(ranked, r->shown, sizeof ranked[0], compare_units);
	for (size_t i = 0; i < r->shown; i++)
		r->rows[i] = ranked[i].row;
}

/* Only what was delivered, or taken back, is ranked. */
static bool
rank_rows(struct ranking *out, struct wb_page *p)
{
	const struct wb_audit_sums *sums = &p->report->audit->sums;

	*out = (struct ranking){ 0 };
	out->rows = wb_page_array(p, sums->row_count, sizeof *out->rows);
	if (out->rows == NULL)
		return false;
	for (size_t i = 0; i < sums->row_count; i++) {
		if (sums->rows[i].records != 0 || sums->rows[i].net != 0)
			out->rows[out->count++] = &sums->rows[i];
	}
	if (out->count == 0)
		return false;
	qsort(out->rows, out->count, sizeof *out->rows, compare_ranks);
	out->shown = out->count < WB_REPORT_ITEMS ? out->count
						  : WB_REPORT_ITEMS;
	for (size_t i = out->shown; i < out->count; i++)
		out->other_records += out->rows[i]->records;
	sort_by_unit(out);
	return true;
}

/* ---- items, a chart for each unit */

static void
bar_of(struct wb_chart_bar *out, const struct wb_totals_row *row)
{
	out->label = row->item;
	out->value = row->net > 0 ? (uint64_t)row->net : 0;
	(void)wb_html_quantity(out->shown, row->net);
}

static void
chart_unit(struct wb_page *p, const struct ranking *r, size_t from, size_t n)
{
	struct wb_chart_bar bars[WB_REPORT_ITEMS];
	struct wb_chart_text text = { .title = "Delivered, by item" };
	struct wb_html *h = &p->html;
	char id[32], description[64];

	for (size_t i = 0; i < n; i++)
		bar_of(&bars[i], r->rows[from + i]);
	(void)snprintf(id, sizeof id, "items-%zu", from);
	(void)snprintf(description, sizeof description,
	    "%zu bars in one unit; the table has the numbers.", n);
	text.id = id;
	text.description = description;
	wb_html_open(h, "figure");
	wb_html_attr(h, "class", "whole");
	wb_html_open(h, "figcaption");
	wb_html_say(h, "Unit: ");
	if (r->rows[from]->unit.len == 0)
		wb_html_say(h, "(none)");
	else
		wb_html_name(h, "bdi", r->rows[from]->unit);
	wb_html_close(h);
	wb_chart_bars(h, &text, bars, n);
	wb_html_close(h);
}

static void
chart_items(struct wb_page *p, const struct ranking *r)
{
	size_t from = 0;

	wb_html_open(&p->html, "div");
	wb_html_attr(&p->html, "class", "charts");
	for (size_t i = 1; i <= r->shown; i++) {
		if (i < r->shown &&
		    wb_span_equal(r->rows[i]->unit, r->rows[from]->unit))
			continue;
		chart_unit(p, r, from, i - from);
		from = i;
	}
	wb_html_close(&p->html);
}

/* Where nothing was voided, delivered and net are one. */
static void
item_row(struct wb_page *p, const struct wb_totals_row *row, bool voids)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "tr");
	wb_page_item(p, row->item, row->unit);
	if (row->too_large)
		wb_html_say(h, " (too large to show: cut off)");
	wb_html_close(h);
	wb_page_quantity(p, (int64_t)row->delivered);
	if (voids) {
		wb_page_quantity(p, (int64_t)row->voided);
		wb_page_quantity(p, row->net);
	}
	wb_page_number(p, row->records);
	wb_html_close(h);
}

static void
table_items(struct wb_page *p, const struct ranking *r)
{
	static const char *const with_voids[] = { "Item, unit", "Delivered",
		"Voided", "Net", "Deliveries" };
	static const char *const plain[] = { "Item, unit", "Delivered",
		"Deliveries" };
	const bool voids = p->report->audit->sums.voids != 0;
	struct wb_html *h = &p->html;

	wb_page_table(p, "The same in numbers", voids ? with_voids : plain,
	    voids ? 5 : 3, 1);
	for (size_t i = 0; i < r->shown; i++)
		item_row(p, r->rows[i], voids);
	if (r->count > r->shown) {
		wb_html_open(h, "tr");
		wb_html_open(h, "th");
		wb_html_attr(h, "scope", "row");
		wb_html_attr(h, "colspan", voids ? "4" : "2");
		wb_html_printf(h, "%zu others", r->count - r->shown);
		wb_html_close(h);
		wb_page_number(p, r->other_records);
		wb_html_close(h);
	}
	wb_html_close(h);
	wb_html_close(h);
}

/* ---- categories: deliveries, for quantities have many units */

static size_t
sum_categories(struct wb_chart_bar *out, const struct wb_audit_sums *sums)
{
	size_t n = 0;

	for (size_t i = 0; i < sums->row_count; i++) {
		const struct wb_totals_row *row = &sums->rows[i];

		if (row->records == 0)
			continue;
		if (n == 0 || !wb_span_equal(out[n - 1].label, row->group)) {
			out[n] = (struct wb_chart_bar){ .label = row->group };
			n++;
		}
		out[n - 1].value += row->records;
	}
	return n;
}

static int
compare_bars(const void *a, const void *b)
{
	const struct wb_chart_bar *x = a, *y = b;
	int order = (x->value < y->value) - (x->value > y->value);

	return order != 0 ? order : wb_span_compare(x->label, y->label);
}

static void
table_categories(struct wb_page *p, const struct wb_chart_bar *bars, size_t n)
{
	static const char *const columns[] = { "Category", "Deliveries" };
	struct wb_html *h = &p->html;

	wb_page_table(p, "The same in numbers", columns, 2, 1);
	for (size_t i = 0; i < n; i++) {
		wb_html_open(h, "tr");
		wb_html_open(h, "th");
		wb_html_attr(h, "scope", "row");
		wb_html_name(h, "bdi", bars[i].label);
		wb_html_close(h);
		wb_page_number(p, bars[i].value);
		wb_html_close(h);
	}
	wb_html_close(h);
	wb_html_close(h);
}

static void
categories(struct wb_page *p)
{
	static const struct wb_chart_text text = { "categories",
		"Deliveries by category",
		"One bar a category; the table has the numbers." };
	const struct wb_audit_sums *sums = &p->report->audit->sums;
	struct wb_chart_bar *bars;
	size_t n, shown;

	if (!p->report->categories)
		return;
	bars = wb_page_array(p, sums->row_count, sizeof *bars);
	if (bars == NULL)
		return;
	n = sum_categories(bars, sums);
	if (n == 0)
		return;
	qsort(bars, n, sizeof *bars, compare_bars);
	shown = n;
	if (n > MAX_CATEGORIES) {
		shown = MAX_CATEGORIES;
		bars[shown - 1].label = wb_span_text("all others");
		for (size_t i = shown; i < n; i++)
			bars[shown - 1].value += bars[i].value;
	}
	for (size_t i = 0; i < shown; i++) {
		if (bars[i].label.len == 0)
			bars[i].label = wb_span_text("(no category)");
		(void)wb_html_number(bars[i].shown, bars[i].value);
	}
	wb_html_leaf(&p->html, "h3", NULL, "Deliveries by category");
	wb_page_say(p, "Counted once for each item that was delivered.");
	wb_html_open(&p->html, "figure");
	wb_html_attr(&p->html, "class", "whole");
	wb_chart_bars(&p->html, &text, bars, shown);
	wb_html_close(&p->html);
	table_categories(p, bars, shown);
}

/* ---- what else happened to goods */

static bool
has_other(const struct wb_totals_row *row)
{
	return row->received != 0 || row->lost != 0 || row->returned != 0;
}

static void
other_rows(struct wb_page *p)
{
	static const char *const columns[] = { "Item, unit", "Received", "Lost",
		"Returned" };
	const struct wb_audit_sums *sums = &p->report->audit->sums;
	struct wb_html *h = &p->html;
	size_t shown = 0;

	for (size_t i = 0; i < sums->row_count; i++) {
		const struct wb_totals_row *row = &sums->rows[i];

		if (!has_other(row) || shown++ >= WB_REPORT_ITEMS)
			continue;
		if (shown == 1) {
			wb_html_leaf(h, "h3", NULL, "Received, lost, returned");
			wb_page_table(p, "Quantities", columns, 4, 1);
		}
		wb_html_open(h, "tr");
		wb_page_item(p, row->item, row->unit);
		wb_html_close(h);
		wb_page_quantity(p, (int64_t)row->received);
		wb_page_quantity(p, (int64_t)row->lost);
		wb_page_quantity(p, (int64_t)row->returned);
		wb_html_close(h);
	}
	if (shown == 0)
		return;
	wb_html_close(h);
	wb_html_close(h);
	if (shown > WB_REPORT_ITEMS)
		wb_page_say(p, "And %zu other items.", shown - WB_REPORT_ITEMS);
}

static void
unopened(struct wb_page *p)
{
	wb_page_say(p,
	    "Not in this page. The contents are encrypted to the programme's "
	    "coordinators, and this report was made without their keys. A "
	    "coordinator can make the same report with totals.");
}

static void
say_counted(struct wb_page *p)
{
	const struct wb_audit_sums *sums = &p->report->audit->sums;
	char n[2][WB_HTML_NUMBER];

	wb_page_say(p,
	    "Added up from the %s records of %s batches that could be opened, "
	    "by the rules of the programme's own totals.",
	    wb_html_number(n[0], sums->records),
	    wb_html_number(n[1], sums->batches));
	if (sums->voids != 0) {
		wb_page_say(p,
		    "Records that were voided later: %s. They are in "
		    "\xe2\x80\x9c"
		    "delivered\xe2\x80\x9d and not in "
		    "\xe2\x80\x9cnet\xe2\x80\x9d.",
		    wb_html_number(n[0], sums->voids));
	}
	if (sums->left_out != 0) {
		wb_page_say(p,
		    "Batches that were opened but not counted, because they "
		    "are disputed or break a rule: %s.",
		    wb_html_number(n[0], sums->left_out));
	}
	if (sums->suspect != 0) {
		wb_page_say(p,
		    "Batches that are not counted because the roster calls "
		    "them suspect, nor what voids their records: %s.",
		    wb_html_number(n[0], sums->suspect));
	}
}

void
wb_page_totals(struct wb_page *p)
{
	struct ranking r;

	wb_page_section(p, "totals", "What was delivered");
	if (!p->report->audit->added_up) {
		unopened(p);
	} else {
		say_counted(p);
		if (rank_rows(&r, p)) {
			wb_html_leaf(&p->html, "h3", NULL,
			    "Net quantity, by item");
			wb_page_say(p, "%s Bars under one unit share a scale.",
			    r.count > r.shown ? "The items delivered most "
						"often; the table counts the "
						"others."
					      : "All items delivered.");
			chart_items(p, &r);
			table_items(p, &r);
		} else {
			wb_page_say(p, "No delivery was counted.");
		}
		categories(p);
		other_rows(p);
	}
	wb_html_close(&p->html);
}

/* ---- weeks */

/* Weeks in one column, so that there are no more than fit. */
static uint32_t
column_weeks(uint32_t weeks)
{
	static const uint32_t steps[] = { 1, 2, 4, 13, 26, 52 };

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if ((weeks + steps[i] - 1) / steps[i] <= MAX_COLUMNS)
			return steps[i];
	return (weeks + MAX_COLUMNS - 1) / MAX_COLUMNS;
}

struct timeline {
	uint64_t values[MAX_COLUMNS];
	size_t count;
	uint32_t first; /* number of the week */
	uint32_t step; /* weeks in one column */
};

/* Week 0 holds 1970-01-01, a Thursday; all others begin on Mondays. */
static uint32_t
week_of(uint32_t monday)
{
	return (monday + 3) / 7;
}

/* The day that a column begins with. */
static uint32_t
column_day(const struct timeline *t, size_t column)
{
	uint32_t week = t->first + (uint32_t)column * t->step;

	return week == 0 ? 0 : week * 7 - 3;
}

static void
make_timeline(struct timeline *out, const struct wb_audit_sums *sums)
{
	uint32_t last = week_of(sums->weeks[sums->week_count - 1].monday);

	*out = (struct timeline){ .first = week_of(sums->weeks[0].monday) };
	out->step = column_weeks(last - out->first + 1);
	out->count = (size_t)((last - out->first) / out->step) + 1;
	for (size_t i = 0; i < sums->week_count; i++) {
		uint32_t week = week_of(sums->weeks[i].monday) - out->first;

		out->values[week / out->step] += sums->weeks[i].records;
	}
}

static void
table_weeks(struct wb_page *p, const struct timeline *t)
{
	static const char *const columns[] = { "From", "Records" };
	struct wb_html *h = &p->html;
	char day[WB_DAY_TEXT];

	wb_page_table(p, "The same in numbers", columns, 2, 1);
	for (size_t i = 0; i < t->count; i++) {
		if (t->values[i] == 0)
			continue;
		wb_html_open(h, "tr");
		wb_html_open(h, "th");
		wb_html_attr(h, "scope", "row");
		wb_html_say(h, wb_day_format(day, column_day(t, i)));
		wb_html_close(h);
		wb_page_number(p, t->values[i]);
		wb_html_close(h);
	}
	wb_html_close(h);
	wb_html_close(h);
}

void
wb_page_weeks(struct wb_page *p)
{
	static const struct wb_chart_text text = { "weeks", "Records over time",
		"One column a week or more; the table has the numbers." };
	const struct wb_audit_sums *sums = &p->report->audit->sums;
	char first[WB_DAY_TEXT], last[WB_DAY_TEXT];
	char number[WB_HTML_NUMBER];
	struct timeline t;

	if (!p->report->audit->added_up || sums->week_count == 0)
		return;
	make_timeline(&t, sums);
	(void)wb_html_number(number, t.step);
	wb_page_section(p, "weeks", "When");
	wb_page_say(p,
	    "Records by the day that their device gave them, one column %s%s.",
	    t.step == 1 ? "a week" : number, t.step == 1 ? "" : " weeks");
	wb_html_open(&p->html, "figure");
	wb_html_attr(&p->html, "class", "whole");
	wb_chart_columns(&p->html, &text, t.values, t.count,
	    wb_day_format(first, column_day(&t, 0)),
	    wb_day_format(last, column_day(&t, t.count) - 1));
	wb_html_close(&p->html);
	table_weeks(p, &t);
	wb_html_close(&p->html);
}
