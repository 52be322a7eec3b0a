#include "client/ledger/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/text_nfc.h"

#define MAX_SHOWN 60 /* bytes of a word in an error */
#define MAX_NEAR 3 /* names offered */
#define NEAR_EDITS 3 /* letters that may differ, for long names */
#define LARGEST_DIGITS 10 /* of 1099511627.776, before the point */
#define LIST_TEXT 200 /* bytes of names in an error */

/* For "%.*s": what fits of a word, whole characters only. */
static int
shown(struct wb_span s)
{
	size_t n = s.len < MAX_SHOWN ? s.len : MAX_SHOWN;

	while (n < s.len && n > 0 && (s.data[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

static const char *
chars(struct wb_span s)
{
	return s.len == 0 ? "" : (const char *)s.data;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool
wb_entry_same_label(struct wb_span a, struct wb_span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	return true;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edits from one name to the other (Levenshtein); letters ignore case. */
static size_t
edits(struct wb_span a, struct wb_span b)
{
	size_t row[WB_MAX_SHORT_TEXT + 1];

	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			bool same = lower(a.data[i - 1]) ==
				    lower(b.data[k - 1]);
			size_t next = smallest(row[k] + 1, row[k - 1] + 1,
			    corner + !same);

			corner = row[k];
			row[k] = next;
		}
	}
	return row[b.len];
}

static bool
begins(struct wb_span name, struct wb_span with)
{
	return with.len != 0 &&
	       wb_entry_same_label(wb_span_sub(name, 0, with.len), with);
}

static bool
is_near(struct wb_span name, struct wb_span wanted)
{
	size_t limit = 1 + wanted.len / 4;
	size_t gap = name.len > wanted.len ? name.len - wanted.len
					   : wanted.len - name.len;

	if (name.len > WB_MAX_SHORT_TEXT || wanted.len > WB_MAX_SHORT_TEXT)
		return false;
	if (begins(name, wanted) || begins(wanted, name))
		return true;
	limit = limit < NEAR_EDITS ? limit : NEAR_EDITS;
	return gap <= limit && edits(name, wanted) <= limit;
}

/* A list of names within an error: "a", "b", "c". */
struct list {
	char text[LIST_TEXT];
	size_t len;
	size_t count;
	struct wb_span last;
};

static void
list_add(struct list *l, struct wb_span name)
{
	int n;

	if (l->count != 0 && wb_span_equal(l->last, name))
		return;
	if (l->count == MAX_NEAR || l->len + name.len + 8 > sizeof l->text)
		return;
	n = snprintf(l->text + l->len, sizeof l->text - l->len, "%s\"%.*s\"",
	    l->count == 0 ? "" : ", ", shown(name), chars(name));
	if (n > 0)
		l->len += (size_t)n;
	l->count++;
	l->last = name;
}

/* The catalogue is sorted by item, then unit. */
static int
compare_item(const struct wb_item *entry, struct wb_span item,
    struct wb_span unit)
{
	int order = wb_span_compare(entry->item, item);

	return order != 0 ? order : wb_span_compare(entry->unit, unit);
}

bool
wb_known_item(const struct wb_known *known, struct wb_span item,
    struct wb_span unit)
{
	const struct wb_catalogue *c = &known->catalogue;
	size_t from = 0, to = c->item_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = compare_item(&c->items[middle], item, unit);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

bool
wb_known_place(const struct wb_known *known, struct wb_span code)
{
	const struct wb_places *p = &known->places;
	size_t from = 0, to = p->place_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = wb_span_compare(p->places[middle].code, code);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/* The units an item is known in; *only is one of them. */
static size_t
count_units(struct wb_span *only, struct list *units,
    const struct wb_known *known, struct wb_span item)
{
	const struct wb_catalogue *c = &known->catalogue;
	size_t n = 0;

	for (size_t i = 0; i < c->item_count; i++) {
		if (wb_span_equal(c->items[i].item, item)) {
			*only = c->items[i].unit;
			list_add(units, c->items[i].unit);
			n++;
		}
	}
	return n;
}

static enum wb_status
unknown(struct wb_error *err, const char *what, struct wb_span name,
    const struct list *near, const char *id, const char *next)
{
	enum wb_status st;

	if (near->count == 0) {
		st = wb_fail(err, WB_NOT_FOUND, "the %s \"%.*s\" is not known",
		    what, shown(name), chars(name));
	} else {
		st = wb_fail(err, WB_NOT_FOUND,
		    "the %s \"%.*s\" is not known; near it: %s", what,
		    shown(name), chars(name), near->text);
	}
	return wb_advise(err, st, id, next);
}

static enum wb_status
unknown_item(struct wb_error *err, const struct wb_known *known,
    struct wb_span item)
{
	const struct wb_catalogue *c = &known->catalogue;
	struct list near = { .len = 0 };

	for (size_t i = 0; i < c->item_count; i++)
		if (is_near(c->items[i].item, item))
			list_add(&near, c->items[i].item);
	return unknown(err, "item", item, &near, "unknown-item",
	    "See what is known: waybill items. To have it added, ask a "
	    "coordinator");
}

enum wb_status
wb_entry_check_name(const struct wb_known *known, struct wb_span item,
    struct wb_error *err)
{
	struct list units = { .len = 0 };
	struct wb_span only;

	if (known->open || count_units(&only, &units, known, item) != 0)
		return WB_OK;
	return unknown_item(err, known, item);
}

enum wb_status
wb_entry_check_item(const struct wb_known *known, struct wb_span item,
    struct wb_span unit, struct wb_error *err)
{
	struct list units = { .len = 0 };
	struct wb_span only;
	enum wb_status st;

	if (known->open || wb_known_item(known, item, unit))
		return WB_OK;
	if (count_units(&only, &units, known, item) == 0)
		return unknown_item(err, known, item);
	st = wb_fail(err, WB_NOT_FOUND,
	    "the item \"%.*s\" is not known in the unit \"%.*s\"; it is known "
	    "in: %s",
	    shown(item), chars(item), shown(unit), chars(unit), units.text);
	return wb_advise(err, st, "unknown-unit",
	    "See what is known: waybill items. To have it added, ask a "
	    "coordinator");
}

enum wb_status
wb_entry_check_place(const struct wb_known *known, struct wb_span code,
    struct wb_error *err)
{
	const struct wb_places *p = &known->places;
	struct list near = { .len = 0 };

	if (known->open || code.len == 0 || wb_known_place(known, code))
		return WB_OK;
	for (size_t i = 0; i < p->place_count; i++)
		if (is_near(p->places[i].code, code))
			list_add(&near, p->places[i].code);
	return unknown(err, "place", code, &near, "unknown-place",
	    "See what is known: waybill places. To have it added, ask a "
	    "coordinator");
}

enum wb_status
wb_entry_text(struct wb_span *out, struct wb_arena *arena, struct wb_span in,
    const char *what, struct wb_error *err)
{
	struct wb_bytes nfc;
	enum wb_status st;

	wb_bytes_init(&nfc, 4 * WB_MAX_NFC);
	st = wb_text_nfc(&nfc, in, err);
	if (st == WB_OK)
		st = wb_text_check_short(wb_bytes_span(&nfc), what, err);
	if (st == WB_OK)
		st = wb_arena_copy(out, arena, wb_bytes_span(&nfc), err);
	wb_bytes_clear(&nfc);
	return st;
}

enum wb_status
wb_entry_note(struct wb_span *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_bytes nfc;
	enum wb_status st;
	uint32_t ch = 0;
	size_t n;

	wb_bytes_init(&nfc, 4 * WB_MAX_NFC);
	st = wb_text_nfc(&nfc, in, err);
	if (st == WB_OK && nfc.len > WB_MAX_NOTE_TEXT) {
		st = wb_fail(err, WB_INVALID,
		    "note is too long: %zu bytes, at most %d", nfc.len,
		    WB_MAX_NOTE_TEXT);
	}
	for (size_t at = 0; st == WB_OK && at < nfc.len; at += n) {
		n = wb_text_next(&ch, wb_span_sub(wb_bytes_span(&nfc), at, 4));
		if (n == 0 || (wb_text_is_control(ch) && ch != '\n')) {
			st = wb_fail(err, WB_INVALID,
			    "note holds the character U+%04" PRIX32
			    ", which is not allowed",
			    ch);
		}
	}
	if (st == WB_OK)
		st = wb_arena_copy(out, arena, wb_bytes_span(&nfc), err);
	wb_bytes_clear(&nfc);
	return st;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What people write instead, and what to write. */
static const char *
quantity_hint(struct wb_span word, size_t end)
{
	size_t whole = 0;

	while (whole < end && is_digit(word.data[whole]))
		whole++;
	if (word.data[0] == '-')
		return "Nothing was saved. To take something back, give the "
		       "record's number: waybill fix ID --void --why REASON";
	if (memchr(word.data, ',', word.len) != NULL)
		return "Nothing was saved. Write a point for the comma, as 2.5";
	if (end == 0 || !is_digit(word.data[0]))
		return "Nothing was saved. After an item comes its quantity";
	for (size_t i = 0; i < end; i++) {
		if (!is_digit(word.data[i]) && word.data[i] != '.') {
			return "Nothing was saved. A unit that ends in a digit "
			       "goes into --unit, as 2.5 --unit m3; a thousand "
			       "is written 1000";
		}
	}
	if (whole >= LARGEST_DIGITS)
		return "Nothing was saved. The largest quantity is "
		       "1099511627.776";
	return "Nothing was saved. Give it again, above 0 and with at most "
	       "three decimals";
}

enum wb_status
wb_entry_quantity(uint64_t *out, struct wb_span *unit, struct wb_span word,
    struct wb_error *err)
{
	size_t end = word.len;
	struct wb_span rest;
	int64_t qty;

	while (end > 0 && !is_digit(word.data[end - 1]))
		end--;
	if (end == 0 ||
	    wb_qty_parse_span(&qty, wb_span_sub(word, 0, end), NULL) != WB_OK) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE,
			"\"%.*s\" is no quantity: write a number above 0 with "
			"at most three decimals and, joined to it, its unit, "
			"as 2.5sack",
			shown(word), chars(word)),
		    "bad-quantity",
		    word.len == 0 ? NULL : quantity_hint(word, end));
	}
	rest = wb_span_sub(word, end, word.len);
	while (rest.len > 0 && rest.data[0] == ' ')
		rest = wb_span_sub(rest, 1, rest.len);
	*unit = rest;
	*out = (uint64_t)qty;
	return WB_OK;
}

/* No unit was given: the one the item is known in, if it is one. */
static enum wb_status
fill_unit(struct wb_line *line, const struct wb_known *known,
    struct wb_error *err)
{
	struct list units = { .len = 0 };
	struct wb_span only = { NULL, 0 };
	enum wb_status st;

	if (count_units(&only, &units, known, line->item) <= 1) {
		line->unit = only;
		return WB_OK;
	}
	st = wb_fail(err, WB_USAGE,
	    "\"%.*s\" is known in several units, so write one with the "
	    "quantity: %s",
	    shown(line->item), chars(line->item), units.text);
	return wb_advise(err, st, "unit-needed", NULL);
}

static enum wb_status
read_line(struct wb_line *line, struct wb_arena *arena,
    const struct wb_known *known, const struct wb_span words[2],
    const struct wb_span *unit, struct wb_error *err)
{
	struct wb_span joined;
	enum wb_status st;

	st = wb_entry_quantity(&line->quantity, &joined, words[1], err);
	if (st != WB_OK)
		return st;
	if (words[0].len == 0)
		return wb_fail(err, WB_USAGE, "the item is empty");
	if (joined.len != 0 && unit != NULL && !wb_span_equal(joined, *unit)) {
		return wb_fail(err, WB_USAGE,
		    "\"%.*s\" has a unit already, and --unit names another",
		    shown(words[1]), chars(words[1]));
	}
	st = wb_entry_text(&line->item, arena, words[0], "the item", err);
	if (st != WB_OK)
		return st;
	if (joined.len == 0 && unit == NULL)
		st = fill_unit(line, known, err);
	else
		st = wb_entry_text(&line->unit, arena,
		    joined.len != 0 ? joined : *unit, "the unit", err);
	if (st != WB_OK)
		return st;
	return wb_entry_check_item(known, line->item, line->unit, err);
}

/* "beans 2.5 kg S-12": kg is no item, and no place. */
static enum wb_status
check_joined(const struct wb_known *known, const struct wb_span words[3],
    struct wb_error *err)
{
	int64_t qty;

	if (words[2].len == 0 || !wb_known_item(known, words[0], words[2]) ||
	    wb_qty_parse_span(&qty, words[1], NULL) != WB_OK)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_USAGE,
		"a quantity and its unit are one word: %.*s%.*s",
		shown(words[1]), chars(words[1]), shown(words[2]),
		chars(words[2])),
	    "bad-quantity", "Nothing was saved. Write them without a blank");
}

enum wb_status
wb_entry_words(struct wb_goods *goods, struct wb_span *place,
    struct wb_arena *arena, const struct wb_known *known,
    const struct wb_typed *typed, struct wb_error *err)
{
	const struct wb_span *words = typed->words;
	size_t n = typed->count, pairs = n / 2;
	enum wb_status st = WB_OK;

	*place = wb_span(NULL, 0);
	if (pairs == 0 || pairs > WB_MAX_LINES)
		return wb_fail(err, WB_USAGE,
		    "an item and its quantity are needed, as: rice 2.5sack");
	goods->lines = wb_arena_array(arena, pairs, sizeof *goods->lines);
	if (goods->lines == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	goods->line_count = pairs;
	if (n > 2 && typed->unit == NULL)
		st = check_joined(known, words, err);
	for (size_t i = 0; st == WB_OK && i < pairs; i++)
		st = read_line(&goods->lines[i], arena, known, words + 2 * i,
		    typed->unit, err);
	if (st != WB_OK || n % 2 == 0)
		return st;
	st = wb_entry_text(place, arena, words[n - 1], "the place", err);
	return st == WB_OK ? wb_entry_check_place(known, *place, err) : st;
}

void
wb_entry_set_place(struct wb_place *out, enum wb_kind kind, struct wb_span code)
{
	bool from = kind == WB_KIND_RETURNED || kind == WB_KIND_LOST;

	out->from = from ? code : wb_span(NULL, 0);
	out->to = from ? wb_span(NULL, 0) : code;
}

struct wb_span
wb_entry_place(const struct wb_place *place)
{
	return place->to.len != 0 ? place->to : place->from;
}

struct wb_goods
wb_entry_void(const struct wb_goods *of, const struct wb_hash *id, uint32_t day,
    enum wb_reason reason)
{
	struct wb_goods out = *of;

	out.is_void = true;
	out.amends = *id;
	out.day = day;
	out.reason = reason;
	return out;
}

struct wb_goods
wb_entry_repeat(const struct wb_goods *of, uint32_t day)
{
	struct wb_goods out = *of;

	out.day = day;
	return out;
}

/* Digits, any number of zeros before them: "0142" is 142. */
static bool
read_number(uint64_t *out, struct wb_span digits)
{
	while (digits.len > 1 && digits.data[0] == '0')
		digits = wb_span_sub(digits, 1, digits.len);
	return wb_text_uint(out, digits, 1, INT64_MAX, NULL) == WB_OK;
}

enum wb_status
wb_entry_id(struct wb_span *label, uint64_t *number, struct wb_span text,
    struct wb_error *err)
{
	size_t dash = text.len;

	while (dash > 0 && text.data[dash - 1] != '-')
		dash--;
	if (dash == 1 ||
	    !read_number(number, wb_span_sub(text, dash, text.len))) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE,
			"\"%.*s\" is no record's number, such as K7-142",
			shown(text), chars(text)),
		    "bad-id", "See the numbers: waybill list");
	}
	*label = wb_span_sub(text, 0, dash == 0 ? 0 : dash - 1);
	return WB_OK;
}
