#include "server/routes.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proto/roster.h"
#include "proto/transfer.h"
#include "server/access.h"
#include "server/handlers.h"
#include "server/metrics.h"
#include "server/rate.h"

/* Bodies of enrolments: requests are small, a welcome holds all rosters. */
#define MAX_ENROLMENTS (WB_MAX_ANNEX + ((size_t)64 << 10))
#define MAX_ANNEXES (2 * WB_MAX_ANNEX)
#define MAX_ANSWER (WB_MAX_FEED_BODY + ((size_t)1 << 20))

enum who {
	ANYONE,
	ANYONE_KNOWN, /* anyone; who signs must be a member */
	MEMBER,
	READER_OF_ALL, /* coordinators and auditors */
	COORDINATOR
};

struct wb_route {
	const char *method; /* GET takes HEAD too, except signed */
	const char *path; /* a final star: one more part, or several */
	enum who who;
	size_t max_body;
	/* NULL: wb_post_entries */
	enum wb_status (*handler)(struct wb_call *call, struct wb_bytes *out,
	    struct wb_error *err);
};

static const struct wb_route table[] = {
	{ "POST", "/v1/entries", ANYONE, WB_MAX_UPLOAD_BODY, NULL },
	{ "GET", "/v1/feed", MEMBER, 0, wb_get_feed },
	{ "GET", "/v1/content/*", COORDINATOR, 0, wb_get_content },
	{ "GET", "/v1/roster", ANYONE, 0, wb_get_rosters },
	{ "GET", "/v1/annexes/*", MEMBER, 0, wb_get_annexes },
	{ "POST", "/v1/annexes", MEMBER, MAX_ANNEXES, wb_post_annexes },
	{ "GET", "/v1/requests", COORDINATOR, 0, wb_get_enrolments },
	{ "GET", "/v1/requests/*", ANYONE_KNOWN, 0, wb_get_enrolment },
	{ "POST", "/v1/requests", ANYONE_KNOWN, MAX_ENROLMENTS,
	    wb_post_enrolments },
	{ "GET", "/checkpoint", ANYONE, 0, wb_get_checkpoint },
	{ "GET", "/v1/witnessed", ANYONE, 0, wb_get_witnessed },
	{ "GET", "/tile/entries/*", READER_OF_ALL, 0, wb_get_entries_tile },
	{ "GET", "/tile/*", ANYONE, 0, wb_get_tile },
};
#define ROUTES (sizeof table / sizeof table[0])

struct wb_routes {
	struct wb_core *core;
	struct wb_clock clock;
	struct wb_rate *rate;
	bool has_programme; /* the loop thread's own */
	struct wb_hash programme;
	struct wb_metrics *metrics;
};

static struct wb_call *
call_of(struct wb_request *r)
{
	_Static_assert(sizeof(struct wb_call) <= WB_REQUEST_TAG,
	    "a call has room in a request");
	return wb_request_tag(r);
}

/* Does the path fit?  *rest is what stands for the star. */
static bool
fits(struct wb_span *rest, const char *pattern, struct wb_span path)
{
	size_t len = strlen(pattern);

	*rest = wb_span(NULL, 0);
	if (pattern[len - 1] != '*')
		return wb_span_equal(path, wb_span_text(pattern));
	len--;
	if (path.len <= len || memcmp(path.data, pattern, len) != 0)
		return false;
	*rest = wb_span_sub(path, len, path.len - len);
	return true;
}

static bool
method_fits(const struct wb_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 &&
		   strcmp(method, "HEAD") == 0);
}

/* The Allow header of an address that takes these. */
static const char *
allowed(bool get, bool post)
{
	if (get)
		return post ? "GET, HEAD, POST" : "GET, HEAD";
	return "POST";
}

/* Finds the route, or answers 404 or 405. */
static bool
find_route(struct wb_call *c, struct wb_request *r)
{
	struct wb_span path = wb_request_path(r), rest, tail = { 0 };
	const struct wb_route *same = NULL;
	struct wb_answer answer = { .status = 404 };
	struct wb_error err = { 0 };
	bool get = false, post = false;

	for (size_t i = 0; i < ROUTES; i++) {
		if (!fits(&rest, table[i].path, path) ||
		    (same != NULL && strcmp(same->path, table[i].path) != 0))
			continue;
		same = &table[i];
		tail = rest;
		get = get || strcmp(same->method, "GET") == 0;
		post = post || strcmp(same->method, "POST") == 0;
		if (method_fits(same, wb_request_method(r))) {
			c->route = same;
			c->rest = tail;
			return true;
		}
	}
	(void)wb_fail(&err, WB_NOT_FOUND, "no such address");
	if (same != NULL) {
		answer.status = 405;
		answer.allow = allowed(get, post);
		(void)wb_advise(&err,
		    wb_fail(&err, WB_INVALID, "this address takes %s",
			answer.allow),
		    "method", NULL);
	}
	wb_request_refuse(r, &answer, &err);
	return false;
}

static unsigned
roles_of(void *ctx, const struct wb_key *key)
{
	return wb_core_roles(ctx, key);
}

/* A log's programme never changes once it is known. */
static const struct wb_hash *
programme_of(struct wb_routes *routes)
{
	struct wb_core_status status;

	if (!routes->has_programme &&
	    wb_core_status(&status, routes->core, NULL) == WB_OK) {
		routes->has_programme = status.has_programme;
		routes->programme = status.programme;
	}
	return routes->has_programme ? &routes->programme : NULL;
}

static enum wb_status
check_statement(struct wb_routes *routes, struct wb_call *c, const char *header,
    struct wb_error *err)
{
	const struct wb_access access = {
		.log_key = &wb_core_vkey(routes->core)->key,
		.programme = programme_of(routes),
		.roles = roles_of,
		.ctx = routes->core,
		.rate = routes->rate,
		.now = wb_clock_now(routes->clock),
		.ms = wb_clock_ms(routes->clock)
	};

	return wb_access_check(&c->reader, &access, header,
	    wb_request_method(c->request), wb_request_target(c->request), err);
}

/* The roles of which a member must have one, as bits; 0: any will do. */
static unsigned
roles_for(enum who who)
{
	const unsigned coordinator = 1U << WB_ROLE_COORDINATOR;

	if (who == COORDINATOR)
		return coordinator;
	return who == READER_OF_ALL ? coordinator | 1U << WB_ROLE_AUDITOR : 0;
}

static enum wb_status
let_in(struct wb_routes *routes, struct wb_call *c, struct wb_error *err)
{
	const char *header = wb_request_header(c->request, "Authorization");
	unsigned roles = roles_for(c->route->who);
	enum wb_status st;

	if (c->route->who == ANYONE ||
	    (c->route->who == ANYONE_KNOWN && header == NULL))
		return WB_OK;
	st = check_statement(routes, c, header, err);
	if (st != WB_OK || roles == 0 || (c->reader.roles & roles) != 0)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_REFUSED, "this address is for %s",
		c->route->who == COORDINATOR ? "coordinators"
					     : "coordinators and auditors"),
	    "role", NULL);
}

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	struct wb_call *c = call_of(r);
	struct wb_routes *routes = ctx;
	struct wb_error err = { 0 };

	c->core = routes->core;
	c->request = r;
	if (!find_route(c, r))
		return;
	*max_body = c->route->max_body;
	if (let_in(routes, c, &err) != WB_OK)
		wb_answer_error(r, &err);
}

/* On a worker: reading the store takes its time. */
static void
on_work(void *ctx, struct wb_request *r)
{
	struct wb_call *c = call_of(r);
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)ctx;
	wb_bytes_init(&out, MAX_ANSWER);
	if (c->route->handler(c, &out, &err) == WB_OK) {
		const struct wb_answer ok = { .status = 200,
			.type = c->type,
			.cache = c->cache,
			.to_anybody = c->reader.roles == 0 };

		wb_request_answer(r, &ok, &out);
	} else {
		wb_answer_error(r, &err);
	}
	wb_bytes_clear(&out);
}

static void
on_request(void *ctx, struct wb_request *r)
{
	struct wb_call *c = call_of(r);
	struct wb_error err = { 0 };

	(void)ctx;
	if (c->route->handler == NULL) {
		if (wb_post_entries(c, &err) != WB_OK)
			wb_answer_error(r, &err);
		return;
	}
	if (wb_request_defer(r))
		return;
	(void)wb_advise(&err,
	    wb_fail(&err, WB_REFUSED, "the server is busy; nothing was done"),
	    "busy", NULL);
	wb_answer_error(r, &err);
}

static void
on_over(void *ctx, struct wb_request *r, unsigned status)
{
	const struct wb_route *route = call_of(r)->route;
	struct wb_routes *routes = ctx;

	wb_metrics_note(routes->metrics,
	    route == NULL ? ROUTES : (size_t)(route - table), status);
}

enum wb_status
wb_routes_new(struct wb_routes **out, struct wb_core *core,
    const struct wb_settings *settings, struct wb_clock clock,
    struct wb_error *err)
{
	struct wb_metrics_route names[ROUTES + 1];
	struct wb_routes *routes = calloc(1, sizeof *routes);
	enum wb_status st;

	*out = NULL;
	if (routes == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < ROUTES; i++)
		names[i] = (struct wb_metrics_route){ table[i].method,
			table[i].path };
	names[ROUTES] = (struct wb_metrics_route){ "other", "other" };
	routes->core = core;
	routes->clock = clock;
	st = wb_rate_new(&routes->rate, settings->rate, err);
	if (st == WB_OK)
		st = wb_metrics_new(&routes->metrics, core, names, ROUTES + 1,
		    err);
	if (st != WB_OK)
		goto done;
	*out = routes;
	routes = NULL;
done:
	wb_routes_free(&routes);
	return st;
}

void
wb_routes_free(struct wb_routes **routes)
{
	if (*routes == NULL)
		return;
	wb_metrics_free(&(*routes)->metrics);
	wb_rate_free(&(*routes)->rate);
	free(*routes);
	*routes = NULL;
}

struct wb_httpd_hooks
wb_routes_public(struct wb_routes *routes)
{
	return (struct wb_httpd_hooks){ .head = on_head,
		.request = on_request,
		.work = on_work,
		.over = on_over,
		.ctx = routes };
}

struct wb_httpd_hooks
wb_routes_admin(struct wb_routes *routes)
{
	return wb_metrics_hooks(routes->metrics);
}

void
wb_routes_watch(struct wb_routes *routes, struct wb_httpd *httpd)
{
	wb_metrics_watch(routes->metrics, httpd);
}
