#include "base/conf.h"

#include "tests/unit/check.h"

#define SEVENTY                               \
	"12345678901234567890123456789012345" \
	"67890123456789012345678901234567890"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct wb_conf_key keys[] = {
	{ "listen", WB_CONF_TEXT, "127.0.0.1:8443", 0, 0,
	    "Where to listen.\nA proxy stands before it." },
	{ "workers", WB_CONF_UINT, "2", 1, 64, "Threads that verify." },
	{ "metrics", WB_CONF_BOOL, "no", 0, 0, "Whether to count." },
	{ "name", WB_CONF_TEXT, "", 0, 0, "What it is called." },
	{ .name = NULL },
};

static void
gives_defaults_until_told_otherwise(void **state)
{
	struct wb_error err = { 0 };
	struct wb_conf conf;

	(void)state;
	wb_conf_init(&conf, keys);
	assert_string_equal(wb_conf_text(&conf, "listen"), "127.0.0.1:8443");
	assert_int_equal(wb_conf_uint(&conf, "workers"), 2);
	assert_false(wb_conf_bool(&conf, "metrics"));
	assert_ok(wb_conf_read(&conf,
		      wb_span_text("# a comment\n\n"
				   "  workers=64\r\n"
				   "\tname =\tNorth # 1 = one \n"
				   "metrics = yes\nlisten ="),
		      "a.conf", &err),
	    &err);
	assert_int_equal(wb_conf_uint(&conf, "workers"), 64);
	assert_string_equal(wb_conf_text(&conf, "name"), "North # 1 = one");
	assert_true(wb_conf_bool(&conf, "metrics"));
	assert_string_equal(wb_conf_text(&conf, "listen"), "");
	assert_ok(wb_conf_set(&conf, "metrics", wb_span_text("no"), &err),
	    &err);
	assert_false(wb_conf_bool(&conf, "metrics"));
	wb_conf_clear(&conf);
	assert_int_equal(wb_conf_uint(&conf, "workers"), 2);
	wb_conf_clear(&conf);
}

static void
refuses_bad_lines_by_number(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "\nworker = 3\n", "a.conf, line 2: unknown key \"worker\"" },
		{ "Workers = 3", "a.conf, line 1: unknown key \"Workers\"" },
		{ " = 3", "a.conf, line 1: unknown key \"\"" },
		{ "workers = 1\n#\nworkers = 1",
		    "a.conf, line 3: workers is given already on line 1" },
		{ "workers", "a.conf, line 1: must be \"key = value\"" },
		{ "[section]", "a.conf, line 1: must be \"key = value\"" },
		{ "workers = 0", "a.conf, line 1: workers: \"0\": must be a "
				 "whole number from 1 to 64" },
		{ "workers = 65", "a.conf, line 1: workers: \"65\": must be a "
				  "whole number from 1 to 64" },
		{ "workers =", "a.conf, line 1: workers: a number is missing" },
		{ "metrics = true",
		    "a.conf, line 1: metrics: must be yes or no" },
		{ "name = a\x1b[2J",
		    "a.conf, line 1: name: must be UTF-8 text without control "
		    "characters" },
		{ "name = \xff",
		    "a.conf, line 1: name: must be UTF-8 text without control "
		    "characters" },
		{ SEVENTY "x = 1",
		    "a.conf, line 1: unknown key \"123456789012345678901234"
		    "5678901234567890123456789012345678901234\"" },
		{ "n\xff = 1", "a.conf, line 1: this is not UTF-8 text" },
	};
	struct wb_error err = { 0 };
	struct wb_conf conf;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		wb_conf_init(&conf, keys);
		assert_status(WB_INVALID,
		    wb_conf_read(&conf, wb_span_text(rows[i].text), "a.conf",
			&err),
		    &err);
		assert_string_equal(err.text, rows[i].want);
		wb_conf_clear(&conf);
	}
}

static void
refuses_files_too_large(void **state)
{
	static uint8_t large[WB_MAX_CONF_FILE + 1];
	struct wb_error err = { 0 };
	struct wb_conf conf;

	(void)state;
	memset(large, '\n', sizeof large);
	wb_conf_init(&conf, keys);
	assert_ok(wb_conf_read(&conf, wb_span(large, sizeof large - 1), "a",
		      &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_conf_read(&conf, wb_span(large, sizeof large), "a", &err), &err);
	wb_conf_clear(&conf);
}

static void
lets_options_stand_over_the_file(void **state)
{
	struct wb_error err = { 0 };
	struct wb_conf conf;

	(void)state;
	wb_conf_init(&conf, keys);
	assert_ok(wb_conf_read(&conf, wb_span_text("workers = 3"), "a", &err),
	    &err);
	assert_ok(wb_conf_set(&conf, "workers", wb_span_text("4"), &err), &err);
	assert_int_equal(wb_conf_uint(&conf, "workers"), 4);
	assert_status(WB_INVALID,
	    wb_conf_set(&conf, "workers", wb_span_text("99"), &err), &err);
	assert_status(WB_INVALID,
	    wb_conf_set(&conf, "none", wb_span_text("1"), &err), &err);
	assert_int_equal(wb_conf_uint(&conf, "workers"), 4);
	wb_conf_clear(&conf);
}

static void
writes_a_file_to_start_from(void **state)
{
	struct wb_error err = { 0 };
	struct wb_conf conf;
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, WB_MAX_CONF_FILE);
	assert_ok(wb_conf_write_defaults(&out, keys, &err), &err);
	wb_conf_init(&conf, keys);
	assert_ok(wb_conf_read(&conf, wb_bytes_span(&out), "a", &err), &err);
	wb_conf_clear(&conf);
	assert_ok(wb_bytes_append(&out, wb_span("", 1), &err), &err);
	assert_string_equal((const char *)out.data,
	    "# Where to listen.\n# A proxy stands before it.\n"
	    "#listen = 127.0.0.1:8443\n\n"
	    "# Threads that verify.\n# From 1 to 64.\n#workers = 2\n\n"
	    "# Whether to count.\n#metrics = no\n\n"
	    "# What it is called.\n#name =\n");
	wb_bytes_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_defaults_until_told_otherwise),
		cmocka_unit_test(refuses_bad_lines_by_number),
		cmocka_unit_test(refuses_files_too_large),
		cmocka_unit_test(lets_options_stand_over_the_file),
		cmocka_unit_test(writes_a_file_to_start_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
