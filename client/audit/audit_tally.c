/* Tallies: their ranges, what they leave out, and what they add up to. */
#include "client/audit/audit_tally.h"

#include <stdlib.h>

#include "client/audit/auditor.h"
#include "client/ledger/tally_check.h"
#include "client/ledger/tally_seal.h"

#define BUDGET_KEPT ((size_t)64 << 20) /* bytes of all totals shown */

void
wb_auditor_begin_tallies(struct wb_auditor *a)
{
	struct wb_audit_tallies *t;

	if (a->tallies != NULL)
		return;
	t = calloc(1, sizeof *t);
	a->tallies = t;
	if (t == NULL) {
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "out of memory"));
		return;
	}
	wb_arena_init(&t->arena, WB_MAX_TALLY_BUDGET);
	wb_arena_init(&a->out->tally_arena, BUDGET_KEPT);
	a->out->tallies = wb_arena_array(&a->out->tally_arena,
	    WB_MAX_AUDIT_NOTES, sizeof *a->out->tallies);
	if (a->out->tallies == NULL)
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "out of memory"));
	wb_auditor_fail(a, wb_tallies_new(&t->rules, a->key, a->err));
}

void
wb_auditor_clear_tallies(struct wb_auditor *a)
{
	struct wb_audit_tallies *t = a->tallies;

	if (t == NULL)
		return;
	wb_tallies_free(&t->rules);
	wb_tally_scope_clear(&t->scope);
	wb_arena_clear(&t->arena);
	free(t->counted);
	free(t->answers);
	free(t);
	a->tallies = NULL;
}

/* ------------------------------------------------------- what they cover */

void
wb_auditor_tally_roster(struct wb_auditor *a, uint64_t index)
{
	if (a->tallies != NULL && a->status == WB_OK)
		wb_auditor_fail(a, wb_tallies_roster(a->tallies->rules, index,
				       &a->roster, a->err));
}

void
wb_auditor_tally_batch(struct wb_auditor *a, uint64_t index,
    const struct wb_hash *id, const struct wb_batch *batch)
{
	if (a->tallies != NULL && a->status == WB_OK)
		wb_auditor_fail(a, wb_tallies_batch(a->tallies->rules, index,
				       id, batch, a->err));
}

void
wb_auditor_tally_ack(struct wb_auditor *a, uint64_t index,
    const struct wb_ack *ack)
{
	if (a->tallies != NULL && a->status == WB_OK)
		wb_tallies_ack(a->tallies->rules, index, ack);
}

/* ------------------------------------------------------------- outcomes */

/* The row of the tally looked at; NULL: there are too many to show. */
static struct wb_audited_tally *
newest_row(struct wb_auditor *a)
{
	return a->out->tally_count > WB_MAX_AUDIT_NOTES
		   ? NULL
		   : &a->out->tallies[a->out->tally_count - 1];
}

static void
begin_row(struct wb_auditor *a, uint64_t index, const struct wb_tally *tally)
{
	struct wb_audited_tally *row;

	a->out->tally_count++;
	row = newest_row(a);
	if (row != NULL) {
		*row = (struct wb_audited_tally){ .index = index,
			.first = tally->first,
			.last = tally->last,
			.result = WB_AUDIT_UNCHECKED };
	}
}

/* Once a tally, good or bad; one that has none stays unchecked. */
static void
settle(struct wb_auditor *a, enum wb_verdict_result result)
{
	struct wb_audited_tally *row = newest_row(a);

	a->tallies->settled++;
	if (row != NULL)
		row->result = result;
}

static void
bad_tally(struct wb_auditor *a, uint64_t index, const struct wb_error *why)
{
	wb_auditor_problem(a, wb_about_entry(wb_error_id(why), index),
	    "the tally of entry %ju does not hold: %s", (uintmax_t)index,
	    why->text);
	settle(a, WB_AUDIT_BAD);
}

/* A fault of the evidence, or of this machine? */
static bool
is_fault(struct wb_auditor *a, enum wb_status st, const struct wb_error *why)
{
	if (st == WB_FORGED || st == WB_INVALID)
		return true;
	wb_auditor_fail(a, wb_fail(a->err, st, "%s", why->text));
	return false;
}

void
wb_auditor_tally(struct wb_auditor *a, uint64_t index, const struct wb_hash *id,
    const struct wb_tally *tally, bool proper)
{
	struct wb_audit_tallies *t = a->tallies;
	struct wb_error why = { 0 };
	enum wb_status st;

	if (t == NULL) {
		a->tallies_unseen++;
		return;
	}
	if (a->status != WB_OK)
		return;
	begin_row(a, index, tally);
	t->holes = t->holes || a->history.tree.size <= index;
	if (!proper)
		settle(a, WB_AUDIT_BAD);
	if (!proper || t->holes)
		return;
	st = wb_tallies_follows(t->rules, index, tally, &why);
	if (st == WB_OK)
		st = wb_tallies_scope(&t->scope, t->rules, tally->last, &why);
	if (st == WB_OK) {
		t->pending = true;
		t->id = *id;
		t->tally = *tally;
		t->tally.signers = NULL;
		t->tally.signer_count = 0;
	} else if (is_fault(a, st, &why)) {
		bad_tally(a, index, &why);
	}
}

/* Right or wrong, its range is spent; samples are drawn from the newest. */
static void
end_pending(struct wb_auditor *a)
{
	struct wb_audit_tallies *t = a->tallies;

	t->pending = false;
	wb_auditor_fail(a,
	    wb_tallies_take(t->rules, &t->id, &t->tally, a->err));
	free(t->counted);
	t->counted = t->scope.counted;
	t->counted_count = t->scope.counted_count;
	t->newest = t->id;
	t->newest_index = a->waiting_index;
	t->newest_first = t->tally.first;
	t->newest_last = t->tally.last;
	t->scope.counted = NULL;
	wb_tally_scope_clear(&t->scope);
	wb_arena_clear(&t->arena);
}

void
wb_auditor_no_tally_content(struct wb_auditor *a)
{
	if (a->tallies != NULL && a->tallies->pending)
		end_pending(a);
}

/* ------------------------------------------------------------- contents */

static enum wb_status
copy_totals(struct wb_audited_tally *row, struct wb_arena *arena,
    const struct wb_tally_content *content, struct wb_error *err)
{
	size_t n = content->total_count;
	enum wb_status st = WB_OK;

	row->totals = wb_arena_array(arena, n, sizeof *row->totals);
	if (row->totals == NULL)
		return wb_fail(err, WB_NO_MEMORY,
		    "there are too many totals to show");
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		row->totals[i].quantity = content->totals[i].quantity;
		st = wb_arena_copy(&row->totals[i].measure, arena,
		    content->totals[i].measure, err);
	}
	row->total_count = n;
	return st;
}

static void
show(struct wb_auditor *a, const struct wb_tally_content *content)
{
	const struct wb_tally_scope *scope = &a->tallies->scope;
	struct wb_audited_tally *row = newest_row(a);

	if (row == NULL)
		return;
	row->batches = scope->counted_count;
	row->devices = scope->device_count;
	row->excluded = scope->excluded_count;
	row->included = scope->included_count;
	wb_auditor_fail(a,
	    copy_totals(row, &a->out->tally_arena, content, a->err));
}

static enum wb_status
check_content(struct wb_auditor *a, struct wb_span bytes, struct wb_error *why)
{
	struct wb_audit_tallies *t = a->tallies;
	struct wb_tally_content content;
	struct wb_hash hash;
	enum wb_status st;

	wb_sha256_one(&hash, bytes);
	if (!wb_hash_equal(&hash, &t->tally.totals_hash)) {
		return wb_advise(why,
		    wb_fail(why, WB_FORGED,
			"the totals shown are not those that were signed"),
		    "tally-content", NULL);
	}
	st = wb_tally_content_decode(&content, &t->arena, bytes, why);
	if (st != WB_OK)
		return wb_advise(why, st, "tally-form", NULL);
	show(a, &content);
	return wb_tally_check(&t->scope, &content, why);
}

void
wb_auditor_tally_content(struct wb_auditor *a, struct wb_span content)
{
	struct wb_error why = { 0 };
	uint64_t index = a->waiting_index;
	enum wb_status st;

	if (a->tallies == NULL || !a->tallies->pending || a->status != WB_OK)
		return;
	st = check_content(a, content, &why);
	if (st == WB_OK)
		settle(a, WB_AUDIT_GOOD);
	else if (is_fault(a, st, &why))
		bad_tally(a, index, &why);
	end_pending(a);
}

void
wb_auditor_tally_file(struct wb_auditor *a, struct wb_span file)
{
	struct wb_error why = { 0 };
	struct wb_bytes content;
	enum wb_status st;

	if (a->tallies == NULL || !a->tallies->pending ||
	    a->options.reader_count == 0)
		return;
	wb_bytes_init(&content, WB_MAX_TALLY_CONTENT);
	st = wb_tally_unseal(&content, file, a->options.readers,
	    a->options.reader_count, &why);
	if (st == WB_OK) {
		wb_auditor_tally_content(a, wb_bytes_span(&content));
	} else if (st == WB_NOT_FOUND) {
		a->undecryptable++;
	} else if (is_fault(a, st, &why)) {
		bad_tally(a, a->waiting_index, &why);
		end_pending(a);
	}
	wb_bytes_clear(&content);
}

void
wb_auditor_end_tallies(struct wb_auditor *a)
{
	struct wb_audit_tallies *t = a->tallies;
	uint64_t open;

	wb_auditor_no_tally_content(a);
	if (a->tallies_unseen != 0) {
		wb_auditor_note(a, "%ju %s not added up: --tally does that",
		    (uintmax_t)a->tallies_unseen,
		    a->tallies_unseen == 1 ? "tally was" : "tallies were");
	}
	if (!a->openings && (a->options.has_nonce || a->options.samples != 0 ||
				a->options.sampled != 0)) {
		wb_auditor_unchecked(a,
		    "no samples were opened here, and some were asked for");
	}
	if (t == NULL)
		return;
	open = a->out->tally_count - t->settled;
	if (a->out->tally_count == 0)
		wb_auditor_unchecked(a, "no tally is in the log");
	if (open != 0) {
		wb_auditor_unchecked(a,
		    t->holes ? "%ju tallies could not be added up, because "
			       "entries of the log are missing"
			     : "%ju tallies could not be added up, because "
			       "their totals are sealed or missing",
		    (uintmax_t)open);
	}
	wb_auditor_end_challenge(a);
}
