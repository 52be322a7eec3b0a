/* Who sent, what is missing of it, and who else saw the log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/report/chart.h"
#include "client/report/report_private.h"

#define MAX_GAPS 3 /* named in the table, of one device */

/* Those with something wrong first, then the most heard. */
static int
compare_devices(const void *a, const void *b)
{
	const struct wb_audit_device *const *i = a, *const *k = b;
	const struct wb_audit_device *x = *i, *y = *k;
	bool bad_x = x->missing != 0 || x->forks != 0;
	bool bad_y = y->missing != 0 || y->forks != 0;
	int order = bad_y - bad_x;

	if (order == 0)
		order = (x->batches < y->batches) - (x->batches > y->batches);
	if (order == 0)
		order = (x->label.len > y->label.len) -
			(x->label.len < y->label.len);
	return order != 0 ? order : wb_span_compare(x->label, y->label);
}

static struct wb_span
label_of(const struct wb_audit_device *d)
{
	return d->label.len == 0 ? wb_span_text("(no label)") : d->label;
}

/* False: the page has failed. */
static bool
strip_of(struct wb_chart_strip *out, struct wb_page *p,
    const struct wb_audit_device *d)
{
	struct wb_chart_gap *gaps = wb_page_array(p, d->gap_count,
	    sizeof *gaps);
	char number[WB_HTML_NUMBER];

	if (gaps == NULL)
		return false;
	for (size_t i = 0; i < d->gap_count; i++)
		gaps[i] = (struct wb_chart_gap){ d->gaps[i].first,
			d->gaps[i].last };
	*out = (struct wb_chart_strip){ .label = label_of(d),
		.length = d->newest,
		.gaps = gaps,
		.gap_count = d->gap_count };
	if (d->missing != 0) {
		(void)snprintf(out->shown, sizeof out->shown, "%s missing",
		    wb_html_number(number, d->missing));
	} else {
		(void)snprintf(out->shown, sizeof out->shown, "no gap");
	}
	return true;
}

static void
say_missing(struct wb_html *h, const struct wb_audit_device *d)
{
	if (d->missing == 0)
		wb_html_say(h, "none");
	for (size_t i = 0; i < d->gap_count && i < MAX_GAPS; i++) {
		const struct wb_audit_gap *gap = &d->gaps[i];

		wb_html_printf(h, "%s%" PRIu64, i == 0 ? "" : ", ", gap->first);
		if (gap->last != gap->first)
			wb_html_printf(h, "\xe2\x80\x93%" PRIu64, gap->last);
	}
	if (d->missing != 0 && d->gap_count > MAX_GAPS)
		wb_html_say(h, ", \xe2\x80\xa6");
	if (d->forks != 0)
		wb_html_printf(h, " \xc2\xb7 %" PRIu64 " number%s used twice",
		    d->forks, d->forks == 1 ? "" : "s");
}

static void
device_row(struct wb_page *p, const struct wb_audit_device *d)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "tr");
	wb_html_open(h, "th");
	wb_html_attr(h, "scope", "row");
	wb_html_name(h, "bdi", label_of(d));
	if (d->revoked)
		wb_html_leaf(h, "span", "unit", ", revoked");
	if (d->distrust_from != 0) {
		wb_html_open(h, "span");
		wb_html_attr(h, "class", "unit");
		wb_html_printf(h, ", suspect from entry %" PRIu64,
		    d->distrust_from);
		wb_html_close(h);
	}
	wb_html_close(h);
	wb_page_number(p, d->batches);
	wb_html_open(h, "td");
	wb_html_attr(h, "class", "n");
	say_missing(h, d);
	wb_html_close(h);
	wb_page_number(p, d->last_entry);
	wb_html_close(h);
}

static void
show(struct wb_page *p, const struct wb_audit_device **devices, size_t n)
{
	static const struct wb_chart_text text = { "strips",
		"Batches that each device sent",
		"One strip a device, from its first batch to its newest; "
		"framed "
		"where batches are missing. The table has the numbers." };
	static const char *const columns[] = { "Device", "Batches",
		"Missing numbers", "Last heard at entry" };
	struct wb_chart_strip *strips = wb_page_array(p, n, sizeof *strips);

	for (size_t i = 0; strips != NULL && i < n; i++)
		if (!strip_of(&strips[i], p, devices[i]))
			return;
	if (strips == NULL)
		return;
	wb_html_open(&p->html, "figure");
	wb_chart_strips(&p->html, &text, strips, n);
	wb_html_close(&p->html);
	wb_page_table(p, "The same in numbers", columns, 4, 1);
	for (size_t i = 0; i < n; i++)
		device_row(p, devices[i]);
	wb_html_close(&p->html);
	wb_html_close(&p->html);
}

void
wb_page_devices(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	size_t n = (size_t)a->devices, shown = n, gaps = 0;
	const struct wb_audit_device **devices = wb_page_array(p, n,
	    sizeof *devices);

	if (devices == NULL || a->coverage == NULL)
		n = shown = 0;
	for (size_t i = 0; i < n; i++) {
		devices[i] = &a->coverage[i];
		gaps += a->coverage[i].missing != 0;
	}
	if (n > 1)
		qsort(devices, n, sizeof *devices, compare_devices);
	if (shown > WB_REPORT_DEVICES)
		shown = WB_REPORT_DEVICES;
	wb_page_section(p, "devices", "Devices, and what is missing");
	if (n == 0) {
		wb_page_say(p, "No device has sent anything.");
	} else {
		wb_page_say(p,
		    "Every device numbers what it sends, so that what is "
		    "missing shows. Devices with gaps: %zu of %zu.",
		    gaps, n);
		show(p, devices, shown);
	}
	if (n > shown)
		wb_page_say(p, "And %zu other devices%s.", n - shown,
		    gaps <= shown ? ", without gaps" : "");
	wb_html_close(&p->html);
}

void
wb_page_witnesses(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	char n[2][WB_HTML_NUMBER];

	wb_page_section(p, "witnesses", "Witnesses");
	(void)wb_html_number(n[0], a->witnessed);
	(void)wb_html_number(n[1], a->head.size);
	if (!a->wants_witnesses) {
		wb_page_say(p,
		    "None: the programme's policy asks for no witness. Nobody "
		    "but the log itself says that it showed everybody the "
		    "same.");
	} else if (a->witnessed == a->head.size) {
		wb_page_say(p,
		    "All %s entries are under a head that enough witnesses of "
		    "the programme's policy cosigned: they were shown the same "
		    "log.",
		    n[1]);
	} else {
		wb_page_say(p,
		    "%s of %s entries are under a head that enough witnesses "
		    "of the programme's policy cosigned. Nobody but the log "
		    "itself says that it showed everybody the same of the "
		    "others.",
		    n[0], n[1]);
	}
	wb_html_close(&p->html);
}
