/* The part of client/journal/journal.h that judges and enters voids. */
#include <string.h>

#include "client/journal/journal_private.h"

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
find_target(struct target *out, const struct wb_entering *e,
    struct wb_error *err)
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
find_shut(bool *found, const struct wb_entering *e, const struct wb_key *key,
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
check_target_shut(const struct wb_entering *e, struct wb_error *err)
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
check_order(const struct wb_entering *e, int64_t owner, struct wb_error *err)
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
check_unreadable(const struct wb_entering *e, struct wb_error *err)
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
check_lines(const struct wb_entering *e, const struct target *target,
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
check_void(const struct wb_entering *e, const struct target *target,
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
insert_void_lines(const struct wb_entering *e, const struct target *target,
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
	wb_bind_int(copy, 2, wb_entering_kind(&e->goods));
	wb_bind_int(copy, 3, target->row);
	st = wb_run(mark, err);
	return st == WB_OK ? wb_run(copy, err) : st;
}

enum wb_status
wb_entering_void(struct wb_entering *e, struct wb_error *err)
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
		st = wb_entering_insert(e, err);
	if (st == WB_OK && linked)
		st = insert_void_lines(e, &target, err);
	return st;
}

/* A void entered by hand, now in an opened batch: does it still hold? */
enum wb_status
wb_entering_check(const struct wb_entering *e, struct wb_error *err)
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
