#include "client/audit/audit_vault.h"

#include "client/audit/auditor.h"
#include "client/bundle/evidence.h"
#include "client/team/annexes.h"

/* Reads all of it; a second time for what wb_auditor_return asks for. */
static enum wb_status
take_vault(struct wb_auditor *a, struct wb_device *device, bool again,
    struct wb_error *err)
{
	struct wb_evidence *evidence;
	struct wb_bundle_item item;
	struct wb_prepared p;
	enum wb_status st;
	bool more = true;

	st = wb_evidence_open(&evidence, device, WB_PURPOSE_AUDIT, err);
	if (st != WB_OK)
		return st;
	wb_prepared_init(&p);
	/* What the vault lacks of the log stays unchecked, for sync to fetch. */
	a->partial = wb_evidence_lacking(evidence) != 0;
	while (st == WB_OK && a->status == WB_OK) {
		st = wb_evidence_next(&item, &more, evidence, err);
		if (st != WB_OK || !more)
			break;
		if (again && item.kind == WB_BUNDLE_ENTRY)
			wb_auditor_again(a, &item.entry);
		if (again)
			continue;
		wb_prepare_item(&p, &item);
		wb_auditor_take(a, &p);
	}
	wb_prepared_clear(&p);
	wb_evidence_close(&evidence);
	return st;
}

enum wb_status
wb_audit_vault(struct wb_audit *out, struct wb_device *device,
    const struct wb_audit_options *how, struct wb_error *err)
{
	struct wb_audit_options options = { 0 };
	struct wb_secret **readers = NULL;
	struct wb_auditor a;
	enum wb_status st;

	*out = (struct wb_audit){ 0 };
	if (how != NULL)
		options = *how;
	options.programme = &device->programme;
	options.now = wb_clock_now(device->clock);
	options.readers = NULL;
	options.reader_count = 0;
	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = wb_annexes_readers(&readers, &options.reader_count, device,
		    err);
	if (st != WB_OK)
		return st;
	options.readers = readers;
	wb_auditor_init(&a, out, &options, err);
	a.own = true;
	a.can_return = true;
	st = take_vault(&a, device, false, err);
	if (st == WB_OK && wb_auditor_return(&a)) {
		st = take_vault(&a, device, true, err);
		wb_auditor_returned(&a);
	}
	if (st == WB_OK) {
		st = wb_auditor_end(&a);
	} else if (st == WB_NOT_FOUND) {
		wb_auditor_unchecked(&a,
		    "nothing here is in the log yet: sync first");
		out->programme = device->programme;
		out->result = WB_AUDIT_UNCHECKED;
		st = a.status;
	}
	wb_auditor_clear(&a);
	wb_annexes_free_readers(&readers, options.reader_count);
	return st;
}
