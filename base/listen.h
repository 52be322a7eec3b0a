/*
 * Where a program listens: the text of an address, and the socket made from
 * it.  Knows nothing of HTTP.
 */
#ifndef WB_BASE_LISTEN_H
#define WB_BASE_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define WB_MAX_LISTEN 256 /* bytes of text, with the NUL */
#define WB_MAX_LISTEN_URL (WB_MAX_LISTEN + 16)

struct wb_listen {
	bool is_unix;
	bool is_ip6;
	bool is_local; /* loopback, or a unix socket: no network reaches it */
	char host[WB_MAX_LISTEN]; /* an IP address, or the socket's path */
	uint16_t port; /* 0: any free one */
};

/*
 * Reads "127.0.0.1:8443", "[::1]:8443" or "unix:PATH"; host names are not
 * looked up.  WB_INVALID: none of these.
 */
WB_MUST_CHECK enum wb_status wb_listen_parse(struct wb_listen *out,
    const char *text, struct wb_error *err);

/*
 * A bound, listening, non-blocking socket, the caller's to close.  In
 * address->port stands the real port afterwards.  A unix socket's file is made
 * for this user alone; one that nobody answers on is replaced.  WB_EXISTS:
 * somebody else listens there; WB_FAILED: the system refuses.
 */
WB_MUST_CHECK enum wb_status wb_listen_open(int *fd, struct wb_listen *address,
    struct wb_error *err);

/* "http://127.0.0.1:8443", "unix:PATH"; truncated where it does not fit. */
void wb_listen_format(char out[WB_MAX_LISTEN_URL],
    const struct wb_listen *address);

#endif
