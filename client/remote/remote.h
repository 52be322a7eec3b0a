/*
 * The server as seen from a client: requests, what its answers mean, and
 * nothing that goes around the user's proxy.  How bytes get there and back is
 * behind a small table, so that tests can stand in for the server.
 */
#ifndef WB_CLIENT_REMOTE_H
#define WB_CLIENT_REMOTE_H

#include "client/device.h"

#define WB_CONNECT_SECONDS 5 /* no connection is known by then */
#define WB_FIRST_SECONDS 10 /* nor a first answer, on a direct route */
#define WB_STALL_SECONDS 60 /* a connection that moves nothing is dead */
#define WB_MAX_REMOTE_PATH 1024 /* bytes of path and query, with the NUL */
#define WB_MAX_IN_FLIGHT 4 /* uploads under way at once */

/* One request. */
struct wb_ask {
	const char *method; /* "GET", "POST" */
	const char *path; /* with the query: "/v1/feed?from=0" */
	struct wb_span body;
	bool as_member; /* signed as a Read */
	size_t max; /* bytes that an answer may have */
};

/* What carries requests: HTTP, or a test's own server. */
struct wb_carrier {
	/* Appends the answer's body to `out`. */
	enum wb_status (*ask)(void *ctx, struct wb_bytes *out,
	    const struct wb_ask *ask, struct wb_error *err);
	/* See wb_remote_start_post and wb_remote_next. */
	enum wb_status (*start)(void *ctx, int64_t tag, const char *path,
	    struct wb_bytes *body, struct wb_error *err);
	enum wb_status (*next)(void *ctx, int64_t *tag, struct wb_bytes *body,
	    bool *more, struct wb_error *err);
	void (*close)(void *ctx); /* may be NULL */
	void *ctx;
	const char *route; /* static; see wb_remote_route */
};

struct wb_remote;

/*
 * `url` and `proxy` (may be NULL) as in the device's settings and as
 * wb_target_parse takes them.  Opens no connection yet.  WB_INVALID, id
 * "server-address".
 */
WB_MUST_CHECK enum wb_status wb_remote_open(struct wb_remote **out,
    struct wb_device *device, const char *url, const char *proxy,
    struct wb_error *err);

/* Over a carrier of the caller's, which wb_remote_close closes. */
WB_MUST_CHECK enum wb_status wb_remote_over(struct wb_remote **out,
    const struct wb_carrier *carrier, struct wb_error *err);

void wb_remote_close(struct wb_remote **remote);

/* "direct", "over Tor" or "over a proxy": for the sync line. */
const char *wb_remote_route(const struct wb_remote *remote);

/*
 * GET `path` ("/v1/feed?from=0"), signed as a Read when `as_member`; the body
 * is appended to `out`.
 *
 *   WB_OFFLINE    no connection; "server-busy": it would not answer after
 *                 some tries; "server-storage": its disk is full or
 *                 broken; "server-no-quorum": it waits for its witnesses;
 *                 "server-failed": it, or what stands before it,
 *                 is broken; "tls": its certificate is not its own
 *   WB_REFUSED    the server said no; its id is kept where it is one of the
 *                 protocol's ("revoked", "clock", …), else "refused"
 *   WB_FORGED     "log-rolled-back": it says itself that it lost entries
 *   WB_NOT_FOUND  404
 *   WB_NEWER      410: the server no longer speaks this protocol
 *
 * A device whose clock is wrong reads by the server's.
 */
WB_MUST_CHECK enum wb_status wb_remote_get(struct wb_bytes *out,
    struct wb_remote *remote, const char *path, bool as_member, size_t max,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_remote_post(struct wb_bytes *out,
    struct wb_remote *remote, const char *path, struct wb_span body,
    bool as_member, size_t max, struct wb_error *err);

/*
 * Several uploads in flight, none of them as a member.  Start moves `body`
 * away and returns at once; at most WB_MAX_IN_FLIGHT may be under way.  Next
 * waits for one to finish, in any order, and gives its tag and answer (`body`
 * is cleared first), also where it failed.  *more false: none was under way.
 */
WB_MUST_CHECK enum wb_status wb_remote_start_post(struct wb_remote *remote,
    int64_t tag, const char *path, struct wb_bytes *body, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_remote_next(int64_t *tag, struct wb_bytes *body,
    bool *more, struct wb_remote *remote, struct wb_error *err);

#endif
