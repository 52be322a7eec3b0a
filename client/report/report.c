/* The page from top to bottom, and its first sheet. */
#include "client/report/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/report/report_private.h"
#include "crypto/text.h"

#define PAGE_BUDGET ((size_t)16 << 20) /* bytes, of the arena */
#define MAX_SENTENCE 1024 /* bytes */
#define LONG_NUMBER 14 /* bytes: "12 345.678" has 12 */
#define POLICY_TEXT 192 /* bytes */

extern const char wb_report_css[];

static const struct look {
	const char *class;
	const char *word;
	const char *sign; /* for those who cannot tell the colours */
} looks[] = {
	[WB_AUDIT_GOOD] = { "good", "GOOD", "\xe2\x9c\x93 " },
	[WB_AUDIT_BAD] = { "bad", "BAD", "\xe2\x9c\x95 " },
	[WB_AUDIT_UNCHECKED] = { "unchecked", "COULD NOT CHECK", "? " },
};

void
wb_page_section(struct wb_page *p, const char *id, const char *heading)
{
	wb_html_open(&p->html, "section");
	wb_html_attr(&p->html, "id", id);
	wb_html_leaf(&p->html, "h2", NULL, heading);
}

void
wb_page_say(struct wb_page *p, const char *format, ...)
{
	char text[MAX_SENTENCE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	wb_html_leaf(&p->html, "p", "intro", text);
}

void *
wb_page_array(struct wb_page *p, size_t n, size_t size)
{
	void *array = wb_arena_array(&p->arena, n, size);

	if (array == NULL && p->html.status == WB_OK)
		p->html.status = wb_fail(p->html.err, WB_NO_MEMORY,
		    "the report takes too much memory");
	return array;
}

void
wb_page_table(struct wb_page *p, const char *caption,
    const char *const *columns, size_t n, size_t numbers)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "table");
	wb_html_leaf(h, "caption", NULL, caption);
	wb_html_open(h, "thead");
	wb_html_open(h, "tr");
	for (size_t i = 0; i < n; i++) {
		wb_html_open(h, "th");
		wb_html_attr(h, "scope", "col");
		if (i >= numbers)
			wb_html_attr(h, "class", "n");
		wb_html_say(h, columns[i]);
		wb_html_close(h);
	}
	wb_html_close(h);
	wb_html_close(h);
	wb_html_open(h, "tbody");
}

/* A number so long that a phone must break it. */
static void
number_cell(struct wb_page *p, const char *text)
{
	wb_html_leaf(&p->html, "td",
	    strlen(text) > LONG_NUMBER ? "n long" : "n", text);
}

void
wb_page_number(struct wb_page *p, uint64_t n)
{
	char text[WB_HTML_NUMBER];

	number_cell(p, wb_html_number(text, n));
}

void
wb_page_quantity(struct wb_page *p, int64_t thousandths)
{
	char text[WB_HTML_NUMBER];

	number_cell(p, wb_html_quantity(text, thousandths));
}

void
wb_page_item(struct wb_page *p, struct wb_span item, struct wb_span unit)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "th");
	wb_html_attr(h, "scope", "row");
	wb_html_name(h, "bdi", item);
	if (unit.len == 0)
		return;
	wb_html_open(h, "span");
	wb_html_attr(h, "class", "unit");
	wb_html_say(h, ", ");
	wb_html_name(h, "bdi", unit);
	wb_html_close(h);
}

/* ---- head */

static void
meta(struct wb_html *h, const char *key, const char *name, const char *content)
{
	wb_html_open(h, "meta");
	wb_html_attr(h, key, name);
	wb_html_attr(h, "content", content);
	wb_html_close(h);
}

/* Nothing may be loaded or run, and no style but this one applies. */
static void
policy(struct wb_page *p, struct wb_span css)
{
	struct wb_html *h = &p->html;
	char content[POLICY_TEXT];
	struct wb_bytes text;
	struct wb_hash hash;

	wb_sha256_one(&hash, css);
	wb_bytes_init(&text, POLICY_TEXT);
	if (h->status == WB_OK)
		h->status = wb_base64_append(&text, wb_hash_span(&hash),
		    h->err);
	(void)snprintf(content, sizeof content,
	    "default-src 'none'; style-src 'sha256-%.*s'; base-uri 'none'; "
	    "form-action 'none'",
	    (int)text.len, (const char *)text.data);
	meta(h, "http-equiv", "Content-Security-Policy", content);
	wb_bytes_clear(&text);
}

static void
head(struct wb_page *p)
{
	const struct wb_span css = wb_span_text(wb_report_css);
	struct wb_html *h = &p->html;

	wb_html_open(h, "head");
	wb_html_open(h, "meta");
	wb_html_attr(h, "charset", "utf-8");
	wb_html_close(h);
	policy(p, css);
	meta(h, "name", "viewport", "width=device-width, initial-scale=1");
	meta(h, "name", "referrer", "no-referrer");
	meta(h, "name", "robots", "noindex");
	meta(h, "name", "color-scheme", "light dark");
	wb_html_open(h, "title");
	wb_html_printf(h, "%s \xc2\xb7 Waybill evidence report",
	    looks[p->report->audit->result].word);
	wb_html_close(h);
	wb_html_style(h, css);
	wb_html_close(h);
}

/* ---- the first sheet */

static void
verdict_sentence(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	char number[WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	switch (a->result) {
	case WB_AUDIT_GOOD:
		wb_html_say(h,
		    a->disclosed != NULL
			? "The programme recorded this, and nothing of it was "
			  "altered."
			: "This is what the programme recorded: nothing was "
			  "altered or left out, and nobody signed who was not "
			  "allowed to.");
		break;
	case WB_AUDIT_BAD:
		wb_html_printf(h,
		    "This is not what the programme recorded: %s problem%s "
		    "found.",
		    wb_html_number(number, a->problem_total),
		    a->problem_total == 1 ? " was" : "s were");
		break;
	case WB_AUDIT_UNCHECKED:
		wb_html_say(h,
		    "No fault was found, but not everything could be looked "
		    "at.");
		break;
	}
}

/* The first reason, so that nobody has to turn the page for it. */
static void
verdict_reason(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	struct wb_html *h = &p->html;

	if (a->result == WB_AUDIT_GOOD)
		return;
	wb_html_open(h, "p");
	if (a->result == WB_AUDIT_BAD && a->problem_count != 0)
		wb_html_name(h, "bdi", a->problems[0].text);
	else if (a->unchecked_count != 0)
		wb_html_text(h, a->unchecked[0]);
	wb_html_say(h, ". ");
	wb_html_open(h, "a");
	wb_html_attr(h, "href",
	    a->result == WB_AUDIT_BAD ? "#problems" : "#limits");
	wb_html_say(h, a->result == WB_AUDIT_BAD ? "All problems"
						 : "What was not checked");
	wb_html_close(h);
	wb_html_close(h);
}

static void
verdict(struct wb_page *p)
{
	const struct look *look = &looks[p->report->audit->result];
	struct wb_html *h = &p->html;

	wb_html_open(h, "section");
	wb_html_attrf(h, "class", "verdict %s", look->class);
	wb_html_attr(h, "id", "verdict");
	wb_html_open(h, "p");
	wb_html_attr(h, "class", "word");
	wb_html_open(h, "span");
	wb_html_attr(h, "aria-hidden", "true");
	wb_html_say(h, look->sign);
	wb_html_close(h);
	wb_html_say(h, look->word);
	wb_html_close(h);
	wb_html_open(h, "p");
	wb_html_attr(h, "class", "plain");
	verdict_sentence(p);
	wb_html_close(h);
	verdict_reason(p);
	wb_html_close(h);
}

static void
count(struct wb_page *p, uint64_t n, const char *one, const char *many)
{
	char number[WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	wb_html_open(h, "li");
	wb_html_leaf(h, "b", NULL, wb_html_number(number, n));
	wb_html_printf(h, " %s", n == 1 ? one : many);
	wb_html_close(h);
}

static void
counts(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;

	wb_html_open(&p->html, "ul");
	wb_html_attr(&p->html, "class", "counts");
	count(p, a->entries, "log entry", "log entries");
	count(p, a->batches, "batch", "batches");
	count(p, a->devices, "device", "devices");
	count(p, a->contents, "content compared", "contents compared");
	if (a->added_up) {
		count(p, a->opened, "content opened", "contents opened");
		count(p, a->sums.records, "record counted", "records counted");
	}
	count(p, a->problem_total, "problem", "problems");
	wb_html_close(&p->html);
}

static void
begin_fact(struct wb_html *h, const char *name)
{
	wb_html_leaf(h, "dt", NULL, name);
	wb_html_open(h, "dd");
}

static void
fact(struct wb_html *h, const char *name, const char *text)
{
	begin_fact(h, name);
	wb_html_say(h, text);
	wb_html_close(h);
}

static void
fact_hash(struct wb_html *h, const char *name, const struct wb_hash *hash)
{
	char hex[2 * WB_HASH_LEN + 1];

	wb_hex_format(hex, wb_hash_span(hash));
	begin_fact(h, name);
	wb_html_leaf(h, "span", "id", hex);
	wb_html_close(h);
}

static void
fact_programme(struct wb_page *p)
{
	static const char *const pins[] = {
		[WB_PIN_NONE] = "nobody: it is what the file says of itself",
		[WB_PIN_OPTION] = "whoever made this report, with --programme",
		[WB_PIN_VAULT] = "the member's vault that made this report",
	};
	struct wb_html *h = &p->html;

	if (p->report->programme_name.len != 0) {
		begin_fact(h, "Programme");
		wb_html_name(h, "bdi", p->report->programme_name);
		wb_html_close(h);
	}
	fact_hash(h, "Programme id", &p->report->audit->programme);
	fact(h, "Id given by", pins[p->report->pin]);
}

static void
fact_file(struct wb_page *p)
{
	struct wb_html *h = &p->html;

	if (p->report->file.len == 0) {
		fact(h, "Looked at", "a member's own vault");
		return;
	}
	begin_fact(h, "File");
	wb_html_name(h, "bdi", p->report->file);
	wb_html_close(h);
	fact_hash(h, "Its SHA-256", &p->report->file_hash);
}

static void
fact_log(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	char number[WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	if (a->log[0] != '\0') {
		begin_fact(h, "Log");
		wb_html_name(h, "bdi", wb_span_text(a->log));
		wb_html_close(h);
	}
	if (a->head.size == 0)
		return;
	begin_fact(h, "Its head");
	wb_html_printf(h, "%s entr%s, signed by the log",
	    wb_html_number(number, a->head.size),
	    a->head.size == 1 ? "y" : "ies");
	wb_html_close(h);
	fact_hash(h, "Head's root", &a->head.root);
}

static void
facts(struct wb_page *p)
{
	char when[WB_TIME_TEXT];
	struct wb_html *h = &p->html;

	wb_html_open(h, "dl");
	wb_html_attr(h, "class", "facts");
	fact_programme(p);
	fact_file(p);
	fact_log(p);
	begin_fact(h, "Checked");
	wb_html_printf(h, "%s (UTC), by waybill %s",
	    wb_time_format(when, p->report->now), p->report->version);
	wb_html_close(h);
	wb_html_close(h);
}

/* ---- in short: a line for each section, which it leads to */

static void
begin_short(struct wb_html *h, const char *link, const char *name)
{
	wb_html_open(h, "tr");
	wb_html_open(h, "th");
	wb_html_attr(h, "scope", "row");
	wb_html_open(h, "a");
	wb_html_attr(h, "href", link);
	wb_html_say(h, name);
	wb_html_close(h);
	wb_html_close(h);
	wb_html_open(h, "td");
}

static void
end_short(struct wb_html *h)
{
	wb_html_close(h);
	wb_html_close(h);
}

static void
short_totals(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	const struct wb_audit_sums *sums = &a->sums;
	char n[2][WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	begin_short(h, "#totals", a->disclosed != NULL ? "Shown" : "Totals");
	if (a->disclosed != NULL) {
		wb_html_say(h, "one record, and nothing else");
	} else if (a->added_up) {
		wb_html_printf(h, "%s records of %s kinds of goods added up",
		    wb_html_number(n[0], sums->records),
		    wb_html_number(n[1], sums->row_count));
	} else {
		wb_html_say(h,
		    "not in this page: whoever made it could not open the "
		    "contents");
	}
	end_short(h);
}

static void
short_devices(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	uint64_t missing = 0, with_gaps = 0;
	char n[2][WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	for (uint64_t i = 0; a->coverage != NULL && i < a->devices; i++) {
		missing += a->coverage[i].missing;
		with_gaps += a->coverage[i].missing != 0;
	}
	begin_short(h, "#devices", "Devices");
	if (missing == 0) {
		wb_html_printf(h,
		    "%s sent; none of their batches up to the newest is "
		    "missing",
		    wb_html_number(n[0], a->devices));
	} else {
		wb_html_printf(h, "%s batches are missing, of %s devices",
		    wb_html_number(n[0], missing),
		    wb_html_number(n[1], with_gaps));
	}
	end_short(h);
}

static void
short_witnesses(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	char n[2][WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	begin_short(h, "#witnesses", "Witnesses");
	if (!a->wants_witnesses)
		wb_html_say(h, "none are asked for");
	else {
		wb_html_printf(h, "%s of %s entries witnessed",
		    wb_html_number(n[0], a->witnessed),
		    wb_html_number(n[1], a->head.size));
	}
	end_short(h);
}

static void
short_tallies(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	uint64_t results[WB_AUDIT_UNCHECKED + 1] = { 0 };
	char n[3][WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	if (a->tally_count == 0)
		return;
	for (uint64_t i = 0; i < a->tally_count && i < WB_MAX_AUDIT_NOTES; i++)
		results[a->tallies[i].result]++;
	begin_short(h, "#tallies", "Published");
	wb_html_printf(h,
	    "of the totals that coordinators signed, %s hold, %s do not, %s "
	    "were not added up",
	    wb_html_number(n[0], results[WB_AUDIT_GOOD]),
	    wb_html_number(n[1], results[WB_AUDIT_BAD]),
	    wb_html_number(n[2], results[WB_AUDIT_UNCHECKED]));
	end_short(h);
}

static void
short_counts(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	char number[WB_HTML_NUMBER];
	struct wb_html *h = &p->html;

	begin_short(h, "#problems", "Problems");
	wb_html_say(h, a->problem_total == 0
			   ? "none was found"
			   : wb_html_number(number, a->problem_total));
	end_short(h);
	begin_short(h, "#limits", "Not checked");
	if (a->unchecked_count == 0) {
		wb_html_say(h,
		    "all that this check looks at was there to look at");
	} else {
		wb_html_text(h, a->unchecked[0]);
	}
	if (a->unchecked_count > 1)
		wb_html_printf(h, "; and %zu more", a->unchecked_count - 1);
	end_short(h);
	begin_short(h, "#check", "Believe it?");
	wb_html_say(h,
	    "This page proves nothing: check the evidence yourself, in three "
	    "steps");
	end_short(h);
}

static void
in_short(struct wb_page *p)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "table");
	wb_html_attr(h, "class", "short");
	wb_html_leaf(h, "caption", NULL, "In short");
	wb_html_open(h, "tbody");
	short_totals(p);
	if (p->report->audit->disclosed == NULL)
		short_devices(p);
	short_witnesses(p);
	short_tallies(p);
	short_counts(p);
	wb_html_close(h);
	wb_html_close(h);
}

/* ---- problems */

static void
problem(struct wb_page *p, const struct wb_audit_problem *problem)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "li");
	wb_html_name(h, "bdi", problem->text);
	wb_html_say(h, " ");
	wb_html_open(h, "span");
	wb_html_attr(h, "class", "quiet");
	wb_html_say(h, "(");
	wb_html_leaf(h, "code", NULL, problem->id);
	if (problem->device.len != 0) {
		wb_html_say(h, ", device ");
		wb_html_name(h, "bdi", problem->device);
	}
	wb_html_say(h, ")");
	wb_html_close(h);
	wb_html_close(h);
}

static void
problems(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;
	char number[WB_HTML_NUMBER];
	struct wb_html *h = &p->html;
	size_t n = a->problem_count;

	wb_page_section(p, "problems", "Problems");
	if (n == 0)
		wb_page_say(p, "None was found.");
	if (n > WB_REPORT_PROBLEMS)
		n = WB_REPORT_PROBLEMS;
	wb_html_open(h, "ul");
	wb_html_attr(h, "class", "problems");
	for (size_t i = 0; i < n; i++)
		problem(p, &a->problems[i]);
	wb_html_close(h);
	if (a->problem_total > n) {
		wb_page_say(p, "And %s more, which waybill verify lists.",
		    wb_html_number(number, a->problem_total - n));
	}
	wb_html_close(h);
}

static void
body(struct wb_page *p)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "body");
	wb_html_open(h, "header");
	wb_html_leaf(h, "h1", NULL, "Waybill evidence report");
	wb_html_close(h);
	wb_html_open(h, "main");
	verdict(p);
	counts(p);
	in_short(p);
	facts(p);
	if (p->report->audit->disclosed != NULL) {
		wb_page_shown(p);
	} else {
		wb_page_totals(p);
		wb_page_weeks(p);
		wb_page_devices(p);
	}
	wb_page_witnesses(p);
	wb_page_tallies(p);
	problems(p);
	wb_page_limits(p);
	wb_page_check(p);
	wb_html_close(h);
	wb_html_close(h);
}

enum wb_status
wb_report_write(struct wb_bytes *out, const struct wb_report *report,
    struct wb_error *err)
{
	struct wb_page p = { .report = report };
	enum wb_status st;

	wb_arena_init(&p.arena, PAGE_BUDGET);
	wb_html_init(&p.html, out, err);
	wb_html_open(&p.html, "html");
	wb_html_attr(&p.html, "lang", "en");
	wb_html_attr(&p.html, "class", "waybill");
	head(&p);
	body(&p);
	st = wb_html_finish(&p.html);
	wb_arena_clear(&p.arena);
	return st;
}
