/* The server in other commands, over the way that was remembered. */
#ifndef WB_CLIENT_CMD_SYNC_NOW_H
#define WB_CLIENT_CMD_SYNC_NOW_H

#include "client/cmd/cmd.h"
#include "client/sync/sync.h"

/* Close with wb_remote_close.  WB_USAGE, id "no-server"; wb_remote_open's. */
WB_MUST_CHECK enum wb_status wb_cmd_connect(struct wb_remote **out,
    struct wb_cmd *cmd, struct wb_error *err);

/* To stderr, on a terminal. */
struct wb_sync_progress wb_cmd_progress(struct wb_cmd *cmd);

/*
 * A whole sync.  *done false with WB_OK: no server is known, or none was reached, and what
 * waits is sent by the next sync.  Other failures are those of wb_sync.
 */
WB_MUST_CHECK enum wb_status wb_cmd_sync_now(bool *done, struct wb_cmd *cmd,
    struct wb_error *err);

#endif
