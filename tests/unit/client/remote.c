/* Requests over libcurl, against our own HTTP server in this process. */
#include "client/remote/remote.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/httpd.h"
#include "base/listen.h"
#include "crypto/text.h"
#include "proto/ack.h"
#include "proto/envelope.h"

#include "tests/unit/client/fixture.h"

#define MAX_BODY 100000
#define BIG 50000 /* bytes of the answer to /big */
#define CLOCK_SECONDS 600

struct scene {
	struct fixture f;
	struct wb_httpd *h;
	struct wb_remote *remote;
	char url[WB_MAX_LISTEN + 16];
	atomic_uint asked;
	atomic_uint busy; /* so many requests are put off */
	atomic_bool leaky; /* a request said more than it should */
};

/* ---- the server */

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	(void)ctx;
	(void)r;
	*max_body = MAX_BODY;
}

static void
answer(struct wb_request *r, unsigned status, struct wb_span text)
{
	const struct wb_answer a = { .status = status, .type = "text/plain" };
	struct wb_bytes body;

	wb_bytes_init(&body, MAX_BODY);
	(void)!wb_bytes_append(&body, text, NULL);
	wb_request_answer(r, &a, &body);
	wb_bytes_clear(&body);
}

static void
refuse(struct wb_request *r, unsigned status, const char *id, const char *text)
{
	const struct wb_answer a = { .status = status };
	struct wb_error why = { 0 };

	(void)wb_advise(&why, wb_fail(&why, WB_REFUSED, "%s", text), id, NULL);
	wb_request_refuse(r, &a, &why);
}

/* Seconds between the signed read's time and now; LONG_MAX: no good read. */
static long
check_read(const struct scene *s, struct wb_request *r)
{
	const char *header = wb_request_header(r, "Authorization");
	struct wb_read read = { .programme = s->f.k1.programme,
		.log_key = s->f.k1.log.key,
		.method = wb_span_text(wb_request_method(r)),
		.path = wb_span_text(wb_request_target(r)) };
	struct wb_signature signature;
	uint8_t token[WB_READ_TOKEN];
	size_t len;

	if (header == NULL || strncmp(header, "Waybill ", 8) != 0 ||
	    !wb_base64_decode(token, sizeof token, &len,
		wb_span_text(header + 8)) ||
	    len != sizeof token)
		return LONG_MAX;
	wb_read_token_split(&read, &signature, token);
	if (!wb_key_equal(&read.signer, &s->f.k1.signer.key) ||
	    wb_read_verify(&read, &signature, NULL) != WB_OK)
		return LONG_MAX;
	return labs((long)read.time - (long)wb_clock_now(wb_clock_system()));
}

static void
answer_member(const struct scene *s, struct wb_request *r)
{
	long off = check_read(s, r);

	if (off == LONG_MAX)
		refuse(r, 401, "authorization", "no read");
	else if (off > CLOCK_SECONDS)
		refuse(r, 401, "clock", "the clocks differ");
	else
		answer(r, 200, wb_span_text("welcome"));
}

static bool
is(struct wb_request *r, const char *path)
{
	return wb_span_equal(wb_request_path(r), wb_span_text(path));
}

static void
on_request(void *ctx, struct wb_request *r)
{
	static const uint8_t big[BIG];
	struct scene *s = ctx;

	atomic_fetch_add(&s->asked, 1);
	if (wb_request_header(r, "User-Agent") != NULL ||
	    wb_request_header(r, "Cookie") != NULL ||
	    wb_request_header(r, "Accept") != NULL)
		atomic_store(&s->leaky, true);
	if (atomic_load(&s->busy) > 0) {
		atomic_fetch_sub(&s->busy, 1);
		refuse(r, 503, "busy", "later");
	} else if (is(r, "/echo"))
		answer(r, 200, wb_bytes_span(wb_request_body(r)));
	else if (is(r, "/member"))
		answer_member(s, r);
	else if (is(r, "/wrong-clock"))
		refuse(r, 401, "clock", "the clocks differ");
	else if (is(r, "/revoked"))
		refuse(r, 403, "revoked", "no \"member\"");
	else if (is(r, "/lost"))
		refuse(r, 401, "log-rolled-back", "fewer entries");
	else if (is(r, "/strange"))
		refuse(r, 400, "never-heard-of", "why");
	else if (is(r, "/big"))
		answer(r, 200, wb_span(big, sizeof big));
	else if (is(r, "/moved"))
		answer(r, 302, wb_span_text("elsewhere"));
	else if (is(r, "/gone"))
		answer(r, 410, wb_span_text("old"));
	else if (is(r, "/full"))
		refuse(r, 503, "storage", "not now");
	else if (is(r, "/held"))
		refuse(r, 503, "no-quorum", "not now");
	else if (is(r, "/broken"))
		answer(r, 502, wb_span_text("gateway"));
	else
		answer(r, 404, wb_span_text("none"));
}

static int
setup(void **state)
{
	const struct wb_httpd_limits limits = { .connections = 16,
		.request_seconds = 10,
		.body_budget = 10 * MAX_BODY };
	struct scene *s = calloc(1, sizeof *s);
	struct wb_httpd_hooks hooks = { .head = on_head,
		.request = on_request };
	struct wb_listen address;
	int fd;

	assert_non_null(s);
	fixture_begin(&s->f, 7);
	assert_ok(wb_listen_parse(&address, "127.0.0.1:0", &s->f.err),
	    &s->f.err);
	assert_ok(wb_listen_open(&fd, &address, &s->f.err), &s->f.err);
	hooks.ctx = s;
	assert_ok(wb_httpd_start(&s->h, fd, &limits, &hooks, &s->f.err),
	    &s->f.err);
	wb_listen_format(s->url, &address);
	assert_ok(wb_remote_open(&s->remote, &s->f.k1, s->url, NULL, &s->f.err),
	    &s->f.err);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	wb_remote_close(&s->remote);
	if (s->h != NULL)
		wb_httpd_stop(&s->h);
	fixture_end(&s->f);
	free(s);
	return 0;
}

/* ---- requests */

static enum wb_status
get(struct scene *s, const char *path, bool as_member, size_t max,
    struct wb_bytes *out)
{
	enum wb_status st;

	s->f.err = (struct wb_error){ 0 };
	wb_bytes_init(out, MAX_BODY);
	st = wb_remote_get(out, s->remote, path, as_member, max, &s->f.err);
	return st;
}

static void
expect(struct scene *s, const char *path, enum wb_status status, const char *id)
{
	struct wb_bytes body;

	assert_status(status, get(s, path, false, MAX_BODY, &body), &s->f.err);
	assert_string_equal(wb_error_id(&s->f.err), id);
	assert_int_equal(body.len, 0);
	wb_bytes_clear(&body);
}

static void
a_body_goes_and_comes_back_and_nothing_is_told_besides(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;

	wb_bytes_init(&body, MAX_BODY);
	assert_ok(wb_remote_post(&body, s->remote, "/echo",
		      wb_span_text("some bytes"), false, MAX_BODY, &s->f.err),
	    &s->f.err);
	assert_true(
	    wb_span_equal(wb_bytes_span(&body), wb_span_text("some bytes")));
	assert_ok(wb_remote_post(&body, s->remote, "/echo", wb_span(NULL, 0),
		      false, MAX_BODY, &s->f.err),
	    &s->f.err);
	assert_int_equal(body.len, strlen("some bytes"));
	assert_false(atomic_load(&s->leaky));
	assert_string_equal(wb_remote_route(s->remote), "direct");
	wb_bytes_clear(&body);
}

static void
what_the_server_says_keeps_its_meaning(void **state)
{
	struct scene *s = *state;

	expect(s, "/revoked", WB_REFUSED, "revoked");
	assert_non_null(strstr(s->f.err.text, "member"));
	expect(s, "/lost", WB_FORGED, "log-rolled-back");
	expect(s, "/strange", WB_REFUSED, "refused");
	expect(s, "/none", WB_NOT_FOUND, "not-found");
	expect(s, "/gone", WB_NEWER, "newer");
	expect(s, "/moved", WB_REFUSED, "refused");
	expect(s, "/broken", WB_OFFLINE, "server-failed");
	expect(s, "/full", WB_OFFLINE, "server-storage");
	expect(s, "/held", WB_OFFLINE, "server-no-quorum");
	assert_int_equal(atomic_load(&s->asked), 9);
}

static void
an_answer_has_a_largest_size(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;

	assert_ok(get(s, "/big", false, BIG, &body), &s->f.err);
	assert_int_equal(body.len, BIG);
	wb_bytes_clear(&body);
	assert_status(WB_REFUSED, get(s, "/big", false, BIG - 1, &body),
	    &s->f.err);
	assert_string_equal(wb_error_id(&s->f.err), "answer");
	wb_bytes_clear(&body);
}

static void
a_wrong_clock_reads_by_the_servers(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;

	s->f.now = 1000; /* 1970 */
	assert_ok(get(s, "/member", true, MAX_BODY, &body), &s->f.err);
	assert_int_equal(atomic_load(&s->asked), 2);
	wb_bytes_clear(&body);
	assert_ok(get(s, "/member", true, MAX_BODY, &body), &s->f.err);
	assert_int_equal(atomic_load(&s->asked), 3);
	wb_bytes_clear(&body);
	assert_status(WB_REFUSED, get(s, "/wrong-clock", true, MAX_BODY, &body),
	    &s->f.err);
	assert_string_equal(wb_error_id(&s->f.err), "clock");
	assert_int_equal(atomic_load(&s->asked), 5);
	wb_bytes_clear(&body);
}

static void
a_busy_server_is_asked_again(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;

	atomic_store(&s->busy, 1);
	assert_status(WB_NOT_FOUND, get(s, "/none", false, MAX_BODY, &body),
	    &s->f.err);
	assert_int_equal(atomic_load(&s->asked), 2);
	wb_bytes_clear(&body);
}

static void
several_uploads_are_under_way_at_once(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;
	unsigned came = 0;
	int64_t tag;
	bool more;

	wb_bytes_init(&body, MAX_BODY);
	atomic_store(&s->busy, 1);
	for (int64_t i = 0; i < WB_MAX_IN_FLIGHT; i++) {
		assert_ok(wb_bytes_printf(&body, &s->f.err, "body %d", (int)i),
		    &s->f.err);
		assert_ok(wb_remote_start_post(s->remote, i, "/echo", &body,
			      &s->f.err),
		    &s->f.err);
		assert_int_equal(body.len, 0);
	}
	for (int i = 0; i < WB_MAX_IN_FLIGHT; i++) {
		assert_ok(wb_remote_next(&tag, &body, &more, s->remote,
			      &s->f.err),
		    &s->f.err);
		assert_true(more);
		assert_int_equal(body.len, strlen("body 0"));
		assert_int_equal(body.data[5], '0' + tag);
		came |= 1U << tag;
	}
	assert_int_equal(came, (1U << WB_MAX_IN_FLIGHT) - 1);
	assert_ok(wb_remote_next(&tag, &body, &more, s->remote, &s->f.err),
	    &s->f.err);
	assert_false(more);
	wb_bytes_clear(&body);
}

static void
without_a_server_there_is_no_connection(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;
	int64_t tag;
	bool more;

	wb_httpd_stop(&s->h);
	expect(s, "/none", WB_OFFLINE, "offline");
	wb_bytes_init(&body, MAX_BODY);
	assert_ok(wb_remote_start_post(s->remote, 7, "/echo", &body, &s->f.err),
	    &s->f.err);
	assert_status(WB_OFFLINE,
	    wb_remote_next(&tag, &body, &more, s->remote, &s->f.err),
	    &s->f.err);
	assert_true(more);
	assert_int_equal(tag, 7);
	wb_bytes_clear(&body);
}

/* A proxy in the environment is not the user's choice for this program. */
static void
the_environment_chooses_no_proxy(void **state)
{
	struct scene *s = *state;

	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:9", 1), 0);
	expect(s, "/none", WB_NOT_FOUND, "not-found");
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(unsetenv("ALL_PROXY"), 0);
}

static void
an_address_that_cannot_be_used_is_told(void **state)
{
	struct scene *s = *state;
	struct wb_remote *none;

	assert_status(WB_INVALID,
	    wb_remote_open(&none, &s->f.k1, "http://aid.example.org", NULL,
		&s->f.err),
	    &s->f.err);
	assert_null(none);
	assert_string_equal(wb_error_id(&s->f.err), "server-address");
	assert_non_null(strstr(s->f.err.text, "the server: the address must"));
}

/* Nothing goes around a proxy that does not work. */
static void
nothing_goes_around_the_proxy(void **state)
{
	struct scene *s = *state;

	wb_remote_close(&s->remote);
	assert_int_equal(setenv("NO_PROXY", "*", 1), 0);
	assert_ok(wb_remote_open(&s->remote, &s->f.k1, s->url,
		      "socks5h://127.0.0.1:9", &s->f.err),
	    &s->f.err);
	expect(s, "/none", WB_OFFLINE, "offline");
	assert_int_equal(atomic_load(&s->asked), 0);
	assert_int_equal(unsetenv("NO_PROXY"), 0);
}

static void
uploads_that_nobody_waits_for_are_dropped(void **state)
{
	struct scene *s = *state;
	struct wb_bytes body;

	wb_bytes_init(&body, MAX_BODY);
	assert_ok(wb_remote_start_post(s->remote, 1, "/echo", &body, &s->f.err),
	    &s->f.err);
	wb_remote_close(&s->remote);
	assert_null(s->remote);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_body_goes_and_comes_back_and_nothing_is_told_besides),
		TEST(what_the_server_says_keeps_its_meaning),
		TEST(an_answer_has_a_largest_size),
		TEST(a_wrong_clock_reads_by_the_servers),
		TEST(a_busy_server_is_asked_again),
		TEST(several_uploads_are_under_way_at_once),
		TEST(without_a_server_there_is_no_connection),
		TEST(the_environment_chooses_no_proxy),
		TEST(an_address_that_cannot_be_used_is_told),
		TEST(nothing_goes_around_the_proxy),
		TEST(uploads_that_nobody_waits_for_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
