#include "base/httpd.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/listen.h"

#include "tests/unit/check.h"

#define MAX_BODY 100000
#define ANSWER_SIZE 200000
#define MUCH ((size_t)8 << 20) /* bytes: more than a kernel takes at once */
#define BUDGET (3 * MUCH + MAX_BODY) /* of those who ask for much */
#define SMALL_LIMIT 16 /* connections */

/*
 * A server of seven paths: /echo takes a body and gives it back, /later does so
 * from a worker, /never is not answered, /no answers at the head, /bytes gives
 * what is no text, /much a lot of it (to anybody, if `any` is asked), and all
 * else gives the query `q`.
 */
struct server {
	struct wb_httpd *h;
	uint16_t port;
	atomic_uint asked; /* hooks.request calls */
	struct wb_request *_Atomic held;
};

static bool
path_is(const struct wb_request *r, const char *path)
{
	return wb_span_equal(wb_request_path(r), wb_span_text(path));
}

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	const struct wb_answer no = { .status = 403 };
	struct wb_error err = { 0 };

	(void)ctx;
	if (path_is(r, "/no")) {
		*max_body = MAX_BODY;
		(void)wb_fail(&err, WB_REFUSED, "not \"you\"");
		wb_request_refuse(r, &no, &err);
	} else if (path_is(r, "/echo") || path_is(r, "/later"))
		*max_body = MAX_BODY;
}

static void
echo(struct wb_request *r)
{
	const struct wb_answer ok = { .status = 200, .type = "text/plain" };

	wb_request_answer(r, &ok, wb_request_body(r));
}

static void
on_work(void *ctx, struct wb_request *r)
{
	(void)ctx;
	echo(r);
}

static void
give_much(struct wb_request *r)
{
	struct wb_answer answer = { .status = 200 };
	struct wb_error err = { 0 };
	struct wb_bytes body;
	struct wb_span any;

	answer.to_anybody = wb_request_query(&any, r, "any");
	wb_bytes_init(&body, MUCH);
	assert_ok(wb_bytes_reserve(&body, MUCH, &err), &err);
	memset(body.data, 'x', MUCH);
	body.len = MUCH;
	wb_request_answer(r, &answer, &body);
}

static void
on_request(void *ctx, struct wb_request *r)
{
	const struct wb_answer ok = { .status = 200,
		.cache = "max-age=9",
		.allow = "GET" };
	const struct wb_answer bytes = { .status = 200 };
	struct wb_error err = { 0 };
	struct server *s = ctx;
	struct wb_span q = { 0 };
	struct wb_bytes body;

	s->asked++;
	if (path_is(r, "/echo"))
		echo(r);
	else if (path_is(r, "/later"))
		assert_true(wb_request_defer(r));
	else if (path_is(r, "/never"))
		s->held = r;
	else if (path_is(r, "/bytes"))
		wb_request_answer(r, &bytes, NULL);
	else if (path_is(r, "/much"))
		give_much(r);
	else {
		wb_bytes_init(&body, 4096);
		(void)wb_request_query(&q, r, "q");
		assert_ok(wb_bytes_append(&body, q, &err), &err);
		wb_request_answer(r, &ok, &body);
	}
}

static void
start_with(struct server *s, unsigned connections, unsigned seconds,
    size_t budget)
{
	const struct wb_httpd_limits limits = { .connections = connections,
		.request_seconds = seconds,
		.workers = 2,
		.body_budget = budget };
	const struct wb_httpd_hooks hooks = { .head = on_head,
		.request = on_request,
		.work = on_work,
		.ctx = s };
	struct wb_error err = { 0 };
	struct wb_listen address;
	int fd;

	memset(s, 0, sizeof *s);
	assert_ok(wb_listen_parse(&address, "127.0.0.1:0", &err), &err);
	assert_ok(wb_listen_open(&fd, &address, &err), &err);
	s->port = address.port;
	assert_ok(wb_httpd_start(&s->h, fd, &limits, &hooks, &err), &err);
}

static void
start(struct server *s, unsigned connections, unsigned seconds)
{
	start_with(s, connections, seconds, (size_t)4 * MAX_BODY);
}

static int
dial(const struct server *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval limit = { .tv_sec = 10 };
	struct sockaddr generic;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memcpy(&generic, &to, sizeof generic);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			     sizeof limit),
	    0);
	assert_int_equal(connect(fd, &generic, sizeof generic), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

/* All until the other side closes. */
static const char *
hear(int fd)
{
	static char text[ANSWER_SIZE];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

/* Until `wanted` is in what came; fails when the other side closes before. */
static void
hear_until(int fd, const char *wanted)
{
	static char text[ANSWER_SIZE];
	size_t len = 0;
	ssize_t n = 1;

	text[0] = '\0';
	while (strstr(text, wanted) == NULL && n > 0) {
		n = recv(fd, text + len, sizeof text - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
		text[len] = '\0';
	}
	if (n <= 0)
		print_error("wanted \"%s\", heard \"%s\"\n", wanted, text);
	assert_true(n > 0);
}

#define HOST "Host: x\r\n"
#define CLOSE "Connection: close\r\n"
#define END "\r\n"

static const struct row {
	const char *what;
	const char *request;
	const char *status;
	const char *has; /* NULL: nothing more */
	unsigned asked; /* how often the request hook may see it */
} rows[] = {
	{ "a plain request", "GET /x?q=a%20b HTTP/1.1\r\n" HOST CLOSE END,
	    "HTTP/1.1 200", "\r\n\r\na%20b", 1 },
	{ "a query among others",
	    "GET /x?z=1&q=7&y HTTP/1.1\r\n" HOST CLOSE END, "HTTP/1.1 200",
	    "\r\n\r\n7", 1 },
	{ "a body",
	    "POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n" END
	    "abc",
	    "HTTP/1.1 200", "\r\n\r\nabc", 1 },
	{ "a body, from a worker",
	    "POST /later HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n" END
	    "abc",
	    "HTTP/1.1 200", "\r\n\r\nabc", 1 },
	{ "an empty body",
	    "POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 0\r\n" END,
	    "HTTP/1.1 200", "Content-Length: 0", 1 },
	{ "a date", "GET /x HTTP/1.1\r\n" HOST CLOSE END, "HTTP/1.1 200",
	    "\r\nDate: ", 1 },
	{ "caching as told", "GET /x HTTP/1.1\r\n" HOST CLOSE END,
	    "HTTP/1.1 200", "Cache-Control: max-age=9", 1 },
	{ "no caching otherwise", "GET /echo HTTP/1.1\r\n" HOST CLOSE END,
	    "HTTP/1.1 200", "Cache-Control: no-store", 1 },
	{ "no more than needs be in answer to a POST",
	    "POST /bytes HTTP/1.1\r\n" HOST CLOSE "Content-Length: 0\r\n" END,
	    "HTTP/1.1 200",
	    "GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 1 },
	{ "no sniffing", "GET /echo HTTP/1.1\r\n" HOST CLOSE END,
	    "HTTP/1.1 200", "X-Content-Type-Options: nosniff", 1 },
	{ "an answer at the head",
	    "POST /no HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n" END
	    "abc",
	    "HTTP/1.1 403",
	    "{\"v\":1,\"error\":{\"id\":\"refused\",\"text\":\"not "
	    "\\\"you\\\"\"}}",
	    0 },
	{ "two lengths, unequal",
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Content-Length: 3\r\nContent-Length: 4\r\n" END "abcd",
	    "HTTP/1.1 400", NULL, 0 },
	{ "two lengths, equal",
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Content-Length: 3\r\ncontent-length: 3\r\n" END "abc",
	    "HTTP/1.1 400", NULL, 0 },
	{ "two lengths on a GET",
	    "GET /x HTTP/1.1\r\n" HOST
	    "Content-Length: 0\r\nContent-Length: 0\r\n" END,
	    "HTTP/1.1 400", NULL, 0 },
	{ "a length with a sign",
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: +3\r\n" END "abc",
	    "HTTP/1.1 400", NULL, 0 },
	{ "a length beyond all numbers",
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Content-Length: 99999999999999999999\r\n" END,
	    "HTTP/1.1 4", NULL, 0 },
	{ "chunks",
	    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END
	    "3\r\nabc\r\n0\r\n\r\n",
	    "HTTP/1.1 411", NULL, 0 },
	{ "chunks on a GET",
	    "GET /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END
	    "0\r\n\r\n",
	    "HTTP/1.1 411", NULL, 0 },
	{ "chunks and a length",
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" END "abc",
	    "HTTP/1.1 400", NULL, 0 },
	{ "no length", "POST /echo HTTP/1.1\r\n" HOST END, "HTTP/1.1 411", NULL,
	    0 },
	{ "too large, before it is sent",
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n" END,
	    "HTTP/1.1 413", NULL, 0 },
	{ "a body where none is taken",
	    "GET /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END "abc",
	    "HTTP/1.1 413", NULL, 0 },
	{ "garbage", "\x01\x02\x03 !\r\n\r\n", "", NULL, 0 },
	{ "no host", "GET /x HTTP/1.1\r\n" CLOSE END, "HTTP/1.1 400", NULL, 0 },
};

static void
answers_or_refuses_each_request_as_it_should(void **state)
{
	struct server s;

	(void)state;
	start(&s, 100, 10);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned before = s.asked;
		const char *text;
		int fd = dial(&s);

		print_message("  %s\n", rows[i].what);
		say(fd, rows[i].request);
		text = hear(fd);
		if (strncmp(text, rows[i].status, strlen(rows[i].status)) != 0)
			print_error("heard: %s\n", text);
		assert_memory_equal(text, rows[i].status,
		    strlen(rows[i].status));
		if (rows[i].has != NULL && strstr(text, rows[i].has) == NULL)
			fail_msg("%s: %s", rows[i].has, text);
		assert_int_equal(s.asked - before, rows[i].asked);
		(void)close(fd);
	}
	wb_httpd_stop(&s.h);
}

static void
answers_requests_sent_in_one_go_in_their_order(void **state)
{
	struct server s;
	const char *text;
	int fd;

	(void)state;
	start(&s, 100, 10);
	fd = dial(&s);
	say(fd,
	    "POST /later HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" END "first"
	    "GET /x?q=second HTTP/1.1\r\n" HOST END "POST /no HTTP/1.1\r\n" HOST
	    "Content-Length: 5\r\n" END "third"
	    "GET /x?q=fourth HTTP/1.1\r\n" HOST CLOSE END);
	text = hear(fd);
	text = strstr(text, "first");
	assert_non_null(text);
	text = strstr(text, "second");
	assert_non_null(text);
	text = strstr(text, "403");
	assert_non_null(text);
	assert_non_null(strstr(text, "fourth"));
	(void)close(fd);
	wb_httpd_stop(&s.h);
}

static void
answers_who_has_closed_the_sending_half(void **state)
{
	struct server s;
	int fd;

	(void)state;
	start(&s, 100, 10);
	fd = dial(&s);
	say(fd,
	    "POST /later HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END "abc");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	hear_until(fd, "\r\n\r\nabc");
	(void)close(fd);
	wb_httpd_stop(&s.h);
}

static void
closes_a_slow_sender_at_its_deadline_whatever_it_sends(void **state)
{
	struct wb_httpd_counts counts;
	struct server s;
	ssize_t n;
	int fd, rounds = 0;

	(void)state;
	start(&s, 100, 1);
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4000\r\n" END);
	for (n = 1; n > 0 && rounds < 100; rounds++) {
		struct timeval pause = { .tv_usec = 50000 };

		(void)select(0, NULL, NULL, NULL, &pause);
		n = send(fd, "x", 1, MSG_NOSIGNAL);
	}
	assert_true(n < 0);
	assert_in_range(rounds, 10, 60); /* 50 ms each: about a second */
	wb_httpd_count(&counts, s.h);
	assert_int_equal(counts.evicted, 1);
	assert_int_equal(s.asked, 0);
	(void)close(fd);
	wb_httpd_stop(&s.h);
}

static void
makes_room_by_closing_the_oldest_incomplete_connection(void **state)
{
	int slow[4 * SMALL_LIMIT], waiting, fd;
	struct server s;

	(void)state;
	start(&s, SMALL_LIMIT, 60);
	waiting = dial(&s);
	say(waiting, "GET /never HTTP/1.1\r\n" HOST END);
	while (s.held == NULL)
		(void)usleep(1000);
	for (size_t i = 0; i < 4 * SMALL_LIMIT; i++) {
		slow[i] = dial(&s);
		say(slow[i], i % 2 == 0 ? "GET /x HT"
					: "POST /echo HTTP/1.1\r\n" HOST
					  "Content-Length: 9\r\n" END "abc");
		fd = dial(&s);
		say(fd, "GET /x?q=honest HTTP/1.1\r\n" HOST END);
		hear_until(fd, "honest");
		(void)close(fd);
	}
	assert_string_equal(hear(slow[0]), "");
	/* Who waits for us is never the one to go. */
	echo(s.held);
	hear_until(waiting, "HTTP/1.1 200");
	for (size_t i = 0; i < 4 * SMALL_LIMIT; i++)
		(void)close(slow[i]);
	(void)close(waiting);
	wb_httpd_stop(&s.h);
}

/* Many senders of halves of bodies: the oldest lose theirs. */
static void
holds_no_more_of_all_bodies_than_its_budget(void **state)
{
	static char half[MAX_BODY - 1];
	struct wb_httpd_counts counts;
	struct server s;
	int fds[8], fd;

	(void)state;
	memset(half, 'x', sizeof half);
	start(&s, 100, 60);
	for (size_t i = 0; i < 8; i++) {
		fds[i] = dial(&s);
		say(fds[i], "POST /echo HTTP/1.1\r\n" HOST
			    "Content-Length: 100000\r\n" END);
		assert_int_equal(send(fds[i], half, sizeof half, MSG_NOSIGNAL),
		    sizeof half);
	}
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\n" HOST CLOSE
		"Content-Length: 100000\r\n" END);
	assert_int_equal(send(fd, half, sizeof half, MSG_NOSIGNAL),
	    sizeof half);
	say(fd, "!");
	hear_until(fd, "x!");
	wb_httpd_count(&counts, s.h);
	assert_true(counts.evicted >= 4);
	for (size_t i = 0; i < 8; i++)
		(void)close(fds[i]);
	(void)close(fd);
	wb_httpd_stop(&s.h);
}

/* Until so many were asked for, and so many closed; bounded. */
static uint64_t
wait_for_evicted(const struct server *s, unsigned asked, uint64_t n)
{
	struct wb_httpd_counts counts = { 0 };

	for (int i = 0; i < 1000 && (s->asked < asked || counts.evicted < n);
	     i++) {
		(void)poll(NULL, 0, 10);
		wb_httpd_count(&counts, s->h);
	}
	return counts.evicted;
}

static size_t
count_until_closed(int fd)
{
	static char piece[1 << 16];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		len += (size_t)n;
	return len;
}

#define DEAF 10

/*
 * Many ask for much and read nothing: of what anybody may ask for the oldest
 * goes first, and no more than the budget is held.
 */
static void
holds_no_more_of_all_answers_than_its_budget(void **state)
{
	struct server s;
	int fds[DEAF];

	(void)state;
	start_with(&s, 100, 60, BUDGET);
	for (unsigned i = 0; i < DEAF; i++) {
		fds[i] = dial(&s);
		say(fds[i], i == 1 || i == 2
				? "GET /much HTTP/1.1\r\n" HOST CLOSE END
				: "GET /much?any=1 HTTP/1.1\r\n" HOST END);
		assert_int_equal(wait_for_evicted(&s, i + 1, i < 3 ? 0 : i - 2),
		    i < 3 ? 0 : i - 2);
	}
	/* What was not for anybody is all there still. */
	for (size_t i = 1; i <= 2; i++)
		assert_true(count_until_closed(fds[i]) > MUCH);
	for (size_t i = 0; i < DEAF; i++)
		(void)close(fds[i]);
	wb_httpd_stop(&s.h);
}

/* A body that comes has room made for it, too; the newest answers stay. */
static void
gives_up_the_oldest_answer_where_all_are_somebodys(void **state)
{
	static char body[MAX_BODY];
	struct server s;
	int fds[4], fd;

	(void)state;
	memset(body, 'x', sizeof body);
	start_with(&s, 100, 60, BUDGET - MAX_BODY);
	for (unsigned i = 0; i < 4; i++) {
		fds[i] = dial(&s);
		say(fds[i], "GET /much HTTP/1.1\r\n" HOST CLOSE END);
		assert_int_equal(wait_for_evicted(&s, i + 1, i == 3), i == 3);
	}
	fd = dial(&s);
	say(fd, "POST /echo HTTP/1.1\r\n" HOST CLOSE
		"Content-Length: 100000\r\n" END);
	assert_int_equal(send(fd, body, sizeof body, MSG_NOSIGNAL),
	    sizeof body);
	assert_true(count_until_closed(fd) > sizeof body);
	assert_int_equal(wait_for_evicted(&s, 5, 2), 2);
	for (size_t i = 2; i < 4; i++)
		assert_true(count_until_closed(fds[i]) > MUCH);
	(void)close(fd);
	for (size_t i = 0; i < 4; i++)
		(void)close(fds[i]);
	wb_httpd_stop(&s.h);
}

static void *
drain_from_aside(void *ctx)
{
	struct server *s = ctx;

	wb_httpd_drain(s->h, 5000);
	return NULL;
}

static void
finishes_what_it_has_begun_before_it_stops(void **state)
{
	struct server s;
	pthread_t thread;
	int fd, open;

	(void)state;
	start(&s, 100, 10);
	fd = dial(&s);
	open = dial(&s);
	say(open, "GET /x?q=before HTTP/1.1\r\n" HOST END);
	hear_until(open, "before");
	say(fd, "GET /never HTTP/1.1\r\n" HOST END);
	while (s.held == NULL)
		(void)usleep(1000);
	assert_int_equal(pthread_create(&thread, NULL, drain_from_aside, &s),
	    0);
	say(open, "GET /x?q=after HTTP/1.1\r\n" HOST END);
	(void)usleep(100000);
	echo(s.held);
	hear_until(fd, "HTTP/1.1 200");
	(void)pthread_join(thread, NULL);
	(void)close(fd);
	(void)close(open);
	wb_httpd_stop(&s.h);
}

static void
stops_with_requests_that_nobody_has_answered(void **state)
{
	struct server s;
	int fd;

	(void)state;
	start(&s, 100, 10);
	fd = dial(&s);
	say(fd, "GET /never HTTP/1.1\r\n" HOST END);
	while (s.held == NULL)
		(void)usleep(1000);
	wb_httpd_drain(s.h, 10);
	wb_httpd_stop(&s.h);
	assert_string_equal(hear(fd), "");
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_or_refuses_each_request_as_it_should),
		cmocka_unit_test(
		    answers_requests_sent_in_one_go_in_their_order),
		cmocka_unit_test(answers_who_has_closed_the_sending_half),
		cmocka_unit_test(
		    closes_a_slow_sender_at_its_deadline_whatever_it_sends),
		cmocka_unit_test(
		    makes_room_by_closing_the_oldest_incomplete_connection),
		cmocka_unit_test(holds_no_more_of_all_bodies_than_its_budget),
		cmocka_unit_test(holds_no_more_of_all_answers_than_its_budget),
		cmocka_unit_test(
		    gives_up_the_oldest_answer_where_all_are_somebodys),
		cmocka_unit_test(finishes_what_it_has_begun_before_it_stops),
		cmocka_unit_test(stops_with_requests_that_nobody_has_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
