#include "base/cli.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MAX_LINE 12

static const struct wb_option common[] = {
	{ "dir", 0, false, "DIR", "Keep everything in DIR" },
	{ "passphrase-file", 'P', false, "FILE",
	    "Read the passphrase from the first line of FILE, which nobody "
	    "else should be able to read" },
	{ "json", 0, false, NULL, "Print JSON" },
	{ "quiet", 'q', false, NULL, "Print results only" },
	{ "help", 'h', false, NULL, "Explain and do nothing" },
	WB_OPTION_END,
};
static const struct wb_option log_options[] = {
	{ "note", 'n', false, "TEXT", "Add a note" },
	{ "for", 0, true, "LABEL", "Tell LABEL" },
	WB_OPTION_END,
};
static const struct wb_command commands[] = {
	{ "log", "Every day", "ITEM QTY[UNIT] [PLACE]", "Record a delivery",
	    "Saved before it says so.", "waybill log rice 2sack\nwaybill log",
	    log_options, 2, 3 },
	{ "status", "Every day", NULL, "Show where records are", NULL, NULL,
	    NULL, 0, 0 },
	{ "items", "Team", NULL, "List items", NULL, NULL, NULL, 0, 0 },
	{ "items add", "Team", "ITEM...", "Add items", NULL, NULL, log_options,
	    1, WB_CLI_ANY },
	{ "witness init", "Team", NULL, "Make a witness", NULL, NULL, NULL, 0,
	    0 },
};
static const struct wb_cli cli = { "waybill", "Track aid", common, commands,
	COUNT(commands) };

static enum wb_status
parse_for(struct wb_args *args, const struct wb_cli *program,
    const char *const line[MAX_LINE], struct wb_error *err)
{
	static char words[MAX_LINE + 1][64];
	static char *argv[MAX_LINE + 1];
	int argc = 1;

	(void)snprintf(words[0], sizeof words[0], "%s", program->program);
	argv[0] = words[0];
	for (; argc <= MAX_LINE && line[argc - 1] != NULL; argc++) {
		(void)snprintf(words[argc], sizeof words[argc], "%s",
		    line[argc - 1]);
		argv[argc] = words[argc];
	}
	return wb_cli_parse(args, program, argc, argv, err);
}

static enum wb_status
parse(struct wb_args *args, const char *const line[MAX_LINE],
    struct wb_error *err)
{
	return parse_for(args, &cli, line, err);
}

static void
takes_options_before_and_after_the_command(void **state)
{
	static const char *const lines[][MAX_LINE] = {
		{ "-P", "pw", "--dir", "k7", "-q", "log", "-n", "late", "rice",
		    "2.5sack", "S-12" },
		{ "--note", "late", "-qPpw", "--dir=k7", "log", "rice",
		    "2.5sack", "S-12" },
		{ "-nlate", "-q", "log", "-Ppw", "rice", "--dir", "k7",
		    "2.5sack", "S-12" },
		{ "log", "rice", "2.5sack", "S-12", "--passphrase-file=pw",
		    "--dir=k7", "--note=late", "--quiet" },
		{ "log", "rice", "-qPpw", "--dir", "k7", "2.5sack", "-nlate",
		    "S-12" },
		{ "log", "-Ppw", "--note", "late", "--dir", "k7", "-q", "--",
		    "rice", "2.5sack", "S-12" },
	};
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_ok(parse(&a, lines[i], &err), &err);
		assert_ptr_equal(a.command, &commands[0]);
		assert_string_equal(wb_args_value(&a, "dir"), "k7");
		assert_string_equal(wb_args_value(&a, "passphrase-file"), "pw");
		assert_string_equal(wb_args_value(&a, "note"), "late");
		assert_true(wb_args_has(&a, "quiet"));
		assert_false(wb_args_has(&a, "json"));
		assert_string_equal(wb_args_word(&a, 0), "rice");
		assert_string_equal(wb_args_word(&a, 1), "2.5sack");
		assert_string_equal(wb_args_word(&a, 2), "S-12");
		assert_null(wb_args_word(&a, 3));
	}
}

static void
finds_commands_of_one_and_two_words(void **state)
{
	static const struct {
		const char *line[MAX_LINE];
		const char *name;
		size_t words;
	} rows[] = {
		{ { "items" }, "items", 0 },
		{ { "items", "add", "rice" }, "items add", 1 },
		{ { "items", "--dir", "x", "add", "rice", "salt" }, "items add",
		    2 },
		{ { "witness", "init" }, "witness init", 0 },
		{ { "items", "add", "-", "--", "--for" }, "items add", 2 },
		{ { "items", "add", "rice", "-5sack" }, "items add", 2 },
	};
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(parse(&a, rows[i].line, &err), &err);
		assert_string_equal(a.command->name, rows[i].name);
		assert_int_equal(a.n_words, rows[i].words);
	}
	assert_ptr_equal(wb_cli_find(&cli, "items add"), &commands[3]);
	assert_null(wb_cli_find(&cli, "item"));
}

static void
leaves_a_line_without_a_command_to_the_caller(void **state)
{
	static const char *const none[MAX_LINE] = { NULL };
	static const char *const help[MAX_LINE] = { "--help" };
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	assert_ok(parse(&a, none, &err), &err);
	assert_null(a.command);
	assert_ok(parse(&a, help, &err), &err);
	assert_null(a.command);
	assert_true(wb_args_has(&a, "help"));
	assert_false(wb_args_has(&a, "json"));
}

static void
keeps_options_given_more_than_once(void **state)
{
	static const char *const line[MAX_LINE] = { "items", "add", "rice",
		"--for", "K1", "--for=K2", "-q", "-q" };
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	assert_ok(parse(&a, line, &err), &err);
	assert_int_equal(wb_args_count(&a, "for"), 2);
	assert_string_equal(wb_args_nth(&a, "for", 0), "K1");
	assert_string_equal(wb_args_nth(&a, "for", 1), "K2");
	assert_null(wb_args_nth(&a, "for", 2));
	assert_int_equal(wb_args_count(&a, "quiet"), 2);
}

static void
says_what_is_wrong_and_where_help_is(void **state)
{
	static const struct {
		const char *line[MAX_LINE];
		const char *text;
	} rows[] = {
		{ { "lo", "rice", "2" }, "unknown command lo" },
		{ { "log", "--foo", "rice" }, "unknown option --foo" },
		{ { "log", "--not", "x", "rice", "2" },
		    "unknown option --not" },
		{ { "status", "--note", "x" }, "unknown option --note" },
		{ { "--note", "x", "status" }, "unknown option --note" },
		{ { "--note", "x" }, "unknown option --note" },
		{ { "--note", "x", "log", "--note", "y", "rice", "2" },
		    "--note is given twice" },
		{ { "log", "-x" }, "unknown option -x" },
		{ { "log", "--note" }, "--note needs a value" },
		{ { "log", "-qn" }, "--note needs a value" },
		{ { "status", "--json=yes" }, "--json takes no value" },
		{ { "--dir", "a", "status", "--dir", "b" },
		    "--dir is given twice" },
		{ { "-nx", "log", "-ny", "a", "1" }, "--note is given twice" },
		{ { "log", "-qx", "a" }, "unknown option -x" },
		{ { "log", "rice" }, "log needs ITEM QTY[UNIT] [PLACE]" },
		{ { "log", "a", "1", "b", "c" },
		    "too much after log: nothing was done" },
		{ { "items", "ad", "rice" },
		    "too much after items: nothing was done" },
		{ { "witness" }, "witness needs a second word" },
		{ { "witness", "serf" }, "witness cannot be followed by serf" },
	};
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_status(WB_USAGE, parse(&a, rows[i].line, &err), &err);
		assert_string_equal(err.text, rows[i].text);
		assert_memory_equal(err.next, "See: waybill", 12);
	}
}

static void
a_flag_is_seen_on_a_line_that_is_wrong(void **state)
{
	static const struct {
		const char *line[MAX_LINE];
		bool want;
	} rows[] = {
		{ { "lo", "--json", "--foo" }, true },
		{ { "--json" }, true },
		{ { "log", "--jso" }, false },
		{ { "log", "--", "--json" }, false },
		{ { NULL }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char words[MAX_LINE + 1][40] = { "waybill" };
		char *argv[MAX_LINE + 1] = { words[0] };
		int argc = 1;

		for (const char *const *w = rows[i].line; *w != NULL; w++) {
			(void)snprintf(words[argc], sizeof words[argc], "%s",
			    *w);
			argv[argc] = words[argc];
			argc++;
		}
		assert_int_equal(wb_cli_mentions(argc, argv, "--json"),
		    rows[i].want);
	}
}

static void
helps_however_many_words_there_are(void **state)
{
	static const char *const lines[][MAX_LINE] = { { "log", "--help" },
		{ "-h", "log" }, { "status", "a", "-h" } };
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		assert_ok(parse(&a, lines[i], &err), &err);
}

static void
survives_more_than_it_can_hold(void **state)
{
	static char word[] = "x";
	static char flag[] = "-q";
	static char items[] = "items";
	static char add[] = "add";
	static char *argv[1000];
	struct wb_error err = { 0 };
	struct wb_args a;

	(void)state;
	for (int i = 3; i < 1000; i++)
		argv[i] = word;
	argv[0] = word;
	argv[1] = items;
	argv[2] = add;
	assert_status(WB_USAGE, wb_cli_parse(&a, &cli, 1000, argv, &err), &err);
	for (int i = 3; i < 1000; i++)
		argv[i] = flag;
	assert_status(WB_USAGE, wb_cli_parse(&a, &cli, 1000, argv, &err), &err);
	assert_ok(wb_cli_parse(&a, &cli, 0, argv, &err), &err);
}

static void
assert_text(struct wb_bytes *out, const char *want)
{
	struct wb_error err = { 0 };

	assert_ok(wb_bytes_append(out, wb_span("", 1), &err), &err);
	assert_string_equal((const char *)out->data, want);
	wb_bytes_clear(out);
}

/* clang-format off */
#define COMMON_HELP                                                         \
	"\nOptions of every command:\n"                                     \
	"      --dir DIR           Keep everything in DIR\n"                \
	"  -P, --passphrase-file FILE\n"                                    \
	"                          Read the passphrase from the first line" \
	" of FILE,\n"                                                       \
	"                          which nobody else should be able to read\n" \
	"      --json              Print JSON\n"                            \
	"  -q, --quiet             Print results only\n"                    \
	"  -h, --help              Explain and do nothing\n"
/* clang-format on */

static void
explains_a_command_from_its_tables(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 10000);
	assert_ok(wb_cli_help(&out, &cli, &commands[0], &err), &err);
	assert_text(&out,
	    "usage: waybill log [OPTION...] ITEM QTY[UNIT] [PLACE]\n\n"
	    "Record a delivery.\n\nSaved before it says so.\n\nOptions:\n"
	    "  -n, --note TEXT         Add a note\n"
	    "      --for LABEL         Tell LABEL\n" COMMON_HELP
	    "\nExamples:\n  waybill log rice 2sack\n  waybill log\n");
	assert_ok(wb_cli_help(&out, &cli, &commands[1], &err), &err);
	assert_text(&out, "usage: waybill status [OPTION...]\n\n"
			  "Show where records are.\n" COMMON_HELP);
}

static void
lists_commands_by_group(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 10000);
	assert_ok(wb_cli_overview(&out, &cli, &err), &err);
	assert_text(&out,
	    "usage: waybill COMMAND [OPTION...] [ARGUMENT...]\n\nTrack aid.\n"
	    "\nEvery day:\n"
	    "  log           Record a delivery\n"
	    "  status        Show where records are\n"
	    "\nTeam:\n"
	    "  items         List items\n"
	    "  items add     Add items\n"
	    "  witness init  Make a witness\n" COMMON_HELP
	    "\n'waybill COMMAND --help' explains one command.\n");
}

static void
lists_every_option_for_other_programs(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 10000);
	assert_ok(wb_cli_list(&out, &cli, &err), &err);
	assert_text(&out,
	    "*\t--dir\t-\tDIR\n*\t--passphrase-file\tP\tFILE\n"
	    "*\t--json\t-\t-\n*\t--quiet\tq\t-\n*\t--help\th\t-\n"
	    "log\nlog\t--note\tn\tTEXT\nlog\t--for\t-\tLABEL\n"
	    "status\nitems\nitems add\nitems add\t--note\tn\tTEXT\n"
	    "items add\t--for\t-\tLABEL\nwitness init\n");
}

static void
a_program_of_one_command_needs_no_name(void **state)
{
	static const struct wb_option options[] = { { "json", 0, false, NULL,
							"Print JSON" },
		{ "help", 'h', false, NULL, "Explain" }, WB_OPTION_END };
	static const struct wb_command one = { "", NULL, "FILE...",
		"Check files", NULL, NULL, options, 1, 2 };
	static const struct wb_cli alone = { "check", "Check files", NULL, &one,
		1 };
	const char *const files[MAX_LINE] = { "log", "--json", "b" };
	const char *const many[MAX_LINE] = { "a", "b", "c" };
	const char *const none[MAX_LINE] = { NULL };
	struct wb_error err = { 0 };
	struct wb_bytes text;
	struct wb_args args;

	(void)state;
	assert_ok(parse_for(&args, &alone, files, &err), &err);
	assert_ptr_equal(args.command, &one);
	assert_string_equal(wb_args_word(&args, 0), "log");
	assert_string_equal(wb_args_word(&args, 1), "b");
	assert_true(wb_args_has(&args, "json"));
	assert_int_equal(parse_for(&args, &alone, many, &err), WB_USAGE);
	assert_string_equal(err.text, "too much after check: nothing was done");
	assert_int_equal(parse_for(&args, &alone, none, &err), WB_USAGE);
	assert_string_equal(err.text, "check needs FILE...");
	assert_string_equal(err.next, "See: check --help");
	wb_bytes_init(&text, 4096);
	assert_ok(wb_cli_help(&text, &alone, &one, &err), &err);
	assert_ok(wb_bytes_append(&text, wb_span("", 1), &err), &err);
	assert_non_null(strstr((const char *)text.data,
	    "usage: check [OPTION...] FILE...\n"));
	wb_bytes_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_options_before_and_after_the_command),
		cmocka_unit_test(finds_commands_of_one_and_two_words),
		cmocka_unit_test(leaves_a_line_without_a_command_to_the_caller),
		cmocka_unit_test(keeps_options_given_more_than_once),
		cmocka_unit_test(says_what_is_wrong_and_where_help_is),
		cmocka_unit_test(a_flag_is_seen_on_a_line_that_is_wrong),
		cmocka_unit_test(helps_however_many_words_there_are),
		cmocka_unit_test(survives_more_than_it_can_hold),
		cmocka_unit_test(explains_a_command_from_its_tables),
		cmocka_unit_test(lists_commands_by_group),
		cmocka_unit_test(lists_every_option_for_other_programs),
		cmocka_unit_test(a_program_of_one_command_needs_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
