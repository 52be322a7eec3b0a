/* Where somebody who is asked over HTTP is, and over what the way goes. */
#ifndef WB_BASE_FETCH_TARGET_H
#define WB_BASE_FETCH_TARGET_H

#include <stdbool.h>

#include "base/error.h"

#define WB_MAX_TARGET_URL 512 /* bytes with the NUL */
#define WB_MAX_TARGET_SOCKET 108 /* bytes with the NUL, of its path */

enum wb_target_reach {
	WB_REACH_ALL, /* wherever its address lies */
	WB_REACH_GLOBAL, /* what the whole network reaches */
	WB_REACH_LOOPBACK /* this machine */
};

struct wb_target {
	char base[WB_MAX_TARGET_URL]; /* before a request's path; no slash */
	char socket[WB_MAX_TARGET_SOCKET]; /* empty: not a unix socket */
	char proxy[WB_MAX_TARGET_URL]; /* empty: direct */
	bool is_local; /* this machine: no network is on the way */
	enum wb_target_reach reach; /* looked at when it connects */
	const char *route; /* static: "direct", "over Tor", "over a proxy" */
};

/*
 * `url`: http only to loopback, an onion service or a unix socket
 * ("unix:PATH"); https elsewhere; a path in it begins those of all requests.
 * `proxy` NULL: direct, whatever the environment says; else a SOCKS5 URL that
 * resolves names ("socks5h://…").
 * WB_INVALID: not such a URL, or an onion service without a proxy.
 */
WB_MUST_CHECK enum wb_status wb_target_parse(struct wb_target *out,
    const char *url, const char *proxy, struct wb_error *err);

/*
 * For an address that somebody else has chosen: from here on it leads to what
 * the whole network reaches, or to a program of this machine at a loopback
 * address, PORT from 1024, no path; wherever its name leads when it is looked
 * up.  A proxy looks names up itself, and must see to that itself.
 * WB_REFUSED: it leads elsewhere.
 */
WB_MUST_CHECK enum wb_status wb_target_confine(struct wb_target *target,
    struct wb_error *err);

/* Through a proxy: a way that takes its time. */
bool wb_target_is_far(const struct wb_target *target);

#endif
