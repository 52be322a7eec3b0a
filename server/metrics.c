#include "server/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "server/handlers.h"

#define MAX_PAGE ((size_t)64 << 10) /* bytes */

/* 0 stands for all others, and for connections that were cut off. */
static const unsigned statuses[] = { 200, 400, 401, 403, 404, 405, 409, 411,
	413, 414, 429, 503, 0 };
#define STATUSES (sizeof statuses / sizeof statuses[0])

struct route_counts {
	struct wb_metrics_route name;
	_Atomic uint64_t by_status[STATUSES];
};

struct wb_metrics {
	struct wb_core *core;
	struct wb_httpd *_Atomic httpd;
	struct route_counts *routes;
	size_t n;
};

enum wb_status
wb_metrics_new(struct wb_metrics **out, struct wb_core *core,
    const struct wb_metrics_route *routes, size_t n, struct wb_error *err)
{
	struct wb_metrics *m = calloc(1, sizeof *m);

	*out = NULL;
	if (m != NULL)
		m->routes = calloc(n, sizeof *m->routes);
	if (m == NULL || m->routes == NULL) {
		wb_metrics_free(&m);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	m->core = core;
	m->n = n;
	for (size_t i = 0; i < n; i++)
		m->routes[i].name = routes[i];
	*out = m;
	return WB_OK;
}

void
wb_metrics_free(struct wb_metrics **metrics)
{
	if (*metrics == NULL)
		return;
	free((*metrics)->routes);
	free(*metrics);
	*metrics = NULL;
}

void
wb_metrics_note(struct wb_metrics *m, size_t route, unsigned status)
{
	size_t i = 0;

	while (i < STATUSES - 1 && statuses[i] != status)
		i++;
	m->routes[route].by_status[i]++;
}

void
wb_metrics_watch(struct wb_metrics *m, struct wb_httpd *httpd)
{
	m->httpd = httpd;
}

static enum wb_status
write_one(struct wb_bytes *out, const char *name, const char *type,
    uint64_t value, struct wb_error *err)
{
	return wb_bytes_printf(out, err,
	    "# TYPE waybilld_%s %s\nwaybilld_%s %" PRIu64 "\n", name, type,
	    name, value);
}

static enum wb_status
write_witnesses(struct wb_bytes *out, const struct wb_core_status *s,
    struct wb_error *err)
{
	enum wb_status st = write_one(out, "witnesses", "gauge", s->witnesses,
	    err);

	if (st == WB_OK)
		st = write_one(out, "witnesses_cosigning", "gauge",
		    s->witnesses_sound, err);
	if (st == WB_OK)
		st = write_one(out, "witnessed_entries", "gauge", s->witnessed,
		    err);
	return st == WB_OK ? write_one(out, "awaits_quorum", "gauge",
				 s->awaits_quorum, err)
			   : st;
}

static enum wb_status
write_core(struct wb_bytes *out, struct wb_metrics *m, struct wb_error *err)
{
	struct wb_core_status s;
	enum wb_status st = wb_core_status(&s, m->core, err);

	if (st == WB_OK)
		st = write_one(out, "entries", "gauge", s.head.size, err);
	if (st == WB_OK)
		st = write_one(out, "roster_version", "gauge", s.roster_version,
		    err);
	if (st == WB_OK)
		st = write_one(out, "members", "gauge", s.members, err);
	if (st == WB_OK)
		st = write_one(out, "content_bytes", "gauge", s.content_bytes,
		    err);
	if (st == WB_OK)
		st = write_one(out, "queued_statements", "gauge", s.queued,
		    err);
	if (st == WB_OK)
		st = write_one(out, "read_only", "gauge", s.read_only, err);
	return st == WB_OK ? write_witnesses(out, &s, err) : st;
}

static enum wb_status
write_connections(struct wb_bytes *out, struct wb_metrics *m,
    struct wb_error *err)
{
	struct wb_httpd_counts counts = { 0 };
	struct wb_httpd *httpd = m->httpd;
	enum wb_status st;

	if (httpd != NULL)
		wb_httpd_count(&counts, httpd);
	st = write_one(out, "connections", "gauge", counts.connections, err);
	if (st == WB_OK)
		st = write_one(out, "connections_total", "counter",
		    counts.accepted, err);
	if (st == WB_OK)
		st = write_one(out, "evicted_connections_total", "counter",
		    counts.evicted, err);
	return st;
}

static enum wb_status
write_requests(struct wb_bytes *out, struct wb_metrics *m, struct wb_error *err)
{
	enum wb_status st = wb_bytes_append_text(out,
	    "# TYPE waybilld_requests_total counter\n", err);

	for (size_t i = 0; i < m->n * STATUSES && st == WB_OK; i++) {
		struct route_counts *r = &m->routes[i / STATUSES];
		uint64_t v = r->by_status[i % STATUSES];

		if (v > 0) {
			st = wb_bytes_printf(out, err,
			    "waybilld_requests_total{method=\"%s\","
			    "path=\"%s\",status=\"%u\"} %" PRIu64 "\n",
			    r->name.method, r->name.path,
			    statuses[i % STATUSES], v);
		}
	}
	return st;
}

static enum wb_status
write_metrics(struct wb_bytes *out, struct wb_metrics *m, struct wb_error *err)
{
	enum wb_status st = write_core(out, m, err);

	if (st == WB_OK)
		st = write_connections(out, m, err);
	if (st == WB_OK)
		st = write_requests(out, m, err);
	return st;
}

/* Ready: the core answers, and takes statements. */
static enum wb_status
write_ready(struct wb_bytes *out, struct wb_metrics *m, struct wb_error *err)
{
	struct wb_core_status s;
	enum wb_status st = wb_core_status(&s, m->core, err);

	if (st == WB_OK && s.read_only)
		st = wb_fail(err, WB_STORAGE, "read only until a restart");
	if (st == WB_OK && s.awaits_quorum) {
		st = wb_advise(err,
		    wb_fail(err, WB_OFFLINE,
			"read only until a quorum of witnesses answers"),
		    "no-quorum", NULL);
	}
	return st != WB_OK ? st : wb_bytes_append_text(out, "ready\n", err);
}

static enum wb_status
write_health(struct wb_bytes *out, struct wb_metrics *m, struct wb_error *err)
{
	(void)m;
	return wb_bytes_append_text(out, "ok\n", err);
}

static const struct page {
	const char *path;
	enum wb_status (*write)(struct wb_bytes *out, struct wb_metrics *m,
	    struct wb_error *err);
} pages[] = {
	{ "/healthz", write_health },
	{ "/readyz", write_ready },
	{ "/metrics", write_metrics },
};

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	const struct wb_answer wrong = { .status = 405, .allow = "GET" };
	struct wb_error err = { 0 };

	(void)ctx;
	(void)max_body;
	if (strcmp(wb_request_method(r), "GET") == 0)
		return;
	(void)wb_fail(&err, WB_INVALID, "this address takes GET");
	wb_request_refuse(r, &wrong, &err);
}

static void
on_request(void *ctx, struct wb_request *r)
{
	const struct wb_answer ok = { .status = 200,
		.type = "text/plain; version=0.0.4; charset=utf-8" };
	struct wb_error err = { 0 };
	struct wb_bytes out;
	enum wb_status st = WB_NOT_FOUND;
	size_t i = 0;

	wb_bytes_init(&out, MAX_PAGE);
	while (i < sizeof pages / sizeof pages[0] &&
	       !wb_span_equal(wb_request_path(r), wb_span_text(pages[i].path)))
		i++;
	if (i < sizeof pages / sizeof pages[0])
		st = pages[i].write(&out, ctx, &err);
	else
		st = wb_fail(&err, WB_NOT_FOUND, "no such address");
	if (st == WB_OK)
		wb_request_answer(r, &ok, &out);
	else
		wb_answer_error(r, &err);
	wb_bytes_clear(&out);
}

struct wb_httpd_hooks
wb_metrics_hooks(struct wb_metrics *m)
{
	return (struct wb_httpd_hooks){ .head = on_head,
		.request = on_request,
		.ctx = m };
}
