/* One record shown to somebody outside: is it what its batch promised? */
#include "client/audit/auditor.h"
#include "proto/record_disclosure.h"

/* Anything but a fault of the file is this machine's. */
static void
refuse(struct wb_auditor *a, enum wb_status st, const struct wb_error *why)
{
	if (st == WB_NO_MEMORY) {
		wb_auditor_fail(a, wb_fail(a->err, st, "%s", why->text));
		return;
	}
	wb_auditor_problem(a, wb_about_entry("disclosure", a->waiting_index),
	    "the record shown is not proven by entry %ju: %s",
	    (uintmax_t)a->waiting_index, why->text);
}

/* What it says, copied to where the outcome is kept. */
static enum wb_status
read_halves(struct wb_audit_disclosed *out, struct wb_arena *arena,
    const struct wb_disclosure *d, struct wb_error *why)
{
	enum wb_status st = wb_goods_decode(&out->goods, arena, d->goods, why);

	out->has_place = d->place.len != 0;
	if (st == WB_OK && out->has_place)
		st = wb_place_decode(&out->place, arena, d->place, why);
	return st;
}

static enum wb_status
check(struct wb_audit_disclosed *out, struct wb_auditor *a,
    struct wb_span bytes, struct wb_error *why)
{
	struct wb_disclosure d;
	enum wb_status st;

	wb_arena_clear(&a->scratch);
	st = wb_disclosure_decode(&d, &a->scratch, bytes, why);
	if (st == WB_OK)
		st = wb_disclosure_check(&out->id, &d, &a->batch.records_root,
		    why);
	if (st == WB_OK)
		st = read_halves(out, &a->out->arena, &d, why);
	if (st != WB_OK)
		return st;
	return wb_arena_copy(&out->device, &a->out->arena,
	    wb_auditor_label(a, &a->batch.signer), why);
}

void
wb_auditor_disclosure(struct wb_auditor *a, struct wb_span bytes)
{
	struct wb_audit_disclosed *shown;
	struct wb_error why = { 0 };
	enum wb_status st;

	if (!a->disclosing || !a->waiting || !a->is_batch ||
	    a->out->disclosed != NULL) {
		wb_auditor_problem(a, wb_about_entry("disclosure", 0),
		    "a record is shown behind no batch that proves it");
		return;
	}
	a->waiting = false;
	shown = wb_arena_alloc(&a->out->arena, sizeof *shown);
	if (shown == NULL) {
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "out of memory"));
		return;
	}
	shown->index = a->waiting_index;
	st = check(shown, a, bytes, &why);
	if (st == WB_OK)
		a->out->disclosed = shown;
	else
		refuse(a, st, &why);
}

/* What is not proven must not be read as if it were. */
void
wb_auditor_end_disclosure(struct wb_auditor *a)
{
	if (!a->disclosing)
		return;
	if (a->out->problem_total == 0 && a->out->disclosed == NULL) {
		wb_auditor_problem(a, wb_about_entry("disclosure", 0),
		    "the file is to show a record, and shows none");
	}
	if (a->out->problem_total == 0 && a->out->batches > 1) {
		wb_auditor_problem(a, wb_about_entry("disclosure", 0),
		    "the file is to show one record, and has %ju batches",
		    (uintmax_t)a->out->batches);
	}
	if (a->out->problem_total != 0) {
		a->out->disclosed = NULL;
		return;
	}
	if (a->out->suspect != 0) {
		wb_auditor_unchecked(a,
		    "the roster calls what this device sent then suspect: "
		    "whether the record is true cannot be told from this");
	}
	wb_auditor_note(a,
	    "this was recorded; whether it was corrected later, or its device "
	    "revoked, only the programme can tell: ask for its newest "
	    "evidence");
}
