/* What the tables of a command line say to people and to other programs. */
#include <stdio.h>
#include <string.h>

#include "base/cli.h"

#define OPTION_WIDTH 26 /* columns before the help of an option */
#define SUMMARY_WIDTH 16 /* columns before the summary of a command */
#define LINE_WIDTH 78

/* Appends words, broken at LINE_WIDTH, later lines begun at `indent`. */
static enum wb_status
put_wrapped(struct wb_bytes *out, const char *words, int indent,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	int column = indent;
	int len;

	while (*words != '\0' && st == WB_OK) {
		len = (int)strcspn(words, " ");
		if (column != indent && column + 1 + len > LINE_WIDTH) {
			st = wb_bytes_printf(out, err, "\n%*s", indent, "");
			column = indent;
		} else if (column != indent) {
			st = wb_bytes_append_text(out, " ", err);
			column++;
		}
		if (st == WB_OK)
			st = wb_bytes_printf(out, err, "%.*s", len, words);
		column += len;
		words += len;
		words += strspn(words, " ");
	}
	return st == WB_OK ? wb_bytes_append_text(out, "\n", err) : st;
}

/* Appends `left` in its column, and `right` beside or below it. */
static enum wb_status
put_row(struct wb_bytes *out, const char *left, const char *right, int width,
    struct wb_error *err)
{
	enum wb_status st;

	if (strlen(left) + 4 > (size_t)width)
		st = wb_bytes_printf(out, err, "  %s\n%*s", left, width, "");
	else
		st = wb_bytes_printf(out, err, "  %-*s", width - 2, left);
	return st == WB_OK ? put_wrapped(out, right, width, err) : st;
}

static enum wb_status
put_options(struct wb_bytes *out, const char *heading,
    const struct wb_option *o, struct wb_error *err)
{
	char left[80];
	char letter[5];
	enum wb_status st;

	if (o == NULL || o->name == NULL)
		return WB_OK;
	st = wb_bytes_printf(out, err, "\n%s:\n", heading);
	for (; o->name != NULL && st == WB_OK; o++) {
		memcpy(letter, "    ", sizeof letter);
		if (o->letter != '\0')
			(void)snprintf(letter, sizeof letter, "-%c, ",
			    o->letter);
		(void)snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name,
		    o->value == NULL ? "" : " ",
		    o->value == NULL ? "" : o->value);
		st = put_row(out, left, o->help, OPTION_WIDTH, err);
	}
	return st;
}

static enum wb_status
put_examples(struct wb_bytes *out, const char *examples, struct wb_error *err)
{
	enum wb_status st = wb_bytes_append_text(out, "\nExamples:\n", err);
	int len;

	while (*examples != '\0' && st == WB_OK) {
		len = (int)strcspn(examples, "\n");
		st = wb_bytes_printf(out, err, "  %.*s\n", len, examples);
		examples += len;
		examples += *examples == '\n';
	}
	return st;
}

enum wb_status
wb_cli_help(struct wb_bytes *out, const struct wb_cli *cli,
    const struct wb_command *command, struct wb_error *err)
{
	const char *synopsis = command->synopsis;
	bool named = command->name[0] != '\0';
	enum wb_status st;

	st = wb_bytes_printf(out, err, "usage: %s%s%s [OPTION...]%s%s\n\n%s.\n",
	    cli->program, named ? " " : "", command->name,
	    synopsis == NULL ? "" : " ", synopsis == NULL ? "" : synopsis,
	    command->summary);
	if (st == WB_OK && command->description != NULL)
		st = wb_bytes_printf(out, err, "\n%s\n", command->description);
	if (st == WB_OK)
		st = put_options(out, "Options", command->options, err);
	if (st == WB_OK) {
		st = put_options(out,
		    named ? "Options of every command" : "Common options",
		    cli->common, err);
	}
	if (st == WB_OK && command->examples != NULL)
		st = put_examples(out, command->examples, err);
	return st;
}

enum wb_status
wb_cli_overview(struct wb_bytes *out, const struct wb_cli *cli,
    struct wb_error *err)
{
	const struct wb_command *c = cli->commands;
	const char *group = NULL;
	enum wb_status st;

	st = wb_bytes_printf(out, err,
	    "usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n%s.\n",
	    cli->program, cli->summary);
	for (size_t i = 0; i < cli->n_commands && st == WB_OK; i++, c++) {
		if (group == NULL || strcmp(group, c->group) != 0)
			st = wb_bytes_printf(out, err, "\n%s:\n", c->group);
		group = c->group;
		if (st == WB_OK)
			st = put_row(out, c->name, c->summary, SUMMARY_WIDTH,
			    err);
	}
	if (st == WB_OK)
		st = put_options(out, "Options of every command", cli->common,
		    err);
	if (st == WB_OK) {
		st = wb_bytes_printf(out, err,
		    "\n'%s COMMAND --help' explains one command.\n",
		    cli->program);
	}
	return st;
}

static enum wb_status
list_options(struct wb_bytes *out, const char *command,
    const struct wb_option *o, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (; o != NULL && o->name != NULL && st == WB_OK; o++) {
		st = wb_bytes_printf(out, err, "%s\t--%s\t%c\t%s\n", command,
		    o->name, o->letter == '\0' ? '-' : o->letter,
		    o->value == NULL ? "-" : o->value);
	}
	return st;
}

enum wb_status
wb_cli_list(struct wb_bytes *out, const struct wb_cli *cli,
    struct wb_error *err)
{
	enum wb_status st = list_options(out, "*", cli->common, err);
	const struct wb_command *c = cli->commands;

	for (size_t i = 0; i < cli->n_commands && st == WB_OK; i++, c++) {
		st = wb_bytes_printf(out, err, "%s\n", c->name);
		if (st == WB_OK)
			st = list_options(out, c->name, c->options, err);
	}
	return st;
}
