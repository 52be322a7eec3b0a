#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum wb_status
wb_folder_path(char out[WB_MAX_PATH], const char *dir, const char *name,
    struct wb_error *err)
{
	int n = snprintf(out, WB_MAX_PATH, "%s/%s", dir, name);

	if (n < 0 || n >= WB_MAX_PATH)
		return wb_fail(err, WB_INVALID,
		    "the name of the folder is too long");
	return WB_OK;
}

static enum wb_status
refuse_lock(int rc, const char *path, const char *dir, const char *use,
    struct wb_error *err)
{
	if (rc != -EWOULDBLOCK)
		return wb_file_fail(err, rc, "lock", path);
	return wb_advise(err,
	    wb_fail(err, WB_LOCKED, "%s is %s already", dir, use), NULL,
	    "Stop the other one first, or name another folder.");
}

enum wb_status
wb_folder_lock(int *fd, const struct wb_file_ops *ops, const char *dir,
    const char *use, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	enum wb_status st = wb_folder_path(path, dir, "lock", err);
	int file, rc;

	*fd = -1;
	if (st != WB_OK)
		return st;
	file = ops->open(ops->ctx, path, O_RDWR | O_CREAT, 0600);
	if (file < 0)
		return wb_file_fail(err, file, "open", path);
	rc = ops->lock(ops->ctx, file);
	if (rc == 0) {
		*fd = file;
		return WB_OK;
	}
	(void)ops->close(ops->ctx, file);
	return refuse_lock(rc, path, dir, use, err);
}
