#include "client/cmd/auditing.h"
#include "client/cmd/commands.h"
#include "client/cmd/verdict.h"

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	bool server = wb_args_has(cmd->args, "server");
	bool contents = wb_args_has(cmd->args, "contents");
	const char *path = wb_args_word(cmd->args, 0);
	struct wb_audit audit = { 0 };
	enum wb_status st;

	if ((server && path != NULL) || (contents && !server))
		return wb_fail(err, WB_USAGE,
		    "--server takes no file, and --contents needs --server");
	if (server)
		st = wb_cmd_audit_server(&audit, cmd, contents, err);
	else
		st = wb_cmd_audit(&audit, cmd, path, err);
	if (st == WB_REFUSED && !server)
		st = WB_FAILED; /* no server was asked */
	if (st == WB_OK && cmd->json)
		st = wb_verdict_json(&cmd->out, NULL, &audit, err);
	else if (st == WB_OK)
		st = wb_verdict_print(stdout, &audit, err);
	if (st == WB_OK)
		st = wb_verdict_status(&audit);
	wb_audit_clear(&audit);
	return st;
}

static const struct wb_option options[] = {
	WB_AUDIT_OPTIONS,
	{ "server", 0, false, NULL,
	    "check the whole log as the server shows it now" },
	{ "contents", 0, false, NULL,
	    "with --server: fetch and compare the contents, too" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_verify = {
	.help = {
		.name = "verify",
		.group = "See and check",
		.synopsis = "[FILE]",
		.summary = "check evidence: a file, this vault, or a server",
		.description =
		    "A file needs no vault, no set-up and no network: the "
		    "programme's id says whom to\nbelieve. With -P the "
		    "contents are opened too, as far as this vault's keys "
		    "reach.\nEnds with 0: good, 4: bad, 3: could not be "
		    "checked, because no programme was\ngiven or contents "
		    "are missing.",
		.examples = "waybill verify evidence.wbx --programme 5f1c\xe2\x80\xa6\n"
			    "waybill verify public.wbx --programme 5f1c\xe2\x80\xa6 --tally\n"
			    "waybill verify\n"
			    "waybill verify --server",
		.options = options,
		.max_words = 1,
	},
	.online = true,
	.run = run,
};
