#include "proto/envelope.h"

#include "crypto/statement.h"
#include "proto/codec.h"
#include "proto/envelope.pb-c.h"
#include "proto/wire.h"

static const char *const type_texts[] = {
	[WB_STATEMENT_ROSTER] = "application/vnd.waybill.roster.v1+protobuf",
	[WB_STATEMENT_BATCH] = "application/vnd.waybill.batch.v1+protobuf",
	[WB_STATEMENT_ACK] = "application/vnd.waybill.ack.v1+protobuf",
	[WB_STATEMENT_TALLY] = "application/vnd.waybill.tally.v1+protobuf",
	[WB_STATEMENT_NOTE] = "application/vnd.waybill.note.v1+protobuf",
	[WB_STATEMENT_READ] = "application/vnd.waybill.read.v1+protobuf",
};

#define TYPES (sizeof type_texts / sizeof type_texts[0])

const char *
wb_statement_type_text(enum wb_statement_type type)
{
	return type == WB_STATEMENT_UNKNOWN ? "unknown" : type_texts[type];
}

static enum wb_statement_type
type_of(struct wb_span text)
{
	for (size_t i = WB_STATEMENT_UNKNOWN + 1; i < TYPES; i++)
		if (wb_span_equal(text, wb_span_text(type_texts[i])))
			return (enum wb_statement_type)i;
	return WB_STATEMENT_UNKNOWN;
}

static size_t
max_size(enum wb_statement_type type)
{
	return type == WB_STATEMENT_ROSTER ? WB_MAX_ROSTER : WB_MAX_ENVELOPE;
}

static void
get_signature(struct wb_codec *c, struct wb_signature *out,
    const Waybill__Signature *m)
{
	wb_codec_rule(c, m->keyid[0] == '\0', "a signature names a key");
	wb_codec_rule(c, m->sig.len != 0, "a signature is empty");
	wb_codec_get(c, out->b, sizeof out->b, m->sig, "a signature");
}

enum wb_status
wb_envelope_decode(struct wb_envelope *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "statement", err);
	struct wb_envelope e = { 0 };
	const Waybill__Envelope *m;

	m = wb_codec_unpack(&c, &waybill__envelope__descriptor, bytes,
	    WB_MAX_ROSTER);
	if (m == NULL)
		return c.status;
	e.payload = wb_codec_get_span(m->payload);
	e.payload_type = wb_codec_get_text(m->payloadtype);
	e.type = type_of(e.payload_type);
	wb_codec_rule_text(&c, e.payload_type, 1, WB_MAX_SHORT_TEXT,
	    "the payload type");
	wb_codec_rule(&c, bytes.len <= max_size(e.type), "too large");
	wb_codec_rule(&c,
	    m->n_signatures >= 1 && m->n_signatures <= WB_MAX_SIGNATURES,
	    "no signature, or too many");
	e.signatures = wb_codec_array(&c, &e.signature_count, m->n_signatures,
	    sizeof *e.signatures);
	for (size_t i = 0; i < e.signature_count; i++)
		get_signature(&c, &e.signatures[i], m->signatures[i]);
	if (c.status != WB_OK)
		return c.status;
	wb_statement_id(&e.id, m->payloadtype, e.payload);
	*out = e;
	return WB_OK;
}

enum wb_status
wb_envelope_encode(struct wb_bytes *out, enum wb_statement_type type,
    struct wb_span payload, const struct wb_signature *signatures, size_t n,
    struct wb_error *err)
{
	Waybill__Envelope m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "statement", err);

	waybill__envelope__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_codec_rule(&c, type != WB_STATEMENT_UNKNOWN,
	    "the payload type is unknown");
	wb_codec_rule(&c, n >= 1 && n <= WB_MAX_SIGNATURES,
	    "no signature, or too many");
	m.payload = wb_codec_put_span(payload);
	m.payloadtype = wb_codec_put_text(&c,
	    wb_span_text(wb_statement_type_text(type)));
	m.signatures = wb_codec_messages(&c, &m.n_signatures, n,
	    &waybill__signature__descriptor);
	for (size_t i = 0; i < m.n_signatures; i++) {
		wb_codec_rule_bytes(&c, signatures[i].b, WB_SIGNATURE_LEN,
		    "a signature");
		m.signatures[i]->sig = wb_codec_put(signatures[i].b,
		    WB_SIGNATURE_LEN);
	}
	wb_codec_pack(&c, out, &m.base, max_size(type));
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_envelope_seal(struct wb_bytes *out, enum wb_statement_type type,
    struct wb_span payload, const struct wb_signer *signer,
    struct wb_error *err)
{
	struct wb_signature signature;
	enum wb_status st;

	st = wb_statement_sign(&signature, signer, wb_statement_type_text(type),
	    payload, err);
	if (st != WB_OK)
		return st;
	return wb_envelope_encode(out, type, payload, &signature, 1, err);
}

enum wb_status
wb_envelope_verify(const struct wb_envelope *envelope,
    enum wb_statement_type type, const struct wb_key *key, struct wb_error *err)
{
	if (type == WB_STATEMENT_UNKNOWN || envelope->type != type)
		return wb_fail(err, WB_FORGED,
		    "a statement is not of the type it stands for");
	if (envelope->signature_count != 1) {
		return wb_fail(err, WB_FORGED,
		    "a statement has %zu signatures instead of one",
		    envelope->signature_count);
	}
	return wb_statement_verify(&envelope->signatures[0], key,
	    wb_statement_type_text(type), envelope->payload, err);
}
