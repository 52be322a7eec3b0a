/* Founding, joining and revoking, on real vaults. */
#include "client/team/team.h"

#include "client/team/annexes.h"
#include "client/team/change.h"
#include "client/team/enrol.h"
#include "client/team/join.h"
#include "crypto/text.h"

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

#define NOW INT64_C(1790000000)
#define HOUR 3600

struct team {
	struct check_dir dir;
	int64_t now;
	uint64_t seed;
	struct wb_device coord;
	struct wb_error err;
};

static int64_t
team_now(void *ctx)
{
	return *(int64_t *)ctx;
}

static int32_t
no_offset(void *ctx, int64_t at)
{
	(void)ctx;
	(void)at;
	return 0;
}

static struct wb_clock
clock_of(struct team *t)
{
	return (struct wb_clock){ team_now, team_now, no_offset, &t->now };
}

static void
create(struct team *t, struct wb_device *device, const char *name)
{
	struct wb_unlock unlock = { 0 };

	unlock.dir = check_path(&t->dir, name);
	unlock.key.passphrase = wb_span_text("a passphrase");
	assert_ok(wb_device_create(device, &unlock, clock_of(t),
		      check_random(&t->seed), &t->err),
	    &t->err);
}

static int
begin(void **state)
{
	static struct team t;
	struct wb_founding founding = { .name = wb_span_text("Northern route"),
		.window_days = 7 };
	struct wb_bytes vkey_text;
	struct wb_signer log;
	struct wb_vkey vkey;

	t = (struct team){ .now = NOW, .seed = 7 };
	check_dir_make(&t.dir);
	assert_ok(wb_crypto_start(&t.err), &t.err);
	create(&t, &t.coord, "coord");
	wb_bytes_init(&vkey_text, 1000);
	assert_ok(wb_signer_generate(&log, check_random(&t.seed), &t.err),
	    &t.err);
	assert_ok(wb_vkey_make(&vkey, "example.org/aid", WB_NOTE_ED25519,
		      &log.key, &t.err),
	    &t.err);
	assert_ok(wb_vkey_format(&vkey_text, &vkey, &t.err), &t.err);
	founding.log_key = wb_bytes_span(&vkey_text);
	assert_ok(wb_team_found(&t.coord, &founding, &t.err), &t.err);
	wb_bytes_clear(&vkey_text);
	wb_signer_clear(&log);
	*state = &t;
	return 0;
}

static int
end(void **state)
{
	struct team *t = *state;

	wb_device_close(&t->coord);
	check_dir_remove(&t->dir);
	return 0;
}

/* One file on its way, handed over. */
struct paper {
	struct wb_bytes invite;
	struct wb_bytes request;
	struct wb_bytes welcome;
	char newcomer_digits[WB_JOIN_DIGITS_TEXT + 1];
};

static void
paper_init(struct paper *p)
{
	wb_bytes_init(&p->invite, WB_MAX_INVITE_TEXT);
	wb_bytes_init(&p->request, WB_MAX_REQUEST);
	wb_bytes_init(&p->welcome, WB_MAX_WELCOME);
}

static void
paper_clear(struct paper *p)
{
	wb_bytes_clear(&p->invite);
	wb_bytes_clear(&p->request);
	wb_bytes_clear(&p->welcome);
}

static void
ask(struct team *t, struct paper *p, struct wb_device *device,
    enum wb_role role)
{
	assert_ok(wb_enrol_invite(&p->invite, &t->coord, role, &t->err),
	    &t->err);
	assert_ok(wb_join_request(&p->request, p->newcomer_digits, device,
		      wb_bytes_span(&p->invite), wb_span(NULL, 0), &t->err),
	    &t->err);
}

static enum wb_status
take_welcome(void *ctx, struct wb_span welcome, struct wb_error *err)
{
	struct paper *p = ctx;

	wb_bytes_reset(&p->welcome);
	return wb_bytes_append(&p->welcome, welcome, err);
}

static enum wb_status
lose_welcome(void *ctx, struct wb_span welcome, struct wb_error *err)
{
	(void)ctx;
	(void)welcome;
	return wb_fail(err, WB_STORAGE, "no such folder");
}

static enum wb_status
approve(struct team *t, struct paper *p, struct wb_span label)
{
	struct wb_candidate candidate;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_enrol_candidate(&candidate, &arena, &t->coord,
	    wb_bytes_span(&p->request), label, &t->err);
	if (st == WB_OK) {
		assert_string_equal(candidate.digits, p->newcomer_digits);
		st = wb_enrol_approve(&t->coord, &candidate,
		    (struct wb_welcome_out){ take_welcome, p }, &t->err);
	}
	wb_arena_clear(&arena);
	return st;
}

static void
teach(struct team *t, const char *item, const char *place)
{
	struct wb_change change;
	bool added;

	assert_ok(wb_change_begin(&change, &t->coord, &t->err), &t->err);
	assert_ok(wb_change_add_item(&added, &change, wb_span_text(item),
		      wb_span_text("sack"), wb_span_text("food"), &t->err),
	    &t->err);
	assert_true(added);
	assert_ok(wb_change_add_place(&added, &change, wb_span_text(place),
		      wb_span_text("the mill"), NULL, &t->err),
	    &t->err);
	assert_ok(wb_change_apply(&change, &t->coord, &t->err), &t->err);
	wb_change_clear(&change);
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

	teach(t, "rice", "S-12");
	create(t, &k1, "k1");
	paper_init(&p);
	ask(t, &p, &k1, WB_ROLE_FIELD);
	assert_ok(approve(t, &p, wb_span(NULL, 0)), &t->err);
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

	create(t, &device, "lost-welcome");
	paper_init(&p);
	ask(t, &p, &device, WB_ROLE_FIELD);
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

	assert_ok(approve(t, &p, wb_span_text("L1")), &t->err);
	assert_int_equal(t->coord.roster.version, version + 1);
	/* Again, also when the invitation is over: no new version. */
	t->now = NOW + (WB_INVITE_HOURS + 1) * HOUR;
	assert_ok(approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_int_equal(t->coord.roster.version, version + 1);
	assert_status(WB_EXISTS, approve(t, &p, wb_span_text("L2")), &t->err);
	t->now = NOW;
	assert_ok(wb_join_welcome(&device, wb_bytes_span(&p.welcome), &t->err),
	    &t->err);
	assert_true(wb_span_equal(device.self->label, wb_span_text("L1")));

	assert_ok(wb_team_revoke(&t->coord, wb_span_text("L1"), 0, &t->err),
	    &t->err);
	assert_status(WB_REFUSED, approve(t, &p, wb_span(NULL, 0)), &t->err);
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

	create(t, &first, "first");
	create(t, &second, "second");
	paper_init(&p);
	ask(t, &p, &first, WB_ROLE_FIELD);
	assert_ok(approve(t, &p, wb_span(NULL, 0)), &t->err);
	wb_bytes_reset(&p.request);
	assert_ok(wb_join_request(&p.request, p.newcomer_digits, &second,
		      wb_bytes_span(&p.invite), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_status(WB_REFUSED, approve(t, &p, wb_span(NULL, 0)), &t->err);
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
	assert_status(WB_FORGED, approve(t, &p, wb_span(NULL, 0)), &t->err);
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

	create(t, &device, "labelled");
	paper_init(&p);
	ask(t, &p, &device, WB_ROLE_AUDITOR);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_status(WB_INVALID, approve(t, &p, wb_span_text(bad[i])),
		    &t->err);
	assert_ok(approve(t, &p, wb_span_text("North-1")), &t->err);
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

	create(t, &k2, "k2");
	paper_init(&p);
	wb_bytes_init(&again, WB_MAX_REQUEST);
	ask(t, &p, &k2, WB_ROLE_FIELD);

	p.request.data[p.request.len - 1] ^= 1;
	assert_int_not_equal(approve(t, &p, wb_span(NULL, 0)), WB_OK);
	p.request.data[p.request.len - 1] ^= 1;

	/* Somebody else's label, and a member's own. */
	assert_status(WB_EXISTS, approve(t, &p, wb_span_text("c1")), &t->err);

	t->now = NOW + (WB_INVITE_HOURS + 1) * HOUR;
	assert_status(WB_REFUSED, approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_string_equal(wb_error_id(&t->err), "invite-expired");
	assert_status(WB_REFUSED,
	    wb_join_request(&again, digits, &k2, wb_bytes_span(&p.invite),
		wb_span(NULL, 0), &t->err),
	    &t->err);
	t->now = NOW;

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

	create(t, &k3, "k3");
	create(t, &k4, "k4");
	paper_init(&p);
	paper_init(&q);
	ask(t, &p, &k3, WB_ROLE_FIELD);
	ask(t, &q, &k4, WB_ROLE_FIELD);
	assert_ok(approve(t, &p, wb_span(NULL, 0)), &t->err);
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

static void
revoking_a_coordinator_changes_the_reader(void **state)
{
	struct team *t = *state;
	struct wb_device c2 = { 0 };
	struct wb_secret **readers;
	struct wb_recipient before;
	struct wb_recipient after;
	struct paper p;
	size_t n;

	create(t, &c2, "c2");
	paper_init(&p);
	ask(t, &p, &c2, WB_ROLE_COORDINATOR);
	assert_ok(approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_ok(wb_join_welcome(&c2, wb_bytes_span(&p.welcome), &t->err),
	    &t->err);
	assert_ok(wb_annexes_readers(&readers, &n, &c2, &t->err), &t->err);
	assert_int_equal(n, 1);
	wb_annexes_free_readers(&readers, n);

	assert_ok(wb_recipient_parse(&before, t->coord.roster.reader, &t->err),
	    &t->err);
	assert_status(WB_FAILED,
	    wb_team_revoke(&t->coord, wb_span_text("C1"), 0, &t->err), &t->err);
	assert_status(WB_NOT_FOUND,
	    wb_team_revoke(&t->coord, wb_span_text("K99"), 0, &t->err),
	    &t->err);
	assert_ok(wb_team_revoke(&t->coord, wb_span_text("c2"), 0, &t->err),
	    &t->err);
	assert_status(WB_EXISTS,
	    wb_team_revoke(&t->coord, wb_span_text("C2"), 0, &t->err), &t->err);
	assert_ok(wb_recipient_parse(&after, t->coord.roster.reader, &t->err),
	    &t->err);
	assert_memory_not_equal(&before, &after, sizeof before);
	/* What is suspect may be said later, and changes nothing else. */
	assert_ok(wb_team_revoke(&t->coord, wb_span_text("C2"), 4, &t->err),
	    &t->err);
	assert_int_equal(wb_roster_find_label(&t->coord.roster,
			     wb_span_text("C2"))
			     ->distrust_from,
	    4);
	assert_status(WB_EXISTS,
	    wb_team_revoke(&t->coord, wb_span_text("C2"), 4, &t->err), &t->err);
	assert_ok(wb_recipient_parse(&before, t->coord.roster.reader, &t->err),
	    &t->err);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(t->coord.roster.root_count, 1);
	assert_ok(wb_annexes_readers(&readers, &n, &t->coord, &t->err),
	    &t->err);
	assert_int_equal(n, 2); /* the past stays readable */
	wb_annexes_free_readers(&readers, n);
	paper_clear(&p);
	wb_device_close(&c2);
}

/* The newest roster of `from`, kept by `to` as if the log had it there. */
static void
log_newest(struct team *t, struct wb_device *to, struct wb_device *from,
    uint64_t log_index)
{
	const struct wb_logged logged = { .index = log_index };
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_stmt *s;
	int64_t row;
	bool found;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_db_prepare(&s, from->db,
		      "SELECT envelope FROM statement WHERE id = ?", &t->err),
	    &t->err);
	wb_bind_blob(s, 1, wb_hash_span(&from->roster_id));
	assert_ok(wb_step(s, &found, &t->err), &t->err);
	assert_true(found);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 0),
		      &t->err),
	    &t->err);
	assert_ok(wb_statement_keep(&row, NULL, to, &envelope,
		      wb_column_blob(s, 0), &logged, &t->err),
	    &t->err);
	wb_stmt_done(s);
	wb_arena_clear(&arena);
	assert_ok(wb_device_reload(to, &t->err), &t->err);
}

static void
copy_annex(struct team *t, struct wb_device *to, struct wb_device *from,
    enum wb_annex_kind kind, const struct wb_hash *hash)
{
	struct wb_bytes plain;
	struct wb_hash kept;

	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	assert_ok(wb_annex_get(&plain, from->db, hash, &t->err), &t->err);
	assert_ok(wb_annex_put(&kept, to->db, kind, wb_bytes_span(&plain),
		      &t->err),
	    &t->err);
	wb_bytes_clear(&plain);
}

/* `coord` lost a race, and enrols somebody all the same. */
static void
overtaken_version_is_in_no_welcome(struct team *t, struct wb_device *coord)
{
	struct wb_device newcomer = { 0 };
	struct wb_candidate candidate;
	struct wb_arena arena;
	struct paper p;

	create(t, &newcomer, "after-race");
	paper_init(&p);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_enrol_invite(&p.invite, coord, WB_ROLE_FIELD, &t->err),
	    &t->err);
	assert_ok(wb_join_request(&p.request, p.newcomer_digits, &newcomer,
		      wb_bytes_span(&p.invite), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_ok(wb_enrol_candidate(&candidate, &arena, coord,
		      wb_bytes_span(&p.request), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_ok(wb_enrol_approve(coord, &candidate,
		      (struct wb_welcome_out){ take_welcome, &p }, &t->err),
	    &t->err);
	assert_ok(wb_join_welcome(&newcomer, wb_bytes_span(&p.welcome),
		      &t->err),
	    &t->err);
	assert_true(wb_hash_equal(&newcomer.roster_id, &coord->roster_id));
	wb_arena_clear(&arena);
	paper_clear(&p);
	wb_device_close(&newcomer);
}

static void
of_two_versions_the_log_decides(void **state)
{
	struct team *t = *state;
	struct wb_device other = { 0 };
	struct wb_change change;
	struct wb_hash before;
	struct paper p;
	bool added;

	create(t, &other, "other");
	paper_init(&p);
	ask(t, &p, &other, WB_ROLE_COORDINATOR);
	assert_ok(approve(t, &p, wb_span(NULL, 0)), &t->err);
	assert_ok(wb_join_welcome(&other, wb_bytes_span(&p.welcome), &t->err),
	    &t->err);
	before = other.roster_id;
	assert_ok(wb_change_begin(&change, &other, &t->err), &t->err);
	assert_ok(wb_change_add_item(&added, &change, wb_span_text("salt"),
		      wb_span(NULL, 0), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_ok(wb_change_apply(&change, &other, &t->err), &t->err);
	wb_change_clear(&change);
	assert_false(wb_hash_equal(&before, &other.roster_id));

	teach(t, "flour", "S-13");
	assert_int_equal(t->coord.roster.version, other.roster.version);
	log_newest(t, &other, &t->coord, 9);
	assert_true(wb_hash_equal(&other.roster_id, &t->coord.roster_id));
	copy_annex(t, &other, &t->coord, WB_ANNEX_CATALOGUE,
	    &t->coord.roster.catalogue_hash);
	copy_annex(t, &other, &t->coord, WB_ANNEX_NAMES,
	    &t->coord.roster.names_hash);
	overtaken_version_is_in_no_welcome(t, &other);
	paper_clear(&p);
	wb_device_close(&other);
}

static void
places_for_one_are_known_to_that_one_alone(void **state)
{
	struct team *t = *state;
	struct wb_change change;
	struct wb_person *k1 = NULL;
	const struct wb_member *m;
	struct wb_annex *sealed;
	struct wb_arena arena;
	bool added;
	size_t n;

	assert_ok(wb_change_begin(&change, &t->coord, &t->err), &t->err);
	m = wb_roster_find_label(&change.roster, wb_span_text("K1"));
	assert_non_null(m);
	for (size_t i = 0; i < change.names.person_count; i++) {
		if (wb_key_equal(&change.names.people[i].key, &m->key))
			k1 = &change.names.people[i];
	}
	assert_non_null(k1);
	assert_ok(wb_change_add_place(&added, &change, wb_span_text("S-99"),
		      wb_span(NULL, 0), k1, &t->err),
	    &t->err);
	assert_ok(wb_change_add_place(&added, &change, wb_span_text("S-99"),
		      wb_span(NULL, 0), k1, &t->err),
	    &t->err);
	assert_false(added);
	assert_ok(wb_change_apply(&change, &t->coord, &t->err), &t->err);
	wb_change_clear(&change);

	/* Taught again to nobody by name, it is everybody's. */
	assert_ok(wb_change_begin(&change, &t->coord, &t->err), &t->err);
	assert_ok(wb_change_add_place(&added, &change, wb_span_text("S-99"),
		      wb_span(NULL, 0), NULL, &t->err),
	    &t->err);
	assert_true(added);
	for (size_t i = 0; i < change.names.person_count; i++)
		assert_int_equal(change.names.people[i].place_count, 0);
	assert_ok(wb_change_add_place(&added, &change, wb_span_text("S-99"),
		      wb_span(NULL, 0), NULL, &t->err),
	    &t->err);
	assert_false(added);
	wb_change_clear(&change);

	/* Every member's places have their own hash, so sizes alone differ. */
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_annexes_seal(&sealed, &n, &arena, &t->coord, &t->err),
	    &t->err);
	assert_true(n >= 3);
	wb_arena_clear(&arena);
}

static void
items_are_told_apart_by_unit_and_kept_normalised(void **state)
{
	struct team *t = *state;
	struct wb_change change;
	bool added;

	assert_ok(wb_change_begin(&change, &t->coord, &t->err), &t->err);
	assert_ok(wb_change_add_item(&added, &change, wb_span_text("rice"),
		      wb_span_text("kg"), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_true(added);
	assert_ok(wb_change_add_item(&added, &change, wb_span_text("rice"),
		      wb_span_text("sack"), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_false(added);
	assert_ok(wb_change_add_item(&added, &change,
		      wb_span_text("cafe\xcc\x81"), wb_span(NULL, 0),
		      wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_true(added);
	assert_ok(wb_change_add_item(&added, &change,
		      wb_span_text("caf\xc3\xa9"), wb_span(NULL, 0),
		      wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_false(added);
	assert_status(WB_INVALID,
	    wb_change_add_item(&added, &change, wb_span_text(""),
		wb_span(NULL, 0), wb_span(NULL, 0), &t->err),
	    &t->err);
	assert_status(WB_INVALID,
	    wb_change_add_item(&added, &change, wb_span_text("a\nb"),
		wb_span(NULL, 0), wb_span(NULL, 0), &t->err),
	    &t->err);
	wb_change_clear(&change);
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
	create(t, &c2, "watched");
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

#define WITNESS \
	"w.example+672542a0+BBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
#define OTHER_LOG       \
	"fuzz.example/" \
	"log+4d4cb376+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"

/* The programme's own log stands between the two. */
static const struct {
	const char *why, *before, *after;
	enum wb_status want;
	const char *id; /* of the error */
} policies[] = {
	{ "what it is already", "log ", "\nquorum none\n", WB_EXISTS,
	    "policy-same" },
	{ "no log", "# ", "\nquorum none\n", WB_INVALID, "policy" },
	{ "another log", "log " OTHER_LOG "\n# ", "\nquorum none\n", WB_INVALID,
	    "policy-log" },
	{ "a quorum of nobody", "log ", "\nquorum w\n", WB_INVALID, "policy" },
	{ "a witness", "log ", "\nwitness w " WITNESS "\nquorum w\n", WB_OK,
	    NULL },
	{ "none again", "log ", "\nquorum none\n", WB_OK, NULL },
};

static void
a_policy_may_change_all_but_the_log(void **state)
{
	struct team *t = *state;
	struct wb_bytes text;

	wb_bytes_init(&text, WB_MAX_POLICY);
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		uint64_t version = t->coord.roster.version;
		enum wb_status st;

		t->err = (struct wb_error){ 0 };
		wb_bytes_reset(&text);
		assert_ok(wb_bytes_append_text(&text, policies[i].before,
			      &t->err),
		    &t->err);
		assert_ok(wb_vkey_format(&text, &t->coord.log, &t->err),
		    &t->err);
		assert_ok(wb_bytes_append_text(&text, policies[i].after,
			      &t->err),
		    &t->err);
		st = wb_team_set_policy(&t->coord, wb_bytes_span(&text),
		    &t->err);
		if (st != policies[i].want)
			fail_msg("%s: %s", policies[i].why, t->err.text);
		if (st != WB_OK)
			assert_string_equal(wb_error_id(&t->err),
			    policies[i].id);
		assert_int_equal(t->coord.roster.version,
		    version + (st == WB_OK));
		assert_int_equal(wb_span_equal(t->coord.roster.policy,
				     wb_bytes_span(&text)),
		    st == WB_OK || st == WB_EXISTS);
	}
	wb_bytes_clear(&text);
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
		cmocka_unit_test(revoking_a_coordinator_changes_the_reader),
		cmocka_unit_test(of_two_versions_the_log_decides),
		cmocka_unit_test(places_for_one_are_known_to_that_one_alone),
		cmocka_unit_test(
		    items_are_told_apart_by_unit_and_kept_normalised),
		cmocka_unit_test(a_policy_may_change_all_but_the_log),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
