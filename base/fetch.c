#include "base/fetch.h"

#include <sys/socket.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"

struct wb_fetcher {
	CURLM *multi;
};

struct wb_fetch {
	struct wb_fetcher *fetcher;
	CURL *easy;
	struct curl_slist *headers;
	struct wb_bytes answer;
	bool under_way;
	bool finished;
	bool too_large;
	enum wb_target_reach reach;
	bool out_of_reach;
	CURLcode code;
};

enum wb_status
wb_fetcher_open(struct wb_fetcher **out, struct wb_error *err)
{
	struct wb_fetcher *f = NULL;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return wb_fail(err, WB_FAILED, "libcurl cannot be used");
	f = calloc(1, sizeof *f);
	if (f != NULL)
		f->multi = curl_multi_init();
	if (f == NULL || f->multi == NULL) {
		free(f);
		curl_global_cleanup();
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	*out = f;
	return WB_OK;
}

void
wb_fetcher_close(struct wb_fetcher **fetcher)
{
	if (*fetcher == NULL)
		return;
	(void)curl_multi_cleanup((*fetcher)->multi);
	curl_global_cleanup();
	free(*fetcher);
	*fetcher = NULL;
}

enum wb_status
wb_fetch_new(struct wb_fetch **out, struct wb_fetcher *fetcher,
    struct wb_error *err)
{
	struct wb_fetch *x = calloc(1, sizeof *x);

	*out = NULL;
	if (x != NULL)
		x->easy = curl_easy_init();
	if (x == NULL || x->easy == NULL) {
		free(x);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	x->fetcher = fetcher;
	*out = x;
	return WB_OK;
}

void
wb_fetch_drop(struct wb_fetch *fetch)
{
	if (fetch->under_way)
		(void)curl_multi_remove_handle(fetch->fetcher->multi,
		    fetch->easy);
	fetch->under_way = fetch->finished = false;
	wb_bytes_clear(&fetch->answer);
}

void
wb_fetch_free(struct wb_fetch **fetch)
{
	struct wb_fetch *x = *fetch;

	if (x == NULL)
		return;
	wb_fetch_drop(x);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	free(x);
	*fetch = NULL;
}

/* ---- setting off */

static size_t
take_bytes(char *data, size_t size, size_t n, void *ctx)
{
	struct wb_fetch *x = ctx;

	if (n * size > x->answer.max - x->answer.len ||
	    wb_bytes_append(&x->answer, wb_span(data, n * size), NULL) !=
		WB_OK) {
		x->too_large = true;
		return 0;
	}
	return n * size;
}

static enum wb_status
add_header(struct wb_fetch *x, const char *text, struct wb_error *err)
{
	struct curl_slist *more = curl_slist_append(x->headers, text);

	if (more == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	x->headers = more;
	return WB_OK;
}

/* What libcurl would say of itself is left out. */
static enum wb_status
make_headers(struct wb_fetch *x, const char *const *headers,
    struct wb_error *err)
{
	enum wb_status st;

	curl_slist_free_all(x->headers);
	x->headers = NULL;
	st = add_header(x, "Accept:", err);
	if (st == WB_OK)
		st = add_header(x, "Expect:", err);
	for (; st == WB_OK && headers != NULL && *headers != NULL; headers++)
		st = add_header(x, *headers, err);
	return st;
}

/* Only here is it known what a name has led to. */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	static const enum wb_address_place places[] = {
		[WB_REACH_GLOBAL] = WB_ADDRESS_GLOBAL,
		[WB_REACH_LOOPBACK] = WB_ADDRESS_LOOPBACK,
	};
	struct wb_fetch *x = ctx;

	(void)purpose;
	if (wb_address_place(&address->addr) != places[x->reach]) {
		x->out_of_reach = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

static CURLcode
set_reach(struct wb_fetch *x, enum wb_target_reach reach)
{
	CURLcode c;

	x->reach = reach;
	x->out_of_reach = false;
	if (reach == WB_REACH_ALL)
		return CURLE_OK;
	c = curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	if (c == CURLE_OK)
		c = curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETDATA, x);
	return c;
}

static CURLcode
set_route(CURL *easy, const struct wb_target *t)
{
	CURLcode c;

	/* Empty is not absent: it keeps the environment's proxies out. */
	c = curl_easy_setopt(easy, CURLOPT_PROXY, t->proxy);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	if (c == CURLE_OK && t->socket[0] != '\0')
		c = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, t->socket);
	return c;
}

static CURLcode
set_times(CURL *easy, const struct wb_fetch_ask *ask)
{
	CURLcode c;

	c = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, ask->connect_ms);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
		    ask->stall_seconds);
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ask->whole_ms);
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
set_request(struct wb_fetch *x, const struct wb_fetch_ask *ask, const char *url)
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
	if (c != CURLE_OK || strcmp(ask->method, "POST") != 0)
		return c;
	c = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)ask->body.len);
	/* An empty body is a body: NULL would have libcurl read its own. */
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		    ask->body.len != 0 ? (const char *)ask->body.data : "");
	return c;
}

enum wb_status
wb_fetch_start(struct wb_fetch *fetch, const struct wb_fetch_ask *ask,
    struct wb_error *err)
{
	char url[WB_MAX_TARGET_URL + WB_MAX_FETCH_PATH];
	enum wb_status st;
	CURLcode c;

	if (strlen(ask->path) >= WB_MAX_FETCH_PATH)
		return wb_fail(err, WB_INVALID, "the path is too long");
	(void)snprintf(url, sizeof url, "%s%s", ask->target->base, ask->path);
	fetch->finished = fetch->too_large = false;
	wb_bytes_clear(&fetch->answer);
	wb_bytes_init(&fetch->answer, ask->max);
	curl_easy_reset(fetch->easy);
	st = make_headers(fetch, ask->headers, err);
	if (st != WB_OK)
		return st;
	c = set_rules(fetch->easy);
	if (c == CURLE_OK)
		c = set_route(fetch->easy, ask->target);
	if (c == CURLE_OK)
		c = set_reach(fetch, ask->target->reach);
	if (c == CURLE_OK)
		c = set_times(fetch->easy, ask);
	if (c == CURLE_OK)
		c = set_request(fetch, ask, url);
	if (c == CURLE_OK && curl_multi_add_handle(fetch->fetcher->multi,
				 fetch->easy) != CURLM_OK)
		c = CURLE_FAILED_INIT;
	if (c != CURLE_OK)
		return wb_fail(err, WB_FAILED, "libcurl: %s",
		    curl_easy_strerror(c));
	fetch->under_way = true;
	return WB_OK;
}

/* ---- waiting */

enum wb_status
wb_fetcher_turn(struct wb_fetcher *fetcher, unsigned wait_ms,
    struct wb_error *err)
{
	struct wb_fetch *x;
	CURLMsg *m;
	int n;

	if (wait_ms > 0 && curl_multi_poll(fetcher->multi, NULL, 0,
			       (int)wait_ms, NULL) != CURLM_OK)
		return wb_fail(err, WB_FAILED, "libcurl does not wait");
	if (curl_multi_perform(fetcher->multi, &n) != CURLM_OK)
		return wb_fail(err, WB_FAILED, "libcurl does not go on");
	while ((m = curl_multi_info_read(fetcher->multi, &n)) != NULL) {
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x) != CURLE_OK)
			continue;
		(void)curl_multi_remove_handle(fetcher->multi, easy);
		x->code = code;
		x->finished = true;
		x->under_way = false;
	}
	return WB_OK;
}

void
wb_fetcher_wake(struct wb_fetcher *fetcher)
{
	(void)curl_multi_wakeup(fetcher->multi);
}

bool
wb_fetch_under_way(const struct wb_fetch *fetch)
{
	return fetch->under_way;
}

bool
wb_fetch_finished(const struct wb_fetch *fetch)
{
	return fetch->finished;
}

static enum wb_fetch_end
end_of(const struct wb_fetch *x)
{
	if (x->too_large)
		return WB_FETCH_TOO_LARGE;
	if (x->out_of_reach && x->code == CURLE_COULDNT_CONNECT)
		return WB_FETCH_OUT_OF_REACH;
	switch ((int)x->code) {
	case CURLE_OK:
		return WB_FETCH_ANSWERED;
	case CURLE_OUT_OF_MEMORY:
		return WB_FETCH_NO_MEMORY;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		return WB_FETCH_NO_PROXY;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return WB_FETCH_BAD_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return WB_FETCH_TIMEOUT;
	default:
		return WB_FETCH_NO_CONNECTION;
	}
}

void
wb_fetch_result(struct wb_fetched *out, const struct wb_fetch *fetch)
{
	curl_off_t after = 0;
	long status = 0;

	(void)curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(fetch->easy, CURLINFO_RETRY_AFTER, &after);
	*out = (struct wb_fetched){ .end = end_of(fetch),
		.status = status,
		.retry_after = (int64_t)after,
		.words = curl_easy_strerror(fetch->code),
		.body = wb_bytes_span(&fetch->answer) };
}

void
wb_fetch_take(struct wb_bytes *out, struct wb_fetch *fetch)
{
	wb_bytes_move(out, &fetch->answer);
}

bool
wb_fetch_date(int64_t *out, const struct wb_fetch *fetch)
{
	struct curl_header *h;
	time_t at;

	if (curl_easy_header(fetch->easy, "Date", 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return false;
	at = curl_getdate(h->value, NULL);
	*out = (int64_t)at;
	return at != -1;
}
