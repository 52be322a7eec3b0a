#include "base/cli.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Where parsing is. */
struct cursor {
	struct wb_args *args;
	char *const *argv;
	int argc;
	int at; /* the next argument */
	const char *first; /* a word that may begin a name of two */
	struct wb_error *err;
};

static const struct wb_option *
option_in(const struct wb_option *table, const char *name, size_t len,
    char letter)
{
	for (; table != NULL && table->name != NULL; table++) {
		if (name == NULL ? table->letter == letter
				 : strlen(table->name) == len &&
				       memcmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

/* By name, or by letter where `name` is NULL. */
static const struct wb_option *
option_of(const struct wb_args *args, const char *name, size_t len, char letter)
{
	const struct wb_option *o = option_in(args->cli->common, name, len,
	    letter);

	if (o == NULL && args->command != NULL)
		o = option_in(args->command->options, name, len, letter);
	return o;
}

/*
 * The same on a line: in front of the command it may be any command's, which
 * settle() then replaces by that of the command that came.
 */
static const struct wb_option *
option_on_line(const struct wb_args *args, const char *name, size_t len,
    char letter)
{
	const struct wb_option *o = option_of(args, name, len, letter);

	for (size_t i = 0;
	     o == NULL && args->command == NULL && i < args->cli->n_commands;
	     i++)
		o = option_in(args->cli->commands[i].options, name, len,
		    letter);
	return o;
}

static enum wb_status
usage(struct cursor *c, const char *what, const char *name, const char *why)
{
	const struct wb_command *command = c->args->command;
	bool named = command != NULL && command->name[0] != '\0';
	char next[WB_ERROR_NEXT];

	(void)snprintf(next, sizeof next, "See: %s%s%s --help",
	    c->args->cli->program, named ? " " : "",
	    named ? command->name : "");
	return wb_advise(c->err,
	    wb_fail(c->err, WB_USAGE, "%s%s%s", what, name, why), NULL, next);
}

static enum wb_status
set(struct cursor *c, const struct wb_option *option, const char *value)
{
	struct wb_args *args = c->args;

	if (option->value != NULL && !option->many &&
	    wb_args_count(args, option->name) != 0)
		return usage(c, "--", option->name, " is given twice");
	if (args->n_settings == WB_MAX_CLI_SETTINGS)
		return usage(c, "too many options", "", "");
	args->settings[args->n_settings].option = option;
	args->settings[args->n_settings].value = value;
	args->n_settings++;
	return WB_OK;
}

/* Sets an option whose value is the next argument. */
static enum wb_status
set_next(struct cursor *c, const struct wb_option *option)
{
	if (c->at == c->argc)
		return usage(c, "--", option->name, " needs a value");
	return set(c, option, c->argv[c->at++]);
}

static enum wb_status
parse_long(struct cursor *c, const char *name)
{
	const char *equals = strchr(name, '=');
	size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
	const struct wb_option *option = option_on_line(c->args, name, len, 0);

	if (option == NULL)
		return usage(c, "unknown option --", name, "");
	if (option->value == NULL && equals != NULL)
		return usage(c, "--", option->name, " takes no value");
	if (option->value == NULL)
		return set(c, option, NULL);
	return equals == NULL ? set_next(c, option)
			      : set(c, option, equals + 1);
}

static enum wb_status
parse_letters(struct cursor *c, const char *letters)
{
	const struct wb_option *option;
	enum wb_status st = WB_OK;

	for (; *letters != '\0' && st == WB_OK; letters++) {
		option = option_on_line(c->args, NULL, 0, *letters);
		if (option == NULL)
			return usage(c, "unknown option -", letters, "");
		if (option->value == NULL)
			st = set(c, option, NULL);
		else if (letters[1] != '\0')
			return set(c, option, letters + 1);
		else
			st = set_next(c, option);
	}
	return st;
}

static const struct wb_command *
command_named(const struct wb_cli *cli, const char *first, const char *second)
{
	size_t len = strlen(first);

	for (size_t i = 0; i < cli->n_commands; i++) {
		const char *name = cli->commands[i].name;

		if (second == NULL && strcmp(name, first) == 0)
			return &cli->commands[i];
		if (second != NULL && strncmp(name, first, len) == 0 &&
		    name[len] == ' ' && strcmp(name + len + 1, second) == 0)
			return &cli->commands[i];
	}
	return NULL;
}

static bool
begins_a_name(const struct wb_cli *cli, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < cli->n_commands; i++) {
		if (strncmp(cli->commands[i].name, word, len) == 0 &&
		    cli->commands[i].name[len] == ' ')
			return true;
	}
	return false;
}

static enum wb_status
add_word(struct cursor *c, const char *word)
{
	struct wb_args *args = c->args;

	if (args->n_words == WB_MAX_CLI_WORDS)
		return usage(c, "too many words", "", "");
	args->words[args->n_words++] = word;
	return WB_OK;
}

static enum wb_status
parse_word(struct cursor *c, const char *word)
{
	struct wb_args *args = c->args;
	const struct wb_command *longer;

	if (c->first != NULL) {
		longer = command_named(args->cli, c->first, word);
		if (longer != NULL) {
			args->command = longer;
			c->first = NULL;
			return WB_OK;
		}
		if (args->command == NULL) {
			return usage(c, c->first, " cannot be followed by ",
			    word);
		}
		c->first = NULL;
	}
	if (args->command != NULL)
		return add_word(c, word);
	args->command = command_named(args->cli, word, NULL);
	if (begins_a_name(args->cli, word))
		c->first = word;
	else if (args->command == NULL)
		return usage(c, "unknown command ", word, "");
	return WB_OK;
}

/* Options that stood in front of the command must be its own. */
static enum wb_status
settle(struct cursor *c)
{
	struct wb_args *args = c->args;

	for (size_t i = 0; i < args->n_settings; i++) {
		const struct wb_option *given = args->settings[i].option, *own;

		own = option_of(args, given->name, strlen(given->name), 0);
		if (own == NULL ||
		    (own->value == NULL) != (given->value == NULL))
			return usage(c, "unknown option --", given->name, "");
		args->settings[i].option = own;
		if (own->value != NULL && !own->many &&
		    wb_args_count(args, own->name) > 1)
			return usage(c, "--", own->name, " is given twice");
	}
	return WB_OK;
}

static enum wb_status
check_words(struct cursor *c)
{
	const struct wb_command *command = c->args->command;
	size_t n = c->args->n_words;
	const char *name;

	if (command == NULL && c->first == NULL)
		return WB_OK;
	if (option_in(c->args->cli->common, "help", 4, 0) != NULL &&
	    wb_args_has(c->args, "help"))
		return WB_OK;
	if (command == NULL)
		return usage(c, c->first, " needs a second word", "");
	name = command->name[0] == '\0' ? c->args->cli->program : command->name;
	if (n < (size_t)command->min_words)
		return usage(c, name, " needs ", command->synopsis);
	if (command->max_words != WB_CLI_ANY && n > (size_t)command->max_words)
		return usage(c, "too much after ", name, ": nothing was done");
	return WB_OK;
}

/* "-5" is a number written wrong, for the command to refuse in its words. */
static bool
is_word(const char *arg)
{
	return arg[0] != '-' || arg[1] == '\0' ||
	       (arg[1] >= '0' && arg[1] <= '9');
}

enum wb_status
wb_cli_parse(struct wb_args *args, const struct wb_cli *cli, int argc,
    char *const argv[], struct wb_error *err)
{
	struct cursor c = { args, argv, argc, 1, NULL, err };
	enum wb_status st = WB_OK;
	bool only_words = false;
	const char *arg;

	*args = (struct wb_args){ .cli = cli };
	if (cli->n_commands == 1 && cli->commands[0].name[0] == '\0')
		args->command = &cli->commands[0];
	while (st == WB_OK && c.at < argc) {
		arg = argv[c.at++];
		if (only_words || is_word(arg))
			st = parse_word(&c, arg);
		else if (strcmp(arg, "--") == 0)
			only_words = true;
		else if (arg[1] == '-')
			st = parse_long(&c, arg + 2);
		else
			st = parse_letters(&c, arg + 1);
	}
	if (st == WB_OK)
		st = settle(&c);
	return st == WB_OK ? check_words(&c) : st;
}

bool
wb_cli_mentions(int argc, char *const argv[], const char *flag)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], flag) == 0)
			return true;
	return false;
}

size_t
wb_args_count(const struct wb_args *args, const char *option)
{
	const struct wb_option *o = option_of(args, option, strlen(option), 0);
	size_t n = 0;

	assert(o != NULL || args->command == NULL);
	for (size_t i = 0; i < args->n_settings; i++)
		n += args->settings[i].option == o;
	return n;
}

bool
wb_args_has(const struct wb_args *args, const char *option)
{
	return wb_args_count(args, option) != 0;
}

const char *
wb_args_nth(const struct wb_args *args, const char *option, size_t nth)
{
	const struct wb_option *o = option_of(args, option, strlen(option), 0);

	assert(o != NULL || args->command == NULL);
	for (size_t i = 0; i < args->n_settings; i++) {
		if (args->settings[i].option == o && nth-- == 0)
			return args->settings[i].value;
	}
	return NULL;
}

const char *
wb_args_value(const struct wb_args *args, const char *option)
{
	return wb_args_nth(args, option, 0);
}

const char *
wb_args_word(const struct wb_args *args, size_t i)
{
	return i < args->n_words ? args->words[i] : NULL;
}

const struct wb_command *
wb_cli_find(const struct wb_cli *cli, const char *name)
{
	return command_named(cli, name, NULL);
}
