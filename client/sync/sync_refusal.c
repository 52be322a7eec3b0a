/* What the server would not log: its word, beside what this vault knows. */
#include "client/sync/sync_upload.h"
#include "client/tally/tally_log.h"
#include "client/trust/trust.h"
#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/tally.h"
#include "proto/wire.h"

/* PROTOCOL.md's reasons, as far as they make a difference here. */
enum refusal {
	REVOKED,
	UNKNOWN_SIGNER,
	WRONG_ROLE,
	NO_PROGRAMME,
	WRONG_PROGRAMME,
	WRONG_LOG,
	ROSTER_VERSION,
	ROSTER_SIGNATURES,
	TALLY_RANGE,
	TALLY_THRESHOLD,
	OTHERWISE
};

/* Of what this device made. */
static const struct words {
	const char *id;
	enum wb_status status;
	const char *text;
} refusals[] = {
	[REVOKED] = { "revoked", WB_REFUSED,
	    "the server says that this device was sent away from the "
	    "programme; its records are kept" },
	[UNKNOWN_SIGNER] = { "unknown-signer", WB_REFUSED,
	    "the server does not know this device; its records are kept" },
	[WRONG_ROLE] = { "wrong-role", WB_PARTIAL,
	    "the server says that this device may not send such a statement; "
	    "it is kept" },
	[NO_PROGRAMME] = { "no-programme", WB_PARTIAL,
	    "the server has no programme yet: a coordinator must sync first" },
	[WRONG_PROGRAMME] = { "wrong-programme", WB_PARTIAL,
	    "the server serves another programme" },
	[WRONG_LOG] = { "wrong-log", WB_PARTIAL,
	    "the server keeps another log than the roster names" },
	[ROSTER_VERSION] = { "roster-version", WB_PARTIAL,
	    "the server says that it does not follow the newest roster" },
	[ROSTER_SIGNATURES] = { "roster-signatures", WB_PARTIAL,
	    "the server finds too few signatures on it" },
	[TALLY_RANGE] = { "tally-range", WB_PARTIAL,
	    "the server says that somebody else's tally came first, and shows "
	    "none; yours is kept" },
	[TALLY_THRESHOLD] = { "tally-threshold", WB_PARTIAL,
	    "the server says that a tally needs more signers now, and shows no "
	    "roster that says so; yours is kept" },
	[OTHERWISE] = { "not-logged", WB_PARTIAL, NULL },
};

static enum refusal
decode(struct wb_span reason)
{
	for (unsigned r = 0; r < OTHERWISE; r++)
		if (wb_span_equal(reason, wb_span_text(refusals[r].id)))
			return (enum refusal)r;
	return OTHERWISE;
}

/* A statement that was refused, and what it says. */
struct refused {
	struct wb_run *run;
	int64_t row;
	struct wb_span reason; /* as the server words it */
	enum refusal why;
	bool carried; /* a batch of somebody else's */
	struct wb_arena arena; /* holds the envelope */
	struct wb_envelope envelope;
};

/* Of batches that are not logged, only own ones are in the table. */
static enum wb_status
load(struct refused *r, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool found;

	st = wb_db_prepare(&q, r->run->device->db,
	    "SELECT envelope, row NOT IN (SELECT statement FROM batch)"
	    " FROM statement WHERE row = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, r->row);
	st = wb_step(q, &found, err);
	if (st != WB_OK)
		return st;
	st = wb_envelope_decode(&r->envelope, &r->arena, wb_column_blob(q, 0),
	    err);
	r->carried = r->envelope.type == WB_STATEMENT_BATCH &&
		     wb_column_int(q, 1) != 0;
	wb_stmt_done(q);
	return st;
}

/* It will never be logged, and would spoil every sync to come. */
static enum wb_status
drop(const struct refused *r, struct wb_error *err)
{
	static const char *const sql[] = {
		"DELETE FROM content WHERE statement = ?",
		"DELETE FROM statement WHERE row = ? AND log_index IS NULL"
	};
	enum wb_status st = WB_OK;
	struct wb_stmt *q;

	for (size_t i = 0; i < sizeof sql / sizeof *sql && st == WB_OK; i++) {
		st = wb_db_prepare(&q, r->run->device->db, sql[i], err);
		if (st != WB_OK)
			return st;
		wb_bind_int(q, 1, r->row);
		st = wb_run(q, err);
	}
	return st;
}

/* ---- what a drive brought */

static enum wb_status
has_admission(bool *admitted, struct refused *r, struct wb_span envelope,
    struct wb_error *err)
{
	struct wb_envelope e;
	enum wb_status st;
	struct wb_ack ack;

	st = wb_envelope_decode(&e, &r->arena, envelope, err);
	if (st == WB_OK)
		st = wb_ack_decode(&ack, &r->arena, e.payload, err);
	for (size_t i = 0; st == WB_OK && i < ack.verdict_count; i++) {
		*admitted |= ack.verdicts[i].outcome == WB_OUTCOME_ADMIT &&
			     wb_hash_equal(&ack.verdicts[i].statement,
				 &r->envelope.id);
	}
	return st;
}

/* By an ack here that may still wait to be logged. */
static enum wb_status
is_admitted(bool *admitted, struct refused *r, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, r->run->device->db,
	    "SELECT 1 FROM verdict WHERE id = ? AND admitted IS NOT NULL", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, wb_hash_span(&r->envelope.id));
	st = wb_step(q, admitted, err);
	wb_stmt_done(q);
	if (st == WB_OK) {
		st = wb_db_prepare(&q, r->run->device->db,
		    "SELECT envelope FROM statement WHERE type = ?"
		    " AND log_index IS NULL",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, WB_STATEMENT_ACK);
	st = wb_step(q, &row, err);
	while (st == WB_OK && row && !*admitted) {
		st = has_admission(admitted, r, wb_column_blob(q, 0), err);
		if (st == WB_OK)
			st = wb_step(q, &row, err);
	}
	wb_stmt_done(q);
	return st;
}

static bool
may_send(const struct wb_roster *roster, const struct wb_key *signer)
{
	const struct wb_member *member = wb_roster_find(roster, signer);

	return wb_member_may(member, WB_ROLE_FIELD) ||
	       wb_member_may(member, WB_ROLE_COORDINATOR);
}

/*
 * Does the newest roster in the log shut its signer out, and none that is here
 * and waits to be logged take it in, and nobody let it in?
 */
static enum wb_status
is_shut_out(bool *out, struct refused *r, struct wb_error *err)
{
	struct wb_roster roster;
	struct wb_batch batch;
	enum wb_status st;
	bool admitted;

	*out = false;
	st = wb_batch_decode(&batch, r->envelope.payload, err);
	if (st == WB_OK)
		st = wb_trust_roster_at(&roster, &r->arena, r->run->device,
		    UINT64_MAX, err);
	if (st == WB_NOT_FOUND)
		return wb_forgive(err);
	if (st != WB_OK)
		return st;
	if (may_send(&roster, &batch.signer) ||
	    may_send(&r->run->device->roster, &batch.signer))
		return WB_OK;
	st = is_admitted(&admitted, r, err);
	*out = st == WB_OK && !admitted;
	return st;
}

static enum wb_status
take_carried(struct refused *r, struct wb_error *err)
{
	struct wb_error why = { 0 };
	bool out = false;
	enum wb_status st = WB_OK;

	if (r->why == REVOKED || r->why == UNKNOWN_SIGNER)
		st = is_shut_out(&out, r, err);
	if (st != WB_OK)
		return st;
	if (out) {
		(void)wb_advise(&why,
		    wb_fail(&why, WB_PARTIAL,
			"a batch that came on a drive is of a device that is "
			"not a member any more; it was left out, and the drive "
			"still has it"),
		    "carried-refused", "Log again what is right of it.");
		st = drop(r, err);
	} else {
		(void)wb_advise(&why,
		    wb_fail(&why, WB_PARTIAL,
			"the server would not take a batch that came on a "
			"drive: %.*s; it is kept",
			(int)r->reason.len, (const char *)r->reason.data),
		    "not-logged",
		    "Sync again. If it stays so, ask who runs the server.");
	}
	wb_run_problem(r->run, why.status, &why);
	return st;
}

/* ---- tallies */

/* Tallies only go on, so that one which begins too early never can be next. */
static enum wb_status
is_overtaken(bool *out, struct refused *r, struct wb_error *err)
{
	struct wb_tally_log log;
	struct wb_tally tally;
	enum wb_status st;

	*out = false;
	st = wb_tally_decode(&tally, &r->arena, r->envelope.payload, err);
	if (st != WB_OK)
		return st;
	st = wb_tally_log_read(&log, r->run->device, err);
	if (st == WB_OK)
		*out = tally.first < wb_tallies_place(log.tallies).first ||
		       tally.signer_count < log.roster.tally_threshold;
	wb_tally_log_clear(&log);
	return st == WB_FAILED ? wb_forgive(err) : st;
}

static enum wb_status
take_tally(struct refused *r, struct wb_error *err)
{
	const struct words *w = &refusals[r->why];
	struct wb_error why = { 0 };
	enum wb_status st;
	bool overtaken;

	st = is_overtaken(&overtaken, r, err);
	if (st != WB_OK)
		return st;
	(void)wb_advise(&why,
	    wb_fail(&why, w->status, "%s",
		!overtaken ? w->text
		: r->why == TALLY_RANGE
		    ? "somebody else's tally came first; yours was dropped: "
		      "make it again"
		    : "the roster asks for more signers now; the tally was "
		      "dropped: make it again"),
	    w->id,
	    overtaken ? NULL
		      : "Sync again. If it stays so, ask who runs the server.");
	wb_run_problem(r->run, w->status, &why);
	return overtaken ? drop(r, err) : WB_OK;
}

/* ---- what this device made: kept in any case */

static void
report_own(const struct refused *r)
{
	const struct words *w = &refusals[r->why];
	struct wb_error why = { 0 };

	if (w->text != NULL) {
		(void)wb_fail(&why, w->status, "%s", w->text);
	} else {
		(void)wb_fail(&why, w->status,
		    "the server would not take it: %.*s", (int)r->reason.len,
		    (const char *)r->reason.data);
	}
	(void)wb_advise(&why, w->status, w->id, NULL);
	wb_run_problem(r->run, w->status, &why);
}

static enum wb_status
judge(struct refused *r, struct wb_error *err)
{
	switch (r->envelope.type) {
	case WB_STATEMENT_ROSTER:
		/* Told once it is known whether another came first. */
		r->run->roster_refused = refusals[r->why].id;
		return WB_OK;
	case WB_STATEMENT_BATCH:
		if (r->carried)
			return take_carried(r, err);
		break;
	case WB_STATEMENT_TALLY:
		if (r->why == TALLY_RANGE || r->why == TALLY_THRESHOLD)
			return take_tally(r, err);
		break;
	case WB_STATEMENT_ACK:
	case WB_STATEMENT_NOTE:
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	report_own(r);
	return WB_OK;
}

enum wb_status
wb_sync_take_refusal(struct wb_run *run, int64_t row, struct wb_span reason,
    struct wb_error *err)
{
	struct refused r = { .run = run,
		.row = row,
		.reason = reason,
		.why = decode(reason) };
	enum wb_status st;

	run->out->refused++;
	wb_arena_init(&r.arena, WB_ARENA_BUDGET);
	st = load(&r, err);
	if (st == WB_OK)
		st = judge(&r, err);
	wb_arena_clear(&r.arena);
	return st;
}
