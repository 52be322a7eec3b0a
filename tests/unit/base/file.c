#include "base/file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

struct fixture {
	struct check_dir dir;
	const struct wb_file_ops *ops;
	struct wb_error err;
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .ops = wb_file_ops_system() };
	check_dir_make(&f.dir);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	check_dir_remove(&f->dir);
	return 0;
}

static void
assert_content(struct fixture *f, const char *path, const char *want)
{
	struct wb_bytes got;

	wb_bytes_init(&got, 1000000);
	assert_ok(wb_file_read(&got, f->ops, path, &f->err), &f->err);
	assert_true(wb_span_equal(wb_bytes_span(&got), wb_span_text(want)));
	wb_bytes_clear(&got);
}

static void
replaces_a_file_readable_only_by_its_owner(void **state)
{
	struct fixture *f = *state;
	char path[CHECK_PATH_SIZE];
	struct stat sb;

	(void)snprintf(path, sizeof path, "%s", check_path(&f->dir, "a"));
	assert_ok(wb_file_write(f->ops, path, wb_span_text("old"), &f->err),
	    &f->err);
	assert_ok(wb_file_write(f->ops, path, wb_span_text("newer"), &f->err),
	    &f->err);
	assert_content(f, path, "newer");
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_not_equal(access(check_path(&f->dir, "a.new"), F_OK), 0);
}

static void
does_not_follow_a_link_left_in_its_way(void **state)
{
	struct fixture *f = *state;
	char path[CHECK_PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s", check_path(&f->dir, "a"));
	assert_int_equal(symlink("victim", check_path(&f->dir, "a.new")), 0);
	assert_ok(wb_file_write(f->ops, path, wb_span_text("x"), &f->err),
	    &f->err);
	assert_content(f, path, "x");
	assert_int_not_equal(access(check_path(&f->dir, "victim"), F_OK), 0);
}

static void
reads_files_up_to_the_limit_and_no_larger(void **state)
{
	static uint8_t large[70000];
	struct fixture *f = *state;
	const char *path = check_path(&f->dir, "large");
	struct wb_bytes b;

	assert_ok(wb_file_write(f->ops, path, wb_span(large, sizeof large),
		      &f->err),
	    &f->err);
	wb_bytes_init(&b, sizeof large);
	assert_ok(wb_file_read(&b, f->ops, path, &f->err), &f->err);
	assert_int_equal(b.len, sizeof large);
	wb_bytes_clear(&b);
	wb_bytes_init(&b, sizeof large - 1);
	assert_status(WB_INVALID, wb_file_read(&b, f->ops, path, &f->err),
	    &f->err);
	assert_int_equal(b.len, 0);
	assert_non_null(strstr(f->err.text, path));
	wb_bytes_clear(&b);
}

static void
names_the_file_that_cannot_be_read(void **state)
{
	static const struct {
		const char *name;
		enum wb_status want;
	} rows[] = {
		{ "none", WB_NOT_FOUND },
		{ ".", WB_INVALID },
		{ "file/below", WB_NOT_FOUND },
	};
	struct fixture *f = *state;
	struct wb_bytes b;

	assert_ok(wb_file_write(f->ops, check_path(&f->dir, "file"),
		      wb_span_text("x"), &f->err),
	    &f->err);
	wb_bytes_init(&b, 10);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_status(rows[i].want,
		    wb_file_read(&b, f->ops, check_path(&f->dir, rows[i].name),
			&f->err),
		    &f->err);
		assert_non_null(strstr(f->err.text, f->dir.last));
		assert_int_equal(b.len, 0);
	}
}

static void
makes_directories_with_their_parents(void **state)
{
	static const char *const names[] = { "a", "a/b/c", "a/b/c/", "a//d",
		"." };
	struct fixture *f = *state;
	struct stat sb;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_ok(wb_file_make_dir(f->ops,
			      check_path(&f->dir, names[i]), &f->err),
		    &f->err);
	assert_int_equal(stat(check_path(&f->dir, "a/b"), &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0700);
	assert_int_equal(stat(check_path(&f->dir, "a/d"), &sb), 0);
	assert_ok(wb_file_write(f->ops, check_path(&f->dir, "file"),
		      wb_span_text("x"), &f->err),
	    &f->err);
	assert_status(WB_EXISTS,
	    wb_file_make_dir(f->ops, check_path(&f->dir, "file"), &f->err),
	    &f->err);
	assert_status(WB_NOT_FOUND, wb_file_make_dir(f->ops, "", &f->err),
	    &f->err);
}

static void
knows_what_exists(void **state)
{
	struct fixture *f = *state;
	bool there = true;

	assert_ok(wb_file_exists(&there, f->ops, check_path(&f->dir, "no"),
		      &f->err),
	    &f->err);
	assert_false(there);
	assert_ok(wb_file_exists(&there, f->ops, f->dir.path, &f->err),
	    &f->err);
	assert_true(there);
}

static void
locks_a_file_once(void **state)
{
	struct fixture *f = *state;
	const char *path = check_path(&f->dir, "lock");
	int a = f->ops->open(NULL, path, O_RDWR | O_CREAT, 0600);
	int b = f->ops->open(NULL, path, O_RDWR, 0);

	assert_true(a >= 0 && b >= 0);
	assert_int_equal(f->ops->lock(NULL, a), 0);
	assert_int_equal(f->ops->lock(NULL, b), -EWOULDBLOCK);
	assert_status(WB_LOCKED,
	    wb_file_fail(&f->err, -EWOULDBLOCK, "open", path), &f->err);
	assert_int_equal(f->ops->close(NULL, a), 0);
	assert_int_equal(f->ops->lock(NULL, b), 0);
	assert_int_equal(f->ops->close(NULL, b), 0);
}

static void
finds_the_end_of_a_short_file(void **state)
{
	struct fixture *f = *state;
	char buf[8] = "";
	int fd = f->ops->open(NULL, check_path(&f->dir, "x"), O_RDWR | O_CREAT,
	    0600);

	assert_true(fd >= 0);
	assert_int_equal(wb_file_pwrite_all(f->ops, fd, wb_span_text("12345"),
			     2),
	    0);
	assert_int_equal(wb_file_pread_all(f->ops, fd, buf, 5, 2), 0);
	assert_string_equal(buf, "12345");
	assert_int_equal(wb_file_pread_all(f->ops, fd, buf, 5, 3), -ENODATA);
	assert_int_equal(f->ops->close(NULL, fd), 0);
}

static void
sorts_faults_by_what_the_user_can_do(void **state)
{
	static const struct {
		int number;
		enum wb_status want;
	} rows[] = {
		{ ENOSPC, WB_STORAGE },
		{ EROFS, WB_STORAGE },
		{ EIO, WB_STORAGE },
		{ EDQUOT, WB_STORAGE },
		{ ENOENT, WB_NOT_FOUND },
		{ EEXIST, WB_EXISTS },
		{ EACCES, WB_FAILED },
		{ ENOMEM, WB_NO_MEMORY },
		{ EINTR, WB_INTERRUPTED },
		{ 100000, WB_FAILED },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(wb_file_fail(&f->err, -rows[i].number, "write",
				     "a.csv"),
		    rows[i].want);
		assert_non_null(strstr(f->err.text, "cannot write a.csv: "));
	}
}

static void
refuses_paths_longer_than_the_systems(void **state)
{
	struct fixture *f = *state;
	static char path[2 * WB_MAX_PATH];
	bool there;

	memset(path, 'a', sizeof path - 1);
	assert_int_equal(wb_file_write(f->ops, path, wb_span_text("x"),
			     &f->err),
	    WB_FAILED);
	assert_int_equal(wb_file_make_dir(f->ops, path, &f->err), WB_FAILED);
	assert_int_equal(wb_file_make_dir(f->ops, "", &f->err), WB_NOT_FOUND);
	assert_int_equal(wb_file_exists(&there, f->ops, path, &f->err),
	    WB_FAILED);
	assert_false(there);
	path[sizeof path - 2] = '/';
	assert_int_equal(wb_file_sync_parent(f->ops, path), -ENAMETOOLONG);
	assert_int_equal(wb_file_sync_parent(f->ops, "/root-of-all"), 0);
}

static void
makes_no_directory_below_a_file(void **state)
{
	struct fixture *f = *state;
	char path[CHECK_PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s", check_path(&f->dir, "a"));
	assert_ok(wb_file_write(f->ops, path, wb_span_text("x"), &f->err),
	    &f->err);
	assert_int_equal(wb_file_make_dir(f->ops, path, &f->err), WB_EXISTS);
	assert_int_equal(wb_file_make_dir(f->ops, check_path(&f->dir, "a/b/c"),
			     &f->err),
	    WB_EXISTS);
}

/* Counts calls down and fails the one that reaches 0 with EIO. */
struct faulty {
	struct wb_file_ops ops;
	int left;
	int fds; /* open now */
};

static bool
is_due(struct faulty *x)
{
	return --x->left == 0;
}

static int
faulty_open(void *ctx, const char *path, int flags, mode_t mode)
{
	struct faulty *x = ctx;
	int fd;

	if (is_due(x))
		return -EIO;
	fd = wb_file_ops_system()->open(NULL, path, flags, mode);
	x->fds += fd >= 0;
	return fd;
}

static int
faulty_close(void *ctx, int fd)
{
	struct faulty *x = ctx;

	x->fds--;
	(void)wb_file_ops_system()->close(NULL, fd);
	return is_due(x) ? -EIO : 0;
}

static ssize_t
faulty_pwrite(void *ctx, int fd, const void *in, size_t len, int64_t at)
{
	if (is_due(ctx))
		return -EIO;
	/* One byte at a time, as a slow device may. */
	return wb_file_ops_system()->pwrite(NULL, fd, in, len > 0, at);
}

static int
faulty_fsync(void *ctx, int fd)
{
	return is_due(ctx) ? -EIO : wb_file_ops_system()->fsync(NULL, fd);
}

static int
faulty_rename(void *ctx, const char *from, const char *to)
{
	return is_due(ctx) ? -EIO
			   : wb_file_ops_system()->rename(NULL, from, to);
}

static int
faulty_unlink(void *ctx, const char *path)
{
	return is_due(ctx) ? -EIO : wb_file_ops_system()->unlink(NULL, path);
}

static void
keeps_the_old_or_the_new_file_at_every_fault(void **state)
{
	struct fixture *f = *state;
	struct faulty x = { .ops = *f->ops };
	char path[CHECK_PATH_SIZE];
	enum wb_status st = WB_STORAGE;
	struct wb_bytes b;
	int n;

	x.ops.ctx = &x;
	x.ops.open = faulty_open;
	x.ops.close = faulty_close;
	x.ops.pwrite = faulty_pwrite;
	x.ops.fsync = faulty_fsync;
	x.ops.rename = faulty_rename;
	x.ops.unlink = faulty_unlink;
	(void)snprintf(path, sizeof path, "%s", check_path(&f->dir, "a"));
	for (n = 1; st != WB_OK && n < 100; n++) {
		assert_ok(wb_file_write(f->ops, path, wb_span_text("old"),
			      &f->err),
		    &f->err);
		x.left = n;
		st = wb_file_write(&x.ops, path, wb_span_text("new"), &f->err);
		assert_int_equal(x.fds, 0);
		wb_bytes_init(&b, 10);
		assert_ok(wb_file_read(&b, f->ops, path, &f->err), &f->err);
		assert_int_equal(b.len, 3);
		if (st == WB_OK)
			assert_memory_equal(b.data, "new", 3);
		wb_bytes_clear(&b);
	}
	/* unlink, open, three writes, fsync, close, rename, open, fsync */
	assert_int_equal(n, 12);
}

static void
passes_a_read_fault_on_and_keeps_the_buffer(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes b;

	wb_bytes_init(&b, 100);
	assert_ok(wb_bytes_append_text(&b, "kept", &f->err), &f->err);
	assert_status(WB_FAILED,
	    wb_file_read_fd(&b, f->ops, -1, "standard input", &f->err),
	    &f->err);
	assert_non_null(strstr(f->err.text, "standard input"));
	assert_int_equal(b.len, 4);
	wb_bytes_clear(&b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(replaces_a_file_readable_only_by_its_owner),
		T(does_not_follow_a_link_left_in_its_way),
		T(reads_files_up_to_the_limit_and_no_larger),
		T(names_the_file_that_cannot_be_read),
		T(makes_directories_with_their_parents),
		T(knows_what_exists),
		T(locks_a_file_once),
		T(finds_the_end_of_a_short_file),
		T(sorts_faults_by_what_the_user_can_do),
		T(refuses_paths_longer_than_the_systems),
		T(makes_no_directory_below_a_file),
		T(keeps_the_old_or_the_new_file_at_every_fault),
		T(passes_a_read_fault_on_and_keeps_the_buffer),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
