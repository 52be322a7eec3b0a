/* What an upload's answer means. */
#include "client/sync/sync_upload.h"
#include "client/trust/trust.h"
#include "proto/wire.h"

static enum wb_status
count_sent(struct wb_run *run, int64_t row, enum wb_statement_type type,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool found;

	if (type == WB_STATEMENT_ROSTER)
		run->out->rosters_sent++;
	if (type == WB_STATEMENT_ACK)
		run->out->acks_sent++;
	if (type != WB_STATEMENT_BATCH)
		return WB_OK;
	run->out->batches_sent++;
	st = wb_db_prepare(&q, run->device->db,
	    "SELECT count(*) FROM part WHERE batch = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, row);
	st = wb_step(q, &found, err);
	if (st != WB_OK)
		return st;
	run->out->records_sent += (uint64_t)wb_column_int(q, 0);
	wb_stmt_done(q);
	return WB_OK;
}

static enum wb_status
load_statement(enum wb_statement_type *type, struct wb_bytes *envelope,
    struct wb_db *db, int64_t row, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool found;

	st = wb_db_prepare(&q, db,
	    "SELECT type, envelope FROM statement WHERE row = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, row);
	st = wb_step(q, &found, err);
	if (st != WB_OK)
		return st;
	*type = (enum wb_statement_type)wb_column_int(q, 0);
	st = wb_bytes_append(envelope, wb_column_blob(q, 1), err);
	wb_stmt_done(q);
	return st;
}

static enum wb_status
take_receipt(struct wb_run *run, int64_t row,
    const struct wb_upload_result *result, const struct wb_head *head,
    struct wb_span checkpoint, struct wb_error *err)
{
	enum wb_statement_type type;
	struct wb_bytes envelope;
	enum wb_status st;

	wb_bytes_init(&envelope, WB_MAX_ROSTER + WB_MAX_ENVELOPE);
	st = load_statement(&type, &envelope, run->device->db, row, err);
	/*
	 * Somebody else may have been first with a version of the same content
	 * and other signatures: the next sync reads it as it is in the log.
	 */
	if (st == WB_OK && type == WB_STATEMENT_ROSTER &&
	    result->reception == WB_KNOWN)
		goto done;
	if (st == WB_OK) {
		st = wb_trust_receipt(run->device, head, checkpoint,
		    wb_bytes_span(&envelope), result->index, &result->proof,
		    err);
	}
	if (st == WB_OK)
		st = count_sent(run, row, type, err);
done:
	wb_bytes_clear(&envelope);
	return st;
}

static enum wb_status
take_results(struct wb_sending *s, const struct wb_flight *f,
    const struct wb_upload_answer *answer, const struct wb_head *head,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < f->count && st == WB_OK; i++) {
		const struct wb_upload_result *r = &answer->results[i];

		switch (r->reception) {
		case WB_LOGGED:
		case WB_KNOWN:
			st = take_receipt(s->run, f->rows[i], r, head,
			    answer->head.note, err);
			break;
		case WB_NOT_LOGGED:
			st = wb_sync_take_refusal(s->run, f->rows[i], r->reason,
			    err);
			break;
		case WB_TRY_LATER:
			s->later = true;
			continue;
		}
		s->done++;
	}
	return st;
}

static enum wb_status
remember_head(struct wb_sending *s, const struct wb_upload_answer *answer,
    const struct wb_head *head, struct wb_error *err)
{
	struct wb_best *best = &s->best;

	if (head->size <= best->head.size)
		return WB_OK;
	best->head = *head;
	best->consistency = answer->consistency;
	wb_bytes_reset(&best->checkpoint);
	return wb_bytes_append(&best->checkpoint, answer->head.note, err);
}

/* Counts are those of what was committed. */
static enum wb_status
commit_answer(struct wb_sending *s, const struct wb_flight *f,
    const struct wb_upload_answer *answer, struct wb_error *err)
{
	struct wb_synced before = *s->run->out;
	struct wb_head head;
	enum wb_status st;

	st = wb_db_begin(s->run->device->db, err);
	if (st != WB_OK)
		return st;
	st = wb_trust_check_head(&head, s->run->device, answer->head.note,
	    &answer->consistency, err);
	if (st == WB_OK)
		st = take_results(s, f, answer, &head, err);
	if (st == WB_OK)
		st = remember_head(s, answer, &head, err);
	st = wb_run_finish(s->run, st, err);
	if (st != WB_OK)
		*s->run->out = before;
	return st;
}

enum wb_status
wb_sync_take_answer(struct wb_sending *s, const struct wb_flight *f,
    struct wb_span body, struct wb_error *err)
{
	struct wb_upload_answer answer;
	struct wb_error why = { 0 };
	struct wb_arena arena;
	struct wb_bytes note;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_upload_answer_decode(&answer, &arena, body, &s->here.known,
	    &why);
	if (st == WB_OK)
		st = wb_run_note(&answer.head.note, &note, s->run, &answer.head,
		    &why);
	if (st == WB_OK && answer.result_count != f->count) {
		st = wb_fail(&why, WB_INVALID,
		    "it is about %zu statements and not about %zu",
		    answer.result_count, f->count);
	}
	if (st == WB_OK)
		st = commit_answer(s, f, &answer, err);
	else
		st = wb_run_bad_answer(err, st, &why);
	if (st == WB_OK)
		wb_run_tell(s->run, "sending", s->done, s->total);
	wb_bytes_clear(&note);
	wb_arena_clear(&arena);
	return st;
}
