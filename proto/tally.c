#include "proto/tally.h"

#include "crypto/statement.h"
#include "proto/codec.h"
#include "proto/envelope.pb-c.h"
#include "proto/wire.h"

static void
check_signers(struct wb_codec *c, const struct wb_tally *t)
{
	wb_codec_rule(c,
	    t->signer_count >= 1 && t->signer_count <= WB_MAX_TALLY_SIGNERS,
	    "no signer, or too many");
	for (size_t i = 0; c->status == WB_OK && i < t->signer_count; i++) {
		wb_codec_rule_bytes(c, t->signers[i].b, WB_KEY_LEN, "a signer");
		for (size_t j = 0; j < i; j++) {
			wb_codec_rule(c,
			    !wb_key_equal(&t->signers[i], &t->signers[j]),
			    "a signer stands there twice");
		}
	}
}

static void
check(struct wb_codec *c, const struct wb_tally *t)
{
	wb_codec_rule_bytes(c, t->programme.b, WB_HASH_LEN, "the programme");
	check_signers(c, t);
	wb_codec_rule(c, t->first <= t->last, "the range runs backwards");
	wb_codec_rule_bytes(c, t->totals_hash.b, WB_HASH_LEN,
	    "the totals' hash");
	wb_codec_rule_bytes(c, t->content_hash.b, WB_HASH_LEN,
	    "the content's hash");
}

enum wb_status
wb_tally_encode(struct wb_bytes *out, const struct wb_tally *tally,
    struct wb_error *err)
{
	Waybill__Tally m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "tally", err);

	waybill__tally__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check(&c, tally);
	m.programme = wb_codec_put(tally->programme.b, WB_HASH_LEN);
	m.signer = wb_codec_array(&c, &m.n_signer, tally->signer_count,
	    sizeof *m.signer);
	for (size_t i = 0; i < m.n_signer; i++)
		m.signer[i] = wb_codec_put(tally->signers[i].b, WB_KEY_LEN);
	m.first = tally->first;
	m.last = tally->last;
	m.previous = wb_codec_put(tally->previous.b, WB_HASH_LEN);
	m.totals_hash = wb_codec_put(tally->totals_hash.b, WB_HASH_LEN);
	m.content_hash = wb_codec_put(tally->content_hash.b, WB_HASH_LEN);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ENVELOPE);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_tally_decode(struct wb_tally *out, struct wb_arena *arena,
    struct wb_span payload, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "tally", err);
	struct wb_tally tally = { 0 };
	const Waybill__Tally *m;

	m = wb_codec_unpack(&c, &waybill__tally__descriptor, payload,
	    WB_MAX_ENVELOPE);
	if (m == NULL)
		return c.status;
	wb_codec_get_hash(&c, &tally.programme, m->programme, "the programme");
	tally.signers = wb_codec_array(&c, &tally.signer_count, m->n_signer,
	    sizeof *tally.signers);
	for (size_t i = 0; i < tally.signer_count; i++)
		wb_codec_get_key(&c, &tally.signers[i], m->signer[i],
		    "a signer");
	tally.first = m->first;
	tally.last = m->last;
	wb_codec_get_hash(&c, &tally.previous, m->previous, "the tally before");
	wb_codec_get_hash(&c, &tally.totals_hash, m->totals_hash,
	    "the totals' hash");
	wb_codec_get_hash(&c, &tally.content_hash, m->content_hash,
	    "the content's hash");
	check(&c, &tally);
	if (c.status == WB_OK)
		*out = tally;
	return c.status;
}

enum wb_status
wb_tally_verify(const struct wb_envelope *envelope,
    const struct wb_tally *tally, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (envelope->signature_count != tally->signer_count)
		return wb_fail(err, WB_FORGED,
		    "it has not one signature for each signer");
	for (size_t i = 0; st == WB_OK && i < tally->signer_count; i++) {
		st = wb_statement_verify(&envelope->signatures[i],
		    &tally->signers[i],
		    wb_statement_type_text(WB_STATEMENT_TALLY),
		    envelope->payload, err);
	}
	return st;
}
