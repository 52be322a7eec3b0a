/* The auditor's items where they come from a bundle. */
#include "client/audit/audit.h"

#include "client/audit/audit_reader.h"

/* Reads all entries again where that is needed; see audit_seen.c. */
static void
read_again(struct wb_auditor *a, struct wb_bundle_reader *reader)
{
	struct wb_bundle_item item;
	struct wb_error why = { 0 };
	bool more = true;

	if (!wb_auditor_return(a))
		return;
	wb_bundle_reader_rewind(reader);
	while (more) {
		enum wb_status st;

		st = wb_bundle_reader_next(&item, &more, reader, &why);
		if (st == WB_OK && item.kind == WB_BUNDLE_ENTRY)
			wb_auditor_again(a, &item.entry);
		if (st != WB_OK && st != WB_INVALID && st != WB_NEWER)
			wb_auditor_fail(a, wb_fail(a->err, st, "%s", why.text));
	}
	wb_auditor_returned(a);
}

/* Takes the reader over. */
static enum wb_status
audit_reader(struct wb_audit *out, struct wb_bundle_reader *reader,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_auditor a;
	enum wb_status st;
	bool intact = false;

	wb_auditor_init(&a, out, options, err);
	a.can_return = true;
	wb_audit_read(&a, reader);
	if (a.status == WB_OK)
		wb_auditor_fail(&a,
		    wb_bundle_reader_intact(&intact, reader, err));
	if (!intact)
		wb_auditor_altered(&a);
	read_again(&a, reader);
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

	*out = (struct wb_audit){ 0 };
	st = wb_bundle_reader_open(&reader, path, err);
	if (st != WB_OK)
		return st;
	return audit_reader(out, reader, options, err);
}

enum wb_status
wb_audit_bytes(struct wb_audit *out, struct wb_span bundle,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_bundle_reader *reader;
	enum wb_status st;

	*out = (struct wb_audit){ 0 };
	st = wb_bundle_reader_open_bytes(&reader, bundle, err);
	if (st != WB_OK)
		return st;
	return audit_reader(out, reader, options, err);
}

void
wb_audit_clear(struct wb_audit *audit)
{
	wb_arena_clear(&audit->arena);
	wb_arena_clear(&audit->tally_arena);
	*audit = (struct wb_audit){ 0 };
}
