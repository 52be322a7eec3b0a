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

static enum wb_status
is_within(bool *fits, struct wb_store *s, enum wb_shelf_kind kind,
    const struct wb_shelf_limits *limits, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, s->db,
	    "SELECT count(*), total(length(file)) FROM shelf WHERE kind = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, kind);
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	*fits = row && (uint64_t)wb_column_int(q, 0) <= limits->count &&
		(uint64_t)wb_column_int(q, 1) <= limits->bytes;
	wb_stmt_done(q);
	return WB_OK;
}

static enum wb_status
drop_lower(struct wb_store *s, const struct wb_shelf_item *item,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "DELETE FROM shelf WHERE kind = ?1 AND rank < ?2", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, item->kind);
	wb_bind_int(q, 2, item->rank);
	return wb_run(q, err);
}

/* On a full shelf, what is of lower rank makes way. */
static enum wb_status
check_limits(struct wb_store *s, const struct wb_shelf_item *item,
    const struct wb_shelf_limits *limits, struct wb_error *err)
{
	bool fits = false;
	enum wb_status st = is_within(&fits, s, item->kind, limits, err);

	if (st == WB_OK && !fits)
		st = drop_lower(s, item, err);
	if (st == WB_OK && !fits)
		st = is_within(&fits, s, item->kind, limits, err);
	if (st != WB_OK || fits)
		return st;
	(void)wb_fail(err, WB_REFUSED,
	    "the server keeps no more of these files");
	return wb_advise(err, WB_REFUSED, "shelf-full", NULL);
}

enum wb_status
wb_store_put(struct wb_store *store, const struct wb_shelf_item *items,
    size_t n, const struct wb_shelf_limits *limits, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(store->db, err);

	if (st == WB_OK)
		st = drop_expired(store, limits->now, err);
	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = put_item(store, &items[i], limits->keep, err);
	if (st == WB_OK && n > 0)
		st = check_limits(store, &items[0], limits, err);
	return wb_store_finish(store, st, err);
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
