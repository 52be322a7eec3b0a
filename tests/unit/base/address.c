/* Which addresses the whole network reaches, and which it must not be sent to. */
#include "base/address.h"

#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "tests/unit/check.h"

static const struct row {
	const char *name;
	const char *host;
	enum wb_address_place place;
} rows[] = {
	{ "a public server", "9.9.9.9", WB_ADDRESS_GLOBAL },
	{ "before 10/8", "9.255.255.255", WB_ADDRESS_GLOBAL },
	{ "10/8", "10.0.0.1", WB_ADDRESS_OTHER },
	{ "after 10/8", "11.0.0.0", WB_ADDRESS_GLOBAL },
	{ "loopback", "127.0.0.1", WB_ADDRESS_LOOPBACK },
	{ "the end of loopback", "127.255.255.255", WB_ADDRESS_LOOPBACK },
	{ "after loopback", "128.0.0.1", WB_ADDRESS_GLOBAL },
	{ "this host", "0.0.0.0", WB_ADDRESS_OTHER },
	{ "before carriers' NAT", "100.63.255.255", WB_ADDRESS_GLOBAL },
	{ "carriers' NAT", "100.64.0.0", WB_ADDRESS_OTHER },
	{ "its end", "100.127.255.255", WB_ADDRESS_OTHER },
	{ "after it", "100.128.0.0", WB_ADDRESS_GLOBAL },
	{ "metadata of clouds", "169.254.169.254", WB_ADDRESS_OTHER },
	{ "before 172.16/12", "172.15.255.255", WB_ADDRESS_GLOBAL },
	{ "172.16/12", "172.16.0.1", WB_ADDRESS_OTHER },
	{ "its end", "172.31.255.255", WB_ADDRESS_OTHER },
	{ "after it", "172.32.0.0", WB_ADDRESS_GLOBAL },
	{ "home", "192.168.1.1", WB_ADDRESS_OTHER },
	{ "after home", "192.169.0.0", WB_ADDRESS_GLOBAL },
	{ "protocols", "192.0.0.8", WB_ADDRESS_OTHER },
	{ "documentation", "192.0.2.1", WB_ADDRESS_OTHER },
	{ "relays of 6to4", "192.88.99.1", WB_ADDRESS_OTHER },
	{ "measuring", "198.19.255.255", WB_ADDRESS_OTHER },
	{ "after measuring", "198.20.0.0", WB_ADDRESS_GLOBAL },
	{ "documentation, 2", "198.51.100.1", WB_ADDRESS_OTHER },
	{ "documentation, 3", "203.0.113.1", WB_ADDRESS_OTHER },
	{ "before groups", "223.255.255.255", WB_ADDRESS_GLOBAL },
	{ "a group", "224.0.0.1", WB_ADDRESS_OTHER },
	{ "everybody", "255.255.255.255", WB_ADDRESS_OTHER },
	{ "6: a public server", "[2620:fe::fe]", WB_ADDRESS_GLOBAL },
	{ "6: loopback", "[::1]", WB_ADDRESS_LOOPBACK },
	{ "6: none", "[::]", WB_ADDRESS_OTHER },
	{ "6: mapped loopback", "[::ffff:127.0.0.1]", WB_ADDRESS_OTHER },
	{ "6: mapped private", "[::ffff:10.0.0.1]", WB_ADDRESS_OTHER },
	{ "6: mapped public", "[::ffff:9.9.9.9]", WB_ADDRESS_GLOBAL },
	{ "6: NAT64 of private", "[64:ff9b::10.0.0.1]", WB_ADDRESS_OTHER },
	{ "6: NAT64 of public", "[64:ff9b::9.9.9.9]", WB_ADDRESS_GLOBAL },
	{ "6: NAT64 of a site", "[64:ff9b:1::9.9.9.9]", WB_ADDRESS_OTHER },
	{ "6: Teredo", "[2001::1]", WB_ADDRESS_OTHER },
	{ "6: after protocols", "[2001:200::1]", WB_ADDRESS_GLOBAL },
	{ "6: documentation", "[2001:db8::1]", WB_ADDRESS_OTHER },
	{ "6: 6to4", "[2002:7f00:1::1]", WB_ADDRESS_OTHER },
	{ "6: documentation, 2", "[3fff:fff::1]", WB_ADDRESS_OTHER },
	{ "6: beyond 2000::/3", "[4000::1]", WB_ADDRESS_OTHER },
	{ "6: a site's own", "[fd00::1]", WB_ADDRESS_OTHER },
	{ "6: of a link", "[fe80::1]", WB_ADDRESS_OTHER },
	{ "6: a group", "[ff02::1]", WB_ADDRESS_OTHER },
};

/* As the same address in a socket's form. */
static enum wb_address_place
as_socket(const char *host)
{
	struct sockaddr_in6 ip6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in ip4 = { .sin_family = AF_INET };
	char inside[64];

	if (host[0] != '[') {
		assert_int_equal(inet_pton(AF_INET, host, &ip4.sin_addr), 1);
		return wb_address_place((const struct sockaddr *)&ip4);
	}
	(void)snprintf(inside, sizeof inside, "%s", host + 1);
	inside[strlen(inside) - 1] = '\0';
	assert_int_equal(inet_pton(AF_INET6, inside, &ip6.sin6_addr), 1);
	return wb_address_place((const struct sockaddr *)&ip6);
}

static void
each_net_ends_where_it_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(as_socket(rows[i].host), rows[i].place);
		assert_int_equal(wb_address_place_of(rows[i].host),
		    rows[i].place);
	}
}

static void
what_is_no_address_is_a_name_or_nothing(void **state)
{
	const struct sockaddr_un un = { .sun_family = AF_UNIX };

	(void)state;
	assert_int_equal(wb_address_place((const struct sockaddr *)&un),
	    WB_ADDRESS_OTHER);
	assert_int_equal(wb_address_place_of("w.example.org"),
	    WB_ADDRESS_GLOBAL);
	assert_int_equal(wb_address_place_of("[::1%lo]"), WB_ADDRESS_OTHER);
	assert_int_equal(wb_address_place_of("["), WB_ADDRESS_GLOBAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_net_ends_where_it_ends),
		cmocka_unit_test(what_is_no_address_is_a_name_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
