/* Names in a folder, and its lock. */
#include "base/folder.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/tempdir.h"

static void
a_path_is_whole_or_refused(void **state)
{
	char out[WB_MAX_PATH], dir[WB_MAX_PATH];
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_folder_path(out, "a/b", "c", &err), &err);
	assert_string_equal(out, "a/b/c");
	memset(dir, 'd', sizeof dir);
	dir[WB_MAX_PATH - 3] = '\0';
	assert_ok(wb_folder_path(out, dir, "c", &err), &err);
	assert_int_equal(strlen(out), WB_MAX_PATH - 1);
	assert_status(WB_INVALID, wb_folder_path(out, dir, "cc", &err), &err);
}

static void
one_process_has_the_lock(void **state)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	struct wb_error err = { 0 };
	struct check_dir dir;
	int first, second;

	(void)state;
	check_dir_make(&dir);
	assert_ok(wb_folder_lock(&first, ops, dir.path, "being served", &err),
	    &err);
	assert_status(WB_LOCKED,
	    wb_folder_lock(&second, ops, dir.path, "being served", &err), &err);
	assert_int_equal(second, -1);
	assert_non_null(strstr(err.text, "is being served already"));
	assert_true(err.next[0] != '\0');
	assert_int_equal(ops->close(ops->ctx, first), 0);
	assert_ok(wb_folder_lock(&second, ops, dir.path, "being served", &err),
	    &err);
	assert_int_equal(ops->close(ops->ctx, second), 0);
	check_dir_remove(&dir);
}

static int
no_lock(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return -ENOLCK;
}

static void
what_cannot_be_locked_is_named(void **state)
{
	struct wb_file_ops ops = *wb_file_ops_system();
	char dir[WB_MAX_PATH];
	struct wb_error err = { 0 };
	struct check_dir here;
	int fd;

	(void)state;
	check_dir_make(&here);
	assert_status(WB_NOT_FOUND,
	    wb_folder_lock(&fd, &ops, check_path(&here, "none"), "x", &err),
	    &err);
	assert_int_equal(fd, -1);
	ops.lock = no_lock;
	assert_status(WB_FAILED,
	    wb_folder_lock(&fd, &ops, here.path, "x", &err), &err);
	assert_non_null(strstr(err.text, "cannot lock"));
	assert_int_equal(fd, -1);
	memset(dir, 'd', sizeof dir);
	dir[WB_MAX_PATH - 1] = '\0';
	assert_status(WB_INVALID, wb_folder_lock(&fd, &ops, dir, "x", &err),
	    &err);
	check_dir_remove(&here);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_whole_or_refused),
		cmocka_unit_test(one_process_has_the_lock),
		cmocka_unit_test(what_cannot_be_locked_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
