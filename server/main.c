/* The table of commands, and nothing else. */
#include <stdio.h>
#include <unistd.h>

#include "base/process.h"
#include "server/cmd.h"

#define MAX_HELP ((size_t)64 << 10) /* bytes */

static const struct wb_option common[] = {
	{ "dir", 0, false, "DIR", "the log's folder" },
	{ "store", 0, false, "WHERE", "sqlite:PATH; else as the settings say" },
	{ "json", 0, false, NULL, "print the result as JSON" },
	{ "quiet", 'q', false, NULL, "print the result and errors only" },
	{ "no-input", 0, false, NULL, "never ask anything; it never does" },
	{ "help", 'h', false, NULL, "show help and end" },
	WB_OPTION_END,
};

/* main looks at stdout before it ends. */
static enum wb_status
print_text(struct wb_bytes *text, enum wb_status st)
{
	if (st == WB_OK)
		(void)fwrite(text->data, 1, text->len, stdout);
	wb_bytes_clear(text);
	return st;
}

static enum wb_status
print_help(const struct wb_cli *cli, const struct wb_command *command,
    struct wb_error *err)
{
	struct wb_bytes text;

	wb_bytes_init(&text, MAX_HELP);
	return print_text(&text, command == NULL
				     ? wb_cli_overview(&text, cli, err)
				     : wb_cli_help(&text, cli, command, err));
}

static enum wb_status
help(struct wb_run *run, struct wb_error *err)
{
	const char *name = wb_args_word(run->args, 0);
	const struct wb_command *command = NULL;
	struct wb_bytes text;

	if (wb_args_has(run->args, "list")) {
		wb_bytes_init(&text, MAX_HELP);
		return print_text(&text,
		    wb_cli_list(&text, run->args->cli, err));
	}
	if (name != NULL) {
		command = wb_cli_find(run->args->cli, name);
		if (command == NULL)
			return wb_fail(err, WB_USAGE,
			    "there is no command %s; see waybilld help", name);
	}
	return print_help(run->args->cli, command, err);
}

static enum wb_status
version(struct wb_run *run, struct wb_error *err)
{
	if (!run->json) {
		wb_run_print(run, "waybilld %s\n", WAYBILL_VERSION);
		return WB_OK;
	}
	wb_json_object(&run->out, NULL);
	wb_json_int(&run->out, "v", 1);
	wb_json_string(&run->out, "program", "waybilld");
	wb_json_string(&run->out, "version", WAYBILL_VERSION);
	wb_json_close(&run->out);
	return wb_json_finish(&run->out, err);
}

static const struct wb_option help_options[] = {
	{ "list", 0, false, NULL,
	    "list commands and options, one a line, for completion" },
	WB_OPTION_END,
};

static const struct wb_server_command help_command = {
	.help = { .name = "help",
	    .group = "Other",
	    .synopsis = "[COMMAND]",
	    .summary = "show all commands, or one",
	    .options = help_options,
	    .max_words = 1 },
	.run = help
};

static const struct wb_server_command version_command = {
	.help = { .name = "version",
	    .group = "Other",
	    .synopsis = "",
	    .summary = "show the version" },
	.run = version
};

static const struct wb_server_command *const table[] = {
	&wb_serve_init,
	&wb_serve_recover,
	&wb_serve_serve,
	&wb_serve_status,
	&wb_serve_unpack,
	&wb_serve_check,
	&wb_serve_verify,
	&help_command,
	&version_command,
};
#define COMMANDS (sizeof table / sizeof table[0])

static void
report(const struct wb_run *run, const struct wb_error *err)
{
	struct wb_json j;

	if (!run->json) {
		(void)fprintf(stderr, "waybilld: %s.\n", err->text);
		if (err->next[0] != '\0')
			(void)fprintf(stderr, "%s\n", err->next);
		return;
	}
	wb_json_init(&j, wb_json_to_file(stderr));
	wb_json_error(&j, err);
	(void)!wb_json_finish(&j, NULL);
}

static enum wb_status
run_command(struct wb_run *run, const struct wb_cli *cli, struct wb_error *err)
{
	const struct wb_args *args = run->args;
	enum wb_status st = wb_crypto_start(err);

	if (st != WB_OK)
		return st;
	if (args->command == NULL && !wb_args_has(args, "help")) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE, "no command was given"), NULL,
		    "See waybilld help.");
	}
	if (args->command == NULL || wb_args_has(args, "help"))
		return print_help(cli, args->command, err);
	wb_json_init(&run->out, wb_json_to_file(stdout));
	return table[args->command - cli->commands]->run(run, err);
}

int
main(int argc, char **argv)
{
	struct wb_command commands[COMMANDS];
	const struct wb_cli cli = { "waybilld",
		"keep and serve a log that its server cannot read", common,
		commands, COMMANDS };
	struct wb_error err = { 0 };
	struct wb_args args;
	struct wb_run run = { .args = &args, .clock = wb_clock_system() };
	enum wb_status st = wb_process_start();

	if (st != WB_OK)
		return wb_status_exit(st);
	for (size_t i = 0; i < COMMANDS; i++)
		commands[i] = table[i]->help;
	run.log = (struct wb_log){ STDERR_FILENO, WB_LOG_WARNING, run.clock };
	st = wb_cli_parse(&args, &cli, argc, argv, &err);
	if (st == WB_OK) {
		run.json = wb_args_has(&args, "json");
		run.quiet = run.json || wb_args_has(&args, "quiet");
		st = run_command(&run, &cli, &err);
	} else {
		run.json = wb_cli_mentions(argc, argv, "--json");
	}
	if (fflush(stdout) != 0 && st == WB_OK)
		st = wb_fail(&err, WB_STORAGE,
		    "cannot write to standard output");
	err.status = st; /* of several, the one that decides */
	if (st != WB_OK && err.text[0] != '\0')
		report(&run, &err);
	return wb_status_exit(st);
}
