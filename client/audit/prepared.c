#include "client/audit/prepared.h"

void
wb_prepared_init(struct wb_prepared *p)
{
	*p = (struct wb_prepared){ 0 };
	/* A frame's copy, and what decoding its envelope takes. */
	wb_arena_init(&p->arena, 3 * WB_ARENA_BUDGET);
}

void
wb_prepared_clear(struct wb_prepared *p)
{
	wb_arena_clear(&p->arena);
}

/* What else was there is not looked at: it is some kilobytes. */
static void
begin(struct wb_prepared *p)
{
	wb_arena_reset(&p->arena);
	p->state = WB_PREPARED_GOOD;
	(void)wb_forgive(&p->why);
}

static void
check_signature(struct wb_prepared *p, const struct wb_key *signer)
{
	if (wb_envelope_verify(&p->envelope, p->envelope.type, signer,
		&p->why) != WB_OK)
		p->state = WB_PREPARED_UNSIGNED;
}

static void
read_payload(struct wb_prepared *p)
{
	struct wb_span payload = p->envelope.payload;
	enum wb_status st = WB_OK;
	const struct wb_key *signer = NULL;

	switch (p->envelope.type) {
	case WB_STATEMENT_BATCH:
		st = wb_batch_decode(&p->body.batch, payload, &p->why);
		signer = &p->body.batch.signer;
		break;
	case WB_STATEMENT_ACK:
		st = wb_ack_decode(&p->body.ack, &p->arena, payload, &p->why);
		signer = &p->body.ack.signer;
		break;
	case WB_STATEMENT_NOTE:
		st = wb_shown_decode(&p->body.note, payload, &p->why);
		signer = &p->body.note.signer;
		break;
	case WB_STATEMENT_ROSTER:
	case WB_STATEMENT_TALLY:
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	if (st != WB_OK)
		p->state = WB_PREPARED_NO_PAYLOAD;
	else if (signer != NULL)
		check_signature(p, signer);
}

static void
prepare_entry(struct wb_prepared *p)
{
	const struct wb_entry *entry = &p->item.entry;

	wb_leaf_hash(&p->leaf, &entry->envelope, 1);
	if (entry->content.len != 0)
		wb_sha256_one(&p->content, entry->content);
	if (wb_envelope_decode(&p->envelope, &p->arena, entry->envelope,
		&p->why) == WB_OK)
		read_payload(p);
	else
		p->state = WB_PREPARED_NO_STATEMENT;
}

static void
prepare_kind(struct wb_prepared *p)
{
	if (p->item.kind == WB_BUNDLE_ENTRY)
		prepare_entry(p);
	else if (p->item.kind == WB_BUNDLE_CONTENT)
		wb_sha256_one(&p->content, p->item.bytes);
}

void
wb_prepare(struct wb_prepared *p, const struct wb_bundle_frame *frame)
{
	begin(p);
	if (wb_bundle_item_decode(&p->item, &p->arena, frame->bytes, &p->why) !=
	    WB_OK)
		p->state = WB_PREPARED_NO_ITEM;
	else if (frame->hashed)
		p->content = frame->content;
	else
		prepare_kind(p);
}

void
wb_prepare_item(struct wb_prepared *p, const struct wb_bundle_item *item)
{
	begin(p);
	p->item = *item;
	prepare_kind(p);
}
