/* The log and its witnesses: over real connections, in this process. */
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/server/fake_socks.h"
#include "tests/unit/server/witness_scene.h"

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

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_make, scene_remove)

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
