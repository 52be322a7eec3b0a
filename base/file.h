/*
 * Files, through one small table of calls, so that tests can fail any of them
 * at any time.  Below it are the system's calls; above it whole files read with
 * a limit and written so that a crash leaves the old one or the new one.
 */
#ifndef WB_BASE_FILE_H
#define WB_BASE_FILE_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"

#define WB_MAX_PATH 4096

enum wb_file_kind {
	WB_FILE_REGULAR,
	WB_FILE_DIRECTORY,
	WB_FILE_OTHER
};

struct wb_file_info {
	enum wb_file_kind kind;
	int64_t size; /* bytes */
};

/*
 * Each call is as the system's of that name, except that it starts again when
 * interrupted, and gives -errno where that one sets errno.  `ctx` is handed to
 * each.
 */
struct wb_file_ops {
	void *ctx;
	/* open(2) with O_CLOEXEC added; gives a descriptor. */
	int (*open)(void *ctx, const char *path, int flags, mode_t mode);
	int (*close)(void *ctx, int fd);
	ssize_t (*read)(void *ctx, int fd, void *out, size_t len);
	ssize_t (*pread)(void *ctx, int fd, void *out, size_t len, int64_t at);
	ssize_t (
	    *pwrite)(void *ctx, int fd, const void *in, size_t len, int64_t at);
	int (*ftruncate)(void *ctx, int fd, int64_t len);
	int (*fdatasync)(void *ctx, int fd);
	int (*fsync)(void *ctx, int fd);
	int (*fstat)(void *ctx, int fd, struct wb_file_info *out);
	int (*stat)(void *ctx, const char *path, struct wb_file_info *out);
	/* Exclusive, held until close; -EWOULDBLOCK: somebody has it. */
	int (*lock)(void *ctx, int fd);
	int (*rename)(void *ctx, const char *from, const char *to);
	int (*unlink)(void *ctx, const char *path);
	int (*mkdir)(void *ctx, const char *path, mode_t mode);
};

/* The system's calls.  Static; never freed. */
const struct wb_file_ops *wb_file_ops_system(void);

/*
 * Writes or reads all of it, however many calls that takes.  0 or -errno; for
 * wb_file_pread_all -ENODATA where the file ends first.
 */
WB_MUST_CHECK int wb_file_pwrite_all(const struct wb_file_ops *ops, int fd,
    struct wb_span in, int64_t at);
WB_MUST_CHECK int wb_file_pread_all(const struct wb_file_ops *ops, int fd,
    void *out, size_t len, int64_t at);

/*
 * Syncs the folder that `path` is in, so that a file made, renamed or removed
 * there stays so.  0 or -errno; file systems that cannot are let pass.
 */
WB_MUST_CHECK int wb_file_sync_parent(const struct wb_file_ops *ops,
    const char *path);

/*
 * Makes an error of -errno: "cannot VERB PATH: reason".  WB_NOT_FOUND: no such
 * file; WB_LOCKED: locked; WB_EXISTS; WB_STORAGE: full, read-only, failing;
 * WB_NO_MEMORY; WB_FAILED: all else.
 */
enum wb_status wb_file_fail(struct wb_error *err, int negative_errno,
    const char *verb, const char *path);

/*
 * Appends a whole file to `out`, which must have been made with the largest
 * size allowed as its maximum.  `out` is left as it was on failure.
 * WB_INVALID: a directory, or larger than that; else as wb_file_fail.
 */
WB_MUST_CHECK enum wb_status wb_file_read(struct wb_bytes *out,
    const struct wb_file_ops *ops, const char *path, struct wb_error *err);

/* The same from an open descriptor; `name` is what errors call it. */
WB_MUST_CHECK enum wb_status wb_file_read_fd(struct wb_bytes *out,
    const struct wb_file_ops *ops, int fd, const char *name,
    struct wb_error *err);

/*
 * Replaces or makes a file, mode 0600, durably: PATH.new is written, synced
 * and renamed.  On failure PATH is what it was, unless only the folder's own
 * sync failed.  Not for two writers of one path at once.
 */
WB_MUST_CHECK enum wb_status wb_file_write(const struct wb_file_ops *ops,
    const char *path, struct wb_span content, struct wb_error *err);

/*
 * Makes a directory, and those above it that are missing, mode 0700.  One that
 * is there already is left as it is.  WB_EXISTS: there is a file of that name.
 */
WB_MUST_CHECK enum wb_status wb_file_make_dir(const struct wb_file_ops *ops,
    const char *path, struct wb_error *err);

/* WB_OK with *out set; anything but "no such file" is a failure. */
WB_MUST_CHECK enum wb_status wb_file_exists(bool *out,
    const struct wb_file_ops *ops, const char *path, struct wb_error *err);

#endif
