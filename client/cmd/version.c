#include "client/cmd/commands.h"

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	if (!cmd->json) {
		wb_cmd_print(cmd, "waybill %s\n", WB_VERSION);
		return WB_OK;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_string(&cmd->out, "program", "waybill");
	wb_json_string(&cmd->out, "version", WB_VERSION);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

const struct wb_subcommand wb_cmd_version = {
	.help = {
		.name = "version",
		.group = "Other",
		.synopsis = "",
		.summary = "print the version",
		.examples = "waybill version --json",
	},
	.run = run,
};
