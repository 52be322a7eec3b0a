/*
 * What the auditor says of witnesses: whether enough of those that the policy
 * names have cosigned a head of this log.  The policy is the newest roster's,
 * so it is judged at the end.
 */
#include "client/audit/auditor.h"
#include "crypto/lines.h"
#include "crypto/policy.h"

static bool
may_be_cosigned(struct wb_head *claimed, struct wb_span note)
{
	struct wb_span line;
	struct wb_note parsed;
	size_t lines = 0;

	if (wb_note_parse(&parsed, note, NULL) != WB_OK ||
	    wb_checkpoint_parse(claimed, parsed.text, NULL, NULL) != WB_OK)
		return false;
	while (wb_line_take(&line, &parsed.signatures))
		lines++;
	return lines > 1;
}

void
wb_auditor_cosigned(struct wb_auditor *a, struct wb_span note)
{
	struct wb_audit_cosigned *c;
	struct wb_head claimed;

	if (!may_be_cosigned(&claimed, note))
		return;
	c = &a->cosigned[a->cosigned_total++ % WB_AUDIT_COSIGNED];
	c->claimed = claimed;
	c->early = a->roster.version == 0;
	c->passed = false;
	wb_bytes_reset(&c->note);
	wb_auditor_fail(a, wb_bytes_append(&c->note, note, a->err));
}

static size_t
kept(const struct wb_auditor *a)
{
	return a->cosigned_total < WB_AUDIT_COSIGNED ? (size_t)a->cosigned_total
						     : WB_AUDIT_COSIGNED;
}

void
wb_auditor_grown(struct wb_auditor *a)
{
	for (size_t i = 0; i < kept(a); i++) {
		struct wb_audit_cosigned *c = &a->cosigned[i];

		if (c->claimed.size == a->history.tree.size)
			c->passed = wb_history_root(&c->root, &a->history,
			    c->claimed.size);
	}
}

static void
check_lines(struct wb_auditor *a, const struct wb_policy *policy,
    const struct wb_note *note, const struct wb_head *head)
{
	for (size_t i = 0; i < policy->witness_count; i++) {
		const struct wb_policy_witness *w = &policy->witnesses[i];

		if (wb_note_verify(note, &w->vkey, NULL, NULL) == WB_FORGED) {
			wb_auditor_problem(a,
			    wb_about_entry("cosignature", head->size),
			    "a log head of %ju entries bears a cosignature "
			    "that the witness %s did not make",
			    (uintmax_t)head->size, w->name);
		}
	}
}

/* Is it the head that each entry of a disclosure is proven under? */
static bool
proves_disclosure(const struct wb_auditor *a, const struct wb_head *head)
{
	return a->disclosing && a->head_good && head->size == a->head.size &&
	       wb_hash_equal(&head->root, &a->head.root);
}

/* A head with the quorum: is it of the log that these entries are? */
static void
count(struct wb_auditor *a, const struct wb_audit_cosigned *c)
{
	const struct wb_head *head = &c->claimed;
	struct wb_hash root = c->root;
	bool known;

	if (head->size == 0)
		return;
	if (proves_disclosure(a, head)) {
		a->out->witnessed = head->size;
		return;
	}
	known = !a->broken &&
		(c->passed || wb_history_root(&root, &a->history, head->size));
	/* This vault's own was proven to be of the log before it was kept. */
	if (!known && !a->own) {
		wb_auditor_note(a,
		    "witnesses cosigned a log head of %ju entries, which could "
		    "not be compared with the tree, because not all entries "
		    "are here",
		    (uintmax_t)head->size);
	} else if (known && !wb_hash_equal(&root, &head->root)) {
		wb_auditor_problem(a, wb_about_entry("log-fork", head->size),
		    "witnesses were shown another history: they cosigned "
		    "another tree of %ju entries",
		    (uintmax_t)head->size);
	} else if (head->size > a->out->witnessed) {
		a->out->witnessed = head->size;
	}
}

/* *newest: who cosigned the newest head, where this is it. */
static void
judge(struct wb_auditor *a, uint32_t *newest, const struct wb_policy *policy,
    const struct wb_audit_cosigned *c)
{
	struct wb_span bytes = wb_bytes_span(&c->note);
	struct wb_error why = { 0 };
	struct wb_note note;
	struct wb_head head; /* c->claimed, once it is verified */
	uint32_t who;

	if (wb_note_parse(&note, bytes, &why) != WB_OK ||
	    wb_checkpoint_open(&head, NULL, bytes, &a->log, &why) != WB_OK) {
		/* Those that came once the log was known were read then. */
		if (c->early &&
		    !wb_span_equal(bytes, wb_bytes_span(&a->checkpoint))) {
			wb_auditor_problem(a, wb_about_entry("checkpoint", 0),
			    "a log head is not one of the programme's log: %s",
			    why.text);
		}
		return;
	}
	check_lines(a, policy, &note, &head);
	who = wb_policy_cosigned(policy, &note);
	if (a->head_good && head.size == a->head.size &&
	    wb_hash_equal(&head.root, &a->head.root))
		*newest |= who;
	if (wb_policy_met(policy, who))
		count(a, c);
}

void
wb_auditor_end_witness(struct wb_auditor *a)
{
	struct wb_policy policy;
	uint32_t newest = 0;

	if (a->roster.version == 0 ||
	    wb_policy_parse(&policy, a->roster.policy, NULL) != WB_OK ||
	    !wb_policy_has_quorum(&policy))
		return;
	a->out->wants_witnesses = true;
	for (size_t i = 0; i < kept(a); i++)
		judge(a, &newest, &policy, &a->cosigned[i]);
	if (a->out->witnessed >= a->head.size)
		return;
	wb_auditor_note(a,
	    "the log head of %ju entries is not witnessed: %d of the policy's "
	    "%zu witnesses cosigned it; of the entries, %ju are witnessed",
	    (uintmax_t)a->head.size, __builtin_popcount(newest),
	    policy.witness_count, (uintmax_t)a->out->witnessed);
}
