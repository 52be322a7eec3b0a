#include "proto/record_join.h"

#include <string.h>

#include "base/text.h"
#include "crypto/note.h"
#include "proto/codec.h"
#include "proto/record.pb-c.h"
#include "proto/record_annex.h"
#include "proto/roster.h"
#include "proto/wire.h"

/* "name+hash+base64(type || key)" */
#define MAX_VKEY (WB_MAX_KEY_NAME + 1 + 8 + 1 + 44)
#define MAX_JOIN ((size_t)4096) /* bytes of an invitation or a request */
#define GROUP 5 /* digits */

static void
check_invite(struct wb_codec *c, const struct wb_invite *i)
{
	wb_codec_rule_bytes(c, i->programme.b, WB_HASH_LEN, "the programme");
	wb_codec_rule(c, i->log_key.len != 0, "the log's key is missing");
	wb_codec_rule_long(c, i->log_key, MAX_VKEY, false, "the log's key");
	wb_codec_rule_long(c, i->url, WB_MAX_URL, false, "the address");
	wb_codec_rule_bytes(c, i->token, WB_TOKEN_LEN, "the token");
	wb_codec_rule_text(c, i->recipient, 1, WB_MAX_SHORT_TEXT,
	    "the coordinator's recipient");
	wb_codec_rule(c, i->expires != 0, "the expiry is missing");
	wb_codec_rule(c, i->role >= WB_ROLE_FIELD && i->role <= WB_ROLE_AUDITOR,
	    "the role is unknown");
	wb_codec_rule_text(c, i->programme_name, 0, WB_MAX_SHORT_TEXT,
	    "the programme's name");
}

enum wb_status
wb_invite_encode(struct wb_bytes *out, const struct wb_invite *invite,
    struct wb_error *err)
{
	Waybill__Invite m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "invitation", err);

	waybill__invite__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_invite(&c, invite);
	m.programme = wb_codec_put(invite->programme.b, WB_HASH_LEN);
	m.log_key = wb_codec_put_text(&c, invite->log_key);
	m.url = wb_codec_put_text(&c, invite->url);
	m.token = wb_codec_put(invite->token, WB_TOKEN_LEN);
	m.recipient = wb_codec_put_text(&c, invite->recipient);
	m.expires = invite->expires;
	m.role = invite->role;
	m.programme_name = wb_codec_put_text(&c, invite->programme_name);
	wb_codec_pack(&c, out, &m.base, MAX_JOIN);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_invite_decode(struct wb_invite *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "invitation", err);
	struct wb_invite invite = { 0 };
	const Waybill__Invite *m;

	m = wb_codec_unpack(&c, &waybill__invite__descriptor, bytes, MAX_JOIN);
	if (m == NULL)
		return c.status;
	wb_codec_get_hash(&c, &invite.programme, m->programme, "the programme");
	invite.log_key = wb_codec_get_text(m->log_key);
	invite.url = wb_codec_get_text(m->url);
	wb_codec_get(&c, invite.token, WB_TOKEN_LEN, m->token, "the token");
	invite.recipient = wb_codec_get_text(m->recipient);
	invite.expires = m->expires;
	invite.role = m->role;
	invite.programme_name = wb_codec_get_text(m->programme_name);
	check_invite(&c, &invite);
	if (c.status == WB_OK)
		*out = invite;
	wb_wipe(invite.token, sizeof invite.token);
	return c.status;
}

static void
check_request(struct wb_codec *c, const struct wb_join_request *r)
{
	wb_codec_rule_bytes(c, r->key.b, WB_KEY_LEN, "the key");
	wb_codec_rule_text(c, r->recipient, 1, WB_MAX_SHORT_TEXT,
	    "the recipient");
	wb_codec_rule_text(c, r->label, 0, WB_MAX_LABEL, "the label");
	wb_codec_rule(c, r->mark_count <= WB_MAX_MARKS, "too many marks");
	for (size_t i = 0; c->status == WB_OK && i < r->mark_count; i++)
		wb_codec_rule_bytes(c, r->marks[i], WB_MARK_LEN, "a mark");
	wb_codec_rule_bytes(c, r->authenticator.b, WB_HASH_LEN,
	    "the authenticator");
	wb_codec_rule_bytes(c, r->token_hash.b, WB_HASH_LEN,
	    "the invitation's hash");
	wb_codec_rule(c, r->root.len == 0 || r->root.len == WB_KEY_LEN,
	    "the root key has a wrong length");
}

enum wb_status
wb_join_request_encode(struct wb_bytes *out,
    const struct wb_join_request *request, struct wb_error *err)
{
	Waybill__JoinRequest m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "request to join", err);

	waybill__join_request__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_request(&c, request);
	m.key = wb_codec_put(request->key.b, WB_KEY_LEN);
	m.recipient = wb_codec_put_text(&c, request->recipient);
	m.label = wb_codec_put_text(&c, request->label);
	m.marks = wb_codec_array(&c, &m.n_marks, request->mark_count,
	    sizeof *m.marks);
	for (size_t i = 0; i < m.n_marks; i++)
		m.marks[i] = wb_codec_put(request->marks[i], WB_MARK_LEN);
	m.authenticator = wb_codec_put(request->authenticator.b, WB_HASH_LEN);
	m.token_hash = wb_codec_put(request->token_hash.b, WB_HASH_LEN);
	m.root = wb_codec_put_span(request->root);
	wb_codec_pack(&c, out, &m.base, MAX_JOIN);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_join_request_decode(struct wb_join_request *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "request to join", err);
	struct wb_join_request request = { 0 };
	const Waybill__JoinRequest *m;

	m = wb_codec_unpack(&c, &waybill__join_request__descriptor, bytes,
	    MAX_JOIN);
	if (m == NULL)
		return c.status;
	wb_codec_get_key(&c, &request.key, m->key, "the key");
	request.recipient = wb_codec_get_text(m->recipient);
	request.label = wb_codec_get_text(m->label);
	request.marks = wb_codec_array(&c, &request.mark_count, m->n_marks,
	    sizeof *request.marks);
	for (size_t i = 0; i < request.mark_count; i++)
		wb_codec_get(&c, request.marks[i], WB_MARK_LEN, m->marks[i],
		    "a mark");
	wb_codec_get_hash(&c, &request.authenticator, m->authenticator,
	    "the authenticator");
	wb_codec_get_hash(&c, &request.token_hash, m->token_hash,
	    "the invitation's hash");
	request.root = wb_codec_get_span(m->root);
	check_request(&c, &request);
	if (c.status == WB_OK)
		*out = request;
	return c.status;
}

/* Each is there and of at most `max` bytes. */
static void
check_list(struct wb_codec *c, const struct wb_span *list, size_t n, size_t max,
    const char *broken)
{
	for (size_t i = 0; c->status == WB_OK && i < n; i++)
		wb_codec_rule(c, list[i].len >= 1 && list[i].len <= max,
		    broken);
}

static void
check_welcome(struct wb_codec *c, const struct wb_welcome *w)
{
	wb_codec_rule(c,
	    w->roster_count >= 1 && w->roster_count <= WB_MAX_WELCOME_ROSTERS,
	    "no roster, or too many");
	wb_codec_rule(c, w->receipt_count <= w->roster_count,
	    "more receipts than rosters");
	check_list(c, w->rosters, w->roster_count, WB_MAX_ROSTER,
	    "a roster is empty or too large");
	check_list(c, w->receipts, w->receipt_count, WB_MAX_NOTE,
	    "a receipt is empty or too large");
	wb_codec_rule(c, w->checkpoint.len <= WB_MAX_NOTE,
	    "the checkpoint is too large");
	wb_codec_rule(c,
	    w->catalogue.len <= WB_MAX_ANNEX_PLAIN &&
		w->places.len <= WB_MAX_ANNEX_PLAIN &&
		w->names.len <= WB_MAX_ANNEX_PLAIN,
	    "a list is too large");
	wb_codec_rule_text(c, w->label, 1, WB_MAX_LABEL, "the label");
	wb_codec_rule_text(c, w->programme_name, 0, WB_MAX_SHORT_TEXT,
	    "the programme's name");
}

static ProtobufCBinaryData *
put_list(struct wb_codec *c, size_t *count, const struct wb_span *list,
    size_t n)
{
	ProtobufCBinaryData *m = wb_codec_array(c, count, n, sizeof *m);

	for (size_t i = 0; i < *count; i++)
		m[i] = wb_codec_put_span(list[i]);
	return m;
}

static struct wb_span *
get_list(struct wb_codec *c, size_t *count, const ProtobufCBinaryData *m,
    size_t n)
{
	struct wb_span *list = wb_codec_array(c, count, n, sizeof *list);

	for (size_t i = 0; i < *count; i++)
		list[i] = wb_codec_get_span(m[i]);
	return list;
}

enum wb_status
wb_welcome_encode(struct wb_bytes *out, const struct wb_welcome *welcome,
    struct wb_error *err)
{
	Waybill__Welcome m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "welcome", err);

	waybill__welcome__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_welcome(&c, welcome);
	m.rosters = put_list(&c, &m.n_rosters, welcome->rosters,
	    welcome->roster_count);
	m.receipts = put_list(&c, &m.n_receipts, welcome->receipts,
	    welcome->receipt_count);
	m.checkpoint = wb_codec_put_span(welcome->checkpoint);
	m.catalogue = wb_codec_put_span(welcome->catalogue);
	m.places = wb_codec_put_span(welcome->places);
	m.names = wb_codec_put_span(welcome->names);
	m.label = wb_codec_put_text(&c, welcome->label);
	m.programme_name = wb_codec_put_text(&c, welcome->programme_name);
	wb_codec_pack(&c, out, &m.base, WB_MAX_WELCOME_PLAIN);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_welcome_decode(struct wb_welcome *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "welcome", err);
	struct wb_welcome welcome = { 0 };
	const Waybill__Welcome *m;

	m = wb_codec_unpack(&c, &waybill__welcome__descriptor, bytes,
	    WB_MAX_WELCOME_PLAIN);
	if (m == NULL)
		return c.status;
	welcome.rosters = get_list(&c, &welcome.roster_count, m->rosters,
	    m->n_rosters);
	welcome.receipts = get_list(&c, &welcome.receipt_count, m->receipts,
	    m->n_receipts);
	welcome.checkpoint = wb_codec_get_span(m->checkpoint);
	welcome.catalogue = wb_codec_get_span(m->catalogue);
	welcome.places = wb_codec_get_span(m->places);
	welcome.names = wb_codec_get_span(m->names);
	welcome.label = wb_codec_get_text(m->label);
	welcome.programme_name = wb_codec_get_text(m->programme_name);
	check_welcome(&c, &welcome);
	if (c.status == WB_OK)
		*out = welcome;
	return c.status;
}

void
wb_join_authenticator(struct wb_hash *out, const uint8_t token[WB_TOKEN_LEN],
    const struct wb_hash *programme, const struct wb_key *key,
    struct wb_span recipient, struct wb_span root)
{
	const struct wb_span parts[] = { wb_hash_span(programme),
		wb_key_span(key), recipient, root };

	wb_hmac_sha256(out->b, wb_span(token, WB_TOKEN_LEN), parts,
	    sizeof parts / sizeof parts[0]);
}

/*
 * The hash as a big-endian number, mod 10^30, by schoolbook: digits[0] is the
 * last one, and what is carried out of the first is what the modulus drops.
 */
static void
to_digits(uint8_t digits[WB_JOIN_DIGITS], const struct wb_hash *hash)
{
	memset(digits, 0, WB_JOIN_DIGITS);
	for (size_t i = 0; i < sizeof hash->b; i++) {
		unsigned carry = hash->b[i];

		for (size_t d = 0; d < WB_JOIN_DIGITS; d++) {
			carry += digits[d] * 256U;
			digits[d] = (uint8_t)(carry % 10);
			carry /= 10;
		}
	}
}

void
wb_join_digits(char out[WB_JOIN_DIGITS_TEXT + 1],
    const struct wb_invite *invite, const struct wb_key *key,
    struct wb_span recipient, struct wb_span root)
{
	static const char domain[] = "waybill/join/v1"; /* and its NUL */
	const struct wb_span parts[] = { wb_span(domain, sizeof domain),
		wb_hash_span(&invite->programme), invite->log_key,
		wb_span(invite->token, WB_TOKEN_LEN), wb_key_span(key),
		recipient, root };
	uint8_t digits[WB_JOIN_DIGITS];
	struct wb_hash hash;

	wb_sha256(&hash, parts, sizeof parts / sizeof parts[0]);
	to_digits(digits, &hash);
	for (size_t i = 0; i < WB_JOIN_DIGITS; i++) {
		if (i != 0 && i % GROUP == 0)
			*out++ = ' ';
		*out++ = (char)('0' + digits[WB_JOIN_DIGITS - 1 - i]);
	}
	*out = '\0';
}
