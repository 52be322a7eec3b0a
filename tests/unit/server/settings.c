#include "server/settings.h"

#include <stdio.h>

#include "tests/unit/tempdir.h"

static void
write_file(struct check_dir *dir, const char *text)
{
	struct wb_error err = { 0 };

	assert_ok(wb_file_write(wb_file_ops_system(),
		      check_path(dir, WB_SETTINGS_FILE), wb_span_text(text),
		      &err),
	    &err);
}

static void
starts_from_defaults_that_pass_its_own_check(void **state)
{
	struct wb_error err = { 0 };
	struct wb_settings s, again;
	struct check_dir dir;

	(void)state;
	check_dir_make(&dir);
	assert_ok(wb_settings_load(&s, dir.path, &err), &err);
	assert_string_equal(s.dir, dir.path);
	assert_string_equal(s.listen, "127.0.0.1:8443");
	assert_string_equal(s.admin, "");
	assert_false(s.listen_public);
	assert_false(s.witness_local);
	assert_int_equal(s.connections, 1024);
	assert_ok(wb_settings_check(&s, &err), &err);
	assert_ok(wb_settings_write(dir.path, &err), &err);
	assert_ok(wb_settings_load(&again, dir.path, &err), &err);
	assert_memory_equal(&s, &again, sizeof s);
	check_dir_remove(&dir);
}

static void
reads_what_the_operator_sets(void **state)
{
	struct wb_error err = { 0 };
	struct wb_settings s;
	struct check_dir dir;

	(void)state;
	check_dir_make(&dir);
	write_file(&dir, "listen = unix:/run/w.sock\nadmin = [::1]:9\n"
			 "workers = 3\nconnections = 99\nrequest_seconds = 7\n"
			 "rate = 5\nlisten_public = yes\nstore = sqlite:/x\n"
			 "witness_local = yes\n");
	assert_ok(wb_settings_load(&s, dir.path, &err), &err);
	assert_string_equal(s.listen, "unix:/run/w.sock");
	assert_string_equal(s.admin, "[::1]:9");
	assert_string_equal(s.store, "sqlite:/x");
	assert_true(s.listen_public);
	assert_int_equal(s.workers, 3);
	assert_int_equal(s.connections, 99);
	assert_int_equal(s.request_seconds, 7);
	assert_int_equal(s.rate, 5);
	assert_true(s.witness_local);
	check_dir_remove(&dir);
}

static const struct {
	const char *what;
	const char *text;
	const char *says; /* in the error */
} bad[] = {
	{ "unknown key", "\nlisten = 127.0.0.1:1\nlistne = x\n", "line 3" },
	{ "repeated key", "rate = 1\nrate = 1\n", "line 2" },
	{ "no equals sign", "rate\n", "line 1" },
	{ "too few connections", "connections = 15\n", "line 1" },
	{ "no number", "\n\n\nworkers = many\n", "line 4" },
	{ "no yes or no", "listen_public = true\n", "line 1" },
};

static void
names_the_line_that_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_settings s;
		struct check_dir dir;

		print_message("  %s\n", bad[i].what);
		check_dir_make(&dir);
		write_file(&dir, bad[i].text);
		assert_status(WB_INVALID, wb_settings_load(&s, dir.path, &err),
		    &err);
		assert_non_null(strstr(err.text, bad[i].says));
		check_dir_remove(&dir);
	}
}

static const struct {
	const char *what;
	const char *listen;
	const char *admin;
	bool allowed;
	enum wb_status status;
} addresses[] = {
	{ "loopback", "127.0.0.1:1", "", false, WB_OK },
	{ "unix sockets", "unix:/a", "unix:/b", false, WB_OK },
	{ "the network", "0.0.0.0:1", "", false, WB_REFUSED },
	{ "the network of IPv6", "[::]:1", "", false, WB_REFUSED },
	{ "the network, allowed", "0.0.0.0:1", "", true, WB_OK },
	{ "admin on the network, whatever is allowed", "127.0.0.1:1",
	    "0.0.0.0:2", true, WB_REFUSED },
	{ "no address", "here", "", true, WB_INVALID },
	{ "no address for admin", "127.0.0.1:1", "there", true, WB_INVALID },
};

static void
listens_to_the_network_only_when_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		struct wb_settings s = {
			.listen_public = addresses[i].allowed
		};
		struct wb_error err = { 0 };

		print_message("  %s\n", addresses[i].what);
		(void)snprintf(s.listen, sizeof s.listen, "%s",
		    addresses[i].listen);
		(void)snprintf(s.admin, sizeof s.admin, "%s",
		    addresses[i].admin);
		assert_status(addresses[i].status, wb_settings_check(&s, &err),
		    &err);
		if (addresses[i].status == WB_REFUSED)
			assert_non_null(strstr(err.text, "TLS"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_from_defaults_that_pass_its_own_check),
		cmocka_unit_test(reads_what_the_operator_sets),
		cmocka_unit_test(names_the_line_that_is_wrong),
		cmocka_unit_test(listens_to_the_network_only_when_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
