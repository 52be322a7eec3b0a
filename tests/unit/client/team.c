/* Revoking, and what a roster and its annexes change by, on real vaults. */
#include "client/team/annexes.h"

#include "tests/unit/client/teamkit.h"

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

	team_create(t, &c2, "c2");
	paper_init(&p);
	team_ask(t, &p, &c2, WB_ROLE_COORDINATOR);
	assert_ok(team_approve(t, &p, wb_span(NULL, 0)), &t->err);
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

	team_create(t, &newcomer, "after-race");
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
		      (struct wb_welcome_out){ paper_take, &p }, &t->err),
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

	team_create(t, &other, "other");
	paper_init(&p);
	team_ask(t, &p, &other, WB_ROLE_COORDINATOR);
	assert_ok(team_approve(t, &p, wb_span(NULL, 0)), &t->err);
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

	team_teach(t, "flour", "S-13");
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
	struct wb_device device = { 0 };
	struct wb_arena arena;
	struct paper p;
	bool added;
	size_t n;

	paper_init(&p);
	team_create(t, &device, "k1");
	team_ask(t, &p, &device, WB_ROLE_FIELD);
	assert_ok(team_approve(t, &p, wb_span_text("K1")), &t->err);
	wb_device_close(&device);
	paper_clear(&p);
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

	team_teach(t, "rice", "S-12");
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
		cmocka_unit_test(revoking_a_coordinator_changes_the_reader),
		cmocka_unit_test(of_two_versions_the_log_decides),
		cmocka_unit_test(places_for_one_are_known_to_that_one_alone),
		cmocka_unit_test(
		    items_are_told_apart_by_unit_and_kept_normalised),
		cmocka_unit_test(a_policy_may_change_all_but_the_log),
	};

	return cmocka_run_group_tests(tests, team_begin, team_end);
}
