/* Signing: alone, or one coordinator after the other. */
#include <string.h>

#include "client/journal/journal.h"
#include "client/ledger/tally_check.h"
#include "client/ledger/tally_seal.h"
#include "client/tally/tally_private.h"
#include "client/team/annexes.h"
#include "client/trust/trust.h"
#include "crypto/statement.h"
#include "proto/transfer.h"
#include "proto/wire.h"

#define PURPOSE "tally" /* of a proposal's head */

/* A proposal: a bundle's head, the statement so far, its sealed content. */
static enum wb_status
write_proposal(struct wb_tally_made *made, struct wb_device *device,
    struct wb_span envelope, struct wb_span file, struct wb_error *err)
{
	const struct wb_bundle_item items[] = {
		{ .kind = WB_BUNDLE_HEAD,
		    .programme = device->programme,
		    .purpose = wb_span_text(PURPOSE) },
		{ .kind = WB_BUNDLE_STATEMENT, .bytes = envelope },
		{ .kind = WB_BUNDLE_CONTENT, .bytes = file },
	};
	struct wb_bundle_item end = { .kind = WB_BUNDLE_CHECKSUM };
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < sizeof items / sizeof items[0];
	     i++)
		st = wb_bundle_item_append(&made->proposal, &items[i], err);
	wb_sha256_one(&end.checksum, wb_bytes_span(&made->proposal));
	return st == WB_OK ? wb_bundle_item_append(&made->proposal, &end, err)
			   : st;
}

static enum wb_status
keep(struct wb_device *device, const struct wb_envelope *envelope,
    struct wb_span bytes, struct wb_span file, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(device->db, err);
	int64_t row;

	if (st != WB_OK)
		return st;
	st = wb_statement_keep(&row, NULL, device, envelope, bytes, NULL, err);
	if (st == WB_OK)
		st = wb_journal_statement(device, row, envelope, err);
	if (st == WB_OK)
		st = wb_trust_content(device, row, file, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	wb_db_rollback(device->db);
	return st;
}

static enum wb_status
hand_on(struct wb_tally_made *made, struct wb_device *device,
    struct wb_span envelope, struct wb_span file, struct wb_error *err)
{
	const struct wb_member *m = wb_roster_find(&device->roster,
	    &made->tally.signers[made->signatures]);
	enum wb_status st = WB_OK;

	if (m != NULL)
		st = wb_arena_copy(&made->next, &made->arena, m->label, err);
	return st == WB_OK ? write_proposal(made, device, envelope, file, err)
			   : st;
}

enum wb_status
wb_tally_sign(struct wb_tally_made *made, struct wb_device *device,
    struct wb_signature *signatures, size_t signed_by, struct wb_span file,
    struct wb_error *err)
{
	struct wb_bytes payload, bytes;
	struct wb_envelope envelope;
	enum wb_status st;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	st = wb_tally_encode(&payload, &made->tally, err);
	if (st == WB_OK) {
		st = wb_statement_sign(&signatures[signed_by], &device->signer,
		    wb_statement_type_text(WB_STATEMENT_TALLY),
		    wb_bytes_span(&payload), err);
	}
	made->signatures = signed_by + 1;
	if (st == WB_OK)
		st = wb_envelope_encode(&bytes, WB_STATEMENT_TALLY,
		    wb_bytes_span(&payload), signatures, made->signatures, err);
	if (st == WB_OK)
		st = wb_envelope_decode(&envelope, &made->arena,
		    wb_bytes_span(&bytes), err);
	if (st == WB_OK) {
		made->id = envelope.id;
		st = made->signatures < made->tally.signer_count
			 ? hand_on(made, device, wb_bytes_span(&bytes), file,
			       err)
			 : keep(device, &envelope, wb_bytes_span(&bytes), file,
			       err);
	}
	wb_bytes_clear(&payload);
	wb_bytes_clear(&bytes);
	return st;
}

/* ------------------------------------------------ another's proposal */

struct proposal {
	struct wb_envelope envelope;
	struct wb_span file; /* sealed content */
	struct wb_bytes totals; /* the content's bytes */
	struct wb_signature signatures[WB_MAX_TALLY_SIGNERS];
};

static enum wb_status
no_proposal(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_INVALID,
		"this is no tally to sign, or it was altered"),
	    "no-proposal",
	    "The first coordinator makes one: waybill tally -o FILE");
}

/* Exactly what write_proposal makes. */
static enum wb_status
read_items(struct wb_bundle_item items[3], struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	static const enum wb_bundle_kind kinds[] = { WB_BUNDLE_HEAD,
		WB_BUNDLE_STATEMENT, WB_BUNDLE_CONTENT };
	struct wb_span all = bytes, raw;
	struct wb_bundle_item end;
	struct wb_hash hash;
	bool more = true;

	for (size_t i = 0; i < 3; i++) {
		if (wb_delimited_next(&raw, &more, &bytes, WB_MAX_BUNDLE_ITEM,
			NULL) != WB_OK ||
		    !more ||
		    wb_bundle_item_decode(&items[i], arena, raw, NULL) !=
			WB_OK ||
		    items[i].kind != kinds[i])
			return no_proposal(err);
	}
	wb_sha256_one(&hash, wb_span_sub(all, 0, all.len - bytes.len));
	if (wb_delimited_next(&raw, &more, &bytes, WB_MAX_BUNDLE_ITEM, NULL) !=
		WB_OK ||
	    !more || bytes.len != 0 ||
	    wb_bundle_item_decode(&end, arena, raw, NULL) != WB_OK ||
	    end.kind != WB_BUNDLE_CHECKSUM ||
	    !wb_hash_equal(&end.checksum, &hash) ||
	    !wb_span_equal(items[0].purpose, wb_span_text(PURPOSE)))
		return no_proposal(err);
	return WB_OK;
}

static enum wb_status
read_statement(struct proposal *p, struct wb_tally_made *made,
    struct wb_device *device, const struct wb_bundle_item *items,
    struct wb_error *err)
{
	enum wb_status st;

	if (!wb_hash_equal(&items[0].programme, &device->programme)) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"this tally belongs to another programme"),
		    "other-programme", NULL);
	}
	p->file = items[2].bytes;
	st = wb_envelope_decode(&p->envelope, &made->arena, items[1].bytes,
	    NULL);
	if (st != WB_OK || p->envelope.type != WB_STATEMENT_TALLY ||
	    wb_tally_decode(&made->tally, &made->arena, p->envelope.payload,
		NULL) != WB_OK ||
	    !wb_hash_equal(&made->tally.programme, &device->programme))
		return no_proposal(err);
	return WB_OK;
}

/* All before this coordinator have signed, and nobody behind it. */
static enum wb_status
check_turn(struct proposal *p, const struct wb_tally_made *made,
    const struct wb_device *device, struct wb_error *err)
{
	const struct wb_tally *t = &made->tally;
	size_t n = p->envelope.signature_count;

	if (n >= t->signer_count ||
	    !wb_key_equal(&t->signers[n], &device->signer.key)) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"this tally waits for another coordinator to sign"),
		    "not-for-us", NULL);
	}
	for (size_t i = 0; i < n; i++) {
		if (!wb_member_may(wb_roster_find(&device->roster,
				       &t->signers[i]),
			WB_ROLE_COORDINATOR) ||
		    wb_statement_verify(&p->envelope.signatures[i],
			&t->signers[i],
			wb_statement_type_text(WB_STATEMENT_TALLY),
			p->envelope.payload, NULL) != WB_OK) {
			return wb_advise(err,
			    wb_fail(err, WB_FORGED,
				"a coordinator named on it did not sign it"),
			    "signature", NULL);
		}
		p->signatures[i] = p->envelope.signatures[i];
	}
	return WB_OK;
}

static enum wb_status
read_totals(struct proposal *p, struct wb_tally_made *made,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_secret **readers = NULL;
	struct wb_hash hash;
	enum wb_status st;
	size_t n = 0;

	wb_sha256_one(&hash, p->file);
	if (!wb_hash_equal(&hash, &made->tally.content_hash))
		return no_proposal(err);
	st = wb_annexes_readers(&readers, &n, device, err);
	if (st == WB_OK)
		st = wb_tally_unseal(&p->totals, p->file, readers, n, err);
	wb_annexes_free_readers(&readers, n);
	if (st != WB_OK)
		return st;
	wb_sha256_one(&hash, wb_bytes_span(&p->totals));
	if (!wb_hash_equal(&hash, &made->tally.totals_hash))
		return no_proposal(err);
	return wb_tally_content_decode(&made->content, &made->arena,
	    wb_bytes_span(&p->totals), err);
}

static bool
same_totals(const struct wb_tally_sum *sum, const struct wb_tally_content *c)
{
	bool same = sum->total_count == c->total_count &&
		    memcmp(sum->blinding.b, c->blinding.b, WB_SCALAR_LEN) == 0;

	for (size_t i = 0; same && i < sum->total_count; i++) {
		same = sum->totals[i].quantity == c->totals[i].quantity &&
		       wb_span_equal(sum->totals[i].measure,
			   c->totals[i].measure);
	}
	return same;
}

static enum wb_status
differs(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"this vault comes to other totals; nothing was signed"),
	    "tally-differs", "Compare what both of you see: waybill totals");
}

/* Everything once more, from this vault alone. */
static enum wb_status
compute_again(struct wb_tally_made *made, struct wb_device *device,
    const struct wb_tally_wish *wish, struct wb_error *err)
{
	struct wb_tally_scope scope = { 0 };
	struct wb_tally_sum sum = { 0 };
	struct wb_tally_log log;
	enum wb_status st;

	st = wb_tally_log_read(&log, device, err);
	if (st == WB_OK && log.size <= made->tally.last) {
		st = wb_advise(err,
		    wb_fail(err, WB_PARTIAL,
			"the log is not all here yet, so nothing was signed"),
		    "log-incomplete", "Sync first: waybill sync");
	}
	if (st == WB_OK)
		st = wb_tallies_follows(log.tallies, log.size, &made->tally,
		    err);
	if (st == WB_OK)
		st = wb_tallies_scope(&scope, log.tallies, made->tally.last,
		    err);
	if (st == WB_OK)
		st = wb_tally_check(&scope, &made->content, err);
	if (st == WB_OK)
		st = wb_tally_sum(&sum, device, scope.counted,
		    scope.counted_count, wish->progress, err);
	if (st == WB_OK && !same_totals(&sum, &made->content))
		st = differs(err);
	if (st == WB_OK)
		st = wb_tally_check_cells(&scope, &sum, wish, err);
	made->batches = scope.counted_count;
	made->devices = scope.device_count;
	wb_tally_sum_clear(&sum);
	wb_tally_scope_clear(&scope);
	wb_tally_log_clear(&log);
	return st;
}

enum wb_status
wb_tally_cosign(struct wb_tally_made *out, struct wb_device *device,
    struct wb_span proposal, const struct wb_tally_wish *wish,
    struct wb_error *err)
{
	struct wb_bundle_item items[3];
	struct proposal p = { .file = { 0 } };
	enum wb_status st;

	*out = (struct wb_tally_made){ 0 };
	wb_arena_init(&out->arena,
	    WB_MAX_TALLY_BUDGET + 2 * WB_MAX_BUNDLE_ITEM);
	wb_bytes_init(&out->proposal, 2 * WB_MAX_CONTENT);
	wb_bytes_init(&p.totals, WB_MAX_TALLY_CONTENT);
	st = wb_tally_may_make(device, err);
	if (st == WB_OK)
		st = read_items(items, &out->arena, proposal, err);
	if (st == WB_OK)
		st = read_statement(&p, out, device, items, err);
	if (st == WB_OK)
		st = check_turn(&p, out, device, err);
	if (st == WB_OK)
		st = read_totals(&p, out, device, err);
	if (st == WB_OK)
		st = compute_again(out, device, wish, err);
	if (st == WB_OK)
		st = wb_tally_sign(out, device, p.signatures,
		    p.envelope.signature_count, p.file, err);
	wb_bytes_clear(&p.totals);
	return st;
}
