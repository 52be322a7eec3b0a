#include "client/report/report.h"

#include <stdio.h>

#include "client/report/chart.h"

#include "tests/unit/check.h"

#define NOW 1764000000 /* 2025-11-24T16:00:00Z */
#define MANY 200

/* An audit by hand; a test changes what it is about. */
struct made {
	struct wb_audit audit;
	struct wb_report report;
	struct wb_totals_row rows[MANY];
	char names[MANY][16];
	struct wb_audit_week weeks[MANY];
	struct wb_audit_device devices[MANY];
	struct wb_audit_gap gap;
	struct wb_audit_problem problems[MANY];
	struct wb_span sentences[MANY];
	struct wb_bytes page;
	struct wb_error err;
};

static void
begin(struct made *m)
{
	wb_bytes_clear(&m->page); /* of the one before */
	memset(m, 0, sizeof *m);
	m->audit.result = WB_AUDIT_GOOD;
	m->audit.programme.b[0] = 0xab;
	m->audit.head.size = 12;
	m->audit.coverage = m->devices;
	m->audit.problems = m->problems;
	m->audit.unchecked = m->sentences;
	m->audit.notes = m->sentences;
	m->audit.sums.rows = m->rows;
	m->audit.sums.weeks = m->weeks;
	m->report.audit = &m->audit;
	m->report.pin = WB_PIN_OPTION;
	m->report.file = wb_span_text("evidence.wbx");
	m->report.file_hash.b[31] = 0xcd;
	m->report.now = NOW;
	m->report.version = "9.8.7";
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(m->names[i], sizeof m->names[i], "item %zu", i);
		m->rows[i].item = wb_span_text(m->names[i]);
		m->rows[i].unit = wb_span_text(i % 3 == 0 ? "box" : "sack");
		m->rows[i].delivered = 1000 * i;
		m->rows[i].net = (int64_t)(1000 * i);
		m->rows[i].records = MANY - i;
		m->weeks[i].monday = (uint32_t)(18 + 7 * i);
		m->weeks[i].records = i + 1;
		m->devices[i].label = wb_span_text(m->names[i]);
		m->devices[i].batches = i + 1;
		m->devices[i].newest = i + 1;
		m->problems[i].id = "gap";
		m->problems[i].text = wb_span_text(m->names[i]);
		m->sentences[i] = wb_span_text(m->names[i]);
	}
}

static void
add_totals(struct made *m, size_t rows, size_t weeks)
{
	m->audit.added_up = true;
	m->audit.sums.row_count = rows;
	m->audit.sums.week_count = weeks;
	m->audit.sums.records = 77;
	m->audit.sums.batches = 5;
}

static void
write_page(struct made *m)
{
	wb_bytes_clear(&m->page);
	wb_bytes_init(&m->page, WB_MAX_REPORT);
	assert_ok(wb_report_write(&m->page, &m->report, &m->err), &m->err);
	assert_ok(wb_bytes_append(&m->page, wb_span("", 1), &m->err), &m->err);
}

static const char *
text_of(const struct made *m)
{
	return (const char *)m->page.data;
}

static size_t
count_of(const struct made *m, const char *words)
{
	const char *at = text_of(m);
	size_t n = 0;

	for (; (at = strstr(at, words)) != NULL; at += strlen(words))
		n++;
	return n;
}

static void
says(const struct made *m, const char *words)
{
	if (count_of(m, words) == 0)
		print_error("the page does not say: %s\n", words);
	assert_true(count_of(m, words) > 0);
}

static void
says_not(const struct made *m, const char *words)
{
	if (count_of(m, words) != 0)
		print_error("the page says: %s\n", words);
	assert_int_equal(count_of(m, words), 0);
}

static void
the_verdict_comes_first(void **state)
{
	static const struct {
		enum wb_verdict_result result;
		const char *word;
		const char *sentence;
	} table[] = {
		{ WB_AUDIT_GOOD, "GOOD</p>", "nothing was altered" },
		{ WB_AUDIT_BAD, "BAD</p>", "3 problems were found" },
		{ WB_AUDIT_UNCHECKED, "COULD NOT CHECK</p>",
		    "not everything could be looked at" },
	};
	static struct made m;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(&m);
		m.audit.result = table[i].result;
		if (m.audit.result == WB_AUDIT_BAD)
			m.audit.problem_count = m.audit.problem_total = 3;
		if (m.audit.result == WB_AUDIT_UNCHECKED)
			m.audit.unchecked_count = 1;
		write_page(&m);
		assert_int_equal(strncmp(text_of(&m), WB_REPORT_HEAD,
				     strlen(WB_REPORT_HEAD)),
		    0);
		says(&m, table[i].sentence);
		assert_true(strstr(text_of(&m), table[i].word) <
			    strstr(text_of(&m), "class=\"counts\""));
		for (size_t k = 0; k < 3; k++)
			if (k != i)
				says_not(&m, table[k].word);
	}
	wb_bytes_clear(&m.page);
}

/* Of everything that a browser could fetch or run. */
static void
nothing_is_loaded_or_run(void **state)
{
	static const char *const words[] = { "http:", "https:", "//",
		"src=", "url(", "@import", "<script", "<link", "<img",
		"<iframe", "<object", "<embed", "<form", "<base",
		"javascript:", "\" on", "style=\"" };
	static struct made m;

	(void)state;
	begin(&m);
	add_totals(&m, MANY, MANY);
	m.audit.devices = MANY;
	m.audit.problem_count = m.audit.problem_total = MANY;
	m.report.categories = true;
	write_page(&m);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		says_not(&m, words[i]);
	says(&m, "default-src &#39;none&#39;; style-src &#39;sha256-");
	assert_int_equal(count_of(&m, "href=\""), count_of(&m, "href=\"#"));
	wb_bytes_clear(&m.page);
}

static void
hostile_names_stay_names(void **state)
{
	static const char evil[] = "<script>alert(1)</script>\"'&\xe2\x80\xae";
	static struct made m;

	(void)state;
	begin(&m);
	add_totals(&m, 2, 1);
	m.rows[0].item = m.rows[0].unit = m.rows[0].group = wb_span_text(evil);
	m.rows[0].lost = 5;
	m.audit.devices = 1;
	m.devices[0].label = wb_span_text(evil);
	m.audit.problem_count = m.audit.problem_total = 1;
	m.problems[0].text = m.problems[0].device = wb_span_text(evil);
	m.audit.unchecked_count = m.audit.note_count = 1;
	m.sentences[0] = wb_span_text(evil);
	m.report.file = m.report.programme_name = wb_span_text(evil);
	m.report.categories = true;
	(void)snprintf(m.audit.log, sizeof m.audit.log, "%s", evil);
	write_page(&m);
	says_not(&m, "<script");
	says_not(&m, "\xe2\x80\xae");
	says_not(&m, "alert(1)</script>");
	assert_true(count_of(&m, "&lt;script&gt;alert(1)") > 10);
	wb_bytes_clear(&m.page);
}

static void
many_are_told_and_not_all_shown(void **state)
{
	static struct made m;

	(void)state;
	begin(&m);
	add_totals(&m, MANY, MANY);
	m.audit.devices = MANY;
	m.audit.problem_count = MANY;
	m.audit.problem_total = 5000;
	m.audit.result = WB_AUDIT_BAD;
	write_page(&m);
	says(&m, "180 others");
	says(&m, "And 160 other devices, without gaps.");
	says(&m, "And 4\xe2\x80\xaf"
		 "900 more");
	assert_int_equal(count_of(&m, "<code>gap</code>"), WB_REPORT_PROBLEMS);
	says(&m, "one column 4 weeks");
	assert_true(m.page.len < 128 * 1024);
	wb_bytes_clear(&m.page);
}

static void
nothing_is_a_page_too(void **state)
{
	static struct made m;

	(void)state;
	begin(&m);
	m.audit.coverage = NULL;
	m.report.file = wb_span(NULL, 0);
	m.report.pin = WB_PIN_VAULT;
	write_page(&m);
	says(&m, "No device has sent anything");
	says(&m, "report was made without their keys");
	says(&m, "waybill pack --for-audit evidence.wbx");
	says_not(&m, "<svg");
	add_totals(&m, 0, 0);
	write_page(&m);
	says(&m, "No delivery was counted");
	wb_bytes_clear(&m.page);
}

static void
the_same_report_is_the_same_page(void **state)
{
	static struct made m;
	struct wb_bytes again;

	(void)state;
	begin(&m);
	add_totals(&m, MANY, 9);
	m.audit.devices = 3;
	write_page(&m);
	wb_bytes_init(&again, WB_MAX_REPORT);
	assert_ok(wb_report_write(&again, &m.report, &m.err), &m.err);
	assert_int_equal(again.len, m.page.len - 1);
	assert_memory_equal(again.data, m.page.data, again.len);
	says(&m, "2025-11-24T16:00:00Z");
	says(&m, "waybill 9.8.7");
	wb_bytes_clear(&again);
	wb_bytes_clear(&m.page);
}

static void
huge_values_keep_to_their_place(void **state)
{
	static struct made m;

	(void)state;
	begin(&m);
	add_totals(&m, 2, 2);
	m.rows[0].unit = m.rows[1].unit;
	m.rows[0].net = INT64_MAX;
	m.rows[0].too_large = true;
	m.rows[1].net = -5000;
	m.audit.sums.voids = 1;
	m.weeks[0].records = UINT64_MAX;
	m.weeks[1].monday = WB_MAX_DAY - 3;
	m.audit.devices = 1;
	m.devices[0].newest = UINT64_MAX;
	m.devices[0].missing = UINT64_MAX - 1;
	m.gap = (struct wb_audit_gap){ 2, UINT64_MAX };
	m.devices[0].gaps = &m.gap;
	m.devices[0].gap_count = 1;
	write_page(&m);
	says(&m, "too large to show: cut off");
	says(&m, "\xe2\x88\x92"
		 "5</td>");
	says(&m, "1970-01-19");
	/* The gap is the whole strip. */
	says(&m, "class=\"lack\" x=\"0.00%\" y=\"20\" width=\"100.00%\"");
	wb_bytes_clear(&m.page);
}

static void
the_command_is_one_a_shell_takes(void **state)
{
	static const struct {
		const char *file;
		const char *word;
	} table[] = {
		{ "evidence.wbx", "verify evidence.wbx --programme" },
		{ "my file.wbx", "verify &#39;my file.wbx&#39; --programme" },
		{ "-rf", "verify &#39;./-rf&#39; --programme" },
		{ "a'b;$(x)",
		    "verify &#39;a&#39;\\&#39;&#39;b;$(x)&#39; --programme" },
		{ "'", "verify &#39;&#39;\\&#39;&#39;&#39; --programme" },
	};
	static struct made m;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		begin(&m);
		m.report.file = wb_span_text(table[i].file);
		write_page(&m);
		says(&m, table[i].word);
		assert_int_equal(count_of(&m, table[i].word), 2);
		says(&m, "00cd</pre>"); /* the file's hash */
	}
	wb_bytes_clear(&m.page);
}

static void
published_totals_are_read_out(void **state)
{
	static struct wb_total totals[] = {
		{ { (const uint8_t *)"delivered|rice %25 <b>|sack%7Cbag", 33 },
		    2500 },
		{ { (const uint8_t *)"lost|oil|", 9 }, 1 },
	};
	static struct wb_audited_tally tallies[] = {
		{ .first = 0,
		    .last = 57,
		    .result = WB_AUDIT_GOOD,
		    .batches = 12,
		    .devices = 3,
		    .totals = totals,
		    .total_count = 2 },
		{ .first = 58, .last = 60, .result = WB_AUDIT_BAD },
	};
	static struct made m;

	(void)state;
	begin(&m);
	write_page(&m);
	says_not(&m, "Published totals");
	m.audit.tallies = tallies;
	m.audit.tally_count = 2;
	m.audit.samples.first = 58;
	m.audit.samples.last = 60;
	m.audit.samples.answered = 60;
	m.audit.samples.counted = 1000;
	m.audit.samples.per_mille = 953;
	m.report.tallies = true;
	write_page(&m);
	says(&m, "Totals of entries 0 to 57 \xe2\x9c\x93 hold");
	says(&m, "Totals of entries 58 to 60 \xe2\x9c\x95 DO NOT HOLD");
	says(&m, "<bdi dir=\"auto\">rice % &lt;b&gt;</bdi>");
	says(&m, "<bdi dir=\"auto\">sack|bag</bdi>");
	says(&m, ">delivered</td>");
	says(&m, "of the tally of entries 58 to 60 opened");
	says(&m, "60 of 1000. Where one batch in twenty lies, such a draw "
		 "finds it 95.3 times in a hundred");
	says(&m, "No nonce of an auditor");
	says(&m, "less than nothing");
	says(&m, "00 --tally</pre>");
	wb_bytes_clear(&m.page);
}

static void
a_disclosure_shows_its_record_and_no_place(void **state)
{
	static struct wb_line line = { .quantity = 2500 };
	static struct wb_audit_disclosed shown;
	static struct made m;

	(void)state;
	line.item = wb_span_text("rice <b>");
	line.unit = wb_span_text("sack");
	shown.goods = (struct wb_goods){ .kind = WB_KIND_DELIVERED,
		.day = 20513,
		.lines = &line,
		.line_count = 1 };
	shown.device = wb_span_text("K7");
	shown.index = 41;
	shown.has_place = true;
	shown.place.to = wb_span_text("SECRET-PLACE");
	begin(&m);
	m.audit.disclosed = &shown;
	write_page(&m);
	says(&m, "delivered, 2026-03-01");
	says(&m, "rice &lt;b&gt;");
	says(&m, "in the log as entry 41");
	says(&m, "The programme recorded this");
	says_not(&m, "SECRET-PLACE");
	says_not(&m, "What was delivered");
	says(&m, "policy asks for no witness");
	wb_bytes_clear(&m.page);
}

static void
witnessed_is_told_from_stored(void **state)
{
	static struct made m;

	(void)state;
	begin(&m);
	write_page(&m);
	says(&m, "policy asks for no witness");
	m.audit.wants_witnesses = true;
	m.audit.witnessed = 5;
	write_page(&m);
	says(&m, "5 of 12 entries witnessed");
	says(&m, "5 of 12 entries are under a head");
	m.audit.witnessed = 12;
	write_page(&m);
	says(&m, "All 12 entries are under a head");
	wb_bytes_clear(&m.page);
}

static void
shares_are_exact_and_never_overflow(void **state)
{
	(void)state;
	assert_int_equal(wb_chart_share(0, 0), 0);
	assert_int_equal(wb_chart_share(1, 0), 0);
	assert_int_equal(wb_chart_share(0, 5), 0);
	assert_int_equal(wb_chart_share(1, 3), 3333);
	assert_int_equal(wb_chart_share(3, 3), 10000);
	assert_int_equal(wb_chart_share(4, 3), 10000);
	assert_int_equal(wb_chart_share(UINT64_MAX / 2, UINT64_MAX), 4999);
	assert_int_equal(wb_chart_share(1, UINT64_MAX), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verdict_comes_first),
		cmocka_unit_test(nothing_is_loaded_or_run),
		cmocka_unit_test(hostile_names_stay_names),
		cmocka_unit_test(many_are_told_and_not_all_shown),
		cmocka_unit_test(nothing_is_a_page_too),
		cmocka_unit_test(the_same_report_is_the_same_page),
		cmocka_unit_test(huge_values_keep_to_their_place),
		cmocka_unit_test(the_command_is_one_a_shell_takes),
		cmocka_unit_test(published_totals_are_read_out),
		cmocka_unit_test(a_disclosure_shows_its_record_and_no_place),
		cmocka_unit_test(witnessed_is_told_from_stored),
		cmocka_unit_test(shares_are_exact_and_never_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
