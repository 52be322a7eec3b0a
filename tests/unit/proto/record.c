#include "proto/record.h"

#include "tests/unit/check.h"

#define TEXT_200                                             \
	"12345678901234567890123456789012345678901234567890" \
	"12345678901234567890123456789012345678901234567890" \
	"12345678901234567890123456789012345678901234567890" \
	"12345678901234567890123456789012345678901234567890"

/* One record that may be changed, with room for its lines. */
struct fixture {
	struct wb_goods goods;
	struct wb_line lines[WB_MAX_LINES + 1];
};

static void
delivery(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	for (size_t i = 0; i <= WB_MAX_LINES; i++) {
		f->lines[i].item = wb_span_text("Rice");
		f->lines[i].quantity = 1000;
	}
	f->goods = (struct wb_goods){ .kind = WB_KIND_DELIVERED,
		.day = 20000,
		.lines = f->lines,
		.line_count = 1 };
}

static void
as_it_is(struct fixture *f)
{
	(void)f;
}
static void
no_kind(struct fixture *f)
{
	f->goods.kind = (enum wb_kind)0;
}
static void
eighth_kind(struct fixture *f)
{
	f->goods.kind = (enum wb_kind)8;
}
static void
no_day(struct fixture *f)
{
	f->goods.day = 0;
}
static void
last_day(struct fixture *f)
{
	f->goods.day = WB_MAX_DAY;
	f->lines[0].expiry_day = WB_MAX_DAY;
}
static void
day_too_late(struct fixture *f)
{
	f->goods.day = WB_MAX_DAY + 1;
}
static void
no_line(struct fixture *f)
{
	f->goods.line_count = 0;
}
static void
most_lines(struct fixture *f)
{
	f->goods.line_count = WB_MAX_LINES;
}
static void
too_many_lines(struct fixture *f)
{
	f->goods.line_count = WB_MAX_LINES + 1;
}
static void
no_item(struct fixture *f)
{
	f->lines[0].item = wb_span_text("");
}
static void
longest_item(struct fixture *f)
{
	f->lines[0].item = wb_span_text(TEXT_200);
}
static void
item_too_long(struct fixture *f)
{
	f->lines[0].item = wb_span_text(TEXT_200 "1");
}
static void
item_with_a_nul(struct fixture *f)
{
	f->lines[0].item = wb_span("Rice\0x", 6);
}
static void
item_with_a_newline(struct fixture *f)
{
	f->lines[0].item = wb_span_text("Rice\n");
}
static void
unit_that_turns(struct fixture *f)
{
	f->lines[0].unit = wb_span_text("\xe2\x80\xae");
}
static void
lot_not_utf8(struct fixture *f)
{
	f->lines[0].lot = wb_span_text("\xc3");
}
static void
no_quantity(struct fixture *f)
{
	f->lines[0].quantity = 0;
}
static void
largest_quantity(struct fixture *f)
{
	f->lines[0].quantity = WB_QUANTITY_MAX;
}
static void
quantity_too_large(struct fixture *f)
{
	f->lines[0].quantity = WB_QUANTITY_MAX + 1;
}
static void
expiry_too_late(struct fixture *f)
{
	f->lines[0].expiry_day = WB_MAX_DAY + 1;
}
static void
delivery_with_reason(struct fixture *f)
{
	f->goods.reason = WB_REASON_DAMAGED;
}
static void
loss_without_reason(struct fixture *f)
{
	f->goods.kind = WB_KIND_LOST;
}
static void
loss_with_reason(struct fixture *f)
{
	f->goods.kind = WB_KIND_LOST;
	f->goods.reason = WB_REASON_ABANDONED;
}
static void
loss_with_a_voids_reason(struct fixture *f)
{
	f->goods.kind = WB_KIND_LOST;
	f->goods.reason = WB_REASON_MISTYPED;
}
static void
loss_with_unknown_reason(struct fixture *f)
{
	f->goods.kind = WB_KIND_LOST;
	f->goods.reason = (enum wb_reason)7;
}
static void
a_void(struct fixture *f)
{
	f->goods.is_void = true;
	f->goods.amends.b[0] = 1;
	f->goods.reason = WB_REASON_OTHER;
}
static void
void_of_nothing(struct fixture *f)
{
	a_void(f);
	f->goods.amends.b[0] = 0;
}
static void
void_with_unknown_reason(struct fixture *f)
{
	a_void(f);
	f->goods.reason = (enum wb_reason)20;
}
static void
void_with_a_losss_reason(struct fixture *f)
{
	a_void(f);
	f->goods.kind = WB_KIND_LOST;
	f->goods.reason = WB_REASON_STOLEN;
}
static void
delivery_that_amends(struct fixture *f)
{
	f->goods.amends.b[0] = 1;
}
static void
reference_too_long(struct fixture *f)
{
	f->goods.reference = wb_span_text(TEXT_200 "1");
}
static void
larger_than_a_record(struct fixture *f)
{
	f->goods.line_count = WB_MAX_LINES;
	for (size_t i = 0; i < WB_MAX_LINES; i++)
		f->lines[i].detail = wb_span_text(TEXT_200);
}

static const struct {
	const char *name;
	void (*change)(struct fixture *f);
	enum wb_status want;
} rules[] = {
	{ "as it should be", as_it_is, WB_OK },
	{ "no kind", no_kind, WB_INVALID },
	{ "an unknown kind", eighth_kind, WB_INVALID },
	{ "no day", no_day, WB_INVALID },
	{ "the last day", last_day, WB_OK },
	{ "a day too late", day_too_late, WB_INVALID },
	{ "no line", no_line, WB_INVALID },
	{ "as many lines as can be", most_lines, WB_OK },
	{ "a line more", too_many_lines, WB_INVALID },
	{ "no item", no_item, WB_INVALID },
	{ "the longest item", longest_item, WB_OK },
	{ "an item too long", item_too_long, WB_INVALID },
	{ "an item with a NUL", item_with_a_nul, WB_INVALID },
	{ "an item with a newline", item_with_a_newline, WB_INVALID },
	{ "a unit that turns the text", unit_that_turns, WB_INVALID },
	{ "a lot that is not UTF-8", lot_not_utf8, WB_INVALID },
	{ "no quantity", no_quantity, WB_INVALID },
	{ "the largest quantity", largest_quantity, WB_OK },
	{ "a quantity too large", quantity_too_large, WB_INVALID },
	{ "an expiry too late", expiry_too_late, WB_INVALID },
	{ "a delivery with a reason", delivery_with_reason, WB_INVALID },
	{ "a loss without a reason", loss_without_reason, WB_INVALID },
	{ "a loss with its reason", loss_with_reason, WB_OK },
	{ "a loss, mistyped", loss_with_a_voids_reason, WB_INVALID },
	{ "a loss for reason 7", loss_with_unknown_reason, WB_INVALID },
	{ "a void", a_void, WB_OK },
	{ "a void of nothing", void_of_nothing, WB_INVALID },
	{ "a void for reason 20", void_with_unknown_reason, WB_INVALID },
	{ "a void, stolen", void_with_a_losss_reason, WB_INVALID },
	{ "a delivery that amends", delivery_that_amends, WB_INVALID },
	{ "a reference too long", reference_too_long, WB_INVALID },
	{ "more than 32 KiB", larger_than_a_record, WB_INVALID },
};

static void
goods_keep_their_rules(void **state)
{
	static struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_goods again;
		struct wb_arena arena;
		struct wb_bytes out;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		wb_bytes_init(&out, 200000);
		delivery(&f);
		rules[i].change(&f);
		if (wb_goods_encode(&out, &f.goods, &err) != rules[i].want)
			fail_msg("%s: %s", rules[i].name, err.text);
		if (rules[i].want == WB_OK) {
			assert_ok(wb_goods_decode(&again, &arena,
				      wb_bytes_span(&out), &err),
			    &err);
			assert_int_equal(again.kind, f.goods.kind);
			assert_int_equal(again.is_void, f.goods.is_void);
			assert_int_equal(again.line_count, f.goods.line_count);
		}
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

/* What encoding would never make. */
static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
} forms[] = {
	{ "a delivery", "\x08\x02\x10\x01\x1a\x05\x0a\x01R\x18\x01", 11,
	    WB_OK },
	{ "kind 16, a void of nothing",
	    "\x08\x10\x10\x01\x1a\x05\x0a\x01R\x18\x01", 11, WB_INVALID },
	{ "kind 24, a void of kind 8",
	    "\x08\x18\x10\x01\x1a\x05\x0a\x01R\x18\x01", 11, WB_INVALID },
	{ "kind -1",
	    "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01\x1a\x05\x0a"
	    "\x01R\x18\x01",
	    20, WB_INVALID },
	{ "kind 2 with bits above 32",
	    "\x08\x82\x80\x80\x80\x10\x10\x01\x1a\x05\x0a\x01R\x18\x01", 15,
	    WB_INVALID },
	{ "an unknown field in a line",
	    "\x08\x02\x10\x01\x1a\x07\x0a\x01R\x18\x01\x38\x01", 13,
	    WB_INVALID },
	{ "an item with a NUL", "\x08\x02\x10\x01\x1a\x06\x0a\x02R\0\x18\x01",
	    12, WB_INVALID },
	{ "amends of zeros, written out",
	    "\x08\x02\x10\x01\x1a\x05\x0a\x01R\x18\x01\x22\x20"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    45, WB_INVALID },
	{ "amends of 31 bytes",
	    "\x08\x12\x10\x01\x1a\x05\x0a\x01R\x18\x01\x22\x1f"
	    "1234567890123456789012345678901\x28\x10",
	    46, WB_INVALID },
};

static void
goods_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_arena arena;
		struct wb_goods goods;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		if (wb_goods_decode(&goods, &arena,
			wb_span(forms[i].bytes, forms[i].len),
			&err) != forms[i].want)
			fail_msg("%s: %s", forms[i].name, err.text);
		wb_arena_clear(&arena);
	}
}

static const struct {
	const char *name;
	struct wb_place place;
	enum wb_status want;
} places[] = {
	{ "the least", { .number = 1 }, WB_OK },
	{ "no number", { .households = 3 }, WB_INVALID },
	{ "a note of lines",
	    { .number = 1, .note = { (const uint8_t *)"a\nb", 3 } }, WB_OK },
	{ "a note with a tab",
	    { .number = 1, .note = { (const uint8_t *)"a\tb", 3 } },
	    WB_INVALID },
	{ "a note cut within a character",
	    { .number = 1, .note = { (const uint8_t *)"a\xc3", 2 } },
	    WB_INVALID },
	{ "a destination of lines",
	    { .number = 1, .to = { (const uint8_t *)"a\nb", 3 } }, WB_INVALID },
	{ "a receipt code",
	    { .number = 1, .code = { (const uint8_t *)TEXT_200, 16 } }, WB_OK },
	{ "a short receipt code",
	    { .number = 1, .code = { (const uint8_t *)TEXT_200, 15 } },
	    WB_INVALID },
};

static void
places_keep_their_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_bytes out;

		wb_bytes_init(&out, 2000);
		if (wb_place_encode(&out, &places[i].place, &err) !=
		    places[i].want)
			fail_msg("%s: %s", places[i].name, err.text);
		wb_bytes_clear(&out);
	}
}

static void
notes_have_1000_bytes_at_most(void **state)
{
	struct wb_place place = { .number = 1 };
	struct wb_error err = { 0 };
	struct wb_bytes out;
	char note[WB_MAX_NOTE_TEXT + 1];

	(void)state;
	memset(note, 'n', sizeof note);
	wb_bytes_init(&out, 2000);
	place.note = wb_span(note, WB_MAX_NOTE_TEXT);
	assert_ok(wb_place_encode(&out, &place, &err), &err);
	place.note.len++;
	assert_status(WB_INVALID, wb_place_encode(&out, &place, &err), &err);
	wb_bytes_clear(&out);
}

static void
parts_are_padded_to_32_bytes(void **state)
{
	static uint8_t half[WB_MAX_RECORD + 1];
	struct wb_error err = { 0 };
	struct wb_span goods, place;
	struct wb_arena arena;
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 3 * WB_MAX_RECORD);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	for (size_t n = 1; n < 300; n++) {
		wb_bytes_reset(&out);
		assert_ok(wb_part_encode(&out, wb_span(half, n),
			      wb_span(half, 5), &err),
		    &err);
		assert_int_equal(out.len % 32, 0);
		assert_true(out.len < n + 9 + 64);
		assert_ok(wb_part_decode(&goods, &place, &arena,
			      wb_bytes_span(&out), &err),
		    &err);
		assert_int_equal(goods.len, n);
		assert_int_equal(place.len, 5);
	}
	assert_status(WB_INVALID,
	    wb_part_encode(&out, wb_span(half, sizeof half), wb_span(half, 5),
		&err),
	    &err);
	assert_status(WB_INVALID,
	    wb_part_encode(&out, wb_span(half, 5), wb_span(half, 0), &err),
	    &err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&out);
}

static void
padding_is_exact_and_zero(void **state)
{
	struct wb_error err = { 0 };
	struct wb_span goods, place;
	struct wb_arena arena;
	struct wb_bytes out;
	uint8_t more[64] = { 0 };

	(void)state;
	wb_bytes_init(&out, 1000);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_part_encode(&out, wb_span_text("goods"),
		      wb_span_text("place"), &err),
	    &err);
	assert_int_equal(out.len, 32);
	out.data[31] = 1;
	assert_status(WB_INVALID,
	    wb_part_decode(&goods, &place, &arena, wb_bytes_span(&out), &err),
	    &err);
	/* 32 bytes of padding more: canonical, yet not what encoding makes. */
	out.data[31] = 0;
	memcpy(more, out.data, out.len);
	more[15] = (uint8_t)(more[15] + 32);
	assert_status(WB_INVALID,
	    wb_part_decode(&goods, &place, &arena, wb_span(more, sizeof more),
		&err),
	    &err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&out);
}

static void
kinds_and_reasons_have_names(void **state)
{
	struct wb_error err = { 0 };
	enum wb_reason reason;
	enum wb_kind kind;

	(void)state;
	for (int k = WB_KIND_RECEIVED; k <= WB_KIND_CONFIRMED; k++) {
		const char *text = wb_kind_text((enum wb_kind)k, false);

		assert_ok(wb_kind_parse(&kind, wb_span_text(text), &err), &err);
		assert_int_equal(kind, k);
		assert_memory_equal(wb_kind_text(kind, true), "void-", 5);
		assert_string_equal(wb_kind_text(kind, true) + 5, text);
	}
	assert_string_equal(wb_kind_text(WB_KIND_DELIVERED, false),
	    "delivered");
	for (int r = WB_REASON_NONE; r <= WB_REASON_OTHER; r++) {
		const char *text = wb_reason_text((enum wb_reason)r);

		if (text[0] == '\0')
			continue;
		assert_ok(wb_reason_parse(&reason, wb_span_text(text), &err),
		    &err);
		assert_int_equal(reason, r);
	}
	assert_string_equal(wb_reason_text(WB_REASON_NONE), "");
	assert_string_equal(wb_reason_text(WB_REASON_COUNTED_AGAIN),
	    "counted-again");
	assert_status(WB_INVALID,
	    wb_kind_parse(&kind, wb_span_text("void-lost"), &err), &err);
	assert_status(WB_INVALID, wb_kind_parse(&kind, wb_span_text(""), &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_reason_parse(&reason, wb_span_text(""), &err), &err);
	/* Forty bytes of what is none are said again. */
	assert_status(WB_INVALID,
	    wb_kind_parse(&kind, wb_span_text(TEXT_200), &err), &err);
	assert_memory_equal(err.text, "\"" TEXT_200, 41);
	assert_int_equal(err.text[41], '"');
	assert_status(WB_INVALID,
	    wb_reason_parse(&reason, wb_span_text(TEXT_200), &err), &err);
	assert_memory_equal(err.text, "\"" TEXT_200, 41);
	assert_int_equal(err.text[41], '"');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goods_keep_their_rules),
		cmocka_unit_test(goods_have_one_form),
		cmocka_unit_test(places_keep_their_rules),
		cmocka_unit_test(notes_have_1000_bytes_at_most),
		cmocka_unit_test(parts_are_padded_to_32_bytes),
		cmocka_unit_test(padding_is_exact_and_zero),
		cmocka_unit_test(kinds_and_reasons_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
