/* What an auditor adds up, and hands over of devices and heads. */
#include <string.h>

#include "client/audit/auditor.h"

/* A broken rule is a problem once a coordinator let it pass: see below. */
void
wb_auditor_count(struct wb_auditor *a, const struct wb_opened_batch *opened)
{
	const struct wb_audit_sender sender = {
		.batch = &a->batch_id,
		.device = a->batch_device,
		.coordinator = wb_member_may(wb_roster_find(&a->roster,
						 &a->batch.signer),
		    WB_ROLE_COORDINATOR),
	};
	struct wb_error why = { 0 };
	enum wb_status st;

	if (a->totals == NULL || a->batch_uncounted)
		return;
	st = wb_audit_totals_add(a->totals, &sender, opened, &why);
	if (st == WB_NO_MEMORY)
		wb_auditor_fail(a, wb_fail(a->err, st, "%s", why.text));
	else if (st != WB_OK)
		wb_auditor_note(a, "the batch of entry %ju is not counted: %s",
		    (uintmax_t)a->waiting_index, why.text);
}

void
wb_auditor_verdict(struct wb_auditor *a, uint64_t index,
    const struct wb_verdict *verdict)
{
	if (a->totals == NULL)
		return;
	if (verdict->outcome == WB_OUTCOME_DISPUTED) {
		wb_auditor_fail(a, wb_audit_totals_dispute(a->totals,
				       &verdict->statement, a->err));
	} else if (verdict->outcome == WB_OUTCOME_OPENED &&
		   !wb_audit_totals_vouch(a->totals, &verdict->statement)) {
		wb_auditor_problem(a, wb_about_entry("vouched", index),
		    "entry %ju calls a batch in order that breaks a rule",
		    (uintmax_t)index);
	}
}

static size_t
count_gaps(const struct wb_audited_device *d)
{
	uint64_t first, last;
	size_t n = 0;

	for (size_t i = 0; i < d->chain.count; i++)
		n += wb_chain_gap(&first, &last, &d->chain, i);
	return n;
}

/* Takes what is left of `room` for its gaps. */
static void
cover(struct wb_auditor *a, struct wb_audit_device *out,
    const struct wb_audited_device *d, size_t *room)
{
	const struct wb_chain *chain = &d->chain;
	size_t n = count_gaps(d);
	uint64_t first, last;

	if (n > *room)
		n = *room;
	*room -= n;
	out->revoked = wb_auditor_revoked(a, &d->key) != NULL;
	out->distrust_from = d->distrust_from;
	out->batches = d->batches;
	out->forks = d->forks;
	out->suspect = d->suspect;
	out->last_entry = d->last_entry;
	if (chain->count != 0)
		out->newest = chain->runs[chain->count - 1].last.sequence;
	wb_auditor_fail(a, wb_arena_copy(&out->label, &a->out->arena,
			       wb_span_text(d->label), a->err));
	out->gaps = wb_arena_array(&a->out->arena, n, sizeof *out->gaps);
	for (size_t i = 0; i < chain->count; i++) {
		if (!wb_chain_gap(&first, &last, chain, i))
			continue;
		out->missing += last - first + 1;
		if (out->gaps != NULL && out->gap_count < n) {
			out->gaps[out->gap_count++] = (struct wb_audit_gap){
				first, last
			};
		}
	}
}

static void
cover_all(struct wb_auditor *a)
{
	struct wb_audit *out = a->out;
	size_t room = WB_MAX_AUDIT_GAPS;

	out->coverage = wb_arena_array(&out->arena, (size_t)out->devices,
	    sizeof *out->coverage);
	if (out->coverage == NULL) {
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "too many devices to show"));
		return;
	}
	for (size_t i = 0; i < out->devices; i++)
		cover(a, &out->coverage[i], &a->devices[i], &room);
}

void
wb_auditor_end_counting(struct wb_auditor *a)
{
	struct wb_audit *out = a->out;

	if (a->roster.version != 0)
		memcpy(out->log, a->log.name, sizeof out->log);
	if (a->head_good)
		out->head = a->head;
	cover_all(a);
	if (a->totals == NULL || a->status != WB_OK)
		return;
	out->added_up = true;
	wb_audit_totals_settle(a->totals);
	wb_auditor_fail(a,
	    wb_audit_totals_read(&out->sums, &out->arena, a->totals, a->err));
	if (out->sums.suspect != 0) {
		wb_auditor_note(a,
		    "the totals are without %ju batch%s that the roster calls "
		    "suspect, and without what voids their records",
		    (uintmax_t)out->sums.suspect,
		    out->sums.suspect == 1 ? "" : "es");
	}
	if (out->sums.forgot) {
		wb_auditor_unchecked(a,
		    "there are more records or kinds of goods than are "
		    "compared and added up here");
	}
}
