/* What the commands share that check evidence: whose word, and what is read. */
#ifndef WB_CLIENT_CMD_AUDITING_H
#define WB_CLIENT_CMD_AUDITING_H

#include "client/audit/audit.h"
#include "client/cmd/cmd.h"
#include "client/cmd/verdict.h"

/* Rows of a table of options, which wb_cmd_audit reads. */
#define WB_AUDIT_OPTIONS                                                      \
	WB_VERDICT_OPTIONS,                                                   \
	{                                                                     \
		"threads", 0, false, "N",                                     \
		    "work on N processor cores: 1 to 4, or as many as there " \
		    "are"                                                     \
	}

/*
 * Audits a bundle, or this vault where `path` is NULL, by --programme.  With a
 * passphrase a bundle's contents are opened too, and the programme is known;
 * cmd->device is then open.  Clear with wb_audit_clear in any case.
 */
WB_MUST_CHECK enum wb_status wb_cmd_audit(struct wb_audit *out,
    struct wb_cmd *cmd, const char *path, struct wb_error *err);

/* The same of all that the server shows, over the way that was remembered. */
WB_MUST_CHECK enum wb_status wb_cmd_audit_server(struct wb_audit *out,
    struct wb_cmd *cmd, bool contents, struct wb_error *err);

#endif
