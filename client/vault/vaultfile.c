#include "client/vault/vaultfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEW_SUFFIX ".new"

enum wb_status
wb_vaultfile_init(struct wb_vaultfile *f, const char *path,
    const struct wb_file_ops *files, struct wb_random random,
    struct wb_error *err)
{
	size_t len = strlen(path);

	*f = (struct wb_vaultfile){ files, random, NULL, NULL, -1 };
	if (len + sizeof NEW_SUFFIX > WB_MAX_PATH)
		return wb_fail(err, WB_INVALID, "the vault's path is too long");
	f->path = strdup(path);
	f->path_new = malloc(len + sizeof NEW_SUFFIX);
	if (f->path == NULL || f->path_new == NULL) {
		wb_vaultfile_clear(f);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	(void)snprintf(f->path_new, len + sizeof NEW_SUFFIX, "%s%s", path,
	    NEW_SUFFIX);
	return WB_OK;
}

/* Whatever mattered has been synced before. */
static void
close_fd(const struct wb_vaultfile *f, int *fd)
{
	if (*fd >= 0)
		(void)f->files->close(f->files->ctx, *fd);
	*fd = -1;
}

void
wb_vaultfile_clear(struct wb_vaultfile *f)
{
	close_fd(f, &f->fd);
	free(f->path);
	free(f->path_new);
	f->path = NULL;
	f->path_new = NULL;
}

enum wb_status
wb_vaultfile_fail(struct wb_error *err, int negative_errno, const char *verb,
    const char *path)
{
	enum wb_status st = wb_file_fail(err, negative_errno, verb, path);

	if (st == WB_STORAGE || st == WB_FAILED)
		return wb_advise(err, st, "vault-io", NULL);
	return st;
}

enum wb_status
wb_vaultfile_check_free(const struct wb_vaultfile *f, struct wb_error *err)
{
	struct wb_file_info info;
	int rc = f->files->stat(f->files->ctx, f->path, &info);

	if (rc == -ENOENT)
		return WB_OK;
	if (rc != 0)
		return wb_vaultfile_fail(err, rc, "look at", f->path);
	return wb_fail(err, WB_EXISTS, "%s is there already", f->path);
}

static enum wb_status
busy(struct wb_error *err, const char *path)
{
	return wb_advise(err,
	    wb_fail(err, WB_LOCKED, "%s is in use by another command", path),
	    "vault-busy", "Wait until that has ended, or close it.");
}

static enum wb_status
lock(const struct wb_vaultfile *f, int fd, const char *path,
    struct wb_error *err)
{
	int rc = f->files->lock(f->files->ctx, fd);

	if (rc == -EWOULDBLOCK)
		return busy(err, path);
	return rc == 0 ? WB_OK : wb_vaultfile_fail(err, rc, "lock", path);
}

static enum wb_status
read_header(uint8_t out[WB_KEYSLOTS_HEADER], const struct wb_vaultfile *f,
    int fd, struct wb_error *err)
{
	int rc = wb_file_pread_all(f->files, fd, out, WB_KEYSLOTS_HEADER, 0);

	if (rc == -ENODATA) {
		return wb_advise(err,
		    wb_fail(err, WB_STORAGE,
			"%s is no vault, or only the beginning of one",
			f->path),
		    "not-a-vault", WB_VAULT_DAMAGED_NEXT);
	}
	return rc == 0 ? WB_OK : wb_vaultfile_fail(err, rc, "read", f->path);
}

/*
 * Whether the file that was locked still has its name: between opening and
 * locking, another command may have put a compacted one in its place.
 */
static enum wb_status
check_name(const struct wb_vaultfile *f, const uint8_t *header,
    struct wb_error *err)
{
	uint8_t now[WB_KEYSLOTS_HEADER];
	enum wb_status st;
	int fd;

	fd = f->files->open(f->files->ctx, f->path, O_RDONLY, 0);
	if (fd < 0)
		return wb_vaultfile_fail(err, fd, "open", f->path);
	st = read_header(now, f, fd, err);
	close_fd(f, &fd);
	if (st == WB_OK && memcmp(now, header, sizeof now) != 0)
		return busy(err, f->path);
	return st;
}

enum wb_status
wb_vaultfile_open(struct wb_vaultfile *f, uint8_t header[WB_KEYSLOTS_HEADER],
    bool read_only, struct wb_error *err)
{
	enum wb_status st;

	f->fd = f->files->open(f->files->ctx, f->path,
	    read_only ? O_RDONLY : O_RDWR, 0);
	if (f->fd == -ENOENT) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND, "there is no vault at %s",
			f->path),
		    "vault-missing",
		    "begin with init or join, or name its directory with "
		    "--dir");
	}
	if (f->fd < 0)
		return wb_vaultfile_fail(err, f->fd, "open", f->path);
	st = lock(f, f->fd, f->path, err);
	if (st == WB_OK)
		st = read_header(header, f, f->fd, err);
	if (st == WB_OK)
		st = check_name(f, header, err);
	return st;
}

enum wb_status
wb_vaultfile_make_new(int *fd, const struct wb_vaultfile *f,
    struct wb_error *err)
{
	enum wb_status st;
	int rc;

	*fd = f->files->open(f->files->ctx, f->path_new,
	    O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return wb_vaultfile_fail(err, *fd, "make", f->path_new);
	st = lock(f, *fd, f->path_new, err);
	if (st == WB_OK) {
		rc = f->files->ftruncate(f->files->ctx, *fd, 0);
		if (rc != 0) {
			st = wb_vaultfile_fail(err, rc, "write", f->path_new);
			(void)f->files->unlink(f->files->ctx, f->path_new);
		}
	}
	if (st != WB_OK)
		close_fd(f, fd);
	return st;
}

int
wb_vaultfile_put_front(const struct wb_vaultfile *f, int fd,
    const struct wb_keyslots *keys)
{
	uint8_t front[WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT];

	wb_keyslots_seal(front, keys, f->random);
	wb_random_fill(f->random, front + WB_KEYSLOTS_HEADER, WB_PAGELOG_COUNT);
	return wb_file_pwrite_all(f->files, fd, wb_span(front, sizeof front),
	    0);
}

enum wb_status
wb_vaultfile_publish(const struct wb_vaultfile *f, bool *renamed,
    struct wb_error *err)
{
	int rc = f->files->rename(f->files->ctx, f->path_new, f->path);

	*renamed = rc == 0;
	if (rc == 0)
		rc = wb_file_sync_parent(f->files, f->path);
	return rc == 0 ? WB_OK : wb_vaultfile_fail(err, rc, "replace", f->path);
}

void
wb_vaultfile_adopt(struct wb_vaultfile *f, int fd)
{
	close_fd(f, &f->fd);
	f->fd = fd;
}

static void
shred(const struct wb_vaultfile *f, int fd)
{
	uint8_t noise[WB_KEYSLOTS_HEADER];

	wb_random_fill(f->random, noise, sizeof noise);
	if (wb_file_pwrite_all(f->files, fd, wb_span(noise, sizeof noise), 0) ==
	    0)
		(void)f->files->fdatasync(f->files->ctx, fd);
}

void
wb_vaultfile_shred(const struct wb_vaultfile *f)
{
	shred(f, f->fd);
}

static int
destroy(const struct wb_vaultfile *f, const char *path)
{
	int fd = f->files->open(f->files->ctx, path, O_WRONLY, 0);
	int rc;

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0) {
		shred(f, fd);
		close_fd(f, &fd);
	}
	rc = f->files->unlink(f->files->ctx, path);
	return rc == -ENOENT ? 0 : rc;
}

void
wb_vaultfile_destroy_new(const struct wb_vaultfile *f)
{
	(void)destroy(f, f->path_new);
}

enum wb_status
wb_vaultfile_destroy(const struct wb_vaultfile *f, struct wb_error *err)
{
	int rc = destroy(f, f->path), again = destroy(f, f->path_new);

	if (rc == 0)
		rc = again;
	if (rc == 0)
		rc = wb_file_sync_parent(f->files, f->path);
	return rc == 0 ? WB_OK : wb_vaultfile_fail(err, rc, "remove", f->path);
}
