#include "client/device.h"

#include "tests/unit/client/fixture.h"
#include "tests/unit/tempdir.h"

static struct wb_unlock
unlock_with(const char *dir, const char *passphrase)
{
	return (struct wb_unlock){ .dir = dir,
		.key = { .passphrase = wb_span_text(passphrase) } };
}

static void
a_device_is_made_once_and_opened_again(void **state)
{
	struct wb_error err = { 0 };
	struct wb_device device;
	struct check_dir dir;
	struct wb_unlock unlock;
	struct wb_key key;

	(void)state;
	assert_ok(wb_crypto_start(&err), &err);
	check_dir_make(&dir);
	unlock = unlock_with(dir.path, "correct horse");
	assert_status(WB_NOT_FOUND,
	    wb_device_open(&device, &unlock, wb_clock_system(),
		wb_random_system(), &err),
	    &err);
	assert_string_equal(wb_error_id(&err), "no-vault");
	assert_ok(wb_device_create(&device, &unlock, wb_clock_system(),
		      wb_random_system(), &err),
	    &err);
	key = device.signer.key;
	assert_false(device.joined);
	wb_device_close(&device);
	wb_device_close(&device); /* harmless */

	assert_status(WB_EXISTS,
	    wb_device_create(&device, &unlock, wb_clock_system(),
		wb_random_system(), &err),
	    &err);
	assert_ok(wb_device_open(&device, &unlock, wb_clock_system(),
		      wb_random_system(), &err),
	    &err);
	assert_true(wb_key_equal(&key, &device.signer.key));
	assert_status(WB_FAILED, wb_device_need_joined(&device, &err), &err);
	assert_string_equal(wb_error_id(&err), "not-joined");
	assert_ok(wb_db_exec(device.db, "PRAGMA user_version = 3", &err), &err);
	wb_device_close(&device);

	assert_status(WB_NEWER,
	    wb_device_open(&device, &unlock, wb_clock_system(),
		wb_random_system(), &err),
	    &err);
	assert_int_equal(wb_status_exit(WB_NEWER), 8);
	check_dir_remove(&dir);
}

static void
settings_come_back_as_they_were_put(void **state)
{
	struct wb_bytes value;
	struct fixture f;
	uint64_t number;

	(void)state;
	fixture_begin(&f, 0);
	wb_bytes_init(&value, 64);
	assert_status(WB_NOT_FOUND,
	    wb_setting_get(&value, f.k1.db, WB_SET_URL, &f.err), &f.err);
	assert_ok(wb_setting_put(f.k1.db, WB_SET_URL, wb_span_text("a"),
		      &f.err),
	    &f.err);
	assert_ok(wb_setting_put(f.k1.db, WB_SET_URL, wb_span_text("b"),
		      &f.err),
	    &f.err);
	assert_ok(wb_setting_get(&value, f.k1.db, WB_SET_URL, &f.err), &f.err);
	assert_true(wb_span_equal(wb_bytes_span(&value), wb_span_text("b")));
	assert_ok(wb_setting_remove(f.k1.db, WB_SET_URL, &f.err), &f.err);
	assert_status(WB_NOT_FOUND,
	    wb_setting_get(&value, f.k1.db, WB_SET_URL, &f.err), &f.err);

	assert_ok(wb_setting_get_number(&number, f.k1.db, WB_SET_FEED_NEXT, 7,
		      &f.err),
	    &f.err);
	assert_int_equal(number, 7);
	assert_ok(wb_setting_put_number(f.k1.db, WB_SET_FEED_NEXT, UINT64_MAX,
		      &f.err),
	    &f.err);
	assert_ok(wb_setting_get_number(&number, f.k1.db, WB_SET_FEED_NEXT, 7,
		      &f.err),
	    &f.err);
	assert_true(number == UINT64_MAX);
	assert_ok(wb_setting_put(f.k1.db, WB_SET_FEED_NEXT,
		      wb_span_text("18446744073709551616"), &f.err),
	    &f.err);
	assert_status(WB_STORAGE,
	    wb_setting_get_number(&number, f.k1.db, WB_SET_FEED_NEXT, 7,
		&f.err),
	    &f.err);
	wb_bytes_clear(&value);
	fixture_end(&f);
}

/* One statement, at one place of the log, and nothing else there. */
static void
a_fork_of_the_log_is_told(void **state)
{
	struct wb_envelope envelope = { .type = WB_STATEMENT_NOTE };
	const struct wb_span bytes = wb_span_text("bytes");
	const struct wb_logged five = { 5, wb_span_text("receipt") };
	const struct wb_logged six = { .index = 6 };
	struct fixture f;
	int64_t row, same;
	bool is_new;

	(void)state;
	fixture_begin(&f, 0);
	envelope.id.b[0] = 1;
	assert_ok(wb_statement_keep(&row, &is_new, &f.k1, &envelope, bytes,
		      NULL, &f.err),
	    &f.err);
	assert_true(is_new);
	assert_ok(wb_statement_keep(&same, &is_new, &f.k1, &envelope, bytes,
		      &five, &f.err),
	    &f.err);
	assert_false(is_new);
	assert_int_equal(same, row);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index = 5"
			     " AND CAST(receipt AS TEXT) = 'receipt'"),
	    1);
	assert_status(WB_FORGED,
	    wb_statement_keep(&same, NULL, &f.k1, &envelope, bytes, &six,
		&f.err),
	    &f.err);
	assert_string_equal(wb_error_id(&f.err), "log-fork");
	envelope.id.b[0] = 2;
	f.err = (struct wb_error){ 0 };
	assert_status(WB_FORGED,
	    wb_statement_keep(&same, NULL, &f.k1, &envelope, bytes, &five,
		&f.err),
	    &f.err);
	assert_string_equal(wb_error_id(&f.err), "log-fork");
	fixture_end(&f);
}

static void
only_coordinators_are_coordinators(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_device_need_coordinator(&f.coord, &f.err), &f.err);
	assert_status(WB_FAILED, wb_device_need_coordinator(&f.k1, &f.err),
	    &f.err);
	assert_string_equal(wb_error_id(&f.err), "not-coordinator");
	assert_non_null(f.k1.self);
	assert_int_equal(f.k1.roster.version, 1);
	fixture_set_state(&f, &f.k1, WB_MEMBER_REVOKED);
	assert_int_equal(f.k1.roster.version, 2);
	assert_int_equal(f.k1.self->state, WB_MEMBER_REVOKED);
	fixture_end(&f);
}

static void
tables_of_others_are_refused(void **state)
{
	static const struct {
		const char *change;
		enum wb_status status;
		const char *id;
	} rows[] = {
		{ "PRAGMA user_version = 2", WB_OK, NULL },
		{ "PRAGMA user_version = 3", WB_NEWER, "newer" },
		{ "PRAGMA user_version = 1", WB_STORAGE, "vault-older" },
		{ "PRAGMA user_version = -1", WB_STORAGE, "vault-older" },
		{ "PRAGMA application_id = 0", WB_STORAGE, "vault-empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;

		fixture_begin(&f, 0);
		assert_ok(wb_db_exec(f.k1.db, rows[i].change, &f.err), &f.err);
		assert_status(rows[i].status, wb_schema_check(f.k1.db, &f.err),
		    &f.err);
		if (rows[i].id != NULL)
			assert_string_equal(wb_error_id(&f.err), rows[i].id);
		fixture_end(&f);
	}
}

/* Facts stay, derived tables are emptied: each table is one or the other. */
static void
only_derived_tables_are_dropped(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	assert_ok(wb_schema_drop_derived(f.k1.db, &f.err), &f.err);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT (SELECT count(*) FROM device)"
			     " + (SELECT count(*) FROM measure)"
			     " + (SELECT count(*) FROM place)"
			     " + (SELECT count(*) FROM batch)"
			     " + (SELECT count(*) FROM verdict)"
			     " + (SELECT count(*) FROM record)"
			     " + (SELECT count(*) FROM line)"
			     " + (SELECT count(*) FROM past)"),
	    0);
	assert_true(
	    fixture_number(&f, &f.k1, "SELECT count(*) FROM setting") > 0);
	assert_true(
	    fixture_number(&f, &f.k1, "SELECT count(*) FROM statement") > 0);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM sqlite_schema"
			     " WHERE type = 'table' AND name NOT LIKE"
			     " 'sqlite%'"),
	    17);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_made_once_and_opened_again),
		cmocka_unit_test(settings_come_back_as_they_were_put),
		cmocka_unit_test(a_fork_of_the_log_is_told),
		cmocka_unit_test(only_coordinators_are_coordinators),
		cmocka_unit_test(tables_of_others_are_refused),
		cmocka_unit_test(only_derived_tables_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
