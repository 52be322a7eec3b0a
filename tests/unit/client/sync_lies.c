/* Sync against a server that lies, and one that leaves things out. */
#include <stdlib.h>

#include "proto/wire.h"

#include "tests/unit/client/syncing.h"

/* ---- a server that lies */

static void
a_receipt_for_another_entry_is_seen(void **state)
{
	struct syncing *s = *state;

	s->server->wrong_receipt = true;
	sync_fails(s, &s->f.k1, WB_FORGED, "wrong-receipt");
	assert_int_equal(s->done.batches_sent, 0);
	assert_int_equal(syncing_number(s, &s->f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index IS NULL"),
	    1);
}

static void
a_log_that_forgets_is_seen(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.k1);
	fake_log_cut(s->server->log, s->server->log->size - 1);
	sync_fails(s, &s->f.k1, WB_FORGED, "log-rolled-back");
}

static void
a_log_that_forks_is_seen(void **state)
{
	struct syncing *s = *state;
	struct fake_log *fork;

	sync_ok(s, &s->f.k1);
	fork = fake_log_copy(s->server->log, 1);
	fake_log_free(&s->server->log);
	s->server->log = fork;
	sync_ok(s, &s->f.k2);
	sync_ok(s, &s->f.k2);
	sync_fails(s, &s->f.k1, WB_FORGED, "log-fork");
}

/* It is as if the server did not speak this protocol: no evidence of a lie. */
static void
a_server_that_sends_what_is_held_is_not_understood(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.k2);
	s->server->ignore_held = true;
	sync_fails(s, &s->f.k1, WB_REFUSED, "answer");
	s->server->ignore_held = false;
	sync_ok(s, &s->f.k1);
}

/* Whatever it makes of the hashes that are here, the proofs must hold. */
static void
a_server_that_mistakes_what_is_held_is_seen(void **state)
{
	struct syncing *s = *state;

	for (int i = 0; i < 3; i++)
		sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.k2);
	s->server->turn_held = true;
	sync_fails(s, &s->f.k1, WB_FORGED, "log-fork");
	assert_int_equal(s->done.entries_read, 0);
	assert_int_equal(s->done.batches_sent, 0);
	s->server->turn_held = false;
	sync_ok(s, &s->f.k1);
}

static void
a_fork_between_receipt_and_feed_is_seen(void **state)
{
	struct syncing *s = *state;

	s->server->fork = true;
	sync_ok(s, &s->f.k1);
	sync_fails(s, &s->f.k1, WB_FORGED, "log-fork");
}

static void
a_log_shorter_than_a_receipt_is_seen(void **state)
{
	struct syncing *s = *state;

	/* The receipt of an ack whose head was not stored any more. */
	assert_ok(wb_db_exec(s->f.coord.db,
		      "INSERT INTO statement (type, id, envelope, log_index,"
		      " heard) VALUES (3, zeroblob(32), zeroblob(1), 7, 0)",
		      &s->f.err),
	    &s->f.err);
	sync_fails(s, &s->f.coord, WB_FORGED, "log-rolled-back");
}

static void
a_log_that_stands_still_after_a_receipt_is_seen(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	s->server->freeze = s->server->log->size;
	sync_ok(s, &s->f.k1);
	sync_fails(s, &s->f.k1, WB_FORGED, "log-rolled-back");
}

static void
an_entry_held_back_from_a_coordinator_is_seen(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.k2);
	s->server->withhold = 1;
	sync_fails(s, &s->f.coord, WB_FORGED, "log-withheld");
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM batch"),
	    0);
	s->server->withhold = FAKE_NONE;
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.batches_opened, 2);
}

static void
an_own_batch_held_back_is_seen(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	s->server->withhold = 1;
	sync_fails(s, &s->f.k1, WB_FORGED, "log-withheld");
	assert_int_equal(s->done.batches_sent, 0);
	s->server->withhold = FAKE_NONE;
	s->server->hide_own = true;
	sync_fails(s, &s->f.k1, WB_FORGED, "log-withheld");
}

static void
an_altered_content_is_told_and_stops_nothing(void **state)
{
	struct syncing *s = *state;

	s->server->alter_content = true;
	sync_ok(s, &s->f.k1);
	s->server->alter_content = false;
	sync_ok(s, &s->f.k2);
	sync_fails(s, &s->f.coord, WB_FORGED, "content-altered");
	assert_int_equal(s->done.batches_opened, 1);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM batch"),
	    2);
}

/* A batch of K1's with K2's signature, logged by the server's leave. */
static void
add_resigned(struct syncing *s)
{
	struct fake_entry *e = &s->server->log->entries[1];
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_bytes bytes;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	assert_ok(wb_envelope_decode(&envelope, &arena,
		      wb_bytes_span(&e->envelope), &s->f.err),
	    &s->f.err);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_BATCH, envelope.payload,
		      &s->f.k2.signer, &s->f.err),
	    &s->f.err);
	fake_log_cut(s->server->log, 1);
	(void)fake_log_add(s->server->log, wb_bytes_span(&bytes),
	    wb_span(NULL, 0));
	wb_bytes_clear(&bytes);
	wb_arena_clear(&arena);
}

static void
a_batch_that_was_signed_again_is_told_and_stops_nothing(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	add_resigned(s);
	sync_ok(s, &s->f.k2);
	sync_fails(s, &s->f.coord, WB_FORGED, "entry-signature");
	assert_int_equal(s->done.batches_opened, 1);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM batch"),
	    1);
}

/* ---- rosters */

/* C1's ack of the entry at 1, which names a roster that is in no log. */
static void
add_ack(struct syncing *s, const struct wb_hash *roster)
{
	struct wb_verdict v = { .outcome = WB_OUTCOME_OPENED };
	struct wb_ack ack = { .programme = s->f.coord.programme,
		.signer = s->f.coord.signer.key,
		.verdicts = &v,
		.verdict_count = 1,
		.roster = *roster };
	struct wb_bytes payload, bytes;
	struct wb_envelope envelope;
	struct wb_arena arena;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_envelope_decode(&envelope, &arena,
		      wb_bytes_span(&s->server->log->entries[1].envelope),
		      &s->f.err),
	    &s->f.err);
	v.statement = envelope.id;
	assert_ok(wb_ack_encode(&payload, &ack, &s->f.err), &s->f.err);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_ACK,
		      wb_bytes_span(&payload), &s->f.coord.signer, &s->f.err),
	    &s->f.err);
	(void)fake_log_add(s->server->log, wb_bytes_span(&bytes),
	    wb_span(NULL, 0));
	wb_arena_clear(&arena);
	wb_bytes_clear(&bytes);
	wb_bytes_clear(&payload);
}

static void
an_ack_that_names_a_roster_nobody_shows_is_told(void **state)
{
	struct syncing *s = *state;
	struct wb_hash roster = s->f.coord.roster_id;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	roster.b[0] ^= 1;
	add_ack(s, &roster);
	sync_fails(s, &s->f.k1, WB_FORGED, "roster-withheld");
	assert_int_equal(syncing_states(s, &s->f.k1).opened, 1);
}

/* ---- a server that leaves something out, and is honest again */

static void
a_content_that_did_not_come_is_asked_for_again(void **state)
{
	struct syncing *s = *state;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	s->server->no_content = true;
	sync_fails(s, &s->f.coord, WB_PARTIAL, "content-missing");
	sync_fails(s, &s->f.coord, WB_PARTIAL, "content-missing");
	assert_int_equal(s->done.batches_opened, 0);
	s->server->no_content = false;
	s->server->alter_content = true;
	sync_fails(s, &s->f.coord, WB_FORGED, "content-altered");
	s->server->alter_content = false;
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.batches_opened, 1);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM setting"
			     " WHERE name = 'content-from'"),
	    0);
}

/* What takes back a record of it is not disputed meanwhile: that is for good. */
static void
a_correction_waits_for_a_content_that_is_held_back(void **state)
{
	struct syncing *s = *state;
	struct wb_hash id;

	id = fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	s->server->no_content_at = s->server->log->size - 1;
	sync_fails(s, &s->f.coord, WB_PARTIAL, "content-missing");
	(void)fixture_void(&s->f, &s->f.k1, RICE, &id);
	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	for (int i = 0; i < 2; i++) {
		sync_fails(s, &s->f.coord, WB_PARTIAL, "content-missing");
		assert_int_equal(s->done.disputed, 0);
		assert_int_equal(syncing_number(s, &s->f.coord,
				     "SELECT count(*) FROM batch"
				     " WHERE outcome = 3 OR acked = 3"),
		    0);
		assert_int_equal(syncing_number(s, &s->f.coord,
				     "SELECT count(*) FROM batch"
				     " WHERE waits IS NOT NULL AND acked = 0"),
		    1);
	}
	s->server->no_content_at = FAKE_NONE;
	sync_ok(s, &s->f.coord);
	sync_ok(s, &s->f.k1);
	assert_int_equal(syncing_states(s, &s->f.k1).opened, 3);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT sum(quantity) FROM line WHERE kind = 2"),
	    5000);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT sum(quantity) FROM line WHERE kind = 18"),
	    2500);
}

static void
a_roster_held_back_is_asked_for_when_the_next_one_comes(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	syncing_keep_version(s, &s->f.coord, 3);
	sync_ok(s, &s->f.coord);
	s->server->no_roster_from = 1;
	/* The ack names it. */
	sync_fails(s, &s->f.k1, WB_FORGED, "roster-withheld");
	assert_int_equal(s->f.k1.roster.version, 1);
	s->server->no_roster_from = FAKE_NONE;
	syncing_keep_version(s, &s->f.coord, 4);
	sync_ok(s, &s->f.coord);
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->f.k1.roster.version, 3);
}

static void
a_roster_from_a_drive_that_the_server_hides_is_told(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	syncing_keep_version(s, &s->f.coord, 3);
	sync_ok(s, &s->f.coord);
	syncing_keep_version(s, &s->f.k1, 3);
	s->server->no_roster_from = 1;
	sync_fails(s, &s->f.k1, WB_FORGED, "roster-withheld");
	assert_int_equal(s->done.batches_sent, 1);
	s->server->no_roster_from = FAKE_NONE;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->f.k1.roster.version, 2);
}

static void
a_device_that_was_shown_another_log_tells_the_coordinator(void **state)
{
	struct syncing *s = *state;
	struct fake_log *other = fake_log_copy(s->server->log, 1);
	struct fake_log *real = s->server->log;
	struct fake_entry *e;

	sync_ok(s, &s->f.k2);
	s->server->log = other;
	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.k1);
	s->server->log = real;
	for (uint64_t i = 1; i < other->size; i++) {
		e = &other->entries[i];
		(void)fake_log_add(real, wb_bytes_span(&e->envelope),
		    wb_bytes_span(&e->content));
	}
	sync_fails(s, &s->f.coord, WB_FORGED, "log-fork");
	assert_non_null(strstr(s->f.err.text, "showed K1 another history"));
	assert_int_equal(s->done.batches_opened, 3);
	sync_ok(s, &s->f.coord);
	fake_log_free(&other);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, syncing_setup, syncing_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_receipt_for_another_entry_is_seen),
		TEST(a_log_that_forgets_is_seen),
		TEST(a_log_that_forks_is_seen),
		TEST(a_server_that_sends_what_is_held_is_not_understood),
		TEST(a_server_that_mistakes_what_is_held_is_seen),
		TEST(a_fork_between_receipt_and_feed_is_seen),
		TEST(a_log_shorter_than_a_receipt_is_seen),
		TEST(a_log_that_stands_still_after_a_receipt_is_seen),
		TEST(an_entry_held_back_from_a_coordinator_is_seen),
		TEST(an_own_batch_held_back_is_seen),
		TEST(an_altered_content_is_told_and_stops_nothing),
		TEST(a_batch_that_was_signed_again_is_told_and_stops_nothing),
		TEST(an_ack_that_names_a_roster_nobody_shows_is_told),
		TEST(a_content_that_did_not_come_is_asked_for_again),
		TEST(a_correction_waits_for_a_content_that_is_held_back),
		TEST(a_roster_held_back_is_asked_for_when_the_next_one_comes),
		TEST(a_roster_from_a_drive_that_the_server_hides_is_told),
		TEST(a_device_that_was_shown_another_log_tells_the_coordinator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
