#include "client/bundle/bundle_admit.h"

#include "client/journal/acks.h"

struct admitting {
	struct wb_device *device;
	struct wb_span label;
	struct wb_arena scratch; /* one statement's */
	struct wb_verdict verdicts[WB_MAX_VERDICTS];
	size_t count;
	uint64_t total;
};

static enum wb_status
check(const struct wb_device *device, struct wb_span label,
    struct wb_error *err)
{
	const struct wb_member *m = wb_roster_find_label(&device->roster,
	    label);

	if (!wb_member_may(device->self, WB_ROLE_COORDINATOR)) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"only a coordinator can let late batches in; nothing "
			"was taken"),
		    "not-coordinator", "Hand the file to one.");
	}
	if (m == NULL) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"nobody has the label %.*s; nothing was taken",
			(int)label.len, (const char *)label.data),
		    "no-such-member", "See: waybill people");
	}
	if (m->state == WB_MEMBER_ACTIVE) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"%.*s is not revoked; nothing was taken",
			(int)label.len, (const char *)label.data),
		    "not-revoked", "Unpack the file without --admit.");
	}
	return WB_OK;
}

bool
wb_bundle_is_late(const struct wb_envelope *e, const struct wb_authors *authors,
    const struct wb_device *device, struct wb_span label)
{
	const struct wb_member *m = wb_roster_find_label(&device->roster,
	    label);

	return e->type == WB_STATEMENT_BATCH && authors->count == 1 &&
	       wb_hash_equal(&authors->programme, &device->programme) &&
	       m != NULL && m->state == WB_MEMBER_REVOKED &&
	       wb_key_equal(&m->key, &authors->keys[0]);
}

static enum wb_status
keep(struct admitting *a, struct wb_error *err)
{
	enum wb_status st;

	if (a->count == 0)
		return WB_OK;
	st = wb_acks_keep(a->device, a->verdicts, a->count, err);
	a->total += a->count;
	a->count = 0;
	return st;
}

static enum wb_status
judge(struct admitting *a, const struct wb_bundle_item *item,
    struct wb_error *err)
{
	struct wb_span bytes = wb_bundle_item_statement(item);
	struct wb_authors authors;
	struct wb_envelope e;
	enum wb_status st;
	bool here;

	wb_arena_clear(&a->scratch);
	st = wb_envelope_decode(&e, &a->scratch, bytes, NULL);
	if (st != WB_OK)
		return wb_authors_pass_over(st, &a->scratch, err);
	st = wb_authors_find(&authors, &a->scratch, &e, err);
	if (st != WB_OK)
		return st;
	if (!wb_bundle_is_late(&e, &authors, a->device, a->label))
		return WB_OK;
	st = wb_statement_is_here(&here, a->device, &e.id, err);
	if (st != WB_OK || here)
		return st;
	a->verdicts[a->count++] = (struct wb_verdict){
		.statement = e.id,
		.outcome = WB_OUTCOME_ADMIT,
	};
	return a->count == WB_MAX_VERDICTS ? keep(a, err) : WB_OK;
}

enum wb_status
wb_bundle_admit(uint64_t *admitted, struct wb_device *device,
    struct wb_bundle_reader *reader, struct wb_span label, struct wb_error *err)
{
	struct admitting a = { .device = device, .label = label };
	struct wb_bundle_item item;
	enum wb_status st = check(device, label, err);
	bool more = true;

	*admitted = 0;
	if (st != WB_OK)
		return st;
	wb_arena_init(&a.scratch, WB_ARENA_BUDGET);
	wb_bundle_reader_rewind(reader);
	st = wb_db_begin(device->db, err);
	while (st == WB_OK) {
		st = wb_bundle_reader_next(&item, &more, reader, err);
		if (st != WB_OK || !more)
			break;
		st = judge(&a, &item, err);
	}
	if (st == WB_OK)
		st = keep(&a, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	wb_db_rollback(device->db);
	wb_arena_clear(&a.scratch);
	if (st == WB_OK)
		*admitted = a.total;
	return st;
}
