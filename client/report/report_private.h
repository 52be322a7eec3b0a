/* What the files client/report/report*.c share: the page being written. */
#ifndef WB_CLIENT_REPORT_PRIVATE_H
#define WB_CLIENT_REPORT_PRIVATE_H

#include "client/report/html.h"
#include "client/report/report.h"

struct wb_page {
	struct wb_html html;
	const struct wb_report *report;
	struct wb_arena arena; /* what charts are made of */
};

/* Opens a section with a heading; close it with wb_html_close. */
void wb_page_section(struct wb_page *p, const char *id, const char *heading);
/* A paragraph, formatted. */
void wb_page_say(struct wb_page *p, const char *format, ...) WB_PRINTF(2, 3);
/* Memory of the arena, zeroed; NULL: the page has failed. */
void *wb_page_array(struct wb_page *p, size_t n, size_t size);

/* A table's head: a caption and its columns; those from `numbers` on are. */
void wb_page_table(struct wb_page *p, const char *caption,
    const char *const *columns, size_t n, size_t numbers);
void wb_page_number(struct wb_page *p, uint64_t n);
void wb_page_quantity(struct wb_page *p, int64_t thousandths);

/* A row's first cell: open until the caller closes it. */
void wb_page_item(struct wb_page *p, struct wb_span item, struct wb_span unit);

void wb_page_shown(struct wb_page *p);
void wb_page_totals(struct wb_page *p);
void wb_page_weeks(struct wb_page *p);
void wb_page_devices(struct wb_page *p);
void wb_page_witnesses(struct wb_page *p);
void wb_page_tallies(struct wb_page *p);
void wb_page_limits(struct wb_page *p);
void wb_page_check(struct wb_page *p);

#endif
