/*
 * Where an IP address lies: what a name leads to is known only once it was
 * looked up.  Pure.
 */
#ifndef WB_BASE_ADDRESS_H
#define WB_BASE_ADDRESS_H

#include <sys/socket.h>

enum wb_address_place {
	WB_ADDRESS_GLOBAL, /* of the whole network */
	WB_ADDRESS_LOOPBACK, /* of this machine */
	WB_ADDRESS_OTHER /* private, link-local, reserved, no IP at all */
};

/*
 * By IANA's registries of special-purpose addresses.  An address of IPv6 that
 * stands for one of IPv4 (mapped, or by NAT64) lies where that one does, but
 * is never loopback.
 */
enum wb_address_place wb_address_place(const struct sockaddr *address);

/* The same of "10.0.0.1" or "[fd00::1]"; a name is WB_ADDRESS_GLOBAL. */
enum wb_address_place wb_address_place_of(const char *host);

#endif
