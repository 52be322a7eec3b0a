/* What witnesses say of a log that starts, and what is believed of it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/server/witness_scene.h"

static void
restart(struct scene *s)
{
	programme_close(&s->p);
	programme_open(&s->p);
}

/* What a backup of now would put back. */
static void
copy_log(struct scene *s, const char *from, const char *to)
{
	char command[2048];

	(void)snprintf(command, sizeof command,
	    "rm -rf '%s/%s' && cp -r '%s/%s' '%s/%s'", s->p.dir.path, to,
	    s->p.dir.path, from, s->p.dir.path, to);
	assert_int_equal(system(command), 0);
}

static void
a_restart_goes_on_from_what_each_has_seen(void **state)
{
	struct scene *s = *state;
	struct wb_head head;

	begin(s, "group all all w0 w1 w2\nquorum all", 2);
	wait_until_witnessed(s, 3);
	restart(s);
	assert_ok(wb_core_settle(s->p.core, 20000, &s->p.err), &s->p.err);
	wait_until_open(s);
	assert_true(fake_witness_facts(&s->w[0]).conflicts > 0);
	assert_int_equal(witnessed_by(&head, s), 7);
	log_batch(s);
	wait_until_witnessed(s, 4);
}

static void
what_was_witnessed_is_kept_over_a_restart(void **state)
{
	struct scene *s = *state;
	struct wb_head head;

	begin(s, "group all all w0 w1 w2\nquorum all", 2);
	wait_until_witnessed(s, 3);
	for (int i = 0; i < WITNESSES; i++)
		fake_witness_stop(&s->w[i]);
	restart(s);
	assert_int_equal(witnessed_by(&head, s), 7);
	assert_int_equal(head.size, 3);
	assert_int_equal(checkpoint_by(&head, s), 7);
}

static void
without_a_quorum_at_the_start_the_log_is_only_read(void **state)
{
	struct wb_core_status status;
	struct scene *s = *state;
	struct answered answered;
	struct wb_head head;
	struct sent batch;

	begin(s, "group two 2 w0 w1 w2\nquorum two", 1);
	wait_until_witnessed(s, 2);
	fake_witness_stop(&s->w[0]);
	fake_witness_stop(&s->w[1]);
	restart(s);
	assert_ok(wb_core_settle(s->p.core, 20000, &s->p.err), &s->p.err);
	assert_ok(wb_core_status(&status, s->p.core, &s->p.err), &s->p.err);
	assert_true(status.awaits_quorum);
	make_batch(&batch, &s->p, K1, s->next++, 100);
	submit(&answered, &s->p, &batch, 1, 0);
	assert_int_equal(answered.status, WB_OFFLINE);
	assert_string_equal(wb_error_id(&answered.err), "no-quorum");
	answered_clear(&answered);
	assert_true(checkpoint_by(&head, s) != 0);
	assert_int_equal(head.size, 2);
	fake_witness_run(&s->w[1]);
	wait_until_open(s);
	(void)expect(&s->p, &batch, WB_LOGGED, NULL);
	sent_clear(&batch);
	/* One that dies later holds up nothing. */
	fake_witness_stop(&s->w[1]);
	log_batch(s);
	assert_int_equal(size_of(s), 4);
}

static void
who_wants_to_goes_on_without_witnesses(void **state)
{
	struct scene *s = *state;

	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	fake_witness_stop(&s->w[0]);
	s->p.settings.without_witness = true;
	restart(s);
	assert_ok(wb_core_settle(s->p.core, 0, &s->p.err), &s->p.err);
	log_batch(s);
}

static void
a_log_behind_its_witnesses_does_not_go_on(void **state)
{
	struct scene *s = *state;
	struct wb_error err = { 0 };

	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	programme_close(&s->p);
	copy_log(s, "log", "backup");
	programme_open(&s->p);
	wait_until_open(s);
	log_batch(s);
	wait_until_witnessed(s, 3);
	programme_close(&s->p);
	/* All of it is restored: nobody but the witnesses can tell. */
	copy_log(s, "backup", "log");
	programme_open(&s->p);
	assert_status(WB_FORGED, wb_core_settle(s->p.core, 20000, &err), &err);
	assert_string_equal(wb_error_id(&err), "behind-witness");
	assert_non_null(strstr(err.text, "has seen 3 entries"));
	assert_non_null(strstr(err.next, "waybilld recover"));
	assert_status(WB_OFFLINE, wb_witnesses_allow(s->p.core, &err), &err);
}

/* Two logs of one key: how each goes on is shown to the same witness. */
static void
fork_log(struct scene *s, unsigned other, unsigned own)
{
	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	programme_close(&s->p);
	copy_log(s, "log", "backup");
	programme_open(&s->p);
	wait_until_open(s);
	for (unsigned i = 0; i < other; i++)
		log_batch(s);
	wait_until_witnessed(s, 2 + other);
	fake_witness_stop(&s->w[0]);
	programme_close(&s->p);
	copy_log(s, "backup", "log");
	s->p.settings.without_witness = true;
	programme_open(&s->p);
	for (unsigned i = 0; i < own; i++)
		log_batch(s);
	programme_close(&s->p);
	s->p.settings.without_witness = false;
	fake_witness_run(&s->w[0]);
}

static const struct fork_row {
	const char *name;
	unsigned other, own;
} fork_rows[] = {
	{ "of the same size", 2, 2 },
	{ "longer than what was witnessed", 1, 3 },
};

static void
a_log_beside_what_was_witnessed_does_not_go_on(void **state)
{
	struct wb_error err = { 0 };

	for (size_t i = 0; i < sizeof fork_rows / sizeof fork_rows[0]; i++) {
		struct scene *s = *state;

		print_message("  %s\n", fork_rows[i].name);
		fork_log(s, fork_rows[i].other, fork_rows[i].own);
		programme_open(&s->p);
		assert_status(WB_FORGED, wb_core_settle(s->p.core, 20000, &err),
		    &err);
		assert_string_equal(wb_error_id(&err), "beside-witness");
		(void)scene_remove(state);
		(void)scene_make(state);
	}
}

/* ---- what one says and cannot show */

static const struct lie_row {
	const char *name;
	enum shown shown;
} lie_rows[] = {
	{ "shows nothing", SHOWS_NOTHING },
	{ "shows a head of another key", SHOWS_FORGERY },
	{ "shows what the log has", SHOWS_ALL },
};

static void
one_word_without_a_head_keeps_no_server_from_starting(void **state)
{
	for (size_t i = 0; i < sizeof lie_rows / sizeof lie_rows[0]; i++) {
		struct scene *s = *state;

		print_message("  %s\n", lie_rows[i].name);
		begin(s, "group two 2 w0 w1 w2\nquorum two", 1);
		wait_until_witnessed(s, 2);
		while (fake_witness_facts(&s->w[0]).seen < 2)
			(void)usleep(1000);
		fake_witness_boast(&s->w[0], 999, lie_rows[i].shown);
		restart(s);
		assert_ok(wb_core_settle(s->p.core, 20000, &s->p.err),
		    &s->p.err);
		wait_until_open(s);
		log_batch(s);
		while (fake_witness_facts(&s->w[0]).shown < 2)
			(void)usleep(1000);
		assert_int_equal(count_words(s, "warning the witness w0 says"),
		    1);
		assert_int_equal(count_words(s, "waybilld recover"), 1);
		assert_int_equal(count_words(s, "error"), 0);
		(void)scene_remove(state);
		(void)scene_make(state);
	}
}

static void
two_that_say_the_same_do(void **state)
{
	struct scene *s = *state;
	struct wb_error err = { 0 };

	begin(s, "group all all w0 w1 w2\nquorum all", 1);
	wait_until_witnessed(s, 2);
	fake_witness_boast(&s->w[0], 999, SHOWS_NOTHING);
	fake_witness_boast(&s->w[2], 998, SHOWS_NOTHING);
	restart(s);
	assert_status(WB_FORGED, wb_core_settle(s->p.core, 20000, &err), &err);
	assert_string_equal(wb_error_id(&err), "behind-witness");
	assert_non_null(strstr(err.text, "2 witnesses, "));
	assert_non_null(strstr(err.next, "waybilld recover"));
	assert_non_null(strstr(err.next, "--without-witness"));
}

static void
who_takes_its_word_back_is_not_counted(void **state)
{
	struct scene *s = *state;

	begin(s, "group all all w0 w1 w2\nquorum all", 1);
	wait_until_witnessed(s, 2);
	fake_witness_boast(&s->w[0], 999, SHOWS_NOTHING);
	fake_witness_be(&s->w[1], SILENT, 0);
	fake_witness_be(&s->w[2], SILENT, 0);
	restart(s);
	while (count_words(s, "warning the witness w0 says") == 0)
		(void)usleep(1000);
	fake_witness_be(&s->w[0], HONEST, 0);
	while (count_words(s, "w0 cosigns again") == 0)
		(void)usleep(1000);
	fake_witness_stop(&s->w[1]);
	fake_witness_boast(&s->w[1], 999, SHOWS_NOTHING);
	fake_witness_run(&s->w[1]);
	while (count_words(s, "warning the witness w1 says") == 0)
		(void)usleep(1000);
	assert_ok(wb_core_settle(s->p.core, 0, &s->p.err), &s->p.err);
	assert_int_equal(count_words(s, "error"), 0);
}

/* ---- while an objection is looked into */

/* The log of before its last entry, which w1 alone has seen. */
static void
restore_behind_w1(struct scene *s)
{
	begin(s, "group one 1 w0 w1 w2\nquorum one", 1);
	while (fake_witness_facts(&s->w[0]).seen < 2 ||
	       fake_witness_facts(&s->w[1]).seen < 2)
		(void)usleep(1000);
	fake_witness_be(&s->w[0], STATUS, 500);
	fake_witness_be(&s->w[2], STATUS, 500);
	programme_close(&s->p);
	copy_log(s, "log", "backup");
	programme_open(&s->p);
	wait_until_open(s);
	log_batch(s);
	wait_until_witnessed(s, 3);
	programme_close(&s->p);
	copy_log(s, "backup", "log");
	programme_open(&s->p);
}

/* w1 is asked for what it saw; only then does w0 make the quorum. */
static void
agree_while_w1_is_asked(struct scene *s)
{
	struct wb_core_status status = { 0 };

	while (fake_witness_facts(&s->w[1]).shown < 1)
		(void)usleep(1000);
	fake_witness_be(&s->w[0], HONEST, 0);
	while (status.witnesses_sound < 1) {
		(void)usleep(1000);
		assert_ok(wb_core_status(&status, s->p.core, &s->p.err),
		    &s->p.err);
	}
}

/* w2 fails at once and is asked again each time the server looks around. */
static void
pass(struct scene *s, unsigned seconds)
{
	unsigned before;

	atomic_fetch_add(&s->p.ahead_ms, (long long)seconds * 1000);
	before = fake_witness_facts(&s->w[2]).asked;
	wait_until_asked(&s->w[2], before + 3);
}

static void
a_quorum_waits_for_what_another_shows_late(void **state)
{
	struct scene *s = *state;
	struct wb_error err = { 0 };

	fake_witness_show(&s->w[1], SHOWS_LATER);
	restore_behind_w1(s);
	agree_while_w1_is_asked(s);
	pass(s, 5);
	assert_status(WB_OFFLINE, wb_witnesses_allow(s->p.core, &err), &err);
	fake_witness_let_go(&s->w[1]);
	while (count_words(s, "error the witness w1 has seen 3 entries") == 0)
		(void)usleep(1000);
	assert_status(WB_FORGED, wb_core_settle(s->p.core, 20000, &err), &err);
	assert_string_equal(wb_error_id(&err), "behind-witness");
}

/* However it draws that out: the request itself has not ended here. */
static void
who_never_shows_holds_a_quorum_for_one_deadline(void **state)
{
	struct scene *s = *state;
	struct wb_error err = { 0 };

	s->p.settings.witness_seconds = 600;
	fake_witness_show(&s->w[1], SHOWS_LATER);
	restore_behind_w1(s);
	agree_while_w1_is_asked(s);
	pass(s, 5);
	pass(s, s->p.settings.witness_seconds - 10);
	assert_status(WB_OFFLINE, wb_witnesses_allow(s->p.core, &err), &err);
	pass(s, 10);
	wait_until_open(s);
	assert_int_equal(fake_witness_facts(&s->w[1]).shown, 1);
}

/* ---- later */

static void
a_doubt_later_is_told_once(void **state)
{
	struct scene *s = *state;

	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	while (fake_witness_facts(&s->w[1]).seen < 2)
		(void)usleep(1000);
	fake_witness_be(&s->w[1], SCEPTIC, 0);
	log_batch(s);
	while (count_words(s, "warning the witness w1 says that it has seen 2 "
			      "entries") == 0)
		(void)usleep(1000);
	log_batch(s);
	wait_until_witnessed(s, 4);
	assert_int_equal(count_words(s, "error"), 0);
	assert_int_equal(count_words(s, "the witness w1 says"), 1);
}

/* One witness must not be able to stop a server that runs. */
static void
an_objection_later_is_loud_and_stops_nothing(void **state)
{
	struct scene *s = *state;

	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	programme_close(&s->p);
	copy_log(s, "log", "backup");
	programme_open(&s->p);
	wait_until_open(s);
	log_batch(s);
	wait_until_witnessed(s, 3);
	programme_close(&s->p);
	copy_log(s, "backup", "log");
	s->p.settings.without_witness = true;
	programme_open(&s->p);
	while (count_words(s, "error the witness w0 has seen 3 entries") == 0)
		(void)usleep(1000);
	log_batch(s);
	assert_int_equal(size_of(s), 3);
	assert_ok(wb_core_settle(s->p.core, 0, &s->p.err), &s->p.err);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_make, scene_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_restart_goes_on_from_what_each_has_seen),
		TEST(what_was_witnessed_is_kept_over_a_restart),
		TEST(without_a_quorum_at_the_start_the_log_is_only_read),
		TEST(who_wants_to_goes_on_without_witnesses),
		TEST(a_log_behind_its_witnesses_does_not_go_on),
		TEST(a_log_beside_what_was_witnessed_does_not_go_on),
		TEST(one_word_without_a_head_keeps_no_server_from_starting),
		TEST(two_that_say_the_same_do),
		TEST(who_takes_its_word_back_is_not_counted),
		TEST(a_quorum_waits_for_what_another_shows_late),
		TEST(who_never_shows_holds_a_quorum_for_one_deadline),
		TEST(a_doubt_later_is_told_once),
		TEST(an_objection_later_is_loud_and_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
