/* Requests over libcurl: the carrier of client/remote/remote.h that is in use. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/remote/remote.h"
#include "client/remote/remote_answer.h"
#include "client/remote/remote_target.h"
#include "crypto/text.h"
#include "proto/ack.h"
#include "proto/envelope.h"

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
	CURL *easy;
	struct curl_slist *headers;
	struct wb_ask ask;
	char path[WB_MAX_REMOTE_PATH];
	struct wb_bytes body; /* of an upload in flight; owned */
	struct wb_bytes answer;
	int64_t tag;
	unsigned tries;
	bool under_way;
	bool finished;
	bool too_large;
	bool clock_set; /* tried with the server's time */
	CURLcode code;
};

struct line {
	struct wb_device *device;
	struct wb_target target;
	CURLM *multi;
	struct exchange single;
	struct exchange flights[WB_MAX_IN_FLIGHT];
	bool heard; /* the server answered something */
	int64_t ahead; /* seconds that the server's clock is */
};

/* ---- one request */

static size_t
take_bytes(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	if (n * size > x->ask.max - x->answer.len ||
	    wb_bytes_append(&x->answer, wb_span(data, n * size), NULL) !=
		WB_OK) {
		x->too_large = true;
		return 0;
	}
	return n * size;
}

static enum wb_status
sign(struct wb_bytes *out, struct line *l, const struct wb_ask *ask,
    struct wb_error *err)
{
	struct wb_read read = { .programme = l->device->programme,
		.signer = l->device->signer.key,
		.log_key = l->device->log.key,
		.method = wb_span_text(ask->method),
		.path = wb_span_text(ask->path) };
	struct wb_bytes payload, envelope;
	enum wb_status st;

	read.time = (uint64_t)(wb_clock_now(l->device->clock) + l->ahead);
	wb_bytes_init(&payload, MAX_HEADER);
	wb_bytes_init(&envelope, MAX_HEADER);
	st = wb_read_encode(&payload, &read, err);
	if (st == WB_OK)
		st = wb_envelope_seal(&envelope, WB_STATEMENT_READ,
		    wb_bytes_span(&payload), &l->device->signer, err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "Authorization: Waybill ", err);
	if (st == WB_OK)
		st = wb_base64_append(out, wb_bytes_span(&envelope), err);
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&payload);
	return st;
}

static enum wb_status
add_header(struct exchange *x, const char *text, struct wb_error *err)
{
	struct curl_slist *more = curl_slist_append(x->headers, text);

	if (more == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	x->headers = more;
	return WB_OK;
}

/* What libcurl would say of itself is left out. */
static enum wb_status
make_headers(struct exchange *x, struct line *l, struct wb_error *err)
{
	struct wb_bytes signed_read;
	enum wb_status st;

	curl_slist_free_all(x->headers);
	x->headers = NULL;
	st = add_header(x, "Accept:", err);
	if (st == WB_OK)
		st = add_header(x, "Expect:", err);
	if (st == WB_OK)
		st = add_header(x, "Content-Type: application/x-protobuf", err);
	if (st != WB_OK || !x->ask.as_member)
		return st;
	wb_bytes_init(&signed_read, MAX_HEADER);
	st = sign(&signed_read, l, &x->ask, err);
	if (st == WB_OK)
		st = wb_bytes_append(&signed_read, wb_span("", 1), err);
	if (st == WB_OK)
		st = add_header(x, (const char *)signed_read.data, err);
	wb_bytes_clear(&signed_read);
	return st;
}

static CURLcode
set_route(CURL *easy, const struct wb_target *t, bool heard)
{
	bool far = t->proxy[0] != '\0';
	CURLcode c;

	/* Empty is not absent: it keeps the environment's proxies out. */
	c = curl_easy_setopt(easy, CURLOPT_PROXY, t->proxy);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	if (c == CURLE_OK && t->socket[0] != '\0')
		c = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, t->socket);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
		    far ? PROXY_CONNECT_MS : CONNECT_MS);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	if (c == CURLE_OK) {
		c = curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
		    far || heard ? (long)WB_STALL_SECONDS
				 : (long)WB_FIRST_SECONDS);
	}
	return c;
}

static CURLcode
set_rules(CURL *easy)
{
	CURLcode c;

	c = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_SSLVERSION,
		    (long)CURL_SSLVERSION_TLSv1_2);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	return c;
}

static CURLcode
set_request(struct exchange *x, const char *url)
{
	CURL *easy = x->easy;
	CURLcode c;

	c = curl_easy_setopt(easy, CURLOPT_URL, url);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
	if (c != CURLE_OK || strcmp(x->ask.method, "POST") != 0)
		return c;
	c = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)x->ask.body.len);
	/* An empty body is a body: NULL would have libcurl read its own. */
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		    x->ask.body.len != 0 ? (const char *)x->ask.body.data : "");
	return c;
}

static enum wb_status
launch(struct exchange *x, struct line *l, struct wb_error *err)
{
	char url[WB_MAX_URL + WB_MAX_REMOTE_PATH];
	enum wb_status st;
	CURLcode c;

	x->finished = x->too_large = false;
	wb_bytes_clear(&x->answer);
	wb_bytes_init(&x->answer, x->ask.max);
	if (x->easy == NULL)
		x->easy = curl_easy_init();
	if (x->easy == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	curl_easy_reset(x->easy);
	st = make_headers(x, l, err);
	if (st != WB_OK)
		return st;
	(void)snprintf(url, sizeof url, "%s%s", l->target.base, x->ask.path);
	c = set_rules(x->easy);
	if (c == CURLE_OK)
		c = set_route(x->easy, &l->target, l->heard);
	if (c == CURLE_OK)
		c = set_request(x, url);
	if (c == CURLE_OK &&
	    curl_multi_add_handle(l->multi, x->easy) != CURLM_OK)
		c = CURLE_FAILED_INIT;
	if (c != CURLE_OK)
		return wb_fail(err, WB_FAILED, "libcurl: %s",
		    curl_easy_strerror(c));
	x->under_way = true;
	return WB_OK;
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

/* Moves everything on; what has come to its end is marked as finished. */
static enum wb_status
turn(struct line *l, struct wb_error *err)
{
	struct exchange *x;
	CURLMsg *m;
	int n;

	if (curl_multi_perform(l->multi, &n) != CURLM_OK)
		return wb_fail(err, WB_FAILED, "libcurl does not go on");
	while ((m = curl_multi_info_read(l->multi, &n)) != NULL) {
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x) != CURLE_OK)
			continue;
		(void)curl_multi_remove_handle(l->multi, easy);
		l->heard = l->heard || code == CURLE_OK;
		x->code = code;
		x->finished = true;
		x->under_way = false;
	}
	return WB_OK;
}

static enum wb_status
pause_for_news(struct line *l, struct wb_error *err)
{
	if (curl_multi_poll(l->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
		return wb_fail(err, WB_FAILED, "libcurl does not wait");
	return WB_OK;
}

/* How long a busy server wants to be left alone; -1: too long. */
static int64_t
wait_ms(const struct exchange *x)
{
	curl_off_t after = 0;
	int64_t ms = (int64_t)FIRST_WAIT_MS << (x->tries - 1);

	(void)curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &after);
	if (x->tries >= MAX_TRIES || after > MAX_RETRY_AFTER)
		return -1;
	return ms > after * 1000 ? ms : (int64_t)after * 1000;
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
	struct curl_header *h;
	time_t at;

	if (curl_easy_header(x->easy, "Date", 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return false;
	at = curl_getdate(h->value, NULL);
	if (at == -1)
		return false;
	l->ahead = (int64_t)at - wb_clock_now(l->device->clock);
	return true;
}

/* Judges what finished; *again: it was started once more instead. */
static enum wb_status
settle(bool *again, struct exchange *x, struct line *l, struct wb_error *err)
{
	struct wb_answered a = { .code = x->code,
		.too_large = x->too_large,
		.body = wb_bytes_span(&x->answer) };
	struct wb_error why = { 0 };
	enum wb_status st;
	int64_t ms;

	*again = false;
	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &a.status);
	st = wb_answer_judge(&a, &why);
	x->tries++;
	if (st == WB_OFFLINE && strcmp(wb_error_id(&why), "server-busy") == 0) {
		ms = wait_ms(x);
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
		st = turn(l, err);
		if (st == WB_OK && x->finished)
			st = settle(&again, x, l, err);
		else if (st == WB_OK)
			st = pause_for_news(l, err);
	}
	return st;
}

/* Nothing of it is left in libcurl. */
static void
end_exchange(struct exchange *x, struct line *l)
{
	if (x->under_way)
		(void)curl_multi_remove_handle(l->multi, x->easy);
	x->under_way = x->finished = false;
	wb_bytes_clear(&x->answer);
	wb_bytes_clear(&x->body);
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
		st = wb_bytes_append(out, wb_bytes_span(&x->answer), err);
	end_exchange(x, l);
	return st;
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
		if (!l->flights[i].under_way && !l->flights[i].finished)
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
		st = turn(l, err);
	if (st != WB_OK)
		end_exchange(x, l);
	return st;
}

static struct exchange *
any_flight(struct line *l, bool finished)
{
	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++)
		if (finished ? l->flights[i].finished : l->flights[i].under_way)
			return &l->flights[i];
	return NULL;
}

static enum wb_status
hand_over(int64_t *tag, struct wb_bytes *body, struct exchange *x,
    struct line *l, enum wb_status st)
{
	*tag = x->tag;
	if (st == WB_OK)
		wb_bytes_move(body, &x->answer);
	end_exchange(x, l);
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
		x = any_flight(l, true);
		if (x != NULL) {
			*more = true;
			st = settle(&again, x, l, err);
			if (!again || st != WB_OK)
				return hand_over(tag, body, x, l, st);
			continue;
		}
		x = any_flight(l, false);
		*more = x != NULL;
		if (x == NULL)
			return WB_OK;
		st = pause_for_news(l, err);
		if (st == WB_OK)
			st = turn(l, err);
		if (st != WB_OK)
			return hand_over(tag, body, x, l, st);
	}
}

static void
free_exchange(struct exchange *x, struct line *l)
{
	end_exchange(x, l);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
}

static void
hang_up(void *ctx)
{
	struct line *l = ctx;

	free_exchange(&l->single, l);
	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++)
		free_exchange(&l->flights[i], l);
	(void)curl_multi_cleanup(l->multi);
	curl_global_cleanup();
	free(l);
}

static enum wb_status
pick_up(struct line **out, struct wb_device *device,
    const struct wb_target *target, struct wb_error *err)
{
	struct line *l = NULL;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return wb_fail(err, WB_FAILED, "libcurl cannot be used");
	l = calloc(1, sizeof *l);
	if (l != NULL)
		l->multi = curl_multi_init();
	if (l == NULL || l->multi == NULL) {
		free(l);
		curl_global_cleanup();
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
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
	if (st == WB_OK)
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
