#include "client/disclosure/disclosure.h"

#include <stdlib.h>
#include <string.h>

#include "client/bundle/proving.h"
#include "client/ledger/opening.h"
#include "client/team/annexes.h"
#include "client/trust/witnessed.h"
#include "proto/record_disclosure.h"
#include "proto/transfer.h"
#include "proto/wire.h"

/* One disclosure on its way. */
struct disclosing {
	struct wb_device *device;
	struct wb_arena arena;
	struct wb_envelope envelope; /* of the batch */
	struct wb_batch batch;
	uint64_t index; /* of the batch in the log */
	uint64_t admitted; /* index of the ack that let it in, or `index` */
	struct wb_bytes file; /* its content */
	struct wb_bytes record; /* the Disclosure */
	struct wb_bytes checkpoint;
	struct wb_head head;
	uint64_t *indices; /* of the entries that prove it, ascending */
	struct wb_proof *proofs;
	size_t count;
};

/* ------------------------------------------------------ what is disclosed */

static enum wb_status
may_disclose(struct wb_device *device, const struct wb_record *record,
    struct wb_error *err)
{
	enum wb_status st = wb_device_need_joined(device, err);

	if (st != WB_OK)
		return st;
	if (!wb_member_may(device->self, WB_ROLE_COORDINATOR)) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"only a coordinator can disclose a record: what proves "
			"it is sealed to them, and no device keeps it"),
		    "not-coordinator", "Ask a coordinator of the programme.");
	}
	/* No note of it could be logged, and none is shown without. */
	st = wb_device_need_newest(device, err);
	if (st != WB_OK)
		return st;
	if (record->state == WB_RECORD_HERE) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"the record is not in the log yet, so nothing can "
			"prove it to others"),
		    "not-logged", "Sync first: waybill sync");
	}
	if (record->disputed) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"the batch with this record was found to be bad: it "
			"counts nowhere and proves nothing"),
		    "disputed", NULL);
	}
	return WB_OK;
}

/* The batch with the record, its entry and its content. */
static enum wb_status
find_batch(bool *found, struct disclosing *d, const struct wb_hash *id,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, d->device->db,
	    "SELECT s.log_index, s.envelope, c.file,"
	    " coalesce(v.admitted, s.log_index) FROM record r"
	    " JOIN statement s ON s.row = r.batch"
	    " JOIN content c ON c.statement = r.batch"
	    " LEFT JOIN verdict v ON v.id = s.id"
	    " WHERE r.id = ? AND s.log_index IS NOT NULL",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(id));
	st = wb_step(s, found, err);
	if (st != WB_OK || !*found)
		return st;
	d->index = (uint64_t)wb_column_int(s, 0);
	d->admitted = (uint64_t)wb_column_int(s, 3);
	st = wb_envelope_decode(&d->envelope, &d->arena, wb_column_blob(s, 1),
	    err);
	if (st == WB_OK)
		st = wb_bytes_append(&d->file, wb_column_blob(s, 2), err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
read_batch(struct disclosing *d, const struct wb_hash *id, struct wb_error *err)
{
	bool found = false;
	enum wb_status st = find_batch(&found, d, id, err);

	if (st == WB_OK && !found) {
		return wb_advise(err,
		    wb_fail(err, WB_PARTIAL,
			"the content of the batch with this record is not "
			"here, and with it what proves the record"),
		    "content-missing", "Sync first: waybill sync");
	}
	return st == WB_OK
		   ? wb_batch_decode(&d->batch, d->envelope.payload, err)
		   : st;
}

static const struct wb_opened_record *
pick(const struct wb_opened_batch *opened, const struct wb_hash *id)
{
	for (size_t i = 0; i < opened->record_count; i++)
		if (wb_hash_equal(&opened->records[i].id, id))
			return &opened->records[i];
	return NULL;
}

/* All leaves of the batch's record tree, which the caller frees. */
static enum wb_status
make_tree(struct wb_hash **leaves, struct wb_arena *arena,
    const struct wb_opened_batch *opened, struct wb_error *err)
{
	struct wb_record_leaves *halves = wb_arena_array(arena,
	    opened->record_count, sizeof *halves);

	*leaves = NULL;
	if (halves == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < opened->record_count; i++) {
		const struct wb_opened_record *r = &opened->records[i];

		wb_record_leaves(&halves[i], &r->seed, r->goods, r->place);
	}
	return wb_record_tree(leaves, &opened->seed, opened->manifest, halves,
	    opened->record_count, err);
}

/*
 * Of the record's seed only a salt leaves this function; from it neither the
 * seed nor the other half's salt can be had.
 */
static enum wb_status
show(struct disclosing *d, const struct wb_opened_batch *opened,
    const struct wb_hash *id, bool goods_only, struct wb_error *err)
{
	const struct wb_opened_record *r = pick(opened, id);
	struct wb_disclosure shown = { 0 };
	struct wb_hash *leaves;
	enum wb_status st;

	if (r == NULL)
		return wb_fail(err, WB_FORGED,
		    "the batch no longer holds this record");
	st = make_tree(&leaves, &d->arena, opened, err);
	if (st == WB_OK)
		st = wb_record_path(&shown.leaf, &shown.path, leaves,
		    opened->record_count, id, err);
	free(leaves);
	if (st != WB_OK)
		return st;
	shown.goods = r->goods;
	wb_record_salt(shown.goods_salt, &r->seed, WB_HALF_GOODS);
	if (!goods_only) {
		shown.place = r->place;
		wb_record_salt(shown.place_salt, &r->seed, WB_HALF_PLACE);
	}
	st = wb_disclosure_encode(&d->record, &shown, err);
	wb_wipe(&shown, sizeof shown);
	return st;
}

static enum wb_status
open_and_show(struct disclosing *d, const struct wb_hash *id, bool goods_only,
    struct wb_error *err)
{
	struct wb_secret **readers = NULL;
	struct wb_opened_batch opened = { 0 };
	enum wb_status st;
	size_t n = 0;

	st = wb_annexes_readers(&readers, &n, d->device, err);
	if (st == WB_OK)
		st = wb_opening(&opened, &d->arena, &d->batch,
		    wb_bytes_span(&d->file), readers, n, err);
	wb_annexes_free_readers(&readers, n);
	if (st == WB_OK)
		st = show(d, &opened, id, goods_only, err);
	wb_wipe(&opened, sizeof opened);
	return st;
}

/* -------------------------------------------------------- what proves it */

/* The rosters, the batch, and the ack that let it in if one did. */
static enum wb_status
select_entries(struct wb_stmt **out, const struct disclosing *d,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_db_prepare(out, d->device->db,
	    "SELECT log_index, envelope FROM statement WHERE log_index < ?1"
	    " AND (type = ?2 OR log_index IN (?3, ?4)) ORDER BY log_index",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(*out, 1, (int64_t)d->head.size);
	wb_bind_int(*out, 2, WB_STATEMENT_ROSTER);
	wb_bind_int(*out, 3, (int64_t)d->index);
	wb_bind_int(*out, 4, (int64_t)d->admitted);
	return WB_OK;
}

static enum wb_status
count_entries(struct disclosing *d, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st = select_entries(&s, d, err);
	size_t n = 0;
	bool more;

	if (st == WB_OK)
		st = wb_step(s, &more, err);
	while (st == WB_OK && more) {
		n++;
		st = wb_step(s, &more, err);
	}
	d->indices = wb_arena_array(&d->arena, n, sizeof *d->indices);
	d->proofs = wb_arena_array(&d->arena, n, sizeof *d->proofs);
	if (st == WB_OK && (d->indices == NULL || d->proofs == NULL))
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	d->count = n;
	return st;
}

static enum wb_status
prove_under(struct disclosing *d, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st = count_entries(d, err);
	bool more = true;

	if (st == WB_OK)
		st = select_entries(&s, d, err);
	for (size_t i = 0; st == WB_OK && i < d->count; i++) {
		st = wb_step(s, &more, err);
		if (st == WB_OK)
			d->indices[i] = (uint64_t)wb_column_int(s, 0);
	}
	if (st != WB_OK)
		return st;
	wb_stmt_done(s);
	return wb_prove_entries(d->proofs, d->device, &d->head, d->indices,
	    d->count, err);
}

/*
 * Heads under which it may be proven: the newest that a quorum cosigned, which
 * nobody can take back; the newest of all; and, where the server holds entries
 * back, the newest that all entries are here of.
 */
static enum wb_status
read_head(struct disclosing *d, const char *setting)
{
	enum wb_status st;

	wb_bytes_reset(&d->checkpoint);
	if (strcmp(setting, WB_SET_WITNESSED) == 0)
		return wb_witnessed_note(&d->checkpoint, &d->head, d->device,
		    NULL);
	st = wb_setting_get(&d->checkpoint, d->device->db, setting, NULL);
	return st == WB_OK
		   ? wb_checkpoint_open(&d->head, NULL,
			 wb_bytes_span(&d->checkpoint), &d->device->log, NULL)
		   : st;
}

static enum wb_status
prove(struct disclosing *d, struct wb_error *err)
{
	static const char *const heads[] = { WB_SET_WITNESSED, WB_SET_HEAD,
		WB_SET_HEAD_WHOLE };
	enum wb_status st = wb_fail(err, WB_PARTIAL,
	    "no head of the log is here that proves the record");

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		if (read_head(d, heads[i]) != WB_OK || d->head.size <= d->index)
			continue;
		st = prove_under(d, err);
		if (st != WB_PARTIAL)
			break;
	}
	return st == WB_OK ? wb_forgive(err) : st;
}

static enum wb_status
put_entries(struct wb_bytes *out, const struct disclosing *d,
    struct wb_error *err)
{
	struct wb_bundle_item record = { .kind = WB_BUNDLE_DISCLOSURE,
		.bytes = wb_bytes_span(&d->record) };
	struct wb_stmt *s;
	enum wb_status st = select_entries(&s, d, err);
	bool more;

	if (st != WB_OK)
		return st;
	for (size_t i = 0; st == WB_OK && i < d->count; i++) {
		struct wb_bundle_item item = { .kind = WB_BUNDLE_ENTRY };

		st = wb_step(s, &more, err);
		if (st != WB_OK)
			break;
		item.entry.index = d->indices[i];
		item.entry.envelope = wb_column_blob(s, 1);
		item.entry.proof = d->proofs[i];
		st = wb_bundle_item_append(out, &item, err);
		if (st == WB_OK && d->indices[i] == d->index)
			st = wb_bundle_item_append(out, &record, err);
	}
	wb_stmt_done(s);
	return st;
}

static enum wb_status
put_bundle(struct wb_bytes *out, const struct disclosing *d,
    struct wb_error *err)
{
	const struct wb_bundle_item head = { .kind = WB_BUNDLE_HEAD,
		.programme = d->device->programme,
		.purpose = wb_span_text("disclosure") };
	const struct wb_bundle_item checkpoint = { .kind = WB_BUNDLE_CHECKPOINT,
		.bytes = wb_bytes_span(&d->checkpoint) };
	struct wb_bundle_item end = { .kind = WB_BUNDLE_CHECKSUM };
	enum wb_status st = wb_bundle_item_append(out, &head, err);

	if (st == WB_OK)
		st = wb_bundle_item_append(out, &checkpoint, err);
	if (st == WB_OK)
		st = put_entries(out, d, err);
	wb_sha256_one(&end.checksum, wb_bytes_span(out));
	return st == WB_OK ? wb_bundle_item_append(out, &end, err) : st;
}

enum wb_status
wb_disclosure_make(struct wb_bytes *out, struct wb_device *device,
    const struct wb_record *record, bool goods_only, struct wb_error *err)
{
	struct disclosing d = { .device = device };
	enum wb_status st;

	wb_arena_init(&d.arena, WB_MAX_CONTENT_BUDGET);
	wb_bytes_init(&d.file, WB_MAX_CONTENT);
	wb_bytes_init(&d.record, WB_MAX_DISCLOSURE);
	wb_bytes_init(&d.checkpoint, WB_MAX_NOTE);
	st = may_disclose(device, record, err);
	if (st == WB_OK)
		st = read_batch(&d, &record->id, err);
	if (st == WB_OK)
		st = open_and_show(&d, &record->id, goods_only, err);
	if (st == WB_OK)
		st = prove(&d, err);
	if (st == WB_OK)
		st = put_bundle(out, &d, err);
	wb_bytes_clear(&d.checkpoint);
	wb_bytes_clear(&d.record);
	wb_bytes_clear(&d.file);
	wb_arena_clear(&d.arena);
	return st;
}
