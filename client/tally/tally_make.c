#include "client/tally/tally_make.h"

#include <inttypes.h>
#include <string.h>

#include "client/ledger/tally_check.h"
#include "client/ledger/tally_seal.h"
#include "client/tally/tally_private.h"
#include "client/trust/trust.h"
#include "proto/wire.h"

static enum wb_status
fail(struct wb_error *err, const char *id, const char *what, const char *next)
{
	return wb_advise(err, wb_fail(err, WB_FAILED, "%s", what), id, next);
}

enum wb_status
wb_tally_may_make(struct wb_device *device, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool waits;

	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = wb_device_need_coordinator(device, err);
	if (st == WB_OK)
		st = wb_device_need_newest(device, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&q, device->db,
		    "SELECT 1 FROM statement WHERE type = ?"
		    " AND log_index IS NULL",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, WB_STATEMENT_TALLY);
	st = wb_step(q, &waits, err);
	wb_stmt_done(q);
	if (st != WB_OK || !waits)
		return st;
	return fail(err, "tally-waits",
	    "a tally is made and not in the log yet; no other was made",
	    "Send it first: waybill sync");
}

enum wb_status
wb_tally_check_cells(const struct wb_tally_scope *scope,
    const struct wb_tally_sum *sum, const struct wb_tally_wish *wish,
    struct wb_error *err)
{
	enum wb_status st;

	if (wish->small_cells)
		return WB_OK;
	if (scope->counted_count < WB_MIN_TALLY_BATCHES ||
	    scope->device_count < WB_MIN_TALLY_DEVICES) {
		st = wb_fail(err, WB_FAILED,
		    "these totals would be of %zu batch%s and %zu device%s; "
		    "fewer than %d and %d tell who did what, so nothing was "
		    "published",
		    scope->counted_count, scope->counted_count == 1 ? "" : "es",
		    scope->device_count, scope->device_count == 1 ? "" : "s",
		    WB_MIN_TALLY_BATCHES, WB_MIN_TALLY_DEVICES);
	} else if (sum->rare.len != 0) {
		st = wb_fail(err, WB_FAILED,
		    "only one or two devices reported \"%.*s\": its total "
		    "tells who did what, so nothing was published",
		    (int)sum->rare.len, (const char *)sum->rare.data);
	} else {
		return WB_OK;
	}
	return wb_advise(err, st, "small-cells",
	    "Wait for more, or publish it all the same: --small-cells");
}

/* ------------------------------------------------------------- signers */

static bool
is_signer(const struct wb_tally *tally, const struct wb_key *key)
{
	for (size_t i = 0; i < tally->signer_count; i++)
		if (wb_key_equal(&tally->signers[i], key))
			return true;
	return false;
}

static enum wb_status
add_named(struct wb_tally *tally, const struct wb_roster *roster,
    struct wb_span label, struct wb_error *err)
{
	const struct wb_member *m = wb_roster_find_label(roster, label);

	if (!wb_member_may(m, WB_ROLE_COORDINATOR) ||
	    is_signer(tally, &m->key) ||
	    tally->signer_count == WB_MAX_TALLY_SIGNERS) {
		return wb_fail(err, WB_USAGE,
		    "%.*s is no other coordinator who could sign too",
		    (int)label.len, (const char *)label.data);
	}
	tally->signers[tally->signer_count++] = m->key;
	return WB_OK;
}

/* This coordinator first; then who was named, or the first of the roster. */
static enum wb_status
choose_signers(struct wb_tally_made *made, struct wb_device *device,
    const struct wb_tally_wish *wish, struct wb_error *err)
{
	const struct wb_roster *roster = &device->roster;
	size_t need = roster->tally_threshold;
	struct wb_tally *tally = &made->tally;
	enum wb_status st = WB_OK;

	tally->signers = wb_arena_array(&made->arena, WB_MAX_TALLY_SIGNERS,
	    sizeof *tally->signers);
	if (tally->signers == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	tally->signers[0] = device->signer.key;
	tally->signer_count = 1;
	for (size_t i = 0; st == WB_OK && i < wish->with_count; i++)
		st = add_named(tally, roster, wish->with[i], err);
	for (size_t i = 0;
	     st == WB_OK && wish->with_count == 0 && i < roster->member_count;
	     i++) {
		const struct wb_member *m = &roster->members[i];

		if (tally->signer_count < need &&
		    tally->signer_count < WB_MAX_TALLY_SIGNERS &&
		    wb_member_may(m, WB_ROLE_COORDINATOR) &&
		    !is_signer(tally, &m->key))
			tally->signers[tally->signer_count++] = m->key;
	}
	if (st != WB_OK || tally->signer_count >= need)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_FAILED,
		"a tally of this programme needs %zu signers, and %zu were "
		"found",
		need, tally->signer_count),
	    "too-few-signers", "See who there is: waybill people");
}

/* ------------------------------------------------------------- content */

static enum wb_status
check_range(const struct wb_tally_log *log, struct wb_error *err)
{
	if (log->size <= wb_tallies_place(log->tallies).first) {
		return fail(err, "nothing-new",
		    "the log has nothing that is newer than the last tally",
		    "Sync first: waybill sync");
	}
	return WB_OK;
}

static void
fill_content(struct wb_tally_made *made, const struct wb_tally_scope *scope,
    const struct wb_tally_sum *sum, struct wb_device *device)
{
	struct wb_tally_content *c = &made->content;

	made->batches = scope->counted_count;
	made->devices = scope->device_count;
	c->included = scope->included;
	c->included_count = scope->included_count;
	c->excluded = scope->excluded;
	c->excluded_count = scope->excluded_count;
	c->totals = sum->totals;
	c->total_count = sum->total_count;
	c->blinding = sum->blinding;
	wb_random_fill(device->random, c->salt.b, sizeof c->salt.b);
}

/* What is shown afterwards is read back from what was hashed. */
static enum wb_status
seal(struct wb_bytes *file, struct wb_tally_made *made,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_recipient reader;
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_TALLY_CONTENT);
	st = wb_tally_content_encode(&plain, &made->content, err);
	if (st == WB_INVALID)
		st = wb_context(err, WB_FAILED, "this cannot be published");
	if (st == WB_OK)
		st = wb_tally_content_decode(&made->content, &made->arena,
		    wb_bytes_span(&plain), err);
	if (st == WB_OK)
		st = wb_recipient_parse(&reader, device->roster.reader, err);
	if (st == WB_OK)
		st = wb_tally_seal(file, wb_bytes_span(&plain), &reader,
		    device->random, err);
	if (st == WB_OK) {
		wb_sha256_one(&made->tally.totals_hash, wb_bytes_span(&plain));
		wb_sha256_one(&made->tally.content_hash, wb_bytes_span(file));
	}
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
fill(struct wb_bytes *file, struct wb_tally_made *made,
    struct wb_device *device, struct wb_tally_log *log,
    const struct wb_tally_wish *wish, struct wb_error *err)
{
	struct wb_tally_scope scope = { 0 };
	struct wb_tally_sum sum = { 0 };
	enum wb_status st;

	st = wb_tallies_scope(&scope, log->tallies, made->tally.last, err);
	if (st == WB_OK && scope.counted_count == 0) {
		st = fail(err, "nothing-to-count",
		    made->tally.first == 0
			? "no batch was opened here yet; nothing was published"
			: "no batch was opened since the last tally; nothing "
			  "was published",
		    "What the next sync opens can be added up: waybill sync");
	}
	if (st == WB_OK)
		st = wb_tally_sum(&sum, device, scope.counted,
		    scope.counted_count, wish->progress, err);
	if (st == WB_OK)
		st = wb_tally_check_cells(&scope, &sum, wish, err);
	if (st == WB_OK)
		st = wb_tally_check_sum(scope.counted, scope.counted_count,
		    sum.totals, sum.total_count, &sum.blinding, err);
	if (st == WB_OK) {
		fill_content(made, &scope, &sum, device);
		st = seal(file, made, device, err);
	}
	wb_tally_sum_clear(&sum);
	wb_tally_scope_clear(&scope);
	return st;
}

enum wb_status
wb_tally_make(struct wb_tally_made *out, struct wb_device *device,
    const struct wb_tally_wish *wish, struct wb_error *err)
{
	struct wb_signature signatures[WB_MAX_TALLY_SIGNERS];
	struct wb_tally_log log = { 0 };
	struct wb_tally_place place;
	struct wb_bytes file;
	enum wb_status st;

	*out = (struct wb_tally_made){ 0 };
	wb_arena_init(&out->arena, WB_MAX_TALLY_BUDGET);
	wb_bytes_init(&out->proposal, 2 * WB_MAX_CONTENT);
	wb_bytes_init(&file, WB_MAX_CONTENT);
	st = wb_tally_may_make(device, err);
	if (st == WB_OK)
		st = choose_signers(out, device, wish, err);
	if (st == WB_OK)
		st = wb_tally_log_read(&log, device, err);
	if (st == WB_OK)
		st = check_range(&log, err);
	if (st == WB_OK) {
		place = wb_tallies_place(log.tallies);
		out->tally.programme = device->programme;
		out->tally.first = place.first;
		out->tally.last = log.size - 1;
		out->tally.previous = place.previous;
		st = fill(&file, out, device, &log, wish, err);
	}
	if (st == WB_OK)
		st = wb_tally_sign(out, device, signatures, 0,
		    wb_bytes_span(&file), err);
	wb_bytes_clear(&file);
	wb_tally_log_clear(&log);
	return st;
}

void
wb_tally_made_clear(struct wb_tally_made *made)
{
	wb_arena_clear(&made->arena);
	wb_bytes_clear(&made->proposal);
	*made = (struct wb_tally_made){ 0 };
}
