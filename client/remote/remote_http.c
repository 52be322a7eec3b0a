/* Requests over HTTP: the carrier of client/remote/remote.h that is in use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fetch.h"
#include "client/remote/remote.h"
#include "client/remote/remote_answer.h"
#include "crypto/text.h"
#include "proto/ack.h"

#define CONNECT_MS (WB_CONNECT_SECONDS * 1000L - 500)
#define PROXY_CONNECT_MS 60000L /* a way through Tor takes its time */
#define MAX_TRIES 4 /* of a busy server */
#define FIRST_WAIT_MS 250 /* then twice as long each time */
#define MAX_RETRY_AFTER 10 /* seconds; longer is for the user to wait */
#define POLL_MS 1000
#define MAX_HEADER 4096 /* bytes */
#define MAX_UPLOAD_ANSWER ((size_t)4 << 20) /* bytes */

/* One request, from its start until its answer is handed over. */
struct exchange {
	struct wb_fetch *fetch; /* NULL until it is first used */
	struct wb_ask ask;
	char path[WB_MAX_REMOTE_PATH];
	struct wb_bytes body; /* of an upload in flight; owned */
	int64_t tag;
	unsigned tries;
	bool clock_set; /* tried with the server's time */
};

struct line {
	struct wb_device *device;
	struct wb_target target;
	struct wb_fetcher *fetcher;
	struct exchange single;
	struct exchange flights[WB_MAX_IN_FLIGHT];
	bool heard; /* the server answered something */
	int64_t ahead; /* seconds that the server's clock is */
};

/* ---- one request */

static enum wb_status
sign(struct wb_bytes *out, struct line *l, const struct wb_ask *ask,
    struct wb_error *err)
{
	struct wb_read read = { .programme = l->device->programme,
		.signer = l->device->signer.key,
		.log_key = l->device->log.key,
		.method = wb_span_text(ask->method),
		.path = wb_span_text(ask->path) };
	uint8_t token[WB_READ_TOKEN];
	enum wb_status st;

	read.time = (uint64_t)(wb_clock_now(l->device->clock) + l->ahead);
	st = wb_read_token(token, &read, &l->device->signer, err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "Authorization: Waybill ", err);
	return st == WB_OK
		   ? wb_base64_append(out, wb_span(token, sizeof token), err)
		   : st;
}

static enum wb_status
launch(struct exchange *x, struct line *l, struct wb_error *err)
{
	bool far = wb_target_is_far(&l->target);
	const char *headers[] = { "Content-Type:", NULL, NULL };
	struct wb_bytes signed_read;
	struct wb_fetch_ask request = { .target = &l->target,
		.method = x->ask.method,
		.path = x->path,
		.headers = headers,
		.body = x->ask.body,
		.max = x->ask.max,
		.connect_ms = far ? PROXY_CONNECT_MS : CONNECT_MS,
		.stall_seconds = far || l->heard ? WB_STALL_SECONDS
						 : WB_FIRST_SECONDS };
	enum wb_status st = WB_OK;

	wb_bytes_init(&signed_read, MAX_HEADER);
	if (x->fetch == NULL)
		st = wb_fetch_new(&x->fetch, l->fetcher, err);
	if (st == WB_OK && x->ask.as_member) {
		st = sign(&signed_read, l, &x->ask, err);
		if (st == WB_OK)
			st = wb_bytes_append(&signed_read, wb_span("", 1), err);
		headers[1] = (const char *)signed_read.data;
	}
	if (st == WB_OK)
		st = wb_fetch_start(x->fetch, &request, err);
	wb_bytes_clear(&signed_read);
	return st;
}

static enum wb_status
prepare(struct exchange *x, const struct wb_ask *ask, struct wb_error *err)
{
	int n;

	x->ask = *ask;
	n = snprintf(x->path, sizeof x->path, "%s", ask->path);
	if (n < 0 || (size_t)n >= sizeof x->path)
		return wb_fail(err, WB_INVALID, "the path is too long");
	x->ask.path = x->path;
	x->tries = 0;
	x->clock_set = false;
	return WB_OK;
}

/* ---- waiting */

/* How long a busy server wants to be left alone; -1: too long. */
static int64_t
wait_ms(const struct exchange *x, int64_t after)
{
	int64_t ms = (int64_t)FIRST_WAIT_MS << (x->tries - 1);

	if (x->tries >= MAX_TRIES || after > MAX_RETRY_AFTER)
		return -1;
	return ms > after * 1000 ? ms : after * 1000;
}

static void
sleep_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* The server's clock by its own Date header; false: it has none. */
static bool
read_clock(struct line *l, const struct exchange *x)
{
	int64_t at;

	if (!wb_fetch_date(&at, x->fetch))
		return false;
	l->ahead = at - wb_clock_now(l->device->clock);
	return true;
}

/* Judges what finished; *again: it was started once more instead. */
static enum wb_status
settle(bool *again, struct exchange *x, struct line *l, struct wb_error *err)
{
	struct wb_fetched answer;
	struct wb_error why = { 0 };
	enum wb_status st;
	int64_t ms;

	*again = false;
	wb_fetch_result(&answer, x->fetch);
	l->heard = l->heard || answer.end == WB_FETCH_ANSWERED;
	st = wb_answer_judge(&answer, &why);
	x->tries++;
	if (st == WB_OFFLINE && strcmp(wb_error_id(&why), "server-busy") == 0) {
		ms = wait_ms(x, answer.retry_after);
		*again = ms >= 0;
		if (*again)
			sleep_ms(ms);
	} else if (st == WB_REFUSED && x->ask.as_member && !x->clock_set &&
		   strcmp(wb_error_id(&why), "clock") == 0) {
		x->clock_set = true;
		*again = read_clock(l, x);
	}
	if (*again)
		return launch(x, l, err);
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}

/* ---- the carrier */

static enum wb_status
ask_and_wait(struct exchange *x, struct line *l, struct wb_error *err)
{
	enum wb_status st;
	bool again = true;

	st = launch(x, l, err);
	while (st == WB_OK && again) {
		st = wb_fetcher_turn(l->fetcher, POLL_MS, err);
		if (st == WB_OK && wb_fetch_finished(x->fetch))
			st = settle(&again, x, l, err);
	}
	return st;
}

static void
end_exchange(struct exchange *x)
{
	if (x->fetch != NULL)
		wb_fetch_drop(x->fetch);
	wb_bytes_clear(&x->body);
}

static struct wb_span
answer_of(const struct exchange *x)
{
	struct wb_fetched answer;

	wb_fetch_result(&answer, x->fetch);
	return answer.body;
}

static enum wb_status
ask(void *ctx, struct wb_bytes *out, const struct wb_ask *request,
    struct wb_error *err)
{
	struct line *l = ctx;
	struct exchange *x = &l->single;
	enum wb_status st;

	st = prepare(x, request, err);
	if (st == WB_OK)
		st = ask_and_wait(x, l, err);
	if (st == WB_OK)
		st = wb_bytes_append(out, answer_of(x), err);
	end_exchange(x);
	return st;
}

static bool
is_free(const struct exchange *x)
{
	return x->fetch == NULL ||
	       (!wb_fetch_under_way(x->fetch) && !wb_fetch_finished(x->fetch));
}

static enum wb_status
start(void *ctx, int64_t tag, const char *path, struct wb_bytes *body,
    struct wb_error *err)
{
	struct wb_ask request = { .method = "POST",
		.path = path,
		.max = MAX_UPLOAD_ANSWER };
	struct line *l = ctx;
	struct exchange *x = NULL;
	enum wb_status st;

	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++)
		if (is_free(&l->flights[i]))
			x = &l->flights[i];
	if (x == NULL)
		return wb_fail(err, WB_FAILED, "too many uploads at once");
	wb_bytes_move(&x->body, body);
	request.body = wb_bytes_span(&x->body);
	st = prepare(x, &request, err);
	x->tag = tag;
	if (st == WB_OK)
		st = launch(x, l, err);
	/* Sets it off; how it fares is for `next` to tell. */
	if (st == WB_OK)
		st = wb_fetcher_turn(l->fetcher, 0, err);
	if (st != WB_OK)
		end_exchange(x);
	return st;
}

static struct exchange *
any_flight(struct line *l, bool (*state)(const struct wb_fetch *fetch))
{
	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++)
		if (l->flights[i].fetch != NULL && state(l->flights[i].fetch))
			return &l->flights[i];
	return NULL;
}

static enum wb_status
hand_over(int64_t *tag, struct wb_bytes *body, struct exchange *x,
    enum wb_status st)
{
	*tag = x->tag;
	if (st == WB_OK)
		wb_fetch_take(body, x->fetch);
	end_exchange(x);
	return st;
}

static enum wb_status
next(void *ctx, int64_t *tag, struct wb_bytes *body, bool *more,
    struct wb_error *err)
{
	struct line *l = ctx;
	struct exchange *x;
	enum wb_status st;
	bool again;

	wb_bytes_reset(body);
	for (;;) {
		x = any_flight(l, wb_fetch_finished);
		if (x != NULL) {
			*more = true;
			st = settle(&again, x, l, err);
			if (!again || st != WB_OK)
				return hand_over(tag, body, x, st);
			continue;
		}
		x = any_flight(l, wb_fetch_under_way);
		*more = x != NULL;
		if (x == NULL)
			return WB_OK;
		st = wb_fetcher_turn(l->fetcher, POLL_MS, err);
		if (st != WB_OK)
			return hand_over(tag, body, x, st);
	}
}

static void
free_exchange(struct exchange *x)
{
	end_exchange(x);
	wb_fetch_free(&x->fetch);
}

static void
hang_up(void *ctx)
{
	struct line *l = ctx;

	free_exchange(&l->single);
	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++)
		free_exchange(&l->flights[i]);
	wb_fetcher_close(&l->fetcher);
	free(l);
}

static enum wb_status
pick_up(struct line **out, struct wb_device *device,
    const struct wb_target *target, struct wb_error *err)
{
	struct line *l = calloc(1, sizeof *l);
	enum wb_status st;

	*out = NULL;
	if (l == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = wb_fetcher_open(&l->fetcher, err);
	if (st != WB_OK) {
		free(l);
		return st;
	}
	l->device = device;
	l->target = *target;
	*out = l;
	return WB_OK;
}

enum wb_status
wb_remote_open(struct wb_remote **out, struct wb_device *device,
    const char *url, const char *proxy, struct wb_error *err)
{
	struct wb_carrier carrier = { .ask = ask,
		.start = start,
		.next = next,
		.close = hang_up };
	struct wb_target target;
	struct line *l;
	enum wb_status st;

	*out = NULL;
	st = wb_target_parse(&target, url, proxy, err);
	if (st != WB_OK)
		return wb_advise(err, wb_context(err, st, "the server"),
		    "server-address", NULL);
	st = pick_up(&l, device, &target, err);
	if (st != WB_OK)
		return st;
	carrier.ctx = l;
	carrier.route = target.route;
	st = wb_remote_over(out, &carrier, err);
	if (st != WB_OK)
		hang_up(l);
	return st;
}
