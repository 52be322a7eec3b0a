#include "client/report/html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MAX_PRINTED 1024 /* bytes of one formatted text */
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define NARROW "\xe2\x80\xaf" /* U+202F, narrow no-break space */

/* What a reader of the source sees on a line of its own. */
static const char *const blocks[] = { "html", "head", "body", "main", "header",
	"footer", "section", "div", "figure", "figcaption", "table", "caption",
	"thead", "tbody", "tr", "ul", "ol", "li", "dl", "dd", "p", "h1", "h2",
	"h3", "svg", "rect", "line", "pre", "title", "meta", "style" };

static void
put(struct wb_html *h, const char *bytes, size_t len)
{
	if (h->status == WB_OK)
		h->status = wb_bytes_append(h->out, wb_span(bytes, len),
		    h->err);
}

static void
put_text(struct wb_html *h, const char *text)
{
	put(h, text, strlen(text));
}

/* In text and in attributes alike: they are always in double quotes. */
static void
escape(struct wb_html *h, struct wb_span text)
{
	while (text.len > 0 && h->status == WB_OK) {
		uint32_t cp = 0;
		size_t n = wb_text_next(&cp, text);

		if (n == 0 || wb_text_is_control(cp))
			put_text(h, REPLACEMENT);
		else if (cp == '&')
			put_text(h, "&amp;");
		else if (cp == '<')
			put_text(h, "&lt;");
		else if (cp == '>')
			put_text(h, "&gt;");
		else if (cp == '"')
			put_text(h, "&quot;");
		else if (cp == '\'')
			put_text(h, "&#39;");
		else
			put(h, (const char *)text.data, n);
		text = wb_span_sub(text, n == 0 ? 1 : n, text.len);
	}
}

/* Our own words and their arguments; never longer than a sentence. */
WB_PRINTF(2, 0)
static void
escape_printed(struct wb_html *h, const char *format, va_list args)
{
	char text[MAX_PRINTED];

	(void)vsnprintf(text, sizeof text, format, args);
	escape(h, wb_span_text(text));
}

static void
end_tag(struct wb_html *h)
{
	if (h->in_tag)
		put_text(h, ">");
	h->in_tag = false;
}

void
wb_html_init(struct wb_html *h, struct wb_bytes *out, struct wb_error *err)
{
	*h = (struct wb_html){ .out = out, .err = err };
	put_text(h, "<!DOCTYPE html>\n");
}

void
wb_html_open(struct wb_html *h, const char *element)
{
	end_tag(h);
	if (h->depth == WB_HTML_DEPTH) {
		if (h->status == WB_OK)
			h->status = wb_fail(h->err, WB_FAILED,
			    "the page is nested too deeply");
		return;
	}
	h->open[h->depth++] = element;
	put_text(h, "<");
	put_text(h, element);
	h->in_tag = true;
}

static void
begin_attr(struct wb_html *h, const char *name)
{
	put_text(h, " ");
	put_text(h, name);
	put_text(h, "=\"");
}

void
wb_html_attr(struct wb_html *h, const char *name, const char *value)
{
	begin_attr(h, name);
	escape(h, wb_span_text(value));
	put_text(h, "\"");
}

void
wb_html_attrf(struct wb_html *h, const char *name, const char *format, ...)
{
	va_list args;

	begin_attr(h, name);
	va_start(args, format);
	escape_printed(h, format, args);
	va_end(args);
	put_text(h, "\"");
}

static bool
is_block(const char *element)
{
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (strcmp(blocks[i], element) == 0)
			return true;
	return false;
}

void
wb_html_close(struct wb_html *h)
{
	const char *element;

	if (h->depth == 0)
		return;
	element = h->open[--h->depth];
	end_tag(h);
	if (strcmp(element, "meta") != 0) {
		put_text(h, "</");
		put_text(h, element);
		put_text(h, ">");
	}
	if (is_block(element))
		put_text(h, "\n");
}

void
wb_html_text(struct wb_html *h, struct wb_span text)
{
	end_tag(h);
	escape(h, text);
}

void
wb_html_say(struct wb_html *h, const char *text)
{
	wb_html_text(h, wb_span_text(text));
}

void
wb_html_printf(struct wb_html *h, const char *format, ...)
{
	va_list args;

	end_tag(h);
	va_start(args, format);
	escape_printed(h, format, args);
	va_end(args);
}

void
wb_html_leaf(struct wb_html *h, const char *element, const char *class,
    const char *text)
{
	wb_html_open(h, element);
	if (class != NULL)
		wb_html_attr(h, "class", class);
	wb_html_say(h, text);
	wb_html_close(h);
}

void
wb_html_name(struct wb_html *h, const char *element, struct wb_span text)
{
	wb_html_open(h, element);
	wb_html_attr(h, "dir", "auto");
	wb_html_text(h, text);
	wb_html_close(h);
}

void
wb_html_style(struct wb_html *h, struct wb_span css)
{
	wb_html_open(h, "style");
	end_tag(h);
	if (memchr(css.data, '<', css.len) != NULL && h->status == WB_OK)
		h->status = wb_fail(h->err, WB_FAILED,
		    "a style sheet must not hold markup");
	put(h, (const char *)css.data, css.len);
	wb_html_close(h);
}

/* `digits` with a space before each group of three, counted from the end. */
static size_t
group(char *out, const char *digits, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0) {
			memcpy(out + at, NARROW, sizeof NARROW - 1);
			at += sizeof NARROW - 1;
		}
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return at;
}

const char *
wb_html_number(char out[WB_HTML_NUMBER], uint64_t n)
{
	char digits[WB_UINT_TEXT];

	(void)snprintf(digits, sizeof digits, "%" PRIu64, n);
	(void)group(out, digits, strlen(digits));
	return out;
}

const char *
wb_html_quantity(char out[WB_HTML_NUMBER], int64_t thousandths)
{
	char text[WB_QTY_TEXT];
	const char *whole = wb_qty_format(text, thousandths);
	size_t at = 0, n;

	if (*whole == '-') {
		at = (size_t)snprintf(out, WB_HTML_NUMBER, "\xe2\x88\x92");
		whole++;
	}
	n = strcspn(whole, ".");
	at += group(out + at, whole, n);
	(void)snprintf(out + at, WB_HTML_NUMBER - at, "%s", whole + n);
	return out;
}

enum wb_status
wb_html_finish(struct wb_html *h)
{
	while (h->depth > 0)
		wb_html_close(h);
	return h->status;
}
