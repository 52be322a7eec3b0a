#include <string.h>

#include "client/cmd/commands.h"
#include "client/enrol.h"

static enum wb_status
role_from_args(enum wb_role *out, const struct wb_cmd *cmd,
    struct wb_error *err)
{
	static const struct {
		const char *name;
		enum wb_role role;
	} roles[] = { { "field", WB_ROLE_FIELD },
		{ "coordinator", WB_ROLE_COORDINATOR },
		{ "auditor", WB_ROLE_AUDITOR } };
	const char *wanted = wb_args_value(cmd->args, "role");

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		if (wanted != NULL && strcmp(wanted, roles[i].name) == 0) {
			*out = roles[i].role;
			return WB_OK;
		}
	}
	return wb_fail(err, WB_USAGE,
	    "--role must be field, coordinator or auditor");
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	struct wb_bytes invite;
	enum wb_role role = WB_ROLE_FIELD;
	enum wb_status st;

	st = role_from_args(&role, cmd, err);
	if (st == WB_OK)
		st = wb_cmd_may_write(path, WB_INVITE_PREFIX, err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st != WB_OK)
		return st;
	wb_bytes_init(&invite, WB_MAX_INVITE_TEXT);
	st = wb_enrol_invite(&invite, &cmd->device, role, err);
	if (st == WB_OK)
		st = wb_cmd_write(path, wb_bytes_span(&invite), err);
	wb_bytes_clear(&invite);
	if (st == WB_OK) {
		wb_cmd_say(cmd,
		    "Good once, for %d hours. Hand it over in person: who "
		    "holds it can ask to join.\nNext, on the new device: "
		    "waybill join %s -o REQUEST\n",
		    WB_INVITE_HOURS, path == NULL ? "INVITATION" : path);
	}
	return st;
}

static const struct wb_option options[] = {
	{ "role", 0, false, "ROLE", "field, coordinator or auditor" },
	{ "output", 'o', false, "FILE", "write the invitation to FILE" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_invite = {
	.help = {
		.name = "invite",
		.group = "Team",
		.synopsis = "--role ROLE [-o FILE]",
		.summary = "invite somebody to the programme",
		.description =
		    "A field member logs deliveries. A coordinator reads them "
		    "and keeps the\nroster. An auditor follows the whole log "
		    "and reads no content.",
		.examples = "waybill invite --role field -o k7.invite",
		.options = options,
	},
	.run = run,
};
