/*
 * The step of sync that learns what is witnessed.  The server shows the newest
 * head that the quorum has cosigned, which is seldom the newest of all: so it
 * must prove that both are of one history, by the proofs it has for rosters.
 */
#include <inttypes.h>
#include <stdio.h>

#include "client/sync/sync_page.h"
#include "client/trust/witnessed.h"

#define TRIES 6 /* a busy log grows between two questions */

/* A witnessed head on its way, and one after it to which it was proven. */
struct showing {
	struct wb_run *run;
	struct wb_head witnessed;
	struct wb_head after;
};

static enum wb_status
two_histories(struct wb_error *err)
{
	return wb_trust_evidence(err, "log-fork",
	    "what witnesses have cosigned is not the log that the server "
	    "shows: there are two histories");
}

/* The log from `seen` to its newest head. */
static enum wb_status
ask(struct wb_page *p, struct wb_run *run, uint64_t from, uint64_t seen,
    struct wb_error *err)
{
	char path[WB_PAGE_PATH];

	(void)snprintf(path, sizeof path,
	    "/v1/roster?from=%" PRIu64 "&seen=%" PRIu64, from, seen);
	return wb_page_get(p, run, path, NULL, false, err);
}

/* Brings the newest head that is known here up to the server's. */
static enum wb_status
move_on(struct wb_page *p, struct wb_run *run, const struct wb_head *newest,
    struct wb_error *err)
{
	enum wb_status st = ask(p, run, newest->size, newest->size, err);

	if (st == WB_OK)
		st = wb_db_begin(run->device->db, err);
	if (st != WB_OK)
		return st;
	return wb_run_finish(run, wb_page_take_head(p, run, err), err);
}

/* From the witnessed head to a later one, which may be new here too. */
static enum wb_status
prove(struct wb_page *p, struct showing *s, const struct wb_head *newest,
    struct wb_error *err)
{
	enum wb_status st;

	st = ask(p, s->run, newest->size, s->witnessed.size, err);
	if (st == WB_OK)
		st = wb_trust_open_head(&s->after, s->run->device,
		    p->checkpoint, err);
	if (st != WB_OK)
		return st;
	if (s->after.size < newest->size) {
		return wb_trust_evidence(err, "log-rolled-back",
		    "the log is shorter than it was before: entries were "
		    "taken back");
	}
	if (wb_consistency_verify(s->witnessed.size, &s->witnessed.root,
		s->after.size, &s->after.root, &p->feed.consistency,
		NULL) != WB_OK)
		return two_histories(err);
	return WB_OK;
}

/* *settled: one of the two heads is the newest known here. */
static enum wb_status
compare(bool *settled, const struct showing *s, const struct wb_head *newest,
    struct wb_error *err)
{
	const struct wb_head *known[] = { &s->witnessed, &s->after };

	for (size_t i = 0; i < 2; i++) {
		if (known[i]->size != newest->size)
			continue;
		*settled = true;
		if (!wb_hash_equal(&known[i]->root, &newest->root))
			return two_histories(err);
	}
	return WB_OK;
}

static enum wb_status
settle(bool *settled, struct showing *s, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_head newest;
	enum wb_status st;
	struct wb_page p;

	*settled = false;
	wb_page_init(&p);
	for (int i = 0; i < TRIES; i++) {
		st = wb_trust_newest(&newest, &signature, s->run->device, err);
		if (st == WB_OK)
			st = compare(settled, s, &newest, err);
		if (st != WB_OK || *settled)
			break;
		if (s->witnessed.size < newest.size &&
		    s->after.size < newest.size)
			st = prove(&p, s, &newest, err);
		else
			st = move_on(&p, s->run, &newest, err);
		if (st != WB_OK)
			break;
	}
	wb_page_clear(&p);
	return st;
}

static enum wb_status
take(struct wb_run *run, struct wb_span note, struct wb_error *err)
{
	struct showing s = { .run = run };
	uint64_t known;
	enum wb_status st;
	bool settled;

	/* One that a quorum of an older policy had cosigned says nothing. */
	if (!wb_witnessed_by_quorum(&s.witnessed, run->device, note))
		return WB_OK;
	st = wb_witnessed_size(&known, run->device, err);
	if (st == WB_OK && s.witnessed.size > known) {
		st = settle(&settled, &s, err);
		if (st == WB_OK && settled) {
			st = wb_witnessed_keep(run->device, note, err);
			known = s.witnessed.size;
		}
	}
	run->out->witnessed = known;
	return st;
}

enum wb_status
wb_sync_fetch_witnessed(struct wb_run *run, struct wb_error *err)
{
	struct wb_bytes note;
	enum wb_status st;

	if (!wb_witnessed_wanted(run->device))
		return WB_OK;
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_remote_get(&note, run->remote, "/v1/witnessed", false,
	    WB_MAX_NOTE, err);
	if (st == WB_OK)
		st = take(run, wb_bytes_span(&note), err);
	else if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	wb_bytes_clear(&note);
	return st;
}
