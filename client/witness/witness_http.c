#include "client/witness/witness_http.h"

#include <stdio.h>
#include <string.h>

#include "crypto/text.h"

#define MAX_ORIGIN_SHOWN 200 /* bytes, in the log */

/* In the request's tag. */
struct call {
	bool adds; /* else: shows the checkpoint of `origin` */
	struct wb_hash origin; /* its SHA-256 */
	const char *offered; /* WB_WITNESS_LOG_HEADER; NULL: none */
};

/* /HASH/checkpoint */
static bool
names_log(struct wb_hash *out, struct wb_span path)
{
	struct wb_span hex = wb_span_sub(path, 1, (size_t)2 * WB_HASH_LEN);
	struct wb_span rest = wb_span_sub(path, 1 + hex.len, path.len);

	return wb_span_equal(rest, wb_span_text("/checkpoint")) &&
	       wb_hex_parse(out->b, sizeof out->b, hex, NULL) == WB_OK;
}

static void
refuse(struct wb_request *r, unsigned status, const char *allow,
    enum wb_status st, const char *text)
{
	const struct wb_answer answer = { .status = status, .allow = allow };
	struct wb_error err = { 0 };

	(void)wb_fail(&err, st, "%s", text);
	wb_request_refuse(r, &answer, &err);
}

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	struct wb_span path = wb_request_path(r);
	const char *method = wb_request_method(r);
	struct call *c = wb_request_tag(r);

	(void)ctx;
	_Static_assert(sizeof *c <= WB_REQUEST_TAG,
	    "a call has room in a request");
	c->adds = wb_span_equal(path, wb_span_text("/add-checkpoint"));
	if (c->adds && strcmp(method, "POST") == 0) {
		*max_body = WB_MAX_ADD_CHECKPOINT;
		c->offered = wb_request_header(r, WB_WITNESS_LOG_HEADER);
	} else if (c->adds) {
		refuse(r, 405, "POST", WB_INVALID, "this address takes POST");
	} else if (!names_log(&c->origin, path)) {
		refuse(r, 404, NULL, WB_NOT_FOUND, "no such address");
	} else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		refuse(r, 405, "GET, HEAD", WB_INVALID,
		    "this address takes GET, HEAD");
	}
}

/* What its keeper should know of. */
static void
note(const struct wb_log *log, const struct wb_witness_answer *a)
{
	size_t shown = a->origin.len < MAX_ORIGIN_SHOWN ? a->origin.len
							: MAX_ORIGIN_SHOWN;
	const char *origin = (const char *)a->origin.data;

	if (a->first_use) {
		wb_log_write(log, WB_LOG_WARNING,
		    "this witness knew no log: it takes '%.*s', which asked "
		    "first, and no other",
		    (int)shown, origin);
	} else if (a->verdict == WB_WITNESS_INCONSISTENT) {
		wb_log_write(log, WB_LOG_ERROR,
		    "refused to cosign a head of '%.*s' that does not "
		    "continue what it showed before: %s",
		    (int)shown, origin, a->why.text);
	} else if (a->verdict == WB_WITNESS_UNKNOWN_LOG) {
		wb_log_write(log, WB_LOG_INFO, "a log not known asked: '%.*s'",
		    (int)shown, origin);
	}
}

static void
fail(const struct wb_witness_http *http, struct wb_request *r,
    const struct wb_error *err)
{
	const struct wb_answer broken = { .status = 500 };

	wb_log_write(http->log, WB_LOG_ERROR, "%s", err->text);
	wb_request_refuse(r, &broken, err);
}

static void
add(const struct wb_witness_http *http, struct wb_request *r,
    const struct call *c)
{
	struct wb_error err = { 0 };
	struct wb_witness_answer a;
	struct wb_answer answer = { .type = "text/plain; charset=utf-8" };

	if (wb_witness_add_checkpoint(&a, http->witness,
		wb_bytes_span(wb_request_body(r)), c->offered, &err) != WB_OK) {
		fail(http, r, &err);
		wb_bytes_clear(&a.body);
		return;
	}
	note(http->log, &a);
	answer.status = (unsigned)a.verdict;
	if (a.verdict == WB_WITNESS_CONFLICT)
		answer.type = "text/x.tlog.size";
	if (a.verdict == WB_WITNESS_COSIGN || a.verdict == WB_WITNESS_CONFLICT)
		wb_request_answer(r, &answer, &a.body);
	else
		wb_request_refuse(r, &answer, &a.why);
	wb_bytes_clear(&a.body);
}

static void
show(const struct wb_witness_http *http, struct wb_request *r,
    const struct call *c)
{
	const struct wb_answer ok = { .status = 200,
		.type = "text/plain; charset=utf-8" };
	const struct wb_answer none = { .status = 404 };
	struct wb_error err = { 0 };
	struct wb_bytes out;
	enum wb_status st;

	wb_bytes_init(&out, WB_MAX_NOTE);
	st = wb_witness_checkpoint(&out, http->witness, &c->origin, &err);
	if (st == WB_OK)
		wb_request_answer(r, &ok, &out);
	else if (st == WB_NOT_FOUND)
		wb_request_refuse(r, &none, &err);
	else
		fail(http, r, &err);
	wb_bytes_clear(&out);
}

static void
on_work(void *ctx, struct wb_request *r)
{
	const struct call *c = wb_request_tag(r);

	if (c->adds)
		add(ctx, r, c);
	else
		show(ctx, r, c);
}

static void
on_request(void *ctx, struct wb_request *r)
{
	(void)ctx;
	if (!wb_request_defer(r))
		refuse(r, 503, NULL, WB_REFUSED,
		    "the witness is busy; nothing was done");
}

struct wb_httpd_hooks
wb_witness_hooks(struct wb_witness_http *http)
{
	return (struct wb_httpd_hooks){ .head = on_head,
		.request = on_request,
		.work = on_work,
		.ctx = http };
}
