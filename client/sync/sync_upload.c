/* The steps of sync that hand statements over. */
#include "client/sync/sync_upload.h"

#include <stdio.h>

#include "client/trust/trust.h"

#define BODY_GOAL ((size_t)1 << 20) /* bytes, and then it is sent */
#define MAX_PASSES 3 /* over what the server was too busy for */
#define UPLOAD_PATH 96 /* characters */
#define MAX_ANSWER ((size_t)4 << 20) /* bytes */

/*
 * Rosters are kept in the order of their chain, so that one below a logged one
 * which is not logged itself was overtaken.  Only an ack can go without content.
 */
#define UNSENT_ROSTERS                                            \
	" s.type = 1 AND s.log_index IS NULL AND s.row > (SELECT" \
	" coalesce(max(row), 0) FROM statement WHERE type = 1"    \
	" AND log_index IS NOT NULL)"
#define UNSENT_OTHERS                                       \
	" s.type BETWEEN 2 AND 5 AND s.log_index IS NULL"   \
	" AND (s.type = 3 OR EXISTS (SELECT 1 FROM content" \
	" WHERE statement = s.row))"
#define COUNT "SELECT count(*) FROM statement s WHERE"
_Static_assert(WB_STATEMENT_ROSTER == 1 && WB_STATEMENT_BATCH == 2 &&
		   WB_STATEMENT_ACK == 3 && WB_STATEMENT_TALLY == 4 &&
		   WB_STATEMENT_NOTE == 5,
    "types as these queries name them");

enum wb_status
wb_sync_unsent_rosters(uint64_t *out, struct wb_device *device,
    struct wb_error *err)
{
	return wb_run_count(out, device->db, COUNT UNSENT_ROSTERS, err);
}

enum wb_status
wb_sync_unsent_papers(uint64_t *out, struct wb_device *device,
    struct wb_error *err)
{
	return wb_run_count(out, device->db,
	    COUNT UNSENT_OTHERS " AND s.type IN (4, 5)", err);
}

static enum wb_status
select_unsent(struct wb_stmt **q, struct wb_sending *s, struct wb_error *err)
{
	enum wb_status st;

	st = wb_db_prepare(q, s->run->device->db,
	    s->rosters ? "SELECT s.row, s.envelope, NULL FROM statement s WHERE"
			 " s.row > ? AND" UNSENT_ROSTERS " ORDER BY s.row"
		       : "SELECT s.row, s.envelope, (SELECT file FROM content"
			 " WHERE statement = s.row)"
			 " FROM statement s WHERE"
			 " s.row > ? AND" UNSENT_OTHERS " ORDER BY s.row",
	    err);
	if (st == WB_OK)
		wb_bind_int(*q, 1, s->cursor);
	return st;
}

/* Fills a body with what comes next; f->count 0: nothing is left. */
static enum wb_status
fill(struct wb_bytes *body, struct wb_flight *f, struct wb_sending *s,
    struct wb_error *err)
{
	struct wb_upload upload;
	struct wb_stmt *q;
	enum wb_status st;
	bool row = false;

	f->count = 0;
	st = select_unsent(&q, s, err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	while (st == WB_OK && row && f->count < WB_MAX_UPLOADS &&
	       body->len < BODY_GOAL) {
		f->rows[f->count++] = s->cursor = wb_column_int(q, 0);
		upload.envelope = wb_column_blob(q, 1);
		upload.content = wb_column_blob(q, 2);
		st = wb_upload_append(body, &upload, err);
		if (st == WB_OK)
			st = wb_step(q, &row, err);
	}
	wb_stmt_done(q);
	s->more = row;
	return st;
}

static struct wb_flight *
free_flight(struct wb_sending *s, int64_t *tag)
{
	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++) {
		*tag = (int64_t)i;
		if (s->flights[i].count == 0)
			return &s->flights[i];
	}
	return NULL;
}

/* Waits for one answer.  `take` false: only so that none is under way. */
static enum wb_status
await(struct wb_sending *s, bool take, struct wb_error *err)
{
	struct wb_bytes body;
	enum wb_status st;
	int64_t tag = 0;
	bool more;

	wb_bytes_init(&body, MAX_ANSWER);
	st = wb_remote_next(&tag, &body, &more, s->run->remote, err);
	s->under_way--;
	if (st == WB_OK && take)
		st = wb_sync_take_answer(s, &s->flights[tag],
		    wb_bytes_span(&body), err);
	s->flights[tag].count = 0;
	wb_bytes_clear(&body);
	return st;
}

/*
 * Corrections are in the last body: what they take back must be logged before
 * them, so nothing may be under way or put off when it goes.
 */
static enum wb_status
let_others_arrive(struct wb_sending *s, struct wb_flight *last,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	while (st == WB_OK && s->under_way > 0)
		st = await(s, true, err);
	if (s->later)
		last->count = 0;
	return st;
}

static enum wb_status
launch(struct wb_sending *s, struct wb_error *err)
{
	char path[UPLOAD_PATH];
	struct wb_bytes body;
	struct wb_flight *f;
	enum wb_status st;
	int64_t tag;

	f = free_flight(s, &tag);
	if (f == NULL)
		return wb_fail(err, WB_FAILED, "too many uploads at once");
	(void)snprintf(path, sizeof path, "/v1/entries?%s", s->here.query);
	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	st = fill(&body, f, s, err);
	if (st == WB_OK && !s->more)
		st = let_others_arrive(s, f, err);
	if (st == WB_OK && f->count != 0)
		st = wb_remote_start_post(s->run->remote, tag, path, &body,
		    err);
	if (st != WB_OK)
		f->count = 0;
	if (f->count != 0)
		s->under_way++;
	wb_bytes_clear(&body);
	return st;
}

/*
 * After a failure nothing more is launched, but what was on its way is still
 * listened to: it may have been logged.
 */
static enum wb_status
send_all(struct wb_sending *s, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	s->more = true;
	s->cursor = 0;
	while (st == WB_OK && (s->more || s->under_way > 0)) {
		if (s->more && s->under_way < s->most)
			st = launch(s, err);
		else
			st = await(s, true, err);
	}
	while (s->under_way > 0)
		(void)await(s, st != WB_FORGED, NULL);
	return st;
}

static enum wb_status
store_best(struct wb_sending *s, struct wb_error *err)
{
	struct wb_head head;
	enum wb_status st;

	if (s->best.head.size == 0)
		return WB_OK;
	st = wb_db_begin(s->run->device->db, err);
	if (st != WB_OK)
		return st;
	st = wb_trust_head(&head, NULL, s->run->device,
	    wb_bytes_span(&s->best.checkpoint), &s->best.consistency, err);
	return wb_run_finish(s->run, st, err);
}

static enum wb_status
pass(struct wb_sending *s, struct wb_error *err)
{
	enum wb_status st;

	s->later = false;
	s->best.head.size = 0;
	st = wb_run_knowing(&s->here, s->run, err);
	if (st == WB_OK)
		st = send_all(s, err);
	if (st == WB_OK)
		st = store_best(s, err);
	return st;
}

static enum wb_status
send(struct wb_run *run, bool rosters, struct wb_error *err)
{
	struct wb_sending s = { .run = run, .rosters = rosters };
	struct wb_error why = { 0 };
	enum wb_status st;

	/* A version can be logged only after the one before. */
	s.most = rosters ? 1 : WB_MAX_IN_FLIGHT;
	s.later = true;
	wb_bytes_init(&s.best.checkpoint, WB_MAX_NOTE);
	st = wb_run_count(&s.total, run->device->db,
	    rosters ? COUNT UNSENT_ROSTERS : COUNT UNSENT_OTHERS, err);
	if (s.total == 0)
		s.later = false;
	for (int i = 0; st == WB_OK && s.later && i < MAX_PASSES; i++)
		st = pass(&s, err);
	if (st == WB_OK && s.later) {
		run->busy = true;
		(void)wb_advise(&why,
		    wb_fail(&why, WB_PARTIAL,
			"the server is too busy to take all that waits"),
		    "server-busy", "Run `waybill sync` again later.");
		wb_run_problem(run, WB_PARTIAL, &why);
	}
	wb_bytes_clear(&s.best.checkpoint);
	return st;
}

enum wb_status
wb_sync_send_rosters(struct wb_run *run, struct wb_error *err)
{
	return send(run, true, err);
}

enum wb_status
wb_sync_send_statements(struct wb_run *run, struct wb_error *err)
{
	return send(run, false, err);
}
