#include "client/ledger/entry.h"

#include <stdio.h>

#include "tests/unit/check.h"

static struct wb_item items[] = {
	{ .item = { (const uint8_t *)"Rice", 4 },
	    .unit = { (const uint8_t *)"sack", 4 } },
	{ .item = { (const uint8_t *)"beans", 5 },
	    .unit = { (const uint8_t *)"kg", 2 } },
	{ .item = { (const uint8_t *)"beans", 5 },
	    .unit = { (const uint8_t *)"sack", 4 } },
	{ .item = { (const uint8_t *)"rice", 4 },
	    .unit = { (const uint8_t *)"sack", 4 } },
	{ .item = { (const uint8_t *)"tarp", 4 }, .unit = { NULL, 0 } },
};
static struct wb_place_code places[] = {
	{ .code = { (const uint8_t *)"S-12", 4 } },
	{ .code = { (const uint8_t *)"S-13", 4 } },
};

static const struct wb_known field = {
	.catalogue = { .items = items, .item_count = 5 },
	.places = { .places = places, .place_count = 2 },
};

static struct wb_known
coordinator(void)
{
	struct wb_known k = field;

	k.open = true;
	return k;
}

#define BAD_QTY(w)                                                       \
	"\"" w "\" is no quantity: write a number above 0 with at most " \
	"three decimals and, joined to it, its unit, as 2.5sack"

static void
splits_a_quantity_after_its_last_digit(void **state)
{
	static const struct {
		const char *word;
		enum wb_status want;
		uint64_t qty;
		const char *unit;
	} rows[] = {
		{ "2.5sack", WB_OK, 2500, "sack" },
		{ "12", WB_OK, 12000, "" },
		{ "1kg bag", WB_OK, 1000, "kg bag" },
		{ "2.5 sack", WB_OK, 2500, "sack" },
		{ "0.001l", WB_OK, 1, "l" },
		{ "3\xec\x83\x81\xec\x9e\x90", WB_OK, 3000,
		    "\xec\x83\x81\xec\x9e\x90" },
		{ "sack", WB_USAGE, 0, "" },
		{ "", WB_USAGE, 0, "" },
		{ "0sack", WB_USAGE, 0, "" },
		{ "-1sack", WB_USAGE, 0, "" },
		{ "2,5sack", WB_USAGE, 0, "" },
		{ "1e3", WB_USAGE, 0, "" },
		{ "2x10kg", WB_USAGE, 0, "" },
		{ "0.0001kg", WB_USAGE, 0, "" },
		{ "1099511627.777", WB_USAGE, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_span unit = { NULL, 0 };
		uint64_t qty = 0;

		assert_status(rows[i].want,
		    wb_entry_quantity(&qty, &unit, wb_span_text(rows[i].word),
			&err),
		    &err);
		assert_int_equal(qty, rows[i].qty);
		assert_true(wb_span_equal(unit, wb_span_text(rows[i].unit)));
	}
}

struct words_row {
	const char *words[6];
	const char *unit; /* --unit; NULL: not given */
	bool open;
	enum wb_status want;
	const char *got; /* the lines and the place, or the error */
};

static void
show(char *out, size_t room, const struct wb_goods *goods, struct wb_span place)
{
	size_t n = 0;

	for (size_t i = 0; i < goods->line_count; i++) {
		const struct wb_line *l = &goods->lines[i];

		n += (size_t)snprintf(out + n, room - n, "%.*s|%d|%.*s;",
		    (int)l->item.len, (const char *)l->item.data,
		    (int)l->quantity, (int)l->unit.len,
		    l->unit.len ? (const char *)l->unit.data : "");
	}
	(void)snprintf(out + n, room - n, "@%.*s", (int)place.len,
	    place.len ? (const char *)place.data : "");
}

static void
check_words(const struct words_row *row)
{
	struct wb_known known = row->open ? coordinator() : field;
	struct wb_span words[6], place, unit = { NULL, 0 };
	struct wb_goods goods = { .kind = WB_KIND_DELIVERED };
	struct wb_error err = { 0 };
	struct wb_arena arena;
	struct wb_typed typed = { .words = words };
	char got[512] = "";

	for (size_t n = 0; n < 6 && row->words[n] != NULL; n++)
		words[typed.count++] = wb_span_text(row->words[n]);
	if (row->unit != NULL) {
		unit = wb_span_text(row->unit);
		typed.unit = &unit;
	}
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_status(row->want,
	    wb_entry_words(&goods, &place, &arena, &known, &typed, &err), &err);
	if (row->want == WB_OK)
		show(got, sizeof got, &goods, place);
	assert_string_equal(row->want == WB_OK ? got : err.text, row->got);
	wb_arena_clear(&arena);
}

static void
reads_items_quantities_and_a_place(void **state)
{
	static const struct words_row rows[] = {
		{ { "rice", "2.5sack", "S-12" }, NULL, false, WB_OK,
		    "rice|2500|sack;@S-12" },
		{ { "rice", "2.5sack" }, NULL, false, WB_OK,
		    "rice|2500|sack;@" },
		{ { "rice", "2", "S-12" }, NULL, false, WB_OK,
		    "rice|2000|sack;@S-12" },
		{ { "tarp", "8", "S-13" }, NULL, false, WB_OK,
		    "tarp|8000|;@S-13" },
		{ { "rice", "2sack", "beans", "1kg", "S-12" }, NULL, false,
		    WB_OK, "rice|2000|sack;beans|1000|kg;@S-12" },
		{ { "beans", "2" }, "kg", false, WB_OK, "beans|2000|kg;@" },
		{ { "beans", "2kg" }, "kg", false, WB_OK, "beans|2000|kg;@" },
		{ { "tarp", "2" }, "", false, WB_OK, "tarp|2000|;@" },
		/* composed and decomposed letters are one item */
		{ { "cafe\xcc\x81", "1kg", "X" }, NULL, true, WB_OK,
		    "caf\xc3\xa9|1000|kg;@X" },
		{ { "=1+1", "1kg" }, NULL, true, WB_OK, "=1+1|1000|kg;@" },
		{ { "new", "3" }, NULL, true, WB_OK, "new|3000|;@" },
		{ { "beans", "2" }, NULL, false, WB_USAGE,
		    "\"beans\" is known in several units, so write one with "
		    "the quantity: \"kg\", \"sack\"" },
		{ { "beans", "2" }, NULL, true, WB_USAGE,
		    "\"beans\" is known in several units, so write one with "
		    "the quantity: \"kg\", \"sack\"" },
		{ { "beans", "2kg" }, "sack", false, WB_USAGE,
		    "\"2kg\" has a unit already, and --unit names another" },
		{ { "rice" }, NULL, false, WB_USAGE,
		    "an item and its quantity are needed, as: rice 2.5sack" },
		{ { "rice", "S-12", "2sack" }, NULL, false, WB_USAGE,
		    BAD_QTY("S-12") },
		{ { "", "2sack" }, NULL, true, WB_USAGE, "the item is empty" },
		{ { "rcie", "2sack" }, NULL, false, WB_NOT_FOUND,
		    "the item \"rcie\" is not known; near it: \"Rice\", "
		    "\"rice\"" },
		{ { "RICE", "2sack" }, NULL, false, WB_NOT_FOUND,
		    "the item \"RICE\" is not known; near it: \"Rice\", "
		    "\"rice\"" },
		{ { "insulin", "2" }, NULL, false, WB_NOT_FOUND,
		    "the item \"insulin\" is not known" },
		{ { "rice", "2kg" }, NULL, false, WB_NOT_FOUND,
		    "the item \"rice\" is not known in the unit \"kg\"; it is "
		    "known in: \"sack\"" },
		{ { "rice", "2sack", "s-12" }, NULL, false, WB_NOT_FOUND,
		    "the place \"s-12\" is not known; near it: \"S-12\", "
		    "\"S-13\"" },
		{ { "ri\nce", "2sack" }, NULL, true, WB_INVALID,
		    "the item holds the character U+000A, which is not "
		    "allowed" },
		{ { "rice", "2sack", "\xff" }, NULL, true, WB_INVALID,
		    "this is not UTF-8 text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_words(&rows[i]);
}

static void
reads_numbers_of_records(void **state)
{
	static const struct {
		const char *text;
		enum wb_status want;
		const char *label;
		uint64_t number;
	} rows[] = {
		{ "K7-142", WB_OK, "K7", 142 },
		{ "k7-0142", WB_OK, "k7", 142 },
		{ "142", WB_OK, "", 142 },
		{ "00142", WB_OK, "", 142 },
		{ "north-east-3", WB_OK, "north-east", 3 },
		{ "K7-0", WB_USAGE, "", 0 },
		{ "K7-", WB_USAGE, "", 0 },
		{ "-5", WB_USAGE, "", 0 },
		{ "K7", WB_USAGE, "", 0 },
		{ "", WB_USAGE, "", 0 },
		{ "K7-1x", WB_USAGE, "", 0 },
		{ "K7-99999999999999999999", WB_USAGE, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_span label = { NULL, 0 };
		struct wb_error err = { 0 };
		uint64_t number = 0;

		assert_status(rows[i].want,
		    wb_entry_id(&label, &number, wb_span_text(rows[i].text),
			&err),
		    &err);
		if (rows[i].want != WB_OK)
			continue;
		assert_int_equal(number, rows[i].number);
		assert_true(wb_span_equal(label, wb_span_text(rows[i].label)));
	}
}

static void
labels_ignore_case(void **state)
{
	(void)state;
	assert_true(
	    wb_entry_same_label(wb_span_text("k7"), wb_span_text("K7")));
	assert_false(
	    wb_entry_same_label(wb_span_text("K7"), wb_span_text("K70")));
	assert_false(
	    wb_entry_same_label(wb_span_text("K7"), wb_span_text("K8")));
}

static void
a_void_repeats_kind_and_lines(void **state)
{
	struct wb_line line = { .quantity = 5 };
	struct wb_goods goods = { .kind = WB_KIND_LOST,
		.reason = WB_REASON_STOLEN,
		.day = 10,
		.lines = &line,
		.line_count = 1 };
	struct wb_hash id = { { 7 } };
	struct wb_goods made = wb_entry_void(&goods, &id, 12,
	    WB_REASON_MISTYPED);

	(void)state;
	assert_true(made.is_void);
	assert_int_equal(made.kind, WB_KIND_LOST);
	assert_int_equal(made.reason, WB_REASON_MISTYPED);
	assert_int_equal(made.day, 12);
	assert_ptr_equal(made.lines, &line);
	assert_true(wb_hash_equal(&made.amends, &id));
	made = wb_entry_repeat(&goods, 13);
	assert_false(made.is_void);
	assert_int_equal(made.reason, WB_REASON_STOLEN);
	assert_int_equal(made.day, 13);
	assert_true(wb_hash_is_zero(&made.amends));
}

static void
what_is_lost_comes_from_its_place(void **state)
{
	struct wb_span code = wb_span_text("S-12");
	struct wb_place place = { 0 };

	(void)state;
	wb_entry_set_place(&place, WB_KIND_LOST, code);
	assert_int_equal(place.to.len, 0);
	assert_true(wb_span_equal(wb_entry_place(&place), code));
	wb_entry_set_place(&place, WB_KIND_DELIVERED, code);
	assert_int_equal(place.from.len, 0);
	assert_true(wb_span_equal(place.to, code));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_a_quantity_after_its_last_digit),
		cmocka_unit_test(reads_items_quantities_and_a_place),
		cmocka_unit_test(reads_numbers_of_records),
		cmocka_unit_test(labels_ignore_case),
		cmocka_unit_test(a_void_repeats_kind_and_lines),
		cmocka_unit_test(what_is_lost_comes_from_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
