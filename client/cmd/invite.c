#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/roles.h"
#include "client/team/enrol.h"

const char *
wb_cmd_role_name(enum wb_role role)
{
	switch (role) {
	case WB_ROLE_FIELD:
		return "field";
	case WB_ROLE_COORDINATOR:
		return "coordinator";
	case WB_ROLE_AUDITOR:
		return "auditor";
	}
	return "";
}

static enum wb_status
role_from_args(enum wb_role *out, const struct wb_cmd *cmd,
    struct wb_error *err)
{
	static const enum wb_role roles[] = { WB_ROLE_FIELD,
		WB_ROLE_COORDINATOR, WB_ROLE_AUDITOR };
	const char *wanted = wb_args_value(cmd->args, "role");

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		if (wanted != NULL &&
		    strcmp(wanted, wb_cmd_role_name(roles[i])) == 0) {
			*out = roles[i];
			return WB_OK;
		}
	}
	return wb_fail(err, WB_USAGE,
	    "--role must be field, coordinator or auditor");
}

static enum wb_status
print_invited(struct wb_cmd *cmd, enum wb_role role, const char *path,
    struct wb_error *err)
{
	struct wb_json *j = &cmd->out;
	char expires[WB_TIME_TEXT];

	wb_cmd_say(cmd,
	    "Good once, for %d hours. Hand it over in person: who holds it "
	    "can ask to join.\nNext, on the new device: waybill join %s -o "
	    "REQUEST\n",
	    WB_INVITE_HOURS, path == NULL ? "INVITATION" : path);
	/* Without a file, standard output is the invitation's. */
	if (!cmd->json || path == NULL || strcmp(path, "-") == 0)
		return WB_OK;
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_string(j, "role", wb_cmd_role_name(role));
	wb_json_string(j, "expires",
	    wb_time_format(expires,
		wb_clock_now(cmd->clock) + (int64_t)WB_INVITE_HOURS * 3600));
	wb_json_string(j, "invitation", path);
	wb_json_close(j);
	return wb_json_finish(j, err);
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
	return st == WB_OK ? print_invited(cmd, role, path, err) : st;
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
	.unchanged = "Nothing was made.",
	.run = run,
};
