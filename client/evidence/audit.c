/* The auditor's items where they come from a bundle. */
#include "client/evidence/audit.h"

#include "client/evidence/auditor.h"
#include "client/evidence/bundle_reader.h"

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
		if (st == WB_NEWER && intact) {
			wb_auditor_fail(a,
			    wb_fail(a->err, WB_NEWER, "%s", why.text));
		} else if (is_fault_of_file(st)) {
			wb_auditor_problem(a, wb_about_entry("form", 0), "%s",
			    why.text);
		} else if (st != WB_OK) {
			wb_auditor_fail(a, wb_fail(a->err, st, "%s", why.text));
		}
		if (!more)
			break;
		if (st == WB_OK)
			wb_auditor_take(a, &item);
	}
}

/* Takes the reader over. */
static enum wb_status
audit_reader(struct wb_audit *out, struct wb_bundle_reader *reader, bool intact,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_auditor a;
	enum wb_status st;

	wb_auditor_init(&a, out, options, err);
	if (!intact) {
		wb_auditor_problem(&a, wb_about_entry("altered", 0),
		    "the file was altered or cut after it was written: its "
		    "checksum does not match");
	}
	take_all(&a, reader, intact);
	st = wb_auditor_end(&a);
	wb_bundle_reader_close(&reader);
	wb_auditor_clear(&a);
	return st;
}

enum wb_status
wb_audit_bundle(struct wb_audit *out, const char *path,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_bundle_reader *reader;
	enum wb_status st;
	bool intact;

	*out = (struct wb_audit){ 0 };
	st = wb_bundle_reader_open(&reader, &intact, path, err);
	if (st != WB_OK)
		return st;
	return audit_reader(out, reader, intact, options, err);
}

enum wb_status
wb_audit_bytes(struct wb_audit *out, struct wb_span bundle,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_bundle_reader *reader;
	enum wb_status st;
	bool intact;

	*out = (struct wb_audit){ 0 };
	st = wb_bundle_reader_open_bytes(&reader, &intact, bundle, err);
	if (st != WB_OK)
		return st;
	return audit_reader(out, reader, intact, options, err);
}

void
wb_audit_clear(struct wb_audit *audit)
{
	wb_arena_clear(&audit->arena);
	*audit = (struct wb_audit){ 0 };
}
