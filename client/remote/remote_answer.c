#include "client/remote/remote_answer.h"

#include <string.h>

#include "client/device.h"

#define MAX_WORDS 200 /* bytes of a server's text that are shown */

/* Ids of the protocol, as literals: an error keeps no copy. */
static const char *const ids[] = { "authorization", "busy", "clock",
	"content-mismatch", "enrolment", "malformed", "no-programme", "rate",
	"revoked", "shelf-full", "too-large", "unknown-signer",
	"wrong-programme" };

/* The text between `key` and the next quotation mark; empty: not there. */
static struct wb_span
find(struct wb_span body, const char *key)
{
	size_t n = strlen(key), end;

	for (size_t i = 0; i + n <= body.len; i++) {
		if (memcmp(body.data + i, key, n) != 0)
			continue;
		for (end = i + n; end < body.len; end++)
			if (body.data[end] == '"' && body.data[end - 1] != '\\')
				return wb_span_sub(body, i + n, end - i - n);
	}
	return wb_span(NULL, 0);
}

/* {"v":1,"error":{"id":…,"text":…}}, where it comes from the server itself. */
static enum wb_status
say_no(const struct wb_fetched *a, struct wb_error *err)
{
	struct wb_span id = find(a->body, "\"id\":\"");
	struct wb_span text = find(a->body, "\"text\":\"");
	const char *known = "refused";

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (wb_span_equal(id, wb_span_text(ids[i])))
			known = ids[i];
	/* It owns up: what it once showed a head of, it no longer has. */
	if (wb_span_equal(id, wb_span_text("log-rolled-back"))) {
		return wb_advise(err,
		    wb_fail(err, WB_FORGED,
			"the server has lost entries that it gave receipts "
			"for"),
		    "log-rolled-back", WB_KEEP_EVIDENCE);
	}
	text = wb_span_sub(text, 0, MAX_WORDS);
	if (text.len == 0)
		text = wb_span_text("it gives no reason");
	return wb_advise(err,
	    wb_fail(err, WB_REFUSED, "the server refuses (%ld): %.*s",
		a->status, (int)text.len, (const char *)text.data),
	    known, NULL);
}

static enum wb_status
offline(struct wb_error *err, const char *id, const char *next,
    const char *words)
{
	return wb_advise(err, wb_fail(err, WB_OFFLINE, "%s", words), id, next);
}

static enum wb_status
judge_status(const struct wb_fetched *a, struct wb_error *err)
{
	if (a->status >= 200 && a->status < 300)
		return WB_OK;
	if (a->status == 404) {
		return wb_fail(err, WB_NOT_FOUND,
		    "the server has no such "
		    "thing");
	}
	if (a->status == 410)
		return wb_fail(err, WB_NEWER,
		    "the server no longer speaks this program's protocol");
	/* Not for a while: asking again in a second is of no use. */
	if (a->status == 503 && wb_span_equal(find(a->body, "\"id\":\""),
				    wb_span_text("storage"))) {
		return offline(err, "server-storage",
		    "Nothing is lost. Tell who runs the server, and sync "
		    "again later.",
		    "the server cannot save anything now: its disk may be "
		    "full");
	}
	if (a->status == 503 && wb_span_equal(find(a->body, "\"id\":\""),
				    wb_span_text("no-quorum"))) {
		return offline(err, "server-no-quorum",
		    "Nothing is lost. Sync again later; if it lasts, tell who "
		    "runs the server.",
		    "the server takes nothing new until its witnesses answer");
	}
	if (a->status == 429 || a->status == 503) {
		return offline(err, "server-busy",
		    "Nothing is lost. Run `waybill sync` again later.",
		    "the server is too busy to answer");
	}
	if (a->status >= 500) {
		return offline(err, "server-failed",
		    "Nothing is lost. Tell who runs the server.",
		    "the server, or what stands before it, does not work");
	}
	return say_no(a, err);
}

enum wb_status
wb_answer_judge(const struct wb_fetched *a, struct wb_error *err)
{
	switch (a->end) {
	case WB_FETCH_ANSWERED:
		return judge_status(a, err);
	case WB_FETCH_TOO_LARGE:
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"the server's answer is larger than it may be"),
		    "answer", "Check the address of the server.");
	case WB_FETCH_NO_MEMORY:
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	case WB_FETCH_NO_PROXY:
		return offline(err, NULL, "Is Tor, or the proxy, running?",
		    "no connection: the proxy does not work");
	case WB_FETCH_BAD_TLS:
		return offline(err, "tls",
		    "Nothing was sent. Somebody may stand between, such as the "
		    "login page of a network.",
		    "no connection: the server cannot show that it is the one "
		    "with this address");
	case WB_FETCH_TIMEOUT:
		return offline(err, "timeout",
		    "Nothing is lost. Run `waybill sync` again later.",
		    "no connection: the server does not answer");
	case WB_FETCH_OUT_OF_REACH:
	case WB_FETCH_NO_CONNECTION:
		break;
	}
	return wb_advise(err,
	    wb_fail(err, WB_OFFLINE, "no connection: %s", a->words), NULL,
	    "Nothing is lost. Run `waybill sync` again later.");
}
