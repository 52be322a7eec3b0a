/* Sync against a server that is honest, or broken. */
#include <stdlib.h>

#include "crypto/statement.h"
#include "proto/wire.h"

#include "tests/unit/client/syncing.h"

/* ---- the way of a delivery */

static void
a_delivery_reaches_the_coordinator_and_its_ack_comes_back(void **state)
{
	struct syncing *s = *state;

	for (int i = 0; i < 3; i++)
		(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 1);
	assert_int_equal(s->done.records_sent, 3);
	assert_true(s->told >= 2);
	assert_int_equal(syncing_states(s, &s->f.k1).stored, 3);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.batches_opened, 1);
	assert_int_equal(s->done.acks_sent, 1);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM line"),
	    3);
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.entries_read, 1);
	assert_int_equal(syncing_states(s, &s->f.k1).opened, 3);
	assert_int_equal(syncing_states(s, &s->f.k1).stored, 0);
}

static void
the_whole_costs_few_round_trips(void **state)
{
	struct syncing *s = *state;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	s->server->page = 1000;
	sync_ok(s, &s->f.k1);
	s->server->requests = 0;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->server->requests, 2);
	s->server->requests = 0;
	sync_ok(s, &s->f.coord);
	assert_true(s->server->requests <= 6);
}

static void
what_a_receipt_proves_is_not_sent_again(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	for (int i = 0; i < 12; i++) {
		(void)fixture_save(&s->f, &s->f.k1, RICE);
		sync_ok(s, &s->f.k2);
		sync_ok(s, &s->f.coord);
		s->server->named = 0;
		s->server->spared = 0;
		sync_ok(s, &s->f.k1);
		assert_in_range(s->server->named, 2, 4);
		assert_true(s->server->spared >= WB_HASH_LEN);
	}
	/* Who follows the whole log keeps no receipts. */
	s->server->named = 0;
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->server->named, 0);
}

static void
a_field_device_with_nothing_to_say_says_something_all_the_same(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 1);
	assert_int_equal(s->done.records_sent, 0);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.batches_sent, 0);
}

static void
a_coordinator_who_is_up_to_date_sends_nothing(void **state)
{
	struct syncing *s = *state;
	uint64_t size;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.coord);
	size = s->server->log->size;
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.acks_sent, 0);
	assert_int_equal(s->done.entries_read, 0);
	assert_int_equal(s->done.batches_opened, 0);
	assert_int_equal(s->server->log->size, size);
}

static void
many_batches_go_in_several_requests_at_once(void **state)
{
	struct syncing *s = *state;
	uint64_t made;

	for (int i = 0; i < 600; i++)
		assert_ok(wb_queue_batch(&made, &s->f.k1, true, &s->f.err),
		    &s->f.err);
	s->server->page = 256;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 600);
	assert_int_equal(syncing_number(s, &s->f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index IS NULL OR receipt IS NULL"
			     " AND log_index > 0"),
	    0);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.batches_opened, 600);
	assert_int_equal(s->done.acks_sent, 3);
}

/* What a correction names must be logged before it, though it was put off. */
static void
corrections_overtake_nothing_that_was_put_off(void **state)
{
	struct syncing *s = *state;
	struct wb_hash id;
	uint64_t made;

	id = fixture_save(&s->f, &s->f.k1, RICE);
	for (int i = 0; i < 300; i++)
		assert_ok(wb_queue_batch(&made, &s->f.k1, true, &s->f.err),
		    &s->f.err);
	(void)fixture_void(&s->f, &s->f.k1, RICE, &id);
	s->server->page = 256;
	s->server->busy = 1;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 301);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.disputed, 0);
	assert_int_equal(s->done.batches_opened, 301);
}

static void
the_time_of_the_last_success_is_kept(void **state)
{
	struct syncing *s = *state;
	uint64_t at;

	s->server->fail_at = 2;
	sync_fails(s, &s->f.k1, WB_OFFLINE, "offline");
	assert_ok(wb_setting_get_number(&at, s->f.k1.db, WB_SET_LAST_SYNC, 0,
		      &s->f.err),
	    &s->f.err);
	assert_int_equal(at, 0);
	sync_ok(s, &s->f.k1);
	assert_ok(wb_setting_get_number(&at, s->f.k1.db, WB_SET_LAST_SYNC, 0,
		      &s->f.err),
	    &s->f.err);
	assert_int_equal(at, s->f.now);
}

/* ---- interrupted and resumed */

/* No statement stands in the log twice. */
static void
assert_no_repetition(struct syncing *s)
{
	const struct fake_log *log = s->server->log;

	for (uint64_t i = 0; i < log->size; i++)
		for (uint64_t k = 0; k < i; k++)
			assert_false(
			    wb_hash_equal(&log->leaves[i], &log->leaves[k]));
}

static void
assert_all_arrived(struct syncing *s)
{
	assert_int_equal(syncing_states(s, &s->f.k1).opened, 3);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM line"),
	    3);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM batch"
			     " WHERE outcome <> 1 OR acked <> 1"),
	    0);
	/* The device's chain has no gap and no number twice. */
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) - max(sequence) FROM batch"),
	    0);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) - count(DISTINCT sequence)"
			     " FROM batch"),
	    0);
	assert_no_repetition(s);
}

/* True: the run got as far as that request. */
static bool
interrupt_at(uint64_t request, bool after)
{
	struct syncing *s = calloc(1, sizeof *s);
	struct wb_device *order[3];
	bool struck;

	assert_non_null(s);
	syncing_begin(s);
	for (int i = 0; i < 3; i++)
		(void)fixture_save(&s->f, &s->f.k1, RICE);
	order[0] = order[2] = &s->f.k1;
	order[1] = &s->f.coord;
	s->server->fail_at = request;
	s->server->fail_after = after;
	for (size_t i = 0; i < 3; i++) {
		if (syncing_run(s, order[i]) == WB_OK)
			continue;
		assert_int_equal(s->f.err.status, WB_OFFLINE);
		sync_ok(s, order[i]);
	}
	struck = s->server->requests >= request;
	s->server->fail_at = 0;
	/* What was interrupted may have left an ack for the next time. */
	sync_ok(s, &s->f.coord);
	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.coord);
	assert_all_arrived(s);
	syncing_end(s);
	free(s);
	return struck;
}

static void
a_run_cut_short_anywhere_is_taken_up_again(void **state)
{
	uint64_t request = 1;

	(void)state;
	while (interrupt_at(request, false) && interrupt_at(request, true))
		request++;
	/* Two requests of K1's twice, and a coordinator's. */
	assert_true(request > 8);
}

static void
without_a_connection_nothing_happens(void **state)
{
	struct syncing *s = *state;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	s->server->fail_at = 1;
	sync_fails(s, &s->f.k1, WB_OFFLINE, "offline");
	assert_int_equal(s->done.batches_sent, 0);
	assert_int_equal(syncing_states(s, &s->f.k1).here, 1);
}

/* ---- a server that says no */

static void
a_refused_batch_does_not_stop_the_others(void **state)
{
	struct syncing *s = *state;
	uint64_t made;

	for (int i = 0; i < 3; i++)
		assert_ok(wb_queue_batch(&made, &s->f.k1, true, &s->f.err),
		    &s->f.err);
	s->server->refuse = "too-large";
	s->server->refuse_at = 2;
	sync_fails(s, &s->f.k1, WB_PARTIAL, "not-logged");
	assert_int_equal(s->done.refused, 1);
	assert_int_equal(s->done.batches_sent, 2);
	s->server->refuse = NULL;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 1);
}

static void
a_busy_server_is_asked_again_a_few_times(void **state)
{
	struct syncing *s = *state;

	s->server->busy = 2;
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 1);
	s->server->busy = 3;
	sync_fails(s, &s->f.k1, WB_PARTIAL, "server-busy");
	assert_int_equal(s->done.batches_sent, 0);
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.batches_sent, 1);
}

static void
who_was_sent_away_is_refused_and_keeps_the_records(void **state)
{
	struct syncing *s = *state;
	uint64_t size;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	fixture_set_state(&s->f, &s->f.k1, WB_MEMBER_REVOKED);
	fake_server_free(&s->server);
	s->server = fake_server_new(fake_log_of(&s->f.coord, &s->f.log));
	size = s->server->log->size;
	sync_fails(s, &s->f.k1, WB_REFUSED, "revoked");
	assert_int_equal(s->server->log->size, size);
	assert_int_equal(syncing_states(s, &s->f.k1).here, 1);
}

static void
who_was_sent_away_hands_over_what_was_made_before(void **state)
{
	struct syncing *s = *state;
	uint64_t made;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	assert_ok(wb_queue_batch(&made, &s->f.k1, false, &s->f.err), &s->f.err);
	fixture_set_state(&s->f, &s->f.k1, WB_MEMBER_REVOKED);
	fake_server_free(&s->server);
	s->server = fake_server_new(fake_log_of(&s->f.coord, &s->f.log));
	sync_fails(s, &s->f.k1, WB_REFUSED, "revoked");
	assert_int_equal(s->server->statements, 1);
	assert_int_equal(s->done.refused, 1);
}

/* ---- a vault from the past */

static void
a_vault_that_was_rolled_back_never_speaks_again(void **state)
{
	struct syncing *s = *state;
	struct wb_bytes seed;
	uint64_t made, size;

	(void)fixture_save(&s->f, &s->f.k1, RICE);
	sync_ok(s, &s->f.k1);
	/* K2's vault with K1's key: one that does not know K1's batch. */
	wb_bytes_init(&seed, WB_SEED_LEN);
	assert_ok(wb_bytes_append(&seed, wb_signer_seed(&s->f.k1.signer),
		      &s->f.err),
	    &s->f.err);
	wb_signer_clear(&s->f.k2.signer);
	assert_ok(wb_signer_from_seed(&s->f.k2.signer, wb_bytes_span(&seed),
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_device_reload(&s->f.k2, &s->f.err), &s->f.err);
	(void)fixture_save(&s->f, &s->f.k2, RICE);
	size = s->server->log->size;
	sync_fails(s, &s->f.k2, WB_FORGED, "vault-rolled-back");
	s->server->requests = 0;
	sync_fails(s, &s->f.k2, WB_FORGED, "vault-rolled-back");
	assert_int_equal(s->server->requests, 0);
	assert_int_equal(s->server->log->size, size);
	assert_int_equal(syncing_states(s, &s->f.k2).here, 1);
	assert_status(WB_FORGED,
	    wb_queue_batch(&made, &s->f.k2, false, &s->f.err), &s->f.err);
	wb_bytes_clear(&seed);
}

/* What the log calls known to a device must be. */
static void
a_server_that_names_a_batch_and_never_shows_it_is_not_understood(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.k1);
	assert_ok(wb_db_exec(s->f.k1.db,
		      "UPDATE statement SET log_index = 900 WHERE type = 2",
		      &s->f.err),
	    &s->f.err);
	s->server->hold_all = true;
	sync_fails(s, &s->f.k1, WB_REFUSED, "answer");
}

/* ---- rosters and annexes */

static void
a_roster_that_the_server_lacks_is_sent_by_anybody(void **state)
{
	struct syncing *s = *state;

	syncing_keep_version(s, &s->f.k1, 3);
	sync_ok(s, &s->f.k1);
	assert_int_equal(s->done.rosters_sent, 1);
	sync_ok(s, &s->f.k2);
	assert_int_equal(s->f.k2.roster.version, 2);
	assert_int_equal(s->done.rosters_sent, 0);
}

static void
a_new_server_gets_its_programme_from_the_first_who_syncs(void **state)
{
	struct syncing *s = *state;

	fake_log_cut(s->server->log, 0);
	assert_ok(wb_db_exec(s->f.coord.db,
		      "UPDATE statement SET log_index = NULL", &s->f.err),
	    &s->f.err);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->done.rosters_sent, 1);
	assert_int_equal(s->server->log->size, 1);
}

static void
of_two_changes_of_the_roster_the_first_logged_counts(void **state)
{
	struct syncing *s = *state;

	syncing_keep_version(s, &s->f.k2, 3);
	syncing_keep_version(s, &s->f.coord, 5);
	sync_ok(s, &s->f.k2);
	sync_fails(s, &s->f.coord, WB_PARTIAL, "roster-superseded");
	assert_int_equal(s->f.coord.roster.window_days, 3);
	assert_int_equal(s->done.rosters_sent, 0);
	sync_ok(s, &s->f.coord);
}

static void
annexes_are_handed_in_once_and_fetched_where_they_lack(void **state)
{
	struct syncing *s = *state;

	sync_ok(s, &s->f.coord);
	assert_int_equal(s->server->annex_count, 1);
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->server->annex_count, 1);
	assert_ok(wb_db_exec(s->f.coord.db, "DELETE FROM annex", &s->f.err),
	    &s->f.err);
	sync_ok(s, &s->f.k1);
	sync_ok(s, &s->f.coord);
	assert_int_equal(syncing_number(s, &s->f.coord,
			     "SELECT count(*) FROM annex"),
	    1);
	assert_int_equal(s->done.batches_opened, 1);
}

/* Files for the team are one thing, what the field recorded another. */
static void
a_server_that_takes_no_annexes_ends_no_run(void **state)
{
	static const struct {
		const char *id;
		enum wb_status status;
	} rows[] = {
		{ "shelf-full", WB_PARTIAL },
		{ "refused", WB_REFUSED },
	};
	struct syncing *s = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)fixture_save(&s->f, &s->f.k1, RICE);
		sync_ok(s, &s->f.k1);
		s->server->no_annexes = rows[i].id;
		sync_fails(s, &s->f.coord, rows[i].status, rows[i].id);
		assert_int_equal(s->done.batches_opened, 1);
		assert_int_equal(s->done.acks_sent, 1);
	}
	s->server->no_annexes = NULL;
	sync_ok(s, &s->f.coord);
	assert_int_equal(s->server->annex_count, 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, syncing_setup, syncing_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_delivery_reaches_the_coordinator_and_its_ack_comes_back),
		TEST(the_whole_costs_few_round_trips),
		TEST(what_a_receipt_proves_is_not_sent_again),
		TEST(
		    a_field_device_with_nothing_to_say_says_something_all_the_same),
		TEST(a_coordinator_who_is_up_to_date_sends_nothing),
		TEST(many_batches_go_in_several_requests_at_once),
		TEST(corrections_overtake_nothing_that_was_put_off),
		TEST(the_time_of_the_last_success_is_kept),
		cmocka_unit_test(a_run_cut_short_anywhere_is_taken_up_again),
		TEST(without_a_connection_nothing_happens),
		TEST(a_refused_batch_does_not_stop_the_others),
		TEST(a_busy_server_is_asked_again_a_few_times),
		TEST(who_was_sent_away_is_refused_and_keeps_the_records),
		TEST(who_was_sent_away_hands_over_what_was_made_before),
		TEST(a_vault_that_was_rolled_back_never_speaks_again),
		TEST(
		    a_server_that_names_a_batch_and_never_shows_it_is_not_understood),
		TEST(a_roster_that_the_server_lacks_is_sent_by_anybody),
		TEST(a_new_server_gets_its_programme_from_the_first_who_syncs),
		TEST(of_two_changes_of_the_roster_the_first_logged_counts),
		TEST(annexes_are_handed_in_once_and_fetched_where_they_lack),
		TEST(a_server_that_takes_no_annexes_ends_no_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
