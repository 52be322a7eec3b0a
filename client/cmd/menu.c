#include <stdio.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/terminal.h"

#define MAX_NAME 64 /* bytes, of a command */
#define MAX_PROMPT 160 /* bytes */

/* In the order of their numbers; the last is for coordinators. */
static const struct wb_subcommand *const everyday[] = {
	&wb_cmd_log,
	&wb_cmd_list,
	&wb_cmd_status,
	&wb_cmd_sync,
	&wb_cmd_totals,
};
#define EVERYDAY (sizeof everyday / sizeof everyday[0])

static size_t
offered(const struct wb_cmd *cmd)
{
	return wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR)
		   ? EVERYDAY
		   : EVERYDAY - 1;
}

static void
print_choices(struct wb_cmd *cmd, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		wb_cmd_print(cmd, "  %zu  %-7s %s\n", i + 1,
		    everyday[i]->help.name, everyday[i]->help.summary);
	}
	wb_cmd_print(cmd,
	    "  q  leave   lock the vault\n"
	    "All other commands: waybill help. They wait until you leave.\n");
	(void)fflush(stdout);
}

/* By its number or its name; NULL: none of them. */
static const struct wb_subcommand *
chosen(struct wb_span answer, size_t n)
{
	char number[MAX_NAME];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(number, sizeof number, "%zu", i + 1);
		if (wb_span_equal(answer, wb_span_text(number)) ||
		    wb_span_equal(answer, wb_span_text(everyday[i]->help.name)))
			return everyday[i];
	}
	return NULL;
}

/*
 * As if it stood alone on a line, but for the vault, which is open.  What went
 * wrong is told; only what ends the session is given back.
 */
static enum wb_status
run_choice(struct wb_cmd *cmd, const struct wb_subcommand *sub,
    struct wb_error *err)
{
	const struct wb_args *line = cmd->args;
	char program[] = "waybill", name[MAX_NAME];
	char *const argv[] = { program, name };
	struct wb_args args;
	enum wb_status st;

	(void)snprintf(name, sizeof name, "%s", sub->help.name);
	st = wb_cli_parse(&args, line->cli, 2, argv, err);
	if (st != WB_OK)
		return st;
	cmd->args = &args;
	st = wb_cmd_run(cmd, sub, err);
	cmd->args = line;
	if (st == WB_STORAGE)
		return st; /* the vault takes nothing any more */
	st = wb_cmd_finish(cmd, st, err);
	cmd->saved[0] = '\0';
	if (st == WB_STORAGE) {
		err->text[0] = '\0'; /* told already */
		return st;
	}
	return wb_forgive(err);
}

static enum wb_status
ask(struct wb_bytes *answer, size_t n, struct wb_error *err)
{
	char prompt[MAX_PROMPT];

	wb_bytes_reset(answer);
	(void)snprintf(prompt, sizeof prompt, "\n1 to %zu, or q to leave: ", n);
	return wb_terminal_ask(answer, prompt, false, err);
}

static bool
is_leaving(struct wb_span answer)
{
	return wb_span_equal(answer, wb_span_text("q")) ||
	       wb_span_equal(answer, wb_span_text("quit"));
}

static enum wb_status
ask_and_run(struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_subcommand *sub;
	size_t n = offered(cmd);
	struct wb_bytes answer;
	enum wb_status st;

	wb_bytes_init(&answer, WB_MAX_PASSPHRASE);
	print_choices(cmd, n);
	while ((st = ask(&answer, n, err)) == WB_OK &&
	       !is_leaving(wb_bytes_span(&answer))) {
		sub = chosen(wb_bytes_span(&answer), n);
		if (sub != NULL)
			st = run_choice(cmd, sub, err);
		else
			print_choices(cmd, n);
		if (st != WB_OK)
			break;
		n = offered(cmd); /* a sync may change it */
	}
	wb_bytes_clear(&answer);
	return st == WB_INTERRUPTED ? wb_forgive(err) : st;
}

enum wb_status
wb_cmd_menu(struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st = wb_cmd_open(cmd, err);

	return st == WB_OK ? ask_and_run(cmd, err) : st;
}
