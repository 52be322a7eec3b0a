#include "base/listen.h"

#include <sys/socket.h>

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/tempdir.h"

static const struct row {
	const char *what;
	const char *text;
	enum wb_status status;
	bool local;
} rows[] = {
	{ "loopback", "127.0.0.1:8443", WB_OK, true },
	{ "the rest of loopback", "127.9.9.9:1", WB_OK, true },
	{ "loopback of IPv6", "[::1]:8443", WB_OK, true },
	{ "any port", "127.0.0.1:0", WB_OK, true },
	{ "unix socket", "unix:/run/waybilld.sock", WB_OK, true },
	{ "every address", "0.0.0.0:8443", WB_OK, false },
	{ "every address of IPv6", "[::]:8443", WB_OK, false },
	{ "a network", "192.168.1.2:8443", WB_OK, false },
	{ "not loopback after all", "128.0.0.1:1", WB_OK, false },
	{ "letters for a port", "127.0.0.1:8o", WB_INVALID, false },
	{ "six digits", "127.0.0.1:100000", WB_INVALID, false },
	{ "an open bracket", "[::1:80", WB_INVALID, false },
	{ "other loopback of IPv6", "[::2]:1", WB_OK, false },
	{ "no port", "127.0.0.1", WB_INVALID, false },
	{ "empty port", "127.0.0.1:", WB_INVALID, false },
	{ "port too large", "127.0.0.1:65536", WB_INVALID, false },
	{ "port with a zero before", "127.0.0.1:080", WB_INVALID, false },
	{ "port with a sign", "127.0.0.1:+80", WB_INVALID, false },
	{ "a name", "localhost:8443", WB_INVALID, false },
	{ "no host", ":8443", WB_INVALID, false },
	{ "IPv6 without brackets", "::1:8443", WB_INVALID, false },
	{ "no path", "unix:", WB_INVALID, false },
	{ "empty", "", WB_INVALID, false },
};

static void
reads_addresses_and_tells_which_are_local(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_listen address;

		print_message("  %s\n", rows[i].what);
		assert_status(rows[i].status,
		    wb_listen_parse(&address, rows[i].text, &err), &err);
		if (rows[i].status == WB_OK)
			assert_int_equal(address.is_local, rows[i].local);
	}
}

static void
refuses_a_socket_path_too_long_for_the_system(void **state)
{
	struct wb_error err = { 0 };
	struct wb_listen address;
	char text[200];

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, "unix:", 5);
	text[sizeof text - 1] = '\0';
	assert_status(WB_INVALID, wb_listen_parse(&address, text, &err), &err);
}

static void
names_the_port_it_was_given(void **state)
{
	char name[WB_MAX_LISTEN + 16];
	struct wb_error err = { 0 };
	struct wb_listen address;
	int fd, second;

	(void)state;
	assert_ok(wb_listen_parse(&address, "127.0.0.1:0", &err), &err);
	assert_ok(wb_listen_open(&fd, &address, &err), &err);
	assert_int_not_equal(address.port, 0);
	wb_listen_format(name, &address);
	assert_non_null(strstr(name, "http://127.0.0.1:"));
	assert_status(WB_EXISTS, wb_listen_open(&second, &address, &err), &err);
	assert_int_equal(second, -1);
	(void)close(fd);
}

static void
a_host_longer_than_any_is_refused(void **state)
{
	struct wb_error err = { 0 };
	struct wb_listen address;
	char text[300];

	(void)state;
	memset(text, '1', sizeof text);
	memcpy(text + sizeof text - 4, ":80", 4);
	assert_status(WB_INVALID, wb_listen_parse(&address, text, &err), &err);
}

static void
listens_on_ipv6_where_the_machine_has_it(void **state)
{
	char name[WB_MAX_LISTEN_URL];
	struct wb_error err = { 0 };
	struct wb_listen address;
	int fd;

	(void)state;
	assert_ok(wb_listen_parse(&address, "[::1]:0", &err), &err);
	if (wb_listen_open(&fd, &address, &err) != WB_OK)
		skip();
	assert_int_not_equal(address.port, 0);
	wb_listen_format(name, &address);
	assert_memory_equal(name, "http://[::1]:", 13);
	(void)close(fd);
}

/* Of another network, kept for examples (RFC 5737). */
static void
an_address_that_is_not_here_cannot_be_listened_on(void **state)
{
	struct wb_error err = { 0 };
	struct wb_listen address;
	int fd;

	(void)state;
	assert_ok(wb_listen_parse(&address, "192.0.2.1:1", &err), &err);
	assert_status(WB_FAILED, wb_listen_open(&fd, &address, &err), &err);
	assert_int_equal(fd, -1);
	assert_string_equal(wb_error_id(&err), "listen");
	memset(address.host, 'x', 3);
	assert_status(WB_INVALID, wb_listen_open(&fd, &address, &err), &err);
}

static void
a_file_in_the_way_of_a_socket_is_left_alone(void **state)
{
	struct wb_error err = { 0 };
	struct wb_listen address;
	struct check_dir dir;
	char text[300];
	FILE *f;
	int fd;

	(void)state;
	check_dir_make(&dir);
	f = fopen(check_path(&dir, "s"), "w");
	assert_non_null(f);
	(void)fclose(f);
	(void)snprintf(text, sizeof text, "unix:%s/s", dir.path);
	assert_ok(wb_listen_parse(&address, text, &err), &err);
	assert_status(WB_EXISTS, wb_listen_open(&fd, &address, &err), &err);
	assert_int_equal(access(check_path(&dir, "s"), F_OK), 0);
	check_dir_remove(&dir);
}

static void
replaces_a_dead_socket_but_never_a_live_one(void **state)
{
	struct wb_error err = { 0 };
	struct wb_listen address;
	struct check_dir dir;
	char text[300];
	int fd, second;

	(void)state;
	check_dir_make(&dir);
	(void)snprintf(text, sizeof text, "unix:%s/s", dir.path);
	assert_ok(wb_listen_parse(&address, text, &err), &err);
	assert_ok(wb_listen_open(&fd, &address, &err), &err);
	assert_status(WB_EXISTS, wb_listen_open(&second, &address, &err), &err);
	(void)close(fd);
	assert_ok(wb_listen_open(&fd, &address, &err), &err);
	(void)close(fd);
	check_dir_remove(&dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses_and_tells_which_are_local),
		cmocka_unit_test(refuses_a_socket_path_too_long_for_the_system),
		cmocka_unit_test(names_the_port_it_was_given),
		cmocka_unit_test(a_host_longer_than_any_is_refused),
		cmocka_unit_test(listens_on_ipv6_where_the_machine_has_it),
		cmocka_unit_test(
		    an_address_that_is_not_here_cannot_be_listened_on),
		cmocka_unit_test(a_file_in_the_way_of_a_socket_is_left_alone),
		cmocka_unit_test(replaces_a_dead_socket_but_never_a_live_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
