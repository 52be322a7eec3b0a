#include "client/journal/journal.h"

#include <string.h>

#include "proto/record.h"

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

/* A record on its way into the tables. */
struct entering {
	const struct wb_device *device;
	struct wb_db *db;
	const struct wb_origin *origin;
	const struct wb_hash *id;
	struct wb_goods goods;
	struct wb_place place;
	int64_t row;
};

static int
stored_kind(const struct wb_goods *goods)
{
	return (int)goods->kind + (goods->is_void ? WB_KIND_VOID : 0);
}

/* Is this record here already?  From another batch, it is a repetition. */
static enum wb_status
find_same(bool *same, struct entering *e, struct wb_error *err)
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

static enum wb_status
insert_record(struct entering *e, struct wb_error *err)
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
	wb_bind_int(s, 5, stored_kind(g));
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
insert_line(const struct entering *e, size_t i, int64_t place,
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
	wb_bind_int(s, 3, stored_kind(&e->goods));
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
insert_lines(const struct entering *e, struct wb_error *err)
{
	enum wb_status st;
	int64_t place;

	st = place_row(&place, e->db, &e->place, err);
	for (size_t i = 0; st == WB_OK && i < e->goods.line_count; i++)
		st = insert_line(e, i, place, err);
	return st;
}

/* The record that a void names; row 0: not readable here. */
struct target {
	int64_t row;
	int64_t device;
	int kind;
	int64_t voided; /* row of the void; 0: none */
	bool settled; /* that void is from an opened batch, or from this one */
};

static enum wb_status
refuse_void(struct wb_error *err, const char *id, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_FORGED, "%s", what), id, NULL);
}

static enum wb_status
find_target(struct target *out, const struct entering *e, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = (struct target){ 0 };
	st = wb_db_prepare(&s, e->db,
	    "SELECT r.row, r.device, r.kind, coalesce(r.voided, 0),"
	    " v.batch IS ?2 OR coalesce(b.outcome, 0) = ?3,"
	    " coalesce(s.log_index, 0) FROM record r"
	    " LEFT JOIN record v ON v.row = r.voided"
	    " LEFT JOIN batch b ON b.statement = v.batch"
	    " LEFT JOIN statement s ON s.row = r.batch"
	    " WHERE r.id = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&e->goods.amends));
	if (e->origin->batch != 0)
		wb_bind_int(s, 2, e->origin->batch);
	wb_bind_int(s, 3, WB_BATCH_OPENED);
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	out->row = wb_column_int(s, 0);
	out->device = wb_column_int(s, 1);
	out->kind = (int)wb_column_int(s, 2);
	out->voided = wb_column_int(s, 3);
	out->settled = wb_column_int(s, 4) != 0;
	/* Opened before this one, and behind it in the log: for nobody there. */
	if (e->origin->kind == WB_FROM_BATCH &&
	    wb_column_int(s, 5) > (int64_t)e->origin->log_index)
		*out = (struct target){ 0 };
	wb_stmt_done(s);
	return WB_OK;
}

/* ---- voids whose time has not come */

enum shut {
	UNREAD, /* no content came */
	SHUT /* or no key opens it, or it waits itself */
};

#define FROM_SHUT                                          \
	"SELECT b.statement FROM batch b"                  \
	" JOIN statement s ON s.row = b.statement"         \
	" WHERE b.outcome IN (0, 2) AND s.log_index < ?1 " \
	" AND (?2 OR b.outcome = 0"                        \
	" AND b.statement NOT IN (SELECT statement FROM content))"
#define LAST " ORDER BY s.log_index DESC LIMIT 1"
_Static_assert(WB_BATCH_CLOSED == 0 && WB_BATCH_UNDECRYPTABLE == 2,
    "outcomes as these queries and their index name them");

/* The last such batch before it, of that key or (NULL) of anybody. */
static enum wb_status
find_shut(bool *found, const struct entering *e, const struct wb_key *key,
    enum shut how, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, e->db,
	    key == NULL ? FROM_SHUT LAST
			: FROM_SHUT
		" AND b.device ="
		" (SELECT row FROM device WHERE key = ?3)" LAST,
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)e->origin->log_index);
	wb_bind_int(s, 2, how == SHUT);
	if (key != NULL)
		wb_bind_blob(s, 3, wb_key_span(key));
	st = wb_step(s, found, err);
	if (st == WB_OK && *found)
		*e->origin->waits = wb_column_int(s, 0);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
find_key(struct wb_key *key, struct wb_db *db, int64_t device,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db, "SELECT key FROM device WHERE row = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, device);
	st = wb_step(s, &row, err);
	if (st == WB_OK && row && wb_column_blob(s, 0).len == WB_KEY_LEN)
		memcpy(key->b, wb_column_blob(s, 0).data, WB_KEY_LEN);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
must_wait(struct wb_error *err, const char *id)
{
	return wb_advise(err,
	    wb_fail(err, WB_NOT_FOUND,
		"a void waits for a batch before it that is not open here"),
	    id, NULL);
}

/* The record is not here: may it be in a batch that is not open? */
static enum wb_status
check_target_shut(const struct entering *e, struct wb_error *err)
{
	struct wb_key key = { { 0 } };
	enum wb_status st;
	bool shut = false;

	st = find_key(&key, e->db, e->origin->owner, err);
	if (st == WB_OK)
		st = find_shut(&shut, e, e->origin->coordinator ? NULL : &key,
		    SHUT, err);
	return st == WB_OK && shut ? must_wait(err, "void-waits") : st;
}

/*
 * Of two voids the first in the log counts: may one be in a batch before this
 * whose content did not come?  What is here and shut holds nothing up: it may
 * stay so for good.
 */
static enum wb_status
check_order(const struct entering *e, int64_t owner, struct wb_error *err)
{
	const struct wb_roster *roster = &e->device->roster;
	struct wb_key key = { { 0 } };
	enum wb_status st;
	bool shut = false;

	st = find_key(&key, e->db, owner, err);
	if (st == WB_OK)
		st = find_shut(&shut, e, &key, UNREAD, err);
	for (size_t i = 0; st == WB_OK && !shut && i < roster->member_count;
	     i++) {
		if (wb_member_is(&roster->members[i], WB_ROLE_COORDINATOR))
			st = find_shut(&shut, e, &roster->members[i].key,
			    UNREAD, err);
	}
	return st == WB_OK && shut ? must_wait(err, "void-order") : st;
}

/* Own records that cannot be read here are still known by their ids. */
static enum wb_status
check_unreadable(const struct entering *e, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool known;

	if (e->origin->kind == WB_FROM_BATCH) {
		st = check_target_shut(e, err);
		return st != WB_OK
			   ? st
			   : refuse_void(err, "void-unknown",
				 "a void names a record that is not here");
	}
	st = wb_db_prepare(&s, e->db, "SELECT 1 FROM part WHERE goods_leaf = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&e->goods.amends));
	st = wb_step(s, &known, err);
	wb_stmt_done(s);
	if (st != WB_OK || known)
		return st;
	return refuse_void(err, "void-unknown",
	    "a void names a record that this device does not know");
}

static bool
same_line(struct wb_stmt *s, const struct wb_line *line)
{
	return wb_span_equal(wb_column_text(s, 0), line->item) &&
	       wb_span_equal(wb_column_text(s, 1), line->unit) &&
	       wb_column_int(s, 2) == (int64_t)line->quantity &&
	       wb_span_equal(wb_column_text(s, 3), line->lot) &&
	       wb_column_int(s, 4) == (int64_t)line->expiry_day &&
	       wb_span_equal(wb_column_text(s, 5), line->detail);
}

static enum wb_status
check_lines(const struct entering *e, const struct target *target,
    struct wb_error *err)
{
	bool row, same = true;
	struct wb_stmt *s;
	enum wb_status st;
	size_t n = 0;

	st = wb_db_prepare(&s, e->db,
	    "SELECT m.item, m.unit, l.quantity, l.lot, l.expiry_day, l.detail"
	    " FROM line l JOIN measure m ON m.row = l.measure"
	    " WHERE l.record = ? ORDER BY l.row",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, target->row);
	st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		same = same && n < e->goods.line_count &&
		       same_line(s, &e->goods.lines[n]);
		n++;
		st = wb_step(s, &row, err);
	}
	if (st != WB_OK || (same && n == e->goods.line_count))
		return st;
	return refuse_void(err, "void-unequal",
	    "a void does not repeat the lines of its record");
}

static enum wb_status
check_void(const struct entering *e, const struct target *target,
    struct wb_error *err)
{
	if (target->kind != (int)e->goods.kind)
		return refuse_void(err, "void-unequal",
		    "a void is of another kind than its record");
	if (target->device != e->origin->owner && !e->origin->coordinator)
		return refuse_void(err, "void-not-allowed",
		    "only the same device or a coordinator may void a record");
	if (target->voided != 0 &&
	    (target->settled || e->origin->kind != WB_FROM_BATCH))
		return refuse_void(err, "void-twice",
		    "a record was voided twice");
	return check_lines(e, target, err);
}

/* An own void that another one in the log came before: it counts no more. */
static enum wb_status
drop_lines(struct wb_db *db, int64_t record, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db, "DELETE FROM line WHERE record = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, record);
	return wb_run(s, err);
}

/*
 * The lines are the target's, so that they lower the group that they raised:
 * the void may have been made elsewhere, on another day.
 */
static enum wb_status
insert_void_lines(const struct entering *e, const struct target *target,
    struct wb_error *err)
{
	struct wb_stmt *mark, *copy;
	enum wb_status st;

	st = wb_db_prepare(&mark, e->db,
	    "UPDATE record SET voided = ? WHERE row = ?", err);
	if (st == WB_OK) {
		st = wb_db_prepare(&copy, e->db,
		    "INSERT INTO line (record, device, kind, day, place,"
		    " measure, quantity, first, lot, expiry_day, detail)"
		    " SELECT ?, device, ?, day, place, measure, quantity,"
		    " first, lot, expiry_day, detail FROM line"
		    " WHERE record = ? ORDER BY row",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(mark, 1, e->row);
	wb_bind_int(mark, 2, target->row);
	wb_bind_int(copy, 1, e->row);
	wb_bind_int(copy, 2, stored_kind(&e->goods));
	wb_bind_int(copy, 3, target->row);
	st = wb_run(mark, err);
	return st == WB_OK ? wb_run(copy, err) : st;
}

static enum wb_status
enter_void(struct entering *e, struct wb_error *err)
{
	struct target target;
	enum wb_status st = find_target(&target, e, err);
	bool linked = st == WB_OK && target.row != 0;

	if (linked)
		st = check_void(e, &target, err);
	if (linked && st == WB_OK && e->origin->kind == WB_FROM_BATCH)
		st = check_order(e, target.device, err);
	else if (!linked && st == WB_OK)
		st = check_unreadable(e, err);
	if (st == WB_FORGED && e->origin->kind == WB_FROM_COPY) {
		linked = false;
		st = WB_OK;
	}
	if (st == WB_OK && linked && target.voided != 0)
		st = drop_lines(e->db, target.voided, err);
	if (st == WB_OK)
		st = insert_record(e, err);
	if (st == WB_OK && linked)
		st = insert_void_lines(e, &target, err);
	return st;
}

/* A void entered by hand, now in an opened batch: does it still hold? */
static enum wb_status
check_linked(const struct entering *e, struct wb_error *err)
{
	struct target target;
	enum wb_status st;

	if (!e->goods.is_void || e->origin->kind != WB_FROM_BATCH)
		return WB_OK;
	st = find_target(&target, e, err);
	if (st != WB_OK)
		return st;
	if (target.row == 0)
		return check_unreadable(e, err);
	if (target.voided != e->row)
		return refuse_void(err, "void-twice",
		    "a record was voided twice");
	return check_order(e, target.device, err);
}

/* Does a copy belong to a batch that was found bad here? */
static enum wb_status
is_disputed(bool *disputed, const struct entering *e, struct wb_error *err)
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
enter(struct entering *e, struct wb_error *err)
{
	bool same, disputed;
	enum wb_status st;

	st = find_same(&same, e, err);
	if (st == WB_OK && same)
		return check_linked(e, err);
	if (st == WB_OK)
		st = is_disputed(&disputed, e, err);
	if (st != WB_OK)
		return st;
	if (e->goods.is_void && !disputed)
		return enter_void(e, err);
	st = insert_record(e, err);
	return st == WB_OK && !disputed ? insert_lines(e, err) : st;
}

enum wb_status
wb_journal_record(struct wb_device *device, const struct wb_origin *origin,
    const struct wb_hash *id, struct wb_span goods, struct wb_span place,
    struct wb_error *err)
{
	struct entering e = { .device = device,
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
