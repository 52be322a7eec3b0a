#include "base/file.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP ((size_t)16384)

/* Calls again while interrupted; gives -errno on failure. */
#define RETRIED(result, call)                     \
	do {                                      \
		(result) = (call);                \
	} while ((result) < 0 && errno == EINTR); \
	if ((result) < 0)                         \
	(result) = -errno

static int
system_open(void *ctx, const char *path, int flags, mode_t mode)
{
	int fd;

	(void)ctx;
	RETRIED(fd, open(path, flags | O_CLOEXEC, mode));
	return fd;
}

static int
system_close(void *ctx, int fd)
{
	(void)ctx;
	/* Linux has freed the descriptor even when it says EINTR. */
	return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

static ssize_t
system_read(void *ctx, int fd, void *out, size_t len)
{
	ssize_t n;

	(void)ctx;
	RETRIED(n, read(fd, out, len));
	return n;
}

static ssize_t
system_pread(void *ctx, int fd, void *out, size_t len, int64_t at)
{
	ssize_t n;

	(void)ctx;
	RETRIED(n, pread(fd, out, len, at));
	return n;
}

static ssize_t
system_pwrite(void *ctx, int fd, const void *in, size_t len, int64_t at)
{
	ssize_t n;

	(void)ctx;
	RETRIED(n, pwrite(fd, in, len, at));
	return n;
}

static int
system_ftruncate(void *ctx, int fd, int64_t len)
{
	int rc;

	(void)ctx;
	RETRIED(rc, ftruncate(fd, len));
	return rc;
}

static int
system_fdatasync(void *ctx, int fd)
{
	(void)ctx;
	/* Never again after a failure: the pages may be marked clean. */
	return fdatasync(fd) == 0 ? 0 : -errno;
}

static int
system_fsync(void *ctx, int fd)
{
	(void)ctx;
	return fsync(fd) == 0 ? 0 : -errno;
}

static int
take_info(struct wb_file_info *out, int rc, const struct stat *sb)
{
	if (rc != 0)
		return -errno;
	out->size = sb->st_size;
	out->kind = S_ISREG(sb->st_mode)   ? WB_FILE_REGULAR
		    : S_ISDIR(sb->st_mode) ? WB_FILE_DIRECTORY
					   : WB_FILE_OTHER;
	return 0;
}

static int
system_fstat(void *ctx, int fd, struct wb_file_info *out)
{
	struct stat sb;

	(void)ctx;
	return take_info(out, fstat(fd, &sb), &sb);
}

static int
system_stat(void *ctx, const char *path, struct wb_file_info *out)
{
	struct stat sb;

	(void)ctx;
	return take_info(out, stat(path, &sb), &sb);
}

static int
system_lock(void *ctx, int fd)
{
	int rc;

	(void)ctx;
	RETRIED(rc, flock(fd, LOCK_EX | LOCK_NB));
	return rc;
}

static int
system_rename(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	return rename(from, to) == 0 ? 0 : -errno;
}

static int
system_unlink(void *ctx, const char *path)
{
	(void)ctx;
	return unlink(path) == 0 ? 0 : -errno;
}

static int
system_mkdir(void *ctx, const char *path, mode_t mode)
{
	(void)ctx;
	return mkdir(path, mode) == 0 ? 0 : -errno;
}

const struct wb_file_ops *
wb_file_ops_system(void)
{
	static const struct wb_file_ops ops = {
		.open = system_open,
		.close = system_close,
		.read = system_read,
		.pread = system_pread,
		.pwrite = system_pwrite,
		.ftruncate = system_ftruncate,
		.fdatasync = system_fdatasync,
		.fsync = system_fsync,
		.fstat = system_fstat,
		.stat = system_stat,
		.lock = system_lock,
		.rename = system_rename,
		.unlink = system_unlink,
		.mkdir = system_mkdir,
	};

	return &ops;
}

int
wb_file_pwrite_all(const struct wb_file_ops *ops, int fd, struct wb_span in,
    int64_t at)
{
	size_t done = 0;
	ssize_t n;

	while (done < in.len) {
		n = ops->pwrite(ops->ctx, fd, in.data + done, in.len - done,
		    at + (int64_t)done);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

int
wb_file_pread_all(const struct wb_file_ops *ops, int fd, void *out, size_t len,
    int64_t at)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = ops->pread(ops->ctx, fd, (uint8_t *)out + done, len - done,
		    at + (int64_t)done);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -ENODATA;
		done += (size_t)n;
	}
	return 0;
}

/* The folder part of `path` in `out`: "." where there is none. */
static int
parent_of(char out[WB_MAX_PATH], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (len >= WB_MAX_PATH)
		return -ENAMETOOLONG;
	if (slash == NULL)
		(void)snprintf(out, WB_MAX_PATH, ".");
	else if (len == 0)
		(void)snprintf(out, WB_MAX_PATH, "/");
	else
		(void)snprintf(out, WB_MAX_PATH, "%.*s", (int)len, path);
	return 0;
}

int
wb_file_sync_parent(const struct wb_file_ops *ops, const char *path)
{
	char parent[WB_MAX_PATH];
	int fd;
	int rc = parent_of(parent, path);

	if (rc != 0)
		return rc;
	fd = ops->open(ops->ctx, parent, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	rc = ops->fsync(ops->ctx, fd);
	(void)ops->close(ops->ctx, fd);
	/* FAT through FUSE, and others: there is nothing to sync there. */
	return rc == -EINVAL || rc == -ENOTSUP ? 0 : rc;
}

static enum wb_status
status_of(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return WB_NOT_FOUND;
	case EEXIST:
		return WB_EXISTS;
	case EWOULDBLOCK:
		return WB_LOCKED;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EROFS:
	case EIO:
	case ENODEV:
	case ENXIO:
		return WB_STORAGE;
	case ENOMEM:
		return WB_NO_MEMORY;
	case EINTR:
		return WB_INTERRUPTED;
	default:
		return WB_FAILED;
	}
}

/* One next step for each kind; NULL: the reason says it all. */
static const char *
next_step(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return "What was saved before is safe. Make room, then do it "
		       "again.";
	case EROFS:
	case EACCES:
	case EPERM:
		return "What was saved before is safe. Choose a folder that "
		       "you may write to, or unlock the drive.";
	case EIO:
	case ENODEV:
	case ENXIO:
		return "The drive may be failing or gone: copy what is on it "
		       "to another one.";
	case ENOENT:
	case ENOTDIR:
		return "Check the name and the folder.";
	default:
		return NULL;
	}
}

enum wb_status
wb_file_fail(struct wb_error *err, int negative_errno, const char *verb,
    const char *path)
{
	const char *reason = strerror(-negative_errno);

	if (negative_errno == -EWOULDBLOCK)
		reason = "it is in use by another command";
	return wb_advise(err,
	    wb_fail(err, status_of(-negative_errno), "cannot %s %s: %s", verb,
		path, reason),
	    NULL, next_step(-negative_errno));
}

enum wb_status
wb_file_read_fd(struct wb_bytes *out, const struct wb_file_ops *ops, int fd,
    const char *name, struct wb_error *err)
{
	uint8_t buf[READ_STEP];
	const size_t before = out->len;
	enum wb_status st = WB_OK;
	ssize_t n;

	while ((n = ops->read(ops->ctx, fd, buf, sizeof buf)) > 0) {
		if ((size_t)n > out->max - out->len) {
			st = wb_fail(err, WB_INVALID,
			    "%s is larger than the %zu bytes allowed here",
			    name, out->max);
			break;
		}
		st = wb_bytes_append(out, wb_span(buf, (size_t)n), err);
		if (st != WB_OK)
			break;
	}
	if (n < 0)
		st = wb_file_fail(err, (int)n, "read", name);
	wb_wipe(buf, sizeof buf);
	if (st != WB_OK)
		wb_bytes_truncate(out, before);
	return st;
}

enum wb_status
wb_file_read(struct wb_bytes *out, const struct wb_file_ops *ops,
    const char *path, struct wb_error *err)
{
	struct wb_file_info info;
	enum wb_status st;
	int fd = ops->open(ops->ctx, path, O_RDONLY, 0);
	int rc;

	if (fd < 0)
		return wb_file_fail(err, fd, "open", path);
	rc = ops->fstat(ops->ctx, fd, &info);
	if (rc != 0) {
		st = wb_file_fail(err, rc, "read", path);
	} else if (info.kind == WB_FILE_DIRECTORY) {
		st = wb_fail(err, WB_INVALID, "%s is a directory, not a file",
		    path);
	} else {
		st = wb_file_read_fd(out, ops, fd, path, err);
	}
	(void)ops->close(ops->ctx, fd);
	return st;
}

/* What a crash left under this name is not looked at, nor followed. */
static int
write_new(const struct wb_file_ops *ops, const char *path,
    struct wb_span content)
{
	int fd;
	int rc = ops->unlink(ops->ctx, path);
	int closed;

	if (rc != 0 && rc != -ENOENT)
		return rc;
	fd = ops->open(ops->ctx, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return fd;
	rc = wb_file_pwrite_all(ops, fd, content, 0);
	if (rc == 0)
		rc = ops->fsync(ops->ctx, fd);
	closed = ops->close(ops->ctx, fd);
	return rc == 0 ? closed : rc;
}

enum wb_status
wb_file_write(const struct wb_file_ops *ops, const char *path,
    struct wb_span content, struct wb_error *err)
{
	char fresh[WB_MAX_PATH];
	int n = snprintf(fresh, sizeof fresh, "%s.new", path);
	int rc;

	if (n < 0 || (size_t)n >= sizeof fresh)
		return wb_file_fail(err, -ENAMETOOLONG, "write", path);
	rc = write_new(ops, fresh, content);
	if (rc == 0)
		rc = ops->rename(ops->ctx, fresh, path);
	if (rc != 0) {
		(void)ops->unlink(ops->ctx, fresh);
		return wb_file_fail(err, rc, "write", path);
	}
	rc = wb_file_sync_parent(ops, path);
	return rc == 0 ? WB_OK : wb_file_fail(err, rc, "write", path);
}

/* Makes one level; one that is there must be a directory. */
static int
make_level(const struct wb_file_ops *ops, const char *path)
{
	struct wb_file_info info;
	int rc = ops->mkdir(ops->ctx, path, 0700);

	if (rc == 0)
		return wb_file_sync_parent(ops, path);
	if (ops->stat(ops->ctx, path, &info) != 0)
		return rc;
	return info.kind == WB_FILE_DIRECTORY ? 0 : -EEXIST;
}

enum wb_status
wb_file_make_dir(const struct wb_file_ops *ops, const char *path,
    struct wb_error *err)
{
	char level[WB_MAX_PATH];
	const size_t len = strlen(path);
	int rc = 0;

	if (len == 0 || len >= sizeof level)
		return wb_file_fail(err, len == 0 ? -ENOENT : -ENAMETOOLONG,
		    "make the directory", path);
	memcpy(level, path, len + 1);
	for (size_t i = 1; i <= len && rc == 0; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		if (path[i - 1] == '/')
			continue;
		level[i] = '\0';
		rc = make_level(ops, level);
		level[i] = path[i];
	}
	return rc == 0 ? WB_OK
		       : wb_file_fail(err, rc, "make the directory", path);
}

enum wb_status
wb_file_exists(bool *out, const struct wb_file_ops *ops, const char *path,
    struct wb_error *err)
{
	struct wb_file_info info;
	int rc = ops->stat(ops->ctx, path, &info);

	*out = rc == 0;
	if (rc == 0 || rc == -ENOENT || rc == -ENOTDIR)
		return WB_OK;
	return wb_file_fail(err, rc, "look at", path);
}
