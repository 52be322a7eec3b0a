/* The steps of sync that make something: batches, openings, acks. */
#include <string.h>

#include "client/journal/acks.h"
#include "client/journal/journal.h"
#include "client/queue.h"
#include "client/sync/sync_run.h"
#include "proto/wire.h"

#define OPENINGS 64 /* in one transaction, and */
#define OPENING_MS 1000 /* no new one after so long */

/* ---- batches */

static enum wb_status
has_unsent(bool *unsent, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, db,
	    "SELECT 1 FROM batch JOIN statement s ON s.row = statement"
	    " WHERE s.log_index IS NULL LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	st = wb_step(q, unsent, err);
	wb_stmt_done(q);
	return st;
}

/* Whether there was anything to send must not show: a batch goes each time. */
enum wb_status
wb_sync_make_batches(struct wb_run *run, struct wb_error *err)
{
	struct wb_waiting waiting;
	enum wb_status st;
	bool unsent, empty;
	uint64_t made;

	st = wb_queue_waiting(&waiting, run->device, err);
	if (st == WB_OK)
		st = has_unsent(&unsent, run->device->db, err);
	if (st != WB_OK)
		return st;
	empty = wb_member_may(run->device->self, WB_ROLE_FIELD) &&
		waiting.unbatched == 0 && !unsent;
	return wb_queue_batch(&made, run->device, empty, err);
}

/* ---- opening */

struct opening {
	struct wb_run *run;
	bool again; /* also what could not be decrypted before */
	int64_t cursor; /* log index of the last one tried */
	uint64_t done;
	bool more;
};

static enum wb_status
next_closed(int64_t *row, struct opening *o, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	st = wb_db_prepare(&q, o->run->device->db,
	    "SELECT b.statement, s.log_index FROM statement s"
	    " JOIN batch b ON b.statement = s.row"
	    " WHERE s.log_index > ?1 AND (b.outcome = ?2 OR"
	    " (?3 AND b.outcome = ?4)) AND EXISTS (SELECT 1 FROM content"
	    " WHERE statement = s.row) ORDER BY s.log_index LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, o->cursor);
	wb_bind_int(q, 2, WB_BATCH_CLOSED);
	wb_bind_int(q, 3, o->again);
	wb_bind_int(q, 4, WB_BATCH_UNDECRYPTABLE);
	st = wb_step(q, &o->more, err);
	if (st != WB_OK || !o->more)
		return st;
	*row = wb_column_int(q, 0);
	o->cursor = wb_column_int(q, 1);
	wb_stmt_done(q);
	return WB_OK;
}

static void
count_outcome(struct wb_synced *out, enum wb_batch_outcome outcome)
{
	switch (outcome) {
	case WB_BATCH_CLOSED:
		return;
	case WB_BATCH_OPENED:
		out->batches_opened++;
		return;
	case WB_BATCH_UNDECRYPTABLE:
		out->undecryptable++;
		return;
	case WB_BATCH_DISPUTED:
		out->disputed++;
		return;
	}
}

static enum wb_status
open_some(struct opening *o, struct wb_error *err)
{
	struct wb_synced before = *o->run->out;
	enum wb_batch_outcome outcome;
	enum wb_status st;
	const int64_t since = wb_clock_ms(o->run->device->clock);
	int64_t row = 0;

	st = wb_db_begin(o->run->device->db, err);
	if (st != WB_OK)
		return st;
	for (int i = 0; i < OPENINGS && st == WB_OK; i++) {
		st = next_closed(&row, o, err);
		if (st != WB_OK || !o->more)
			break;
		st = wb_journal_open(&outcome, o->run->device, row, err);
		if (st != WB_OK)
			break;
		count_outcome(o->run->out, outcome);
		o->done++;
		if (wb_clock_ms(o->run->device->clock) - since > OPENING_MS)
			break;
	}
	st = wb_run_finish(o->run, st, err);
	if (st != WB_OK)
		*o->run->out = before;
	return st;
}

enum wb_status
wb_sync_open_batches(struct wb_run *run, struct wb_error *err)
{
	struct opening o = { .run = run,
		.again = run->names_taken,
		.cursor = -1,
		.more = true };
	enum wb_status st = WB_OK;

	while (st == WB_OK && o.more) {
		st = open_some(&o, err);
		if (st == WB_OK && o.done != 0)
			wb_run_tell(run, "opening", o.done, o.done);
	}
	return st;
}

/* ---- acks */

/*
 * What nobody has said yet, or what outweighs what was said: any DISPUTED
 * wins, then any OPENED.  An ack that was made and not logged yet comes out
 * the same again, so it is kept once.
 */
static enum wb_status
gather(struct wb_verdict verdicts[WB_MAX_VERDICTS], size_t *n, int64_t *cursor,
    struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row = false;

	*n = 0;
	st = wb_db_prepare(&q, db,
	    "SELECT s.id, b.outcome, s.log_index FROM statement s"
	    " JOIN batch b ON b.statement = s.row WHERE s.log_index > ?1"
	    " AND b.outcome <> 0 AND (b.acked = 0"
	    " OR (b.outcome = ?2 AND b.acked <> ?2)"
	    " OR (b.outcome = ?3 AND b.acked = ?4)) ORDER BY s.log_index",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, *cursor);
	wb_bind_int(q, 2, WB_BATCH_DISPUTED);
	wb_bind_int(q, 3, WB_BATCH_OPENED);
	wb_bind_int(q, 4, WB_OUTCOME_UNDECRYPTABLE);
	st = wb_step(q, &row, err);
	while (st == WB_OK && row && *n < WB_MAX_VERDICTS) {
		struct wb_verdict *v = &verdicts[(*n)++];

		memcpy(v->statement.b, wb_column_blob(q, 0).data, WB_HASH_LEN);
		v->outcome = (enum wb_outcome)wb_column_int(q, 1);
		*cursor = wb_column_int(q, 2);
		st = wb_step(q, &row, err);
	}
	if (st == WB_OK)
		wb_stmt_done(q);
	return st;
}
_Static_assert((int)WB_BATCH_OPENED == (int)WB_OUTCOME_OPENED &&
		   (int)WB_BATCH_UNDECRYPTABLE ==
		       (int)WB_OUTCOME_UNDECRYPTABLE &&
		   (int)WB_BATCH_DISPUTED == (int)WB_OUTCOME_DISPUTED,
    "an outcome here is the verdict there");

enum wb_status
wb_sync_make_acks(struct wb_run *run, struct wb_error *err)
{
	struct wb_verdict verdicts[WB_MAX_VERDICTS];
	int64_t cursor = -1;
	enum wb_status st;
	size_t n;

	st = wb_db_begin(run->device->db, err);
	if (st != WB_OK)
		return st;
	do {
		st = gather(verdicts, &n, &cursor, run->device->db, err);
		if (st == WB_OK && n != 0)
			st = wb_acks_keep(run->device, verdicts, n, err);
	} while (st == WB_OK && n == WB_MAX_VERDICTS);
	return wb_run_finish(run, st, err);
}
