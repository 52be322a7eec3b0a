#include "client/tally/tally_log.h"

#include "client/trust/trust.h"
#include "proto/envelope.h"

/* One entry on its way into the rules. */
struct reading {
	struct wb_tally_log *out;
	struct wb_arena scratch;
	struct wb_envelope envelope;
	uint64_t index;
};

static bool
may_coordinate(const struct reading *r, const struct wb_key *key)
{
	return wb_member_may(wb_roster_find(&r->out->roster, key),
	    WB_ROLE_COORDINATOR);
}

static enum wb_status
read_roster(struct reading *r, struct wb_error *err)
{
	struct wb_tally_log *log = r->out;
	enum wb_status st;

	wb_arena_clear(&log->arena);
	st = wb_roster_decode(&log->roster, &log->arena, r->envelope.payload,
	    err);
	return st == WB_OK ? wb_tallies_roster(log->tallies, r->index,
				 &log->roster, err)
			   : st;
}

static enum wb_status
read_batch(struct reading *r, struct wb_error *err)
{
	struct wb_batch batch;
	enum wb_status st = wb_batch_decode(&batch, r->envelope.payload, err);

	return st == WB_OK ? wb_tallies_batch(r->out->tallies, r->index,
				 &r->envelope.id, &batch, err)
			   : st;
}

static enum wb_status
read_ack(struct reading *r, struct wb_error *err)
{
	struct wb_ack ack;
	enum wb_status st;

	st = wb_ack_decode(&ack, &r->scratch, r->envelope.payload, err);
	if (st == WB_OK && may_coordinate(r, &ack.signer))
		wb_tallies_ack(r->out->tallies, r->index, &ack);
	return st;
}

/* Signed by as many coordinators as must be, and next in the chain? */
static bool
stands(const struct reading *r, const struct wb_tally *tally)
{
	bool good = tally->signer_count >= r->out->roster.tally_threshold;

	for (size_t i = 0; good && i < tally->signer_count; i++)
		good = may_coordinate(r, &tally->signers[i]);
	return good && wb_tallies_follows(r->out->tallies, r->index, tally,
			   NULL) == WB_OK;
}

static enum wb_status
read_tally(struct reading *r, struct wb_error *err)
{
	struct wb_tally_log *log = r->out;
	struct wb_tally tally;
	enum wb_status st;

	st = wb_tally_decode(&tally, &r->scratch, r->envelope.payload, err);
	if (st != WB_OK || !stands(r, &tally))
		return st;
	wb_tally_scope_clear(&log->scope);
	log->index = r->index;
	log->id = r->envelope.id;
	st = wb_tallies_scope(&log->scope, log->tallies, tally.last, err);
	return st == WB_OK
		   ? wb_tallies_take(log->tallies, &log->id, &tally, err)
		   : st;
}

static enum wb_status
read_statement(struct reading *r, struct wb_span bytes, struct wb_error *err)
{
	enum wb_status st;

	wb_arena_clear(&r->scratch);
	st = wb_envelope_decode(&r->envelope, &r->scratch, bytes, err);
	if (st != WB_OK)
		return st;
	switch (r->envelope.type) {
	case WB_STATEMENT_ROSTER:
		return read_roster(r, err);
	case WB_STATEMENT_BATCH:
		return read_batch(r, err);
	case WB_STATEMENT_ACK:
		return read_ack(r, err);
	case WB_STATEMENT_TALLY:
		return read_tally(r, err);
	case WB_STATEMENT_NOTE:
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	return WB_OK;
}

/*
 * What is not in its one form never gets into a vault.  One that cannot be read
 * was damaged here, and totals without it would be signed and wrong.
 */
static enum wb_status
read_entry(struct reading *r, struct wb_span bytes, struct wb_error *err)
{
	enum wb_status st = read_statement(r, bytes, err);

	if (st != WB_INVALID)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_STORAGE,
		"entry %ju of the log was in order when it came, and cannot "
		"be read in this vault any more: no totals are made of it",
		(uintmax_t)r->index),
	    "vault-damaged", "See what is wrong: waybill verify");
}

static enum wb_status
read_all(struct reading *r, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, db,
	    "SELECT log_index, envelope FROM statement"
	    " WHERE log_index IS NOT NULL ORDER BY log_index",
	    err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	while (st == WB_OK && row) {
		r->index = (uint64_t)wb_column_int(q, 0);
		if (r->index != r->out->size) {
			wb_stmt_done(q);
			break;
		}
		st = read_entry(r, wb_column_blob(q, 1), err);
		r->out->size++;
		if (st == WB_OK)
			st = wb_step(q, &row, err);
		else
			wb_stmt_done(q);
	}
	return st;
}

enum wb_status
wb_tally_log_read(struct wb_tally_log *out, struct wb_device *device,
    struct wb_error *err)
{
	struct reading r = { .out = out };
	uint8_t key[WB_SHORT_KEY_LEN];
	enum wb_status st;

	*out = (struct wb_tally_log){ .index = WB_NO_TALLY };
	wb_arena_init(&out->arena, WB_ARENA_BUDGET);
	wb_arena_init(&r.scratch, WB_ARENA_BUDGET);
	st = wb_device_need_joined(device, err);
	if (st == WB_OK && !wb_trust_whole_log(device)) {
		st = wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"only coordinators and auditors follow the whole log"),
		    "not-whole-log", "Ask a coordinator.");
	}
	wb_random_fill(device->random, key, sizeof key);
	if (st == WB_OK)
		st = wb_tallies_new(&out->tallies, key, err);
	if (st == WB_OK)
		st = read_all(&r, device->db, err);
	wb_arena_clear(&r.scratch);
	return st;
}

void
wb_tally_log_clear(struct wb_tally_log *log)
{
	wb_tallies_free(&log->tallies);
	wb_tally_scope_clear(&log->scope);
	wb_arena_clear(&log->arena);
}
