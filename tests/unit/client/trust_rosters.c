/* What a member believes of rosters, told by logs honest or not. */
#include "crypto/statement.h"

#include "tests/unit/client/trusting.h"

#define MAX_MEMBERS 8

/* A version that would follow C1's, to be edited and then signed. */
struct draft {
	struct wb_roster roster;
	struct wb_member members[MAX_MEMBERS];
	struct wb_hash id;
};

static void
draft_next(struct draft *d, const struct trusting *s,
    const struct draft *before)
{
	d->roster = before != NULL ? before->roster : s->f.coord.roster;
	assert_true(d->roster.member_count <= MAX_MEMBERS);
	memcpy(d->members, d->roster.members,
	    d->roster.member_count * sizeof d->members[0]);
	d->roster.members = d->members;
	d->roster.version++;
	d->roster.programme = s->f.coord.programme;
	d->roster.previous = before != NULL ? before->id : s->f.coord.roster_id;
}

static void
draft_sign(struct wb_bytes *out, struct trusting *s, struct draft *d,
    const struct wb_signer *signer)
{
	struct wb_bytes payload;

	wb_bytes_init(out, WB_MAX_ROSTER);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	assert_ok(wb_roster_encode(&payload, &d->roster, &s->f.err), &s->f.err);
	wb_statement_id(&d->id, wb_statement_type_text(WB_STATEMENT_ROSTER),
	    wb_bytes_span(&payload));
	trusting_seal(out, s, WB_STATEMENT_ROSTER, wb_bytes_span(&payload),
	    signer);
	wb_bytes_clear(&payload);
}

/* By a root of the version before and by one of its own. */
static void
draft_sign_both(struct wb_bytes *out, struct trusting *s, struct draft *d,
    const struct wb_signer *one, const struct wb_signer *two)
{
	const char *type = wb_statement_type_text(WB_STATEMENT_ROSTER);
	struct wb_signature signatures[2];
	struct wb_bytes payload;

	draft_sign(out, s, d, one);
	wb_bytes_reset(out);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	assert_ok(wb_roster_encode(&payload, &d->roster, &s->f.err), &s->f.err);
	assert_ok(wb_statement_sign(&signatures[0], one, type,
		      wb_bytes_span(&payload), &s->f.err),
	    &s->f.err);
	assert_ok(wb_statement_sign(&signatures[1], two, type,
		      wb_bytes_span(&payload), &s->f.err),
	    &s->f.err);
	assert_ok(wb_envelope_encode(out, WB_STATEMENT_ROSTER,
		      wb_bytes_span(&payload), signatures, 2, &s->f.err),
	    &s->f.err);
	wb_bytes_clear(&payload);
}

static void
a_roster_follows_the_one_before(void **state)
{
	struct trusting *s = *state;
	struct draft second, third;
	struct wb_bytes envelope;

	draft_next(&second, s, NULL);
	draft_sign(&envelope, s, &second, &s->f.root);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	draft_next(&third, s, &second);
	draft_sign(&envelope, s, &third, &s->f.root);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 2), &s->f.err);
	assert_ok(wb_device_reload(&s->f.k1, &s->f.err), &s->f.err);
	assert_int_equal(s->f.k1.roster.version, 3);
}

enum roster_trick {
	BY_A_STRANGER,
	TWO_STEPS,
	VERSION_ONE,
	OTHER_PREVIOUS
};

static void
try_wrong_roster(struct trusting *s, enum roster_trick trick)
{
	struct wb_bytes envelope;
	struct draft d;

	draft_next(&d, s, NULL);
	if (trick == TWO_STEPS)
		d.roster.version++;
	if (trick == OTHER_PREVIOUS)
		d.roster.previous.b[0] ^= 1;
	if (trick == VERSION_ONE) {
		d.roster.version = 1;
		memset(&d.roster.programme, 0, sizeof d.roster.programme);
		memset(&d.roster.previous, 0, sizeof d.roster.previous);
		d.roster.window_days++;
	}
	draft_sign(&envelope, s, &d,
	    trick == BY_A_STRANGER ? &s->f.k1.signer : &s->f.root);
	trusting_refused(s, wb_bytes_span(&envelope), "roster-step");
	wb_bytes_clear(&envelope);
}

static void
a_roster_that_does_not_follow_is_refused(void **state)
{
	struct trusting *s = *state;

	try_wrong_roster(s, BY_A_STRANGER);
	try_wrong_roster(s, TWO_STEPS);
	try_wrong_roster(s, VERSION_ONE);
	try_wrong_roster(s, OTHER_PREVIOUS);
}

/* K2 is revoked in version 2, left out of 3, and back in 4. */
static void
make_return(struct trusting *s, struct wb_bytes envelopes[3])
{
	struct draft second, third, fourth;

	draft_next(&second, s, NULL);
	second.members[2].state = WB_MEMBER_REVOKED;
	draft_sign(&envelopes[0], s, &second, &s->f.root);
	draft_next(&third, s, &second);
	third.roster.member_count = 2;
	draft_sign(&envelopes[1], s, &third, &s->f.root);
	draft_next(&fourth, s, &third);
	fourth.roster.member_count = 3;
	fourth.members[2] = second.members[2];
	fourth.members[2].state = WB_MEMBER_ACTIVE;
	draft_sign(&envelopes[2], s, &fourth, &s->f.root);
}

static void
a_revoked_key_never_returns(void **state)
{
	struct wb_bytes envelopes[3];
	struct trusting *s = *state;

	make_return(s, envelopes);
	for (uint64_t i = 0; i < 2; i++) {
		(void)fake_log_add(s->log, wb_bytes_span(&envelopes[i]),
		    wb_span(NULL, 0));
		assert_ok(trusting_take_at(s, &s->f.coord, s->log, i + 1),
		    &s->f.err);
	}
	trusting_refused(s, wb_bytes_span(&envelopes[2]), "roster-step");
	for (size_t i = 0; i < 3; i++)
		wb_bytes_clear(&envelopes[i]);
}

static void
first_roster(struct wb_bytes *out, struct trusting *s)
{
	wb_bytes_init(out, WB_MAX_ROSTER);
	assert_ok(wb_bytes_append(out,
		      wb_bytes_span(&s->log->entries[0].envelope), &s->f.err),
	    &s->f.err);
}

/* A device that knows the programme's id and log, and nothing else yet. */
static void
forget_rosters(struct trusting *s, struct wb_device *device)
{
	assert_ok(wb_db_exec(device->db,
		      "DELETE FROM device; DELETE FROM statement", &s->f.err),
	    &s->f.err);
}

static void
a_chain_of_rosters_is_taken_whole_and_again(void **state)
{
	struct trusting *s = *state;
	struct wb_bytes first, second;
	struct wb_span chain[2];
	struct draft d;

	first_roster(&first, s);
	draft_next(&d, s, NULL);
	draft_sign(&second, s, &d, &s->f.root);
	chain[0] = wb_bytes_span(&first);
	chain[1] = wb_bytes_span(&second);
	forget_rosters(s, &s->f.k1);
	for (int i = 0; i < 2; i++)
		assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme,
			      chain, 2, &s->f.err),
		    &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM statement"),
	    2);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM device"),
	    3);
	wb_bytes_clear(&first);
	wb_bytes_clear(&second);
}

/*
 * Version 2, which the log has, took a root key away.  Its holder signs another
 * version 2, whose reader is his own, and lets a courier carry it.
 */
static void
a_chain_that_leaves_the_known_one_changes_nothing(void **state)
{
	struct trusting *s = *state;
	struct wb_bytes first, second, other;
	struct wb_span chain[2];
	struct wb_signer root;
	struct draft good, bad;

	assert_ok(wb_signer_generate(&root, s->f.coord.random, &s->f.err),
	    &s->f.err);
	first_roster(&first, s);
	draft_next(&good, s, NULL);
	good.roster.roots = &root.key;
	good.roster.window_days = 3;
	draft_sign_both(&second, s, &good, &s->f.root, &root);
	(void)fake_log_add(s->log, wb_bytes_span(&second), wb_span(NULL, 0));
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	draft_next(&bad, s, NULL);
	bad.roster.window_days = 30;
	draft_sign(&other, s, &bad, &s->f.root);
	chain[0] = wb_bytes_span(&first);
	chain[1] = wb_bytes_span(&other);
	assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme, chain, 2,
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_device_reload(&s->f.k1, &s->f.err), &s->f.err);
	assert_int_equal(s->f.k1.roster.version, 2);
	assert_int_equal(s->f.k1.roster.window_days, 3);
	/* One that goes on from what is known is taken. */
	draft_next(&bad, s, &good);
	bad.roster.window_days = 4;
	wb_bytes_clear(&other);
	draft_sign(&other, s, &bad, &root);
	chain[0] = wb_bytes_span(&second);
	chain[1] = wb_bytes_span(&other);
	assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme, chain, 2,
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_device_reload(&s->f.k1, &s->f.err), &s->f.err);
	assert_int_equal(s->f.k1.roster.window_days, 4);
	wb_bytes_clear(&first);
	wb_bytes_clear(&second);
	wb_bytes_clear(&other);
	wb_signer_clear(&root);
}

static void
a_chain_from_a_welcome_gets_its_places_from_the_log(void **state)
{
	struct trusting *s = *state;
	struct wb_bytes first;
	struct wb_span chain[1];

	first_roster(&first, s);
	chain[0] = wb_bytes_span(&first);
	forget_rosters(s, &s->f.k1);
	assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme, chain, 1,
		      &s->f.err),
	    &s->f.err);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 0), &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index = 0 AND receipt IS NOT NULL"),
	    1);
	wb_bytes_clear(&first);
}

static void
expect_no_chain(struct trusting *s, const struct wb_span *chain, size_t n,
    const struct wb_hash *programme)
{
	forget_rosters(s, &s->f.k1);
	trusting_fault(s,
	    wb_trust_rosters(&s->f.k1, programme, chain, n, &s->f.err),
	    "roster-step");
}

static void
the_first_roster_is_entry_0_and_names_its_log(void **state)
{
	struct trusting *s = *state;
	struct fake_log *late = fake_log_copy(s->log, 0);

	forget_rosters(s, &s->f.k1);
	(void)trusting_add_note(s, late, 1);
	(void)fake_log_add(late, wb_bytes_span(&s->log->entries[0].envelope),
	    wb_span(NULL, 0));
	trusting_fault(s, trusting_take_at(s, &s->f.k1, late, 1),
	    "roster-step");
	s->f.k1.log.key = s->f.k1.signer.key;
	trusting_fault(s, trusting_take_at(s, &s->f.k1, s->log, 0),
	    "roster-step");
	s->f.k1.log.key = s->f.coord.log.key;
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 0), &s->f.err);
	fake_log_free(&late);
}

static void
a_broken_chain_of_rosters_is_refused(void **state)
{
	struct wb_bytes first, parts[3];
	struct trusting *s = *state;
	struct wb_hash other = s->f.coord.programme;
	struct wb_span chain[4];

	first_roster(&first, s);
	make_return(s, parts);
	chain[0] = wb_bytes_span(&first);
	for (size_t i = 0; i < 3; i++)
		chain[i + 1] = wb_bytes_span(&parts[i]);
	expect_no_chain(s, chain, 4, &s->f.coord.programme);
	expect_no_chain(s, chain + 1, 1, &s->f.coord.programme);
	other.b[0] ^= 1;
	expect_no_chain(s, chain, 1, &other);
	chain[1] = chain[2];
	expect_no_chain(s, chain, 2, &s->f.coord.programme);
	wb_bytes_clear(&first);
	for (size_t i = 0; i < 3; i++)
		wb_bytes_clear(&parts[i]);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, trusting_setup, trusting_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_roster_follows_the_one_before),
		TEST(a_roster_that_does_not_follow_is_refused),
		TEST(a_revoked_key_never_returns),
		TEST(a_chain_of_rosters_is_taken_whole_and_again),
		TEST(a_chain_that_leaves_the_known_one_changes_nothing),
		TEST(a_chain_from_a_welcome_gets_its_places_from_the_log),
		TEST(the_first_roster_is_entry_0_and_names_its_log),
		TEST(a_broken_chain_of_rosters_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
