/* The table of commands, and how one of them is run and ends. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"
#include "client/cmd/cmd.h"
#include "client/cmd/commands.h"

#define MAX_COMMANDS 64

static const struct wb_option common[] = {
	{ "dir", 0, false, "DIR",
	    "the folder with the vault (or WAYBILL_DIR; a USB stick works)" },
	{ "passphrase-file", 'P', false, "FILE",
	    "read the passphrase from FILE (or WAYBILL_PASSPHRASE_FILE)" },
	{ "key-file", 0, false, "FILE",
	    "a second secret that the vault was made with" },
	{ "json", 0, false, NULL, "print the result as JSON" },
	{ "quiet", 'q', false, NULL, "print the result and errors only" },
	{ "no-input", 0, false, NULL, "never ask anything" },
	{ "lang", 0, false, "LANG", "language of messages: en" },
	{ "help", 'h', false, NULL, "show help and end" },
	WB_OPTION_END,
};

const struct wb_subcommand *const wb_subcommands[] = {
	&wb_cmd_log,
	&wb_cmd_again,
	&wb_cmd_fix,
	&wb_cmd_list,
	&wb_cmd_status,
	&wb_cmd_sync,
	&wb_cmd_pack,
	&wb_cmd_unpack,
	&wb_cmd_show,
	&wb_cmd_totals,
	&wb_cmd_make_report,
	&wb_cmd_verify,
	&wb_cmd_disclose,
	&wb_cmd_tally,
	&wb_cmd_tally_challenge,
	&wb_cmd_tally_answer,
	&wb_cmd_init,
	&wb_cmd_invite,
	&wb_cmd_join,
	&wb_cmd_approve,
	&wb_cmd_revoke,
	&wb_cmd_people,
	&wb_cmd_items,
	&wb_cmd_items_add,
	&wb_cmd_places,
	&wb_cmd_places_add,
	&wb_cmd_policy,
	&wb_cmd_policy_set,
	&wb_cmd_key,
	&wb_cmd_key_export_reader,
	&wb_cmd_witness_init,
	&wb_cmd_witness_trust,
	&wb_cmd_witness_serve,
	&wb_cmd_witness_status,
	&wb_cmd_import,
	&wb_cmd_help,
	&wb_cmd_version,
	NULL,
};

/* A language asked for in vain must not pass in silence. */
static enum wb_status
check_language(const struct wb_args *args, struct wb_error *err)
{
	const char *lang = wb_args_value(args, "lang");

	if (lang == NULL || strcmp(lang, "en") == 0)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_USAGE, "there are no messages in \"%s\"", lang),
	    "language", "Leave --lang out, or give: --lang en");
}

static const struct wb_subcommand *
subcommand(const struct wb_args *args)
{
	return wb_subcommands[args->command - args->cli->commands];
}

/* Somebody who can be asked what to do. */
static bool
is_for_somebody(const struct wb_cmd *cmd)
{
	return !cmd->json && !cmd->no_input && isatty(STDIN_FILENO) == 1 &&
	       isatty(STDOUT_FILENO) == 1;
}

static enum wb_status
no_command(struct wb_error *err)
{
	return wb_advise(err, wb_fail(err, WB_USAGE, "no command was given"),
	    "usage", "See: waybill help");
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st = wb_crypto_start(err);

	if (st == WB_OK)
		st = check_language(cmd->args, err);
	if (st != WB_OK)
		return st;
	wb_json_init(&cmd->out, wb_json_to_file(stdout));
	if (wb_args_has(cmd->args, "help"))
		return wb_cmd_help_of(cmd, cmd->args->command, err);
	if (cmd->args->command != NULL)
		st = wb_cmd_run(cmd, subcommand(cmd->args), err);
	else if (is_for_somebody(cmd))
		st = wb_cmd_menu(cmd, err);
	else
		st = no_command(err);
	wb_device_close(&cmd->device);
	return st;
}

int
main(int argc, char **argv)
{
	static struct wb_command commands[MAX_COMMANDS];
	struct wb_cli cli = { "waybill",
		"log, carry and account for aid, encrypted and offline", common,
		commands, 0 };
	struct wb_error err = { 0 };
	struct wb_args args;
	struct wb_cmd cmd = { .args = &args };
	enum wb_status st = wb_process_start();

	if (st != WB_OK)
		return wb_status_exit(st);
	wb_process_hide_arguments(argc, argv);
	while (wb_subcommands[cli.n_commands] != NULL) {
		commands[cli.n_commands] = wb_subcommands[cli.n_commands]->help;
		cli.n_commands++;
	}
	st = wb_cli_parse(&args, &cli, argc, argv, &err);
	if (st == WB_OK) {
		cmd.json = wb_args_has(&args, "json");
		cmd.quiet = cmd.json || wb_args_has(&args, "quiet");
		cmd.no_input = wb_args_has(&args, "no-input");
		cmd.clock = wb_clock_system();
		cmd.random = wb_random_system();
		st = run(&cmd, &err);
	} else {
		cmd.json = wb_cli_mentions(argc, argv, "--json");
		if (args.command != NULL)
			wb_cmd_advise(&cmd, subcommand(&args), &err);
	}
	return wb_status_exit(wb_cmd_finish(&cmd, st, &err));
}
