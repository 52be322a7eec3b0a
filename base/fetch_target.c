#include "base/fetch_target.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/bytes.h"
#include "base/text.h"

#define UNIX "unix:"
#define FIRST_OPEN_PORT 1024 /* below are those of the system */

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n > k && strcmp(text + n - k, end) == 0;
}

static bool
is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 ||
	       wb_address_place_of(host) == WB_ADDRESS_LOOPBACK;
}

static bool
has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool found = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return found;
}

static enum wb_status
check_form(CURLU *url, struct wb_error *err)
{
	if (has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD) ||
	    has(url, CURLUPART_QUERY) || has(url, CURLUPART_FRAGMENT))
		return wb_fail(err, WB_INVALID,
		    "the address may hold no name, password or query");
	return WB_OK;
}

static enum wb_status
check_host(struct wb_target *out, const char *scheme, const char *host,
    struct wb_error *err)
{
	bool onion = ends_with(host, ".onion");

	if (strcmp(scheme, "https") != 0 &&
	    (strcmp(scheme, "http") != 0 || (!onion && !is_loopback(host)))) {
		return wb_fail(err, WB_INVALID,
		    "the address must begin with https:// (http:// is "
		    "for an onion service or this machine alone)");
	}
	out->is_local = is_loopback(host);
	if (onion && out->proxy[0] == '\0') {
		return wb_fail(err, WB_INVALID,
		    "an onion service can be reached over Tor alone: set the "
		    "proxy, such as socks5h://127.0.0.1:9050");
	}
	if (out->proxy[0] != '\0') {
		out->route = onion || ends_with(out->proxy, ":9050") ||
				     ends_with(out->proxy, ":9150")
				 ? "over Tor"
				 : "over a proxy";
	}
	return WB_OK;
}

/* The address as it was understood, so that what is checked is what is used. */
static enum wb_status
take_url(struct wb_target *out, CURLU *url, struct wb_error *err)
{
	char *scheme = NULL, *host = NULL, *whole = NULL;
	enum wb_status st;
	size_t n;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK) {
		st = wb_fail(err, WB_INVALID, "the address is not understood");
		goto done;
	}
	st = check_host(out, scheme, host, err);
	if (st != WB_OK)
		goto done;
	n = strlen(whole);
	while (n > 0 && whole[n - 1] == '/')
		n--;
	if (n >= sizeof out->base) {
		st = wb_fail(err, WB_INVALID, "the address is too long");
		goto done;
	}
	memcpy(out->base, whole, n);
	out->base[n] = '\0';
done:
	curl_free(whole);
	curl_free(host);
	curl_free(scheme);
	return st;
}

static enum wb_status
parse_url(struct wb_target *out, const char *text, struct wb_error *err)
{
	CURLU *url = curl_url();
	enum wb_status st;

	if (url == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_PATH_AS_IS) !=
	    CURLUE_OK)
		st = wb_fail(err, WB_INVALID, "the address is not a URL");
	else
		st = check_form(url, err);
	if (st == WB_OK)
		st = take_url(out, url, err);
	curl_url_cleanup(url);
	return st;
}

static enum wb_status
parse_proxy(struct wb_target *out, const char *proxy, struct wb_error *err)
{
	const char *scheme = "socks5h://";

	if (proxy == NULL)
		return WB_OK;
	if (strncmp(proxy, scheme, strlen(scheme)) != 0 ||
	    strlen(proxy) >= sizeof out->proxy) {
		return wb_fail(err, WB_INVALID,
		    "the proxy must be one that resolves names: "
		    "socks5h://HOST:PORT");
	}
	(void)snprintf(out->proxy, sizeof out->proxy, "%s", proxy);
	return WB_OK;
}

enum wb_status
wb_target_parse(struct wb_target *out, const char *url, const char *proxy,
    struct wb_error *err)
{
	const char *path = url + strlen(UNIX);
	enum wb_status st;

	memset(out, 0, sizeof *out);
	out->route = "direct";
	if (strncmp(url, UNIX, strlen(UNIX)) != 0) {
		st = parse_proxy(out, proxy, err);
		return st == WB_OK ? parse_url(out, url, err) : st;
	}
	/* On this machine: there is nothing for a proxy to hide. */
	if (*path == '\0' || strlen(path) >= sizeof out->socket) {
		return wb_fail(err, WB_INVALID,
		    "the path of the socket is empty "
		    "or too long");
	}
	out->is_local = true;
	(void)snprintf(out->socket, sizeof out->socket, "%s", path);
	(void)snprintf(out->base, sizeof out->base, "http://localhost");
	return WB_OK;
}

static enum wb_status
refuse_place(const char *what, struct wb_error *err)
{
	return wb_fail(err, WB_REFUSED, "its address is %s", what);
}

/* At the root of a port that needs no rights: what a witness is given. */
static enum wb_status
confine_local(struct wb_target *target, const char *port, const char *path,
    struct wb_error *err)
{
	uint64_t number;

	if (strcmp(path, "/") != 0)
		return refuse_place("a path on this machine", err);
	if (wb_text_uint(&number, wb_span_text(port), FIRST_OPEN_PORT,
		UINT16_MAX, NULL) != WB_OK)
		return refuse_place("a port of this machine's system", err);
	target->reach = WB_REACH_LOOPBACK;
	return WB_OK;
}

static enum wb_status
confine_url(struct wb_target *target, CURLU *url, struct wb_error *err)
{
	char *host = NULL, *port = NULL, *path = NULL;
	enum wb_status st = WB_OK;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
		CURLUE_OK)
		st = wb_fail(err, WB_INVALID, "the address is not understood");
	else if (target->is_local)
		st = confine_local(target, port, path, err);
	else if (wb_address_place_of(host) != WB_ADDRESS_GLOBAL)
		st = refuse_place("in a network of its own", err);
	else if (target->proxy[0] == '\0')
		target->reach = WB_REACH_GLOBAL;
	curl_free(path);
	curl_free(port);
	curl_free(host);
	return st;
}

enum wb_status
wb_target_confine(struct wb_target *target, struct wb_error *err)
{
	enum wb_status st;
	CURLU *url;

	if (target->socket[0] != '\0')
		return refuse_place("a unix socket", err);
	url = curl_url();
	if (url == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	if (curl_url_set(url, CURLUPART_URL, target->base, CURLU_PATH_AS_IS) !=
	    CURLUE_OK)
		st = wb_fail(err, WB_INVALID, "the address is not a URL");
	else
		st = confine_url(target, url, err);
	curl_url_cleanup(url);
	return st;
}

bool
wb_target_is_far(const struct wb_target *target)
{
	return target->proxy[0] != '\0';
}
