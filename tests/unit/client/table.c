#include "client/cmd/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"

static const struct wb_table_column columns[] = {
	{ "Item", false },
	{ "Qty", true },
	{ "Lot", false },
	{ "Place", false },
};

static void
add(struct wb_table *t, const char *item, const char *qty, const char *place)
{
	struct wb_span cells[4] = { wb_span_text(item), wb_span_text(qty),
		wb_span_text(""), wb_span_text(place) };
	struct wb_error err = { 0 };

	assert_ok(wb_table_add(t, cells, &err), &err);
}

static void
check_print(const struct wb_table *t, const char *want)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	wb_table_print(t, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
	free(text);
}

static void
aligns_by_width_and_leaves_empty_columns_out(void **state)
{
	struct wb_error err = { 0 };
	struct wb_table t;

	(void)state;
	wb_table_init(&t, columns, 4);
	check_print(&t, "");
	add(&t, "rice", "2.5", "S-12");
	assert_ok(wb_table_heading(&t, wb_span_text("food"), &err), &err);
	add(&t, "\xec\x8c\x80", "1200", "");
	add(&t, "caf\xc3\xa9\xcc\x81", "", "A");
	check_print(&t, "Item   Qty  Place\n"
			"rice   2.5  S-12\n"
			"food\n"
			"\xec\x8c\x80    1200\n"
			"caf\xc3\xa9\xcc\x81        A\n");
	wb_table_clear(&t);
}

static void
lets_no_control_character_through(void **state)
{
	struct wb_table t;

	(void)state;
	wb_table_init(&t, columns, 4);
	add(&t, "\x1b[31mred", "\xff", "\xe2\x80\xae");
	check_print(&t, "Item      Qty  Place\n"
			"?[31mred    ?  ?\n");
	wb_table_clear(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_by_width_and_leaves_empty_columns_out),
		cmocka_unit_test(lets_no_control_character_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
