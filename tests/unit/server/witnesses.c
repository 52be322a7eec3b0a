/* The log and its witnesses: over real connections, in this process. */
#include "server/witnesses.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/policy.h"

#include "tests/unit/server/fake_socks.h"
#include "tests/unit/server/fake_witness.h"
#include "tests/unit/server/programme.h"

#define WITNESSES 3
#define POLICY 4096

struct scene {
	struct programme p;
	struct fake_witness w[WITNESSES];
	char policy[POLICY];
	uint64_t next; /* sequence of K1's next batch */
	int log_fd;
	struct wb_log log;
};

/* All of them in the policy; `quorum` is its last lines. */
static void
write_policy(struct scene *s, const char *quorum)
{
	struct wb_bytes text;

	wb_bytes_init(&text, POLICY - 1);
	assert_ok(wb_bytes_append_text(&text, "log ", &s->p.err), &s->p.err);
	assert_ok(wb_vkey_format(&text, &s->p.vkey, &s->p.err), &s->p.err);
	for (int i = 0; i < WITNESSES; i++) {
		assert_ok(wb_bytes_printf(&text, &s->p.err, "\nwitness w%d ",
			      i),
		    &s->p.err);
		assert_ok(wb_vkey_format(&text, &s->w[i].vkey, &s->p.err),
		    &s->p.err);
		assert_ok(wb_bytes_printf(&text, &s->p.err, " %s", s->w[i].url),
		    &s->p.err);
	}
	assert_ok(wb_bytes_printf(&text, &s->p.err, "\n%s\n", quorum),
	    &s->p.err);
	memset(s->policy, 0, sizeof s->policy);
	memcpy(s->policy, text.data, text.len);
	s->p.roster.policy = wb_span_text(s->policy);
	wb_bytes_clear(&text);
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	programme_make(&s->p);
	s->p.real_ms = true;
	s->p.settings.witness_seconds = 20;
	s->p.settings.witness_retry_seconds = 0; /* no pauses */
	s->next = 1;
	s->log_fd = open(check_path(&s->p.dir, "words"),
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(s->log_fd >= 0);
	s->log = (struct wb_log){ s->log_fd, WB_LOG_INFO, wb_clock_system() };
	s->p.log = &s->log;
	programme_open(&s->p);
	for (int i = 0; i < WITNESSES; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "witness.example/w%d", i);
		fake_witness_make(&s->w[i], name, &s->p.vkey, s->p.random);
		fake_witness_run(&s->w[i]);
	}
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	programme_remove(&s->p);
	for (int i = 0; i < WITNESSES; i++)
		fake_witness_clear(&s->w[i]);
	(void)close(s->log_fd);
	free(s);
	return 0;
}

static void
log_batch(struct scene *s)
{
	struct sent batch;

	make_batch(&batch, &s->p, K1, s->next++, 100);
	(void)expect(&s->p, &batch, WB_LOGGED, NULL);
	sent_clear(&batch);
}

/* A log with a roster of that policy, and some batches. */
static void
begin(struct scene *s, const char *quorum, unsigned batches)
{
	write_policy(s, quorum);
	log_first_roster(&s->p);
	for (unsigned i = 0; i < batches; i++)
		log_batch(s);
}

static uint64_t
size_of(struct scene *s)
{
	struct wb_core_status status;

	assert_ok(wb_core_status(&status, s->p.core, &s->p.err), &s->p.err);
	return status.head.size;
}

/* Cmocka's time limit ends what never comes true. */
static void
wait_until_witnessed(struct scene *s, uint64_t size)
{
	struct wb_core_status status = { 0 };

	do {
		(void)usleep(1000);
		assert_ok(wb_core_status(&status, s->p.core, &s->p.err),
		    &s->p.err);
	} while (status.witnessed < size);
	assert_int_equal(status.witnessed, size);
}

static void
wait_until_open(struct scene *s)
{
	while (wb_witnesses_allow(s->p.core, NULL) != WB_OK)
		(void)usleep(1000);
}

static void
wait_until_asked(struct fake_witness *w, unsigned times)
{
	while (fake_witness_facts(w).asked < times)
		(void)usleep(1000);
}

/* How often words stand in the log. */
static unsigned
count_words(struct scene *s, const char *words)
{
	static char text[1 << 16];
	ssize_t n = pread(s->log_fd, text, sizeof text - 1, 0);
	unsigned found = 0;

	assert_true(n >= 0);
	text[n] = '\0';
	for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
		found++;
	return found;
}

/* Whose valid cosignatures a served note has; its head. */
static uint32_t
cosigners(struct wb_head *head, struct scene *s, struct wb_span note)
{
	struct wb_policy policy;
	struct wb_note parsed;

	assert_ok(wb_policy_parse(&policy, wb_span_text(s->policy), &s->p.err),
	    &s->p.err);
	assert_ok(wb_checkpoint_open(head, NULL, note, &s->p.vkey, &s->p.err),
	    &s->p.err);
	assert_ok(wb_note_parse(&parsed, note, &s->p.err), &s->p.err);
	return wb_policy_cosigned(&policy, &parsed);
}

static uint32_t
witnessed_by(struct wb_head *head, struct scene *s)
{
	struct wb_bytes note;
	uint32_t mask;

	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_witnessed(&note, s->p.core, &s->p.err), &s->p.err);
	mask = cosigners(head, s, wb_bytes_span(&note));
	wb_bytes_clear(&note);
	return mask;
}

static uint32_t
checkpoint_by(struct wb_head *head, struct scene *s)
{
	struct wb_bytes note;
	uint32_t mask;

	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_checkpoint(&note, s->p.core, &s->p.err), &s->p.err);
	mask = cosigners(head, s, wb_bytes_span(&note));
	wb_bytes_clear(&note);
	return mask;
}

/* ---- while all is well */

static void
new_heads_are_cosigned_and_served(void **state)
{
	struct scene *s = *state;
	struct wb_bytes none;
	struct wb_head head;

	wb_bytes_init(&none, WB_MAX_NOTE);
	assert_status(WB_NOT_FOUND,
	    wb_feed_witnessed(&none, s->p.core, &s->p.err), &s->p.err);
	wb_bytes_clear(&none);
	begin(s, "group all all w0 w1 w2\nquorum all", 3);
	wait_until_witnessed(s, 4);
	assert_int_equal(witnessed_by(&head, s), 7);
	assert_int_equal(head.size, 4);
	assert_int_equal(checkpoint_by(&head, s), 7);
	log_batch(s);
	wait_until_witnessed(s, 5);
	for (int i = 0; i < WITNESSES; i++) {
		struct witness_facts facts = fake_witness_facts(&s->w[i]);

		assert_int_equal(facts.seen, 5);
		assert_int_equal(facts.together, 1);
		assert_int_equal(strncmp(facts.header, ORIGIN "+",
				     strlen(ORIGIN "+")),
		    0);
	}
	assert_int_equal(count_words(s, "warning"), 0);
}

static void
a_checkpoint_has_only_cosignatures_of_its_own_head(void **state)
{
	struct scene *s = *state;
	struct wb_head head;

	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	for (int i = 0; i < WITNESSES; i++)
		fake_witness_be(&s->w[i], SILENT, 0);
	log_batch(s);
	assert_int_equal(checkpoint_by(&head, s), 0);
	assert_int_equal(head.size, 3);
	assert_true((witnessed_by(&head, s) & 1) != 0);
	assert_int_equal(head.size, 2);
}

/* Without an end, as heads go by, each witness at its own pace. */
static void
a_quorum_comes_together_while_heads_go_by(void **state)
{
	struct wb_core_status status = { 0 };
	struct scene *s = *state;

	begin(s, "group all all w0 w1 w2\nquorum all", 0);
	for (unsigned i = 0; i < 2000 && status.witnessed < 2; i++) {
		log_batch(s);
		assert_ok(wb_core_status(&status, s->p.core, &s->p.err),
		    &s->p.err);
	}
	assert_in_range(status.witnessed, 2, size_of(s));
}

/* ---- one that is dead, slow or odd */

static void
a_dead_witness_delays_nothing(void **state)
{
	struct scene *s = *state;
	struct wb_head head;

	fake_witness_be(&s->w[1], SILENT, 0);
	fake_witness_stop(&s->w[2]);
	begin(s, "quorum w0", 20);
	assert_int_equal(size_of(s), 21);
	wait_until_witnessed(s, 21);
	assert_int_equal(witnessed_by(&head, s), 1);
	/* One question each, however many heads there were. */
	assert_int_equal(fake_witness_facts(&s->w[1]).together, 1);
}

static void
without_a_quorum_nothing_is_witnessed_and_all_goes_on(void **state)
{
	struct wb_core_status status;
	struct scene *s = *state;

	fake_witness_stop(&s->w[2]);
	begin(s, "group all all w0 w1 w2\nquorum all", 5);
	while (fake_witness_facts(&s->w[0]).seen < 6 ||
	       fake_witness_facts(&s->w[1]).seen < 6)
		(void)usleep(1000);
	assert_ok(wb_core_status(&status, s->p.core, &s->p.err), &s->p.err);
	assert_int_equal(status.witnessed, 0);
	assert_false(status.awaits_quorum);
	fake_witness_run(&s->w[2]);
	wait_until_witnessed(s, 6);
}

static const struct odd_row {
	const char *name;
	enum mood mood;
	unsigned status;
	const char *words; /* in the log */
} odd_rows[] = {
	{ "bad request", STATUS, 400, "(400)" },
	{ "another key for our name", STATUS, 403, "(403)" },
	{ "a log it does not know", STATUS, 404, "(404)" },
	{ "broken", STATUS, 500, "does not work" },
	{ "moved", STATUS, 302, "does not work" },
	{ "no size", STATUS, 409, "no size" },
	{ "another's cosignature", WRONG_KEY, 0, "no valid cosignature" },
	{ "no cosignature", STATUS, 200, "no valid cosignature" },
	{ "always another size", STUBBORN, 0, "says 409" },
};

static void
what_a_witness_does_wrong_is_logged_once(void **state)
{
	struct scene *s = *state;

	begin(s, "quorum w0", 0);
	wait_until_witnessed(s, 1);
	while (fake_witness_facts(&s->w[1]).seen < 1)
		(void)usleep(1000);
	for (size_t i = 0; i < sizeof odd_rows / sizeof odd_rows[0]; i++) {
		const struct odd_row *row = &odd_rows[i];
		unsigned before;

		print_message("  %s\n", row->name);
		assert_int_equal(ftruncate(s->log_fd, 0), 0);
		(void)lseek(s->log_fd, 0, SEEK_SET);
		before = fake_witness_facts(&s->w[1]).asked;
		fake_witness_be(&s->w[1], row->mood, row->status);
		log_batch(s);
		wait_until_asked(&s->w[1], before + 3);
		assert_int_equal(count_words(s, row->words), 1);
		assert_int_equal(count_words(s, "witness w1"), 1);
		fake_witness_be(&s->w[1], HONEST, 0);
		wait_until_witnessed(s, size_of(s));
		while (fake_witness_facts(&s->w[1]).seen < size_of(s))
			(void)usleep(1000);
		while (count_words(s, "w1 cosigns again") == 0)
			(void)usleep(1000);
	}
}

static void
a_new_policy_is_followed_at_once(void **state)
{
	struct scene *s = *state;
	struct sent roster;

	begin(s, "quorum none", 1);
	write_policy(s, "quorum w2");
	make_roster(&roster, &s->p);
	(void)expect(&s->p, &roster, WB_LOGGED, NULL);
	sent_clear(&roster);
	wait_until_witnessed(s, 3);
}

static void
an_address_that_cannot_be_used_is_told(void **state)
{
	struct scene *s = *state;

	(void)snprintf(s->w[1].url, sizeof s->w[1].url,
	    "http://w1.example.org");
	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	assert_int_equal(count_words(s, "w1 does not cosign: its address"), 1);
}

/* A root key is no right to make this machine talk to its neighbours. */
static void
only_who_runs_the_server_lets_it_ask_nearby(void **state)
{
	static const char hint[] = "witness_local = yes";
	struct scene *s = *state;

	(void)snprintf(s->w[1].url, sizeof s->w[1].url, "unix:/nobody/here");
	(void)snprintf(s->w[2].url, sizeof s->w[2].url, "https://10.255.0.1");
	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	assert_int_equal(count_words(s, "its address is a unix socket"), 1);
	assert_int_equal(count_words(s, "its address is in a network"), 1);
	assert_int_equal(count_words(s, hint), 2);
	assert_int_equal(count_words(s, "Couldn't connect"), 0);
	programme_close(&s->p);
	s->p.settings.witness_local = true;
	s->p.settings.witness_seconds = 1;
	programme_open(&s->p);
	while (count_words(s, "w1 does not cosign: Couldn't connect") == 0)
		(void)usleep(1000);
	assert_int_equal(count_words(s, hint), 2);
}

/* All but what is on this machine goes over the proxy. */
static void
an_onion_is_asked_over_the_proxy(void **state)
{
	char *proxy, *url;
	struct scene *s = *state;
	struct fake_socks socks;
	struct wb_head head;

	fake_socks_start(&socks, s->w[1].port);
	url = s->w[1].url;
	(void)snprintf(url, sizeof s->w[1].url, "http://abcdef.onion");
	programme_close(&s->p);
	proxy = s->p.settings.witness_proxy;
	(void)snprintf(proxy, sizeof s->p.settings.witness_proxy,
	    "socks5h://127.0.0.1:%u", socks.port);
	programme_open(&s->p);
	begin(s, "group both all w0 w1\nquorum both", 2);
	wait_until_witnessed(s, 3);
	assert_int_equal(witnessed_by(&head, s) & 3, 3);
	while (fake_witness_facts(&s->w[2]).seen < 3)
		(void)usleep(1000);
	programme_close(&s->p);
	fake_socks_stop(&socks);
	/* The others were asked too; the proxy heard of one name alone. */
	assert_string_equal(socks.asked, "abcdef.onion");
}

static void
an_onion_without_a_proxy_is_not_looked_for(void **state)
{
	struct scene *s = *state;

	(void)snprintf(s->w[1].url, sizeof s->w[1].url, "http://abcdef.onion");
	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	assert_int_equal(count_words(s, "over Tor alone"), 1);
}

/* ---- the start */

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
		(void)teardown(state);
		(void)setup(state);
	}
}

/* One witness must not be able to stop a server that runs. */
static void
an_objection_later_is_loud_and_stops_nothing(void **state)
{
	struct scene *s = *state;

	begin(s, "quorum w0", 1);
	wait_until_witnessed(s, 2);
	while (fake_witness_facts(&s->w[1]).seen < 2)
		(void)usleep(1000);
	fake_witness_be(&s->w[1], SCEPTIC, 0);
	log_batch(s);
	while (count_words(s, "error the witness w1 has seen 2 entries") == 0)
		(void)usleep(1000);
	log_batch(s);
	wait_until_witnessed(s, 4);
	assert_int_equal(count_words(s, "error"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_heads_are_cosigned_and_served),
		TEST(a_checkpoint_has_only_cosignatures_of_its_own_head),
		TEST(a_quorum_comes_together_while_heads_go_by),
		TEST(a_dead_witness_delays_nothing),
		TEST(without_a_quorum_nothing_is_witnessed_and_all_goes_on),
		TEST(what_a_witness_does_wrong_is_logged_once),
		TEST(a_new_policy_is_followed_at_once),
		TEST(an_address_that_cannot_be_used_is_told),
		TEST(only_who_runs_the_server_lets_it_ask_nearby),
		TEST(an_onion_is_asked_over_the_proxy),
		TEST(an_onion_without_a_proxy_is_not_looked_for),
		TEST(a_restart_goes_on_from_what_each_has_seen),
		TEST(what_was_witnessed_is_kept_over_a_restart),
		TEST(without_a_quorum_at_the_start_the_log_is_only_read),
		TEST(who_wants_to_goes_on_without_witnesses),
		TEST(a_log_behind_its_witnesses_does_not_go_on),
		TEST(a_log_beside_what_was_witnessed_does_not_go_on),
		TEST(an_objection_later_is_loud_and_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
