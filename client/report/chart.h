/*
 * Charts as SVG inside the page.  Widths are in percent and heights in pixels,
 * so that they fit a phone, a screen and a sheet of paper with the letters as
 * large as everywhere else.  Each says in words what it shows; the numbers are
 * in a table beside it, which is the caller's.
 */
#ifndef WB_CLIENT_REPORT_CHART_H
#define WB_CLIENT_REPORT_CHART_H

#include "client/report/html.h"

struct wb_chart_text {
	const char *id; /* of the page's element; plain letters */
	const char *title;
	const char *description; /* for those who cannot see it */
};

struct wb_chart_bar {
	struct wb_span label; /* anybody's words */
	uint64_t value; /* in any unit that all bars share */
	char shown[WB_HTML_NUMBER]; /* the value, for people */
};

/* Lying bars, one under the other, the label and value above each. */
void wb_chart_bars(struct wb_html *h, const struct wb_chart_text *text,
    const struct wb_chart_bar *bars, size_t n);

/* Standing bars along time; `first` and `last` name the ends. */
void wb_chart_columns(struct wb_html *h, const struct wb_chart_text *text,
    const uint64_t *values, size_t n, const char *first, const char *last);

/* A run of numbers that is missing. */
struct wb_chart_gap {
	uint64_t first; /* from 1, inclusive */
	uint64_t last;
};

struct wb_chart_strip {
	struct wb_span label;
	uint64_t length; /* numbers 1 to this are expected */
	const struct wb_chart_gap *gaps; /* ascending */
	size_t gap_count;
	char shown[64]; /* what the strip says, in words */
};

/* One strip a device: filled where batches are, framed where they lack. */
void wb_chart_strips(struct wb_html *h, const struct wb_chart_text *text,
    const struct wb_chart_strip *strips, size_t n);

/* part / whole in hundredths of a percent; whole 0: 0.  Never overflows. */
unsigned wb_chart_share(uint64_t part, uint64_t whole);

#endif
