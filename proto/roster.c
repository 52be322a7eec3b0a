#include "proto/roster.h"

#include <string.h>
#include <strings.h>

#include "crypto/statement.h"
#include "proto/codec.h"
#include "proto/envelope.pb-c.h"
#include "proto/wire.h"

#define SUITE "x25519"
#define VARINT_LEN 10 /* bytes, the longest */

static const enum wb_role all_roles[] = { WB_ROLE_FIELD, WB_ROLE_COORDINATOR,
	WB_ROLE_AUDITOR };

#define ROLES (sizeof all_roles / sizeof all_roles[0])

bool
wb_member_is(const struct wb_member *m, enum wb_role role)
{
	return (m->roles & 1U << role) != 0;
}

bool
wb_member_may(const struct wb_member *m, enum wb_role role)
{
	return m != NULL && m->state == WB_MEMBER_ACTIVE &&
	       wb_member_is(m, role);
}

const struct wb_member *
wb_roster_find(const struct wb_roster *roster, const struct wb_key *key)
{
	for (size_t i = 0; i < roster->member_count; i++)
		if (wb_key_equal(&roster->members[i].key, key))
			return &roster->members[i];
	return NULL;
}

/* Letters of ASCII ignore case: "k7" and "K7" sound the same. */
static bool
same_label(struct wb_span a, struct wb_span b)
{
	return a.len == b.len && strncasecmp((const char *)a.data,
				     (const char *)b.data, a.len) == 0;
}

const struct wb_member *
wb_roster_find_label(const struct wb_roster *roster, struct wb_span label)
{
	for (size_t i = 0; i < roster->member_count; i++) {
		if (label.len != 0 &&
		    same_label(roster->members[i].label, label))
			return &roster->members[i];
	}
	return NULL;
}

static bool
is_root(const struct wb_roster *roster, const struct wb_key *key)
{
	for (size_t i = 0; i < roster->root_count; i++)
		if (wb_key_equal(&roster->roots[i], key))
			return true;
	return false;
}

enum wb_status
wb_roster_log(struct wb_vkey *out, const struct wb_roster *roster,
    struct wb_error *err)
{
	struct wb_policy policy;
	enum wb_status st = wb_policy_parse(&policy, roster->policy, err);

	if (st == WB_OK)
		*out = policy.log;
	return st;
}

static void
check_roots(struct wb_codec *c, const struct wb_roster *r)
{
	wb_codec_rule(c, r->root_count >= 1 && r->root_count <= WB_MAX_ROOTS,
	    "no root key, or too many");
	wb_codec_rule(c, r->threshold >= 1 && r->threshold <= r->root_count,
	    "the root keys cannot reach the threshold");
	for (size_t i = 0; c->status == WB_OK && i < r->root_count; i++) {
		wb_codec_rule(c, wb_key_is_valid(&r->roots[i]),
		    "a root key is not valid");
		for (size_t j = 0; j < i; j++) {
			wb_codec_rule(c,
			    !wb_key_equal(&r->roots[i], &r->roots[j]),
			    "a root key stands there twice");
		}
	}
}

static void
check_member(struct wb_codec *c, const struct wb_member *m)
{
	bool reads = wb_member_is(m, WB_ROLE_COORDINATOR) ||
		     wb_member_is(m, WB_ROLE_AUDITOR);

	wb_codec_rule(c, m->roles != 0, "a member has no role");
	wb_codec_rule(c, (m->roles & ~(2U | 4U | 8U)) == 0,
	    "a member has an unknown role");
	wb_codec_rule_text(c, m->label, 1, WB_MAX_LABEL, "a member's label");
	wb_codec_rule_text(c, m->recipient, 0, WB_MAX_SHORT_TEXT,
	    "a member's recipient");
	wb_codec_rule(c, reads == (m->recipient.len != 0),
	    "coordinators and auditors have a recipient, others none");
	wb_codec_rule(c,
	    m->state == WB_MEMBER_ACTIVE || m->state == WB_MEMBER_REVOKED,
	    "a member is neither active nor revoked");
	wb_codec_rule(c, c->status != WB_OK || wb_key_is_valid(&m->key),
	    "a member's key is not valid");
}

static void
check_members(struct wb_codec *c, const struct wb_roster *r)
{
	wb_codec_rule(c, r->member_count <= WB_MAX_MEMBERS, "too many members");
	for (size_t i = 0; c->status == WB_OK && i < r->member_count; i++) {
		const struct wb_member *m = &r->members[i];

		check_member(c, m);
		wb_codec_rule(c, wb_roster_find(r, &m->key) == m,
		    "two members have the same key");
		wb_codec_rule(c, wb_roster_find_label(r, m->label) == m,
		    "two members have the same label");
		wb_codec_rule(c, !is_root(r, &m->key),
		    "a member's key is a root key too");
	}
}

static void
check_policy(struct wb_codec *c, const struct wb_roster *r)
{
	struct wb_vkey log;

	if (c->status != WB_OK)
		return;
	c->status = wb_roster_log(&log, r, c->err);
	if (c->status != WB_OK)
		(void)wb_context(c->err, c->status, "%s", c->what);
}

static void
check(struct wb_codec *c, const struct wb_roster *r)
{
	bool first = r->version == 1;

	wb_codec_rule(c, r->version != 0, "the version is missing");
	wb_codec_rule(c,
	    wb_hash_is_zero(&r->programme) == first &&
		wb_hash_is_zero(&r->previous) == first,
	    "version 1, and no other, has no programme and no version before");
	wb_codec_rule(c, wb_span_equal(r->suite, wb_span_text(SUITE)),
	    "the suite is not " SUITE);
	wb_codec_rule_text(c, r->reader, 1, WB_MAX_SHORT_TEXT, "the reader");
	wb_codec_rule_text(c, r->transport, 0, WB_MAX_SHORT_TEXT,
	    "the transport recipient");
	check_policy(c, r);
	check_roots(c, r);
	check_members(c, r);
}

static void
put_member(struct wb_codec *c, Waybill__Member *m, const struct wb_member *in)
{
	m->key = wb_codec_put(in->key.b, WB_KEY_LEN);
	m->roles = wb_codec_array(c, &m->n_roles, ROLES, sizeof *m->roles);
	m->n_roles = 0;
	for (size_t i = 0; m->roles != NULL && i < ROLES; i++)
		if (wb_member_is(in, all_roles[i]))
			m->roles[m->n_roles++] = (Waybill__Role)all_roles[i];
	m->recipient = wb_codec_put_text(c, in->recipient);
	m->label = wb_codec_put_text(c, in->label);
	m->state = (Waybill__State)in->state;
	m->distrust_from = in->distrust_from;
	m->places_hash = wb_codec_put(in->places_hash.b, WB_HASH_LEN);
}

enum wb_status
wb_roster_encode(struct wb_bytes *out, const struct wb_roster *roster,
    struct wb_error *err)
{
	Waybill__Roster m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "roster", err);

	waybill__roster__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check(&c, roster);
	m.programme = wb_codec_put(roster->programme.b, WB_HASH_LEN);
	m.version = roster->version;
	m.previous = wb_codec_put(roster->previous.b, WB_HASH_LEN);
	m.expires = roster->expires;
	m.threshold = roster->threshold;
	m.roots = wb_codec_array(&c, &m.n_roots, roster->root_count,
	    sizeof *m.roots);
	for (size_t i = 0; i < m.n_roots; i++)
		m.roots[i] = wb_codec_put(roster->roots[i].b, WB_KEY_LEN);
	m.members = wb_codec_messages(&c, &m.n_members, roster->member_count,
	    &waybill__member__descriptor);
	for (size_t i = 0; i < m.n_members; i++)
		put_member(&c, m.members[i], &roster->members[i]);
	m.suite = wb_codec_put_text(&c, roster->suite);
	m.reader = wb_codec_put_text(&c, roster->reader);
	m.transport = wb_codec_put_text(&c, roster->transport);
	m.policy = wb_codec_put_text(&c, roster->policy);
	m.catalogue_hash = wb_codec_put(roster->catalogue_hash.b, WB_HASH_LEN);
	m.names_hash = wb_codec_put(roster->names_hash.b, WB_HASH_LEN);
	m.tally_threshold = roster->tally_threshold;
	m.window_days = roster->window_days;
	m.open_catalogue = roster->open_catalogue;
	wb_codec_pack(&c, out, &m.base, WB_MAX_ROSTER);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_roles(struct wb_codec *c, unsigned *out, const Waybill__Member *m)
{
	int last = WAYBILL__ROLE__ROLE_NONE;

	for (size_t i = 0; c->status == WB_OK && i < m->n_roles; i++) {
		int role = (int)m->roles[i];

		wb_codec_rule(c, role > last && role <= WB_ROLE_AUDITOR,
		    "a member's roles are unknown or out of order");
		if (c->status == WB_OK)
			*out |= 1U << role;
		last = role;
	}
}

static void
get_member(struct wb_codec *c, struct wb_member *out, const Waybill__Member *m)
{
	wb_codec_get_key(c, &out->key, m->key, "a member's key");
	get_roles(c, &out->roles, m);
	out->recipient = wb_codec_get_text(m->recipient);
	out->label = wb_codec_get_text(m->label);
	out->state = (enum wb_member_state)m->state;
	out->distrust_from = m->distrust_from;
	wb_codec_get_hash(c, &out->places_hash, m->places_hash,
	    "a member's places");
}

static void
get(struct wb_codec *c, struct wb_roster *out, const Waybill__Roster *m)
{
	wb_codec_get_hash(c, &out->programme, m->programme, "the programme");
	out->version = m->version;
	wb_codec_get_hash(c, &out->previous, m->previous, "the version before");
	out->expires = m->expires;
	out->threshold = m->threshold;
	out->roots = wb_codec_array(c, &out->root_count, m->n_roots,
	    sizeof *out->roots);
	for (size_t i = 0; i < out->root_count; i++)
		wb_codec_get_key(c, &out->roots[i], m->roots[i], "a root key");
	out->members = wb_codec_array(c, &out->member_count, m->n_members,
	    sizeof *out->members);
	for (size_t i = 0; i < out->member_count; i++)
		get_member(c, &out->members[i], m->members[i]);
	out->suite = wb_codec_get_text(m->suite);
	out->reader = wb_codec_get_text(m->reader);
	out->transport = wb_codec_get_text(m->transport);
	out->policy = wb_codec_get_text(m->policy);
	wb_codec_get_hash(c, &out->catalogue_hash, m->catalogue_hash,
	    "the catalogue's hash");
	wb_codec_get_hash(c, &out->names_hash, m->names_hash,
	    "the names' hash");
	out->tally_threshold = m->tally_threshold;
	out->window_days = m->window_days;
	out->open_catalogue = m->open_catalogue != 0;
}

enum wb_status
wb_roster_decode(struct wb_roster *out, struct wb_arena *arena,
    struct wb_span payload, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "roster", err);
	struct wb_roster roster = { 0 };
	const Waybill__Roster *m;

	m = wb_codec_unpack(&c, &waybill__roster__descriptor, payload,
	    WB_MAX_ROSTER);
	if (m == NULL)
		return c.status;
	get(&c, &roster, m);
	check(&c, &roster);
	if (c.status == WB_OK)
		*out = roster;
	return c.status;
}

/* A field of 32 bytes at the front, where there is one; else all zero. */
static void
take_hash(struct wb_hash *out, struct wb_span *rest, uint8_t tag)
{
	memset(out, 0, sizeof *out);
	if (rest->len < 2 + sizeof out->b || rest->data[0] != tag ||
	    rest->data[1] != sizeof out->b)
		return;
	memcpy(out->b, rest->data + 2, sizeof out->b);
	*rest = wb_span_sub(*rest, 2 + sizeof out->b, rest->len);
}

/* A number at the front; 0, which is never written, where there is none. */
static uint64_t
take_number(struct wb_span *rest, uint8_t tag)
{
	uint64_t n = 0;

	if (rest->len == 0 || rest->data[0] != tag)
		return 0;
	for (size_t i = 1; i < rest->len && i <= VARINT_LEN; i++) {
		n |= (uint64_t)(rest->data[i] & 0x7f) << (7 * (i - 1));
		if (rest->data[i] < 0x80) {
			*rest = wb_span_sub(*rest, i + 1, rest->len);
			return n;
		}
	}
	return 0;
}

/* Canonical: ascending fields, each once, and none that is empty. */
enum wb_status
wb_roster_place(struct wb_roster_place *out, struct wb_span payload,
    struct wb_error *err)
{
	take_hash(&out->programme, &payload, 0x0a);
	out->version = take_number(&payload, 0x10);
	take_hash(&out->previous, &payload, 0x1a);
	if (out->version == 0)
		return wb_fail(err, WB_INVALID,
		    "the roster does not say which version it is");
	return WB_OK;
}

bool
wb_roster_place_follows(const struct wb_roster_place *place,
    const struct wb_roster *now, const struct wb_hash *now_id,
    const struct wb_hash *programme)
{
	return now->version != UINT64_MAX &&
	       place->version == now->version + 1 &&
	       wb_hash_equal(&place->previous, now_id) &&
	       wb_hash_equal(&place->programme, programme);
}

/* Which of n keys made the signature; n: none of those not yet seen. */
static size_t
signer_of(const struct wb_signature *signature,
    const struct wb_envelope *envelope, const struct wb_roster *roster,
    const bool *seen)
{
	for (size_t i = 0; i < roster->root_count; i++) {
		if (!seen[i] &&
		    wb_statement_verify(signature, &roster->roots[i],
			wb_statement_type_text(WB_STATEMENT_ROSTER),
			envelope->payload, NULL) == WB_OK)
			return i;
	}
	return roster->root_count;
}

bool
wb_roster_has_signed(const struct wb_roster *now,
    const struct wb_envelope *envelope)
{
	size_t most = (size_t)2 * WB_MAX_ROOTS; /* of both versions */
	bool seen[WB_MAX_ROOTS] = { 0 };
	size_t count = 0;

	if (envelope->signature_count > most)
		return false;
	for (size_t i = 0;
	     i < envelope->signature_count && count < now->threshold; i++) {
		size_t n = signer_of(&envelope->signatures[i], envelope, now,
		    seen);

		if (n < now->root_count) {
			seen[n] = true;
			count++;
		}
	}
	return count >= now->threshold;
}

/*
 * Thresholds of both versions, by distinct keys.  Each signature must be of a
 * root key that has not signed yet, so a stranger's costs few verifications.
 */
static enum wb_status
check_signatures(const struct wb_roster *now, const struct wb_roster *next,
    const struct wb_envelope *envelope, struct wb_error *err)
{
	bool in_now[WB_MAX_ROOTS] = { 0 }, in_next[WB_MAX_ROOTS] = { 0 };
	size_t by_now = 0, by_next = 0;

	if (envelope->type != WB_STATEMENT_ROSTER)
		return wb_fail(err, WB_FORGED, "the statement is no roster");
	for (size_t i = 0; i < envelope->signature_count; i++) {
		const struct wb_signature *s = &envelope->signatures[i];
		size_t n = signer_of(s, envelope, next, in_next);
		size_t o = signer_of(s, envelope, now, in_now);

		if (n == next->root_count && o == now->root_count) {
			return wb_fail(err, WB_FORGED,
			    "a signature on the roster is of no root key, or "
			    "stands there twice");
		}
		if (n < next->root_count) {
			in_next[n] = true;
			by_next++;
		}
		if (o < now->root_count) {
			in_now[o] = true;
			by_now++;
		}
	}
	if (by_now < now->threshold || by_next < next->threshold)
		return wb_fail(err, WB_FORGED,
		    "the roster is not signed by enough root keys");
	return WB_OK;
}

enum wb_status
wb_roster_check_first(const struct wb_envelope *envelope,
    const struct wb_roster *next, struct wb_error *err)
{
	if (next->version != 1)
		return wb_fail(err, WB_INVALID,
		    "the roster is not the first of a programme");
	return check_signatures(next, next, envelope, err);
}

enum wb_status
wb_roster_check_revoked(const struct wb_roster *earlier,
    const struct wb_roster *next, struct wb_error *err)
{
	for (size_t i = 0; i < earlier->member_count; i++) {
		const struct wb_member *old = &earlier->members[i], *m;

		if (old->state != WB_MEMBER_REVOKED)
			continue;
		m = wb_roster_find(next, &old->key);
		if ((m != NULL && m->state != WB_MEMBER_REVOKED) ||
		    is_root(next, &old->key)) {
			return wb_fail(err, WB_INVALID,
			    "the roster brings back the revoked key of %.*s",
			    (int)old->label.len, (const char *)old->label.data);
		}
	}
	return WB_OK;
}

enum wb_status
wb_roster_check_step(const struct wb_roster *now, const struct wb_hash *now_id,
    const struct wb_hash *programme, const struct wb_envelope *envelope,
    const struct wb_roster *next, struct wb_error *err)
{
	enum wb_status st;

	if (!wb_hash_equal(&next->programme, programme))
		return wb_fail(err, WB_INVALID,
		    "the roster is of another programme");
	if (now->version == UINT64_MAX || next->version != now->version + 1 ||
	    !wb_hash_equal(&next->previous, now_id))
		return wb_fail(err, WB_INVALID,
		    "the roster does not follow the version known");
	st = wb_roster_check_revoked(now, next, err);
	if (st != WB_OK)
		return st;
	return check_signatures(now, next, envelope, err);
}
