/*
 * The smallest server on base/httpd: /now answers on the loop thread, /worker
 * from a worker; both give the body back.  Prints its port, ends with stdin,
 * and then says what it cost: {"requests":N,"cpu_us":per request}.
 */
#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/httpd.h"
#include "base/listen.h"

#define CONNECTIONS 2000
#define MAX_BODY ((size_t)1 << 20)

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	(void)ctx;
	(void)r;
	*max_body = MAX_BODY;
}

static void
mirror(void *ctx, struct wb_request *r)
{
	const struct wb_answer ok = { .status = 200, .type = "text/plain" };

	(void)ctx;
	wb_request_answer(r, &ok, wb_request_body(r));
}

static void
on_request(void *ctx, struct wb_request *r)
{
	struct wb_span path = wb_request_path(r);

	if (!wb_span_equal(path, wb_span_text("/worker")) ||
	    !wb_request_defer(r))
		mirror(ctx, r);
}

static double
cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

int
main(void)
{
	const struct wb_httpd_limits limits = { .connections = CONNECTIONS,
		.request_seconds = 30,
		.workers = 2,
		.body_budget = (size_t)256 << 20 };
	const struct wb_httpd_hooks hooks = { .head = on_head,
		.request = on_request,
		.work = mirror };
	struct wb_httpd_counts counts;
	struct wb_error err = { 0 };
	struct wb_listen address;
	struct wb_httpd *h;
	int fd;

	if (wb_listen_parse(&address, "127.0.0.1:0", &err) != WB_OK ||
	    wb_listen_open(&fd, &address, &err) != WB_OK ||
	    wb_httpd_start(&h, fd, &limits, &hooks, &err) != WB_OK) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	(void)printf("%u\n", (unsigned)address.port);
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	wb_httpd_count(&counts, h);
	wb_httpd_stop(&h);
	(void)printf("{\"requests\":%llu,\"cpu_us\":%.1f}\n",
	    (unsigned long long)counts.requests,
	    counts.requests > 0 ? cpu() / (double)counts.requests : 0.0);
	return 0;
}
