#include "base/error.h"

#include "tests/unit/check.h"

/* As docs/man/waybill.1 promises them to scripts. */
static const struct {
	enum wb_status status;
	const char *id;
	int exit;
} kinds[] = {
	{ WB_OK, "ok", 0 },
	{ WB_FAILED, "failed", 1 },
	{ WB_USAGE, "usage", 2 },
	{ WB_INVALID, "invalid", 1 },
	{ WB_PARTIAL, "partial", 3 },
	{ WB_FORGED, "evidence", 4 },
	{ WB_LOCKED, "locked", 5 },
	{ WB_OFFLINE, "offline", 6 },
	{ WB_REFUSED, "refused", 7 },
	{ WB_NEWER, "newer", 8 },
	{ WB_STORAGE, "storage", 9 },
	{ WB_NOT_FOUND, "not-found", 1 },
	{ WB_EXISTS, "exists", 1 },
	{ WB_NO_MEMORY, "no-memory", 1 },
	{ WB_INTERRUPTED, "interrupted", 130 },
};

static void
every_status_has_a_name_and_an_exit_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct wb_error err = { 0 };

		assert_int_equal(wb_fail(&err, kinds[i].status, "x"),
		    kinds[i].status);
		assert_string_equal(wb_error_id(&err), kinds[i].id);
		assert_int_equal(wb_status_exit(kinds[i].status),
		    kinds[i].exit);
	}
}

static void
an_error_keeps_its_cause_within_its_context(void **state)
{
	struct wb_error err = { 0 };

	(void)state;
	assert_int_equal(wb_advise(&err, wb_fail(&err, WB_STORAGE, "full"),
			     "disk-full", "Make room."),
	    WB_STORAGE);
	assert_int_equal(wb_context(&err, err.status, "page %d\n", 7),
	    WB_STORAGE);
	assert_string_equal(err.text, "page 7?: full");
	assert_string_equal(wb_error_id(&err), "disk-full");
	assert_string_equal(err.next, "Make room.");
	/* What is not said stays as it is. */
	assert_int_equal(wb_advise(&err, WB_STORAGE, NULL, NULL), WB_STORAGE);
	assert_string_equal(wb_error_id(&err), "disk-full");
	assert_string_equal(err.next, "Make room.");
	assert_int_equal(wb_forgive(&err), WB_OK);
	assert_int_equal(err.status, WB_OK);
	assert_string_equal(err.text, "");
}

static void
nobody_has_to_listen(void **state)
{
	(void)state;
	assert_int_equal(wb_fail(NULL, WB_INVALID, "x"), WB_INVALID);
	assert_int_equal(wb_context(NULL, WB_INVALID, "x"), WB_INVALID);
	assert_int_equal(wb_advise(NULL, WB_INVALID, "x", "y"), WB_INVALID);
	assert_int_equal(wb_forgive(NULL), WB_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_a_name_and_an_exit_code),
		cmocka_unit_test(an_error_keeps_its_cause_within_its_context),
		cmocka_unit_test(nobody_has_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
