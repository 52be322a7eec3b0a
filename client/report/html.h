/*
 * Writes HTML as it goes; nothing is held but the elements that are open.  All
 * escaping is here, once, so that no text from a record can become markup.
 *
 * Names of elements and attributes are literals of the program; every value and
 * all text is escaped.  An attribute follows its element's opening.  The first
 * fault is kept and told at wb_html_finish; what follows it is not written.
 */
#ifndef WB_CLIENT_REPORT_HTML_H
#define WB_CLIENT_REPORT_HTML_H

#include "base/bytes.h"

#define WB_HTML_DEPTH 32
#define WB_HTML_NUMBER 40 /* any number, grouped, and a NUL */

/* Treat the members as private. */
struct wb_html {
	struct wb_bytes *out;
	struct wb_error *err;
	enum wb_status status;
	const char *open[WB_HTML_DEPTH];
	size_t depth;
	bool in_tag; /* attributes may follow */
};

/* Begins a document in `out`; both must outlive the writer. */
void wb_html_init(struct wb_html *h, struct wb_bytes *out,
    struct wb_error *err);

void wb_html_open(struct wb_html *h, const char *element);
void wb_html_attr(struct wb_html *h, const char *name, const char *value);
void wb_html_attrf(struct wb_html *h, const char *name, const char *format, ...)
    WB_PRINTF(3, 4);
/* Ends the innermost element. */
void wb_html_close(struct wb_html *h);

/*
 * Text.  Bytes that are no UTF-8, control and direction characters become
 * U+FFFD: they could not show what they do.
 */
void wb_html_text(struct wb_html *h, struct wb_span text);
void wb_html_say(struct wb_html *h, const char *text);
void wb_html_printf(struct wb_html *h, const char *format, ...) WB_PRINTF(2, 3);

/* An element with nothing but a text in it; with a class, unless NULL. */
void wb_html_leaf(struct wb_html *h, const char *element, const char *class,
    const char *text);
/* The same of a stranger's words, which may run from right to left. */
void wb_html_name(struct wb_html *h, const char *element, struct wb_span text);

/*
 * A style sheet of the program.  WB_FAILED if it holds a '<': there it would
 * end.
 */
void wb_html_style(struct wb_html *h, struct wb_span css);

/* "12 345" with narrow spaces that do not break.  Returns `out`. */
const char *wb_html_number(char out[WB_HTML_NUMBER], uint64_t n);
/* Thousandths: "12 345.5", "-2". */
const char *wb_html_quantity(char out[WB_HTML_NUMBER], int64_t thousandths);

/* The first fault, if there was one. */
WB_MUST_CHECK enum wb_status wb_html_finish(struct wb_html *h);

#endif
