/* The auditor's items where they come from a bundle. */
#include "client/evidence/audit.h"

#include "client/evidence/audit_reader.h"

/* Takes the reader over. */
static enum wb_status
audit_reader(struct wb_audit *out, struct wb_bundle_reader *reader,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_auditor a;
	enum wb_status st;
	bool intact = false;

	wb_auditor_init(&a, out, options, err);
	wb_audit_read(&a, reader);
	if (a.status == WB_OK)
		wb_auditor_fail(&a,
		    wb_bundle_reader_intact(&intact, reader, err));
	if (!intact)
		wb_auditor_altered(&a);
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
