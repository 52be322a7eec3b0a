/* A sync inside another command, over the way that was remembered. */
#ifndef WB_CLIENT_CMD_SYNC_NOW_H
#define WB_CLIENT_CMD_SYNC_NOW_H

#include "client/cmd/cmd.h"

/*
 * *done false with WB_OK: no server is known, or none was reached, and what
 * waits is sent by the next sync.  Other failures are those of wb_sync.
 */
WB_MUST_CHECK enum wb_status wb_cmd_sync_now(bool *done, struct wb_cmd *cmd,
    struct wb_error *err);

#endif
