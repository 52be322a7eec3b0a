#include "client/ledger/importing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include "tests/unit/check.h"

#define TODAY 20513 /* 2026-03-01 */
#define HEAD "date,place,item,quantity,unit\n"

static const struct wb_known open = { .open = true };

static struct wb_item items[] = {
	{ .item = { (const uint8_t *)"rice", 4 },
	    .unit = { (const uint8_t *)"sack", 4 } },
};
static struct wb_place_code places[] = {
	{ .code = { (const uint8_t *)"S-12", 4 } },
};
static const struct wb_known field = {
	.catalogue = { .items = items, .item_count = 1 },
	.places = { .places = places, .place_count = 1 },
};

/* What a record says, on one line. */
static size_t
show_delivery(char *out, size_t room, const struct wb_import_delivery *d)
{
	char day[WB_DAY_TEXT];
	char qty[WB_QTY_TEXT];
	struct wb_span at = wb_entry_place(&d->place);
	size_t n;

	n = (size_t)snprintf(out, room, "%s %s %.*s %.*s",
	    wb_kind_text(d->goods.kind, false),
	    wb_day_format(day, d->goods.day), (int)d->goods.reference.len,
	    (const char *)d->goods.reference.data, (int)at.len,
	    (const char *)at.data);
	for (size_t i = 0; i < d->goods.line_count; i++) {
		const struct wb_line *l = &d->goods.lines[i];

		n += (size_t)snprintf(out + n, room - n, " [%.*s %s %.*s]",
		    (int)l->item.len, (const char *)l->item.data,
		    wb_qty_format(qty, (int64_t)l->quantity), (int)l->unit.len,
		    (const char *)l->unit.data);
	}
	return n + (size_t)snprintf(out + n, room - n, "\n");
}

static void
show(char *out, size_t room, const struct wb_import *import)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < import->delivery_count; i++)
		n += show_delivery(out + n, room - n, &import->deliveries[i]);
	for (size_t i = 0; i < import->fault_count; i++)
		n += (size_t)snprintf(out + n, room - n, "line %d: %.*s\n",
		    (int)import->faults[i].line, (int)import->faults[i].why.len,
		    (const char *)import->faults[i].why.data);
}

struct read_row {
	const char *csv;
	const char *got;
};

static void
check_read(const struct wb_known *known, const struct read_row *row)
{
	struct wb_import import;
	struct wb_error err = { 0 };
	char got[2048];

	assert_ok(wb_import_read(&import, wb_span_text(row->csv), known, TODAY,
		      &err),
	    &err);
	show(got, sizeof got, &import);
	assert_string_equal(got, row->got);
	wb_import_clear(&import);
}

static void
makes_deliveries_of_rows(void **state)
{
	static const struct read_row rows[] = {
		{ HEAD "2026-02-01,S-12,rice,2.5,sack\n",
		    "delivered 2026-02-01  S-12 [rice 2.5 sack]\n" },
		/* columns in any order, names in capitals, CRLF, a BOM */
		{ "\xef\xbb\xbfUnit,quantity, item,PLACE,date\r\n"
		  "sack,2,rice,S-12,2026-02-01\r\n",
		    "delivered 2026-02-01  S-12 [rice 2 sack]\n" },
		/* one date, mission and place, however far apart */
		{ "date,mission,place,item,quantity,unit\n"
		  "2026-02-01,M1,A,rice,1,sack\n"
		  "2026-02-01,M1,B,rice,2,sack\n"
		  "2026-02-01,M2,A,rice,3,sack\n"
		  "2026-02-02,M1,A,rice,4,sack\n"
		  "2026-02-01,M1,A,beans,5,kg\n",
		    "delivered 2026-02-01 M1 A [rice 1 sack] [beans 5 kg]\n"
		    "delivered 2026-02-01 M1 B [rice 2 sack]\n"
		    "delivered 2026-02-01 M2 A [rice 3 sack]\n"
		    "delivered 2026-02-02 M1 A [rice 4 sack]\n" },
		/* equal rows all count, an empty unit is one of its own */
		{ HEAD "2026-02-01,A,rice,1,sack\n2026-02-01,A,rice,1,sack\n"
		       "2026-02-01,A,rice,1,\n",
		    "delivered 2026-02-01  A [rice 1 sack] [rice 1 sack]"
		    " [rice 1 ]\n" },
		/* nothing is trimmed or case-folded */
		{ HEAD "2026-02-01,A , Rice,1,sack\n2026-02-01,A,rice,1,Sack\n",
		    "delivered 2026-02-01  A  [ Rice 1 sack]\n"
		    "delivered 2026-02-01  A [rice 1 Sack]\n" },
		/* another kind is another record */
		{ "date,place,item,quantity,unit,kind,reason\n"
		  "2026-02-01,A,rice,1,sack,,flood\n"
		  "2026-02-01,A,rice,1,sack,lost,stolen\n"
		  "2026-02-01,A,rice,1,sack,lost,expired\n"
		  "2026-02-01,A,rice,1,sack,returned,\n",
		    "delivered 2026-02-01  A [rice 1 sack]\n"
		    "lost 2026-02-01  A [rice 1 sack]\n"
		    "lost 2026-02-01  A [rice 1 sack]\n"
		    "returned 2026-02-01  A [rice 1 sack]\n" },
		/* quotes, commas and quotes in quotes */
		{ HEAD "2026-02-01,\"A, B\",\"\"\"rice\"\"\",1,sack\n",
		    "delivered 2026-02-01  A, B [\"rice\" 1 sack]\n" },
		/* texts that look like formulas are texts */
		{ HEAD "2026-02-01,A,=1+1,1,@sack\n",
		    "delivered 2026-02-01  A [=1+1 1 @sack]\n" },
		/* what a spreadsheet leaves behind */
		{ HEAD "2026-02-01,A,rice,1,sack\n,,,,\n\n",
		    "delivered 2026-02-01  A [rice 1 sack]\n" },
		/* form C */
		{ HEAD "2026-02-01,A,cafe\xcc\x81,1,kg\n",
		    "delivered 2026-02-01  A [caf\xc3\xa9 1 kg]\n" },
		{ HEAD, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_read(&open, &rows[i]);
}

static const struct read_row bad_rows[] = {
	{ HEAD "01.02.2026,A,rice,1,sack\n",
	    "line 2: date \"01.02.2026\": a date must be written like "
	    "2026-03-01\n" },
	{ HEAD "2026-02-30,A,rice,1,sack\n",
	    "line 2: date \"2026-02-30\": there is no such day between "
	    "1970-01-01 and 2199-12-31\n" },
	{ HEAD "=1+1,A,rice,1,sack\n",
	    "line 2: date \"=1+1\": a date must be written like "
	    "2026-03-01\n" },
	{ HEAD "1970-01-01,A,rice,1,sack\n",
	    "line 2: date \"1970-01-01\": the date is too early\n" },
	{ HEAD ",A,rice,1,sack\n",
	    "line 2: date \"\": a date must be written like "
	    "2026-03-01\n" },
	{ HEAD "2026-02-01,,rice,1,sack\n", "line 2: place is empty\n" },
	{ HEAD "2026-02-01,A,,1,sack\n", "line 2: item is empty\n" },
	{ HEAD "2026-02-01,A,rice,,sack\n", "line 2: quantity is empty\n" },
	{ HEAD "2026-02-01,A,rice,=1+1,sack\n",
	    "line 2: quantity: \"=1+1\": must be a quantity such as 12 "
	    "or 2.5\n" },
	{ HEAD "2026-02-01,A,rice,-1,sack\n",
	    "line 2: quantity: \"-1\": must be a quantity such as 12 "
	    "or "
	    "2.5\n" },
	{ HEAD "2026-02-01,A,rice,1,sack,x\n",
	    "line 2: 6 fields, but the first line has 5\n" },
	{ HEAD "2026-02-01,A,rice,1\n",
	    "line 2: 4 fields, but the first line has 5\n" },
	{ HEAD "2026-02-01,A,ri\xff"
	       "ce,1,sack\n2026-02-01,A,rice,1,sack\n",
	    "delivered 2026-02-01  A [rice 1 sack]\n"
	    "line 2: this is not UTF-8; save the table as \"CSV "
	    "UTF-8\"\n" },
	{ HEAD "2026-02-01,A,\"rice,1,sack\n2026-02-01,A,rice,1,sack\n",
	    "delivered 2026-02-01  A [rice 1 sack]\n"
	    "line 2: a quote is opened and never closed\n" },
	{ HEAD "2026-02-01,A,ri\"ce,1,sack\n",
	    "line 2: a quote inside a field that does not begin with "
	    "one\n" },
	{ HEAD "2026-02-01,A,\"ri\nce\",1,sack\n"
	       "2026-02-01,A,rice,x,sack\n",
	    "line 2: item holds the character U+000A, which is not "
	    "allowed\n"
	    "line 4: quantity: \"x\": must be a quantity such as 12 or "
	    "2.5\n" },
	{ "date,place,item,quantity,unit,households,expiry,kind\n"
	  "2026-02-01,A,rice,1,sack,many,,\n"
	  "2026-02-01,A,rice,1,sack,,soon,\n"
	  "2026-02-01,A,rice,1,sack,,,stolen\n"
	  "2026-02-01,A,rice,1,sack,,,lost\n",
	    "line 2: households: \"many\": must be a whole number from "
	    "0 to 4294967295\n"
	    "line 3: expiry \"soon\": a date must be written like "
	    "2026-03-01\n"
	    "line 4: kind: \"stolen\" is no kind of record; there are "
	    "received, delivered, transferred, returned, lost, counted "
	    "and confirmed\n"
	    "line 5: reason: a loss is damaged, expired, stolen, "
	    "confiscated, destroyed or abandoned\n" },
	{ "date,place,item,quantity,unit,people\n"
	  "2026-02-01,A,rice,1,sack,5\n2026-02-01,A,rice,2,sack,6\n"
	  "2026-02-01,A,rice,3,sack,\n",
	    "delivered 2026-02-01  A [rice 1 sack] [rice 3 sack]\n"
	    "line 3: people 6, but a row above of the same date, "
	    "mission and place says 5\n" },
};

static void
names_each_bad_row_with_line_and_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++)
		check_read(&open, &bad_rows[i]);
}

static void
field_devices_use_what_is_known(void **state)
{
	static const struct read_row row = { HEAD
		"2026-02-01,S-12,rice,1,sack\n2026-02-01,S-12,rcie,1,sack\n"
		"2026-02-01,S-12,rice,1,\n2026-02-01,S-1,rice,1,sack\n",
		"delivered 2026-02-01  S-12 [rice 1 sack]\n"
		"line 3: the item \"rcie\" is not known; near it: \"rice\"\n"
		"line 4: the item \"rice\" is not known in the unit \"\"; it "
		"is known in: \"sack\"\n"
		"line 5: the place \"S-1\" is not known; near it: \"S-12\"\n" };

	(void)state;
	check_read(&field, &row);
}

static void
refuses_what_is_no_table(void **state)
{
	static const struct {
		const char *csv;
		size_t len; /* 0: as the text */
		const char *id;
		const char *why;
	} rows[] = {
		{ "", 0, "no-header", "the file is empty" },
		{ "\n\n", 0, "no-header", "the file is empty" },
		{ "date,place\n", 0, "missing-column",
		    "the first line names no column: item, quantity, unit; "
		    "nothing was taken" },
		{ "date;place;item;quantity;unit\n", 0, "missing-column",
		    "the first line names no column: date, place, item, "
		    "quantity, unit; nothing was taken" },
		{ "date,place,item,quantity,unit,Date\n", 0, "repeated-column",
		    "the column \"date\" is there twice" },
		{ "\x7f"
		  "ELF\x02\x01\x01\0\0\0",
		    10, "no-header",
		    "this is no table in CSV: line 1: a NUL byte, so this is "
		    "no text" },
		{ "\xff\xfe"
		  "d\0a\0",
		    6, "no-header",
		    "this is no table in CSV: line 1: a NUL byte, so this is "
		    "no text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_import import;
		struct wb_span csv = wb_span_text(rows[i].csv);

		if (rows[i].len != 0)
			csv = wb_span(rows[i].csv, rows[i].len);
		assert_status(WB_INVALID,
		    wb_import_read(&import, csv, &open, TODAY, &err), &err);
		assert_string_equal(err.text, rows[i].why);
		assert_string_equal(wb_error_id(&err), rows[i].id);
		assert_int_equal(import.delivery_count, 0);
		wb_import_clear(&import);
	}
}

static void
a_field_of_a_mebibyte_is_one_bad_row(void **state)
{
	static const char before[] = HEAD "2026-02-01,A,";
	static const char after[] = ",1,sack\n2026-02-01,A,rice,1,sack\n";
	const size_t big = (size_t)1 << 20;
	struct wb_error err = { 0 };
	struct wb_import import;
	struct wb_bytes csv;
	uint8_t *at;

	(void)state;
	wb_bytes_init(&csv, 2 * big);
	assert_ok(wb_bytes_append_text(&csv, before, &err), &err);
	assert_ok(wb_bytes_extend(&csv, big, &at, &err), &err);
	memset(at, 'x', big);
	assert_ok(wb_bytes_append_text(&csv, after, &err), &err);
	assert_ok(wb_import_read(&import, wb_bytes_span(&csv), &open, TODAY,
		      &err),
	    &err);
	assert_int_equal(import.row_count, 1);
	assert_int_equal(import.fault_count, 1);
	assert_int_equal(import.faults[0].line, 2);
	assert_true(wb_span_equal(import.faults[0].why,
	    wb_span_text("a field is longer than 64 KiB")));
	wb_import_clear(&import);
	wb_bytes_clear(&csv);
}

static void
a_text_past_its_limit_names_the_column(void **state)
{
	struct wb_error err = { 0 };
	struct wb_import import;
	char csv[512];

	(void)state;
	(void)snprintf(csv, sizeof csv, HEAD "2026-02-01,A,rice,1,%0201d\n", 0);
	assert_ok(wb_import_read(&import, wb_span_text(csv), &open, TODAY,
		      &err),
	    &err);
	assert_int_equal(import.fault_count, 1);
	assert_true(wb_span_equal(import.faults[0].why,
	    wb_span_text("unit is too long: 201 bytes, at most 200")));
	wb_import_clear(&import);
}

static void
reads_all_that_a_row_can_say(void **state)
{
	static const char csv[] =
	    "date,place,item,quantity,unit,mission,detail,lot,expiry,"
	    "households,people,note,district,\n"
	    "2026-03-02,A,rice,1,sack,M,white,L1,2027-01-01,3,12,by boat,X,\n"
	    "2026-02-01,A,rice,1,sack,,,,,,,\"one\ntwo\",X,\n"
	    "2026-02-01,A,rice,2,sack,,,,,,,three,X,\n"
	    "2026-02-01,A,rice,2,sack,,,,,,,two,X,\n";
	const struct wb_import_delivery *d;
	struct wb_error err = { 0 };
	struct wb_import in;

	(void)state;
	assert_ok(wb_import_read(&in, wb_span_text(csv), &open, TODAY, &err),
	    &err);
	d = in.deliveries;
	assert_int_equal(in.delivery_count, 2);
	assert_true(wb_span_equal(d[0].goods.lines[0].lot, wb_span_text("L1")));
	assert_true(
	    wb_span_equal(d[0].goods.lines[0].detail, wb_span_text("white")));
	assert_int_equal(d[0].goods.lines[0].expiry_day, 20819);
	assert_int_equal(d[0].place.households, 3);
	assert_int_equal(d[0].place.people, 12);
	assert_true(wb_span_equal(d[0].place.note, wb_span_text("by boat")));
	assert_true(
	    wb_span_equal(d[1].place.note, wb_span_text("one\ntwo\nthree")));
	assert_int_equal(in.future_line, 2);
	assert_int_equal(in.ignored_count, 2);
	assert_true(wb_span_equal(in.ignored[0], wb_span_text("district")));
	assert_true(wb_span_equal(in.ignored[1], wb_span_text("column 14")));
	wb_import_clear(&in);
}

/* Both limits: lines, and bytes. */
static void
a_delivery_too_large_becomes_several_records(void **state)
{
	static const struct {
		size_t rows;
		int item; /* digits */
		size_t records;
	} cases[] = { { 600, 4, 3 }, { 256, 4, 1 }, { 257, 4, 2 },
		{ 256, 200, 2 } };
	struct wb_error err = { 0 };

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
		struct wb_bytes csv, goods, place;
		struct wb_import in;
		uint64_t people = 0;
		size_t lines = 0;

		wb_bytes_init(&csv, (size_t)1 << 20);
		assert_ok(wb_bytes_append_text(&csv,
			      "date,place,item,quantity,unit,people\n", &err),
		    &err);
		for (size_t i = 0; i < cases[c].rows; i++)
			assert_ok(wb_bytes_printf(&csv, &err,
				      "2026-02-01,A,%0*zu,1,sack,7\n",
				      cases[c].item, i),
			    &err);
		assert_ok(wb_import_read(&in, wb_bytes_span(&csv), &open, TODAY,
			      &err),
		    &err);
		assert_int_equal(in.delivery_count, cases[c].records);
		for (size_t i = 0; i < in.delivery_count; i++) {
			struct wb_import_delivery *d = &in.deliveries[i];

			d->place.number = 1;
			wb_bytes_init(&goods, WB_MAX_RECORD);
			wb_bytes_init(&place, WB_MAX_RECORD);
			assert_ok(wb_goods_encode(&goods, &d->goods, &err),
			    &err);
			assert_ok(wb_place_encode(&place, &d->place, &err),
			    &err);
			lines += d->goods.line_count;
			people += d->place.people;
			wb_bytes_clear(&goods);
			wb_bytes_clear(&place);
		}
		assert_int_equal(lines, cases[c].rows);
		assert_int_equal(people, 7);
		wb_import_clear(&in);
		wb_bytes_clear(&csv);
	}
}

/* More than there are buckets, each time: hashes alone must not decide. */
static void
many_deliveries_that_differ_in_one_thing_stay_apart(void **state)
{
	enum {
		MANY = 17000
	};
	struct wb_error err = { 0 };
	char day[WB_DAY_TEXT];
	struct wb_import in;
	struct wb_bytes csv;

	(void)state;
	wb_bytes_init(&csv, (size_t)8 << 20);
	assert_ok(wb_bytes_append_text(&csv,
		      "date,place,item,quantity,unit,mission\n", &err),
	    &err);
	for (unsigned i = 1; i <= MANY; i++)
		assert_ok(wb_bytes_printf(&csv, &err,
			      "%s,A,rice,1,sack,M\n2026-02-01,P%u,rice,1,sack,"
			      "M\n"
			      "2026-02-01,A,rice,1,sack,M%u\n",
			      wb_day_format(day, i), i, i),
		    &err);
	assert_ok(wb_import_read(&in, wb_bytes_span(&csv), &open, TODAY, &err),
	    &err);
	assert_int_equal(in.row_count, 3 * MANY);
	assert_int_equal(in.delivery_count, 3 * MANY);
	wb_import_clear(&in);
	wb_bytes_clear(&csv);
}

static void
lists_items_and_places_once(void **state)
{
	static const char csv[] = "place,category,item,unit\n"
				  "A,food,rice,sack\nB,food,rice,sack\n"
				  "A,food,rice,\nA,,rice,sack\n,x,,\n";
	struct wb_error err = { 0 };
	struct wb_import_list list;

	(void)state;
	assert_ok(wb_import_items(&list, wb_span_text(csv), &err), &err);
	assert_int_equal(list.item_count, 3);
	assert_true(
	    wb_span_equal(list.items[0].category, wb_span_text("food")));
	assert_int_equal(list.items[1].unit.len, 0);
	assert_int_equal(list.items[2].category.len, 0);
	assert_int_equal(list.fault_count, 1);
	assert_int_equal(list.faults[0].line, 6);
	wb_import_list_clear(&list);
	assert_ok(wb_import_places(&list, wb_span_text(csv), &err), &err);
	assert_int_equal(list.place_count, 2);
	assert_true(wb_span_equal(list.places[1], wb_span_text("B")));
	wb_import_list_clear(&list);
	assert_status(WB_INVALID,
	    wb_import_places(&list, wb_span_text("item\nrice\n"), &err), &err);
	wb_import_list_clear(&list);
}

/* The public table of 1,112 real deliveries, where it is at hand. */
static void
takes_all_of_a_real_operation(void **state)
{
	const char *folder = getenv("WAYBILL_DATA");
	struct wb_error err = { 0 };
	struct wb_import_list list;
	struct wb_import in;
	struct wb_bytes csv;
	uint64_t sum = 0;
	char path[512];
	bool there;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/nepal-2015/deliveries.csv",
	    folder != NULL ? folder : WB_TEST_DATA);
	assert_ok(wb_file_exists(&there, wb_file_ops_system(), path, &err),
	    &err);
	if (!there) {
		print_message("no %s: skipped\n", path);
		skip();
	}
	wb_bytes_init(&csv, WB_MAX_IMPORT);
	assert_ok(wb_file_read(&csv, wb_file_ops_system(), path, &err), &err);
	assert_ok(wb_import_read(&in, wb_bytes_span(&csv), &open, TODAY, &err),
	    &err);
	for (size_t i = 0; i < in.delivery_count; i++)
		for (size_t k = 0; k < in.deliveries[i].goods.line_count; k++)
			sum += in.deliveries[i].goods.lines[k].quantity;
	assert_int_equal(in.row_count, 1112);
	assert_int_equal(in.fault_count, 0);
	assert_int_equal(sum, 44567500);
	assert_int_equal(in.ignored_count, 1);
	assert_ok(wb_import_items(&list, wb_bytes_span(&csv), &err), &err);
	print_message("%zu deliveries, %zu items\n", in.delivery_count,
	    list.item_count);
	wb_import_list_clear(&list);
	assert_ok(wb_import_places(&list, wb_bytes_span(&csv), &err), &err);
	assert_int_equal(list.place_count, 156);
	wb_import_list_clear(&list);
	wb_import_clear(&in);
	wb_bytes_clear(&csv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_deliveries_of_rows),
		cmocka_unit_test(names_each_bad_row_with_line_and_reason),
		cmocka_unit_test(field_devices_use_what_is_known),
		cmocka_unit_test(refuses_what_is_no_table),
		cmocka_unit_test(a_field_of_a_mebibyte_is_one_bad_row),
		cmocka_unit_test(a_text_past_its_limit_names_the_column),
		cmocka_unit_test(reads_all_that_a_row_can_say),
		cmocka_unit_test(a_delivery_too_large_becomes_several_records),
		cmocka_unit_test(
		    many_deliveries_that_differ_in_one_thing_stay_apart),
		cmocka_unit_test(lists_items_and_places_once),
		cmocka_unit_test(takes_all_of_a_real_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
