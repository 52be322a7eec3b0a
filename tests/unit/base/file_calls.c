/*
 * The system's own calls behind wb_file_ops, each refused once by the linker's
 * --wrap: interrupted, or failed for good.
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static int refusal; /* errno of the next call; 0: it is let through */
static unsigned refused;

/* A call NAME that gives `type`: -1 once, while `refusal` says so. */
#define WRAPPED(type, name, parameters, arguments)      \
	type __real_##name parameters;                  \
	type __wrap_##name parameters;                  \
	type __wrap_##name parameters                   \
	{                                               \
		if (refusal == 0)                       \
			return __real_##name arguments; \
		errno = refusal;                        \
		refusal = 0;                            \
		refused++;                              \
		return -1;                              \
	}

WRAPPED(int, close, (int fd), (fd))
WRAPPED(ssize_t, read, (int fd, void *out, size_t len), (fd, out, len))
WRAPPED(ssize_t, pread, (int fd, void *out, size_t len, off_t at),
    (fd, out, len, at))
WRAPPED(ssize_t, pwrite, (int fd, const void *in, size_t len, off_t at),
    (fd, in, len, at))
WRAPPED(int, ftruncate, (int fd, off_t len), (fd, len))
WRAPPED(int, fdatasync, (int fd), (fd))
WRAPPED(int, fsync, (int fd), (fd))
WRAPPED(int, flock, (int fd, int operation), (fd, operation))
WRAPPED(int, rename, (const char *from, const char *to), (from, to))

static int fd;
static char path[CHECK_PATH_SIZE];

static long
call_read(const struct wb_file_ops *ops)
{
	char c[2];

	return ops->read(ops->ctx, fd, c, 2);
}

static long
call_pread(const struct wb_file_ops *ops)
{
	char c[2];

	return ops->pread(ops->ctx, fd, c, 2, 0);
}

static long
call_pwrite(const struct wb_file_ops *ops)
{
	return ops->pwrite(ops->ctx, fd, "ab", 2, 0);
}

static long
call_ftruncate(const struct wb_file_ops *ops)
{
	return ops->ftruncate(ops->ctx, fd, 2);
}

static long
call_fdatasync(const struct wb_file_ops *ops)
{
	return ops->fdatasync(ops->ctx, fd);
}

static long
call_fsync(const struct wb_file_ops *ops)
{
	return ops->fsync(ops->ctx, fd);
}

static long
call_lock(const struct wb_file_ops *ops)
{
	return ops->lock(ops->ctx, fd);
}

static long
call_rename(const struct wb_file_ops *ops)
{
	return ops->rename(ops->ctx, path, path);
}

/* Of a copy, for it is gone however the call ends. */
static long
call_close(const struct wb_file_ops *ops)
{
	int copy = dup(fd);
	long rc = ops->close(ops->ctx, copy);

	(void)__real_close(copy);
	return rc;
}

static const struct {
	const char *name;
	long (*call)(const struct wb_file_ops *ops);
	long done; /* what it gives when all is well */
	long interrupted; /* the same after EINTR, or what it then gives */
} calls[] = {
	{ "read", call_read, 2, 2 },
	{ "pread", call_pread, 2, 2 },
	{ "pwrite", call_pwrite, 2, 2 },
	{ "ftruncate", call_ftruncate, 0, 0 },
	{ "flock", call_lock, 0, 0 },
	/* The descriptor is gone, and may be somebody else's by now. */
	{ "close", call_close, 0, 0 },
	/* Pages may be marked clean: whoever asks again is told a lie. */
	{ "fdatasync", call_fdatasync, 0, -EINTR },
	{ "fsync", call_fsync, 0, -EINTR },
	{ "rename", call_rename, 0, -EINTR },
};

static long
call(size_t i, int error)
{
	(void)lseek(fd, 0, SEEK_SET);
	refusal = error;
	return calls[i].call(wb_file_ops_system());
}

static void
calls_begin_again_when_interrupted_and_name_other_faults(void **state)
{
	struct check_dir dir;

	(void)state;
	check_dir_make(&dir);
	(void)snprintf(path, sizeof path, "%s", check_path(&dir, "a"));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "ab", 2, 0), 2);
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		print_message("  %s\n", calls[i].name);
		refused = 0;
		assert_int_equal(call(i, 0), calls[i].done);
		assert_int_equal(refused, 0);
		assert_int_equal(call(i, EINTR), calls[i].interrupted);
		assert_int_equal(refused, 1);
		assert_int_equal(call(i, EIO), -EIO);
		assert_int_equal(refused, 2);
	}
	assert_int_equal(close(fd), 0);
	check_dir_remove(&dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    calls_begin_again_when_interrupted_and_name_other_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
