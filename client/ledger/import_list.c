/* What a CSV file of deliveries teaches: its items and its places. */
#include "client/ledger/importing.h"
#include "client/ledger/sheet.h"

#define LIST_BUDGET ((size_t)256 << 20)
#define BUCKETS 16384

/* Three texts; a place is the first alone. */
struct triple {
	struct wb_span part[3];
	struct triple *beside; /* in the same bucket */
};

struct listing {
	struct wb_import_list *out;
	struct wb_sheet sheet;
	struct triple **buckets;
	size_t room;
};

static bool
same(const struct triple *a, const struct triple *b)
{
	for (size_t i = 0; i < 3; i++)
		if (!wb_span_equal(a->part[i], b->part[i]))
			return false;
	return true;
}

static size_t
bucket_of(const struct triple *t)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < t->part[i].len; k++)
			h = (h ^ t->part[i].data[k]) * UINT64_C(1099511628211);
	return (size_t)((h ^ h >> 32) % BUCKETS);
}

/* *is_new: the first like it. */
static enum wb_status
meet(bool *is_new, struct listing *l, const struct triple *t,
    struct wb_error *err)
{
	struct triple **bucket = &l->buckets[bucket_of(t)];
	struct triple *known = *bucket;

	while (known != NULL && !same(known, t))
		known = known->beside;
	*is_new = known == NULL;
	if (!*is_new)
		return WB_OK;
	known = wb_arena_alloc(&l->out->arena, sizeof *known);
	if (known == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	*known = *t;
	known->beside = *bucket;
	*bucket = known;
	return WB_OK;
}

static enum wb_status
add_item(struct listing *l, const struct triple *t, struct wb_error *err)
{
	void *items = l->out->items;
	enum wb_status st;

	st = wb_sheet_grow(&items, l->out->item_count, &l->room,
	    sizeof *l->out->items, &l->out->arena, err);
	if (st != WB_OK)
		return st;
	l->out->items = items;
	l->out->items[l->out->item_count++] = (struct wb_item){
		.item = t->part[0],
		.unit = t->part[1],
		.category = t->part[2]
	};
	return WB_OK;
}

static enum wb_status
add_place(struct listing *l, const struct triple *t, struct wb_error *err)
{
	void *places = l->out->places;
	enum wb_status st;

	st = wb_sheet_grow(&places, l->out->place_count, &l->room,
	    sizeof *l->out->places, &l->out->arena, err);
	if (st != WB_OK)
		return st;
	l->out->places = places;
	l->out->places[l->out->place_count++] = t->part[0];
	return WB_OK;
}

static enum wb_status
take(struct triple *t, struct listing *l, const enum wb_column columns[3],
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (wb_sheet_field(&l->sheet, columns[0]).len == 0)
		return wb_fail(err, WB_INVALID, "%s is empty",
		    wb_sheet_name(columns[0]));
	for (size_t i = 0; st == WB_OK && i < 3; i++) {
		if (columns[i] != WB_COLUMNS) {
			st = wb_entry_text(&t->part[i], &l->out->arena,
			    wb_sheet_field(&l->sheet, columns[i]),
			    wb_sheet_name(columns[i]), err);
		}
	}
	return st;
}

static enum wb_status
list_row(struct listing *l, const enum wb_column columns[3],
    struct wb_error *err)
{
	struct wb_error cause = { 0 };
	struct triple t = { .beside = NULL };
	enum wb_status st = take(&t, l, columns, &cause);
	bool is_new = false;

	if (st == WB_NO_MEMORY)
		return wb_fail(err, st, "%s", cause.text);
	if (st != WB_OK)
		return wb_sheet_fault(&l->sheet, cause.text, err);
	st = meet(&is_new, l, &t, err);
	if (st != WB_OK || !is_new)
		return st;
	return columns[0] == WB_COLUMN_ITEM ? add_item(l, &t, err)
					    : add_place(l, &t, err);
}

static enum wb_status
list(struct wb_import_list *out, struct wb_span csv,
    const enum wb_column columns[3], struct wb_error *err)
{
	struct listing l = { .out = out };
	enum wb_status st;
	bool row = true;

	*out = (struct wb_import_list){ .item_count = 0 };
	wb_arena_init(&out->arena, LIST_BUDGET);
	st = wb_sheet_begin(&l.sheet, &out->arena, csv, 1u << columns[0], err);
	if (st == WB_OK) {
		l.buckets = wb_arena_array(&out->arena, BUCKETS,
		    sizeof(struct triple *));
		if (l.buckets == NULL)
			st = wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	if (st == WB_OK)
		st = wb_sheet_next(&row, &l.sheet, err);
	while (st == WB_OK && row) {
		st = list_row(&l, columns, err);
		if (st == WB_OK)
			st = wb_sheet_next(&row, &l.sheet, err);
	}
	out->faults = l.sheet.faults;
	out->fault_count = l.sheet.fault_count;
	wb_sheet_end(&l.sheet);
	return st;
}

enum wb_status
wb_import_items(struct wb_import_list *out, struct wb_span csv,
    struct wb_error *err)
{
	static const enum wb_column columns[3] = { WB_COLUMN_ITEM,
		WB_COLUMN_UNIT, WB_COLUMN_CATEGORY };

	return list(out, csv, columns, err);
}

enum wb_status
wb_import_places(struct wb_import_list *out, struct wb_span csv,
    struct wb_error *err)
{
	static const enum wb_column columns[3] = { WB_COLUMN_PLACE, WB_COLUMNS,
		WB_COLUMNS };

	return list(out, csv, columns, err);
}

void
wb_import_list_clear(struct wb_import_list *list)
{
	wb_arena_clear(&list->arena);
	*list = (struct wb_import_list){ .item_count = 0 };
}
