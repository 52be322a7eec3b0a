#include <string.h>

#include "client/cmd/commands.h"

#define MAX_HELP ((size_t)256 << 10)

static enum wb_status
print_bytes(struct wb_cmd *cmd, struct wb_bytes *text, enum wb_status st,
    struct wb_error *err)
{
	if (st == WB_OK && cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_text(&cmd->out, "help", wb_bytes_span(text));
		wb_json_close(&cmd->out);
		st = wb_json_finish(&cmd->out, err);
	} else if (st == WB_OK)
		st = wb_cmd_write(NULL, wb_bytes_span(text), err);
	wb_bytes_clear(text);
	return st;
}

static enum wb_status
overview(struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_cli *cli = cmd->args->cli;
	struct wb_bytes text;

	wb_bytes_init(&text, MAX_HELP);
	return print_bytes(cmd, &text, wb_cli_overview(&text, cli, err), err);
}

enum wb_status
wb_cmd_help_of(struct wb_cmd *cmd, const struct wb_command *command,
    struct wb_error *err)
{
	const struct wb_cli *cli = cmd->args->cli;
	struct wb_bytes text;

	if (command == NULL)
		return overview(cmd, err);
	wb_bytes_init(&text, MAX_HELP);
	return print_bytes(cmd, &text, wb_cli_help(&text, cli, command, err),
	    err);
}

/* "help", "help log", "help items add", "help --list". */
static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_cli *cli = cmd->args->cli;
	const struct wb_command *found;
	struct wb_bytes text;
	char name[64];
	int n;

	if (wb_args_has(cmd->args, "list")) {
		wb_bytes_init(&text, MAX_HELP);
		return print_bytes(cmd, &text, wb_cli_list(&text, cli, err),
		    err);
	}
	if (cmd->args->n_words == 0)
		return overview(cmd, err);
	n = snprintf(name, sizeof name, "%s%s%s", wb_args_word(cmd->args, 0),
	    cmd->args->n_words > 1 ? " " : "",
	    cmd->args->n_words > 1 ? wb_args_word(cmd->args, 1) : "");
	found = n < 0 || (size_t)n >= sizeof name ? NULL
						  : wb_cli_find(cli, name);
	if (found == NULL) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE, "there is no command of that name"),
		    "usage", "See: waybill help");
	}
	return wb_cmd_help_of(cmd, found, err);
}

static const struct wb_option options[] = {
	{ "list", 0, false, NULL,
	    "list commands and options, one a line, for completion" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_help = {
	.help = {
		.name = "help",
		.group = "Other",
		.synopsis = "[COMMAND]",
		.summary = "explain the commands, or one of them",
		.examples = "waybill help\nwaybill help log",
		.options = options,
		.max_words = 2,
	},
	.run = run,
};
