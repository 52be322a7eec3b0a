#include "client/journal/totals.h"

#include <stdlib.h>
#include <string.h>

#include "client/team/annexes.h"

#define TOTALS_BUDGET ((size_t)512 << 20) /* bytes; a row takes some 200 */
#define FIRST_ROWS 64

/*
 * One pass over the lines groups by integers; texts are made of the few groups
 * that are left, and groups that read alike become one.
 */
#define QUERY(key, text)                                                   \
	"WITH a AS (SELECT " key " AS k, measure,"                         \
	" sum(CASE kind WHEN 1 THEN quantity WHEN 17 THEN -quantity"       \
	"  ELSE 0 END) AS received,"                                       \
	" sum(CASE kind WHEN 2 THEN quantity ELSE 0 END) AS delivered,"    \
	" sum(CASE kind WHEN 5 THEN quantity WHEN 21 THEN -quantity"       \
	"  ELSE 0 END) AS lost,"                                           \
	" sum(CASE kind WHEN 4 THEN quantity WHEN 20 THEN -quantity"       \
	"  ELSE 0 END) AS returned,"                                       \
	" sum(CASE kind WHEN 18 THEN quantity ELSE 0 END) AS voided,"      \
	" sum(kind = 2 AND first) AS records"                              \
	" FROM line WHERE day BETWEEN ?1 AND ?2 GROUP BY 2, 1)"            \
	" SELECT " text ", m.item, m.unit, sum(received), sum(delivered)," \
	" sum(lost), sum(returned), sum(voided), sum(records)"             \
	" FROM a JOIN measure m ON m.row = a.measure"                      \
	" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"

/* A day, week or month as SQLite's date functions give it; `d` in days. */
#define DATE(format, d) "strftime('" format "', (" d ") * 86400, 'unixepoch')"

/* ISO 8601 numbers weeks by their Thursdays; day 0 was one. */
#define THURSDAY "(k + 3) / 7 * 7"
#define WEEK                                      \
	DATE("%Y", THURSDAY)                      \
	" || '-W' || substr('0' || ((" DATE("%j", \
	    THURSDAY) " - 1) / 7 + 1), -2)"

static const char *
query_of(enum wb_totals_by by)
{
	switch (by) {
	case WB_BY_ITEM:
	case WB_BY_CATEGORY: /* known to the catalogue alone: see below */
		return QUERY("measure", "''");
	case WB_BY_PLACE:
		return QUERY("place",
		    "coalesce((SELECT code FROM place WHERE row = k), '')");
	case WB_BY_DAY:
		return QUERY("day", DATE("%Y-%m-%d", "k"));
	case WB_BY_WEEK:
		return QUERY("day", WEEK);
	case WB_BY_MONTH:
		return QUERY("day", DATE("%Y-%m", "k"));
	case WB_BY_DEVICE:
		return QUERY("device",
		    "coalesce((SELECT label FROM device WHERE row = k), '')");
	}
	return QUERY("measure", "''");
}

/* NULL: past the budget. */
static struct wb_totals_row *
add_row(struct wb_totals *t, size_t *room)
{
	if (t->row_count == *room) {
		size_t more = *room == 0 ? FIRST_ROWS : 2 * *room;
		struct wb_totals_row *rows = wb_arena_array(&t->arena, more,
		    sizeof *rows);

		if (rows == NULL)
			return NULL;
		if (t->row_count > 0)
			memcpy(rows, t->rows, t->row_count * sizeof *rows);
		t->rows = rows;
		*room = more;
	}
	return &t->rows[t->row_count++];
}

static enum wb_status
take_row(struct wb_totals *t, size_t *room, struct wb_stmt *s,
    struct wb_error *err)
{
	struct wb_totals_row *r = add_row(t, room);
	enum wb_status st;

	if (r == NULL)
		return wb_fail(err, WB_NO_MEMORY,
		    "too many groups to show; narrow the dates");
	st = wb_arena_copy(&r->group, &t->arena, wb_column_text(s, 0), err);
	if (st == WB_OK)
		st = wb_arena_copy(&r->item, &t->arena, wb_column_text(s, 1),
		    err);
	if (st == WB_OK)
		st = wb_arena_copy(&r->unit, &t->arena, wb_column_text(s, 2),
		    err);
	r->received = (uint64_t)wb_column_int(s, 3);
	r->delivered = (uint64_t)wb_column_int(s, 4);
	r->lost = (uint64_t)wb_column_int(s, 5);
	r->returned = (uint64_t)wb_column_int(s, 6);
	r->voided = (uint64_t)wb_column_int(s, 7);
	r->net = wb_column_int(s, 4) - wb_column_int(s, 7);
	r->records = (uint64_t)wb_column_int(s, 8);
	return st;
}

static enum wb_status
read_rows(struct wb_totals *t, struct wb_db *db,
    const struct wb_totals_query *query, struct wb_error *err)
{
	struct wb_stmt *s;
	size_t room = 0;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db, query_of(query->by), err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, query->from_day);
	wb_bind_int(s, 2, query->to_day);
	st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		st = take_row(t, &room, s, err);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
		else
			wb_stmt_done(s);
	}
	return st;
}

static int
compare_items(const void *a, const void *b)
{
	const struct wb_item *x = a, *y = b;
	int order = wb_span_compare(x->item, y->item);

	return order != 0 ? order : wb_span_compare(x->unit, y->unit);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct wb_totals_row *x = a, *y = b;
	int order = wb_span_compare(x->group, y->group);

	if (order == 0)
		order = wb_span_compare(x->item, y->item);
	return order != 0 ? order : wb_span_compare(x->unit, y->unit);
}

/* One item and unit has one category, so no rows fall together. */
static enum wb_status
set_categories(struct wb_totals *t, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_catalogue catalogue;
	enum wb_status st;

	st = wb_annexes_catalogue(&catalogue, &t->arena, device, err);
	if (st != WB_OK || catalogue.item_count == 0)
		return st;
	for (size_t i = 0; i < t->row_count; i++) {
		struct wb_totals_row *r = &t->rows[i];
		struct wb_item key = { .item = r->item, .unit = r->unit };
		const struct wb_item *item = bsearch(&key, catalogue.items,
		    catalogue.item_count, sizeof key, compare_items);

		if (item != NULL)
			r->group = item->category;
	}
	if (t->row_count > 0)
		qsort(t->rows, t->row_count, sizeof *t->rows, compare_rows);
	return WB_OK;
}

enum wb_status
wb_totals_read(struct wb_totals *out, struct wb_device *device,
    const struct wb_totals_query *query, struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_totals){ 0 };
	wb_arena_init(&out->arena, TOTALS_BUDGET);
	st = read_rows(out, device->db, query, err);
	if (st == WB_OK && query->by == WB_BY_CATEGORY)
		st = set_categories(out, device, err);
	if (st != WB_OK)
		wb_totals_clear(out);
	return st;
}

void
wb_totals_clear(struct wb_totals *t)
{
	wb_arena_clear(&t->arena);
	t->rows = NULL;
	t->row_count = 0;
}
