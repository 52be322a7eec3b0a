#include <string.h>

#include "base/db.h"
#include "server/store.h"
#include "server/store_sqlite.h"

static enum wb_status
drop_expired(struct wb_store *s, uint64_t now, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "DELETE FROM shelf WHERE expires <> 0 AND expires < ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)now);
	return wb_run(q, err);
}

/* Whether there is one, and whether it is this same file. */
static enum wb_status
find_first(bool *here, bool *same, struct wb_store *s,
    const struct wb_shelf_item *item, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "SELECT file FROM shelf WHERE kind = ?1 AND hash = ?2", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, item->kind);
	wb_bind_blob(q, 2, wb_span(item->hash, sizeof item->hash));
	st = wb_step(q, here, err);
	*same = st == WB_OK && *here &&
		wb_span_equal(wb_column_blob(q, 0), item->file);
	wb_stmt_done(q);
	return st;
}

static enum wb_status
put_item(struct wb_store *s, const struct wb_shelf_item *item, size_t keep,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "REPLACE INTO shelf (kind, hash, owner, rank, expires, file)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, item->kind);
	wb_bind_blob(q, 2, wb_span(item->hash, sizeof item->hash));
	wb_bind_blob(q, 3, wb_span(item->owner, sizeof item->owner));
	wb_bind_int(q, 4, item->rank);
	wb_bind_int(q, 5, (int64_t)item->expires);
	wb_bind_blob(q, 6, item->file);
	st = wb_run(q, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&q, s->db,
		    "DELETE FROM shelf WHERE age IN (SELECT age FROM shelf"
		    " WHERE kind = ?1 AND hash = ?2"
		    " ORDER BY rank DESC, age DESC LIMIT -1 OFFSET ?3)",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, item->kind);
	wb_bind_blob(q, 2, wb_span(item->hash, sizeof item->hash));
	wb_bind_int(q, 3, (int64_t)keep);
	return wb_run(q, err);
}

/* Room for what is being put: whose turn it is to make way. */
struct room {
	struct wb_store *store;
	const struct wb_shelf_limits *limits;
	enum wb_shelf_kind kind;
	unsigned rank;
	int64_t newest; /* age before the put: that is not touched */
	uint64_t count, bytes; /* past the limits */
};

static uint64_t
above(uint64_t n, uint64_t limit)
{
	return n > limit ? n - limit : 0;
}

static enum wb_status
measure(struct room *r, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, r->store->db,
	    "SELECT count(*), total(length(file)) FROM shelf WHERE kind = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, r->kind);
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	r->count = above((uint64_t)wb_column_int(q, 0), r->limits->count);
	r->bytes = above((uint64_t)wb_column_int(q, 1), r->limits->bytes);
	wb_stmt_done(q);
	return WB_OK;
}

static enum wb_status
find_newest(int64_t *age, struct wb_store *s, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, s->db, "SELECT max(age) FROM shelf", err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	*age = wb_column_int(q, 0);
	wb_stmt_done(q);
	return WB_OK;
}

static bool
is_used(const struct wb_shelf_limits *limits, struct wb_span hash)
{
	if (limits->used == NULL)
		return true;
	for (size_t i = 0; i < limits->used_count; i++) {
		if (wb_span_equal(wb_hash_span(&limits->used[i]), hash))
			return true;
	}
	return false;
}

static enum wb_status
drop(struct wb_store *s, int64_t age, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db, "DELETE FROM shelf WHERE age = ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, age);
	return wb_run(q, err);
}

/* What is in use, or what is not, up to a rank. */
static enum wb_status
make_way(struct room *r, bool used, unsigned rank, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, r->store->db,
	    "SELECT age, hash, length(file) FROM shelf"
	    " WHERE kind = ?1 AND rank <= ?2 AND age <= ?3 ORDER BY rank, age",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, r->kind);
	wb_bind_int(q, 2, rank);
	wb_bind_int(q, 3, r->newest);
	while ((r->count > 0 || r->bytes > 0) &&
	       (st = wb_step(q, &row, err)) == WB_OK && row) {
		if (is_used(r->limits, wb_column_blob(q, 1)) != used)
			continue;
		r->count = above(r->count, 1);
		r->bytes = above(r->bytes, (uint64_t)wb_column_int(q, 2));
		st = drop(r->store, wb_column_int(q, 0), err);
		if (st != WB_OK)
			break;
	}
	wb_stmt_done(q);
	return st;
}

static enum wb_status
check_limits(struct room *r, struct wb_error *err)
{
	enum wb_status st = measure(r, err);

	if (st == WB_OK)
		st = make_way(r, false, r->rank, err);
	if (st == WB_OK && r->rank > 0)
		st = make_way(r, true, r->rank - 1, err);
	if (st != WB_OK || (r->count == 0 && r->bytes == 0))
		return st;
	(void)wb_fail(err, WB_REFUSED,
	    "the server keeps no more of these files");
	return wb_advise(err, WB_REFUSED, "shelf-full", NULL);
}

/* The same again is as good as the first; another is not: *taken. */
static enum wb_status
put_items(bool *taken, struct wb_store *s, const struct wb_shelf_item *items,
    size_t n, const struct wb_shelf_limits *limits, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < n; i++) {
		bool here = false, same = false;

		if (limits->first_stays)
			st = find_first(&here, &same, s, &items[i], err);
		*taken = *taken || (here && !same);
		if (st == WB_OK && !here)
			st = put_item(s, &items[i], limits->keep, err);
	}
	return st;
}

enum wb_status
wb_store_put(struct wb_store *store, const struct wb_shelf_item *items,
    size_t n, const struct wb_shelf_limits *limits, struct wb_error *err)
{
	struct room room = { .store = store, .limits = limits };
	enum wb_status st = wb_db_begin(store->db, err);
	bool taken = false;

	if (st == WB_OK)
		st = drop_expired(store, limits->now, err);
	if (st == WB_OK)
		st = find_newest(&room.newest, store, err);
	if (st == WB_OK)
		st = put_items(&taken, store, items, n, limits, err);
	if (st == WB_OK && taken)
		st = wb_fail(err, WB_REFUSED, "somebody else was first");
	if (st == WB_OK && n > 0) {
		room.kind = items[0].kind;
		room.rank = items[0].rank;
		st = check_limits(&room, err);
	}
	st = wb_store_finish(store, st, err);
	/* Said only now: in a transaction it would be a broken store. */
	return taken && st == WB_REFUSED
		   ? wb_fail(err, WB_EXISTS, "somebody else was first")
		   : st;
}

static enum wb_status
read_item(struct wb_shelf_item *out, struct wb_stmt *q, struct wb_error *err)
{
	struct wb_span hash = wb_column_blob(q, 1);
	struct wb_span owner = wb_column_blob(q, 2);

	if (hash.len != sizeof out->hash || owner.len != sizeof out->owner)
		return wb_fail(err, WB_STORAGE, "the store is damaged");
	out->kind = (enum wb_shelf_kind)wb_column_int(q, 0);
	memcpy(out->hash, hash.data, hash.len);
	memcpy(out->owner, owner.data, owner.len);
	out->rank = (unsigned)wb_column_int(q, 3);
	out->expires = (uint64_t)wb_column_int(q, 4);
	out->file = wb_column_blob(q, 5);
	return WB_OK;
}

enum wb_status
wb_store_shelf(struct wb_store *store, enum wb_shelf_kind kind,
    const uint8_t *hash, wb_store_visit *visit, void *ctx, struct wb_error *err)
{
	struct wb_shelf_item item;
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT kind, hash, owner, rank, expires, file FROM shelf"
	    " WHERE kind = ?1 AND (?2 IS NULL OR hash = ?2)"
	    " ORDER BY hash, rank DESC, age DESC",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, kind);
	if (hash != NULL)
		wb_bind_blob(q, 2, wb_span(hash, WB_HASH_LEN));
	while ((st = wb_step(q, &row, err)) == WB_OK && row) {
		st = read_item(&item, q, err);
		if (st == WB_OK)
			st = visit(ctx, &item, err);
		if (st != WB_OK)
			break;
	}
	wb_stmt_done(q);
	return st;
}
