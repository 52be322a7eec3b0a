/* What was published: totals with their proof, samples, one record shown. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/report/report_private.h"

#define MAX_TALLIES 20 /* the newest, shown one by one */

/* ---- one record, in a disclosure */

static void
shown_lines(struct wb_page *p, const struct wb_goods *goods)
{
	static const char *const columns[] = { "Item, unit", "Quantity" };
	struct wb_html *h = &p->html;

	wb_page_table(p, "What it says", columns, 2, 1);
	for (size_t i = 0; i < goods->line_count; i++) {
		const struct wb_line *line = &goods->lines[i];

		wb_html_open(h, "tr");
		wb_page_item(p, line->item, line->unit);
		wb_html_close(h);
		wb_page_quantity(p, (int64_t)line->quantity);
		wb_html_close(h);
	}
	wb_html_close(h);
	wb_html_close(h);
}

void
wb_page_shown(struct wb_page *p)
{
	const struct wb_audit_disclosed *d = p->report->audit->disclosed;
	char day[WB_DAY_TEXT];

	if (d == NULL)
		return;
	wb_page_section(p, "totals", "The record shown");
	wb_html_open(&p->html, "p");
	wb_html_open(&p->html, "b");
	wb_html_printf(&p->html, "%s, %s",
	    wb_kind_text(d->goods.kind, d->goods.is_void),
	    wb_day_format(day, d->goods.day));
	wb_html_close(&p->html);
	wb_html_say(&p->html, ", recorded by device ");
	wb_html_name(&p->html, "bdi",
	    d->device.len == 0 ? wb_span_text("(no label)") : d->device);
	wb_html_printf(&p->html, " and in the log as entry %" PRIu64 ".",
	    d->index);
	wb_html_close(&p->html);
	shown_lines(p, &d->goods);
	wb_page_say(p, d->has_place
			   ? "The file shows its place too, which this page "
			     "leaves out."
			   : "Its place was not shown.");
	wb_html_close(&p->html);
}

/* ---- tallies */

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A part of a measure up to '|', with %25 and %7C as they were meant. */
static struct wb_span
measure_part(struct wb_page *p, struct wb_span *rest)
{
	uint8_t *text = wb_page_array(p, rest->len, 1);
	size_t n = 0, i = 0;

	if (text == NULL)
		return wb_span(NULL, 0);
	for (; i < rest->len && rest->data[i] != '|'; i++) {
		uint8_t c = rest->data[i];

		if (c == '%' && rest->len - i > 2 &&
		    digit(rest->data[i + 1]) >= 0 &&
		    digit(rest->data[i + 2]) >= 0) {
			c = (uint8_t)(16 * digit(rest->data[i + 1]) +
				      digit(rest->data[i + 2]));
			i += 2;
		}
		text[n++] = c;
	}
	*rest = wb_span_sub(*rest, i + 1, rest->len);
	return wb_span(text, n);
}

static void
tally_row(struct wb_page *p, const struct wb_total *total)
{
	struct wb_span rest = total->measure;
	struct wb_span kind = measure_part(p, &rest);
	struct wb_span item = measure_part(p, &rest);
	struct wb_span unit = measure_part(p, &rest);
	struct wb_html *h = &p->html;

	wb_html_open(h, "tr");
	wb_page_item(p, item, unit);
	wb_html_close(h);
	wb_html_name(h, "td", kind);
	wb_page_quantity(p, (int64_t)total->quantity);
	wb_html_close(h);
}

static void
tally_totals(struct wb_page *p, const struct wb_audited_tally *t)
{
	static const char *const columns[] = { "Item, unit", "What happened",
		"Quantity" };
	size_t n = t->total_count;

	if (n == 0)
		return;
	if (n > WB_REPORT_ITEMS)
		n = WB_REPORT_ITEMS;
	wb_page_table(p, "Totals as they were published", columns, 3, 2);
	for (size_t i = 0; i < n; i++)
		tally_row(p, &t->totals[i]);
	wb_html_close(&p->html);
	wb_html_close(&p->html);
	if (t->total_count > n)
		wb_page_say(p, "And %zu more, which waybill verify lists.",
		    t->total_count - n);
}

static void
tally(struct wb_page *p, const struct wb_audited_tally *t)
{
	static const char *const words[] = {
		[WB_AUDIT_GOOD] = "\xe2\x9c\x93 hold",
		[WB_AUDIT_BAD] = "\xe2\x9c\x95 DO NOT HOLD",
		[WB_AUDIT_UNCHECKED] = "? were not added up",
	};
	char heading[128];

	(void)snprintf(heading, sizeof heading,
	    "Totals of entries %" PRIu64 " to %" PRIu64 " %s", t->first,
	    t->last, words[t->result]);
	wb_html_leaf(&p->html, "h3", NULL, heading);
	wb_page_say(p,
	    "Batches counted: %" PRIu64 ", of %" PRIu64
	    " devices. Taken in late: %" PRIu64 ". Left out: %" PRIu64 ".",
	    t->batches, t->devices, t->included, t->excluded);
	tally_totals(p, t);
}

static void
samples(struct wb_page *p, const struct wb_audit_samples *s)
{
	if (s->answered == 0)
		return;
	wb_html_leaf(&p->html, "h3", NULL, "Samples");
	wb_page_say(p,
	    "Batches of the tally of entries %" PRIu64 " to %" PRIu64
	    " opened as random samples: %" PRIu64 " of %" PRIu64
	    ". Where one batch in twenty lies, such a draw finds it %u.%u "
	    "times in a hundred.",
	    s->first, s->last, s->answered, s->counted, s->per_mille / 10,
	    s->per_mille % 10);
	if (s->nonce_len == 0) {
		wb_page_say(p,
		    "No nonce of an auditor went into the draw: who chose the "
		    "log head could try several.");
	}
}

void
wb_page_tallies(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	uint64_t n = a->tally_count, first = 0;

	if (n == 0 && a->samples.answered == 0)
		return;
	if (n > WB_MAX_AUDIT_NOTES)
		n = WB_MAX_AUDIT_NOTES;
	if (n > MAX_TALLIES)
		first = n - MAX_TALLIES;
	wb_page_section(p, "tallies", "Published totals");
	wb_page_say(p,
	    "Coordinators signed these totals. They hold where what the "
	    "devices committed to, encrypted, comes to exactly that.");
	for (uint64_t i = first; i < n; i++)
		tally(p, &a->tallies[i]);
	if (a->tally_count > n - first) {
		wb_page_say(p,
		    "And %" PRIu64 " more, which waybill verify lists.",
		    a->tally_count - (n - first));
	}
	samples(p, &a->samples);
	wb_html_close(&p->html);
}
