#include "proto/transfer.h"

#include <string.h>

#include "proto/codec.h"
#include "proto/envelope.pb-c.h"
#include "proto/transfer_private.h"
#include "proto/wire.h"

#define HEAD_VERSION 1
#define MAX_UPLOAD (WB_MAX_CONTENT + WB_MAX_ROSTER + 64)

static void
get_proof(struct wb_codec *c, struct wb_proof *out, ProtobufCBinaryData field)
{
	out->count = field.len / WB_HASH_LEN;
	wb_codec_rule(c,
	    field.len % WB_HASH_LEN == 0 && out->count <= WB_MAX_PROOF,
	    "a proof is not of whole hashes, or too long");
	if (c->status == WB_OK && field.len != 0)
		memcpy(out->hashes, field.data, field.len);
}

static ProtobufCBinaryData
put_proof(struct wb_codec *c, const struct wb_proof *proof)
{
	wb_codec_rule(c, proof->count <= WB_MAX_PROOF, "a proof is too long");
	return wb_codec_put_span(
	    wb_span(proof->hashes, proof->count * WB_HASH_LEN));
}

/*
 * Uploads are read by hand, because a body of many contents is not to be
 * copied: field 1 (envelope), then perhaps field 2 (content).
 */
static enum wb_status
take_field(struct wb_span *out, struct wb_span *message, uint8_t tag,
    size_t max, struct wb_error *err)
{
	enum wb_status st;
	bool more;

	*out = wb_span(NULL, 0);
	if (message->len == 0 || message->data[0] != tag)
		return WB_OK;
	*message = wb_span_sub(*message, 1, message->len);
	st = wb_delimited_next(out, &more, message, max, err);
	if (st == WB_OK && out->len == 0)
		return wb_fail(err, WB_INVALID, "an upload has an empty field");
	return st;
}

static enum wb_status
read_upload(struct wb_upload *out, struct wb_span message, struct wb_error *err)
{
	const uint8_t envelope_tag = 1 << 3 | 2, content_tag = 2 << 3 | 2;
	enum wb_status st;

	st = take_field(&out->envelope, &message, envelope_tag, WB_MAX_ROSTER,
	    err);
	if (st == WB_OK)
		st = take_field(&out->content, &message, content_tag,
		    WB_MAX_CONTENT, err);
	if (st != WB_OK)
		return st;
	if (out->envelope.len == 0 || message.len != 0)
		return wb_fail(err, WB_INVALID,
		    "an upload is not a statement and its content");
	return WB_OK;
}

enum wb_status
wb_uploads_decode(struct wb_upload **out, size_t *n, struct wb_arena *arena,
    struct wb_span body, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "upload", err);
	struct wb_upload *uploads;
	struct wb_span message;
	size_t room, count = 0;
	bool more;

	wb_codec_rule(&c, body.len <= WB_MAX_UPLOAD_BODY, "too large");
	uploads = wb_codec_array(&c, &room, WB_MAX_UPLOADS, sizeof *uploads);
	while (c.status == WB_OK) {
		c.status = wb_delimited_next(&message, &more, &body, MAX_UPLOAD,
		    err);
		if (c.status != WB_OK || !more)
			break;
		wb_codec_rule(&c, count < room, "too many statements");
		if (c.status == WB_OK)
			c.status = read_upload(&uploads[count++], message, err);
	}
	wb_codec_rule(&c, count != 0, "nothing is sent");
	if (c.status != WB_OK)
		return c.status;
	*out = uploads;
	*n = count;
	return WB_OK;
}

/* Appends a message behind its length. */
static void
pack_delimited(struct wb_codec *c, struct wb_bytes *out,
    const ProtobufCMessage *m, size_t max)
{
	struct wb_bytes message;

	wb_bytes_init(&message, max);
	wb_codec_pack(c, &message, m, max);
	if (c->status == WB_OK)
		c->status = wb_delimited_append(out, wb_bytes_span(&message),
		    c->err);
	wb_bytes_clear(&message);
}

enum wb_status
wb_upload_append(struct wb_bytes *out, const struct wb_upload *upload,
    struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(NULL, "upload", err);
	Waybill__Upload m;

	waybill__upload__init(&m);
	wb_codec_rule(&c,
	    upload->envelope.len != 0 && upload->envelope.len <= WB_MAX_ROSTER,
	    "the statement is missing or too large");
	wb_codec_rule(&c, upload->content.len <= WB_MAX_CONTENT,
	    "the content is too large");
	m.envelope = wb_codec_put_span(upload->envelope);
	m.content = wb_codec_put_span(upload->content);
	pack_delimited(&c, out, &m.base, MAX_UPLOAD);
	return c.status;
}

void
wb_transfer_check_entry(struct wb_codec *c, const struct wb_entry *e)
{
	wb_codec_rule(c,
	    e->envelope.len != 0 && e->envelope.len <= WB_MAX_ROSTER,
	    "an entry's statement is missing or too large");
	wb_codec_rule(c, e->content.len <= WB_MAX_CONTENT,
	    "an entry's content is too large");
}

static void
put_entry(struct wb_codec *c, Waybill__Entry *m, const struct wb_entry *in)
{
	wb_transfer_check_entry(c, in);
	m->index = in->index;
	m->envelope = wb_codec_put_span(in->envelope);
	m->proof = put_proof(c, &in->proof);
	m->content = wb_codec_put_span(in->content);
}

static void
get_entry(struct wb_codec *c, struct wb_entry *out, const Waybill__Entry *m)
{
	out->index = m->index;
	out->envelope = wb_codec_get_span(m->envelope);
	get_proof(c, &out->proof, m->proof);
	out->content = wb_codec_get_span(m->content);
	wb_transfer_check_entry(c, out);
}

static void
check_annex(struct wb_codec *c, const struct wb_annex *a)
{
	wb_codec_rule_bytes(c, a->hash.b, WB_HASH_LEN, "an annex's hash");
	wb_codec_rule(c, a->file.len != 0 && a->file.len <= WB_MAX_ANNEX,
	    "an annex is missing or too large");
}

static void
put_annex(struct wb_codec *c, Waybill__Annex *m, const struct wb_annex *in)
{
	check_annex(c, in);
	m->hash = wb_codec_put(in->hash.b, WB_HASH_LEN);
	m->file = wb_codec_put_span(in->file);
}

static void
get_annex(struct wb_codec *c, struct wb_annex *out, const Waybill__Annex *m)
{
	wb_codec_get_hash(c, &out->hash, m->hash, "an annex's hash");
	out->file = wb_codec_get_span(m->file);
	check_annex(c, out);
}

enum wb_status
wb_annexes_encode(struct wb_bytes *out, const struct wb_annex *annexes,
    size_t n, struct wb_error *err)
{
	Waybill__Annexes m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "annexes", err);

	waybill__annexes__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_codec_rule(&c, n <= WB_MAX_ANNEXES, "too many annexes");
	m.annexes = wb_codec_messages(&c, &m.n_annexes, n,
	    &waybill__annex__descriptor);
	for (size_t i = 0; i < m.n_annexes; i++)
		put_annex(&c, m.annexes[i], &annexes[i]);
	wb_codec_pack(&c, out, &m.base, WB_MAX_FEED_BODY);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_annexes_decode(struct wb_annex **out, size_t *n, struct wb_arena *arena,
    struct wb_span body, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "annexes", err);
	const Waybill__Annexes *m;
	struct wb_annex *annexes;
	size_t count;

	m = wb_codec_unpack(&c, &waybill__annexes__descriptor, body,
	    WB_MAX_FEED_BODY);
	if (m == NULL)
		return c.status;
	wb_codec_rule(&c, m->n_annexes <= WB_MAX_ANNEXES, "too many annexes");
	annexes = wb_codec_array(&c, &count, m->n_annexes, sizeof *annexes);
	for (size_t i = 0; i < count; i++)
		get_annex(&c, &annexes[i], m->annexes[i]);
	if (c.status != WB_OK)
		return c.status;
	*out = annexes;
	*n = count;
	return WB_OK;
}

static void
check_enrolment(struct wb_codec *c, const struct wb_enrolment *e)
{
	wb_codec_rule_bytes(c, e->token_hash.b, WB_HASH_LEN,
	    "an invitation's hash");
	wb_codec_rule(c, e->expires != 0, "an invitation never expires");
	wb_codec_rule(c,
	    e->request.len <= WB_MAX_ANNEX && e->welcome.len <= WB_MAX_WELCOME,
	    "a request or welcome is too large");
}

static void
put_enrolment(struct wb_codec *c, Waybill__Enrolment *m,
    const struct wb_enrolment *in)
{
	check_enrolment(c, in);
	m->token_hash = wb_codec_put(in->token_hash.b, WB_HASH_LEN);
	m->expires = in->expires;
	m->request = wb_codec_put_span(in->request);
	m->welcome = wb_codec_put_span(in->welcome);
}

static void
get_enrolment(struct wb_codec *c, struct wb_enrolment *out,
    const Waybill__Enrolment *m)
{
	wb_codec_get_hash(c, &out->token_hash, m->token_hash,
	    "an invitation's hash");
	out->expires = m->expires;
	out->request = wb_codec_get_span(m->request);
	out->welcome = wb_codec_get_span(m->welcome);
	check_enrolment(c, out);
}

enum wb_status
wb_enrolments_encode(struct wb_bytes *out,
    const struct wb_enrolment *enrolments, size_t n, struct wb_error *err)
{
	Waybill__Enrolments m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "enrolments", err);

	waybill__enrolments__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_codec_rule(&c, n <= WB_MAX_ENROLMENTS, "too many invitations");
	m.enrolments = wb_codec_messages(&c, &m.n_enrolments, n,
	    &waybill__enrolment__descriptor);
	for (size_t i = 0; i < m.n_enrolments; i++)
		put_enrolment(&c, m.enrolments[i], &enrolments[i]);
	wb_codec_pack(&c, out, &m.base, WB_MAX_FEED_BODY);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_enrolments_decode(struct wb_enrolment **out, size_t *n,
    struct wb_arena *arena, struct wb_span body, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "enrolments", err);
	const Waybill__Enrolments *m;
	struct wb_enrolment *enrolments;
	size_t count;

	m = wb_codec_unpack(&c, &waybill__enrolments__descriptor, body,
	    WB_MAX_FEED_BODY);
	if (m == NULL)
		return c.status;
	wb_codec_rule(&c, m->n_enrolments <= WB_MAX_ENROLMENTS,
	    "too many invitations");
	enrolments = wb_codec_array(&c, &count, m->n_enrolments,
	    sizeof *enrolments);
	for (size_t i = 0; i < count; i++)
		get_enrolment(&c, &enrolments[i], m->enrolments[i]);
	if (c.status != WB_OK)
		return c.status;
	*out = enrolments;
	*n = count;
	return WB_OK;
}

static void
put_head(struct wb_codec *c, Waybill__BundleHead *m,
    const struct wb_bundle_item *in)
{
	wb_codec_rule_bytes(c, in->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule_text(c, in->purpose, 1, WB_MAX_SHORT_TEXT, "the purpose");
	m->version = HEAD_VERSION;
	m->programme = wb_codec_put(in->programme.b, WB_HASH_LEN);
	m->purpose = wb_codec_put_text(c, in->purpose);
}

static void
check_padding(struct wb_codec *c, struct wb_span padding)
{
	for (size_t i = 0; c->status == WB_OK && i < padding.len; i++)
		wb_codec_rule(c, padding.data[i] == 0, "padding is not zero");
}

static void
put_bytes(struct wb_codec *c, ProtobufCBinaryData *field, struct wb_span bytes,
    size_t max)
{
	wb_codec_rule(c, bytes.len <= max, "an item is too large");
	*field = wb_codec_put_span(bytes);
}

enum wb_status
wb_bundle_item_append(struct wb_bytes *out, const struct wb_bundle_item *item,
    struct wb_error *err)
{
	Waybill__BundleItem m;
	Waybill__BundleHead head;
	Waybill__Entry entry;
	Waybill__Annex annex;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "bundle", err);

	waybill__bundle_item__init(&m);
	waybill__bundle_head__init(&head);
	waybill__entry__init(&entry);
	waybill__annex__init(&annex);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	/* Alike in shape only: each kind has its field.
	 * NOLINTNEXTLINE(bugprone-branch-clone) */
	switch (item->kind) {
	case WB_BUNDLE_HEAD:
		put_head(&c, &head, item);
		m.head = &head;
		break;
	case WB_BUNDLE_CHECKPOINT:
		put_bytes(&c, &m.checkpoint, item->bytes, WB_MAX_NOTE);
		break;
	case WB_BUNDLE_ENTRY:
		put_entry(&c, &entry, &item->entry);
		m.entry = &entry;
		break;
	case WB_BUNDLE_STATEMENT:
		put_bytes(&c, &m.statement, item->bytes, WB_MAX_ROSTER);
		break;
	case WB_BUNDLE_CONTENT:
		put_bytes(&c, &m.content, item->bytes, WB_MAX_CONTENT);
		break;
	case WB_BUNDLE_ANNEX:
		put_annex(&c, &annex, &item->annex);
		m.annex = &annex;
		break;
	case WB_BUNDLE_CONSISTENCY:
		m.consistency = put_proof(&c, &item->consistency);
		break;
	case WB_BUNDLE_DISCLOSURE:
		put_bytes(&c, &m.disclosure, item->bytes, WB_MAX_DISCLOSURE);
		break;
	case WB_BUNDLE_TALLY_CONTENT:
		put_bytes(&c, &m.tally_content, item->bytes, WB_MAX_CONTENT);
		break;
	case WB_BUNDLE_OPENING:
		put_bytes(&c, &m.opening, item->bytes, WB_MAX_CONTENT);
		break;
	case WB_BUNDLE_PADDING:
		check_padding(&c, item->bytes);
		put_bytes(&c, &m.padding, item->bytes, WB_MAX_CONTENT);
		break;
	case WB_BUNDLE_CHECKSUM:
		wb_codec_rule_bytes(&c, item->checksum.b, WB_HASH_LEN,
		    "the checksum");
		m.checksum = wb_codec_put(item->checksum.b, WB_HASH_LEN);
		break;
	}
	wb_codec_rule(&c, waybill__bundle_item__get_packed_size(&m) != 0,
	    "an item is empty");
	pack_delimited(&c, out, &m.base, WB_MAX_BUNDLE_ITEM);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_head(struct wb_codec *c, struct wb_bundle_item *out,
    const Waybill__BundleHead *m)
{
	out->kind = WB_BUNDLE_HEAD;
	wb_codec_rule(c, m->version == HEAD_VERSION, "the head has no version");
	wb_codec_get_hash(c, &out->programme, m->programme, "the programme");
	wb_codec_rule_bytes(c, out->programme.b, WB_HASH_LEN, "the programme");
	out->purpose = wb_codec_get_text(m->purpose);
	wb_codec_rule_text(c, out->purpose, 1, WB_MAX_SHORT_TEXT,
	    "the purpose");
}

/* A field of plain bytes, if it is the one that is set. */
static void
get_bytes(struct wb_codec *c, struct wb_bundle_item *out,
    enum wb_bundle_kind kind, ProtobufCBinaryData field, size_t max)
{
	if (field.len == 0)
		return;
	out->kind = kind;
	out->bytes = wb_codec_get_span(field);
	wb_codec_rule(c, field.len <= max, "an item is empty or too large");
}

static void
get_item(struct wb_codec *c, struct wb_bundle_item *out,
    const Waybill__BundleItem *m)
{
	int set = (m->head != NULL) + (m->checkpoint.len != 0) +
		  (m->entry != NULL) + (m->statement.len != 0) +
		  (m->content.len != 0) + (m->annex != NULL) +
		  (m->consistency.len != 0) + (m->disclosure.len != 0) +
		  (m->tally_content.len != 0) + (m->opening.len != 0) +
		  (m->padding.len != 0) + (m->checksum.len != 0);

	wb_codec_rule(c, set == 1, "an item is not exactly one thing");
	if (m->head != NULL)
		get_head(c, out, m->head);
	get_bytes(c, out, WB_BUNDLE_CHECKPOINT, m->checkpoint, WB_MAX_NOTE);
	if (m->entry != NULL) {
		out->kind = WB_BUNDLE_ENTRY;
		wb_codec_rule(c, m->entry->n_path == 0,
		    "a proof is not of a bundle's form");
		get_entry(c, &out->entry, m->entry);
	}
	get_bytes(c, out, WB_BUNDLE_STATEMENT, m->statement, WB_MAX_ROSTER);
	get_bytes(c, out, WB_BUNDLE_CONTENT, m->content, WB_MAX_CONTENT);
	if (m->annex != NULL) {
		out->kind = WB_BUNDLE_ANNEX;
		get_annex(c, &out->annex, m->annex);
	}
	if (m->consistency.len != 0) {
		out->kind = WB_BUNDLE_CONSISTENCY;
		get_proof(c, &out->consistency, m->consistency);
	}
	get_bytes(c, out, WB_BUNDLE_DISCLOSURE, m->disclosure,
	    WB_MAX_DISCLOSURE);
	get_bytes(c, out, WB_BUNDLE_TALLY_CONTENT, m->tally_content,
	    WB_MAX_CONTENT);
	get_bytes(c, out, WB_BUNDLE_OPENING, m->opening, WB_MAX_CONTENT);
	get_bytes(c, out, WB_BUNDLE_PADDING, m->padding, WB_MAX_CONTENT);
	check_padding(c, wb_codec_get_span(m->padding));
	if (m->checksum.len != 0) {
		out->kind = WB_BUNDLE_CHECKSUM;
		wb_codec_get_hash(c, &out->checksum, m->checksum,
		    "the checksum");
	}
}

/* The tag of the field `content`, a length, and as many bytes to the end. */
bool
wb_bundle_item_is_content(struct wb_span *content, struct wb_span bytes)
{
	const uint8_t tag = 5 << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	struct wb_span rest = wb_span_sub(bytes, 1, SIZE_MAX), found;
	bool more;

	if (bytes.len == 0 || bytes.data[0] != tag ||
	    wb_delimited_next(&found, &more, &rest, WB_MAX_CONTENT, NULL) !=
		WB_OK ||
	    found.len == 0 || rest.len != 0)
		return false;
	*content = found;
	return true;
}

enum wb_status
wb_bundle_item_decode(struct wb_bundle_item *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "bundle", err);
	struct wb_bundle_item item = { 0 };
	const Waybill__BundleItem *m;

	/* Most of a bundle's bytes: not copied, and only these members set. */
	if (wb_bundle_item_is_content(&out->bytes, bytes)) {
		out->kind = WB_BUNDLE_CONTENT;
		return WB_OK;
	}
	m = wb_codec_parse(&c, &waybill__bundle_item__descriptor, bytes,
	    WB_MAX_BUNDLE_ITEM);
	if (m == NULL)
		return c.status;
	/* A later head may hold what this program cannot know. */
	if (m->head != NULL && m->head->version > HEAD_VERSION)
		wb_codec_fail(&c, WB_NEWER, "made by a newer program");
	wb_codec_canonical(&c, &m->base, bytes);
	get_item(&c, &item, m);
	if (c.status == WB_OK)
		*out = item;
	return c.status;
}
