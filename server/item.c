#include "server/item.h"

#include "crypto/merkle.h"
#include "proto/content_ref.h"

void
wb_item_refuse(struct wb_item *item, const char *reason)
{
	item->decided = true;
	item->reception = WB_NOT_LOGGED;
	item->index = 0;
	item->reason = reason;
}

void
wb_item_put_off(struct wb_item *item)
{
	wb_item_refuse(item, "busy");
	item->reception = WB_TRY_LATER;
}

void
wb_item_accept(struct wb_item *item, enum wb_reception reception,
    uint64_t index)
{
	item->decided = true;
	item->reception = reception;
	item->index = index;
	item->reason = NULL;
}

/* Each gives the reason of a refusal, or NULL. */

static const char *
ask(const struct wb_item_gate *gate, const struct wb_item *item,
    const struct wb_key *signer)
{
	return gate == NULL ? NULL : gate->ask(gate->ctx, signer, &item->id);
}

static const char *
check_signature(const struct wb_envelope *e, const struct wb_key *key)
{
	struct wb_error err = { 0 };

	return wb_envelope_verify(e, e->type, key, &err) == WB_OK
		   ? NULL
		   : "bad-signature";
}

static const char *
check_content(const struct wb_item *item, struct wb_content_ref ref)
{
	if (item->content.len == 0)
		return "content-missing";
	return wb_content_ref_fits(&ref, item->content) ? NULL
							: "content-mismatch";
}

static const char *
read_batch(struct wb_item *item, const struct wb_envelope *e,
    const struct wb_item_gate *gate)
{
	struct wb_error err = { 0 };
	struct wb_batch batch;
	const char *reason;

	if (wb_batch_decode(&batch, e->payload, &err) != WB_OK)
		return "malformed";
	item->programme = batch.programme;
	item->signer = batch.signer;
	item->sequence = batch.sequence;
	reason = ask(gate, item, &batch.signer);
	if (reason == NULL)
		reason = check_content(item, wb_batch_content(&batch));
	return reason != NULL ? reason : check_signature(e, &batch.signer);
}

static const char *
read_ack(struct wb_item *item, const struct wb_envelope *e,
    const struct wb_item_gate *gate, struct wb_arena *arena)
{
	struct wb_error err = { 0 };
	const char *reason;
	struct wb_ack ack;

	if (wb_ack_decode(&ack, arena, e->payload, &err) != WB_OK)
		return "malformed";
	item->programme = ack.programme;
	item->signer = ack.signer;
	for (size_t i = 0; i < ack.verdict_count; i++)
		item->admits |= ack.verdicts[i].outcome == WB_OUTCOME_ADMIT;
	reason = ask(gate, item, &ack.signer);
	return reason != NULL ? reason : check_signature(e, &ack.signer);
}

static const char *
read_note(struct wb_item *item, const struct wb_envelope *e,
    const struct wb_item_gate *gate)
{
	struct wb_error err = { 0 };
	struct wb_shown note;
	const char *reason;

	if (wb_shown_decode(&note, e->payload, &err) != WB_OK)
		return "malformed";
	item->programme = note.programme;
	item->signer = note.signer;
	reason = ask(gate, item, &note.signer);
	if (reason == NULL)
		reason = check_content(item, wb_shown_content(&note));
	return reason != NULL ? reason : check_signature(e, &note.signer);
}

static const char *
read_tally(struct wb_item *item, const struct wb_envelope *e,
    const struct wb_item_gate *gate, struct wb_arena *arena)
{
	struct wb_error err = { 0 };
	const char *reason;
	struct wb_tally tally;

	if (wb_tally_decode(&tally, arena, e->payload, &err) != WB_OK)
		return "malformed";
	item->programme = tally.programme;
	item->signer = tally.signers[0];
	if (e->signature_count != tally.signer_count)
		return "bad-signature";
	for (size_t i = 0; i < tally.signer_count; i++) {
		reason = ask(gate, item, &tally.signers[i]);
		if (reason != NULL)
			return reason;
	}
	reason = check_content(item, wb_tally_content(&tally));
	if (reason != NULL)
		return reason;
	return wb_tally_verify(e, &tally, &err) == WB_OK ? NULL
							 : "bad-signature";
}

static const char *
read_payload(struct wb_item *item, const struct wb_envelope *e,
    const struct wb_item_gate *gate, struct wb_arena *arena)
{
	if (!wb_statement_has_content(e->type) && item->content.len > 0)
		return "content-mismatch";
	switch (e->type) {
	case WB_STATEMENT_BATCH:
		return read_batch(item, e, gate);
	case WB_STATEMENT_ROSTER:
		return NULL; /* not read before its roots have signed it */
	case WB_STATEMENT_ACK:
		return read_ack(item, e, gate, arena);
	case WB_STATEMENT_TALLY:
		return read_tally(item, e, gate, arena);
	case WB_STATEMENT_NOTE:
		return read_note(item, e, gate);
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	return "wrong-type";
}

void
wb_item_verify(struct wb_item *out, const struct wb_upload *upload,
    const struct wb_item_gate *gate, struct wb_arena *arena)
{
	struct wb_error err = { 0 };
	struct wb_envelope e;
	const char *reason;

	*out = (struct wb_item){
		.envelope = upload->envelope,
		.content = upload->content,
	};
	if (wb_envelope_decode(&e, arena, out->envelope, &err) != WB_OK) {
		wb_item_refuse(out, "malformed");
		return;
	}
	out->type = e.type;
	out->id = e.id;
	reason = read_payload(out, &e, gate, arena);
	if (reason != NULL)
		wb_item_refuse(out, reason);
	else
		wb_leaf_hash(&out->leaf, &out->envelope, 1);
}
