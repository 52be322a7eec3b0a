#include "client/report/html.h"

#include <stdio.h>

#include "tests/unit/check.h"

struct page {
	struct wb_bytes out;
	struct wb_html html;
	struct wb_error err;
};

static void
begin(struct page *p)
{
	*p = (struct page){ 0 };
	wb_bytes_init(&p->out, 1 << 16);
	wb_html_init(&p->html, &p->out, &p->err);
	wb_bytes_reset(&p->out); /* without the doctype */
}

static void
expect(struct page *p, const char *html)
{
	assert_ok(wb_html_finish(&p->html), &p->err);
	if (!wb_span_equal(wb_bytes_span(&p->out), wb_span_text(html)))
		print_error("got %.*s\n", (int)p->out.len,
		    (const char *)p->out.data);
	assert_true(wb_span_equal(wb_bytes_span(&p->out), wb_span_text(html)));
	wb_bytes_clear(&p->out);
}

#define BAD "\xef\xbf\xbd"

static const struct {
	const char *name;
	const char *text;
	const char *escaped;
} rows[] = {
	{ "plain", "rice 2.5", "rice 2.5" },
	{ "empty", "", "" },
	{ "element", "<script>alert(1)</script>",
	    "&lt;script&gt;alert(1)&lt;/script&gt;" },
	{ "end of an attribute", "\" onload=\"x", "&quot; onload=&quot;x" },
	{ "single quotes", "' onload='x", "&#39; onload=&#39;x" },
	{ "reference", "&lt;b&gt; &amp;", "&amp;lt;b&amp;gt; &amp;amp;" },
	{ "comment", "<!-- x --> ]]>", "&lt;!-- x --&gt; ]]&gt;" },
	{ "other languages", "\xd8\xa3\xd8\xb1\xd8\xb2 \xea\xb3\xa1",
	    "\xd8\xa3\xd8\xb1\xd8\xb2 \xea\xb3\xa1" },
	{ "right-to-left override",
	    "a\xe2\x80\xae"
	    "b",
	    "a" BAD "b" },
	{ "isolate",
	    "a\xe2\x81\xa7"
	    "b",
	    "a" BAD "b" },
	{ "control characters", "a\x01\x1b[31m\x7f", "a" BAD BAD "[31m" BAD },
	{ "lines", "a\nb\r", "a" BAD "b" BAD },
	{ "no UTF-8", "a\xff\xc0\xaf", "a" BAD BAD BAD },
	{ "cut UTF-8", "a\xe2\x80", "a" BAD BAD },
};

static void
text_and_attributes_are_inert(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char want[256];
		struct page p;

		begin(&p);
		wb_html_open(&p.html, "i");
		wb_html_attr(&p.html, "title", rows[i].text);
		wb_html_text(&p.html, wb_span_text(rows[i].text));
		wb_html_printf(&p.html, "|%s", rows[i].text);
		(void)snprintf(want, sizeof want, "<i title=\"%s\">%s|%s</i>",
		    rows[i].escaped, rows[i].escaped, rows[i].escaped);
		if (rows[i].escaped[0] == '\0')
			(void)snprintf(want, sizeof want,
			    "<i title=\"\">|</i>");
		expect(&p, want);
	}
}

static void
a_zero_byte_ends_nothing(void **state)
{
	struct page p;

	(void)state;
	begin(&p);
	wb_html_text(&p.html, wb_span("a\0<", 3));
	expect(&p, "a" BAD "&lt;");
}

static void
what_was_opened_is_closed(void **state)
{
	struct page p;

	(void)state;
	begin(&p);
	wb_html_open(&p.html, "p");
	wb_html_open(&p.html, "meta");
	wb_html_attrf(&p.html, "n", "%d", 5);
	wb_html_close(&p.html);
	wb_html_open(&p.html, "b");
	expect(&p, "<p><meta n=\"5\">\n<b></b></p>\n");

	begin(&p);
	wb_html_close(&p.html); /* harmless */
	wb_html_name(&p.html, "bdi", wb_span_text("<"));
	wb_html_leaf(&p.html, "b", "c", "x");
	expect(&p, "<bdi dir=\"auto\">&lt;</bdi><b class=\"c\">x</b>");

	begin(&p);
	for (int i = 0; i <= WB_HTML_DEPTH; i++)
		wb_html_open(&p.html, "b");
	assert_int_equal(wb_html_finish(&p.html), WB_FAILED);
	wb_bytes_clear(&p.out);
}

static void
a_style_sheet_cannot_end_itself(void **state)
{
	struct page p;

	(void)state;
	begin(&p);
	wb_html_style(&p.html, wb_span_text("a > b { c: \"&\" }"));
	expect(&p, "<style>a > b { c: \"&\" }</style>\n");
	begin(&p);
	wb_html_style(&p.html, wb_span_text("</style>"));
	assert_int_equal(wb_html_finish(&p.html), WB_FAILED);
	wb_bytes_clear(&p.out);
}

static void
a_full_page_is_a_failure(void **state)
{
	struct page p;

	(void)state;
	begin(&p);
	wb_bytes_clear(&p.out);
	wb_bytes_init(&p.out, 8);
	wb_html_say(&p.html, "1234567");
	wb_html_say(&p.html, "89");
	wb_html_say(&p.html, "x");
	assert_int_equal(wb_html_finish(&p.html), WB_NO_MEMORY);
	assert_int_equal(p.out.len, 8);
	wb_bytes_clear(&p.out);
}

#define SEP "\xe2\x80\xaf"

static void
numbers_are_grouped(void **state)
{
	static const struct {
		int64_t thousandths;
		const char *text;
	} quantities[] = {
		{ 0, "0" },
		{ 1, "0.001" },
		{ 999000, "999" },
		{ 1000000, "1" SEP "000" },
		{ 1234567890, "1" SEP "234" SEP "567.89" },
		{ -2500, "\xe2\x88\x92"
			 "2.5" },
		{ -1000000, "\xe2\x88\x92"
			    "1" SEP "000" },
		{ INT64_MAX,
		    "9" SEP "223" SEP "372" SEP "036" SEP "854" SEP "775.807" },
		{ INT64_MIN,
		    "\xe2\x88\x92"
		    "9" SEP "223" SEP "372" SEP "036" SEP "854" SEP "775.808" },
	};
	char out[WB_HTML_NUMBER];

	(void)state;
	for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++)
		assert_string_equal(wb_html_quantity(out,
					quantities[i].thousandths),
		    quantities[i].text);
	assert_string_equal(wb_html_number(out, 0), "0");
	assert_string_equal(wb_html_number(out, 123456), "123" SEP "456");
	assert_string_equal(wb_html_number(out, UINT64_MAX),
	    "18" SEP "446" SEP "744" SEP "073" SEP "709" SEP "551" SEP "615");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_attributes_are_inert),
		cmocka_unit_test(a_zero_byte_ends_nothing),
		cmocka_unit_test(what_was_opened_is_closed),
		cmocka_unit_test(a_style_sheet_cannot_end_itself),
		cmocka_unit_test(a_full_page_is_a_failure),
		cmocka_unit_test(numbers_are_grouped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
