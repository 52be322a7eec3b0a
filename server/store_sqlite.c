#include "server/store_sqlite.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#include "base/db.h"
#include "server/store.h"

static int64_t
tile_name(unsigned level, uint64_t index)
{
	return (int64_t)((uint64_t)level << 48 | index);
}

static enum wb_status
add_bytes(struct wb_store *s, const char *sql, uint64_t index,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db, sql, err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)index);
	wb_bind_blob(q, 2, bytes);
	return wb_run(q, err);
}

static enum wb_status
add_entry(struct wb_store *s, const struct wb_store_entry *e,
    struct wb_span envelope, struct wb_span content, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)e->index);
	wb_bind_int(q, 2, e->type);
	wb_bind_int(q, 3, (int64_t)e->device);
	wb_bind_int(q, 4, (int64_t)e->number);
	wb_bind_int(q, 5, (int64_t)e->tag);
	st = wb_run(q, err);
	if (st == WB_OK)
		st = add_bytes(s, "INSERT INTO envelope VALUES (?1, ?2)",
		    e->index, envelope, err);
	if (st == WB_OK && content.len > 0)
		st = add_bytes(s, "INSERT INTO content VALUES (?1, ?2)",
		    e->index, content, err);
	return st;
}

static enum wb_status
add_device(struct wb_store *s, const struct wb_store_device *d,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db, "INSERT INTO device VALUES (?1, ?2)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)d->id);
	wb_bind_blob(q, 2, wb_span(d->key, sizeof d->key));
	return wb_run(q, err);
}

static enum wb_status
add_target(struct wb_store *s, const struct wb_store_target *t,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "INSERT OR IGNORE INTO target VALUES (?1, ?2)", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)t->device);
	wb_bind_int(q, 2, (int64_t)t->index);
	return wb_run(q, err);
}

static enum wb_status
put_head(struct wb_store *s, const struct wb_store_group *g,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "UPDATE head SET size = ?1, root = ?2, content_bytes = ?3", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)g->head.size);
	wb_bind_blob(q, 2, wb_hash_span(&g->head.root));
	wb_bind_int(q, 3, (int64_t)g->content_bytes);
	return wb_run(q, err);
}

static enum wb_status
add_group(struct wb_store *s, const struct wb_store_group *g,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < g->entry_count; i++)
		st = add_entry(s, &g->entries[i], g->envelopes[i],
		    g->contents[i], err);
	for (size_t i = 0; st == WB_OK && i < g->device_count; i++)
		st = add_device(s, &g->devices[i], err);
	for (size_t i = 0; st == WB_OK && i < g->tile_count; i++) {
		st = add_bytes(s, "REPLACE INTO tile VALUES (?1, ?2)",
		    (uint64_t)tile_name(g->tiles[i].level, g->tiles[i].index),
		    g->tiles[i].hashes, err);
	}
	for (size_t i = 0; st == WB_OK && i < g->target_count; i++)
		st = add_target(s, &g->targets[i], err);
	return st == WB_OK ? put_head(s, g, err) : st;
}

/*
 * After a failed sync the kernel may have forgotten what it could not write,
 * so that a later sync would lie.
 */
static enum wb_status
judge_failure(struct wb_store *s, enum wb_status st, struct wb_error *err)
{
	int code = sqlite3_extended_errcode(wb_db_handle(s->db));

	if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC ||
	    st == WB_EXISTS)
		return wb_advise(err, WB_STORAGE, "store-poisoned",
		    "restart waybilld when the disk is sound");
	return st;
}

enum wb_status
wb_store_finish(struct wb_store *s, enum wb_status st, struct wb_error *err)
{
	if (st == WB_OK)
		st = wb_db_commit(s->db, err);
	if (st != WB_OK) {
		st = judge_failure(s, st, err);
		wb_db_rollback(s->db);
	}
	return st;
}

enum wb_status
wb_store_commit(struct wb_store *store, const struct wb_store_group *group,
    struct wb_error *err)
{
	enum wb_status st;

	if (store->held)
		return add_group(store, group, err);
	st = wb_db_begin(store->db, err);
	if (st == WB_OK)
		st = add_group(store, group, err);
	return wb_store_finish(store, st, err);
}

enum wb_status
wb_store_hold(struct wb_store *store, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(store->db, err);

	store->held = st == WB_OK;
	return st;
}

enum wb_status
wb_store_release(struct wb_store *store, bool keep, struct wb_error *err)
{
	store->held = false;
	if (keep)
		return wb_store_finish(store, WB_OK, err);
	wb_db_rollback(store->db);
	return WB_OK;
}

enum wb_status
wb_store_head(struct wb_store_head *out, struct wb_store *store,
    struct wb_error *err)
{
	struct wb_span root;
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT size, root, content_bytes FROM head", err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	root = row ? wb_column_blob(q, 1) : wb_span(NULL, 0);
	if (root.len != WB_HASH_LEN || wb_column_int(q, 0) < 0) {
		wb_stmt_done(q);
		return wb_fail(err, WB_STORAGE, "the store has no head");
	}
	out->head.size = (uint64_t)wb_column_int(q, 0);
	memcpy(out->head.root.b, root.data, WB_HASH_LEN);
	out->content_bytes = (uint64_t)wb_column_int(q, 2);
	wb_stmt_done(q);
	return WB_OK;
}

static void
read_entry(struct wb_store_entry *out, struct wb_stmt *q)
{
	*out = (struct wb_store_entry){
		.index = (uint64_t)wb_column_int(q, 0),
		.type = (unsigned)wb_column_int(q, 1),
		.device = (uint64_t)wb_column_int(q, 2),
		.number = (uint64_t)wb_column_int(q, 3),
		.tag = (uint64_t)wb_column_int(q, 4),
	};
}

enum wb_status
wb_store_scan(struct wb_store *store, uint64_t from, wb_store_visit *visit,
    void *ctx, struct wb_error *err)
{
	struct wb_store_entry e;
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT idx, type, device, number, tag FROM entry"
	    " WHERE idx >= ?1 ORDER BY idx",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)from);
	while ((st = wb_step(q, &row, err)) == WB_OK && row) {
		read_entry(&e, q);
		st = visit(ctx, &e, err);
		if (st != WB_OK)
			break;
	}
	wb_stmt_done(q);
	return st;
}

static enum wb_status
read_device(struct wb_store_device *out, struct wb_stmt *q,
    struct wb_error *err)
{
	struct wb_span key = wb_column_blob(q, 1);

	if (key.len != sizeof out->key)
		return wb_fail(err, WB_STORAGE, "the store is damaged");
	memcpy(out->key, key.data, key.len);
	out->id = (uint64_t)wb_column_int(q, 0);
	return WB_OK;
}

enum wb_status
wb_store_devices(struct wb_store *store, wb_store_visit *visit, void *ctx,
    struct wb_error *err)
{
	struct wb_store_device d;
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT id, key FROM device ORDER BY id", err);
	if (st != WB_OK)
		return st;
	while ((st = wb_step(q, &row, err)) == WB_OK && row) {
		st = read_device(&d, q, err);
		if (st == WB_OK)
			st = visit(ctx, &d, err);
		if (st != WB_OK)
			break;
	}
	wb_stmt_done(q);
	return st;
}

enum wb_status
wb_store_device(struct wb_store_device *out, struct wb_store *store,
    const uint8_t key[32], struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT id, key FROM device WHERE key = ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, wb_span(key, sizeof out->key));
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	st = row ? read_device(out, q, err)
		 : wb_fail(err, WB_NOT_FOUND, "no such device");
	wb_stmt_done(q);
	return st;
}

/* A copy of the one BLOB of a row; empty where there is no such row. */
static enum wb_status
copy_bytes(struct wb_span *out, bool *found, struct wb_arena *arena,
    struct wb_store *s, const char *sql, uint64_t index, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	*out = wb_span(NULL, 0);
	st = wb_db_prepare(&q, s->db, sql, err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)index);
	st = wb_step(q, found, err);
	if (st == WB_OK && *found)
		st = wb_arena_copy(out, arena, wb_column_blob(q, 0), err);
	wb_stmt_done(q);
	return st;
}

enum wb_status
wb_store_entry(struct wb_store_entry *out, struct wb_span *envelope,
    struct wb_span *content, struct wb_arena *arena, struct wb_store *store,
    uint64_t index, struct wb_error *err)
{
	bool row, found = true;
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, store->db,
	    "SELECT idx, type, device, number, tag FROM entry"
	    " WHERE idx = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)index);
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	if (row)
		read_entry(out, q);
	wb_stmt_done(q);
	if (row && envelope != NULL)
		st = copy_bytes(envelope, &found, arena, store,
		    "SELECT bytes FROM envelope WHERE idx = ?1", index, err);
	if (st == WB_OK && (!row || !found))
		st = wb_fail(err, WB_NOT_FOUND, "the log has no entry %llu",
		    (unsigned long long)index);
	if (st == WB_OK && content != NULL)
		st = copy_bytes(content, &found, arena, store,
		    "SELECT file FROM content WHERE idx = ?1", index, err);
	return st;
}

enum wb_status
wb_store_tile(struct wb_bytes *out, struct wb_store *store, unsigned level,
    uint64_t index, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT hashes FROM tile WHERE name = ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, tile_name(level, index));
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	st = row ? wb_bytes_append(out, wb_column_blob(q, 0), err)
		 : wb_fail(err, WB_NOT_FOUND, "no such tile");
	wb_stmt_done(q);
	return st;
}

/* Numbers of one column: of a device, from an index on. */
static enum wb_status
list_indexes(uint64_t *out, size_t *n, size_t max, struct wb_stmt *q,
    struct wb_error *err)
{
	enum wb_status st;
	bool row;

	while ((st = wb_step(q, &row, err)) == WB_OK && row && *n < max)
		out[(*n)++] = (uint64_t)wb_column_int(q, 0);
	wb_stmt_done(q);
	return st;
}

static void
bind_device(struct wb_stmt *q, uint64_t device, uint64_t index, size_t max)
{
	wb_bind_int(q, 1, (int64_t)device);
	wb_bind_int(q, 2, index > INT64_MAX ? INT64_MAX : (int64_t)index);
	wb_bind_int(q, 3, (int64_t)max);
}

enum wb_status
wb_store_own(uint64_t *out, size_t *n, size_t max, struct wb_store *store,
    uint64_t device, uint64_t from, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	*n = 0;
	st = wb_db_prepare(&q, store->db,
	    "SELECT idx FROM entry"
	    " WHERE device = ?1 AND device > 0 AND idx >= ?2"
	    " ORDER BY idx LIMIT ?3",
	    err);
	if (st != WB_OK)
		return st;
	bind_device(q, device, from, max);
	return list_indexes(out, n, max, q, err);
}

enum wb_status
wb_store_acks(uint64_t *out, size_t *n, size_t max, struct wb_store *store,
    uint64_t device, uint64_t from, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	*n = 0;
	st = wb_db_prepare(&q, store->db,
	    "SELECT idx FROM target WHERE device = ?1 AND idx >= ?2"
	    " ORDER BY idx LIMIT ?3",
	    err);
	if (st != WB_OK)
		return st;
	bind_device(q, device, from, max);
	return list_indexes(out, n, max, q, err);
}

enum wb_status
wb_store_before(struct wb_store_entry *out, struct wb_store *store,
    uint64_t device, uint64_t index, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, store->db,
	    "SELECT idx, type, device, number, tag FROM entry"
	    " WHERE device = ?1 AND device > 0 AND idx < ?2"
	    " ORDER BY idx DESC LIMIT ?3",
	    err);
	if (st != WB_OK)
		return st;
	bind_device(q, device, index, 1);
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	if (row)
		read_entry(out, q);
	wb_stmt_done(q);
	return row ? WB_OK
		   : wb_fail(err, WB_NOT_FOUND, "the device has none before");
}
