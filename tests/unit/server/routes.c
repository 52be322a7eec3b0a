#include "server/routes.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "base/listen.h"
#include "crypto/text.h"
#include "proto/ack.h"
#include "proto/envelope.h"
#include "proto/roster.h"

#include "tests/unit/check.h"
#include "tests/unit/server/core_fake.h"

#define HEX8 "00112233445566778899aabbccddeeff"
#define HASH "ab112233445566778899aabbccddeeff" HEX8
#define ANSWER_SIZE 65536

enum signer {
	NOBODY,
	FIELD,
	COORDINATOR,
	AUDITOR,
	STRANGER,
	FORGER /* in the member's name */
};

struct world {
	struct wb_core core;
	struct wb_routes *routes;
	struct wb_httpd *http;
	struct wb_httpd *admin;
	uint16_t port;
	uint16_t admin_port;
	struct wb_signer member;
	struct wb_signer stranger;
};

static void
start(struct wb_httpd **out, uint16_t *port, struct wb_httpd_hooks hooks)
{
	const struct wb_httpd_limits limits = { .connections = 50,
		.request_seconds = 10,
		.workers = 2,
		.body_budget = (size_t)64 << 20 };
	struct wb_error err = { 0 };
	struct wb_listen address;
	int fd;

	assert_ok(wb_listen_parse(&address, "127.0.0.1:0", &err), &err);
	assert_ok(wb_listen_open(&fd, &address, &err), &err);
	*port = address.port;
	assert_ok(wb_httpd_start(out, fd, &limits, &hooks, &err), &err);
}

static void
world_make(struct world *w)
{
	const struct wb_settings settings = { .rate = 0 };
	struct wb_error err = { 0 };
	uint64_t seed = 5;

	memset(w, 0, sizeof *w);
	assert_ok(wb_crypto_start(&err), &err);
	assert_ok(wb_signer_generate(&w->member, check_random(&seed), &err),
	    &err);
	assert_ok(wb_signer_generate(&w->stranger, check_random(&seed), &err),
	    &err);
	w->core.member = w->member.key;
	memset(&w->core.status.programme, 6, sizeof(struct wb_hash));
	memset(&w->core.vkey.key, 7, sizeof(struct wb_key));
	w->core.status.has_programme = true;
	w->core.status.head.size = 42;
	assert_ok(wb_routes_new(&w->routes, &w->core, &settings,
		      wb_clock_system(), &err),
	    &err);
	start(&w->http, &w->port, wb_routes_public(w->routes));
	start(&w->admin, &w->admin_port, wb_routes_admin(w->routes));
	wb_routes_watch(w->routes, w->http);
}

static void
world_clear(struct world *w)
{
	wb_httpd_stop(&w->http);
	wb_httpd_stop(&w->admin);
	if (w->core.submitted)
		(void)pthread_join(w->core.answering, NULL);
	wb_routes_free(&w->routes);
	wb_signer_clear(&w->member);
	wb_signer_clear(&w->stranger);
}

static void
sign(struct wb_bytes *out, struct world *w, enum signer who, const char *method,
    const char *target)
{
	const struct wb_signer *signer = who == STRANGER || who == FORGER
					     ? &w->stranger
					     : &w->member;
	struct wb_read read = { .programme = w->core.status.programme,
		.signer = who == FORGER ? w->member.key : signer->key,
		.log_key = w->core.vkey.key,
		.method = wb_span_text(method),
		.path = wb_span_text(target),
		.time = (uint64_t)wb_clock_now(wb_clock_system()) };
	struct wb_error err = { 0 };
	uint8_t token[WB_READ_TOKEN];

	w->core.roles = 1U << (who == COORDINATOR ? WB_ROLE_COORDINATOR
			       : who == AUDITOR	  ? WB_ROLE_AUDITOR
						  : WB_ROLE_FIELD);
	assert_ok(wb_read_token(token, &read, signer, &err), &err);
	assert_ok(wb_bytes_append_text(out, "Authorization: Waybill ", &err),
	    &err);
	assert_ok(wb_base64_append(out, wb_span(token, sizeof token), &err),
	    &err);
	assert_ok(wb_bytes_append_text(out, "\r\n", &err), &err);
}

/* What comes back, the header's lines and all. */
static const char *
ask(struct world *w, uint16_t port, enum signer who, const char *method,
    const char *target)
{
	static char text[ANSWER_SIZE];
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool post = strcmp(method, "POST") == 0;
	struct wb_error err = { 0 };
	struct sockaddr generic;
	struct wb_bytes request;
	size_t len = 0;
	ssize_t n;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memcpy(&generic, &to, sizeof generic);
	assert_int_equal(connect(fd, &generic, sizeof generic), 0);
	wb_bytes_init(&request, ANSWER_SIZE);
	assert_ok(wb_bytes_printf(&request, &err,
		      "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
		      method, target),
	    &err);
	if (who != NOBODY)
		sign(&request, w, who, method, target);
	assert_ok(wb_bytes_append_text(&request,
		      post ? "Content-Length: 4\r\n\r\nbody" : "\r\n", &err),
	    &err);
	assert_int_equal(send(fd, request.data, request.len, MSG_NOSIGNAL),
	    request.len);
	while ((n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	wb_bytes_clear(&request);
	(void)close(fd);
	return text;
}

#define STATIC "Cache-Control: public, max-age=31536000, immutable"
#define NO_STORE "Cache-Control: no-store"

static const struct row {
	const char *method;
	const char *target;
	enum signer who;
	unsigned status;
	const char *has; /* in the answer */
	const char *also;
} rows[] = {
	{ "POST", "/v1/entries?seen=7", NOBODY, 200, "entries seen=7 body",
	    "GMT\r\nConnection: close\r\nContent-Length: " },
	{ "POST", "/v1/entries", NOBODY, 200, "entries seen=0 body", NULL },
	{ "POST", "/v1/entries?seen=x", NOBODY, 400, "invalid", "nosniff" },
	{ "POST", "/v1/entries?seen=7&held=3", NOBODY, 200,
	    "entries seen=7 held=3 under=7 body", NULL },
	{ "POST", "/v1/entries?seen=7&held=3&under=5", NOBODY, 200,
	    "entries seen=7 held=3 under=5 body", NULL },
	{ "POST", "/v1/entries?seen=7&held=7", NOBODY, 400, "held=", NULL },
	{ "POST", "/v1/entries?seen=7&held=5&under=5", NOBODY, 400,
	    "held=", NULL },
	{ "POST", "/v1/entries?held=0", NOBODY, 400, "held=", NULL },
	{ "POST", "/v1/entries?seen=7&held=x", NOBODY, 400, "held is no number",
	    NULL },
	{ "POST", "/v1/entries?seen=7&held=3&under=-1", NOBODY, 400,
	    "under is no number", NULL },
	{ "GET", "/v1/entries", NOBODY, 405, "Allow: POST\r\n", "\"method\"" },
	{ "DELETE", "/v1/requests", NOBODY, 405, "Allow: GET, HEAD, POST\r\n",
	    NULL },
	{ "GET", "/v1/feed?from=3&seen=2&content=1", FIELD, 200,
	    "page roles=2 from=3 seen=2 content=1", NO_STORE },
	{ "GET", "/v1/feed", FIELD, 200,
	    "page roles=2 from=0 seen=0 content=0 own=0", NULL },
	{ "GET", "/v1/feed?own=1", FIELD, 200,
	    "page roles=2 from=0 seen=0 content=0 own=1", NULL },
	{ "GET", "/v1/feed?from=2&seen=9&held=4&under=6", FIELD, 200,
	    "page roles=2 from=2 seen=9 held=4 under=6 content=0", NULL },
	{ "GET", "/v1/feed?seen=9&held=9", FIELD, 400, "held=", NULL },
	{ "GET", "/v1/feed?from=03", FIELD, 400, "from is no number", NULL },
	{ "GET", "/v1/feed?from=-1", FIELD, 400, "from is no number", NULL },
	{ "GET", "/v1/feed?from=99999999999999999999", FIELD, 400,
	    "from is no number", NULL },
	{ "GET", "/v1/feed", NOBODY, 401, "\"authorization\"", "nosniff" },
	{ "GET", "/v1/feed", NOBODY, 401, "\"authorization\"",
	    "WWW-Authenticate: Waybill" },
	{ "GET", "/v1/feed", STRANGER, 403, "\"revoked\"", "Date: " },
	{ "GET", "/v1/feed", FORGER, 401, "\"signature\"", NULL },
	{ "GET", "/v1/feed/other", FIELD, 404, "not-found", NULL },
	{ "GET", "/v1/content/" HASH "?at=9", COORDINATOR, 200,
	    "content ab at=9", NO_STORE },
	{ "GET", "/v1/content/" HASH "?at=9", FIELD, 403, "\"role\"", NULL },
	{ "GET", "/v1/content/" HASH, COORDINATOR, 400, "at=", NULL },
	{ "GET", "/v1/content/AB" HEX8, COORDINATOR, 404, "not-found", NULL },
	{ "GET", "/v1/content/", COORDINATOR, 404, "not-found", NULL },
	{ "GET", "/v1/roster?from=3&seen=4", NOBODY, 200,
	    "rosters from=3 seen=4", NO_STORE },
	{ "GET", "/v1/annexes/" HASH, FIELD, 200, "annexes", NO_STORE },
	{ "GET", "/v1/annexes/" HASH, NOBODY, 401, "authorization", NULL },
	{ "POST", "/v1/annexes", FIELD, 200, "Content-Length: 0", NULL },
	{ "POST", "/v1/annexes", NOBODY, 401, "authorization", NULL },
	{ "GET", "/v1/requests", COORDINATOR, 200, "enrolments roles=4 one=0",
	    NULL },
	{ "GET", "/v1/requests", FIELD, 403, "role", NULL },
	{ "GET", "/v1/requests/" HASH, NOBODY, 200, "enrolments roles=0 one=1",
	    NULL },
	{ "GET", "/v1/requests/" HASH, COORDINATOR, 200,
	    "enrolments roles=4 one=1", NULL },
	{ "GET", "/v1/requests/" HASH, STRANGER, 403, "revoked", NULL },
	{ "POST", "/v1/requests", NOBODY, 200, "Content-Length: 0", NULL },
	{ "GET", "/checkpoint", NOBODY, 200, "\r\n\r\ncheckpoint",
	    "Cache-Control: no-cache" },
	{ "GET", "/checkpoint", NOBODY, 200, "text/plain; charset=utf-8",
	    "Date: " },
	{ "HEAD", "/checkpoint", NOBODY, 200, "Content-Length: 10", NULL },
	{ "GET", "/tile/0/000", NOBODY, 200,
	    "tile entries=0 level=0 index=0 width=256", STATIC },
	{ "GET", "/tile/0/000.p/5", NOBODY, 200,
	    "tile entries=0 level=0 index=0 width=5", NO_STORE },
	{ "GET", "/tile/0/0", NOBODY, 404, "not-found", NULL },
	{ "GET", "/tile/9/000", NOBODY, 404, "not-found", NULL },
	{ "GET", "/tile/entries/000", AUDITOR, 200,
	    "tile entries=1 level=0 index=0 width=256", NO_STORE },
	{ "GET", "/tile/entries/000", COORDINATOR, 200,
	    "tile entries=1 level=0 index=0 width=256", NO_STORE },
	{ "GET", "/tile/entries/000", FIELD, 403, "\"role\"", NULL },
	{ "GET", "/tile/entries/000", NOBODY, 401, "authorization", NULL },
	{ "GET", "/", NOBODY, 404, "not-found", NULL },
	{ "GET", "/v1/%66eed", FIELD, 404, "not-found", NULL },
	{ "GET", "/v1/feed/", FIELD, 404, "not-found", NULL },
	{ "GET", "/../checkpoint", NOBODY, 404, "not-found", NULL },
	{ "GET", "/metrics", NOBODY, 404, "not-found", NULL },
};

static void
check_answer(const char *text, unsigned status, const char *has)
{
	char line[32];

	(void)snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
	if (strncmp(text, line, strlen(line)) != 0 ||
	    (has != NULL && strstr(text, has) == NULL))
		fail_msg("wanted %u \"%s\", got: %s", status,
		    has == NULL ? "" : has, text);
}

static void
serves_each_address_to_those_who_may(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned before = w.core.calls;
		const char *text;

		print_message("  %s %s %d\n", rows[i].method, rows[i].target,
		    (int)rows[i].who);
		text = ask(&w, w.port, rows[i].who, rows[i].method,
		    rows[i].target);
		check_answer(text, rows[i].status, rows[i].has);
		check_answer(text, rows[i].status, rows[i].also);
		assert_null(strcasestr(text, "Set-Cookie"));
		/* What is refused never reaches the core. */
		assert_int_equal(w.core.calls - before, rows[i].status == 200);
	}
	world_clear(&w);
}

static const struct {
	enum wb_status status;
	const char *id;
	unsigned http;
	const char *has;
} faults[] = {
	{ WB_REFUSED, "busy", 503, "Retry-After: 2\r\n" },
	{ WB_REFUSED, NULL, 403, "\"refused\"" },
	{ WB_INVALID, "batch", 400, "\"batch\"" },
	{ WB_NOT_FOUND, NULL, 404, "\"not-found\"" },
	{ WB_FORGED, "log-rolled-back", 409, "\"log-rolled-back\"" },
	{ WB_EXISTS, NULL, 409, "\"exists\"" },
	{ WB_NO_MEMORY, NULL, 503, "\"no-memory\"" },
	{ WB_STORAGE, NULL, 503, "\"storage\"" },
	{ WB_FAILED, NULL, 503, "\"failed\"" },
};

static void
says_what_the_core_says_but_no_names_of_files(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	(void)ask(&w, w.port, FIELD, "GET", "/v1/feed");
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const char *text;

		w.core.fails = faults[i].status;
		w.core.id = faults[i].id;
		text = ask(&w, w.port, NOBODY, "POST", "/v1/entries");
		check_answer(text, faults[i].http, faults[i].has);
		text = ask(&w, w.port, NOBODY, "GET", "/checkpoint");
		check_answer(text, faults[i].http, faults[i].has);
		if (faults[i].http == 503 && faults[i].id == NULL)
			assert_null(strstr(text, "secret"));
	}
	world_clear(&w);
}

static void
tells_the_operator_numbers_and_nobody_else(void **state)
{
	struct world w;
	const char *text;

	(void)state;
	world_make(&w);
	(void)ask(&w, w.port, NOBODY, "GET", "/checkpoint");
	(void)ask(&w, w.port, FIELD, "GET", "/v1/feed");
	(void)ask(&w, w.port, NOBODY, "GET", "/nowhere");
	check_answer(ask(&w, w.admin_port, NOBODY, "GET", "/healthz"), 200,
	    "\r\n\r\nok\n");
	check_answer(ask(&w, w.admin_port, NOBODY, "GET", "/readyz"), 200,
	    "\r\n\r\nready\n");
	text = ask(&w, w.admin_port, NOBODY, "GET", "/metrics");
	check_answer(text, 200, "\nwaybilld_entries 42\n");
	check_answer(text, 200,
	    "method=\"GET\",path=\"/checkpoint\","
	    "status=\"200\"} 1\n");
	check_answer(text, 200, "path=\"other\",status=\"404\"} 1\n");
	check_answer(text, 200, "waybilld_connections_total 3\n");
	assert_null(strstr(text, "nowhere"));
	check_answer(ask(&w, w.admin_port, NOBODY, "POST", "/metrics"), 405,
	    "Allow: GET");
	check_answer(ask(&w, w.admin_port, NOBODY, "GET", "/checkpoint"), 404,
	    NULL);
	w.core.status.read_only = true;
	check_answer(ask(&w, w.admin_port, NOBODY, "GET", "/readyz"), 503,
	    NULL);
	world_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_each_address_to_those_who_may),
		cmocka_unit_test(says_what_the_core_says_but_no_names_of_files),
		cmocka_unit_test(tells_the_operator_numbers_and_nobody_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
