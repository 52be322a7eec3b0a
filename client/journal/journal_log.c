/* The part of client/journal/journal.h that reads statements: who, which, verdicts. */
#include "client/journal/journal.h"
#include "client/trust/trust.h"
#include "proto/ack.h"
#include "proto/batch.h"

static enum wb_status
name_device(struct wb_db *db, const struct wb_member *member,
    struct wb_error *err)
{
	enum wb_status st;
	struct wb_stmt *s;
	int64_t row;

	st = wb_journal_device(&row, db, &member->key, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, db,
		    "UPDATE device SET label = ?, distrust = ? WHERE row = ?",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_text(s, 1, member->label);
	wb_bind_int(s, 2, (int64_t)member->distrust_from);
	wb_bind_int(s, 3, row);
	return wb_run(s, err);
}

static enum wb_status
enter_roster(struct wb_device *device, struct wb_span payload,
    struct wb_error *err)
{
	struct wb_roster roster;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_roster_decode(&roster, &arena, payload, err);
	for (size_t i = 0; st == WB_OK && i < roster.member_count; i++)
		st = name_device(device->db, &roster.members[i], err);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
enter_batch(struct wb_device *device, int64_t row, const struct wb_hash *id,
    struct wb_span payload, struct wb_error *err)
{
	struct wb_batch batch;
	struct wb_stmt *s;
	enum wb_status st;
	int64_t owner;

	st = wb_batch_decode(&batch, payload, err);
	if (st == WB_OK)
		st = wb_journal_device(&owner, device->db, &batch.signer, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, device->db,
		    "INSERT INTO batch (statement, device, sequence, previous,"
		    " outcome, why, acked) VALUES (?, ?, ?, ?, 0, '', coalesce("
		    "(SELECT outcome FROM verdict WHERE id = ?), 0))"
		    " ON CONFLICT (statement) DO NOTHING",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	wb_bind_int(s, 2, owner);
	wb_bind_int(s, 3, (int64_t)batch.sequence);
	wb_bind_blob(s, 4,
	    wb_hash_is_zero(&batch.previous) ? wb_span(NULL, 0)
					     : wb_hash_span(&batch.previous));
	wb_bind_blob(s, 5, wb_hash_span(id));
	return wb_run(s, err);
}

/* DISPUTED wins for good; OPENED over all that is left. */
static enum wb_status
enter_outcome(struct wb_db *db, int64_t ack, const struct wb_verdict *v,
    struct wb_error *err)
{
	struct wb_stmt *keep, *show;
	enum wb_status st;

	st = wb_db_prepare(&keep, db,
	    "INSERT INTO verdict (id, outcome, ack) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (id) DO UPDATE SET outcome = ?2, ack = ?3"
	    " WHERE outcome <> ?4 AND (outcome <> ?5 OR ?2 = ?4)",
	    err);
	if (st == WB_OK) {
		st = wb_db_prepare(&show, db,
		    "UPDATE batch SET acked = (SELECT outcome FROM verdict"
		    " WHERE id = ?1) WHERE statement ="
		    " (SELECT row FROM statement WHERE id = ?1)",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_blob(keep, 1, wb_hash_span(&v->statement));
	wb_bind_int(keep, 2, v->outcome);
	wb_bind_int(keep, 3, ack);
	wb_bind_int(keep, 4, WB_OUTCOME_DISPUTED);
	wb_bind_int(keep, 5, WB_OUTCOME_OPENED);
	wb_bind_blob(show, 1, wb_hash_span(&v->statement));
	st = wb_run(keep, err);
	return st == WB_OK ? wb_run(show, err) : st;
}

static enum wb_status
enter_admission(struct wb_db *db, int64_t ack, int64_t log_index,
    const struct wb_verdict *v, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "INSERT INTO verdict (id, outcome, ack, admitted)"
	    " VALUES (?1, 0, ?2, ?3) ON CONFLICT (id) DO UPDATE"
	    " SET admitted = min(coalesce(admitted, ?3), ?3)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&v->statement));
	wb_bind_int(s, 2, ack);
	wb_bind_int(s, 3, log_index);
	return wb_run(s, err);
}

/* A hostile log takes anybody's ack: only a coordinator's of then counts. */
static enum wb_status
may_judge(bool *may, struct wb_device *device, int64_t log_index,
    const struct wb_key *signer, struct wb_error *err)
{
	struct wb_roster roster;
	struct wb_arena arena;
	enum wb_status st;

	*may = false;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_trust_roster_at(&roster, &arena, device, (uint64_t)log_index,
	    err);
	if (st == WB_OK) {
		*may = wb_member_may(wb_roster_find(&roster, signer),
		    WB_ROLE_COORDINATOR);
	} else if (st == WB_NOT_FOUND) {
		st = wb_forgive(err);
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
enter_ack(struct wb_device *device, int64_t row, int64_t log_index,
    struct wb_span payload, struct wb_error *err)
{
	struct wb_arena arena;
	enum wb_status st;
	struct wb_ack ack;
	bool may = false;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_ack_decode(&ack, &arena, payload, err);
	if (st == WB_OK)
		st = may_judge(&may, device, log_index, &ack.signer, err);
	for (size_t i = 0; st == WB_OK && may && i < ack.verdict_count; i++) {
		const struct wb_verdict *v = &ack.verdicts[i];

		st = v->outcome == WB_OUTCOME_ADMIT
			 ? enter_admission(device->db, row, log_index, v, err)
			 : enter_outcome(device->db, row, v, err);
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
read_index(bool *logged, int64_t *log_index, struct wb_db *db, int64_t row,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool found;

	*logged = false;
	*log_index = 0;
	st = wb_db_prepare(&s, db,
	    "SELECT log_index FROM statement WHERE row = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	st = wb_step(s, &found, err);
	if (st != WB_OK)
		return st;
	if (!found)
		return wb_fail(err, WB_NOT_FOUND, "no such statement");
	*logged = !wb_column_is_null(s, 0);
	*log_index = wb_column_int(s, 0);
	wb_stmt_done(s);
	return WB_OK;
}

/* Own batches count before they are logged: the next one follows them. */
static enum wb_status
is_own(bool *own, const struct wb_device *device, struct wb_span payload,
    struct wb_error *err)
{
	struct wb_batch batch;
	enum wb_status st = wb_batch_decode(&batch, payload, err);

	*own = st == WB_OK && wb_key_equal(&batch.signer, &device->signer.key);
	return st;
}

enum wb_status
wb_journal_statement(struct wb_device *device, int64_t row,
    const struct wb_envelope *envelope, struct wb_error *err)
{
	enum wb_status st;
	int64_t log_index;
	bool logged, own;

	st = read_index(&logged, &log_index, device->db, row, err);
	if (st != WB_OK)
		return st;
	switch (envelope->type) {
	case WB_STATEMENT_ROSTER:
		return enter_roster(device, envelope->payload, err);
	case WB_STATEMENT_BATCH:
		st = is_own(&own, device, envelope->payload, err);
		if (st != WB_OK || (!own && !logged))
			return st;
		return enter_batch(device, row, &envelope->id,
		    envelope->payload, err);
	case WB_STATEMENT_ACK:
		return logged ? enter_ack(device, row, log_index,
				    envelope->payload, err)
			      : WB_OK;
	case WB_STATEMENT_TALLY:
	case WB_STATEMENT_NOTE:
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		return WB_OK;
	}
	return WB_OK;
}
