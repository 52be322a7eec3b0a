/*
 * The audit of what a server shows: its whole log from entry 0 on, judged as
 * evidence is, and compared with the newest head that this vault has verified.
 * Keeps nothing, in memory or in the vault.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_SERVER_H
#define WB_CLIENT_AUDIT_AUDIT_SERVER_H

#include "client/audit/audit.h"
#include "client/remote/remote.h"
#include "client/sync/sync.h"

struct wb_audit_server {
	struct wb_device *device; /* of a coordinator or an auditor */
	struct wb_remote *remote;
	bool contents; /* fetch and compare those, too: coordinators */
	struct wb_sync_progress progress; /* "reading", in log indices */
};

/*
 * By the device's own programme and readers; of `options` only what is to be
 * checked counts.  What the server shows and should not is a problem found.
 * WB_FAILED, id "not-whole-log": field members are not shown all of it; id
 * "not-coordinator": contents; else the statuses of wb_remote_get.  Clear with
 * wb_audit_clear in any case.
 */
WB_MUST_CHECK enum wb_status wb_audit_server(struct wb_audit *out,
    const struct wb_audit_server *server,
    const struct wb_audit_options *options, struct wb_error *err);

#endif
