/* What witnesses said, in the SQLite store. */
#include <string.h>

#include "server/store_sqlite.h"

#define MAX_ROWS 32 /* no policy has more witnesses */

static enum wb_status
put_line(struct wb_store *s, const struct wb_store_cosignature *c,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "INSERT INTO cosignature VALUES (?1, ?2, ?3)", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, wb_span(c->witness, sizeof c->witness));
	wb_bind_int(q, 2, (int64_t)c->size);
	wb_bind_blob(q, 3, c->line);
	return wb_run(q, err);
}

static enum wb_status
put_note(struct wb_store *s, struct wb_span note, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db, "INSERT INTO witnessed VALUES (1, ?1)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, note);
	return wb_run(q, err);
}

enum wb_status
wb_store_keep_witnessed(struct wb_store *store,
    const struct wb_store_witnessed *kept, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(store->db, err);

	if (st == WB_OK)
		st = wb_db_exec(store->db,
		    "DELETE FROM cosignature; DELETE FROM witnessed", err);
	for (size_t i = 0; st == WB_OK && i < kept->count; i++)
		st = put_line(store, &kept->lines[i], err);
	if (st == WB_OK && kept->note.len > 0)
		st = put_note(store, kept->note, err);
	return wb_store_finish(store, st, err);
}

static enum wb_status
read_line(struct wb_store_cosignature *out, struct wb_arena *arena,
    struct wb_stmt *q, struct wb_error *err)
{
	struct wb_span witness = wb_column_blob(q, 0);

	if (witness.len != sizeof out->witness || wb_column_int(q, 1) < 0)
		return wb_fail(err, WB_STORAGE, "the store is damaged");
	memcpy(out->witness, witness.data, witness.len);
	out->size = (uint64_t)wb_column_int(q, 1);
	return wb_arena_copy(&out->line, arena, wb_column_blob(q, 2), err);
}

static enum wb_status
read_lines(struct wb_store_witnessed *out, struct wb_arena *arena,
    struct wb_store *s, struct wb_error *err)
{
	struct wb_store_cosignature *lines;
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	lines = wb_arena_array(arena, MAX_ROWS, sizeof *lines);
	if (lines == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = wb_db_prepare(&q, s->db,
	    "SELECT witness, size, line FROM cosignature ORDER BY witness",
	    err);
	if (st != WB_OK)
		return st;
	while (out->count < MAX_ROWS && (st = wb_step(q, &row, err)) == WB_OK &&
	       row) {
		st = read_line(&lines[out->count], arena, q, err);
		if (st != WB_OK)
			break;
		out->count++;
	}
	wb_stmt_done(q);
	out->lines = lines;
	return st;
}

static enum wb_status
read_note(struct wb_store_witnessed *out, struct wb_arena *arena,
    struct wb_store *s, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, s->db, "SELECT note FROM witnessed", err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	if (row)
		st = wb_arena_copy(&out->note, arena, wb_column_blob(q, 0),
		    err);
	wb_stmt_done(q);
	return st;
}

/* A store from before there were witnesses, that is only read. */
static enum wb_status
has_tables(bool *out, struct wb_store *s, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, s->db,
	    "SELECT 1 FROM sqlite_master WHERE name = 'witnessed'", err);
	if (st == WB_OK)
		st = wb_step(q, out, err);
	if (st == WB_OK)
		wb_stmt_done(q);
	return st;
}

enum wb_status
wb_store_witnessed(struct wb_store_witnessed *out, struct wb_arena *arena,
    struct wb_store *store, struct wb_error *err)
{
	enum wb_status st;
	bool there;

	*out = (struct wb_store_witnessed){ 0 };
	st = has_tables(&there, store, err);
	if (st == WB_OK && there)
		st = read_lines(out, arena, store, err);
	if (st == WB_OK && there)
		st = read_note(out, arena, store, err);
	return st;
}
