/* Requests over HTTP, against our own server in this process. */
#include "base/fetch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/httpd.h"
#include "base/listen.h"

#include "tests/unit/tempdir.h"

#define MAX_BODY 100000
#define BIG 50000 /* bytes of the answer to /big */
#define LONG_MS 60000

struct scene {
	struct check_dir dir;
	struct wb_httpd *h;
	struct wb_fetcher *fetcher;
	struct wb_fetch *fetch;
	struct wb_target target;
	struct wb_error err;
	atomic_uint asked;
	atomic_bool leaky; /* a request said more than it should */
	char greeting[32]; /* the header X-Greeting of the newest request */
};

/* ---- the server */

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	(void)ctx;
	(void)r;
	*max_body = MAX_BODY;
}

static bool
is(struct wb_request *r, const char *path)
{
	return wb_span_equal(wb_request_path(r), wb_span_text(path));
}

static void
answer(struct wb_request *r, unsigned status, struct wb_span text)
{
	const struct wb_answer a = { .status = status,
		.type = "text/plain",
		.retry_after = status == 503 ? 7 : 0 };
	struct wb_bytes body;

	wb_bytes_init(&body, MAX_BODY);
	(void)!wb_bytes_append(&body, text, NULL);
	wb_request_answer(r, &a, &body);
	wb_bytes_clear(&body);
}

/* /never is not answered; the header is for one request at a time. */
static void
on_request(void *ctx, struct wb_request *r)
{
	static const uint8_t big[BIG];
	const char *greeting = wb_request_header(r, "X-Greeting");
	struct scene *s = ctx;

	if (wb_request_header(r, "User-Agent") != NULL ||
	    wb_request_header(r, "Cookie") != NULL ||
	    wb_request_header(r, "Accept") != NULL)
		atomic_store(&s->leaky, true);
	if (greeting != NULL)
		(void)snprintf(s->greeting, sizeof s->greeting, "%s", greeting);
	atomic_fetch_add(&s->asked, 1);
	if (is(r, "/echo"))
		answer(r, 200, wb_bytes_span(wb_request_body(r)));
	else if (is(r, "/big"))
		answer(r, 200, wb_span(big, sizeof big));
	else if (is(r, "/moved"))
		answer(r, 302, wb_span_text("elsewhere"));
	else if (is(r, "/busy"))
		answer(r, 503, wb_span_text("later"));
	else if (!is(r, "/never"))
		answer(r, 404, wb_span_text("none"));
}

static void
serve(struct scene *s, const char *where)
{
	const struct wb_httpd_limits limits = { .connections = 16,
		.request_seconds = 600,
		.body_budget = 10 * MAX_BODY };
	const struct wb_httpd_hooks hooks = { .head = on_head,
		.request = on_request,
		.ctx = s };
	char url[WB_MAX_LISTEN + 16];
	struct wb_listen address;
	int fd;

	assert_ok(wb_listen_parse(&address, where, &s->err), &s->err);
	assert_ok(wb_listen_open(&fd, &address, &s->err), &s->err);
	assert_ok(wb_httpd_start(&s->h, fd, &limits, &hooks, &s->err), &s->err);
	wb_listen_format(url, &address);
	assert_ok(wb_target_parse(&s->target, url, NULL, &s->err), &s->err);
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	check_dir_make(&s->dir);
	serve(s, "127.0.0.1:0");
	assert_ok(wb_fetcher_open(&s->fetcher, &s->err), &s->err);
	assert_ok(wb_fetch_new(&s->fetch, s->fetcher, &s->err), &s->err);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	wb_fetch_free(&s->fetch);
	wb_fetcher_close(&s->fetcher);
	if (s->h != NULL)
		wb_httpd_stop(&s->h);
	check_dir_remove(&s->dir);
	free(s);
	return 0;
}

/* ---- addresses */

static const struct address_row {
	const char *name;
	const char *url;
	const char *proxy;
	const char *base; /* NULL: refused */
	const char *route;
} address_rows[] = {
	{ "https", "https://aid.example.org", NULL, "https://aid.example.org",
	    "direct" },
	{ "with port and path", "https://a.example:8443/aid/", NULL,
	    "https://a.example:8443/aid", "direct" },
	{ "http on this machine", "http://127.0.0.1:8443", NULL,
	    "http://127.0.0.1:8443", "direct" },
	{ "all of 127", "http://127.9.9.9:1", NULL, "http://127.9.9.9:1",
	    "direct" },
	{ "http to the loopback of 6", "http://[::1]:8443", NULL,
	    "http://[::1]:8443", "direct" },
	{ "http to localhost", "http://localhost:1/", NULL,
	    "http://localhost:1", "direct" },
	{ "http elsewhere", "http://aid.example.org", NULL, NULL, NULL },
	{ "http to 128", "http://128.0.0.1", NULL, NULL, NULL },
	{ "a name that begins like loopback", "http://127.0.0.1.example.org",
	    NULL, NULL, NULL },
	{ "a name that ends like localhost", "http://notlocalhost", NULL, NULL,
	    NULL },
	{ "an onion over Tor", "http://abc.onion", "socks5h://127.0.0.1:9050",
	    "http://abc.onion", "over Tor" },
	{ "an onion without Tor", "http://abc.onion", NULL, NULL, NULL },
	{ "a proxy", "https://aid.example.org", "socks5h://10.0.0.1:1080",
	    "https://aid.example.org", "over a proxy" },
	{ "Tor to a plain name", "https://aid.example.org",
	    "socks5h://127.0.0.1:9150", "https://aid.example.org", "over Tor" },
	{ "a proxy that looks up names here", "https://aid.example.org",
	    "socks5://127.0.0.1:9050", NULL, NULL },
	{ "an HTTP proxy", "https://aid.example.org", "http://127.0.0.1:3128",
	    NULL, NULL },
	{ "a password in it", "https://me:secret@aid.example.org", NULL, NULL,
	    NULL },
	{ "a query", "https://aid.example.org/?a=1", NULL, NULL, NULL },
	{ "a fragment", "https://aid.example.org/#a", NULL, NULL, NULL },
	{ "another scheme", "ftp://aid.example.org", NULL, NULL, NULL },
	{ "a file", "file:///etc/passwd", NULL, NULL, NULL },
	{ "no scheme", "aid.example.org", NULL, NULL, NULL },
	{ "nothing", "", NULL, NULL, NULL },
	{ "a socket", "unix:/run/waybilld.sock", NULL, "http://localhost",
	    "direct" },
	{ "a socket without a path", "unix:", NULL, NULL, NULL },
};

static void
only_safe_addresses_are_taken(void **state)
{
	struct wb_error err = { 0 };
	struct wb_target t;
	enum wb_status st;

	(void)state;
	for (size_t i = 0; i < sizeof address_rows / sizeof address_rows[0];
	     i++) {
		const struct address_row *row = &address_rows[i];

		print_message("  %s\n", row->name);
		st = wb_target_parse(&t, row->url, row->proxy, &err);
		assert_int_equal(st, row->base == NULL ? WB_INVALID : WB_OK);
		if (row->base == NULL)
			continue;
		assert_string_equal(t.base, row->base);
		assert_string_equal(t.route, row->route);
	}
}

static const struct confined_row {
	const char *name;
	const char *url;
	const char *proxy;
	enum wb_status status;
	enum wb_target_reach reach;
} confined_rows[] = {
	{ "a name", "https://w.example.org/w1", NULL, WB_OK, WB_REACH_GLOBAL },
	{ "a public address", "https://9.9.9.9", NULL, WB_OK, WB_REACH_GLOBAL },
	{ "this machine", "http://127.0.0.1:8444", NULL, WB_OK,
	    WB_REACH_LOOPBACK },
	{ "this machine by name", "http://localhost:1024/", NULL, WB_OK,
	    WB_REACH_LOOPBACK },
	{ "over TLS", "https://[::1]:65535", NULL, WB_OK, WB_REACH_LOOPBACK },
	{ "a name over a proxy", "https://w.example.org",
	    "socks5h://127.0.0.1:9050", WB_OK, WB_REACH_ALL },
	{ "an onion", "http://abc.onion", "socks5h://127.0.0.1:9050", WB_OK,
	    WB_REACH_ALL },
	{ "a socket", "unix:/run/docker.sock", NULL, WB_REFUSED, 0 },
	{ "a port of the system", "http://127.0.0.1:1023", NULL, WB_REFUSED,
	    0 },
	{ "the port that goes without saying", "http://127.0.0.1", NULL,
	    WB_REFUSED, 0 },
	{ "a path on this machine", "http://127.0.0.1:8444/a", NULL, WB_REFUSED,
	    0 },
	{ "a private address", "https://10.0.0.1", NULL, WB_REFUSED, 0 },
	{ "one in a number", "https://0xa000001", NULL, WB_REFUSED, 0 },
	{ "a mapped one", "https://[::ffff:127.0.0.1]", NULL, WB_REFUSED, 0 },
	{ "a site's own", "https://[fd00::1]:8443", NULL, WB_REFUSED, 0 },
	{ "one over a proxy", "https://192.168.0.1", "socks5h://127.0.0.1:9050",
	    WB_REFUSED, 0 },
};

static void
another_persons_address_leads_nowhere_near(void **state)
{
	struct wb_error err = { 0 };
	struct wb_target t;

	(void)state;
	for (size_t i = 0; i < sizeof confined_rows / sizeof confined_rows[0];
	     i++) {
		const struct confined_row *row = &confined_rows[i];

		print_message("  %s\n", row->name);
		assert_ok(wb_target_parse(&t, row->url, row->proxy, &err),
		    &err);
		assert_int_equal(t.reach, WB_REACH_ALL);
		assert_int_equal(wb_target_confine(&t, &err), row->status);
		if (row->status == WB_OK)
			assert_int_equal(t.reach, row->reach);
	}
}

/* ---- requests */

static struct wb_fetch_ask
ask_for(const struct scene *s, const char *path)
{
	return (struct wb_fetch_ask){ .target = &s->target,
		.method = "GET",
		.path = path,
		.max = MAX_BODY,
		.connect_ms = LONG_MS,
		.stall_seconds = LONG_MS / 1000,
		.whole_ms = LONG_MS };
}

static void
wait_for(struct scene *s, const struct wb_fetch *fetch)
{
	while (!wb_fetch_finished(fetch))
		assert_ok(wb_fetcher_turn(s->fetcher, LONG_MS, &s->err),
		    &s->err);
	assert_false(wb_fetch_under_way(fetch));
}

static struct wb_fetched
fetch(struct scene *s, const struct wb_fetch_ask *ask)
{
	struct wb_fetched got;

	assert_ok(wb_fetch_start(s->fetch, ask, &s->err), &s->err);
	wait_for(s, s->fetch);
	wb_fetch_result(&got, s->fetch);
	return got;
}

static void
a_body_goes_and_comes_back_and_nothing_is_told_besides(void **state)
{
	static const char *const headers[] = { "X-Greeting: hello",
		"Content-Type: text/plain", NULL };
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/echo");
	struct wb_fetched got;
	struct wb_bytes body;
	int64_t date;

	ask.method = "POST";
	ask.headers = headers;
	ask.body = wb_span_text("some bytes");
	got = fetch(s, &ask);
	assert_int_equal(got.end, WB_FETCH_ANSWERED);
	assert_int_equal(got.status, 200);
	assert_true(wb_span_equal(got.body, ask.body));
	assert_string_equal(s->greeting, "hello");
	assert_true(wb_fetch_date(&date, s->fetch));
	assert_true(date > 1700000000);
	wb_bytes_init(&body, MAX_BODY);
	wb_fetch_take(&body, s->fetch);
	assert_true(wb_span_equal(wb_bytes_span(&body), ask.body));
	wb_bytes_clear(&body);
	ask.body = wb_span(NULL, 0);
	got = fetch(s, &ask);
	assert_int_equal(got.status, 200);
	assert_int_equal(got.body.len, 0);
	assert_false(atomic_load(&s->leaky));
}

static void
every_status_is_an_answer(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/moved");
	struct wb_fetched got = fetch(s, &ask);

	assert_int_equal(got.end, WB_FETCH_ANSWERED);
	assert_int_equal(got.status, 302);
	ask = ask_for(s, "/busy");
	got = fetch(s, &ask);
	assert_int_equal(got.status, 503);
	assert_int_equal(got.retry_after, 7);
	ask = ask_for(s, "/nowhere");
	got = fetch(s, &ask);
	assert_int_equal(got.status, 404);
	assert_int_equal(got.retry_after, 0);
	assert_int_equal(atomic_load(&s->asked), 3);
}

static void
an_answer_has_a_largest_size(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/big");
	struct wb_fetched got;

	ask.max = BIG;
	got = fetch(s, &ask);
	assert_int_equal(got.end, WB_FETCH_ANSWERED);
	assert_int_equal(got.body.len, BIG);
	ask.max = BIG - 1;
	got = fetch(s, &ask);
	assert_int_equal(got.end, WB_FETCH_TOO_LARGE);
}

static void
a_path_has_a_largest_size(void **state)
{
	char path[WB_MAX_FETCH_PATH + 1];
	struct scene *s = *state;
	struct wb_fetch_ask ask;

	memset(path, 'a', sizeof path);
	ask = ask_for(s, path);
	path[0] = '/';
	path[WB_MAX_FETCH_PATH] = '\0';
	assert_status(WB_INVALID, wb_fetch_start(s->fetch, &ask, &s->err),
	    &s->err);
	assert_false(wb_fetch_under_way(s->fetch));
	path[WB_MAX_FETCH_PATH - 1] = '\0';
	assert_ok(wb_fetch_start(s->fetch, &ask, &s->err), &s->err);
}

static void
who_never_answers_is_left_in_time(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/never");
	struct wb_fetched got;

	ask.whole_ms = 100;
	got = fetch(s, &ask);
	assert_int_equal(got.end, WB_FETCH_TIMEOUT);
	assert_int_equal(got.status, 0);
}

static void
who_never_answers_delays_nobody_else(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask slow = ask_for(s, "/never");
	struct wb_fetch_ask quick = ask_for(s, "/echo");
	struct wb_fetch *other = NULL;
	struct wb_fetched got;

	assert_ok(wb_fetch_new(&other, s->fetcher, &s->err), &s->err);
	assert_ok(wb_fetch_start(other, &slow, &s->err), &s->err);
	got = fetch(s, &quick);
	assert_int_equal(got.status, 200);
	assert_true(wb_fetch_under_way(other));
	wb_fetch_drop(other);
	assert_false(wb_fetch_under_way(other));
	assert_false(wb_fetch_finished(other));
	assert_ok(wb_fetch_start(other, &quick, &s->err), &s->err);
	wait_for(s, other);
	wb_fetch_free(&other);
	assert_null(other);
}

static void *
wake(void *ctx)
{
	wb_fetcher_wake(ctx);
	return NULL;
}

static void
another_thread_ends_the_waiting(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/never");
	pthread_t thread;

	ask.stall_seconds = 0; /* else libcurl wakes by itself, to look */
	assert_ok(wb_fetch_start(s->fetch, &ask, &s->err), &s->err);
	for (int i = 0; i < 3; i++)
		assert_ok(wb_fetcher_turn(s->fetcher, 1, &s->err), &s->err);
	assert_int_equal(pthread_create(&thread, NULL, wake, s->fetcher), 0);
	while (atomic_load(&s->asked) == 0)
		assert_ok(wb_fetcher_turn(s->fetcher, 1, &s->err), &s->err);
	assert_int_equal(pthread_join(thread, NULL), 0);
	wb_fetcher_wake(s->fetcher);
	assert_ok(wb_fetcher_turn(s->fetcher, LONG_MS, &s->err), &s->err);
	assert_true(wb_fetch_under_way(s->fetch));
}

static void
a_unix_socket_is_asked_too(void **state)
{
	char where[CHECK_PATH_SIZE + 8];
	struct scene *s = *state;
	struct wb_fetch_ask ask;
	struct wb_fetched got;

	wb_httpd_stop(&s->h);
	(void)snprintf(where, sizeof where, "unix:%s",
	    check_path(&s->dir, "socket"));
	serve(s, where);
	ask = ask_for(s, "/echo");
	got = fetch(s, &ask);
	assert_int_equal(got.end, WB_FETCH_ANSWERED);
	assert_int_equal(got.status, 200);
}

static void
without_a_server_there_is_no_connection(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/echo");
	struct wb_fetched got;

	wb_httpd_stop(&s->h);
	got = fetch(s, &ask);
	assert_int_equal(got.end, WB_FETCH_NO_CONNECTION);
	assert_true(got.words[0] != '\0');
}

/* A proxy in the environment is nobody's choice for this program. */
static void
only_the_targets_proxy_is_used(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/echo");
	char url[WB_MAX_TARGET_URL];

	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:9", 1), 0);
	assert_int_equal(fetch(s, &ask).end, WB_FETCH_ANSWERED);
	assert_int_equal(setenv("NO_PROXY", "*", 1), 0);
	(void)snprintf(url, sizeof url, "%s", s->target.base);
	assert_ok(wb_target_parse(&s->target, url, "socks5h://127.0.0.1:9",
		      &s->err),
	    &s->err);
	assert_true(wb_target_is_far(&s->target));
	assert_int_not_equal(fetch(s, &ask).end, WB_FETCH_ANSWERED);
	assert_int_equal(atomic_load(&s->asked), 1);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(unsetenv("ALL_PROXY"), 0);
	assert_int_equal(unsetenv("NO_PROXY"), 0);
}

/* As where a name is looked up anew between two looks. */
static void
what_a_name_leads_to_is_looked_at_when_it_connects(void **state)
{
	struct scene *s = *state;
	struct wb_fetch_ask ask = ask_for(s, "/echo");

	s->target.reach = WB_REACH_GLOBAL;
	assert_int_equal(fetch(s, &ask).end, WB_FETCH_OUT_OF_REACH);
	assert_int_equal(atomic_load(&s->asked), 0);
	s->target.reach = WB_REACH_LOOPBACK;
	assert_int_equal(fetch(s, &ask).end, WB_FETCH_ANSWERED);
	s->target.reach = WB_REACH_ALL;
	assert_int_equal(fetch(s, &ask).end, WB_FETCH_ANSWERED);
	assert_int_equal(atomic_load(&s->asked), 2);
	wb_httpd_stop(&s->h);
	s->target.reach = WB_REACH_LOOPBACK;
	assert_int_equal(fetch(s, &ask).end, WB_FETCH_NO_CONNECTION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_safe_addresses_are_taken),
		cmocka_unit_test(another_persons_address_leads_nowhere_near),
		TEST(what_a_name_leads_to_is_looked_at_when_it_connects),
		TEST(a_body_goes_and_comes_back_and_nothing_is_told_besides),
		TEST(every_status_is_an_answer),
		TEST(an_answer_has_a_largest_size),
		TEST(a_path_has_a_largest_size),
		TEST(who_never_answers_is_left_in_time),
		TEST(who_never_answers_delays_nobody_else),
		TEST(another_thread_ends_the_waiting),
		TEST(a_unix_socket_is_asked_too),
		TEST(without_a_server_there_is_no_connection),
		TEST(only_the_targets_proxy_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
