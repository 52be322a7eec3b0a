/*
 * Asking over HTTP: several requests under way at once on connections that
 * are used again, each within its own times and with a largest answer.  No
 * redirects, no cookies, nothing said of this program, nothing that goes
 * around the target's proxy.  Knows no protocol above HTTP, and judges no
 * status.
 *
 * Connections are kept for who asks the same host again: all targets of one
 * fetcher that have the same host must have the same reach.
 *
 * One thread at a time may use a fetcher and what belongs to it; only
 * wb_fetcher_wake is for any.
 */
#ifndef WB_BASE_FETCH_H
#define WB_BASE_FETCH_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/fetch_target.h"

#define WB_MAX_FETCH_PATH 1024 /* bytes of path and query, with the NUL */

struct wb_fetcher; /* the connections */
struct wb_fetch; /* one request at a time, and its answer */

struct wb_fetch_ask {
	const struct wb_target *target;
	const char *method; /* "GET" or "POST" */
	const char *path; /* "/v1/feed?from=0" */
	const char *const *headers; /* "Name: value"; NULL ends them */
	struct wb_span body; /* of a POST; not copied */
	size_t max; /* bytes that the answer may have */
	long connect_ms; /* until there is a connection */
	long stall_seconds; /* without a byte either way; 0: no bound */
	long whole_ms; /* from start to end; 0: no bound */
};

enum wb_fetch_end {
	WB_FETCH_ANSWERED, /* there is a status */
	WB_FETCH_TOO_LARGE, /* an answer above the maximum */
	WB_FETCH_OUT_OF_REACH, /* its name leads where the target may not */
	WB_FETCH_NO_PROXY, /* the proxy does not work */
	WB_FETCH_BAD_TLS, /* its certificate is not its own */
	WB_FETCH_TIMEOUT,
	WB_FETCH_NO_MEMORY,
	WB_FETCH_NO_CONNECTION /* all else */
};

struct wb_fetched {
	enum wb_fetch_end end;
	long status; /* HTTP's; 0: none came */
	int64_t retry_after; /* seconds, as it wishes; 0: no wish */
	const char *words; /* static: libcurl's for the end */
	struct wb_span body; /* until the fetch starts again or is dropped */
};

WB_MUST_CHECK enum wb_status wb_fetcher_open(struct wb_fetcher **out,
    struct wb_error *err);
/* After all its fetches are freed. */
void wb_fetcher_close(struct wb_fetcher **fetcher);

WB_MUST_CHECK enum wb_status wb_fetch_new(struct wb_fetch **out,
    struct wb_fetcher *fetcher, struct wb_error *err);
void wb_fetch_free(struct wb_fetch **fetch);

/*
 * Sets a request off; wb_fetcher_turn moves it.  Only while none of this
 * fetch's is under way.  What came before is forgotten.  WB_INVALID: the path
 * is too long; WB_FAILED, WB_NO_MEMORY: never for what the other side does.
 */
WB_MUST_CHECK enum wb_status wb_fetch_start(struct wb_fetch *fetch,
    const struct wb_fetch_ask *ask, struct wb_error *err);

/* Waits up to `wait_ms` for news of any request, then moves all on. */
WB_MUST_CHECK enum wb_status wb_fetcher_turn(struct wb_fetcher *fetcher,
    unsigned wait_ms, struct wb_error *err);

/* Ends a turn's waiting, or that of the next; from any thread. */
void wb_fetcher_wake(struct wb_fetcher *fetcher);

bool wb_fetch_under_way(const struct wb_fetch *fetch);
/* Ended, well or not, and not yet dropped or started again. */
bool wb_fetch_finished(const struct wb_fetch *fetch);
/* Of one that is finished. */
void wb_fetch_result(struct wb_fetched *out, const struct wb_fetch *fetch);
/* Moves its body away. */
void wb_fetch_take(struct wb_bytes *out, struct wb_fetch *fetch);
/* The answer's Date in Unix seconds.  False: it has none. */
bool wb_fetch_date(int64_t *out, const struct wb_fetch *fetch);
/* Nothing of it is left: neither the request nor its answer. */
void wb_fetch_drop(struct wb_fetch *fetch);

#endif
