/* Inviting, joining and approving, on real vaults. */
#include "client/team/annexes.h"
#include "crypto/text.h"

#include "tests/unit/client/teamkit.h"

#define HOUR 3600

static enum wb_status
lose_welcome(void *ctx, struct wb_span welcome, struct wb_error *err)
{
	(void)ctx;
	(void)welcome;
	return wb_fail(err, WB_STORAGE, "no such folder");
}

static void
founder_is_the_only_coordinator(void **state)
{
	struct team *t = *state;

	assert_true(t->coord.joined);
	assert_int_equal(t->coord.roster.version, 1);
	assert_true(wb_member_may(t->coord.self, WB_ROLE_COORDINATOR));
	assert_true(wb_hash_equal(&t->coord.programme, &t->coord.roster_id));
	assert_true(wb_span_equal(t->coord.self->label, wb_span_text("C1")));
}

static void
newcomer_learns_items_and_codes_but_no_meaning(void **state)
{
	struct team *t = *state;
	struct wb_device k1 = { 0 };
	struct wb_catalogue catalogue;
	struct wb_places places;
	struct wb_names names;
	struct wb_arena arena;
	struct paper p;

	team_teach(t, "rice", "S-12");
	team_create(t, &k1, "k1");
	paper_init(&p);
	team_ask(t, &p, &k1, WB_ROLE_FIELD);
	assert_ok(team_approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_ok(wb_join_welcome(&k1, wb_bytes_span(&p.welcome), &t->err),
	    &t->err);
	assert_true(wb_span_equal(k1.self->label, wb_span_text("K1")));
	assert_true(wb_hash_equal(&k1.programme, &t->coord.programme));

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_annexes_catalogue(&catalogue, &arena, &k1, &t->err),
	    &t->err);
	assert_int_equal(catalogue.item_count, 1);
	assert_ok(wb_annexes_places(&places, &arena, &k1, &t->err), &t->err);
	assert_int_equal(places.place_count, 1);
	assert_int_equal(places.places[0].meaning.len, 0);
	assert_status(WB_NOT_FOUND,
	    wb_annexes_names(&names, &arena, &k1, &t->err), &t->err);
	wb_arena_clear(&arena);

	paper_clear(&p);
	wb_device_close(&k1);
}

static void
lost_welcome_enrols_nobody_and_a_made_one_can_be_made_again(void **state)
{
	struct team *t = *state;
	struct wb_device device = { 0 };
	struct wb_candidate candidate;
	struct wb_arena arena;
	struct paper p;
	uint64_t version = t->coord.roster.version;

	team_create(t, &device, "lost-welcome");
	paper_init(&p);
	team_ask(t, &p, &device, WB_ROLE_FIELD);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_enrol_candidate(&candidate, &arena, &t->coord,
		      wb_bytes_span(&p.request), wb_span_text("L1"), &t->err),
	    &t->err);
	assert_status(WB_STORAGE,
	    wb_enrol_approve(&t->coord, &candidate,
		(struct wb_welcome_out){ lose_welcome, NULL }, &t->err),
	    &t->err);
	wb_arena_clear(&arena);
	assert_int_equal(t->coord.roster.version, version);
	assert_null(wb_roster_find_label(&t->coord.roster, wb_span_text("L1")));

	assert_ok(team_approve(t, &p, wb_span_text("L1")), &t->err);
	assert_int_equal(t->coord.roster.version, version + 1);
	/* Again, also when the invitation is over: no new version. */
	t->now = TEAM_NOW + (WB_INVITE_HOURS + 1) * HOUR;
	assert_ok(team_approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_int_equal(t->coord.roster.version, version + 1);
	assert_status(WB_EXISTS, team_approve(t, &p, wb_span_text("L2")),
	    &t->err);
	t->now = TEAM_NOW;
	assert_ok(wb_join_welcome(&device, wb_bytes_span(&p.welcome), &t->err),
	    &t->err);
	assert_true(wb_span_equal(device.self->label, wb_span_text("L1")));

	assert_ok(wb_team_revoke(&t->coord, wb_span_text("L1"), 0, &t->err),
	    &t->err);
	assert_status(WB_REFUSED, team_approve(t, &p, wb_span(NULL, 0)),
	    &t->err);
	assert_string_equal(wb_error_id(&t->err), "invite-used");
	paper_clear(&p);
	wb_device_close(&device);
}

/* The invitation of somebody who was enrolled, in other hands. */
static void
used_invitation_is_good_for_nobody_else(void **state)
{
	struct team *t = *state;
	struct wb_device first = { 0 };
	struct wb_device second = { 0 };
	struct paper p;

	team_create(t, &first, "first");
	team_create(t, &second, "second");
	paper_init(&p);
	team_ask(t, &p, &first, WB_ROLE_FIELD);
	assert_ok(team_approve(t, &p, wb_span(NULL, 0)), &t->err);
	wb_bytes_reset(&p.request);
	assert_ok(wb_join_request(&p.request, p.newcomer_digits, &second,
		      wb_bytes_span(&p.invite), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_status(WB_REFUSED, team_approve(t, &p, wb_span(NULL, 0)),
	    &t->err);
	assert_string_equal(wb_error_id(&t->err), "invite-used");

	/* With the key of who was enrolled, and his own recipient. */
	wb_signer_clear(&second.signer);
	assert_ok(wb_signer_from_seed(&second.signer,
		      wb_signer_seed(&first.signer), &t->err),
	    &t->err);
	wb_bytes_reset(&p.request);
	assert_ok(wb_join_request(&p.request, p.newcomer_digits, &second,
		      wb_bytes_span(&p.invite), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_status(WB_FORGED, team_approve(t, &p, wb_span(NULL, 0)),
	    &t->err);
	paper_clear(&p);
	wb_device_close(&second);
	wb_device_close(&first);
}

static void
label_has_no_blanks_and_fits(void **state)
{
	static const char *const bad[] = { "Foo Bar", " ", "a\nb",
		"123456789012345678901234567890123" };
	struct team *t = *state;
	struct wb_device device = { 0 };
	struct paper p;

	team_create(t, &device, "labelled");
	paper_init(&p);
	team_ask(t, &p, &device, WB_ROLE_AUDITOR);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_status(WB_INVALID,
		    team_approve(t, &p, wb_span_text(bad[i])), &t->err);
	assert_ok(team_approve(t, &p, wb_span_text("North-1")), &t->err);
	paper_clear(&p);
	wb_device_close(&device);
}

static void
altered_or_late_paper_is_refused(void **state)
{
	struct team *t = *state;
	struct wb_device k2 = { 0 };
	char digits[WB_JOIN_DIGITS_TEXT + 1];
	struct wb_bytes again;
	struct paper p;

	team_create(t, &k2, "k2");
	paper_init(&p);
	wb_bytes_init(&again, WB_MAX_REQUEST);
	team_ask(t, &p, &k2, WB_ROLE_FIELD);

	p.request.data[p.request.len - 1] ^= 1;
	assert_int_not_equal(team_approve(t, &p, wb_span(NULL, 0)), WB_OK);
	p.request.data[p.request.len - 1] ^= 1;

	/* Somebody else's label, and a member's own. */
	assert_status(WB_EXISTS, team_approve(t, &p, wb_span_text("c1")),
	    &t->err);

	t->now = TEAM_NOW + (WB_INVITE_HOURS + 1) * HOUR;
	assert_status(WB_REFUSED, team_approve(t, &p, wb_span(NULL, 0)),
	    &t->err);
	assert_string_equal(wb_error_id(&t->err), "invite-expired");
	assert_status(WB_REFUSED,
	    wb_join_request(&again, digits, &k2, wb_bytes_span(&p.invite),
		wb_span(NULL, 0), &t->err),
	    &t->err);
	t->now = TEAM_NOW;

	p.invite.data[p.invite.len / 2] ^= 2;
	if (wb_join_request(&again, digits, &k2, wb_bytes_span(&p.invite),
		wb_span(NULL, 0), &t->err) == WB_OK)
		assert_string_not_equal(digits, p.newcomer_digits);

	assert_status(WB_INVALID,
	    wb_join_request(&again, digits, &k2, wb_span_text("hello"),
		wb_span(NULL, 0), &t->err),
	    &t->err);
	wb_bytes_clear(&again);
	paper_clear(&p);
	wb_device_close(&k2);
}

static void
only_its_own_device_can_take_a_welcome(void **state)
{
	struct team *t = *state;
	struct wb_device k3 = { 0 };
	struct wb_device k4 = { 0 };
	struct paper p;
	struct paper q;

	team_create(t, &k3, "k3");
	team_create(t, &k4, "k4");
	paper_init(&p);
	paper_init(&q);
	team_ask(t, &p, &k3, WB_ROLE_FIELD);
	team_ask(t, &q, &k4, WB_ROLE_FIELD);
	assert_ok(team_approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_int_not_equal(wb_join_welcome(&k4, wb_bytes_span(&p.welcome),
				 &t->err),
	    WB_OK);
	assert_false(k4.joined);
	assert_ok(wb_join_welcome(&k3, wb_bytes_span(&p.welcome), &t->err),
	    &t->err);
	paper_clear(&p);
	paper_clear(&q);
	wb_device_close(&k3);
	wb_device_close(&k4);
}

/*
 * Somebody on the way gave the newcomer an invitation with a recipient of his
 * own, and so reads the request: he has the token, and all that the request
 * says.  He hands it on with a root key of his own in it.
 */
static void
take_over(struct team *t, struct wb_bytes *out, struct wb_device *device,
    const struct wb_bytes *invite_text, char digits[WB_JOIN_DIGITS_TEXT + 1])
{
	struct wb_bytes bytes, altered, request;
	struct wb_secret *identity;
	char text[WB_AGE_RECIPIENT_TEXT + 1];
	const size_t prefix = strlen(WB_INVITE_PREFIX);
	struct wb_join_request opened;
	struct wb_recipient own, coord;
	struct wb_invite invite;
	struct wb_arena arena;
	struct wb_signer root;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&bytes, WB_MAX_INVITE_TEXT);
	wb_bytes_init(&altered, WB_MAX_INVITE_TEXT);
	wb_bytes_init(&request, WB_MAX_REQUEST);
	assert_ok(wb_base64_parse(&bytes,
		      wb_span(invite_text->data + prefix,
			  invite_text->len - prefix - 1),
		      &t->err),
	    &t->err);
	assert_ok(wb_invite_decode(&invite, &arena, wb_bytes_span(&bytes),
		      &t->err),
	    &t->err);
	assert_ok(wb_recipient_parse(&coord, invite.recipient, &t->err),
	    &t->err);
	assert_ok(wb_identity_generate(&identity, check_random(&t->seed),
		      &t->err),
	    &t->err);
	assert_ok(wb_signer_generate(&root, check_random(&t->seed), &t->err),
	    &t->err);
	wb_identity_recipient(&own, identity);
	wb_recipient_format(text, &own);
	invite.recipient = wb_span_text(text);
	wb_bytes_reset(&bytes);
	assert_ok(wb_invite_encode(&bytes, &invite, &t->err), &t->err);
	assert_ok(wb_bytes_append_text(&altered, WB_INVITE_PREFIX, &t->err),
	    &t->err);
	assert_ok(wb_base64_append(&altered, wb_bytes_span(&bytes), &t->err),
	    &t->err);
	assert_ok(wb_join_request(&request, digits, device,
		      wb_bytes_span(&altered), wb_span(NULL, 0), &t->err),
	    &t->err);

	wb_bytes_reset(&bytes);
	assert_ok(wb_age_decrypt(&bytes, wb_bytes_span(&request), &identity, 1,
		      &t->err),
	    &t->err);
	assert_ok(wb_join_request_decode(&opened, &arena, wb_bytes_span(&bytes),
		      &t->err),
	    &t->err);
	opened.root = wb_key_span(&root.key);
	wb_join_authenticator(&opened.authenticator, invite.token,
	    &invite.programme, &opened.key, opened.recipient, opened.root);
	wb_bytes_reset(&altered);
	assert_ok(wb_join_request_encode(&altered, &opened, &t->err), &t->err);
	assert_ok(wb_age_encrypt(out, wb_bytes_span(&altered), &coord, 1,
		      check_random(&t->seed), &t->err),
	    &t->err);
	wb_signer_clear(&root);
	wb_secret_free(&identity);
	wb_bytes_clear(&request);
	wb_bytes_clear(&altered);
	wb_bytes_clear(&bytes);
	wb_arena_clear(&arena);
}

static void
digits_tell_of_a_root_key_that_is_not_the_newcomers(void **state)
{
	struct wb_candidate candidate;
	struct team *t = *state;
	struct wb_arena arena;
	struct wb_device c2;
	struct paper p;

	paper_init(&p);
	team_create(t, &c2, "watched");
	assert_ok(wb_enrol_invite(&p.invite, &t->coord, WB_ROLE_COORDINATOR,
		      &t->err),
	    &t->err);
	take_over(t, &p.request, &c2, &p.invite, p.newcomer_digits);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_enrol_candidate(&candidate, &arena, &t->coord,
		      wb_bytes_span(&p.request), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_string_not_equal(candidate.digits, p.newcomer_digits);
	wb_arena_clear(&arena);
	wb_device_close(&c2);
	paper_clear(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(founder_is_the_only_coordinator),
		cmocka_unit_test(
		    newcomer_learns_items_and_codes_but_no_meaning),
		cmocka_unit_test(
		    lost_welcome_enrols_nobody_and_a_made_one_can_be_made_again),
		cmocka_unit_test(used_invitation_is_good_for_nobody_else),
		cmocka_unit_test(label_has_no_blanks_and_fits),
		cmocka_unit_test(altered_or_late_paper_is_refused),
		cmocka_unit_test(only_its_own_device_can_take_a_welcome),
		cmocka_unit_test(
		    digits_tell_of_a_root_key_that_is_not_the_newcomers),
	};

	return cmocka_run_group_tests(tests, team_begin, team_end);
}
