#include "client/journal/journal_private.h"

/* Finds the row of a name in a small table, or makes it. */
static enum wb_status
find_or_add(int64_t *row, struct wb_stmt *find, struct wb_stmt *add,
    struct wb_db *db, struct wb_error *err)
{
	enum wb_status st;
	bool found;

	st = wb_step(find, &found, err);
	if (st != WB_OK)
		return st;
	if (found) {
		*row = wb_column_int(find, 0);
		wb_stmt_done(find);
		return WB_OK;
	}
	st = wb_run(add, err);
	if (st == WB_OK)
		*row = wb_db_last_rowid(db);
	return st;
}

enum wb_status
wb_journal_device(int64_t *row, struct wb_db *db, const struct wb_key *key,
    struct wb_error *err)
{
	struct wb_stmt *find, *add;
	enum wb_status st;

	st = wb_db_prepare(&find, db, "SELECT row FROM device WHERE key = ?",
	    err);
	if (st == WB_OK)
		st = wb_db_prepare(&add, db,
		    "INSERT INTO device (key, label) VALUES (?, '')", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(find, 1, wb_key_span(key));
	wb_bind_blob(add, 1, wb_key_span(key));
	return find_or_add(row, find, add, db, err);
}

static enum wb_status
measure_row(int64_t *row, struct wb_db *db, const struct wb_line *line,
    struct wb_error *err)
{
	struct wb_stmt *find, *add;
	enum wb_status st;

	st = wb_db_prepare(&find, db,
	    "SELECT row FROM measure WHERE item = ? AND unit = ?", err);
	if (st == WB_OK)
		st = wb_db_prepare(&add, db,
		    "INSERT INTO measure (item, unit) VALUES (?, ?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_text(find, 1, line->item);
	wb_bind_text(find, 2, line->unit);
	wb_bind_text(add, 1, line->item);
	wb_bind_text(add, 2, line->unit);
	return find_or_add(row, find, add, db, err);
}

static enum wb_status
place_row(int64_t *row, struct wb_db *db, const struct wb_place *place,
    struct wb_error *err)
{
	struct wb_span code = place->to.len != 0 ? place->to : place->from;
	struct wb_stmt *find, *add;
	enum wb_status st;

	*row = 0;
	if (code.len == 0)
		return WB_OK;
	st = wb_db_prepare(&find, db, "SELECT row FROM place WHERE code = ?",
	    err);
	if (st == WB_OK)
		st = wb_db_prepare(&add, db,
		    "INSERT INTO place (code) VALUES (?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_text(find, 1, code);
	wb_bind_text(add, 1, code);
	return find_or_add(row, find, add, db, err);
}

int
wb_entering_kind(const struct wb_goods *goods)
{
	return (int)goods->kind + (goods->is_void ? WB_KIND_VOID : 0);
}

/* Is this record here already?  From another batch, it is a repetition. */
static enum wb_status
find_same(bool *same, struct wb_entering *e, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool match;

	st = wb_db_prepare(&s, e->db,
	    "SELECT device, coalesce(batch, 0), row FROM record WHERE id = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(e->id));
	st = wb_step(s, same, err);
	if (st != WB_OK || !*same)
		return st;
	match = wb_column_int(s, 0) == e->origin->owner &&
		wb_column_int(s, 1) == e->origin->batch;
	e->row = wb_column_int(s, 2);
	wb_stmt_done(s);
	if (match)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_EXISTS,
		"a record is in more than one batch of the log"),
	    "repeated-record", NULL);
}

enum wb_status
wb_entering_insert(struct wb_entering *e, struct wb_error *err)
{
	const struct wb_goods *g = &e->goods;
	const struct wb_place *p = &e->place;
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, e->db,
	    "INSERT INTO record (id, device, number, batch, kind, day, reason,"
	    " reference, amends, from_place, to_place, households, people,"
	    " code, note)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(e->id));
	wb_bind_int(s, 2, e->origin->owner);
	wb_bind_int(s, 3, (int64_t)p->number);
	if (e->origin->batch != 0)
		wb_bind_int(s, 4, e->origin->batch);
	wb_bind_int(s, 5, wb_entering_kind(g));
	wb_bind_int(s, 6, g->day);
	wb_bind_int(s, 7, g->reason);
	wb_bind_text(s, 8, g->reference);
	if (!wb_hash_is_zero(&g->amends))
		wb_bind_blob(s, 9, wb_hash_span(&g->amends));
	wb_bind_text(s, 10, p->from);
	wb_bind_text(s, 11, p->to);
	wb_bind_int(s, 12, p->households);
	wb_bind_int(s, 13, p->people);
	if (p->code.len != 0)
		wb_bind_blob(s, 14, p->code);
	wb_bind_text(s, 15, p->note);
	st = wb_run(s, err);
	if (st == WB_OK)
		e->row = wb_db_last_rowid(e->db);
	return st;
}

/* Is line `i` the first of its item and unit? */
static bool
is_first(const struct wb_goods *goods, size_t i)
{
	const struct wb_line *a = &goods->lines[i];

	for (size_t k = 0; k < i; k++) {
		const struct wb_line *b = &goods->lines[k];

		if (wb_span_equal(a->item, b->item) &&
		    wb_span_equal(a->unit, b->unit))
			return false;
	}
	return true;
}

static enum wb_status
insert_line(const struct wb_entering *e, size_t i, int64_t place,
    struct wb_error *err)
{
	const struct wb_line *line = &e->goods.lines[i];
	enum wb_status st;
	struct wb_stmt *s;
	int64_t measure;

	st = measure_row(&measure, e->db, line, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, e->db,
		    "INSERT INTO line (record, device, kind, day, place,"
		    " measure, quantity, first, lot, expiry_day, detail)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, e->row);
	wb_bind_int(s, 2, e->origin->owner);
	wb_bind_int(s, 3, wb_entering_kind(&e->goods));
	wb_bind_int(s, 4, e->goods.day);
	wb_bind_int(s, 5, place);
	wb_bind_int(s, 6, measure);
	wb_bind_int(s, 7, (int64_t)line->quantity);
	wb_bind_int(s, 8, is_first(&e->goods, i));
	wb_bind_text(s, 9, line->lot);
	wb_bind_int(s, 10, line->expiry_day);
	wb_bind_text(s, 11, line->detail);
	return wb_run(s, err);
}

static enum wb_status
insert_lines(const struct wb_entering *e, struct wb_error *err)
{
	enum wb_status st;
	int64_t place;

	st = place_row(&place, e->db, &e->place, err);
	for (size_t i = 0; st == WB_OK && i < e->goods.line_count; i++)
		st = insert_line(e, i, place, err);
	return st;
}

/* Does a copy belong to a batch that was found bad here? */
static enum wb_status
is_disputed(bool *disputed, const struct wb_entering *e, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	*disputed = false;
	if (e->origin->kind != WB_FROM_COPY)
		return WB_OK;
	st = wb_db_prepare(&s, e->db,
	    "SELECT 1 FROM batch WHERE statement = ? AND outcome = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, e->origin->batch);
	wb_bind_int(s, 2, WB_BATCH_DISPUTED);
	st = wb_step(s, disputed, err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
enter(struct wb_entering *e, struct wb_error *err)
{
	bool same, disputed;
	enum wb_status st;

	st = find_same(&same, e, err);
	if (st == WB_OK && same)
		return wb_entering_check(e, err);
	if (st == WB_OK)
		st = is_disputed(&disputed, e, err);
	if (st != WB_OK)
		return st;
	if (e->goods.is_void && !disputed)
		return wb_entering_void(e, err);
	st = wb_entering_insert(e, err);
	return st == WB_OK && !disputed ? insert_lines(e, err) : st;
}

enum wb_status
wb_journal_record(struct wb_device *device, const struct wb_origin *origin,
    const struct wb_hash *id, struct wb_span goods, struct wb_span place,
    struct wb_error *err)
{
	struct wb_entering e = { .device = device,
		.db = device->db,
		.origin = origin,
		.id = id };
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_goods_decode(&e.goods, &arena, goods, err);
	if (st == WB_OK)
		st = wb_place_decode(&e.place, &arena, place, err);
	if (st == WB_OK)
		st = enter(&e, err);
	wb_arena_clear(&arena);
	return st;
}
