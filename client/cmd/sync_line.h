/* Times and routes as people read them. */
#ifndef WB_CLIENT_CMD_SYNC_LINE_H
#define WB_CLIENT_CMD_SYNC_LINE_H

#include "client/cmd/cmd.h"

#define WB_WHEN_TEXT 32 /* "yesterday 09:12" and a NUL */

/* "today 09:12", "yesterday 09:12" or "2026-03-01", where the user is. */
const char *wb_cmd_when(char out[WB_WHEN_TEXT], struct wb_clock clock,
    int64_t at);

/* How this device reaches its server: "direct", "tor", "proxy" or "drive". */
WB_MUST_CHECK enum wb_status wb_cmd_route(const char **out,
    struct wb_device *device, struct wb_error *err);

/* What waits for a sync, besides records. */
struct wb_unsent {
	uint64_t changes; /* of the team; a coordinator's */
	uint64_t papers; /* tallies, and notes of what was shown to whom */
};
WB_MUST_CHECK enum wb_status wb_cmd_unsent(struct wb_unsent *out,
    struct wb_device *device, struct wb_error *err);

#endif
