#include "client/audit/audit_reader.h"

/*
 * An item that cannot be read is a problem, and what follows is looked at.
 * A later version is only believed where nothing was altered.
 */
static void
note_fault(struct wb_reading *r, enum wb_status st, const char *why)
{
	bool intact = false;

	if (st == WB_NEWER) {
		wb_auditor_fail(r->a,
		    wb_bundle_reader_intact(&intact, r->reader, r->a->err));
	}
	if (intact || (st != WB_INVALID && st != WB_NEWER))
		wb_auditor_fail(r->a, wb_fail(r->a->err, st, "%s", why));
	else
		wb_auditor_problem(r->a, wb_about_entry("form", 0), "%s", why);
}

bool
wb_reading_frame(struct wb_bundle_frame *out, struct wb_reading *r)
{
	bool more;

	return wb_bundle_reader_frame(out, &more, r->reader, &r->fault) ==
		   WB_OK &&
	       more;
}

void
wb_reading_judge(struct wb_reading *r, const struct wb_bundle_frame *frame,
    const struct wb_prepared *p)
{
	struct wb_error why = { 0 };
	enum wb_status st = p->why.status;
	bool more = true;

	r->ended = false;
	if (p->state == WB_PREPARED_NO_ITEM) {
		note_fault(r, st, p->why.text);
		return;
	}
	st = wb_bundle_frame_check(&more, frame, &p->item, &why);
	r->ended = !more;
	if (st == WB_OK)
		wb_auditor_take(r->a, p);
	else
		note_fault(r, st, why.text);
}

void
wb_read_alone(struct wb_reading *r)
{
	struct wb_bundle_frame frame;
	struct wb_prepared p;

	wb_prepared_init(&p);
	while (r->a->status == WB_OK && wb_reading_frame(&frame, r)) {
		wb_prepare(&p, &frame);
		wb_reading_judge(r, &frame, &p);
	}
	wb_prepared_clear(&p);
}

void
wb_audit_read(struct wb_auditor *a, struct wb_bundle_reader *reader)
{
	struct wb_reading r = { .a = a, .reader = reader };

	if (a->options.read != NULL)
		a->options.read(&r, a->options.threads);
	else
		wb_read_alone(&r);
	if (r.fault.status == WB_OK && !r.ended)
		(void)wb_bundle_fail_end(&r.fault);
	if (a->status == WB_OK && r.fault.status != WB_OK)
		note_fault(&r, r.fault.status, r.fault.text);
}
