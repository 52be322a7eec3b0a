#include "client/ledger/importing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/ledger/sheet.h"

/* On demand; a row costs some 300 bytes. */
#define IMPORT_BUDGET ((size_t)1 << 30)
#define BUCKETS 16384
#define GOODS_COST 320 /* bytes of a record's goods without any line, at most */
#define LINE_COST 40 /* bytes of a line without its texts, at most */

#define NEEDED                                                                 \
	(1u << WB_COLUMN_DATE | 1u << WB_COLUMN_PLACE | 1u << WB_COLUMN_ITEM | \
	    1u << WB_COLUMN_QUANTITY | 1u << WB_COLUMN_UNIT)

struct row {
	struct wb_goods goods; /* without lines */
	struct wb_place place;
	struct wb_line line;
};

struct link {
	struct wb_line line;
	struct link *next;
};

/* A delivery as it grows; what one record cannot hold goes into the next. */
struct growing {
	uint64_t file_line;
	struct wb_goods goods;
	struct wb_place place;
	struct link *first;
	struct link **end;
	size_t cost; /* encoded, at most */
	struct growing
	    *open; /* the last record of the delivery: this or after */
	struct growing *after; /* in the order of the deliveries */
	struct growing *beside; /* in the same bucket */
};

struct reading {
	struct wb_import *out;
	struct wb_sheet sheet;
	const struct wb_known *known;
	uint32_t today;
	struct growing **buckets;
	struct growing *head;
	struct growing *tail;
};

static enum wb_status
no_memory(struct wb_error *err)
{
	return wb_fail(err, WB_NO_MEMORY,
	    "the file is too large for this device's memory; cut it into "
	    "smaller ones");
}

/* ---- one row's fields: their errors are the row's faults */

static enum wb_status
take_text(struct wb_span *out, struct reading *r, enum wb_column column,
    struct wb_error *err)
{
	return wb_entry_text(out, &r->out->arena,
	    wb_sheet_field(&r->sheet, column), wb_sheet_name(column), err);
}

static enum wb_status
take_needed(struct wb_span *out, struct reading *r, enum wb_column column,
    struct wb_error *err)
{
	if (wb_sheet_field(&r->sheet, column).len == 0)
		return wb_fail(err, WB_INVALID, "%s is empty",
		    wb_sheet_name(column));
	return take_text(out, r, column, err);
}

/* Records cannot say 1970-01-01: it is their "none". */
static enum wb_status
take_day(uint32_t *out, struct reading *r, enum wb_column column,
    struct wb_error *err)
{
	struct wb_span field = wb_sheet_field(&r->sheet, column);
	enum wb_status st = wb_day_parse(out, field, err);

	if (st == WB_OK && *out != 0)
		return WB_OK;
	if (st == WB_OK)
		st = wb_fail(err, WB_INVALID, "the date is too early");
	if (field.len > 40)
		return wb_context(err, st, "%s", wb_sheet_name(column));
	return wb_context(err, st, "%s \"%.*s\"", wb_sheet_name(column),
	    (int)field.len, field.len == 0 ? "" : (const char *)field.data);
}

static enum wb_status
take_count(uint32_t *out, struct reading *r, enum wb_column column,
    struct wb_error *err)
{
	struct wb_span field = wb_sheet_field(&r->sheet, column);
	enum wb_status st;
	uint64_t n = 0;

	if (field.len == 0)
		return WB_OK;
	st = wb_text_uint(&n, field, 0, UINT32_MAX, err);
	if (st != WB_OK)
		return wb_context(err, st, "%s", wb_sheet_name(column));
	*out = (uint32_t)n;
	return WB_OK;
}

static enum wb_status
take_quantity(uint64_t *out, struct reading *r, struct wb_error *err)
{
	struct wb_span field = wb_sheet_field(&r->sheet, WB_COLUMN_QUANTITY);
	enum wb_status st;
	int64_t qty = 0;

	if (field.len == 0)
		return wb_fail(err, WB_INVALID, "quantity is empty");
	st = wb_qty_parse_span(&qty, field, err);
	if (st != WB_OK)
		return wb_context(err, st, "quantity");
	*out = (uint64_t)qty;
	return WB_OK;
}

static enum wb_status
take_kind(struct wb_goods *goods, struct reading *r, struct wb_error *err)
{
	struct wb_span kind = wb_sheet_field(&r->sheet, WB_COLUMN_KIND);
	struct wb_span reason = wb_sheet_field(&r->sheet, WB_COLUMN_REASON);
	enum wb_status st = WB_OK;

	goods->kind = WB_KIND_DELIVERED;
	if (kind.len != 0)
		st = wb_kind_parse(&goods->kind, kind, err);
	if (st != WB_OK)
		return wb_context(err, st, "kind");
	if (goods->kind != WB_KIND_LOST)
		return WB_OK;
	if (wb_reason_parse(&goods->reason, reason, NULL) == WB_OK &&
	    goods->reason <= WB_REASON_ABANDONED)
		return WB_OK;
	return wb_fail(err, WB_INVALID,
	    "reason: a loss is damaged, expired, stolen, confiscated, "
	    "destroyed or abandoned");
}

static enum wb_status
take_line(struct wb_line *line, struct reading *r, struct wb_error *err)
{
	enum wb_status st;

	st = take_needed(&line->item, r, WB_COLUMN_ITEM, err);
	if (st == WB_OK)
		st = take_quantity(&line->quantity, r, err);
	if (st == WB_OK)
		st = take_text(&line->unit, r, WB_COLUMN_UNIT, err);
	if (st == WB_OK)
		st = take_text(&line->lot, r, WB_COLUMN_LOT, err);
	if (st == WB_OK)
		st = take_text(&line->detail, r, WB_COLUMN_DETAIL, err);
	if (st == WB_OK && wb_sheet_field(&r->sheet, WB_COLUMN_EXPIRY).len != 0)
		st = take_day(&line->expiry_day, r, WB_COLUMN_EXPIRY, err);
	if (st != WB_OK)
		return st;
	return wb_entry_check_item(r->known, line->item, line->unit, err);
}

static enum wb_status
take_row(struct row *row, struct reading *r, struct wb_error *err)
{
	struct wb_span code;
	enum wb_status st;

	st = take_day(&row->goods.day, r, WB_COLUMN_DATE, err);
	if (st == WB_OK)
		st = take_needed(&code, r, WB_COLUMN_PLACE, err);
	if (st == WB_OK)
		st = take_line(&row->line, r, err);
	if (st == WB_OK)
		st = take_kind(&row->goods, r, err);
	if (st == WB_OK)
		st = take_text(&row->goods.reference, r, WB_COLUMN_MISSION,
		    err);
	if (st == WB_OK)
		st = take_count(&row->place.households, r, WB_COLUMN_HOUSEHOLDS,
		    err);
	if (st == WB_OK)
		st = take_count(&row->place.people, r, WB_COLUMN_PEOPLE, err);
	if (st == WB_OK)
		st = wb_entry_note(&row->place.note, &r->out->arena,
		    wb_sheet_field(&r->sheet, WB_COLUMN_NOTE), err);
	if (st != WB_OK)
		return st;
	wb_entry_set_place(&row->place, row->goods.kind, code);
	return wb_entry_check_place(r->known, code, err);
}

/* ---- rows to deliveries */

static bool
same_delivery(const struct growing *g, const struct row *row)
{
	return g->goods.kind == row->goods.kind &&
	       g->goods.reason == row->goods.reason &&
	       g->goods.day == row->goods.day &&
	       wb_span_equal(g->goods.reference, row->goods.reference) &&
	       wb_span_equal(wb_entry_place(&g->place),
		   wb_entry_place(&row->place));
}

/* FNV-1a: the file is the user's own, nobody gains by collisions. */
static uint64_t
mix(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ b[i]) * UINT64_C(1099511628211);
	return hash;
}

static struct growing **
bucket_of(struct reading *r, const struct row *row)
{
	uint64_t h = UINT64_C(14695981039346656037);
	struct wb_span code = wb_entry_place(&row->place);

	h = mix(h, &row->goods.day, sizeof row->goods.day);
	h = mix(h, row->goods.reference.data, row->goods.reference.len);
	h = mix(h, code.data, code.len);
	return &r->buckets[(h ^ h >> 32) % BUCKETS];
}

static struct growing *
new_record(struct reading *r, const struct row *row)
{
	struct growing *g = wb_arena_alloc(&r->out->arena, sizeof *g);

	if (g == NULL)
		return NULL;
	g->file_line = r->sheet.csv.line;
	g->goods = row->goods;
	g->place = row->place;
	g->end = &g->first;
	g->cost = GOODS_COST;
	g->open = g;
	r->out->delivery_count++;
	return g;
}

static struct growing *
new_delivery(struct reading *r, struct growing **bucket, const struct row *row)
{
	struct growing *g = new_record(r, row);

	if (g == NULL)
		return NULL;
	g->beside = *bucket;
	*bucket = g;
	if (r->tail == NULL)
		r->head = g;
	else
		r->tail->after = g;
	r->tail = g;
	return g;
}

/* What the delivery says once must not count twice. */
static struct growing *
new_continuation(struct reading *r, struct growing *delivery,
    const struct row *row)
{
	struct growing *g = new_record(r, row);
	struct growing *before = delivery->open;

	if (g == NULL)
		return NULL;
	g->place.households = 0;
	g->place.people = 0;
	g->place.note = wb_span(NULL, 0);
	g->after = before->after;
	before->after = g;
	if (r->tail == before)
		r->tail = g;
	delivery->open = g;
	return g;
}

static enum wb_status
join_count(uint32_t *have, uint32_t more, enum wb_column column,
    struct wb_error *err)
{
	if (*have != 0 && more != 0 && *have != more) {
		return wb_fail(err, WB_INVALID,
		    "%s %" PRIu32 ", but a row above of the same date, mission "
		    "and place says %" PRIu32,
		    wb_sheet_name(column), more, *have);
	}
	if (more != 0)
		*have = more;
	return WB_OK;
}

/* Is `note` one of the lines that `notes` is joined of? */
static bool
has_note(struct wb_span notes, struct wb_span note)
{
	for (size_t at = 0; at + note.len <= notes.len; at++) {
		size_t end = at + note.len;

		if ((at == 0 || notes.data[at - 1] == '\n') &&
		    (end == notes.len || notes.data[end] == '\n') &&
		    wb_span_equal(wb_span_sub(notes, at, note.len), note))
			return true;
	}
	return false;
}

/* Different notes of one delivery stand below each other. */
static enum wb_status
join_note(struct wb_span *have, struct reading *r, struct wb_span more,
    struct wb_error *err)
{
	size_t len = have->len + 1 + more.len;
	uint8_t *both;

	if (more.len == 0 || (have->len != 0 && has_note(*have, more)))
		return WB_OK;
	if (have->len == 0) {
		*have = more;
		return WB_OK;
	}
	if (len > WB_MAX_NOTE_TEXT) {
		return wb_fail(err, WB_INVALID,
		    "note: the notes of one date, mission and place are longer "
		    "than %d bytes together",
		    WB_MAX_NOTE_TEXT);
	}
	both = wb_arena_alloc(&r->out->arena, len);
	if (both == NULL)
		return no_memory(err);
	memcpy(both, have->data, have->len);
	both[have->len] = '\n';
	memcpy(both + have->len + 1, more.data, more.len);
	*have = wb_span(both, len);
	return WB_OK;
}

/* All or nothing: a row refused must leave no trace. */
static enum wb_status
join_place(struct growing *delivery, struct reading *r, const struct row *row,
    struct wb_error *err)
{
	struct wb_place joined = delivery->place;
	enum wb_status st;

	st = join_count(&joined.households, row->place.households,
	    WB_COLUMN_HOUSEHOLDS, err);
	if (st == WB_OK)
		st = join_count(&joined.people, row->place.people,
		    WB_COLUMN_PEOPLE, err);
	if (st == WB_OK)
		st = join_note(&joined.note, r, row->place.note, err);
	if (st == WB_OK)
		delivery->place = joined;
	return st;
}

static size_t
line_cost(const struct wb_line *l)
{
	return LINE_COST + l->item.len + l->unit.len + l->lot.len +
	       l->detail.len;
}

static enum wb_status
append_line(struct growing *g, struct reading *r, const struct wb_line *line,
    struct wb_error *err)
{
	struct link *link = wb_arena_alloc(&r->out->arena, sizeof *link);

	if (link == NULL)
		return no_memory(err);
	link->line = *line;
	*g->end = link;
	g->end = &link->next;
	g->goods.line_count++;
	g->cost += line_cost(line);
	r->out->row_count++;
	return WB_OK;
}

static enum wb_status
add_row(struct reading *r, const struct row *row, struct wb_error *err)
{
	struct growing **bucket = bucket_of(r, row);
	struct growing *delivery = *bucket;
	struct growing *g;
	enum wb_status st = WB_OK;

	while (delivery != NULL && !same_delivery(delivery, row))
		delivery = delivery->beside;
	if (delivery == NULL)
		delivery = new_delivery(r, bucket, row);
	else
		st = join_place(delivery, r, row, err);
	if (st != WB_OK)
		return st;
	if (delivery == NULL)
		return no_memory(err);
	g = delivery->open;
	if (g->goods.line_count == WB_MAX_LINES ||
	    g->cost + line_cost(&row->line) > WB_MAX_RECORD)
		g = new_continuation(r, delivery, row);
	return g == NULL ? no_memory(err) : append_line(g, r, &row->line, err);
}

static enum wb_status
read_row(struct reading *r, struct wb_error *err)
{
	struct wb_error cause = { 0 };
	struct row row = { 0 };
	enum wb_status st = take_row(&row, r, &cause);

	if (st == WB_OK)
		st = add_row(r, &row, &cause);
	if (st == WB_NO_MEMORY)
		return no_memory(err);
	if (st != WB_OK)
		return wb_sheet_fault(&r->sheet, cause.text, err);
	if (row.goods.day > r->today && r->out->future_line == 0)
		r->out->future_line = r->sheet.csv.line;
	return WB_OK;
}

/* From what grew to what is handed out. */
static enum wb_status
settle(struct reading *r, struct wb_error *err)
{
	struct wb_import *out = r->out;
	size_t i = 0;

	out->deliveries = wb_arena_array(&out->arena, out->delivery_count,
	    sizeof *out->deliveries);
	if (out->deliveries == NULL)
		return no_memory(err);
	for (const struct growing *g = r->head; g != NULL; g = g->after, i++) {
		struct wb_import_delivery *d = &out->deliveries[i];
		size_t n = 0;

		d->line = g->file_line;
		d->goods = g->goods;
		d->place = g->place;
		d->goods.lines = wb_arena_array(&out->arena,
		    g->goods.line_count, sizeof *d->goods.lines);
		if (d->goods.lines == NULL)
			return no_memory(err);
		for (const struct link *l = g->first; l != NULL; l = l->next)
			d->goods.lines[n++] = l->line;
	}
	return WB_OK;
}

static enum wb_status
read_rows(struct reading *r, struct wb_error *err)
{
	enum wb_status st;
	bool row = true;

	r->buckets = wb_arena_array(&r->out->arena, BUCKETS,
	    sizeof *r->buckets);
	if (r->buckets == NULL)
		return no_memory(err);
	st = wb_sheet_next(&row, &r->sheet, err);
	while (st == WB_OK && row) {
		st = read_row(r, err);
		if (st == WB_OK)
			st = wb_sheet_next(&row, &r->sheet, err);
	}
	return st == WB_OK ? settle(r, err) : st;
}

enum wb_status
wb_import_read(struct wb_import *out, struct wb_span csv,
    const struct wb_known *known, uint32_t today, struct wb_error *err)
{
	struct reading r = { .out = out, .known = known, .today = today };
	enum wb_status st;

	*out = (struct wb_import){ .row_count = 0 };
	wb_arena_init(&out->arena, IMPORT_BUDGET);
	st = wb_sheet_begin(&r.sheet, &out->arena, csv, NEEDED, err);
	if (st == WB_OK)
		st = read_rows(&r, err);
	out->faults = r.sheet.faults;
	out->fault_count = r.sheet.fault_count;
	out->ignored = r.sheet.ignored;
	out->ignored_count = r.sheet.ignored_count;
	wb_sheet_end(&r.sheet);
	return st;
}

void
wb_import_clear(struct wb_import *import)
{
	wb_arena_clear(&import->arena);
	*import = (struct wb_import){ .row_count = 0 };
}
