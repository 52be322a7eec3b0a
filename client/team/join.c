#include "client/team/join.h"

#include <string.h>

#include "client/team/annexes.h"
#include "client/team/change.h"
#include "client/trust/trust.h"
#include "crypto/text.h"

#define JOIN_BUDGET ((size_t)64 << 20) /* bytes; a welcome has all rosters */

static enum wb_status
parse_invite(struct wb_bytes *bytes, struct wb_span text, struct wb_error *err)
{
	const size_t prefix = strlen(WB_INVITE_PREFIX);

	while (text.len != 0 && (text.data[text.len - 1] == '\n' ||
				    text.data[text.len - 1] == '\r' ||
				    text.data[text.len - 1] == ' '))
		text.len--;
	if (!wb_span_equal(wb_span_sub(text, 0, prefix),
		wb_span_text(WB_INVITE_PREFIX))) {
		return wb_fail(err, WB_INVALID,
		    "this is not an invitation: it should begin "
		    "with " WB_INVITE_PREFIX);
	}
	if (wb_base64_parse(bytes, wb_span_sub(text, prefix, text.len), err) !=
	    WB_OK)
		return wb_fail(err, WB_INVALID,
		    "the invitation is incomplete or was altered on its way");
	return WB_OK;
}

static enum wb_status
check_invite(const struct wb_device *device, const struct wb_invite *invite,
    struct wb_error *err)
{
	struct wb_vkey log;

	if ((uint64_t)wb_clock_now(device->clock) > invite->expires) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED, "the invitation has expired"),
		    "invite-expired",
		    "Ask the coordinator for a new one, and check this "
		    "device's clock.");
	}
	return wb_vkey_parse(&log, invite->log_key, err);
}

static enum wb_status
seal_request(struct wb_bytes *out, struct wb_device *device,
    const struct wb_invite *invite, const struct wb_join_request *request,
    struct wb_error *err)
{
	struct wb_recipient to;
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_REQUEST);
	st = wb_recipient_parse(&to, invite->recipient, err);
	if (st == WB_OK)
		st = wb_join_request_encode(&plain, request, err);
	if (st == WB_OK)
		st = wb_age_encrypt(out, wb_bytes_span(&plain), &to, 1,
		    device->random, err);
	wb_bytes_clear(&plain);
	return st;
}

/* `text` and `root` are what parts of the request point to. */
static enum wb_status
fill_request(struct wb_join_request *request,
    char text[WB_AGE_RECIPIENT_TEXT + 1], struct wb_signer *root,
    struct wb_device *device, const struct wb_invite *invite,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (invite->role == WB_ROLE_COORDINATOR) {
		st = wb_change_root(root, device, true, err);
		request->root = wb_key_span(&root->key);
	}
	wb_recipient_format(text, &device->recipient);
	request->recipient = wb_span_text(text);
	request->key = device->signer.key;
	wb_sha256_one(&request->token_hash,
	    wb_span(invite->token, WB_TOKEN_LEN));
	wb_join_authenticator(&request->authenticator, invite->token,
	    &invite->programme, &request->key, request->recipient,
	    request->root);
	return st;
}

enum wb_status
wb_join_request(struct wb_bytes *out, char digits[WB_JOIN_DIGITS_TEXT + 1],
    struct wb_device *device, struct wb_span invite_text,
    struct wb_span label_wish, struct wb_error *err)
{
	struct wb_join_request request = { .label = label_wish };
	char recipient[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_invite invite = { 0 };
	struct wb_signer root = { 0 };
	struct wb_arena arena;
	struct wb_bytes bytes;
	enum wb_status st;

	if (device->joined && device->self != NULL &&
	    device->self->state == WB_MEMBER_ACTIVE) {
		return wb_advise(err,
		    wb_fail(err, WB_EXISTS,
			"this device belongs to a programme already"),
		    "already-joined",
		    "Join with another folder: --dir NEW-FOLDER");
	}
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&bytes, WB_MAX_INVITE_TEXT);
	st = parse_invite(&bytes, invite_text, err);
	if (st == WB_OK)
		st = wb_invite_decode(&invite, &arena, wb_bytes_span(&bytes),
		    err);
	if (st == WB_OK)
		st = check_invite(device, &invite, err);
	if (st != WB_OK)
		goto done;
	st = fill_request(&request, recipient, &root, device, &invite, err);
	if (st == WB_OK)
		st = seal_request(out, device, &invite, &request, err);
	if (st != WB_OK)
		goto done;
	wb_join_digits(digits, &invite, &request.key, request.recipient,
	    request.root);
	st = wb_setting_put(device->db, WB_SET_INVITE, wb_bytes_span(&bytes),
	    err);
done:
	wb_signer_clear(&root);
	wb_wipe(&invite, sizeof invite);
	wb_bytes_clear(&bytes);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
take_annexes(struct wb_device *device, const struct wb_welcome *w,
    struct wb_error *err)
{
	const struct wb_roster *r = &device->roster;
	enum wb_status st = WB_OK;

	if (w->catalogue.len != 0)
		st = wb_annexes_take_plain(device, &r->catalogue_hash,
		    w->catalogue, err);
	if (st == WB_OK && w->places.len != 0)
		st = wb_annexes_take_plain(device, &device->self->places_hash,
		    w->places, err);
	if (st == WB_OK && w->names.len != 0)
		st = wb_annexes_take_plain(device, &r->names_hash, w->names,
		    err);
	return st;
}

/* Programme and log must be those of the invitation. */
static enum wb_status
enter(struct wb_device *device, const struct wb_invite *invite,
    const struct wb_welcome *w, struct wb_error *err)
{
	struct wb_vkey log;
	enum wb_status st;

	st = wb_trust_rosters(device, &invite->programme, w->rosters,
	    w->roster_count, err);
	if (st == WB_OK)
		st = wb_setting_put(device->db, WB_SET_PROGRAMME,
		    wb_hash_span(&invite->programme), err);
	if (st == WB_OK)
		st = wb_setting_put(device->db, WB_SET_LOG_KEY, invite->log_key,
		    err);
	if (st == WB_OK && invite->url.len != 0)
		st = wb_setting_put(device->db, WB_SET_URL, invite->url, err);
	if (st == WB_OK && w->programme_name.len != 0)
		st = wb_setting_put(device->db, WB_SET_NAME, w->programme_name,
		    err);
	if (st == WB_OK)
		st = wb_setting_remove(device->db, WB_SET_INVITE, err);
	if (st == WB_OK)
		st = wb_device_reload(device, err);
	if (st == WB_OK)
		st = wb_roster_log(&log, &device->roster, err);
	if (st != WB_OK)
		return st;
	if (device->self == NULL)
		return wb_fail(err, WB_FORGED,
		    "the roster in this welcome does not name this device");
	if (!wb_vkey_equal(&log, &device->log))
		return wb_fail(err, WB_FORGED,
		    "the roster names another log than the invitation");
	return take_annexes(device, w, err);
}

static enum wb_status
open_welcome(struct wb_welcome *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_span sealed, struct wb_error *err)
{
	struct wb_bytes plain;
	struct wb_span copy;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_WELCOME);
	st = wb_age_decrypt(&plain, sealed, &device->identity, 1, err);
	if (st == WB_NOT_FOUND)
		st = wb_advise(err, st, "not-for-us",
		    "Is this the welcome made for this device's own request?");
	if (st == WB_OK)
		st = wb_arena_copy(&copy, arena, wb_bytes_span(&plain), err);
	if (st == WB_OK)
		st = wb_welcome_decode(out, arena, copy, err);
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
pending_invite(struct wb_invite *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes bytes;
	struct wb_span copy;
	enum wb_status st;

	wb_bytes_init(&bytes, WB_MAX_INVITE_TEXT);
	st = wb_setting_get(&bytes, device->db, WB_SET_INVITE, err);
	if (st == WB_NOT_FOUND) {
		st = wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"this device has not asked to join"),
		    "no-request", "First: waybill join INVITATION -o REQUEST");
	}
	if (st == WB_OK)
		st = wb_arena_copy(&copy, arena, wb_bytes_span(&bytes), err);
	if (st == WB_OK)
		st = wb_invite_decode(out, arena, copy, err);
	wb_bytes_clear(&bytes);
	return st;
}

enum wb_status
wb_join_welcome(struct wb_device *device, struct wb_span welcome,
    struct wb_error *err)
{
	struct wb_welcome opened = { 0 };
	struct wb_invite invite = { 0 };
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, JOIN_BUDGET);
	st = pending_invite(&invite, &arena, device, err);
	if (st == WB_OK)
		st = open_welcome(&opened, &arena, device, welcome, err);
	if (st == WB_OK)
		st = wb_db_begin(device->db, err);
	if (st != WB_OK)
		goto done;
	st = enter(device, &invite, &opened, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	else
		wb_db_rollback(device->db);
done:
	wb_wipe(&invite, sizeof invite);
	wb_arena_clear(&arena);
	return st;
}
