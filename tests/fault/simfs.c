#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/simfs_private.h"

uint64_t
simfs_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

void *
simfs_must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

/* Not realloc: tests make that one fail in what works on these files. */
static void *
resized(void *old, size_t n, size_t size)
{
	return simfs_must(reallocarray(old, n, size));
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

void
simfs_copy_name(char to[256], const char *name)
{
	size_t len = strlen(name);

	assert(len < 256);
	memcpy(to, name, len + 1);
}

struct call *
simfs_note(struct simfs *fs, enum kind kind, int file)
{
	struct call *c;

	if (fs->calls_n == fs->calls_cap) {
		fs->calls_cap = fs->calls_cap == 0 ? 256 : fs->calls_cap * 2;
		fs->calls = resized(fs->calls, fs->calls_cap,
		    sizeof *fs->calls);
	}
	c = &fs->calls[fs->calls_n++];
	memset(c, 0, sizeof *c);
	c->kind = kind;
	c->file = file;
	return c;
}

void
simfs_resize(struct file *f, size_t len)
{
	if (len > f->cap) {
		f->cap = len * 2;
		f->data = resized(f->data, f->cap, 1);
	}
	if (len > f->len)
		memset(f->data + f->len, 0, len - f->len);
	f->len = len;
}

void
simfs_store(struct file *f, const uint8_t *data, size_t len, uint64_t at)
{
	if (len == 0)
		return;
	if (at + len > f->len)
		simfs_resize(f, (size_t)at + len);
	memcpy(f->data + at, data, len);
}

static struct name *
find(struct simfs *fs, const char *name)
{
	for (size_t i = 0; i < fs->names_n; i++) {
		if (strcmp(fs->names[i].name, name) == 0)
			return &fs->names[i];
	}
	return NULL;
}

void
simfs_set_name(struct simfs *fs, const char *name, int file)
{
	struct name *n = find(fs, name);

	if (n == NULL) {
		assert(fs->names_n < MAX_NAMES);
		n = &fs->names[fs->names_n++];
		simfs_copy_name(n->name, name);
	}
	n->file = file;
}

void
simfs_drop_name(struct simfs *fs, const char *name)
{
	struct name *n = find(fs, name);

	if (n != NULL)
		*n = fs->names[--fs->names_n];
}

int
simfs_new_file(struct simfs *fs)
{
	assert(fs->files_n < MAX_FILES);
	return fs->files_n++;
}

/* Whether this call is to fail: -errno, or 0. */
static int
fault(struct simfs *fs, const char *call)
{
	if (fs->fail_only != NULL && strcmp(fs->fail_only, call) != 0)
		return 0;
	fs->counted++;
	if (fs->fail_nth == 0 || fs->counted < fs->fail_nth ||
	    (fs->counted > fs->fail_nth && !fs->fail_forever))
		return 0;
	fs->failed = true;
	return -fs->fail_error;
}

static int
file_of(const struct simfs *fs, int fd)
{
	assert(fd >= 0 && fd < MAX_FDS && fs->fds[fd] != -1);
	return fs->fds[fd];
}

static int
sim_open(void *ctx, const char *path, int flags, mode_t mode)
{
	struct simfs *fs = ctx;
	int rc = fault(fs, "open"), fd = 0;
	struct name *n;

	(void)mode;
	if (rc != 0)
		return rc;
	while (fs->fds[fd] != -1)
		fd++;
	assert(fd < MAX_FDS);
	if ((flags & O_DIRECTORY) != 0) {
		fs->fds[fd] = DIRECTORY;
		return fd;
	}
	n = find(fs, base_name(path));
	if (n == NULL && (flags & O_CREAT) == 0)
		return -ENOENT;
	if (n == NULL) {
		fs->fds[fd] = simfs_new_file(fs);
		simfs_set_name(fs, base_name(path), fs->fds[fd]);
		simfs_copy_name(simfs_note(fs, CALL_LINK, fs->fds[fd])->name,
		    base_name(path));
		return fd;
	}
	fs->fds[fd] = n->file;
	return fd;
}

static int
sim_close(void *ctx, int fd)
{
	struct simfs *fs = ctx;
	int file = file_of(fs, fd);

	if (file >= 0 && fs->files[file].locked_by == fd + 1)
		fs->files[file].locked_by = 0;
	fs->fds[fd] = -1;
	return 0;
}

static ssize_t
sim_pread(void *ctx, int fd, void *out, size_t len, int64_t at)
{
	struct simfs *fs = ctx;
	const struct file *f = &fs->files[file_of(fs, fd)];
	int rc = fault(fs, "pread");

	if (rc != 0)
		return rc;
	if ((uint64_t)at >= f->len)
		return 0;
	if (len > f->len - (size_t)at)
		len = f->len - (size_t)at;
	memcpy(out, f->data + at, len);
	return (ssize_t)len;
}

static ssize_t
sim_read(void *ctx, int fd, void *out, size_t len)
{
	(void)ctx;
	(void)fd;
	(void)out;
	(void)len;
	return -EIO; /* a vault has no use for it */
}

static uint64_t
used(const struct simfs *fs)
{
	uint64_t n = 0;

	for (size_t i = 0; i < fs->names_n; i++)
		n += fs->files[fs->names[i].file].len;
	return n;
}

static ssize_t
sim_pwrite(void *ctx, int fd, const void *in, size_t len, int64_t at)
{
	struct simfs *fs = ctx;
	int file = file_of(fs, fd), rc = fault(fs, "pwrite");
	struct file *f = &fs->files[file];
	uint64_t more = (uint64_t)at + len > f->len
			    ? (uint64_t)at + len - f->len
			    : 0;
	struct call *c;

	/* Half of it, as full disks do. */
	if (rc == -ENOSPC && len > SIMFS_SECTOR)
		len /= 2;
	else if (rc != 0)
		return rc;
	if (fs->space != 0 && more > 0 && used(fs) + more > fs->space) {
		more = used(fs) + more - fs->space;
		if (more >= len)
			return -ENOSPC;
		len -= (size_t)more;
	}
	c = simfs_note(fs, CALL_WRITE, file);
	c->at = (uint64_t)at;
	c->len = len;
	c->data = resized(NULL, len + 1, 1);
	memcpy(c->data, in, len);
	simfs_store(f, in, len, (uint64_t)at);
	return (ssize_t)len;
}

static int
sim_ftruncate(void *ctx, int fd, int64_t len)
{
	struct simfs *fs = ctx;
	int file = file_of(fs, fd), rc = fault(fs, "ftruncate");

	if (rc != 0)
		return rc;
	simfs_note(fs, CALL_TRUNCATE, file)->at = (uint64_t)len;
	simfs_resize(&fs->files[file], (size_t)len);
	return 0;
}

static int
sim_sync(struct simfs *fs, int fd, const char *call)
{
	int file = file_of(fs, fd), rc = fault(fs, call);

	if (rc != 0)
		return rc;
	if (file == DIRECTORY && !fs->lie_names)
		(void)simfs_note(fs, CALL_SYNC_NAMES, file);
	if (file >= 0 && !fs->lie_files)
		(void)simfs_note(fs, CALL_SYNC, file);
	return 0;
}

static int
sim_fdatasync(void *ctx, int fd)
{
	return sim_sync(ctx, fd, "fdatasync");
}

static int
sim_fsync(void *ctx, int fd)
{
	return sim_sync(ctx, fd, "fsync");
}

static int
sim_fstat(void *ctx, int fd, struct wb_file_info *out)
{
	struct simfs *fs = ctx;
	int rc = fault(fs, "fstat");

	if (rc != 0)
		return rc;
	out->kind = WB_FILE_REGULAR;
	out->size = (int64_t)fs->files[file_of(fs, fd)].len;
	return 0;
}

static int
sim_stat(void *ctx, const char *path, struct wb_file_info *out)
{
	struct simfs *fs = ctx;
	struct name *n = find(fs, base_name(path));
	int rc = fault(fs, "stat");

	if (rc != 0 || n == NULL)
		return rc != 0 ? rc : -ENOENT;
	out->kind = WB_FILE_REGULAR;
	out->size = (int64_t)fs->files[n->file].len;
	return 0;
}

static int
sim_lock(void *ctx, int fd)
{
	struct simfs *fs = ctx;
	struct file *f = &fs->files[file_of(fs, fd)];
	int rc = fault(fs, "lock");

	if (rc != 0)
		return rc;
	if (f->locked_by != 0 && f->locked_by != fd + 1)
		return -EWOULDBLOCK;
	f->locked_by = fd + 1;
	return 0;
}

static int
sim_rename(void *ctx, const char *from, const char *to)
{
	struct simfs *fs = ctx;
	struct name *n = find(fs, base_name(from));
	int rc = fault(fs, "rename"), file;
	struct call *c;

	if (rc != 0 || n == NULL)
		return rc != 0 ? rc : -ENOENT;
	file = n->file;
	c = simfs_note(fs, CALL_RENAME, file);
	simfs_copy_name(c->name, base_name(from));
	simfs_copy_name(c->to, base_name(to));
	simfs_drop_name(fs, base_name(from));
	simfs_set_name(fs, base_name(to), file);
	return 0;
}

static int
sim_unlink(void *ctx, const char *path)
{
	struct simfs *fs = ctx;
	int rc = fault(fs, "unlink");

	if (rc != 0 || find(fs, base_name(path)) == NULL)
		return rc != 0 ? rc : -ENOENT;
	simfs_copy_name(simfs_note(fs, CALL_UNLINK, 0)->name, base_name(path));
	simfs_drop_name(fs, base_name(path));
	return 0;
}

static int
sim_mkdir(void *ctx, const char *path, mode_t mode)
{
	(void)ctx;
	(void)path;
	(void)mode;
	return -EACCES;
}

struct simfs *
simfs_new(void)
{
	struct simfs *fs = simfs_must(calloc(1, sizeof *fs));

	fs->ops = (struct wb_file_ops){
		.ctx = fs,
		.open = sim_open,
		.close = sim_close,
		.read = sim_read,
		.pread = sim_pread,
		.pwrite = sim_pwrite,
		.ftruncate = sim_ftruncate,
		.fdatasync = sim_fdatasync,
		.fsync = sim_fsync,
		.fstat = sim_fstat,
		.stat = sim_stat,
		.lock = sim_lock,
		.rename = sim_rename,
		.unlink = sim_unlink,
		.mkdir = sim_mkdir,
	};
	for (int i = 0; i < MAX_FDS; i++)
		fs->fds[i] = -1;
	return fs;
}

void
simfs_free(struct simfs **fs)
{
	if (*fs == NULL)
		return;
	for (size_t i = 0; i < (*fs)->calls_n; i++)
		free((*fs)->calls[i].data);
	for (int i = 0; i < (*fs)->files_n; i++)
		free((*fs)->files[i].data);
	free((*fs)->calls);
	free(*fs);
	*fs = NULL;
}

const struct wb_file_ops *
simfs_ops(struct simfs *fs)
{
	return &fs->ops;
}

void
simfs_fail(struct simfs *fs, uint64_t nth, int error, bool forever)
{
	fs->counted = 0;
	fs->fail_nth = nth;
	fs->fail_error = error;
	fs->fail_forever = forever;
	fs->failed = false;
}

void
simfs_fail_only(struct simfs *fs, const char *call)
{
	fs->fail_only = call;
}

uint64_t
simfs_calls(const struct simfs *fs)
{
	return fs->counted;
}

bool
simfs_failed(const struct simfs *fs)
{
	return fs->failed;
}

void
simfs_set_space(struct simfs *fs, uint64_t bytes)
{
	fs->space = bytes;
}

void
simfs_lie_about_files(struct simfs *fs, bool lie)
{
	fs->lie_files = lie;
}

void
simfs_lie_about_names(struct simfs *fs, bool lie)
{
	fs->lie_names = lie;
}

void
simfs_acknowledge(struct simfs *fs, uint64_t value)
{
	simfs_note(fs, CALL_ACKNOWLEDGE, 0)->at = value;
}

size_t
simfs_moments(const struct simfs *fs)
{
	return fs->calls_n;
}

size_t
simfs_names(const struct simfs *fs)
{
	return fs->names_n;
}

uint8_t *
simfs_bytes(struct simfs *fs, const char *name, size_t *len)
{
	struct name *n = find(fs, name);

	*len = n == NULL ? 0 : fs->files[n->file].len;
	return n == NULL ? NULL : fs->files[n->file].data;
}
