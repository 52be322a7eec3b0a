#include "client/evidence/audit_reader.h"

struct reading {
	struct wb_auditor *a;
	struct wb_bundle_reader *reader;
	bool ended; /* the checksum came last */
};

/*
 * An item that cannot be read is a problem, and what follows is looked at.
 * A later version is only believed where nothing was altered.
 */
static void
note_fault(struct reading *r, enum wb_status st, const char *why)
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

/* The next item's bytes; false: no more. */
static bool
next_frame(struct wb_bundle_frame *out, struct reading *r)
{
	struct wb_error why = { 0 };
	bool more;
	enum wb_status st;

	st = wb_bundle_reader_frame(out, &more, r->reader, &why);
	if (st != WB_OK) {
		r->ended = true; /* this is said instead */
		note_fault(r, st, why.text);
	}
	return more;
}

static void
judge(struct reading *r, const struct wb_bundle_frame *frame,
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

static void
read_alone(struct reading *r)
{
	struct wb_bundle_frame frame;
	struct wb_prepared p;

	wb_prepared_init(&p);
	while (r->a->status == WB_OK && next_frame(&frame, r)) {
		wb_prepare(&p, frame.bytes);
		judge(r, &frame, &p);
	}
	wb_prepared_clear(&p);
}

void
wb_audit_read(struct wb_auditor *a, struct wb_bundle_reader *reader)
{
	struct reading r = { .a = a, .reader = reader };
	struct wb_error why = { 0 };

	read_alone(&r);
	if (a->status == WB_OK && !r.ended)
		note_fault(&r, wb_bundle_fail_end(&why), why.text);
}
