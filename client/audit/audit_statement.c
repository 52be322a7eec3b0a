/* One entry's statement: its form, its signature, and its signer's right. */
#include "client/audit/audit_tally.h"
#include "client/audit/auditor.h"

#define ROLE(r) (1U << (r))

static void
bad_form(struct wb_auditor *a, uint64_t index, const char *why)
{
	wb_auditor_problem(a, wb_about_entry("statement", index),
	    "entry %ju is not a statement in the one form it must have: %s",
	    (uintmax_t)index, why);
}

/* NULL, or why `key` may not sign here. */
static const char *
judge_member(const struct wb_auditor *a, const struct wb_key *key,
    unsigned roles)
{
	const struct wb_member *m = wb_roster_find(&a->roster, key);

	if (m == NULL)
		return "was not in the programme";
	if (m->state != WB_MEMBER_ACTIVE)
		return "was revoked";
	return (m->roles & roles) != 0 ? NULL : "has no such role";
}

static struct wb_about
about_signer(const struct wb_auditor *a, const char *id, uint64_t index,
    const struct wb_key *key)
{
	struct wb_about about = wb_about_entry(id, index);

	about.device = wb_auditor_label(a, key);
	return about;
}

/* `admitted`: a coordinator let this very statement in beforehand. */
static bool
check_signer(struct wb_auditor *a, const struct wb_prepared *p,
    const struct wb_key *key, unsigned roles, bool admitted)
{
	uint64_t index = p->item.entry.index;
	const char *refusal = admitted ? NULL : judge_member(a, key, roles);

	if (p->state == WB_PREPARED_UNSIGNED) {
		wb_auditor_problem(a, about_signer(a, "signature", index, key),
		    "entry %ju is not signed by whom it names: %s",
		    (uintmax_t)index, p->why.text);
		return false;
	}
	if (refusal != NULL)
		wb_auditor_problem(a, about_signer(a, "signer", index, key),
		    "who signed entry %ju %s", (uintmax_t)index, refusal);
	return refusal == NULL;
}

static bool
check_programme(struct wb_auditor *a, uint64_t index,
    const struct wb_hash *programme)
{
	if (wb_hash_equal(programme, &a->programme))
		return true;
	wb_auditor_problem(a, wb_about_entry("programme", index),
	    "entry %ju is of another programme", (uintmax_t)index);
	return false;
}

static void
check_batch(struct wb_auditor *a, const struct wb_prepared *p)
{
	const struct wb_batch *batch = &p->body.batch;
	const struct wb_hash *id = &p->envelope.id;
	uint64_t index = p->item.entry.index;

	if (!check_programme(a, index, &batch->programme))
		return;
	wb_auditor_tally_batch(a, index, id, batch);
	if (check_signer(a, p, &batch->signer,
		ROLE(WB_ROLE_FIELD) | ROLE(WB_ROLE_COORDINATOR),
		wb_idset_find(&a->admitted, id) != WB_IDSET_NONE))
		wb_auditor_batch(a, index, id, batch);
}

static void
check_ack(struct wb_auditor *a, const struct wb_prepared *p)
{
	uint64_t index = p->item.entry.index;
	const struct wb_ack *ack = &p->body.ack;
	uint32_t number;

	if (!check_programme(a, index, &ack->programme) ||
	    !check_signer(a, p, &ack->signer, ROLE(WB_ROLE_COORDINATOR), false))
		return;
	wb_auditor_names_roster(a, &ack->roster);
	wb_auditor_tally_ack(a, index, ack);
	for (size_t i = 0; i < ack->verdict_count; i++) {
		wb_auditor_verdict(a, index, &ack->verdicts[i]);
		if (ack->verdicts[i].outcome == WB_OUTCOME_ADMIT) {
			wb_auditor_fail(a,
			    wb_idset_add(&number, &a->admitted,
				&ack->verdicts[i].statement, a->err));
		}
	}
}

static void
check_shown(struct wb_auditor *a, const struct wb_prepared *p)
{
	const struct wb_shown *note = &p->body.note;
	uint64_t index = p->item.entry.index;
	struct wb_content_ref content;

	if (!check_programme(a, index, &note->programme) ||
	    !check_signer(a, p, &note->signer,
		ROLE(WB_ROLE_COORDINATOR) | ROLE(WB_ROLE_AUDITOR), false))
		return;
	content = wb_shown_content(note);
	wb_auditor_want(a, index, &content);
}

static void
check_tally(struct wb_auditor *a, uint64_t index, const struct wb_envelope *e)
{
	struct wb_error why = { 0 };
	struct wb_content_ref content;
	struct wb_tally tally;
	bool proper;

	wb_arena_clear(&a->scratch);
	if (wb_tally_decode(&tally, &a->scratch, e->payload, &why) != WB_OK) {
		bad_form(a, index, why.text);
		return;
	}
	content = wb_tally_content(&tally);
	wb_auditor_want(a, index, &content);
	proper = check_programme(a, index, &tally.programme);
	if (wb_tally_verify(e, &tally, &why) != WB_OK) {
		proper = false;
		wb_auditor_problem(a, wb_about_entry("signature", index),
		    "entry %ju is not signed by those whom it names",
		    (uintmax_t)index);
	}
	if (tally.signer_count < a->roster.tally_threshold) {
		proper = false;
		wb_auditor_problem(a, wb_about_entry("signer", index),
		    "the totals of entry %ju are signed by too few",
		    (uintmax_t)index);
	}
	for (size_t i = 0; i < tally.signer_count; i++) {
		const char *refusal = judge_member(a, &tally.signers[i],
		    ROLE(WB_ROLE_COORDINATOR));

		if (refusal != NULL) {
			proper = false;
			wb_auditor_problem(a,
			    about_signer(a, "signer", index, &tally.signers[i]),
			    "who signed entry %ju %s", (uintmax_t)index,
			    refusal);
		}
	}
	wb_auditor_tally(a, index, &e->id, &tally, proper);
}

void
wb_auditor_statement(struct wb_auditor *a, const struct wb_prepared *p)
{
	const struct wb_envelope *e = &p->envelope;
	uint64_t index = p->item.entry.index;

	if (p->state == WB_PREPARED_NO_STATEMENT) {
		bad_form(a, index, p->why.text);
		return;
	}
	if (e->type == WB_STATEMENT_ROSTER)
		wb_auditor_roster(a, index, e);
	else if (a->roster.version == 0)
		return; /* said at the end: without a roster nobody may sign */
	if (p->state == WB_PREPARED_NO_PAYLOAD) {
		bad_form(a, index, p->why.text);
		return;
	}
	switch (e->type) {
	case WB_STATEMENT_BATCH:
		check_batch(a, p);
		break;
	case WB_STATEMENT_ACK:
		check_ack(a, p);
		break;
	case WB_STATEMENT_TALLY:
		check_tally(a, index, e);
		break;
	case WB_STATEMENT_NOTE:
		check_shown(a, p);
		break;
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		bad_form(a, index, "no log may hold its type");
		break;
	case WB_STATEMENT_ROSTER:
		break;
	}
}
