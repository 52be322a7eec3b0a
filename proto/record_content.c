#include "proto/record_content.h"

#include "crypto/age.h"
#include "crypto/recordtree.h"
#include "proto/codec.h"
#include "proto/record.pb-c.h"
#include "proto/wire.h"

#define MAX_MANIFEST ((size_t)256) /* bytes */
#define READERS 1 /* content goes to one recipient, the reader */

static void
check_manifest(struct wb_codec *c, const struct wb_manifest *m)
{
	wb_codec_rule_bytes(c, m->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule_bytes(c, m->signer.b, WB_KEY_LEN, "the signer");
	wb_codec_rule(c, m->sequence != 0, "the sequence number is missing");
	wb_codec_rule(c, wb_hash_is_zero(&m->previous) == (m->sequence == 1),
	    "only the first batch has none before it");
	wb_codec_rule_bytes(c, m->roster.b, WB_HASH_LEN, "the roster");
}

enum wb_status
wb_manifest_encode(struct wb_bytes *out, const struct wb_manifest *manifest,
    struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(NULL, "batch manifest", err);
	Waybill__Manifest m;

	waybill__manifest__init(&m);
	check_manifest(&c, manifest);
	m.programme = wb_codec_put(manifest->programme.b, WB_HASH_LEN);
	m.signer = wb_codec_put(manifest->signer.b, WB_KEY_LEN);
	m.sequence = manifest->sequence;
	m.previous = wb_codec_put(manifest->previous.b, WB_HASH_LEN);
	m.roster = wb_codec_put(manifest->roster.b, WB_HASH_LEN);
	wb_codec_pack(&c, out, &m.base, MAX_MANIFEST);
	return c.status;
}

/* Unpacks a manifest and applies its rules; `out` may be NULL. */
static Waybill__Manifest *
get_manifest(struct wb_codec *c, struct wb_manifest *out, struct wb_span bytes)
{
	struct wb_manifest manifest = { 0 };
	Waybill__Manifest *m;

	m = wb_codec_unpack(c, &waybill__manifest__descriptor, bytes,
	    MAX_MANIFEST);
	if (m == NULL)
		return NULL;
	wb_codec_get_hash(c, &manifest.programme, m->programme,
	    "the programme");
	wb_codec_get_key(c, &manifest.signer, m->signer, "the signer");
	manifest.sequence = m->sequence;
	wb_codec_get_hash(c, &manifest.previous, m->previous,
	    "the batch before");
	wb_codec_get_hash(c, &manifest.roster, m->roster, "the roster");
	check_manifest(c, &manifest);
	if (c->status == WB_OK && out != NULL)
		*out = manifest;
	return m;
}

enum wb_status
wb_manifest_decode(struct wb_manifest *out, struct wb_span bytes,
    struct wb_error *err)
{
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "batch manifest", err);

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	(void)get_manifest(&c, out, bytes);
	wb_arena_clear(&arena);
	return c.status;
}

static void
check_session(struct wb_codec *c, const struct wb_session *s)
{
	wb_codec_rule(c, s->key_file.len != 0, "a session has no key");
	wb_codec_rule(c, s->part_count != 0, "a session has no part");
	for (size_t i = 0; c->status == WB_OK && i < s->part_count; i++)
		wb_codec_rule(c, s->parts[i].len != 0, "a part is empty");
}

static void
check_content(struct wb_codec *c, const struct wb_content *in)
{
	size_t parts = 0;

	wb_codec_rule_bytes(c, in->seed.b, WB_HASH_LEN, "the seed");
	wb_codec_rule(c, in->session_count <= WB_MAX_SESSIONS,
	    "too many sessions");
	for (size_t i = 0; c->status == WB_OK && i < in->session_count; i++) {
		check_session(c, &in->sessions[i]);
		parts += in->sessions[i].part_count;
		wb_codec_rule(c, parts <= WB_MAX_BATCH_RECORDS,
		    "too many records");
	}
	wb_codec_rule_bytes(c, in->mark, WB_MARK_LEN, "the mark");
}

static void
put_session(struct wb_codec *c, Waybill__Session *m,
    const struct wb_session *in)
{
	m->key_file = wb_codec_put_span(in->key_file);
	m->parts = wb_codec_array(c, &m->n_parts, in->part_count,
	    sizeof *m->parts);
	for (size_t i = 0; i < m->n_parts; i++)
		m->parts[i] = wb_codec_put_span(in->parts[i]);
}

/* The limit is that of the file. */
static void
check_size(struct wb_codec *c, size_t size)
{
	wb_codec_rule(c, wb_age_size(size, READERS) <= WB_MAX_CONTENT,
	    "too large");
}

static void
put_padding(struct wb_codec *c, Waybill__Content *m)
{
	size_t size = waybill__content__get_packed_size(m), n;
	uint8_t *zeros;

	zeros = wb_codec_array(c, &n, wb_age_padding(size, READERS), 1);
	m->padding = wb_codec_put_span(wb_span(zeros, n));
	check_size(c, waybill__content__get_packed_size(m));
}

enum wb_status
wb_content_encode(struct wb_bytes *out, const struct wb_content *content,
    struct wb_error *err)
{
	Waybill__Content m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "batch content", err);

	waybill__content__init(&m);
	wb_arena_init(&arena, WB_MAX_CONTENT_BUDGET);
	check_content(&c, content);
	m.manifest = get_manifest(&c, NULL, content->manifest);
	m.seed = wb_codec_put(content->seed.b, WB_HASH_LEN);
	m.sessions = wb_codec_messages(&c, &m.n_sessions,
	    content->session_count, &waybill__session__descriptor);
	for (size_t i = 0; i < m.n_sessions; i++)
		put_session(&c, m.sessions[i], &content->sessions[i]);
	m.mark = wb_codec_put(content->mark, WB_MARK_LEN);
	if (c.status == WB_OK)
		put_padding(&c, &m);
	wb_codec_pack(&c, out, &m.base, WB_MAX_CONTENT);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_session(struct wb_codec *c, struct wb_session *out,
    const Waybill__Session *m)
{
	out->key_file = wb_codec_get_span(m->key_file);
	out->parts = wb_codec_array(c, &out->part_count, m->n_parts,
	    sizeof *out->parts);
	for (size_t i = 0; i < out->part_count; i++)
		out->parts[i] = wb_codec_get_span(m->parts[i]);
}

/* Content is canonical, so packing its manifest gives the bytes it had. */
static void
get_manifest_bytes(struct wb_codec *c, struct wb_span *out,
    const Waybill__Manifest *m)
{
	size_t size;
	uint8_t *at;

	wb_codec_rule(c, m != NULL, "the manifest is missing");
	if (c->status != WB_OK)
		return;
	at = wb_codec_array(c, &size, waybill__manifest__get_packed_size(m), 1);
	if (at == NULL)
		return;
	(void)waybill__manifest__pack(m, at);
	*out = wb_span(at, size);
	(void)get_manifest(c, NULL, *out);
}

enum wb_status
wb_content_decode(struct wb_content *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "batch content", err);
	struct wb_content content = { 0 };
	ProtobufCBinaryData padding;
	Waybill__Content *m;

	m = wb_codec_unpack(&c, &waybill__content__descriptor, bytes,
	    WB_MAX_CONTENT);
	if (m == NULL)
		return c.status;
	get_manifest_bytes(&c, &content.manifest, m->manifest);
	wb_codec_get_hash(&c, &content.seed, m->seed, "the seed");
	content.sessions = wb_codec_array(&c, &content.session_count,
	    m->n_sessions, sizeof *content.sessions);
	for (size_t i = 0; i < content.session_count; i++)
		get_session(&c, &content.sessions[i], m->sessions[i]);
	wb_codec_get(&c, content.mark, WB_MARK_LEN, m->mark, "the mark");
	padding = m->padding;
	m->padding = wb_codec_put_span(wb_span(NULL, 0));
	wb_codec_rule_padding(&c, padding,
	    wb_age_padding(waybill__content__get_packed_size(m), READERS));
	check_size(&c, bytes.len);
	check_content(&c, &content);
	if (c.status == WB_OK)
		*out = content;
	return c.status;
}
