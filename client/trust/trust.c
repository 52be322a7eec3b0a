#include "client/trust/trust.h"

#include <inttypes.h>
#include <string.h>

#include "client/journal/journal.h"
#include "client/trust/trust_private.h"
#include "crypto/tlogproof.h"
#include "proto/content_ref.h"

bool
wb_trust_whole_log(const struct wb_device *device)
{
	return wb_member_may(device->self, WB_ROLE_COORDINATOR) ||
	       wb_member_may(device->self, WB_ROLE_AUDITOR);
}

/* An entry on its way into the vault. */
struct arriving {
	struct wb_device *device;
	const struct wb_head *head;
	struct wb_span checkpoint;
	uint64_t index;
	struct wb_span bytes; /* of the envelope */
	const struct wb_proof *proof;
	struct wb_envelope envelope;
	struct wb_arena arena;
	bool known; /* in the vault */
	bool placed; /* at this index */
	int64_t row; /* where known */
};

static bool
is_included(const struct arriving *a)
{
	struct wb_hash leaf;

	wb_leaf_hash(&leaf, &a->bytes, 1);
	return wb_inclusion_verify(&leaf, a->index, a->head->size, a->proof,
		   &a->head->root, NULL) == WB_OK;
}

static enum wb_status
find_statement(struct arriving *a, bool *elsewhere, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, a->device->db,
	    "SELECT row, log_index FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&a->envelope.id));
	st = wb_step(s, &a->known, err);
	if (st != WB_OK || !a->known)
		return st;
	a->row = wb_column_int(s, 0);
	if (!wb_column_is_null(s, 1)) {
		a->placed = (uint64_t)wb_column_int(s, 1) == a->index;
		*elsewhere = !a->placed;
	}
	wb_stmt_done(s);
	return WB_OK;
}

/* Another statement at its place is found when it is kept. */
static enum wb_status
check_place(struct arriving *a, struct wb_error *err)
{
	bool elsewhere = false;
	enum wb_status st;

	st = find_statement(a, &elsewhere, err);
	if (st == WB_OK && elsewhere)
		return wb_trust_evidence(err, "entry-repeated",
		    "the log shows one entry at two places");
	return st;
}

static enum wb_status
check_programme(const struct arriving *a, const struct wb_hash *programme,
    struct wb_error *err)
{
	if (wb_hash_equal(programme, &a->device->programme))
		return WB_OK;
	return wb_fail(err, WB_INVALID, "it belongs to another programme");
}

static enum wb_status
check_batch(const struct arriving *a, struct wb_error *err)
{
	struct wb_batch batch;
	enum wb_status st = wb_batch_decode(&batch, a->envelope.payload, err);

	if (st == WB_OK)
		st = check_programme(a, &batch.programme, err);
	return st != WB_OK ? st
			   : wb_envelope_verify(&a->envelope,
				 WB_STATEMENT_BATCH, &batch.signer, err);
}

static enum wb_status
check_ack(struct arriving *a, struct wb_error *err)
{
	struct wb_ack ack;
	enum wb_status st;

	st = wb_ack_decode(&ack, &a->arena, a->envelope.payload, err);
	if (st == WB_OK)
		st = check_programme(a, &ack.programme, err);
	return st != WB_OK ? st
			   : wb_envelope_verify(&a->envelope, WB_STATEMENT_ACK,
				 &ack.signer, err);
}

static enum wb_status
check_note(const struct arriving *a, struct wb_error *err)
{
	struct wb_shown note;
	enum wb_status st = wb_shown_decode(&note, a->envelope.payload, err);

	if (st == WB_OK)
		st = check_programme(a, &note.programme, err);
	return st != WB_OK ? st
			   : wb_envelope_verify(&a->envelope, WB_STATEMENT_NOTE,
				 &note.signer, err);
}

static enum wb_status
check_tally(struct arriving *a, struct wb_error *err)
{
	struct wb_tally tally;
	enum wb_status st;

	st = wb_tally_decode(&tally, &a->arena, a->envelope.payload, err);
	if (st == WB_OK)
		st = check_programme(a, &tally.programme, err);
	return st == WB_OK ? wb_tally_verify(&a->envelope, &tally, err) : st;
}

static enum wb_status
check_statement(struct arriving *a, struct wb_error *err)
{
	switch (a->envelope.type) {
	case WB_STATEMENT_ROSTER:
		return wb_trust_roster_entry(a->device, &a->envelope, a->index,
		    a->known, err);
	case WB_STATEMENT_BATCH:
		return check_batch(a, err);
	case WB_STATEMENT_ACK:
		return check_ack(a, err);
	case WB_STATEMENT_NOTE:
		return check_note(a, err);
	case WB_STATEMENT_TALLY:
		return check_tally(a, err);
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	return wb_fail(err, WB_INVALID, "no statement of its kind is logged");
}

/* What is wrong with a single entry, as evidence against who logged it. */
static enum wb_status
fault(struct wb_error *err, const struct arriving *a, enum wb_status st,
    const struct wb_error *why)
{
	const char *id = st == WB_FORGED ? "entry-signature" : "entry-form";

	if (st != WB_FORGED && st != WB_INVALID) {
		if (err != NULL)
			*err = *why;
		return st;
	}
	if (a->envelope.type == WB_STATEMENT_ROSTER)
		id = "roster-step";
	return wb_advise(err,
	    wb_fail(err, WB_FORGED, "log entry %" PRIu64 ": %s", a->index,
		why->text),
	    id, WB_KEEP_EVIDENCE);
}

bool
wb_trust_is_entry_fault(const struct wb_error *err)
{
	const char *id = wb_error_id(err);

	return strcmp(id, "entry-form") == 0 ||
	       strcmp(id, "entry-signature") == 0 ||
	       strcmp(id, "roster-step") == 0;
}

static enum wb_status
keep(struct wb_taken *out, const struct arriving *a, struct wb_error *err)
{
	struct wb_logged logged = { .index = a->index };
	struct wb_bytes receipt;
	enum wb_status st = WB_OK;

	out->type = a->envelope.type;
	wb_bytes_init(&receipt, WB_MAX_TLOG_PROOF);
	if (!wb_trust_whole_log(a->device))
		st = wb_tlog_proof_format(&receipt, a->index, a->proof,
		    a->checkpoint, err);
	logged.receipt = wb_bytes_span(&receipt);
	if (st == WB_OK) {
		st = wb_statement_keep(&out->row, &out->is_new, a->device,
		    &a->envelope, a->bytes, &logged, err);
	}
	if (st == WB_OK)
		st = wb_journal_statement(a->device, out->row, &a->envelope,
		    err);
	wb_bytes_clear(&receipt);
	return st;
}

static enum wb_status
take(struct wb_taken *out, struct arriving *a, struct wb_error *err)
{
	struct wb_error why = { 0 };
	enum wb_status st;

	st = wb_envelope_decode(&a->envelope, &a->arena, a->bytes, &why);
	if (st != WB_OK)
		return fault(err, a, st, &why);
	st = check_place(a, err);
	if (st != WB_OK)
		return st;
	if (a->placed) {
		*out = (struct wb_taken){ .row = a->row,
			.type = a->envelope.type };
		return WB_OK;
	}
	st = check_statement(a, &why);
	if (st != WB_OK)
		return fault(err, a, st, &why);
	return keep(out, a, err);
}

enum wb_status
wb_trust_entry(struct wb_taken *out, struct wb_device *device,
    const struct wb_head *head, struct wb_span checkpoint,
    const struct wb_entry *entry, struct wb_error *err)
{
	struct arriving a = { .device = device,
		.head = head,
		.checkpoint = checkpoint,
		.index = entry->index,
		.bytes = entry->envelope,
		.proof = &entry->proof };
	enum wb_status st;

	*out = (struct wb_taken){ 0 };
	if (!is_included(&a))
		return wb_trust_evidence(err, "entry-inclusion",
		    "an entry that the server shows is not in the log");
	wb_arena_init(&a.arena, WB_ARENA_BUDGET);
	st = take(out, &a, err);
	wb_arena_clear(&a.arena);
	return st;
}

enum wb_status
wb_trust_receipt(struct wb_device *device, const struct wb_head *head,
    struct wb_span checkpoint, struct wb_span envelope, uint64_t index,
    const struct wb_proof *proof, struct wb_error *err)
{
	struct arriving a = { .device = device,
		.head = head,
		.checkpoint = checkpoint,
		.index = index,
		.bytes = envelope,
		.proof = proof };
	struct wb_taken taken;
	enum wb_status st;

	if (!is_included(&a))
		return wb_trust_evidence(err, "wrong-receipt",
		    "the server's receipt is not for what was sent");
	wb_arena_init(&a.arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&a.envelope, &a.arena, envelope, err);
	if (st == WB_OK)
		st = check_place(&a, err);
	if (st == WB_OK)
		st = keep(&taken, &a, err);
	wb_arena_clear(&a.arena);
	return st;
}

static enum wb_status
load_content_ref(struct wb_content_ref *out, struct wb_device *device,
    int64_t row, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_stmt *s;
	enum wb_status st;
	bool found;

	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope FROM statement WHERE row = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	st = wb_step(s, &found, err);
	if (st != WB_OK)
		return st;
	if (!found)
		return wb_fail(err, WB_NOT_FOUND, "no such statement");
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	if (st == WB_OK)
		st = wb_content_ref_read(out, &arena, &envelope, err);
	wb_arena_clear(&arena);
	return st;
}

enum wb_status
wb_trust_content(struct wb_device *device, int64_t row, struct wb_span file,
    struct wb_error *err)
{
	struct wb_content_ref ref;
	struct wb_stmt *s;
	enum wb_status st;

	st = load_content_ref(&ref, device, row, err);
	if (st != WB_OK)
		return st;
	if (!wb_content_ref_fits(&ref, file)) {
		return wb_advise(err,
		    wb_fail(err, WB_FORGED,
			"the server shows a content that is not what its "
			"sender signed; it was not taken"),
		    "content-altered", WB_CONTENT_KEPT);
	}
	st = wb_db_prepare(&s, device->db,
	    "INSERT INTO content (statement, file) VALUES (?, ?)"
	    " ON CONFLICT (statement) DO NOTHING",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	wb_bind_blob(s, 2, file);
	return wb_run(s, err);
}
