#include "proto/batch.h"

#include "proto/codec.h"
#include "proto/envelope.pb-c.h"
#include "proto/wire.h"

static void
check(struct wb_codec *c, const struct wb_batch *b)
{
	wb_codec_rule_bytes(c, b->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule_bytes(c, b->signer.b, WB_KEY_LEN, "the signer");
	wb_codec_rule(c, b->sequence != 0, "the sequence number is missing");
	wb_codec_rule(c, wb_hash_is_zero(&b->previous) == (b->sequence == 1),
	    "only the first batch has none before it");
	wb_codec_rule_bytes(c, b->roster.b, WB_HASH_LEN, "the roster");
	wb_codec_rule_bytes(c, b->content_hash.b, WB_HASH_LEN,
	    "the content's hash");
	wb_codec_rule(c,
	    b->content_size != 0 && b->content_size <= WB_MAX_CONTENT,
	    "the content's size is out of range");
	wb_codec_rule_bytes(c, b->records_root.b, WB_HASH_LEN,
	    "the records' root");
	wb_codec_rule_bytes(c, b->totals.b, WB_POINT_LEN,
	    "the totals commitment");
}

static void
check_seen(struct wb_codec *c, const struct wb_batch *b)
{
	wb_codec_rule_bytes(c, b->seen.root.b, WB_HASH_LEN, "the seen root");
	wb_codec_rule_bytes(c, b->seen_signature.b, WB_SIGNATURE_LEN,
	    "the seen head's signature");
}

static void
get_seen(struct wb_codec *c, struct wb_batch *out, const Waybill__Seen *m)
{
	wb_codec_rule(c, m->size != 0, "the seen head has no size");
	out->seen.size = m->size;
	wb_codec_get_hash(c, &out->seen.root, m->root, "the seen root");
	wb_codec_get(c, out->seen_signature.b, WB_SIGNATURE_LEN, m->signature,
	    "the seen head's signature");
}

static void
get(struct wb_codec *c, struct wb_batch *out, const Waybill__Batch *m)
{
	wb_codec_get_hash(c, &out->programme, m->programme, "the programme");
	wb_codec_get_key(c, &out->signer, m->signer, "the signer");
	out->sequence = m->sequence;
	wb_codec_get_hash(c, &out->previous, m->previous, "the batch before");
	wb_codec_get_hash(c, &out->roster, m->roster, "the roster");
	if (m->seen != NULL)
		get_seen(c, out, m->seen);
	wb_codec_get_hash(c, &out->content_hash, m->content_hash,
	    "the content's hash");
	out->content_size = m->content_size;
	wb_codec_get_hash(c, &out->records_root, m->records_root,
	    "the records' root");
	wb_codec_get(c, out->totals.b, WB_POINT_LEN, m->totals,
	    "the totals commitment");
}

enum wb_status
wb_batch_decode(struct wb_batch *out, struct wb_span payload,
    struct wb_error *err)
{
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "batch header", err);
	struct wb_batch batch = { 0 };
	const Waybill__Batch *m;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	m = wb_codec_unpack(&c, &waybill__batch__descriptor, payload,
	    WB_MAX_ENVELOPE);
	if (m != NULL) {
		get(&c, &batch, m);
		check(&c, &batch);
		if (m->seen != NULL)
			check_seen(&c, &batch);
	}
	wb_arena_clear(&arena);
	if (c.status == WB_OK)
		*out = batch;
	return c.status;
}

enum wb_status
wb_batch_encode(struct wb_bytes *out, const struct wb_batch *batch,
    struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(NULL, "batch header", err);
	Waybill__Batch m;
	Waybill__Seen seen;

	waybill__batch__init(&m);
	waybill__seen__init(&seen);
	check(&c, batch);
	m.programme = wb_codec_put(batch->programme.b, WB_HASH_LEN);
	m.signer = wb_codec_put(batch->signer.b, WB_KEY_LEN);
	m.sequence = batch->sequence;
	m.previous = wb_codec_put(batch->previous.b, WB_HASH_LEN);
	m.roster = wb_codec_put(batch->roster.b, WB_HASH_LEN);
	if (batch->seen.size != 0) {
		check_seen(&c, batch);
		seen.size = batch->seen.size;
		seen.root = wb_codec_put(batch->seen.root.b, WB_HASH_LEN);
		seen.signature = wb_codec_put(batch->seen_signature.b,
		    WB_SIGNATURE_LEN);
		m.seen = &seen;
	}
	m.content_hash = wb_codec_put(batch->content_hash.b, WB_HASH_LEN);
	m.content_size = batch->content_size;
	m.records_root = wb_codec_put(batch->records_root.b, WB_HASH_LEN);
	m.totals = wb_codec_put(batch->totals.b, WB_POINT_LEN);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ENVELOPE);
	return c.status;
}
