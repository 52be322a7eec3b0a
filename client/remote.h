/*
 * The server as seen from a client: HTTP requests over libcurl, and nothing
 * that goes around the user's proxy.
 */
#ifndef WB_CLIENT_REMOTE_H
#define WB_CLIENT_REMOTE_H

#include "client/device.h"

#define WB_CONNECT_SECONDS 5 /* no connection is known by then */

struct wb_remote;

/*
 * `url` as in the device's settings: http only to loopback, an onion service
 * or a unix socket ("unix:PATH"); https elsewhere.  `proxy` NULL: direct;
 * else a SOCKS5 URL that resolves names ("socks5h://…").
 */
WB_MUST_CHECK enum wb_status wb_remote_open(struct wb_remote **out,
    struct wb_device *device, const char *url, const char *proxy,
    struct wb_error *err);
void wb_remote_close(struct wb_remote **remote);

/* "direct", "over Tor" or "over a proxy": for the sync line. */
const char *wb_remote_route(const struct wb_remote *remote);

/*
 * GET `path` ("/v1/feed?from=0"), signed as a Read when `as_member`; the body
 * is appended to `out`.  WB_OFFLINE: no connection; WB_REFUSED: the server
 * said no (its id is kept); WB_NOT_FOUND: 404; WB_NEWER: the server speaks a
 * later protocol.
 */
WB_MUST_CHECK enum wb_status wb_remote_get(struct wb_bytes *out,
    struct wb_remote *remote, const char *path, bool as_member, size_t max,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_remote_post(struct wb_bytes *out,
    struct wb_remote *remote, const char *path, struct wb_span body,
    bool as_member, size_t max, struct wb_error *err);

/*
 * Several uploads in flight.  Start returns at once unless WB_MAX_IN_FLIGHT
 * are under way; next waits for one to finish, in any order, and gives its
 * tag and answer (`body` is cleared first).  *more false: none under way.
 */
#define WB_MAX_IN_FLIGHT 4
WB_MUST_CHECK enum wb_status wb_remote_start_post(struct wb_remote *remote,
    int64_t tag, const char *path, struct wb_bytes *body, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_remote_next(int64_t *tag, struct wb_bytes *body,
    bool *more, struct wb_remote *remote, struct wb_error *err);

#endif
