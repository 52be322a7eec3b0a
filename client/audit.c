/* Where the auditor's items come from: a bundle. */
#include "client/audit.h"

#include "client/auditor.h"

static bool
is_fault_of_file(enum wb_status st)
{
	return st == WB_INVALID || st == WB_NEWER;
}

/*
 * An item that cannot be read is a problem, and what follows is looked at.
 * A later version is only believed where nothing was altered.
 */
static void
take_all(struct wb_auditor *a, struct wb_bundle_reader *reader, bool intact)
{
	struct wb_bundle_item item;
	bool more = true;

	while (a->status == WB_OK) {
		struct wb_error why = { 0 };
		enum wb_status st;

		st = wb_bundle_reader_next(&item, &more, reader, &why);
		if (st == WB_NEWER && intact)
			wb_auditor_fail(a,
			    wb_fail(a->err, WB_NEWER, "%s", why.text));
		else if (is_fault_of_file(st))
			wb_auditor_problem(a, wb_about_entry("form", 0), "%s",
			    why.text);
		else if (st != WB_OK)
			wb_auditor_fail(a, wb_fail(a->err, st, "%s", why.text));
		if (!more)
			break;
		if (st == WB_OK)
			wb_auditor_take(a, &item);
	}
}

enum wb_status
wb_audit_bundle(struct wb_audit *out, const char *path,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_bundle_reader *reader = NULL;
	struct wb_auditor a;
	enum wb_status st;
	bool intact;

	wb_auditor_init(&a, out, options, err);
	st = wb_bundle_reader_open(&reader, &intact, path, err);
	if (st != WB_OK)
		goto done;
	if (!intact)
		wb_auditor_problem(&a, wb_about_entry("altered", 0),
		    "the file was altered or cut after it was written: its "
		    "checksum does not match");
	take_all(&a, reader, intact);
	st = wb_auditor_end(&a);
done:
	wb_bundle_reader_close(&reader);
	wb_auditor_clear(&a);
	return st;
}

void
wb_audit_clear(struct wb_audit *audit)
{
	wb_arena_clear(&audit->arena);
	*audit = (struct wb_audit){ 0 };
}
