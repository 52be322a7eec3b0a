#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define IP6_LEN 16 /* bytes */
#define IP4_IN_IP6 12 /* where an address of IPv4 stands in one of IPv6 */

/* The first `bits` of an address. */
struct net {
	uint8_t first[IP6_LEN];
	unsigned bits;
};

static const struct net loopback4 = { { 127 }, 8 };
static const struct net loopback6 = { { [15] = 1 }, 128 };

static const struct net reserved4[] = {
	{ { 0 }, 8 },
	{ { 10 }, 8 },
	{ { 100, 64 }, 10 },
	{ { 127 }, 8 },
	{ { 169, 254 }, 16 },
	{ { 172, 16 }, 12 },
	{ { 192, 0, 0 }, 24 },
	{ { 192, 0, 2 }, 24 },
	{ { 192, 88, 99 }, 24 },
	{ { 192, 168 }, 16 },
	{ { 198, 18 }, 15 },
	{ { 198, 51, 100 }, 24 },
	{ { 203, 0, 113 }, 24 },
	{ { 224 }, 3 },
};

/* Of IPv6 this alone is given out for the whole network, ... */
static const struct net global6 = { { 0x20 }, 3 };

/* ... but for protocols, documentation and 6to4. */
static const struct net reserved6[] = {
	{ { 0x20, 0x01 }, 23 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x20, 0x02 }, 16 },
	{ { 0x3f, 0xff }, 20 },
};

/* These stand for an address of IPv4. */
static const struct net with_ip4[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96 },
	{ { 0, 0x64, 0xff, 0x9b }, 96 },
};

static bool
is_in(const uint8_t *address, const struct net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(address, net->first, whole) != 0)
		return false;
	return rest == 0 ||
	       (address[whole] ^ net->first[whole]) >> (8 - rest) == 0;
}

static bool
is_in_any(const uint8_t *address, const struct net *nets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_in(address, &nets[i]))
			return true;
	}
	return false;
}

static bool
is_global4(const uint8_t *address)
{
	return !is_in_any(address, reserved4,
	    sizeof reserved4 / sizeof reserved4[0]);
}

static enum wb_address_place
place4(const struct in_addr *in)
{
	uint8_t address[4];

	memcpy(address, in, sizeof address);
	if (is_in(address, &loopback4))
		return WB_ADDRESS_LOOPBACK;
	return is_global4(address) ? WB_ADDRESS_GLOBAL : WB_ADDRESS_OTHER;
}

static enum wb_address_place
place6(const struct in6_addr *in)
{
	const uint8_t *address = in->s6_addr;
	bool global;

	if (is_in(address, &loopback6))
		return WB_ADDRESS_LOOPBACK;
	if (is_in_any(address, with_ip4,
		sizeof with_ip4 / sizeof with_ip4[0])) {
		global = is_global4(address + IP4_IN_IP6);
	} else {
		global = is_in(address, &global6) &&
			 !is_in_any(address, reserved6,
			     sizeof reserved6 / sizeof reserved6[0]);
	}
	return global ? WB_ADDRESS_GLOBAL : WB_ADDRESS_OTHER;
}

enum wb_address_place
wb_address_place(const struct sockaddr *address)
{
	struct sockaddr_in6 ip6;
	struct sockaddr_in ip4;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&ip4, address, sizeof ip4);
		return place4(&ip4.sin_addr);
	case AF_INET6:
		memcpy(&ip6, address, sizeof ip6);
		return place6(&ip6.sin6_addr);
	default:
		return WB_ADDRESS_OTHER;
	}
}

enum wb_address_place
wb_address_place_of(const char *host)
{
	char inside[INET6_ADDRSTRLEN];
	size_t n = strlen(host);
	struct in6_addr ip6;
	struct in_addr ip4;

	if (inet_pton(AF_INET, host, &ip4) == 1)
		return place4(&ip4);
	if (host[0] != '[' || n < 2 || n - 2 >= sizeof inside)
		return WB_ADDRESS_GLOBAL;
	(void)snprintf(inside, sizeof inside, "%.*s", (int)(n - 2), host + 1);
	return inet_pton(AF_INET6, inside, &ip6) == 1 ? place6(&ip6)
						      : WB_ADDRESS_OTHER;
}
