/* The steps of sync that carry the catalogue, places and names. */
#include <stdio.h>
#include <string.h>

#include "client/sync/sync_run.h"
#include "client/team/annexes.h"
#include "crypto/text.h"
#include "proto/transfer.h"

#define MAX_NAMED (2 + WB_MAX_MEMBERS) /* hashes that one roster can name */
#define MAX_COPIES 16 /* that a server keeps of one annex */
#define MAX_BODY (MAX_COPIES * (WB_MAX_ANNEX + 64)) /* bytes */
#define BODY_GOAL ((size_t)1 << 20) /* bytes, and then it is sent */
#define SEAL_BUDGET ((size_t)64 << 20) /* bytes */
#define MAX_ANSWER ((size_t)64 << 10) /* bytes; nothing is expected */
#define PATH_TEXT 96
#define SETTING "annexes-sent" /* hashes, one after the other */

/* ---- reading */

static enum wb_status
is_wanted(bool *wanted, struct wb_db *db, const struct wb_hash *hash,
    struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool here;

	*wanted = false;
	if (wb_hash_is_zero(hash))
		return WB_OK;
	st = wb_db_prepare(&q, db, "SELECT 1 FROM annex WHERE hash = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, wb_hash_span(hash));
	st = wb_step(q, &here, err);
	wb_stmt_done(q);
	*wanted = !here;
	return st;
}

/*
 * The first copy that this device can read and that is what the roster names.
 * Others were made for others, or are junk that anybody can hand in.
 */
static enum wb_status
take_a_copy(bool *taken, struct wb_run *run, const struct wb_hash *hash,
    const struct wb_annex *copies, size_t n, struct wb_error *err)
{
	enum wb_status st;

	*taken = false;
	st = wb_db_begin(run->device->db, err);
	for (size_t i = 0; i < n && st == WB_OK && !*taken; i++) {
		if (!wb_hash_equal(&copies[i].hash, hash))
			continue;
		st = wb_annexes_take(run->device, hash, copies[i].file, err);
		*taken = st == WB_OK;
		if (st == WB_NOT_FOUND || st == WB_FORGED || st == WB_INVALID)
			st = WB_OK;
	}
	return wb_run_finish(run, st, err);
}

static enum wb_status
fetch(bool *taken, struct wb_run *run, const struct wb_hash *hash,
    struct wb_error *err)
{
	char path[PATH_TEXT] = "/v1/annexes/";
	struct wb_error why = { 0 };
	struct wb_annex *copies;
	struct wb_arena arena;
	struct wb_bytes body;
	enum wb_status st;
	size_t n;

	*taken = false;
	wb_hex_format(path + strlen(path), wb_hash_span(hash));
	wb_bytes_init(&body, MAX_BODY);
	wb_arena_init(&arena, MAX_BODY);
	st = wb_remote_get(&body, run->remote, path, true, MAX_BODY, err);
	if (st == WB_NOT_FOUND) {
		st = WB_OK;
		goto done;
	}
	if (st != WB_OK)
		goto done;
	st = wb_annexes_decode(&copies, &n, &arena, wb_bytes_span(&body), &why);
	if (st == WB_OK)
		st = take_a_copy(taken, run, hash, copies, n, err);
	else
		st = wb_run_bad_answer(err, st, &why);
done:
	wb_arena_clear(&arena);
	wb_bytes_clear(&body);
	return st;
}

static enum wb_status
fetch_if_wanted(bool *taken, struct wb_run *run, const struct wb_hash *hash,
    struct wb_error *err)
{
	enum wb_status st;
	bool wanted;

	*taken = false;
	st = is_wanted(&wanted, run->device->db, hash, err);
	return st == WB_OK && wanted ? fetch(taken, run, hash, err) : st;
}

enum wb_status
wb_sync_fetch_annexes(struct wb_run *run, struct wb_error *err)
{
	const struct wb_device *d = run->device;
	enum wb_status st;
	bool taken;

	st = fetch_if_wanted(&taken, run, &d->roster.catalogue_hash, err);
	if (st == WB_OK)
		st = fetch_if_wanted(&taken, run, &d->self->places_hash, err);
	if (st != WB_OK || !wb_member_may(d->self, WB_ROLE_COORDINATOR))
		return st;
	return fetch_if_wanted(&run->names_taken, run, &d->roster.names_hash,
	    err);
}

/* ---- writing */

/* Hashes that this device has handed in. */
struct sent {
	struct wb_bytes before;
	struct wb_bytes after; /* of those, what the newest roster names */
	bool complete;
};

static bool
has(const struct wb_bytes *list, const struct wb_hash *hash)
{
	for (size_t i = 0; i + WB_HASH_LEN <= list->len; i += WB_HASH_LEN)
		if (memcmp(list->data + i, hash->b, WB_HASH_LEN) == 0)
			return true;
	return false;
}

static enum wb_status
look_up(struct sent *s, const struct wb_hash *hash, struct wb_error *err)
{
	if (wb_hash_is_zero(hash) || has(&s->after, hash))
		return WB_OK;
	if (!has(&s->before, hash)) {
		s->complete = false;
		return WB_OK;
	}
	return wb_bytes_append(&s->after, wb_hash_span(hash), err);
}

static enum wb_status
look_up_all(struct sent *s, struct wb_run *run, struct wb_error *err)
{
	const struct wb_roster *r = &run->device->roster;
	enum wb_status st;

	s->complete = true;
	st = wb_setting_get(&s->before, run->device->db, SETTING, err);
	if (st != WB_OK && st != WB_NOT_FOUND)
		return st;
	st = look_up(s, &r->catalogue_hash, err);
	if (st == WB_OK)
		st = look_up(s, &r->names_hash, err);
	for (size_t i = 0; i < r->member_count && st == WB_OK; i++)
		st = look_up(s, &r->members[i].places_hash, err);
	return st;
}

static enum wb_status
post(struct wb_run *run, const struct wb_annex *annexes, size_t n,
    struct wb_error *err)
{
	struct wb_bytes body, answer;
	enum wb_status st;

	wb_bytes_init(&body, MAX_BODY);
	wb_bytes_init(&answer, MAX_ANSWER);
	st = wb_annexes_encode(&body, annexes, n, err);
	if (st == WB_OK)
		st = wb_remote_post(&answer, run->remote, "/v1/annexes",
		    wb_bytes_span(&body), true, MAX_ANSWER, err);
	wb_bytes_clear(&answer);
	wb_bytes_clear(&body);
	return st;
}

/* In bodies of about 1 MiB. */
static enum wb_status
post_all(struct wb_run *run, const struct wb_annex *annexes, size_t n,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	size_t first = 0, bytes = 0;

	for (size_t i = 0; i < n && st == WB_OK; i++) {
		bytes += annexes[i].file.len;
		if (bytes < BODY_GOAL && i + 1 < n)
			continue;
		st = post(run, annexes + first, i + 1 - first, err);
		first = i + 1;
		bytes = 0;
	}
	return st;
}

/* Moves what was sent already behind the rest, and forgets it. */
static size_t
leave_out_sent(struct wb_annex *annexes, size_t n, const struct sent *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!has(&s->before, &annexes[i].hash))
			annexes[kept++] = annexes[i];
	return kept;
}

static enum wb_status
seal_and_post(struct sent *s, struct wb_run *run, struct wb_error *err)
{
	struct wb_annex *annexes;
	struct wb_arena arena;
	enum wb_status st;
	size_t n;

	wb_arena_init(&arena, SEAL_BUDGET);
	st = wb_annexes_seal(&annexes, &n, &arena, run->device, err);
	if (st == WB_OK) {
		n = leave_out_sent(annexes, n, s);
		st = post_all(run, annexes, n, err);
	}
	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = wb_bytes_append(&s->after, wb_hash_span(&annexes[i].hash),
		    err);
	if (st == WB_OK && n != 0)
		st = wb_setting_put(run->device->db, SETTING,
		    wb_bytes_span(&s->after), err);
	wb_arena_clear(&arena);
	return st;
}

/* Nobody's records wait for these files: the run goes on without them. */
static enum wb_status
note_refusal(struct wb_run *run, const struct wb_error *refused)
{
	struct wb_error why = *refused;

	if (strcmp(wb_error_id(refused), "shelf-full") == 0) {
		(void)wb_advise(&why,
		    wb_fail(&why, WB_PARTIAL,
			"the server has no room for the programme's lists of "
			"items, places and names"),
		    "shelf-full",
		    "Tell who runs the server. Records are sent and read all "
		    "the same; what was changed in these lists waits.");
	}
	wb_run_problem(run, why.status, &why);
	return WB_OK;
}

/*
 * What a server says it has is not asked for: anybody can hand in junk under
 * a name.  Each coordinator hands in each annex once, and when the roster that
 * names it is logged: a full shelf holds no others.
 */
enum wb_status
wb_sync_send_annexes(struct wb_run *run, struct wb_error *err)
{
	struct wb_error why = { 0 };
	struct sent s = { 0 };
	enum wb_status st;
	uint64_t unsent;

	st = wb_sync_unsent_rosters(&unsent, run->device, err);
	if (st != WB_OK || unsent != 0)
		return st;
	wb_bytes_init(&s.before, (size_t)MAX_NAMED * WB_HASH_LEN);
	wb_bytes_init(&s.after, (size_t)MAX_NAMED * WB_HASH_LEN);
	st = look_up_all(&s, run, &why);
	if (st == WB_OK && !s.complete)
		st = seal_and_post(&s, run, &why);
	wb_bytes_clear(&s.after);
	wb_bytes_clear(&s.before);
	if (st == WB_REFUSED)
		return note_refusal(run, &why);
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}
