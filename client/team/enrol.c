#include "client/team/enrol.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/team/annexes.h"
#include "client/team/change.h"
#include "crypto/text.h"

#define HOUR 3600
#define ENROL_BUDGET ((size_t)64 << 20) /* bytes; a welcome has all rosters */

static enum wb_status
keep_invitation(struct wb_device *device, const struct wb_invite *invite,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_hash token_hash;
	struct wb_stmt *s;
	enum wb_status st;

	wb_sha256_one(&token_hash, wb_span(invite->token, WB_TOKEN_LEN));
	st = wb_db_prepare(&s, device->db,
	    "INSERT INTO invitation (token_hash, invite) VALUES (?1, ?2)", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&token_hash));
	wb_bind_blob(s, 2, bytes);
	return wb_run(s, err);
}

/* A setting that may be absent, into the arena. */
static enum wb_status
optional_setting(struct wb_span *out, struct wb_arena *arena,
    struct wb_device *device, const char *name, struct wb_error *err)
{
	struct wb_bytes value;
	enum wb_status st;

	*out = wb_span(NULL, 0);
	wb_bytes_init(&value, WB_MAX_URL);
	st = wb_setting_get(&value, device->db, name, err);
	if (st == WB_OK)
		st = wb_arena_copy(out, arena, wb_bytes_span(&value), err);
	else if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	wb_bytes_clear(&value);
	return st;
}

static enum wb_status
fill_invite(struct wb_invite *invite, struct wb_arena *arena,
    struct wb_device *device, enum wb_role role, struct wb_error *err)
{
	char recipient[WB_AGE_RECIPIENT_TEXT + 1];
	enum wb_status st;

	*invite = (struct wb_invite){ .role = role };
	invite->programme = device->programme;
	invite->expires = (uint64_t)wb_clock_now(device->clock) +
			  (uint64_t)WB_INVITE_HOURS * HOUR;
	wb_random_fill(device->random, invite->token, sizeof invite->token);
	st = optional_setting(&invite->log_key, arena, device, WB_SET_LOG_KEY,
	    err);
	if (st == WB_OK)
		st = optional_setting(&invite->url, arena, device, WB_SET_URL,
		    err);
	if (st == WB_OK)
		st = optional_setting(&invite->programme_name, arena, device,
		    WB_SET_NAME, err);
	if (st != WB_OK)
		return st;
	wb_recipient_format(recipient, &device->recipient);
	return wb_arena_copy(&invite->recipient, arena, wb_span_text(recipient),
	    err);
}

enum wb_status
wb_enrol_invite(struct wb_bytes *out, struct wb_device *device,
    enum wb_role role, struct wb_error *err)
{
	struct wb_invite invite;
	struct wb_arena arena;
	struct wb_bytes bytes;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&bytes, WB_MAX_INVITE_TEXT);
	st = wb_device_need_coordinator(device, err);
	if (st == WB_OK)
		st = fill_invite(&invite, &arena, device, role, err);
	if (st == WB_OK)
		st = wb_invite_encode(&bytes, &invite, err);
	if (st == WB_OK)
		st = keep_invitation(device, &invite, wb_bytes_span(&bytes),
		    err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, WB_INVITE_PREFIX, err);
	if (st == WB_OK)
		st = wb_base64_append(out, wb_bytes_span(&bytes), err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	wb_wipe(&invite, sizeof invite);
	wb_bytes_clear(&bytes);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
find_invitation(struct wb_invite *out, bool *used, struct wb_arena *arena,
    struct wb_device *device, const struct wb_hash *token_hash,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, device->db,
	    "SELECT invite, used FROM invitation WHERE token_hash = ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(token_hash));
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"the request answers no invitation of this device"),
		    "no-such-invite",
		    "Approve it where the invitation was made.");
	}
	*used = wb_column_int(s, 1) != 0;
	st = wb_invite_decode(out, arena, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
fail_forged(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"the request was not made with the invitation"),
	    "request-forged",
	    "Do not approve it. Somebody may have altered it on its way; "
	    "invite again by a safer one.");
}

static enum wb_status
fail_used(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_REFUSED, "the invitation was used already"),
	    "invite-used", "Invite again: one invitation a device.");
}

/*
 * Was the very same request approved?  The recipient must be the one that was
 * enrolled: else whoever saw the invitation had a welcome made for himself.
 */
static enum wb_status
find_approved(struct wb_candidate *c, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	const struct wb_member *m = wb_roster_find(&device->roster,
	    &c->request.key);
	struct wb_names names;
	enum wb_status st;

	if (m == NULL || m->state != WB_MEMBER_ACTIVE)
		return fail_used(err);
	st = wb_annexes_names(&names, arena, device, err);
	for (size_t i = 0; st == WB_OK && i < names.person_count; i++) {
		if (wb_key_equal(&names.people[i].key, &m->key))
			c->member = wb_span_equal(names.people[i].recipient,
			    c->request.recipient);
	}
	if (st == WB_OK && !c->member)
		st = fail_forged(err);
	return st;
}

static enum wb_status
check_request(struct wb_candidate *c, struct wb_arena *arena,
    struct wb_device *device, bool used, struct wb_error *err)
{
	struct wb_hash expected;

	wb_join_authenticator(&expected, c->invite.token, &device->programme,
	    &c->request.key, c->request.recipient, c->request.root);
	if (!wb_equal(wb_hash_span(&expected),
		wb_hash_span(&c->request.authenticator)))
		return fail_forged(err);
	if (used)
		return find_approved(c, arena, device, err);
	if ((uint64_t)wb_clock_now(device->clock) > c->invite.expires) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED, "the invitation has expired"),
		    "invite-expired", "Invite again.");
	}
	if (wb_roster_find(&device->roster, &c->request.key) != NULL)
		return wb_fail(err, WB_EXISTS, "this device is a member");
	return WB_OK;
}

/* K1, K2… for field devices, C… for coordinators, A… for auditors. */
static enum wb_status
next_label(struct wb_span *out, struct wb_arena *arena,
    const struct wb_roster *roster, enum wb_role role, struct wb_error *err)
{
	static const char prefix[] = { [WB_ROLE_FIELD] = 'K',
		[WB_ROLE_COORDINATOR] = 'C',
		[WB_ROLE_AUDITOR] = 'A' };
	char text[WB_MAX_LABEL];

	for (unsigned n = 1; n <= WB_MAX_MEMBERS + 1; n++) {
		(void)snprintf(text, sizeof text, "%c%u", prefix[role], n);
		if (wb_roster_find_label(roster, wb_span_text(text)) == NULL)
			return wb_arena_copy(out, arena, wb_span_text(text),
			    err);
	}
	return wb_fail(err, WB_INVALID, "the roster is full");
}

/* Labels stand in ids and on command lines: "K7-142", `revoke K7`. */
static enum wb_status
check_label(struct wb_span label, struct wb_error *err)
{
	enum wb_status st = wb_text_check_short(label, "a label", err);

	if (st != WB_OK)
		return st;
	if (label.len > WB_MAX_LABEL || memchr(label.data, ' ', label.len))
		return wb_fail(err, WB_INVALID,
		    "a label has 1 to %d bytes and no blanks", WB_MAX_LABEL);
	return WB_OK;
}

static enum wb_status
keep_label(struct wb_candidate *c, struct wb_arena *arena,
    const struct wb_device *device, struct wb_span wanted, struct wb_error *err)
{
	const struct wb_member *m = wb_roster_find(&device->roster,
	    &c->request.key);

	if (wanted.len != 0 && !wb_span_equal(wanted, m->label)) {
		return wb_fail(err, WB_EXISTS,
		    "this device is a member already, called %.*s",
		    (int)m->label.len, (const char *)m->label.data);
	}
	return wb_arena_copy(&c->label, arena, m->label, err);
}

static enum wb_status
choose_label(struct wb_candidate *c, struct wb_arena *arena,
    const struct wb_device *device, struct wb_span wanted, struct wb_error *err)
{
	enum wb_status st;

	if (c->member)
		return keep_label(c, arena, device, wanted, err);
	if (wanted.len == 0)
		return next_label(&c->label, arena, &device->roster,
		    (enum wb_role)c->invite.role, err);
	st = check_label(wanted, err);
	if (st != WB_OK)
		return st;
	if (wb_roster_find_label(&device->roster, wanted) != NULL)
		return wb_fail(err, WB_EXISTS, "the label %.*s is taken",
		    (int)wanted.len, (const char *)wanted.data);
	return wb_arena_copy(&c->label, arena, wanted, err);
}

static enum wb_status
open_request(struct wb_candidate *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_span sealed, struct wb_error *err)
{
	struct wb_bytes plain;
	struct wb_span copy;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_REQUEST);
	st = wb_age_decrypt(&plain, sealed, &device->identity, 1, err);
	if (st != WB_OK) {
		st = wb_advise(err, st, "not-a-request",
		    "Is this the file that the newcomer's join made, and was "
		    "the invitation made on this device?");
	}
	if (st == WB_OK)
		st = wb_arena_copy(&copy, arena, wb_bytes_span(&plain), err);
	if (st == WB_OK)
		st = wb_join_request_decode(&out->request, arena, copy, err);
	wb_bytes_clear(&plain);
	return st;
}

enum wb_status
wb_enrol_candidate(struct wb_candidate *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_span request, struct wb_span label,
    struct wb_error *err)
{
	enum wb_status st;
	bool used = false;

	*out = (struct wb_candidate){ 0 };
	st = wb_device_need_coordinator(device, err);
	if (st == WB_OK)
		st = open_request(out, arena, device, request, err);
	if (st == WB_OK)
		st = find_invitation(&out->invite, &used, arena, device,
		    &out->request.token_hash, err);
	if (st == WB_OK)
		st = check_request(out, arena, device, used, err);
	if (st != WB_OK)
		return st;
	wb_join_digits(out->digits, &out->invite, &out->request.key,
	    out->request.recipient, out->request.root);
	return choose_label(out, arena, device, label, err);
}

static enum wb_status
enrol(struct wb_change *change, const struct wb_candidate *c,
    struct wb_error *err)
{
	struct wb_member *member;
	struct wb_person *person;
	struct wb_key root;
	enum wb_status st;

	st = wb_change_add_member(&member, change, err);
	if (st != WB_OK)
		return st;
	member->key = c->request.key;
	member->roles = 1U << c->invite.role;
	member->label = c->label;
	member->state = WB_MEMBER_ACTIVE;
	if (c->invite.role != WB_ROLE_FIELD)
		member->recipient = c->request.recipient;
	st = wb_change_add_person(&person, change, err);
	if (st != WB_OK)
		return st;
	person->key = c->request.key;
	person->recipient = c->request.recipient;
	change->places_changed = change->names.place_count != 0;
	if (c->invite.role != WB_ROLE_COORDINATOR)
		return WB_OK;
	if (c->request.root.len != WB_KEY_LEN)
		return wb_fail(err, WB_INVALID,
		    "the request of a coordinator must bring a root key");
	person->root = c->request.root;
	memcpy(root.b, c->request.root.data, sizeof root.b);
	return wb_change_add_root(change, &root, err);
}

static enum wb_status
mark_used(struct wb_device *device, const struct wb_hash *token_hash,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st = wb_db_prepare(&s, device->db,
	    "UPDATE invitation SET used = 1 WHERE token_hash = ?1", err);

	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(token_hash));
	return wb_run(s, err);
}

/* The envelope of one version into the arena. */
static enum wb_status
load_roster(struct wb_span *out, struct wb_arena *arena, struct wb_db *db,
    const struct wb_hash *id, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db,
	    "SELECT envelope FROM statement WHERE id = ?1 AND type = ?2", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(id));
	wb_bind_int(s, 2, WB_STATEMENT_ROSTER);
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return wb_fail(err, WB_STORAGE,
		    "a version of the roster is missing");
	st = wb_arena_copy(out, arena, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

/* Which version a version follows; zero: none, it is the first. */
static enum wb_status
version_before(struct wb_hash *out, struct wb_span bytes, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_roster roster;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, bytes, err);
	if (st == WB_OK)
		st = wb_roster_decode(&roster, &arena, envelope.payload, err);
	if (st == WB_OK)
		*out = roster.previous;
	wb_arena_clear(&arena);
	return st;
}

/*
 * The chain that leads to the newest version, the first first.  Versions that
 * another coordinator's overtook stay in the vault and belong to no chain.
 */
static enum wb_status
roster_chain(struct wb_welcome *welcome, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	const size_t n = (size_t)device->roster.version;
	struct wb_hash id = device->roster_id;
	enum wb_status st = WB_OK;

	if (n > WB_MAX_WELCOME_ROSTERS)
		return wb_fail(err, WB_INVALID,
		    "the roster has too many versions for a welcome");
	welcome->rosters = wb_arena_array(arena, n, sizeof *welcome->rosters);
	if (welcome->rosters == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = n; i > 0 && st == WB_OK; i--) {
		st = load_roster(&welcome->rosters[i - 1], arena, device->db,
		    &id, err);
		if (st == WB_OK)
			st = version_before(&id, welcome->rosters[i - 1], err);
	}
	welcome->roster_count = n;
	return st;
}

static enum wb_status
annex_for(struct wb_span *out, struct wb_arena *arena, struct wb_device *device,
    const struct wb_hash *hash, struct wb_error *err)
{
	struct wb_bytes plain;
	enum wb_status st;

	*out = wb_span(NULL, 0);
	if (wb_hash_is_zero(hash))
		return WB_OK;
	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = wb_annex_get(&plain, device->db, hash, err);
	if (st == WB_OK)
		st = wb_arena_copy(out, arena, wb_bytes_span(&plain), err);
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
fill_welcome(struct wb_welcome *w, struct wb_arena *arena,
    struct wb_device *device, const struct wb_key *key, struct wb_error *err)
{
	const struct wb_roster *r = &device->roster;
	const struct wb_member *m = wb_roster_find(r, key);
	enum wb_status st;

	*w = (struct wb_welcome){ .label = m->label };
	st = roster_chain(w, arena, device, err);
	if (st == WB_OK)
		st = optional_setting(&w->programme_name, arena, device,
		    WB_SET_NAME, err);
	if (st == WB_OK && !wb_member_is(m, WB_ROLE_AUDITOR))
		st = annex_for(&w->catalogue, arena, device, &r->catalogue_hash,
		    err);
	if (st == WB_OK && wb_member_is(m, WB_ROLE_FIELD))
		st = annex_for(&w->places, arena, device, &m->places_hash, err);
	if (st == WB_OK && wb_member_is(m, WB_ROLE_COORDINATOR))
		st = annex_for(&w->names, arena, device, &r->names_hash, err);
	return st;
}

static enum wb_status
seal_welcome(struct wb_bytes *out, struct wb_device *device,
    const struct wb_candidate *c, struct wb_error *err)
{
	struct wb_welcome welcome;
	struct wb_recipient to;
	struct wb_arena arena;
	struct wb_bytes plain;
	enum wb_status st;

	wb_arena_init(&arena, ENROL_BUDGET);
	wb_bytes_init(&plain, WB_MAX_WELCOME);
	st = wb_recipient_parse(&to, c->request.recipient, err);
	if (st == WB_OK)
		st = fill_welcome(&welcome, &arena, device, &c->request.key,
		    err);
	if (st == WB_OK)
		st = wb_welcome_encode(&plain, &welcome, err);
	if (st == WB_OK)
		st = wb_age_encrypt(out, wb_bytes_span(&plain), &to, 1,
		    device->random, err);
	wb_bytes_clear(&plain);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
write_welcome(struct wb_device *device, const struct wb_candidate *candidate,
    struct wb_welcome_out out, struct wb_error *err)
{
	struct wb_bytes welcome;
	enum wb_status st;

	wb_bytes_init(&welcome, WB_MAX_WELCOME);
	st = seal_welcome(&welcome, device, candidate, err);
	if (st == WB_OK)
		st = out.write(out.ctx, wb_bytes_span(&welcome), err);
	wb_bytes_clear(&welcome);
	return st;
}

static enum wb_status
commit_enrolment(struct wb_change *change, struct wb_device *device,
    const struct wb_candidate *candidate, struct wb_welcome_out out,
    struct wb_error *err)
{
	enum wb_status st = wb_db_begin(device->db, err);

	if (st != WB_OK)
		return st;
	st = wb_change_commit(change, device, false, err);
	if (st == WB_OK)
		st = mark_used(device, &candidate->request.token_hash, err);
	if (st == WB_OK)
		st = write_welcome(device, candidate, out, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	if (st == WB_OK)
		return WB_OK;
	wb_db_rollback(device->db);
	/* Back to the roster before; the first failure is the one to tell. */
	if (wb_device_reload(device, NULL) != WB_OK)
		device->joined = false;
	return st;
}

enum wb_status
wb_enrol_approve(struct wb_device *device, const struct wb_candidate *candidate,
    struct wb_welcome_out out, struct wb_error *err)
{
	struct wb_change change = { 0 };
	enum wb_status st;

	if (candidate->member)
		return write_welcome(device, candidate, out, err);
	st = wb_change_begin(&change, device, err);
	if (st == WB_OK)
		st = enrol(&change, candidate, err);
	if (st == WB_OK)
		st = commit_enrolment(&change, device, candidate, out, err);
	wb_change_clear(&change);
	return st;
}
