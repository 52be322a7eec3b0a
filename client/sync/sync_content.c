/* The step of sync that asks again for contents which did not come. */
#include <inttypes.h>
#include <stdio.h>

#include "client/sync/sync_page.h"
#include "crypto/text.h"
#include "proto/content_ref.h"
#include "proto/wire.h"

#define MOST 256 /* asked for in one run */
#define PATH 128

/* The contents that lack, in the order of the log. */
struct asking {
	struct wb_run *run;
	int64_t cursor; /* log index of the last one tried */
	int64_t first; /* that still lacks; -1: none */
	uint64_t asked;
	uint64_t lacking;
	int64_t row; /* of the statement tried now */
	struct wb_content_ref ref;
};

static enum wb_status
next_lacking(bool *more, struct asking *a, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, a->run->device->db,
	    "SELECT row, log_index, envelope FROM statement"
	    " WHERE log_index > ? AND type IN (2, 4, 5)"
	    " AND row NOT IN (SELECT statement FROM content)"
	    " ORDER BY log_index LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, a->cursor);
	st = wb_step(q, more, err);
	if (st != WB_OK || !*more)
		return st;
	a->row = wb_column_int(q, 0);
	a->cursor = wb_column_int(q, 1);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, wb_column_blob(q, 2), err);
	wb_stmt_done(q);
	if (st == WB_OK)
		st = wb_content_ref_read(&a->ref, &arena, &envelope, err);
	wb_arena_clear(&arena);
	return st;
}
_Static_assert(WB_STATEMENT_BATCH == 2 && WB_STATEMENT_TALLY == 4 &&
		   WB_STATEMENT_NOTE == 5,
    "types as this query names them");

static enum wb_status
keep(struct asking *a, struct wb_span file, struct wb_error *err)
{
	struct wb_device *device = a->run->device;
	enum wb_status st = wb_db_begin(device->db, err);

	if (st == WB_OK)
		st = wb_trust_content(device, a->row, file, err);
	return wb_run_finish(a->run, st, err);
}

/* Not there, or another one: remembered, and the next is asked for. */
static enum wb_status
ask(struct asking *a, struct wb_error *err)
{
	char path[PATH], hash[2 * WB_HASH_LEN + 1];
	struct wb_error why = { 0 };
	struct wb_bytes file;
	enum wb_status st;

	wb_hex_format(hash, wb_hash_span(&a->ref.hash));
	(void)snprintf(path, sizeof path, "/v1/content/%s?at=%" PRId64, hash,
	    a->cursor);
	wb_bytes_init(&file, WB_MAX_CONTENT);
	st = wb_remote_get(&file, a->run->remote, path, true, WB_MAX_CONTENT,
	    &why);
	if (st == WB_OK)
		st = keep(a, wb_bytes_span(&file), &why);
	wb_bytes_clear(&file);
	if (st == WB_FORGED)
		wb_run_problem(a->run, st, &why);
	if (st == WB_FORGED || st == WB_NOT_FOUND) {
		if (a->first < 0)
			a->first = a->cursor;
		a->lacking++;
		return WB_OK;
	}
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}

static void
report(struct asking *a)
{
	struct wb_error why = { 0 };

	if (a->lacking == 0)
		return;
	(void)wb_advise(&why,
	    wb_fail(&why, WB_PARTIAL,
		"the server does not give the contents of %ju batches",
		(uintmax_t)a->lacking),
	    "content-missing", WB_CONTENT_KEPT);
	wb_run_problem(a->run, WB_PARTIAL, &why);
}

static enum wb_status
remember(const struct asking *a, bool more, struct wb_error *err)
{
	struct wb_db *db = a->run->device->db;
	int64_t from = a->first >= 0 || !more ? a->first : a->cursor;

	if (from < 0)
		return wb_setting_remove(db, WB_SET_CONTENT_FROM, err);
	return wb_setting_put_number(db, WB_SET_CONTENT_FROM, (uint64_t)from,
	    err);
}

enum wb_status
wb_sync_note_lacking(struct wb_run *run, uint64_t index, struct wb_error *err)
{
	enum wb_status st;
	uint64_t from;

	st = wb_setting_get_number(&from, run->device->db, WB_SET_CONTENT_FROM,
	    UINT64_MAX, err);
	if (st != WB_OK || from <= index)
		return st;
	return wb_setting_put_number(run->device->db, WB_SET_CONTENT_FROM,
	    index, err);
}

enum wb_status
wb_sync_fetch_contents(struct wb_run *run, struct wb_error *err)
{
	struct asking a = { .run = run, .first = -1 };
	enum wb_status st;
	bool more = true;
	uint64_t from;

	st = wb_setting_get_number(&from, run->device->db, WB_SET_CONTENT_FROM,
	    UINT64_MAX, err);
	if (st != WB_OK || from > INT64_MAX)
		return st;
	a.cursor = (int64_t)from - 1;
	while (st == WB_OK && a.asked < MOST) {
		st = next_lacking(&more, &a, err);
		if (st != WB_OK || !more)
			break;
		a.asked++;
		st = ask(&a, err);
	}
	if (st != WB_OK)
		return st;
	report(&a);
	return remember(&a, more, err);
}
