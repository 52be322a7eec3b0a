#include "server/handlers.h"

#include <string.h>

#include "base/text.h"
#include "crypto/text.h"
#include "crypto/tile.h"
#include "proto/transfer.h"
#include "server/intake.h"

#define IMMUTABLE "public, max-age=31536000, immutable"
#define WB_MAX_INDEX ((UINT64_C(1) << 53) - 1) /* in a log, or its size */
#define RETRY_SECONDS 2 /* for who comes when the queue is full */

/* A number in the query; `fallback` where it is absent. */
static enum wb_status
query_number(uint64_t *out, const struct wb_call *c, const char *name,
    uint64_t fallback, struct wb_error *err)
{
	struct wb_span text;

	*out = fallback;
	if (!wb_request_query(&text, c->request, name))
		return WB_OK;
	if (wb_text_uint(out, text, 0, WB_MAX_INDEX, NULL) != WB_OK)
		return wb_fail(err, WB_INVALID, "%s is no number", name);
	return WB_OK;
}

/*
 * seen=N, and perhaps held=J, which is under the tree of that size unless
 * under=M says under which.
 */
static enum wb_status
query_holding(struct wb_holding *out, const struct wb_call *c,
    struct wb_error *err)
{
	enum wb_status st = query_number(&out->seen, c, "seen", 0, err);

	out->under = 0;
	if (st == WB_OK)
		st = query_number(&out->held, c, "held", UINT64_MAX, err);
	if (st != WB_OK || out->held == UINT64_MAX)
		return st;
	st = query_number(&out->under, c, "under", out->seen, err);
	if (st == WB_OK && out->held >= out->under)
		return wb_fail(err, WB_INVALID,
		    "held= must be below seen=, or below under=");
	return st;
}

/* The rest of the path as a hash, in lower-case digits. */
static enum wb_status
path_hash(struct wb_hash *out, const struct wb_call *c, struct wb_error *err)
{
	for (size_t i = 0; i < c->rest.len; i++)
		if (c->rest.data[i] >= 'A' && c->rest.data[i] <= 'F')
			return wb_fail(err, WB_NOT_FOUND, "no such address");
	if (wb_hex_parse(out->b, sizeof out->b, c->rest, NULL) != WB_OK)
		return wb_fail(err, WB_NOT_FOUND, "no such address");
	return WB_OK;
}

enum wb_status
wb_get_checkpoint(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	c->type = "text/plain; charset=utf-8";
	c->cache = "no-cache";
	return wb_feed_checkpoint(out, c->core, err);
}

enum wb_status
wb_get_witnessed(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	c->type = "text/plain; charset=utf-8";
	c->cache = "no-cache";
	return wb_feed_witnessed(out, c->core, err);
}

static enum wb_status
get_tile(struct wb_call *c, struct wb_bytes *out, struct wb_span name,
    const char *cache, struct wb_error *err)
{
	struct wb_tile tile;

	if (wb_tile_parse(&tile, name, NULL) != WB_OK)
		return wb_fail(err, WB_NOT_FOUND, "no such tile");
	c->type = "application/octet-stream";
	c->cache = tile.width == WB_TILE_WIDTH ? cache : NULL;
	return wb_feed_tile(out, c->core, &tile, err);
}

enum wb_status
wb_get_tile(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	return get_tile(c, out, c->rest, IMMUTABLE, err);
}

/* For members: no cache on the way may keep it. */
enum wb_status
wb_get_entries_tile(struct wb_call *c, struct wb_bytes *out,
    struct wb_error *err)
{
	struct wb_span path = wb_request_path(c->request);
	size_t at = strlen("/tile/");

	return get_tile(c, out, wb_span_sub(path, at, path.len - at), NULL,
	    err);
}

enum wb_status
wb_get_rosters(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	uint64_t from, seen;
	enum wb_status st = query_number(&from, c, "from", 0, err);

	if (st == WB_OK)
		st = query_number(&seen, c, "seen", 0, err);
	return st != WB_OK ? st
			   : wb_feed_rosters(out, c->core, from, seen, err);
}

enum wb_status
wb_get_feed(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	struct wb_feed_ask ask;
	uint64_t content, own;
	enum wb_status st = query_number(&ask.from, c, "from", 0, err);

	if (st == WB_OK)
		st = query_holding(&ask.holding, c, err);
	if (st == WB_OK)
		st = query_number(&content, c, "content", 0, err);
	if (st == WB_OK)
		st = query_number(&own, c, "own", 0, err);
	if (st != WB_OK)
		return st;
	ask.content = content == 1;
	ask.own = own == 1;
	return wb_feed_page(out, c->core, &c->reader, &ask, err);
}

enum wb_status
wb_get_content(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	struct wb_hash hash;
	uint64_t at;
	enum wb_status st = path_hash(&hash, c, err);

	if (st == WB_OK)
		st = query_number(&at, c, "at", UINT64_MAX, err);
	if (st != WB_OK)
		return st;
	if (at == UINT64_MAX)
		return wb_fail(err, WB_INVALID,
		    "at= must name the batch's index");
	return wb_feed_content(out, c->core, at, &hash, err);
}

enum wb_status
wb_get_annexes(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	struct wb_hash hash;
	enum wb_status st = path_hash(&hash, c, err);

	return st != WB_OK ? st : wb_feed_annexes(out, c->core, &hash, err);
}

enum wb_status
wb_post_annexes(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	(void)out;
	return wb_feed_put_annexes(c->core, &c->reader,
	    wb_bytes_span(wb_request_body(c->request)), err);
}

enum wb_status
wb_get_enrolment(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	struct wb_hash hash;
	enum wb_status st = path_hash(&hash, c, err);

	return st != WB_OK
		   ? st
		   : wb_feed_enrolments(out, c->core, &c->reader, &hash, err);
}

enum wb_status
wb_get_enrolments(struct wb_call *c, struct wb_bytes *out, struct wb_error *err)
{
	return wb_feed_enrolments(out, c->core, &c->reader, NULL, err);
}

enum wb_status
wb_post_enrolments(struct wb_call *c, struct wb_bytes *out,
    struct wb_error *err)
{
	(void)out;
	return wb_feed_put_enrolments(c->core, &c->reader,
	    wb_bytes_span(wb_request_body(c->request)), err);
}

/* On a thread of the core's. */
static void
entries_done(void *ctx, enum wb_status status, struct wb_bytes *answer,
    const struct wb_error *err)
{
	const struct wb_answer ok = { .status = 200 };

	if (status == WB_OK)
		wb_request_answer(ctx, &ok, answer);
	else
		wb_answer_error(ctx, err);
}

enum wb_status
wb_post_entries(struct wb_call *c, struct wb_error *err)
{
	struct wb_holding holding;
	enum wb_status st = query_holding(&holding, c, err);

	if (st != WB_OK)
		return st;
	return wb_intake_submit(c->core, wb_request_body(c->request), &holding,
	    entries_done, c->request, err);
}

static unsigned
http_status(const struct wb_error *err)
{
	const char *id = wb_error_id(err);

	switch (err->status) {
	case WB_INVALID:
		return strcmp(id, "authorization") == 0 ||
			       strcmp(id, "clock") == 0
			   ? 401
			   : 400;
	case WB_FORGED:
		return strcmp(id, "signature") == 0 ? 401 : 409;
	case WB_REFUSED:
		return strcmp(id, "busy") == 0 ? 503 : 403;
	case WB_NOT_FOUND:
		return 404;
	case WB_EXISTS:
		return 409;
	case WB_NO_MEMORY:
		return strcmp(id, "rate") == 0 ? 429 : 503;
	case WB_OK:
	case WB_FAILED:
	case WB_USAGE:
	case WB_PARTIAL:
	case WB_LOCKED:
	case WB_OFFLINE:
	case WB_NEWER:
	case WB_STORAGE:
	case WB_INTERRUPTED:
		break;
	}
	return 503;
}

void
wb_answer_error(struct wb_request *r, const struct wb_error *err)
{
	struct wb_answer answer = { .status = http_status(err) };
	struct wb_error shown = { .id = wb_error_id(err) };

	if (answer.status == 401)
		answer.challenge = "Waybill";
	if (answer.status == 429)
		answer.retry_after = 60;
	if (answer.status == 503)
		answer.retry_after = RETRY_SECONDS;
	/* What went wrong inside names our files: not for strangers. */
	if (answer.status == 503 && strcmp(shown.id, "busy") != 0) {
		(void)wb_fail(&shown, err->status,
		    "the server cannot do this now; what it has is safe");
	} else {
		(void)wb_fail(&shown, err->status, "%s", err->text);
	}
	shown.id = wb_error_id(err);
	wb_request_refuse(r, &answer, &shown);
}
