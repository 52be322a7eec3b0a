#include "client/team/team.h"

#include <string.h>

#include "base/text.h"
#include "crypto/age.h"

#define SUITE "x25519"

static enum wb_status
policy_text(struct wb_span *out, struct wb_arena *arena, struct wb_span vkey,
    struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_POLICY);
	st = wb_bytes_printf(&text, err, "log %.*s\nquorum none\n",
	    (int)vkey.len, (const char *)vkey.data);
	if (st == WB_OK)
		st = wb_arena_copy(out, arena, wb_bytes_span(&text), err);
	wb_bytes_clear(&text);
	return st;
}

/* A root key beside the device's own: keys have one purpose each. */
static enum wb_status
found_root(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_signer root;
	struct wb_person *person;
	enum wb_status st = wb_change_root(&root, device, true, err);

	if (st == WB_OK)
		st = wb_change_add_root(change, &root.key, err);
	if (st == WB_OK)
		st = wb_change_add_person(&person, change, err);
	if (st == WB_OK) {
		person->key = device->signer.key;
		st = wb_arena_copy(&person->root, &change->arena,
		    wb_key_span(&root.key), err);
	}
	wb_signer_clear(&root);
	return st;
}

/* This device: the only root, coordinator C1. */
static enum wb_status
found_self(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	char recipient[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_member *self;
	enum wb_status st;

	st = found_root(change, device, err);
	if (st != WB_OK)
		return st;
	st = wb_change_add_member(&self, change, err);
	if (st != WB_OK)
		return st;
	wb_recipient_format(recipient, &device->recipient);
	self->key = device->signer.key;
	self->roles = 1U << WB_ROLE_COORDINATOR;
	self->state = WB_MEMBER_ACTIVE;
	st = wb_arena_copy(&self->label, &change->arena, wb_span_text("C1"),
	    err);
	if (st != WB_OK)
		return st;
	return wb_arena_copy(&self->recipient, &change->arena,
	    wb_span_text(recipient), err);
}

static enum wb_status
found_roster(struct wb_change *change, struct wb_device *device,
    const struct wb_founding *founding, struct wb_error *err)
{
	struct wb_roster *r = &change->roster;
	enum wb_status st;

	r->threshold = 1;
	r->tally_threshold = founding->tally_threshold == 0
				 ? 1
				 : founding->tally_threshold;
	r->window_days = founding->window_days;
	r->open_catalogue = founding->open_catalogue;
	r->suite = wb_span_text(SUITE);
	st = found_self(change, device, err);
	if (st != WB_OK)
		return st;
	st = policy_text(&r->policy, &change->arena, founding->log_key, err);
	if (st != WB_OK)
		return st;
	return wb_change_new_reader(change, device, err);
}

static enum wb_status
keep_settings(struct wb_device *device, const struct wb_founding *founding,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_setting_put(device->db, WB_SET_NAME, founding->name, err);
	if (st == WB_OK)
		st = wb_setting_put(device->db, WB_SET_LOG_KEY,
		    founding->log_key, err);
	if (st == WB_OK && founding->url.len != 0)
		st = wb_setting_put(device->db, WB_SET_URL, founding->url, err);
	return st;
}

enum wb_status
wb_team_found(struct wb_device *device, const struct wb_founding *founding,
    struct wb_error *err)
{
	struct wb_change change = { 0 };
	struct wb_vkey log;
	enum wb_status st;

	if (device->joined)
		return wb_fail(err, WB_EXISTS,
		    "this device belongs to a programme already");
	st = wb_vkey_parse(&log, founding->log_key, err);
	if (st != WB_OK)
		return wb_context(err, st, "the log key");
	st = wb_text_check_short(founding->name, "the programme's name", err);
	if (st != WB_OK)
		return st;
	st = wb_db_begin(device->db, err);
	if (st != WB_OK)
		return st;
	wb_arena_init(&change.arena, WB_ARENA_BUDGET);
	st = keep_settings(device, founding, err);
	if (st == WB_OK)
		st = found_roster(&change, device, founding, err);
	if (st == WB_OK)
		st = wb_change_commit(&change, device, true, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	else
		wb_db_rollback(device->db);
	wb_change_clear(&change);
	return st;
}

/* The root key of a coordinator stands in the names annex alone. */
static void
remove_root(struct wb_change *change, const struct wb_key *member)
{
	const struct wb_names *names = &change->names;
	struct wb_roster *r = &change->roster;
	struct wb_span root = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < names->person_count; i++) {
		if (wb_key_equal(&names->people[i].key, member))
			root = names->people[i].root;
	}
	for (size_t i = 0; i < r->root_count; i++) {
		if (!wb_span_equal(wb_key_span(&r->roots[i]), root))
			r->roots[kept++] = r->roots[i];
	}
	r->root_count = kept;
}

static enum wb_status
find_member(struct wb_member **out, struct wb_change *change,
    struct wb_device *device, struct wb_span label, struct wb_error *err)
{
	const struct wb_member *found = wb_roster_find_label(&change->roster,
	    label);

	if (found == NULL) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND, "there is nobody called %.*s",
			(int)label.len, (const char *)label.data),
		    "no-such-label", "See: waybill people");
	}
	*out = &change->roster.members[found - change->roster.members];
	if (wb_key_equal(&(*out)->key, &device->signer.key))
		return wb_fail(err, WB_FAILED,
		    "a device cannot revoke itself; another coordinator can");
	return WB_OK;
}

/* Who is revoked may still turn out to have been in other hands before. */
static enum wb_status
distrust(struct wb_member *member, uint64_t from, struct wb_error *err)
{
	if (from == 0 || from == member->distrust_from) {
		return wb_advise(err,
		    wb_fail(err, WB_EXISTS, "%.*s is revoked already",
			(int)member->label.len,
			(const char *)member->label.data),
		    "revoked-already",
		    "To mark older entries as suspect: --distrust-from INDEX "
		    "(`waybill people` shows the indexes).");
	}
	member->distrust_from = from;
	return WB_OK;
}

static enum wb_status
revoke(struct wb_change *change, struct wb_device *device, struct wb_span label,
    uint64_t distrust_from, struct wb_error *err)
{
	struct wb_member *member = NULL;
	enum wb_status st;

	st = find_member(&member, change, device, label, err);
	if (st != WB_OK)
		return st;
	if (member->state == WB_MEMBER_REVOKED)
		return distrust(member, distrust_from, err);
	member->state = WB_MEMBER_REVOKED;
	member->distrust_from = distrust_from;
	remove_root(change, &member->key);
	if (change->roster.root_count < change->roster.threshold)
		return wb_fail(err, WB_FAILED,
		    "too few coordinators would be left to sign the roster");
	if (wb_member_is(member, WB_ROLE_COORDINATOR))
		st = wb_change_new_reader(change, device, err);
	return st;
}

enum wb_status
wb_team_revoke(struct wb_device *device, struct wb_span label,
    uint64_t distrust_from, struct wb_error *err)
{
	struct wb_change change = { 0 };
	enum wb_status st;

	st = wb_change_begin(&change, device, err);
	if (st == WB_OK)
		st = revoke(&change, device, label, distrust_from, err);
	if (st == WB_OK)
		st = wb_change_apply(&change, device, err);
	wb_change_clear(&change);
	return st;
}

/* The log never changes: a programme's history is in it. */
static enum wb_status
check_policy(const struct wb_device *device, struct wb_span text,
    struct wb_error *err)
{
	struct wb_policy policy;
	enum wb_status st = wb_policy_parse(&policy, text, err);

	if (st != WB_OK)
		return wb_advise(err, st, "policy",
		    "Begin with the policy there is: waybill policy > FILE");
	if (!wb_vkey_equal(&policy.log, &device->log)) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID,
			"the policy names another log than this programme's"),
		    "policy-log",
		    "Keep the log line as it is: waybill policy shows it");
	}
	if (wb_span_equal(text, device->roster.policy)) {
		return wb_advise(err,
		    wb_fail(err, WB_EXISTS, "this is the policy already"),
		    "policy-same", NULL);
	}
	return WB_OK;
}

enum wb_status
wb_team_set_policy(struct wb_device *device, struct wb_span text,
    struct wb_error *err)
{
	struct wb_change change = { 0 };
	enum wb_status st = wb_device_need_coordinator(device, err);

	if (st == WB_OK)
		st = check_policy(device, text, err);
	if (st != WB_OK)
		return st;
	st = wb_change_begin(&change, device, err);
	if (st == WB_OK)
		st = wb_arena_copy(&change.roster.policy, &change.arena, text,
		    err);
	if (st == WB_OK)
		st = wb_change_apply(&change, device, err);
	wb_change_clear(&change);
	return st;
}
