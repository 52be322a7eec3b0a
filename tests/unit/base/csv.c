#include "base/csv.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Appends what a reader says: fields in [], rows and errors on own lines. */
static void
read_all(struct wb_bytes *out, struct wb_span text)
{
	struct wb_error err = { 0 };
	static struct wb_csv csv;
	enum wb_status st;
	bool row;

	wb_csv_init(&csv, text);
	do {
		st = wb_csv_next(&row, &csv, &err);
		if (st != WB_OK)
			assert_ok(wb_bytes_printf(out, &err, "! %s\n",
				      err.text),
			    &err);
		if (!row)
			continue;
		assert_ok(wb_bytes_printf(out, &err, "%d", (int)csv.line),
		    &err);
		for (size_t i = 0; i < csv.n_fields; i++)
			assert_ok(wb_bytes_printf(out, &err, "[%.*s]",
				      (int)csv.fields[i].len,
				      (const char *)csv.fields[i].data),
			    &err);
		assert_ok(wb_bytes_append_text(out, "\n", &err), &err);
	} while (row || st != WB_OK);
	wb_csv_clear(&csv);
}

static void
assert_reads(const char *why, struct wb_span text, const char *want)
{
	struct wb_bytes got;
	uint8_t *exact = malloc(text.len + (text.len == 0));

	/* A copy of just that size, for the address sanitizer. */
	assert_non_null(exact);
	memcpy(exact, text.data, text.len);
	wb_bytes_init(&got, 1000000);
	read_all(&got, wb_span(exact, text.len));
	if (!wb_span_equal(wb_bytes_span(&got), wb_span_text(want)))
		fail_msg("%s: %.*s", why, (int)got.len, (const char *)got.data);
	wb_bytes_clear(&got);
	free(exact);
}

static void
reads_rows_as_rfc_4180_writes_them(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		const char *want;
	} rows[] = {
		{ "nothing", "", "" },
		{ "one row", "a,b", "1[a][b]\n" },
		{ "two endings", "a,b\r\nc,d\n", "1[a][b]\n2[c][d]\n" },
		{ "byte order mark",
		    "\xef\xbb\xbf"
		    "a\nb",
		    "1[a]\n2[b]\n" },
		{ "only the mark", "\xef\xbb\xbf", "" },
		{ "mark inside",
		    "a,\xef\xbb\xbf"
		    "b",
		    "1[a][\xef\xbb\xbf"
		    "b]\n" },
		{ "empty fields", ",,\n,", "1[][][]\n2[][]\n" },
		{ "empty lines", "\n\r\na\n\n\nb\n\n", "3[a]\n6[b]\n" },
		{ "blanks stay", " a , b \n", "1[ a ][ b ]\n" },
		{ "quoted", "\"a\",\"\"\n", "1[a][]\n" },
		{ "quoted comma", "\"a,b\",c", "1[a,b][c]\n" },
		{ "doubled quotes", "\"a \"\"b\"\"\",\"\"\"\"",
		    "1[a \"b\"][\"]\n" },
		{ "line in quotes", "\"a\r\nb\",c\nd", "1[a\r\nb][c]\n3[d]\n" },
		{ "quoted at the end", "a,\"b\"\r\n", "1[a][b]\n" },
		{ "other script", "쌀,चामल\n", "1[쌀][चामल]\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_reads(rows[i].why, wb_span_text(rows[i].text),
		    rows[i].want);
}

static void
names_the_line_of_a_fault_and_goes_on(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		const char *want;
	} rows[] = {
		{ "never closed", "a\n\"b\nc\n",
		    "1[a]\n! line 2: a quote is opened and never closed\n"
		    "3[c]\n" },
		{ "quote alone", "\"",
		    "! line 1: a quote is opened and never closed\n" },
		{ "doubled at the end", "\"\"\"",
		    "! line 1: a quote is opened and never closed\n" },
		{ "text after quote", "\"a\"b,c\nd\n",
		    "! line 1: text after a closing quote\n2[d]\n" },
		{ "carriage return after quote", "\"a\"\rb\nd\n",
		    "! line 1: text after a closing quote\n2[d]\n" },
		{ "text after quoted line", "\"a\n\"b\nd\n",
		    "! line 2: text after a closing quote\n3[d]\n" },
		{ "quote inside", "a,b\"c\"\nd\n",
		    "! line 1: a quote inside a field that does not begin "
		    "with one\n2[d]\n" },
		{ "blank before quote", "a, \"b\"\nd\n",
		    "! line 1: a quote inside a field that does not begin "
		    "with one\n2[d]\n" },
		{ "stray return", "a\rb\nd\n",
		    "! line 1: a carriage return that does not end a line\n"
		    "2[d]\n" },
		{ "latin-1", "caf\xe9\nd\n",
		    "! line 1: this is not UTF-8; save the table as \"CSV "
		    "UTF-8\"\n2[d]\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_reads(rows[i].why, wb_span_text(rows[i].text),
		    rows[i].want);
	assert_reads("nul", wb_span("a\0b\nd", 5),
	    "! line 1: a NUL byte, so this is no text\n2[d]\n");
}

static void
keeps_to_256_fields(void **state)
{
	static char text[300];
	struct wb_error err = { 0 };
	static struct wb_csv csv;
	bool row;

	(void)state;
	memset(text, ',', sizeof text);
	text[255] = '\n'; /* 256 fields, then 45 */
	wb_csv_init(&csv, wb_span(text, sizeof text));
	assert_ok(wb_csv_next(&row, &csv, &err), &err);
	assert_true(row);
	assert_int_equal(csv.n_fields, 256);
	assert_ok(wb_csv_next(&row, &csv, &err), &err);
	assert_int_equal(csv.n_fields, 45);
	wb_csv_clear(&csv);
	text[255] = ',';
	text[256] = '\n';
	wb_csv_init(&csv, wb_span(text, sizeof text));
	assert_status(WB_INVALID, wb_csv_next(&row, &csv, &err), &err);
	assert_false(row);
	assert_string_equal(err.text, "line 1: more than 256 fields");
	assert_ok(wb_csv_next(&row, &csv, &err), &err);
	assert_int_equal(csv.line, 2);
	wb_csv_clear(&csv);
}

static void
keeps_to_64_kib_a_field(void **state)
{
	static char text[WB_MAX_CSV_FIELD * 3];
	struct wb_error err = { 0 };
	static struct wb_csv csv;
	bool row;

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		enum wb_status want = over == 0 ? WB_OK : WB_INVALID;

		memset(text, 'x', sizeof text);
		text[WB_MAX_CSV_FIELD + over] = '\n';
		wb_csv_init(&csv, wb_span(text, WB_MAX_CSV_FIELD + over + 1));
		assert_status(want, wb_csv_next(&row, &csv, &err), &err);
		wb_csv_clear(&csv);
		/* Nothing but doubled quotes. */
		memset(text, '"', sizeof text);
		wb_csv_init(&csv,
		    wb_span(text, 2 * (WB_MAX_CSV_FIELD + over) + 2));
		assert_status(want, wb_csv_next(&row, &csv, &err), &err);
		assert_int_equal(over == 0 ? csv.fields[0].len : 0,
		    over == 0 ? WB_MAX_CSV_FIELD : 0);
		wb_csv_clear(&csv);
	}
	memset(text, 'x', sizeof text);
	text[0] = '"';
	wb_csv_init(&csv, wb_span(text, sizeof text));
	assert_status(WB_INVALID, wb_csv_next(&row, &csv, &err), &err);
	wb_csv_clear(&csv);
}

/* Whatever comes: it ends, and the lines only go up. */
static void
ends_on_any_input(void **state)
{
	static const char alphabet[] = "ab,,\"\"\"\n\n\r\xc3\xa9\0";
	uint64_t seed = 99;
	struct wb_random random = check_random(&seed);
	static struct wb_csv csv;
	uint8_t text[64];
	uint64_t line;
	size_t len;
	bool row;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		wb_random_fill(random, text, sizeof text);
		len = text[0] % sizeof text;
		for (size_t i = 0; i < len; i++)
			text[i] = (uint8_t)
			    alphabet[text[i] % (sizeof alphabet - 1)];
		wb_csv_init(&csv, wb_span(text, len));
		line = 0;
		while (wb_csv_next(&row, &csv, NULL) != WB_OK || row) {
			assert_true(csv.line > line);
			line = csv.line;
		}
		wb_csv_clear(&csv);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rows_as_rfc_4180_writes_them),
		cmocka_unit_test(names_the_line_of_a_fault_and_goes_on),
		cmocka_unit_test(keeps_to_256_fields),
		cmocka_unit_test(keeps_to_64_kib_a_field),
		cmocka_unit_test(ends_on_any_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
