#include "proto/ack.h"

#include <string.h>

#include "crypto/statement.h"
#include "proto/codec.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"
#include "proto/wire.h"

static void
check_ack(struct wb_codec *c, const struct wb_ack *a)
{
	wb_codec_rule_bytes(c, a->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule_bytes(c, a->signer.b, WB_KEY_LEN, "the signer");
	wb_codec_rule(c,
	    a->verdict_count >= 1 && a->verdict_count <= WB_MAX_VERDICTS,
	    "no verdict, or too many");
	for (size_t i = 0; c->status == WB_OK && i < a->verdict_count; i++) {
		wb_codec_rule_bytes(c, a->verdicts[i].statement.b, WB_HASH_LEN,
		    "a verdict's statement");
		wb_codec_rule(c,
		    a->verdicts[i].outcome >= WB_OUTCOME_OPENED &&
			a->verdicts[i].outcome <= WB_OUTCOME_ADMIT,
		    "a verdict has an unknown outcome");
	}
	wb_codec_rule_bytes(c, a->roster.b, WB_HASH_LEN, "the roster");
}

enum wb_status
wb_ack_encode(struct wb_bytes *out, const struct wb_ack *ack,
    struct wb_error *err)
{
	Waybill__Ack m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "acknowledgement", err);

	waybill__ack__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_ack(&c, ack);
	m.programme = wb_codec_put(ack->programme.b, WB_HASH_LEN);
	m.signer = wb_codec_put(ack->signer.b, WB_KEY_LEN);
	m.verdicts = wb_codec_messages(&c, &m.n_verdicts, ack->verdict_count,
	    &waybill__verdict__descriptor);
	for (size_t i = 0; i < m.n_verdicts; i++) {
		m.verdicts[i]->statement =
		    wb_codec_put(ack->verdicts[i].statement.b, WB_HASH_LEN);
		m.verdicts[i]->outcome =
		    (Waybill__Outcome)ack->verdicts[i].outcome;
	}
	m.roster = wb_codec_put(ack->roster.b, WB_HASH_LEN);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ENVELOPE);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_ack_decode(struct wb_ack *out, struct wb_arena *arena,
    struct wb_span payload, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "acknowledgement", err);
	const Waybill__Ack *m;
	struct wb_ack ack = { 0 };

	m = wb_codec_unpack(&c, &waybill__ack__descriptor, payload,
	    WB_MAX_ENVELOPE);
	if (m == NULL)
		return c.status;
	wb_codec_get_hash(&c, &ack.programme, m->programme, "the programme");
	wb_codec_get_key(&c, &ack.signer, m->signer, "the signer");
	ack.verdicts = wb_codec_array(&c, &ack.verdict_count, m->n_verdicts,
	    sizeof *ack.verdicts);
	for (size_t i = 0; i < ack.verdict_count; i++) {
		wb_codec_get_hash(&c, &ack.verdicts[i].statement,
		    m->verdicts[i]->statement, "a verdict's statement");
		ack.verdicts[i].outcome =
		    (enum wb_outcome)m->verdicts[i]->outcome;
	}
	wb_codec_get_hash(&c, &ack.roster, m->roster, "the roster");
	check_ack(&c, &ack);
	if (c.status == WB_OK)
		*out = ack;
	return c.status;
}

static void
check_shown(struct wb_codec *c, const struct wb_shown *n)
{
	wb_codec_rule_bytes(c, n->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule_bytes(c, n->signer.b, WB_KEY_LEN, "the signer");
	wb_codec_rule_bytes(c, n->content_hash.b, WB_HASH_LEN,
	    "the content's hash");
}

enum wb_status
wb_shown_encode(struct wb_bytes *out, const struct wb_shown *note,
    struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(NULL, "note", err);
	Waybill__Note m;

	waybill__note__init(&m);
	check_shown(&c, note);
	m.programme = wb_codec_put(note->programme.b, WB_HASH_LEN);
	m.signer = wb_codec_put(note->signer.b, WB_KEY_LEN);
	m.content_hash = wb_codec_put(note->content_hash.b, WB_HASH_LEN);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ENVELOPE);
	return c.status;
}

enum wb_status
wb_shown_decode(struct wb_shown *out, struct wb_span payload,
    struct wb_error *err)
{
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "note", err);
	struct wb_shown note = { 0 };
	const Waybill__Note *m;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	m = wb_codec_unpack(&c, &waybill__note__descriptor, payload,
	    WB_MAX_ENVELOPE);
	if (m != NULL) {
		wb_codec_get_hash(&c, &note.programme, m->programme,
		    "the programme");
		wb_codec_get_key(&c, &note.signer, m->signer, "the signer");
		wb_codec_get_hash(&c, &note.content_hash, m->content_hash,
		    "the content's hash");
		check_shown(&c, &note);
	}
	wb_arena_clear(&arena);
	if (c.status == WB_OK)
		*out = note;
	return c.status;
}

static void
check_read(struct wb_codec *c, const struct wb_read *r)
{
	wb_codec_rule_bytes(c, r->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule_bytes(c, r->signer.b, WB_KEY_LEN, "the signer");
	wb_codec_rule_bytes(c, r->log_key.b, WB_KEY_LEN, "the log's key");
	wb_codec_rule_text(c, r->method, 1, WB_MAX_METHOD, "the method");
	wb_codec_rule_text(c, r->path, 1, WB_MAX_SHORT_TEXT, "the path");
	wb_codec_rule(c, r->time != 0, "the time is missing");
}

enum wb_status
wb_read_encode(struct wb_bytes *out, const struct wb_read *read,
    struct wb_error *err)
{
	Waybill__Read m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "signed read", err);

	waybill__read__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_read(&c, read);
	m.programme = wb_codec_put(read->programme.b, WB_HASH_LEN);
	m.signer = wb_codec_put(read->signer.b, WB_KEY_LEN);
	m.log_key = wb_codec_put(read->log_key.b, WB_KEY_LEN);
	m.method = wb_codec_put_text(&c, read->method);
	m.path = wb_codec_put_text(&c, read->path);
	m.time = read->time;
	wb_codec_pack(&c, out, &m.base, WB_MAX_ENVELOPE);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_read_decode(struct wb_read *out, struct wb_arena *arena,
    struct wb_span payload, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "signed read", err);
	struct wb_read read = { 0 };
	const Waybill__Read *m;

	m = wb_codec_unpack(&c, &waybill__read__descriptor, payload,
	    WB_MAX_ENVELOPE);
	if (m == NULL)
		return c.status;
	wb_codec_get_hash(&c, &read.programme, m->programme, "the programme");
	wb_codec_get_key(&c, &read.signer, m->signer, "the signer");
	wb_codec_get_key(&c, &read.log_key, m->log_key, "the log's key");
	read.method = wb_codec_get_text(m->method);
	read.path = wb_codec_get_text(m->path);
	read.time = m->time;
	check_read(&c, &read);
	if (c.status == WB_OK)
		*out = read;
	return c.status;
}

enum wb_status
wb_read_token(uint8_t out[WB_READ_TOKEN], const struct wb_read *read,
    const struct wb_signer *signer, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_bytes payload;
	enum wb_status st;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	st = wb_read_encode(&payload, read, err);
	if (st == WB_OK) {
		st = wb_statement_sign(&signature, signer,
		    wb_statement_type_text(WB_STATEMENT_READ),
		    wb_bytes_span(&payload), err);
	}
	wb_bytes_clear(&payload);
	if (st != WB_OK)
		return st;
	memcpy(out, read->signer.b, WB_KEY_LEN);
	wb_put_be64(out + WB_KEY_LEN, read->time);
	memcpy(out + WB_KEY_LEN + 8, signature.b, WB_SIGNATURE_LEN);
	return WB_OK;
}

void
wb_read_token_split(struct wb_read *read, struct wb_signature *signature,
    const uint8_t token[WB_READ_TOKEN])
{
	memcpy(read->signer.b, token, WB_KEY_LEN);
	read->time = wb_get_be64(token + WB_KEY_LEN);
	memcpy(signature->b, token + WB_KEY_LEN + 8, WB_SIGNATURE_LEN);
}

enum wb_status
wb_read_verify(const struct wb_read *read, const struct wb_signature *signature,
    struct wb_error *err)
{
	struct wb_bytes payload;
	enum wb_status st;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	st = wb_read_encode(&payload, read, err);
	if (st == WB_OK) {
		st = wb_statement_verify(signature, &read->signer,
		    wb_statement_type_text(WB_STATEMENT_READ),
		    wb_bytes_span(&payload), err);
	}
	wb_bytes_clear(&payload);
	return st;
}
