/* A refusal is the server's word: what of it is believed, and what is kept. */
#include "client/journal/acks.h"
#include "client/sync/sync.h"
#include "client/tally/tally_make.h"
#include "proto/wire.h"

#include "tests/unit/client/syncing.h"

/* All of PROTOCOL.md's, and one that nobody knows. */
static const char *const reasons[] = { "malformed", "wrong-type",
	"bad-signature", "content-missing", "content-mismatch", "no-programme",
	"wrong-programme", "wrong-log", "unknown-signer", "revoked",
	"roster-version", "roster-signatures", "tally-threshold", "tally-range",
	"wrong-role", "made-up" };
#define REASONS (sizeof reasons / sizeof reasons[0])

static int64_t
unlogged(struct syncing *s, struct wb_device *device)
{
	return syncing_number(s, device,
	    "SELECT count(*) FROM statement WHERE log_index IS NULL");
}

static int64_t
contents(struct syncing *s, struct wb_device *device)
{
	return syncing_number(s, device, "SELECT count(*) FROM content");
}

/* ---- rosters */

static void
a_refused_revocation_is_kept_and_told_at_each_sync(void **state)
{
	struct syncing *s = *state;

	syncing_revoke(s, &s->f.coord, &s->f.k2);
	for (size_t i = 0; i < REASONS; i++) {
		s->server->refuse = reasons[i];
		sync_fails(s, &s->f.coord, WB_REFUSED, "roster-refused");
		assert_non_null(strstr(s->f.err.text, "revoked K2"));
		assert_int_equal(unlogged(s, &s->f.coord), 1);
		assert_int_equal(wb_roster_find_label(&s->f.coord.roster,
				     wb_span_text("K2"))
				     ->state,
		    WB_MEMBER_REVOKED);
	}
	s->server->refuse = NULL;
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.rosters_sent, 1);
	sync_fails(s, &s->f.k2, WB_REFUSED, "revoked");
}

static void
what_a_refused_roster_holds_back_does_not_stop_the_rest(void **state)
{
	struct syncing *s = *state;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	syncing_revoke(s, &s->f.coord, &s->f.k2);
	s->server->refuse = "tally-range";
	s->server->refuse_at = 2;
	sync_fails(s, &s->f.coord, WB_REFUSED, "roster-refused");
	assert_int_equal(s->done.batches_opened, 1);
	assert_int_equal(s->done.acks_sent, 1);
}

/* Who refuses can hang up as well. */
static void
a_lost_connection_does_not_hide_a_refused_roster(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.coord);
	syncing_revoke(s, &s->f.coord, &s->f.k2);
	s->server->refuse = "made-up";
	for (uint64_t at = 3; at < 6; at++) {
		s->server->requests = 0;
		s->server->fail_at = at;
		sync_fails(s, &s->f.coord, WB_REFUSED, "roster-refused");
	}
}

static void
a_roster_from_a_drive_that_is_refused_is_evidence(void **state)
{
	struct syncing *s = *state;

	syncing_revoke(s, &s->f.k1, &s->f.k2);
	s->server->refuse = "tally-range";
	sync_fails(s, &s->f.k1, WB_FORGED, "roster-withheld");
	assert_int_equal(syncing_number(s, &s->f.k1,
			     "SELECT count(*) FROM statement WHERE type = 1"
			     " AND log_index IS NULL"),
	    1);
}

/* ---- what this device made */

static void
own_batches_and_acks_are_kept_whatever_the_server_says(void **state)
{
	struct syncing *s = *state;
	struct wb_device *const devices[] = { &s->f.k1, &s->f.coord };

	(void)fixture_save(&s->f, &s->f.k2, RICE);
	sync_ok(s, &s->f.k2);
	(void)fixture_save(&s->f, &s->f.k1, RICE);
	(void)fixture_save(&s->f, &s->f.coord, RICE);
	for (size_t i = 0; i < REASONS; i++) {
		s->server->refuse = reasons[i];
		for (size_t d = 0; d < 2; d++) {
			enum wb_status st = syncing_run(s, devices[d]);

			assert_true(st == WB_PARTIAL || st == WB_REFUSED);
			assert_int_equal(unlogged(s, devices[d]), d + 1);
		}
		assert_int_equal(contents(s, &s->f.k1), 1);
	}
	s->server->refuse = NULL;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.records_sent, 1);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.records_sent, 1);
	assert_int_equal(s->done.batches_opened, 2);
}

/* ---- what came on a drive */

/* K1's next batch on C1's device, as unpack leaves it. */
static void
carry(struct syncing *s)
{
	struct wb_db *from = s->f.k1.db;
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_stmt *q, *add;
	int64_t row;
	bool found;
	uint64_t made;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	assert_ok(wb_queue_batch(&made, &s->f.k1, false, &s->f.err), &s->f.err);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_db_prepare(&q, from,
		      "SELECT envelope, file FROM statement JOIN content"
		      " ON statement = row ORDER BY row DESC LIMIT 1",
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_step(q, &found, &s->f.err), &s->f.err);
	assert_true(found);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_column_blob(q, 0),
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_statement_keep(&row, NULL, &s->f.coord, &envelope,
		      wb_column_blob(q, 0), NULL, &s->f.err),
	    &s->f.err);
	assert_ok(wb_db_prepare(&add, s->f.coord.db,
		      "INSERT INTO content (statement, file) VALUES (?, ?)",
		      &s->f.err),
	    &s->f.err);
	wb_bind_int(add, 1, row);
	wb_bind_blob(add, 2, wb_column_blob(q, 1));
	assert_ok(wb_run(add, &s->f.err), &s->f.err);
	wb_stmt_done(q);
	wb_arena_clear(&arena);
}

static void
a_carried_batch_is_kept_while_the_roster_here_has_its_sender(void **state)
{
	struct syncing *s = *state;

	carry(s);
	for (size_t i = 0; i < REASONS; i++) {
		s->server->refuse = reasons[i];
		sync_fails(s, &s->f.coord, WB_PARTIAL, "not-logged");
		assert_int_equal(unlogged(s, &s->f.coord), 1);
		assert_int_equal(contents(s, &s->f.coord), 1);
	}
	/* A revocation that is not logged proves nothing either. */
	syncing_revoke(s, &s->f.coord, &s->f.k1);
	s->server->refuse = "revoked";
	sync_fails(s, &s->f.coord, WB_REFUSED, "roster-refused");
	assert_int_equal(contents(s, &s->f.coord), 1);
}

static void
a_carried_batch_of_who_is_no_member_is_left_out(void **state)
{
	struct syncing *s = *state;

	carry(s);
	syncing_revoke(s, &s->f.coord, &s->f.k1);
	sync_fails(s, &s->f.coord, WB_PARTIAL, "carried-refused");
	assert_int_equal(unlogged(s, &s->f.coord), 0);
	assert_int_equal(contents(s, &s->f.coord), 0);
	sync_ok(s, &s->f.coord);
}

/* A drive may bring a sender's roster and its batch: both wait to be logged. */
static void
a_carried_batch_waits_for_the_roster_that_takes_its_sender_in(void **state)
{
	struct syncing *s = *state;

	syncing_revoke(s, &s->f.coord, &s->f.k1);
	sync_ok(s, &s->f.coord);
	carry(s);
	syncing_keep_state(s, &s->f.coord, &s->f.k1, WB_MEMBER_ACTIVE);
	s->server->refuse = "unknown-signer";
	(void)syncing_run(s, &s->f.coord);
	assert_int_equal(contents(s, &s->f.coord), 1);
}

/* The server takes neither: it has no right to the second. */
static void
a_carried_batch_that_was_admitted_is_kept(void **state)
{
	struct wb_verdict v = { .outcome = WB_OUTCOME_ADMIT };
	struct syncing *s = *state;
	struct wb_stmt *q;
	bool found;

	syncing_revoke(s, &s->f.coord, &s->f.k1);
	sync_ok(s, &s->f.coord);
	carry(s);
	assert_ok(wb_db_prepare(&q, s->f.coord.db,
		      "SELECT id FROM statement WHERE type = 2"
		      " AND log_index IS NULL",
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_step(q, &found, &s->f.err), &s->f.err);
	assert_true(found);
	memcpy(v.statement.b, wb_column_blob(q, 0).data, WB_HASH_LEN);
	wb_stmt_done(q);
	assert_ok(wb_acks_keep(&s->f.coord, &v, 1, &s->f.err), &s->f.err);
	s->server->refuse = "revoked";
	(void)syncing_run(s, &s->f.coord);
	assert_int_equal(contents(s, &s->f.coord), 1);
	assert_int_equal(unlogged(s, &s->f.coord), 2);
	/* Nor once the ack is logged. */
	s->server->refuse_at = s->server->statements + 1;
	(void)syncing_run(s, &s->f.coord);
	assert_int_equal(contents(s, &s->f.coord), 1);
}

/* ---- tallies */

#define TALLIES "SELECT count(*) FROM statement WHERE type = 4"

static void
make_tally(struct syncing *s)
{
	const struct wb_tally_wish wish = { .small_cells = true };
	struct wb_tally_made made;

	assert_ok(wb_tally_make(&made, &s->f.coord, &wish, &s->f.err),
	    &s->f.err);
	wb_tally_made_clear(&made);
}

/* One delivery, opened; and a tally of it that waits. */
static void
reach_tally(struct syncing *s)
{
	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.coord);
	make_tally(s);
}

/* It is the log's, and this vault knows nothing of it. */
static void
let_it_come_first(struct syncing *s)
{
	struct wb_stmt *q;
	bool found;

	assert_ok(wb_db_prepare(&q, s->f.coord.db,
		      "SELECT envelope, file FROM statement JOIN content"
		      " ON statement = row WHERE type = 4",
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_step(q, &found, &s->f.err), &s->f.err);
	assert_true(found);
	(void)fake_log_add(s->server->log, wb_column_blob(q, 0),
	    wb_column_blob(q, 1));
	wb_stmt_done(q);
	assert_ok(wb_db_exec(s->f.coord.db,
		      "DELETE FROM content WHERE statement IN (SELECT row"
		      " FROM statement WHERE type = 4);"
		      "DELETE FROM statement WHERE type = 4",
		      &s->f.err),
	    &s->f.err);
}

static void
a_tally_is_kept_while_none_came_before_it(void **state)
{
	struct syncing *s = *state;
	enum wb_status st;

	reach_tally(s);
	for (size_t i = 0; i < REASONS; i++) {
		s->server->refuse = reasons[i];
		st = syncing_run(s, &s->f.coord);
		assert_true(st == WB_PARTIAL || st == WB_REFUSED);
		assert_int_equal(unlogged(s, &s->f.coord), 1);
		assert_int_equal(syncing_number(s, &s->f.coord, TALLIES), 1);
	}
	s->server->refuse = "tally-range";
	sync_fails(s, &s->f.coord, WB_PARTIAL, "tally-range");
	assert_non_null(strstr(s->f.err.text, "yours is kept"));
}

static void
a_tally_that_another_overtook_is_dropped(void **state)
{
	struct syncing *s = *state;

	reach_tally(s);
	let_it_come_first(s);
	make_tally(s);
	s->server->refuse = "tally-range";
	sync_fails(s, &s->f.coord, WB_PARTIAL, "tally-range");
	assert_non_null(strstr(s->f.err.text, "dropped"));
	assert_int_equal(unlogged(s, &s->f.coord), 0);
	assert_int_equal(syncing_number(s, &s->f.coord, TALLIES), 1);
	s->server->refuse = NULL;
	sync_ok(s, &s->f.coord);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, syncing_setup, syncing_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_revocation_is_kept_and_told_at_each_sync),
		TEST(what_a_refused_roster_holds_back_does_not_stop_the_rest),
		TEST(a_lost_connection_does_not_hide_a_refused_roster),
		TEST(a_roster_from_a_drive_that_is_refused_is_evidence),
		TEST(own_batches_and_acks_are_kept_whatever_the_server_says),
		TEST(
		    a_carried_batch_is_kept_while_the_roster_here_has_its_sender),
		TEST(a_carried_batch_of_who_is_no_member_is_left_out),
		TEST(a_carried_batch_that_was_admitted_is_kept),
		TEST(
		    a_carried_batch_waits_for_the_roster_that_takes_its_sender_in),
		TEST(a_tally_is_kept_while_none_came_before_it),
		TEST(a_tally_that_another_overtook_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
