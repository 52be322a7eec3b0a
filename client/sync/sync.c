#include "client/sync/sync.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/journal/journal.h"
#include "client/sync/sync_page.h"
#include "client/trust/trust.h"

/* How bad a problem is: evidence first, then a no, then what waits. */
static int
rank(enum wb_status status)
{
	if (status == WB_OK)
		return 0;
	if (status == WB_FORGED)
		return 3;
	return status == WB_REFUSED ? 2 : 1;
}

void
wb_run_problem(struct wb_run *run, enum wb_status status,
    const struct wb_error *err)
{
	if (rank(status) <= rank(run->problem))
		return;
	run->problem = status;
	run->problem_error = *err;
}

void
wb_run_tell(struct wb_run *run, const char *what, uint64_t done, uint64_t total)
{
	if (run->progress.tell != NULL)
		run->progress.tell(run->progress.ctx, what, done, total);
}

enum wb_status
wb_run_finish(struct wb_run *run, enum wb_status st, struct wb_error *err)
{
	if (st == WB_OK)
		return wb_db_commit(run->device->db, err);
	wb_db_rollback(run->device->db);
	return st;
}

enum wb_status
wb_run_count(uint64_t *out, struct wb_db *db, const char *sql,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	*out = 0;
	st = wb_db_prepare(&q, db, sql, err);
	if (st == WB_OK)
		st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	*out = (uint64_t)wb_column_int(q, 0);
	wb_stmt_done(q);
	return WB_OK;
}

enum wb_status
wb_run_seen(uint64_t *out, struct wb_run *run, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_head head;
	enum wb_status st;

	st = wb_trust_newest(&head, &signature, run->device, err);
	*out = head.size;
	return st;
}

enum wb_status
wb_run_knowing(struct wb_knowing *out, struct wb_run *run, struct wb_error *err)
{
	const size_t room = sizeof out->query;
	struct wb_held held;
	enum wb_status st;
	uint64_t seen;
	int n;

	st = wb_run_seen(&seen, run, err);
	if (st == WB_OK)
		st = wb_trust_held(&held, run->device, err);
	if (st != WB_OK)
		return st;
	out->known = held.known;
	n = snprintf(out->query, room, "seen=%" PRIu64, seen);
	if (held.size != 0)
		n += snprintf(out->query + n, room - (size_t)n,
		    "&held=%" PRIu64, held.index);
	if (held.size != 0 && held.size != seen)
		(void)snprintf(out->query + n, room - (size_t)n,
		    "&under=%" PRIu64, held.size);
	return WB_OK;
}

enum wb_status
wb_run_bad_answer(struct wb_error *err, enum wb_status st,
    const struct wb_error *why)
{
	if (st == WB_INVALID) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"the server's answer is not understood: %s", why->text),
		    "answer", "Check the address of the server.");
	}
	if (err != NULL)
		*err = *why;
	return st;
}

/* ---- the small steps */

static enum wb_status
check_vault(struct wb_run *run, struct wb_error *err)
{
	return wb_device_need_newest(run->device, err);
}

/* What somebody sent away can do is hand over what was made before. */
static enum wb_status
check_membership(struct wb_run *run, struct wb_error *err)
{
	const struct wb_member *self = run->device->self;
	struct wb_error why = { 0 };

	(void)err;
	run->member = self != NULL && self->state == WB_MEMBER_ACTIVE;
	if (run->member)
		return WB_OK;
	(void)wb_advise(&why,
	    wb_fail(&why, WB_REFUSED,
		"this device is no longer a member of the programme; its "
		"records are kept"),
	    "revoked", "Ask a coordinator.");
	wb_run_problem(run, WB_REFUSED, &why);
	return WB_OK;
}

static void
report_hidden_roster(struct wb_run *run)
{
	struct wb_error why = { 0 };

	(void)wb_advise(&why,
	    wb_fail(&why, WB_FORGED,
		"there is a newer roster than the server shows: it may be "
		"hiding who was sent away"),
	    "roster-withheld",
	    "What you recorded is safe in this vault. Ask a coordinator for "
	    "the roster on a drive: `waybill pack --for LABEL FILE` there, "
	    "`waybill unpack FILE` here.");
	wb_run_problem(run, WB_FORGED, &why);
}

/*
 * One request for all, where this device can be sure to be let in: the feed
 * has the rosters too.  Who reads the whole log must know the newest roster
 * first, to know what is due.
 */
static enum wb_status
look_first(struct wb_run *run, struct wb_error *err)
{
	const struct wb_member *self = run->device->self;
	struct wb_error why = { 0 };
	enum wb_status st;
	uint64_t seen;

	st = wb_run_seen(&seen, run, err);
	if (st != WB_OK)
		return st;
	if (seen == 0 || self == NULL || self->state != WB_MEMBER_ACTIVE ||
	    wb_trust_whole_log(run->device))
		return wb_sync_fetch_rosters(run, err);
	st = wb_sync_read_feed(run, &why);
	/* Why it is not let in any more is for the rosters to show. */
	if (st == WB_REFUSED)
		return wb_sync_fetch_rosters(run, err);
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}

static enum wb_status
read_log(struct wb_run *run, struct wb_error *err)
{
	return run->caught_up ? WB_OK : wb_sync_read_feed(run, err);
}

/* The roster that an ack named must be in the log. */
static enum wb_status
follow_named_roster(struct wb_run *run, struct wb_error *err)
{
	enum wb_status st;
	bool here;

	if (!run->roster_named)
		return WB_OK;
	st = wb_sync_fetch_rosters(run, err);
	if (st == WB_OK)
		st = wb_statement_is_here(&here, run->device, &run->named, err);
	if (st != WB_OK)
		return st;
	run->roster_named = false;
	if (here)
		return WB_OK;
	report_hidden_roster(run);
	return WB_OK;
}

/*
 * Versions that are here are offered to the server.  One that it has already it
 * must show; one that coordinators signed it has no reason to refuse, unless it
 * shows another that came first.
 */
static enum wb_status
check_rosters_shown(struct wb_run *run, struct wb_error *err)
{
	enum wb_status st;
	uint64_t unsent;

	st = wb_sync_unsent_rosters(&unsent, run->device, err);
	if (st != WB_OK || unsent == 0 || run->busy)
		return st;
	st = wb_sync_fetch_rosters(run, err);
	if (st == WB_OK)
		st = wb_sync_unsent_rosters(&unsent, run->device, err);
	if (st == WB_OK && unsent == 0)
		return WB_OK;
	if (run->roster_refused != NULL &&
	    wb_member_may(run->device->self, WB_ROLE_COORDINATOR))
		wb_run_report_refused_roster(run);
	else if (st == WB_OK)
		report_hidden_roster(run);
	return st;
}

/* Who reads the whole log reads what it has sent there, too. */
static enum wb_status
send(struct wb_run *run, struct wb_error *err)
{
	const char *sql = "SELECT count(log_index) FROM statement";
	uint64_t before, after;
	enum wb_status st;

	st = wb_run_count(&before, run->device->db, sql, err);
	if (st == WB_OK)
		st = wb_sync_send_statements(run, err);
	if (st == WB_OK)
		st = wb_run_count(&after, run->device->db, sql, err);
	if (st == WB_OK && after != before && wb_trust_whole_log(run->device))
		run->caught_up = false;
	return st;
}

/* Each batch names the newest head that its device saw: was it of this log? */
static enum wb_status
compare_histories(struct wb_run *run, struct wb_error *err)
{
	struct wb_error found = { 0 };
	enum wb_status st;

	if (!wb_trust_whole_log(run->device))
		return WB_OK;
	st = wb_db_begin(run->device->db, err);
	if (st == WB_OK)
		st = wb_trust_past(&found, run->device, err);
	st = wb_run_finish(run, st, err);
	if (st == WB_OK && found.status != WB_OK)
		wb_run_problem(run, found.status, &found);
	return st;
}

static enum wb_status
send_acks(struct wb_run *run, struct wb_error *err)
{
	uint64_t before = run->out->acks_sent;
	enum wb_status st;

	st = wb_sync_make_acks(run, err);
	if (st == WB_OK)
		st = wb_sync_send_statements(run, err);
	if (st != WB_OK || run->out->acks_sent == before)
		return st;
	return wb_sync_read_feed(run, err);
}

static enum wb_status
purge(struct wb_run *run, struct wb_error *err)
{
	uint64_t purged;

	if (run->device->roster.window_days == 0)
		return WB_OK;
	return wb_journal_purge(&purged, run->device, err);
}

static enum wb_status
note_time(struct wb_run *run, struct wb_error *err)
{
	return wb_setting_put_number(run->device->db, WB_SET_LAST_SYNC,
	    (uint64_t)wb_clock_now(run->device->clock), err);
}

/* ---- the run */

enum who {
	ANYBODY,
	MEMBERS, /* skipped by who is no longer one */
	COORDINATORS
};

/*
 * Each leaves the vault consistent and can be done again, so that a run which
 * stops after any of them is taken up by the next run from the beginning.
 */
static const struct step {
	enum wb_status (*run)(struct wb_run *run, struct wb_error *err);
	enum who who;
} steps[] = {
	{ check_vault, ANYBODY },
	{ look_first, ANYBODY },
	{ wb_sync_send_rosters, ANYBODY },
	{ check_rosters_shown, ANYBODY },
	{ check_membership, ANYBODY },
	{ wb_sync_fetch_annexes, MEMBERS },
	{ wb_sync_send_annexes, COORDINATORS },
	{ read_log, MEMBERS },
	{ follow_named_roster, ANYBODY },
	{ wb_sync_make_batches, MEMBERS },
	{ send, ANYBODY },
	{ read_log, MEMBERS },
	{ follow_named_roster, ANYBODY },
	{ compare_histories, MEMBERS },
	{ wb_sync_fetch_contents, COORDINATORS },
	{ wb_sync_open_batches, COORDINATORS },
	{ send_acks, COORDINATORS },
	{ wb_sync_fetch_witnessed, MEMBERS },
	{ purge, ANYBODY },
	{ note_time, MEMBERS },
};

static bool
is_for_us(const struct wb_run *run, enum who who)
{
	switch (who) {
	case ANYBODY:
		return true;
	case MEMBERS:
		return run->member;
	case COORDINATORS:
		return run->member &&
		       wb_member_may(run->device->self, WB_ROLE_COORDINATOR);
	}
	return false;
}

static enum wb_status
run_steps(struct wb_run *run, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (!is_for_us(run, steps[i].who))
			continue;
		st = steps[i].run(run, err);
		if (st != WB_OK)
			return st;
	}
	return WB_OK;
}

/*
 * Evidence is worth more than the reason why the run ended, and a refusal more
 * than a lost connection: who refuses can hang up, too.
 */
static bool
is_worth_more(enum wb_status problem, enum wb_status end)
{
	if (problem == WB_OK || end == WB_OK)
		return problem != WB_OK;
	return problem == WB_FORGED ||
	       (problem == WB_REFUSED && end == WB_OFFLINE);
}

enum wb_status
wb_sync(struct wb_synced *out, struct wb_device *device,
    struct wb_remote *remote, struct wb_sync_progress progress,
    struct wb_error *err)
{
	struct wb_run run = { .out = out,
		.device = device,
		.remote = remote,
		.progress = progress };
	enum wb_status st;

	*out = (struct wb_synced){ 0 };
	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = run_steps(&run, err);
	if (!is_worth_more(run.problem, st))
		return st;
	if (err != NULL)
		*err = run.problem_error;
	return run.problem;
}
