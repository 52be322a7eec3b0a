/* Where a server is, and over what; for client/remote*.c, and commands
 * that are given an address or tell of it. */
#ifndef WB_CLIENT_REMOTE_TARGET_H
#define WB_CLIENT_REMOTE_TARGET_H

#include "base/error.h"

#define WB_MAX_URL 512 /* bytes with the NUL */
#define WB_MAX_SOCKET 108 /* bytes with the NUL, of a unix socket's path */

struct wb_target {
	char base[WB_MAX_URL]; /* before the path of a request; no slash */
	char socket[WB_MAX_SOCKET]; /* empty: not a unix socket */
	char proxy[WB_MAX_URL]; /* empty: direct */
	const char *route; /* static: "direct", "over Tor", "over a proxy" */
};

/* As wb_remote_open says.  `proxy` may be NULL.  WB_INVALID. */
WB_MUST_CHECK enum wb_status wb_target_parse(struct wb_target *out,
    const char *url, const char *proxy, struct wb_error *err);

#endif
