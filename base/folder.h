/* A file by its name in a folder, and who has a folder to himself. */
#ifndef WB_BASE_FOLDER_H
#define WB_BASE_FOLDER_H

#include "base/file.h"

/* DIR/NAME.  WB_INVALID: too long. */
WB_MUST_CHECK enum wb_status wb_folder_path(char out[WB_MAX_PATH],
    const char *dir, const char *name, struct wb_error *err);

/*
 * Locks DIR/lock, which is made, until *fd is closed.  *fd is -1 on failure.
 * WB_LOCKED: another process has it; `use` says for what, as "being served".
 */
WB_MUST_CHECK enum wb_status wb_folder_lock(int *fd,
    const struct wb_file_ops *ops, const char *dir, const char *use,
    struct wb_error *err);

#endif
