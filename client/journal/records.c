#include "client/journal/records.h"

#include <inttypes.h>

#include "client/ledger/entry.h"
#include "client/trust/witnessed.h"
#include "proto/ack.h"

#define FIRST_ROOM 64
#define MAX_LISTED UINT64_C(1000000)

const char *
wb_record_state_text(enum wb_record_state state)
{
	switch (state) {
	case WB_RECORD_HERE:
		return "here";
	case WB_RECORD_STORED:
		return "stored";
	case WB_RECORD_WITNESSED:
		return "witnessed";
	case WB_RECORD_OPENED:
		return "opened";
	}
	return "";
}

/* What the columns log_index and acked say, where so many are witnessed. */
static void
set_state(struct wb_record *r, struct wb_stmt *s, uint64_t witnessed)
{
	bool logged = !wb_column_is_null(s, 3);
	uint64_t entry = (uint64_t)wb_column_int(s, 3);
	int64_t acked = wb_column_int(s, 4);

	r->disputed = logged && acked == WB_OUTCOME_DISPUTED;
	r->entry = entry;
	if (!logged)
		r->state = WB_RECORD_HERE;
	else if (acked == WB_OUTCOME_OPENED)
		r->state = WB_RECORD_OPENED;
	else if (entry < witnessed)
		r->state = WB_RECORD_WITNESSED;
	else
		r->state = WB_RECORD_STORED;
}

static void
set_hash(struct wb_hash *out, struct wb_span blob)
{
	if (blob.len == WB_HASH_LEN)
		for (size_t i = 0; i < WB_HASH_LEN; i++)
			out->b[i] = blob.data[i];
}

/* ---- what a record says */

static enum wb_status
copy_text(struct wb_span *out, struct wb_arena *arena, struct wb_stmt *s, int i,
    struct wb_error *err)
{
	return wb_arena_copy(out, arena, wb_column_text(s, i), err);
}

static enum wb_status
read_line(struct wb_line *out, struct wb_arena *arena, struct wb_stmt *s,
    struct wb_error *err)
{
	enum wb_status st = copy_text(&out->item, arena, s, 0, err);

	if (st == WB_OK)
		st = copy_text(&out->unit, arena, s, 1, err);
	if (st == WB_OK)
		st = copy_text(&out->lot, arena, s, 3, err);
	if (st == WB_OK)
		st = copy_text(&out->detail, arena, s, 5, err);
	out->quantity = (uint64_t)wb_column_int(s, 2);
	out->expiry_day = (uint32_t)wb_column_int(s, 4);
	return st;
}

static enum wb_status
read_lines(struct wb_goods *out, struct wb_arena *arena, struct wb_db *db,
    int64_t row, struct wb_error *err)
{
	enum wb_status st;
	struct wb_stmt *s;
	size_t room = 0;
	bool more;

	st = wb_db_prepare(&s, db,
	    "SELECT m.item, m.unit, l.quantity, l.lot, l.expiry_day, l.detail,"
	    " (SELECT count(*) FROM line WHERE record = ?1)"
	    " FROM line l JOIN measure m ON m.row = l.measure"
	    " WHERE l.record = ?1 ORDER BY l.row",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	st = wb_step(s, &more, err);
	if (st == WB_OK && more) {
		room = (size_t)wb_column_int(s, 6);
		out->lines = wb_arena_array(arena, room, sizeof *out->lines);
		if (out->lines == NULL)
			st = wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	while (st == WB_OK && more && out->line_count < room) {
		st = read_line(&out->lines[out->line_count++], arena, s, err);
		if (st == WB_OK)
			st = wb_step(s, &more, err);
	}
	wb_stmt_done(s);
	return st;
}

static enum wb_status
read_head(struct wb_record *r, struct wb_arena *arena, struct wb_stmt *s,
    struct wb_error *err)
{
	int kind = (int)wb_column_int(s, 1);
	enum wb_status st;

	r->goods.is_void = kind > WB_KIND_VOID;
	r->goods.kind = (enum wb_kind)(
	    r->goods.is_void ? kind - WB_KIND_VOID : kind);
	r->goods.day = (uint32_t)wb_column_int(s, 2);
	r->goods.reason = (enum wb_reason)wb_column_int(s, 3);
	set_hash(&r->goods.amends, wb_column_blob(s, 5));
	r->voided = !wb_column_is_null(s, 6);
	r->place.number = r->number;
	r->place.households = (uint32_t)wb_column_int(s, 9);
	r->place.people = (uint32_t)wb_column_int(s, 10);
	r->voids = (uint64_t)wb_column_int(s, 13);
	st = copy_text(&r->goods.reference, arena, s, 4, err);
	if (st == WB_OK)
		st = copy_text(&r->place.from, arena, s, 7, err);
	if (st == WB_OK)
		st = copy_text(&r->place.to, arena, s, 8, err);
	if (st == WB_OK)
		st = wb_arena_copy(&r->place.code, arena, wb_column_blob(s, 11),
		    err);
	if (st == WB_OK)
		st = copy_text(&r->place.note, arena, s, 12, err);
	if (st == WB_OK)
		st = copy_text(&r->voids_label, arena, s, 14, err);
	return st;
}

/* By its id; a record that is not in the tables stays unreadable. */
static enum wb_status
read_content(struct wb_record *r, struct wb_arena *arena, struct wb_db *db,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	int64_t row = 0;
	bool found;

	st = wb_db_prepare(&s, db,
	    "SELECT r.row, r.kind, r.day, r.reason, r.reference, r.amends,"
	    " r.voided, r.from_place, r.to_place, r.households, r.people,"
	    " r.code, r.note,"
	    " coalesce(t.number, 0), coalesce(d.label, '') FROM record r"
	    " LEFT JOIN record t ON t.id = r.amends"
	    " LEFT JOIN device d ON d.row = t.device WHERE r.id = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&r->id));
	st = wb_step(s, &found, err);
	if (st == WB_OK && found) {
		row = wb_column_int(s, 0);
		st = read_head(r, arena, s, err);
	}
	wb_stmt_done(s);
	if (st != WB_OK || row == 0)
		return st;
	st = read_lines(&r->goods, arena, db, row, err);
	r->readable = st == WB_OK && r->goods.line_count != 0;
	return st;
}

/* ---- which records there are */

static struct wb_span
own_label(const struct wb_device *device)
{
	return device->self == NULL ? wb_span(NULL, 0) : device->self->label;
}

static void
read_own(struct wb_record *out, struct wb_stmt *s,
    const struct wb_device *device, uint64_t witnessed)
{
	*out = (struct wb_record){ .label = own_label(device),
		.number = (uint64_t)wb_column_int(s, 0),
		.day = (uint32_t)wb_column_int(s, 1) };
	set_hash(&out->id, wb_column_blob(s, 2));
	set_state(out, s, witnessed);
}

static enum wb_status
grow(struct wb_record **list, size_t n, size_t *room, struct wb_arena *arena,
    struct wb_error *err)
{
	size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
	struct wb_record *bigger;

	if (n < *room)
		return WB_OK;
	bigger = wb_arena_array(arena, more, sizeof *bigger);
	if (bigger == NULL)
		return wb_fail(err, WB_NO_MEMORY,
		    "too many records to list; use --limit");
	for (size_t i = 0; i < n; i++)
		bigger[i] = (*list)[i];
	*list = bigger;
	*room = more;
	return WB_OK;
}

enum wb_status
wb_records_own(struct wb_record **out, size_t *n, struct wb_arena *arena,
    struct wb_device *device, uint64_t limit, struct wb_error *err)
{
	struct wb_record *list = NULL;
	size_t count = 0, room = 0;
	uint64_t witnessed;
	struct wb_stmt *s;
	enum wb_status st;
	bool more;

	*out = NULL;
	*n = 0;
	st = wb_witnessed_size(&witnessed, device, err);
	if (st != WB_OK)
		return st;
	st = wb_db_prepare(&s, device->db,
	    "SELECT p.number, p.day, p.goods_leaf, s.log_index,"
	    " coalesce(b.acked, 0) FROM part p"
	    " LEFT JOIN statement s ON s.row = p.batch"
	    " LEFT JOIN batch b ON b.statement = p.batch"
	    " ORDER BY p.number DESC LIMIT ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)(limit < MAX_LISTED ? limit : MAX_LISTED));
	st = wb_step(s, &more, err);
	while (st == WB_OK && more) {
		st = grow(&list, count, &room, arena, err);
		if (st != WB_OK)
			break;
		read_own(&list[count], s, device, witnessed);
		st = read_content(&list[count++], arena, device->db, err);
		if (st == WB_OK)
			st = wb_step(s, &more, err);
	}
	wb_stmt_done(s);
	if (st == WB_OK) {
		*out = list;
		*n = count;
	}
	return st;
}

static enum wb_status
no_record(struct wb_error *err, struct wb_span label, uint64_t number)
{
	return wb_advise(err,
	    wb_fail(err, WB_NOT_FOUND,
		"there is no record %.*s%s%" PRIu64 " on this device",
		(int)label.len, label.len == 0 ? "" : (const char *)label.data,
		label.len == 0 ? "" : "-", number),
	    "no-record", "See the newest: waybill list");
}

static enum wb_status
find_own(struct wb_record *out, bool *found, struct wb_device *device,
    uint64_t number, struct wb_error *err)
{
	uint64_t witnessed;
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_witnessed_size(&witnessed, device, err);
	if (st != WB_OK)
		return st;
	st = wb_db_prepare(&s, device->db,
	    "SELECT p.number, p.day, p.goods_leaf, s.log_index,"
	    " coalesce(b.acked, 0) FROM part p"
	    " LEFT JOIN statement s ON s.row = p.batch"
	    " LEFT JOIN batch b ON b.statement = p.batch"
	    " WHERE p.number = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)number);
	st = wb_step(s, found, err);
	if (st == WB_OK && *found)
		read_own(out, s, device, witnessed);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
find_other(struct wb_record *out, bool *found, struct wb_arena *arena,
    struct wb_device *device, struct wb_span label, uint64_t number,
    struct wb_error *err)
{
	uint64_t witnessed;
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_witnessed_size(&witnessed, device, err);
	if (st != WB_OK)
		return st;
	st = wb_db_prepare(&s, device->db,
	    "SELECT r.number, r.day, r.id, s.log_index,"
	    " coalesce(b.acked, 0), d.label FROM record r"
	    " JOIN device d ON d.row = r.device"
	    " LEFT JOIN statement s ON s.row = r.batch"
	    " LEFT JOIN batch b ON b.statement = r.batch"
	    " WHERE d.label = ? COLLATE NOCASE AND r.number = ?"
	    " ORDER BY r.row DESC",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_text(s, 1, label);
	wb_bind_int(s, 2, (int64_t)number);
	st = wb_step(s, found, err);
	if (st == WB_OK && *found) {
		read_own(out, s, device, witnessed);
		st = wb_arena_copy(&out->label, arena, wb_column_text(s, 5),
		    err);
	}
	wb_stmt_done(s);
	return st;
}

enum wb_status
wb_records_find(struct wb_record *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_span label, uint64_t number,
    struct wb_error *err)
{
	bool own = label.len == 0 ||
		   wb_entry_same_label(label, own_label(device));
	bool found = false;
	enum wb_status st;

	if (own)
		st = find_own(out, &found, device, number, err);
	else
		st = find_other(out, &found, arena, device, label, number, err);
	if (st != WB_OK)
		return st;
	if (!found)
		return no_record(err, label, number);
	return read_content(out, arena, device->db, err);
}

/* Numbers only; what it says is read after. */
static enum wb_status
last_number(uint64_t *out, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db,
	    "SELECT coalesce((SELECT p.number FROM part p"
	    " JOIN record r ON r.id = p.goods_leaf"
	    " WHERE r.kind < ? AND r.voided IS NULL"
	    " ORDER BY p.number DESC LIMIT 1),"
	    " (SELECT max(p.number) FROM part p"
	    " WHERE NOT EXISTS (SELECT 1 FROM part q"
	    " JOIN record r ON r.id = q.goods_leaf)), 0)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_KIND_VOID);
	st = wb_step(s, &row, err);
	if (st == WB_OK && row)
		*out = (uint64_t)wb_column_int(s, 0);
	wb_stmt_done(s);
	return st;
}

enum wb_status
wb_records_last(struct wb_record *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	uint64_t number = 0;
	enum wb_status st = last_number(&number, device->db, err);

	if (st != WB_OK)
		return st;
	if (number == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"there is no record yet that stands"),
		    "no-record", "Make one: waybill log ITEM QTY PLACE");
	}
	return wb_records_find(out, arena, device, wb_span(NULL, 0), number,
	    err);
}

enum wb_status
wb_records_need_readable(const struct wb_record *r,
    const struct wb_device *device, struct wb_error *err)
{
	if (r->readable)
		return WB_OK;
	if (device->roster.window_days == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"this programme seals a record when it is saved: this "
			"device cannot read record %" PRIu64
			" back, which is %s",
			r->number, wb_record_state_text(r->state)),
		    "sealed",
		    "It is safe. To correct it: waybill fix with what it said");
	}
	return wb_advise(err,
	    wb_fail(err, WB_FAILED,
		"record %" PRIu64
		" was opened by a coordinator, and its readable copy was "
		"removed from this device after %" PRIu32 " days",
		r->number, device->roster.window_days),
	    "purged", "It is safe. Ask a coordinator what it said");
}
