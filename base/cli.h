/*
 * The command line from tables: one table of options a command, which parses
 * the line, prints the help, and feeds the completion and the man-page check.
 * Knows no command of its own.  Nothing is abbreviated: a long option is
 * written in full, so that scripts keep their meaning when options are added.
 * (getopt_long completes abbreviations and cannot be told not to.)
 */
#ifndef WB_BASE_CLI_H
#define WB_BASE_CLI_H

#include "base/bytes.h"
#include "base/error.h"

#define WB_MAX_CLI_SETTINGS 64 /* options given on one line */
#define WB_MAX_CLI_WORDS 256 /* words that are no options */
#define WB_CLI_ANY (-1) /* for max_words: as many as WB_MAX_CLI_WORDS */

/* The last of a table has no name: WB_OPTION_END. */
struct wb_option {
	const char *name; /* long, without dashes: "passphrase-file" */
	char letter; /* 'P', or 0 */
	bool many; /* may be given more than once */
	const char *value; /* what it takes, in capitals: "FILE"; NULL: none */
	const char *help; /* one sentence without a final full stop */
};

#define WB_OPTION_END        \
	{                    \
		.name = NULL \
	}

struct wb_command {
	const char *name; /* one or two words: "log", "items add"; or "" */
	const char *group; /* heading in the overview: "Every day" */
	const char *synopsis; /* what follows: "[ITEM QTY[UNIT] [PLACE]]" */
	const char *summary; /* one line, without a final full stop */
	const char *description; /* paragraphs of lines <= 76; or NULL */
	const char
	    *examples; /* lines, each "waybill log rice 2sack"; or NULL */
	const struct wb_option *options; /* of this command only; or NULL */
	int min_words;
	int max_words; /* or WB_CLI_ANY */
};

/*
 * A program: all static.  One that does a single thing has one command, of an
 * empty name, and its line begins with options and words.
 */
struct wb_cli {
	const char *program;
	const char *summary;
	const struct wb_option *common; /* taken by every command */
	const struct wb_command *commands;
	size_t n_commands;
};

/* A parsed line.  All strings are those of argv.  Members are private. */
struct wb_args {
	const struct wb_cli *cli;
	const struct wb_command *command; /* NULL: none was named */
	size_t n_settings;
	struct {
		const struct wb_option *option;
		const char *value;
	} settings[WB_MAX_CLI_SETTINGS];
	size_t n_words;
	const char *words[WB_MAX_CLI_WORDS];
};

/*
 * Parses a line; argv[0] is skipped.  Options stand before or after the
 * command, before or after its words.  "--" ends them; "-" and "-5" are words.  "--name value", "--name=value",
 * "-Pvalue" and joined flags "-qh" are read.  A line without a command is
 * WB_OK with args->command NULL.  When --help is given the number of words is
 * not checked.  WB_USAGE: with a hint at the help that explains.
 */
WB_MUST_CHECK enum wb_status wb_cli_parse(struct wb_args *args,
    const struct wb_cli *cli, int argc, char *const argv[],
    struct wb_error *err);

/*
 * Is the flag ("--json") on the line, whatever else is wrong with it?  For
 * errors of wb_cli_parse; where it gave WB_OK, ask wb_args_has.
 */
bool wb_cli_mentions(int argc, char *const argv[], const char *flag);

/* For options of the command or common; another name is our own mistake. */
bool wb_args_has(const struct wb_args *args, const char *option);
/* The value, or NULL; the first of many. */
const char *wb_args_value(const struct wb_args *args, const char *option);
size_t wb_args_count(const struct wb_args *args, const char *option);
/* The nth value (from 0) of an option that may be given more than once. */
const char *wb_args_nth(const struct wb_args *args, const char *option,
    size_t nth);
/* The i-th word after the command's name, from 0; NULL past the last. */
const char *wb_args_word(const struct wb_args *args, size_t i);

/* The command of that exact name, or NULL. */
const struct wb_command *wb_cli_find(const struct wb_cli *cli,
    const char *name);

/* Appends the help of one command. */
WB_MUST_CHECK enum wb_status wb_cli_help(struct wb_bytes *out,
    const struct wb_cli *cli, const struct wb_command *command,
    struct wb_error *err);

/* Appends the list of all commands by group. */
WB_MUST_CHECK enum wb_status wb_cli_overview(struct wb_bytes *out,
    const struct wb_cli *cli, struct wb_error *err);

/*
 * Appends, for completion and checks, one line an option: command, long
 * option, letter or "-", value or "-", separated by tabs; for common options
 * the command is "*"; for a command itself the rest is missing.
 */
WB_MUST_CHECK enum wb_status wb_cli_list(struct wb_bytes *out,
    const struct wb_cli *cli, struct wb_error *err);

#endif
