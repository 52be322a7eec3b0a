#include "client/journal/totals.h"

#include <string.h>

#include "client/team/annexes.h"

#define TOTALS_BUDGET ((size_t)512 << 20) /* bytes; a row takes some 200 */
#define FIRST_ROWS 64

/*
 * One pass over the lines groups by integers; texts are made of the few groups
 * that are left, and groups that read alike become one.
 */
#define PLUS_MINUS(plus, minus, q)                                            \
	"sum(CASE kind WHEN " plus " THEN " q " WHEN " minus " THEN -(" q ")" \
	" ELSE 0 END)"
#define ONLY(kind_, q) "sum(CASE kind WHEN " kind_ " THEN " q " ELSE 0 END)"
#define COLUMNS(suffix, q)                                                \
	PLUS_MINUS("1", "17", q)                                          \
	" AS received" suffix                                             \
	"," ONLY("2", q) " AS delivered" suffix "," PLUS_MINUS("5", "21", \
	    q) " AS lost" suffix "," PLUS_MINUS("4", "20",                \
	    q) " AS returned" suffix "," ONLY("18", q) " AS voided" suffix
#define SUMS(s)                                                    \
	"sum(received" s "), sum(delivered" s "), sum(lost" s ")," \
	" sum(returned" s "), sum(voided" s ")"
#define QUERY(with, only, key, text, columns, sums)                     \
	"WITH " with "a AS (SELECT " key " AS k, measure,"              \
	" sum(kind = 2 AND first) AS records, " columns                 \
	" FROM line WHERE day BETWEEN ?1 AND ?2" only " GROUP BY 2, 1)" \
	" SELECT " text ", m.item, m.unit, sum(records), " sums         \
	" FROM a JOIN measure m ON m.row = a.measure"                   \
	" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"

/*
 * Records from batches that the roster calls suspect, and what voids them: both
 * are left out, or the voids would take away what was never added.
 */
#define SUSPECT                                                        \
	"suspect AS (SELECT r.row, r.id FROM device d JOIN batch b"    \
	" ON b.device = d.row JOIN statement s ON s.row = b.statement" \
	" JOIN record r ON r.batch = b.statement"                      \
	" WHERE d.distrust <> 0 AND s.log_index >= d.distrust), "
#define TRUSTED                                                 \
	" AND record NOT IN (SELECT row FROM suspect UNION ALL" \
	" SELECT v.row FROM suspect x JOIN record v ON v.amends = x.id)"

/*
 * SQLite's sum fails where it passes 2^63.  Nobody's honest goods do, and one
 * line may not keep all others from being added up: then halves are summed.
 */
struct query {
	const char *plain;
	const char *halves; /* the upper ones, then the lower 32 bits */
	const char *trusted; /* where something is suspect: without that */
	const char *trusted_halves;
};
#define PLAIN(with, only, key, text) \
	QUERY(with, only, key, text, COLUMNS("", "quantity"), SUMS(""))
#define HALVES(with, only, key, text)                         \
	QUERY(with, only, key, text,                          \
	    COLUMNS("_h", "quantity >> 32") "," COLUMNS("_l", \
		"quantity & 4294967295"),                     \
	    SUMS("_h") ", " SUMS("_l"))
#define BOTH(key, text)                                              \
	(struct query)                                               \
	{                                                            \
		PLAIN("", "", key, text), HALVES("", "", key, text), \
		    PLAIN(SUSPECT, TRUSTED, key, text),              \
		    HALVES(SUSPECT, TRUSTED, key, text)              \
	}

/* A day, week or month as SQLite's date functions give it; `d` in days. */
#define DATE(format, d) "strftime('" format "', (" d ") * 86400, 'unixepoch')"

/* ISO 8601 numbers weeks by their Thursdays; day 0 was one. */
#define THURSDAY "(k + 3) / 7 * 7"
#define WEEK                                      \
	DATE("%Y", THURSDAY)                      \
	" || '-W' || substr('0' || ((" DATE("%j", \
	    THURSDAY) " - 1) / 7 + 1), -2)"

static struct query
query_of(enum wb_totals_by by)
{
	switch (by) {
	case WB_BY_ITEM:
	case WB_BY_CATEGORY: /* known to the catalogue alone: see below */
		return BOTH("measure", "''");
	case WB_BY_PLACE:
		return BOTH("place",
		    "coalesce((SELECT code FROM place WHERE row = k), '')");
	case WB_BY_DAY:
		return BOTH("day", DATE("%Y-%m-%d", "k"));
	case WB_BY_WEEK:
		return BOTH("day", WEEK);
	case WB_BY_MONTH:
		return BOTH("day", DATE("%Y-%m", "k"));
	case WB_BY_DEVICE:
		return BOTH("device",
		    "coalesce((SELECT label FROM device WHERE row = k), '')");
	}
	return BOTH("measure", "''");
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

#define SUM_COUNT 5
#define FIRST_SUM 4 /* column */

static void
take_sums(struct wb_totals_row *r, struct wb_stmt *s, bool halves)
{
	int64_t sum[SUM_COUNT];

	for (int i = 0; i < SUM_COUNT; i++) {
		const int low = FIRST_SUM + SUM_COUNT + i;
		struct wb_sum both = { .high = wb_column_int(s,
					   FIRST_SUM + i) };

		if (halves)
			both.low = wb_column_int(s, low);
		sum[i] = halves ? wb_sum_value(&r->too_large, &both)
				: both.high;
	}
	r->received = (uint64_t)sum[0];
	r->delivered = (uint64_t)sum[1];
	r->lost = (uint64_t)sum[2];
	r->returned = (uint64_t)sum[3];
	r->voided = (uint64_t)sum[4];
	r->net = sum[1] - sum[4]; /* neither is negative */
	r->records = (uint64_t)wb_column_int(s, 3);
}

static enum wb_status
take_row(struct wb_totals *t, size_t *room, struct wb_stmt *s, bool halves,
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
	take_sums(r, s, halves);
	return st;
}

static enum wb_status
read_rows(struct wb_totals *t, struct wb_db *db, const char *sql, bool halves,
    const struct wb_totals_query *query, struct wb_error *err)
{
	struct wb_stmt *s;
	size_t room = 0;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db, sql, err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, query->from_day);
	wb_bind_int(s, 2, query->to_day);
	st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		st = take_row(t, &room, s, halves, err);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
		else
			wb_stmt_done(s);
	}
	return st;
}

static enum wb_status
is_anything_suspect(bool *out, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db, "SELECT 1 FROM device WHERE distrust <> 0",
	    err);
	if (st == WB_OK)
		st = wb_step(s, out, err);
	if (st == WB_OK && *out)
		wb_stmt_done(s);
	return st;
}

static enum wb_status
read_all(struct wb_totals *t, struct wb_db *db,
    const struct wb_totals_query *query, struct wb_error *err)
{
	const struct query sql = query_of(query->by);
	struct wb_error why = { 0 };
	enum wb_status st;
	bool suspect;

	st = is_anything_suspect(&suspect, db, err);
	if (st != WB_OK)
		return st;
	st = read_rows(t, db, suspect ? sql.trusted : sql.plain, false, query,
	    &why);
	if (st != WB_OK && strstr(why.text, "integer overflow") != NULL) {
		wb_totals_clear(t);
		return read_rows(t, db,
		    suspect ? sql.trusted_halves : sql.halves, true, query,
		    err);
	}
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}

static enum wb_status
set_categories(struct wb_totals *t, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_catalogue catalogue;
	enum wb_status st;

	st = wb_annexes_catalogue(&catalogue, &t->arena, device, err);
	if (st == WB_OK)
		wb_totals_categorise(t->rows, t->row_count, &catalogue);
	return st;
}

enum wb_status
wb_totals_read(struct wb_totals *out, struct wb_device *device,
    const struct wb_totals_query *query, struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_totals){ 0 };
	wb_arena_init(&out->arena, TOTALS_BUDGET);
	st = read_all(out, device->db, query, err);
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
