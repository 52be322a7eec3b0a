#include "base/json.h"

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct fixture {
	struct wb_bytes out;
	struct wb_json j;
	struct wb_error err;
};

static void
start(struct fixture *f, size_t max)
{
	*f = (struct fixture){ 0 };
	wb_bytes_init(&f->out, max);
	wb_json_init(&f->j, wb_json_to_bytes(&f->out));
}

static void
assert_written(struct fixture *f, const char *want)
{
	assert_ok(wb_json_finish(&f->j, &f->err), &f->err);
	assert_ok(wb_bytes_append(&f->out, wb_span("", 1), &f->err), &f->err);
	assert_string_equal((const char *)f->out.data, want);
	wb_bytes_clear(&f->out);
}

static void
writes_nested_values_with_their_commas(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1000);
	wb_json_object(&f.j, NULL);
	wb_json_int(&f.j, "v", 1);
	wb_json_array(&f.j, "rows");
	wb_json_object(&f.j, NULL);
	wb_json_string(&f.j, "item", "rice");
	wb_json_qty(&f.j, "delivered", 2500);
	wb_json_close(&f.j);
	wb_json_object(&f.j, NULL);
	wb_json_close(&f.j);
	wb_json_close(&f.j);
	wb_json_array(&f.j, "missing");
	wb_json_close(&f.j);
	wb_json_bool(&f.j, "complete", true);
	wb_json_bool(&f.j, "late", false);
	wb_json_null(&f.j, "oldest");
	wb_json_string(&f.j, "route", NULL);
	wb_json_close(&f.j);
	assert_written(&f,
	    "{\"v\":1,\"rows\":[{\"item\":\"rice\",\"delivered\":2.5},{}],"
	    "\"missing\":[],\"complete\":true,\"late\":false,\"oldest\":null,"
	    "\"route\":null}\n");
}

static void
ends_each_top_value_with_a_line(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1000);
	for (int i = 0; i < 2; i++) {
		wb_json_object(&f.j, NULL);
		wb_json_int(&f.j, "n", i);
		wb_json_close(&f.j);
		assert_ok(wb_json_finish(&f.j, &f.err), &f.err);
	}
	wb_json_uint(&f.j, NULL, 3);
	assert_written(&f, "{\"n\":0}\n{\"n\":1}\n3\n");
}

static void
writes_numbers_whole(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1000);
	wb_json_array(&f.j, NULL);
	wb_json_int(&f.j, NULL, INT64_MIN);
	wb_json_uint(&f.j, NULL, UINT64_MAX);
	wb_json_qty(&f.j, NULL, -1);
	wb_json_qty(&f.j, NULL, 0);
	wb_json_qty_sum(&f.j, NULL, UINT64_MAX);
	wb_json_close(&f.j);
	assert_written(&f,
	    "[-9223372036854775808,18446744073709551615,-0.001,0,"
	    "18446744073709551.615]\n");
}

static void
escapes_what_a_reader_or_terminal_would_act_on(void **state)
{
	static const struct {
		const char *in;
		const char *want;
	} rows[] = {
		{ "", "\"\"\n" },
		{ "쌀 Größe", "\"쌀 Größe\"\n" },
		{ "say \"hi\" \\", "\"say \\\"hi\\\" \\\\\"\n" },
		{ "a\nb\tc\rd\be\f", "\"a\\nb\\tc\\rd\\be\\f\"\n" },
		{ "\x01\x1b[2J\x7f", "\"\\u0001\\u001b[2J\\u007f\"\n" },
		{ "\xc2\x9b", "\"\\u009b\"\n" },
		{ "\xe2\x80\xae", "\"\\u202e\"\n" },
		{ "a\xff\xe2\x82z", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"
				    "\"\n" },
		{ "\xed\xa0\x80",
		    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n" },
		{ "</script>", "\"</script>\"\n" },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		start(&f, 1000);
		wb_json_string(&f.j, NULL, rows[i].in);
		assert_written(&f, rows[i].want);
	}
	start(&f, 1000);
	wb_json_text(&f.j, NULL, wb_span("a\0b", 3));
	assert_written(&f, "\"a\\u0000b\"\n");
	start(&f, 1000);
	wb_json_object(&f.j, NULL);
	wb_json_int(&f.j, "a\"b", 1);
	wb_json_close(&f.j);
	assert_written(&f, "{\"a\\\"b\":1}\n");
}

static void
keeps_the_first_fault_until_the_end(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 10);
	wb_json_string(&f.j, NULL, "much longer than ten bytes");
	wb_json_int(&f.j, NULL, 1);
	assert_status(WB_NO_MEMORY, wb_json_finish(&f.j, &f.err), &f.err);
	assert_true(f.err.text[0] != '\0');
	assert_int_equal(f.out.len, 1); /* nothing after the fault */
	wb_bytes_clear(&f.out);
}

static void
an_error_is_told_with_its_next_step(void **state)
{
	struct fixture f;
	struct wb_error told = { 0 };

	(void)state;
	start(&f, 1000);
	(void)wb_advise(&told, wb_fail(&told, WB_OFFLINE, "no \"way\""),
	    "no-way", "Wait.");
	wb_json_error(&f.j, &told);
	assert_ok(wb_json_finish(&f.j, &f.err), &f.err);
	assert_true(wb_span_equal(wb_bytes_span(&f.out),
	    wb_span_text("{\"v\":1,\"error\":{\"id\":\"no-way\","
			 "\"text\":\"no \\\"way\\\"\","
			 "\"next\":\"Wait.\",\"exit\":6}}\n")));
	wb_bytes_clear(&f.out);
}

static void
writes_to_a_file_what_it_writes_to_memory(void **state)
{
	FILE *file = tmpfile();
	struct wb_error err = { 0 };
	struct wb_json j;
	char got[100];
	size_t n;

	(void)state;
	assert_non_null(file);
	wb_json_init(&j, wb_json_to_file(file));
	wb_json_object(&j, NULL);
	wb_json_string(&j, "empty", "");
	wb_json_close(&j);
	assert_ok(wb_json_finish(&j, &err), &err);
	rewind(file);
	n = fread(got, 1, sizeof got, file);
	assert_true(
	    wb_span_equal(wb_span(got, n), wb_span_text("{\"empty\":\"\"}\n")));
	(void)fclose(file);
}

/* Without a buffer each piece of it fails at once. */
static void
reports_a_file_without_a_buffer_too(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct wb_json j;

	(void)state;
	if (full == NULL)
		skip();
	assert_int_equal(setvbuf(full, NULL, _IONBF, 0), 0);
	wb_json_init(&j, wb_json_to_file(full));
	wb_json_int(&j, NULL, 1);
	assert_int_equal(wb_json_finish(&j, NULL), WB_STORAGE);
	(void)fclose(full);
}

static void
reports_a_file_that_cannot_be_written(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct wb_error err = { 0 };
	struct wb_json j;

	(void)state;
	if (full == NULL)
		skip();
	wb_json_init(&j, wb_json_to_file(full));
	wb_json_int(&j, NULL, 1);
	assert_status(WB_STORAGE, wb_json_finish(&j, &err), &err);
	(void)fclose(full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_nested_values_with_their_commas),
		cmocka_unit_test(ends_each_top_value_with_a_line),
		cmocka_unit_test(writes_numbers_whole),
		cmocka_unit_test(
		    escapes_what_a_reader_or_terminal_would_act_on),
		cmocka_unit_test(keeps_the_first_fault_until_the_end),
		cmocka_unit_test(an_error_is_told_with_its_next_step),
		cmocka_unit_test(writes_to_a_file_what_it_writes_to_memory),
		cmocka_unit_test(reports_a_file_without_a_buffer_too),
		cmocka_unit_test(reports_a_file_that_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
