/*
 * waybill-verify: what `waybill verify FILE` does, as a program that needs
 * nothing of the machine it runs on: no vault, no set-up, no network.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/process.h"
#include "client/cmd/verdict.h"

#define MAX_HELP ((size_t)16 << 10)

struct run {
	const struct wb_args *args;
	bool json;
	struct wb_json out;
};

static const struct wb_option options[] = {
	WB_VERDICT_OPTIONS,
	{ "json", 0, false, NULL, "print the result as JSON, a line a file" },
	{ "help", 'h', false, NULL, "show help and end" },
	{ "version", 0, false, NULL, "print the version and end" },
	WB_OPTION_END,
};

static const struct wb_command command = {
	.name = "",
	.synopsis = "FILE...",
	.summary = "check evidence of a Waybill programme",
	.description =
	    "Needs no vault, no set-up and no network: the programme's id says "
	    "whom to\nbelieve. Ends with 0: good, 4: bad, 3: could not be "
	    "checked, because no\nprogramme was given or contents are missing.",
	.examples = "waybill-verify evidence.wbx --programme 5f1c\xe2\x80\xa6",
	.options = options,
	.min_words = 0, /* --version takes none */
	.max_words = WB_CLI_ANY,
};

static void
report(const struct run *run, const struct wb_error *err)
{
	struct wb_json j;

	if (!run->json) {
		(void)fprintf(stderr, "waybill-verify: %s\n", err->text);
		if (err->next[0] != '\0')
			(void)fprintf(stderr, "%s\n", err->next);
		return;
	}
	wb_json_init(&j, wb_json_to_file(stderr));
	wb_json_error(&j, err);
	(void)!wb_json_finish(&j, NULL);
}

static enum wb_status
verify(struct run *run, const char *path, struct wb_error *err)
{
	struct wb_audit_options how;
	uint8_t nonce[WB_MAX_NONCE];
	struct wb_hash programme;
	struct wb_audit audit;
	enum wb_status st;

	st = wb_verdict_options(&how, &programme, nonce, run->args, err);
	if (st != WB_OK)
		return st;
	how.now = wb_clock_now(wb_clock_system());
	st = wb_audit_bundle(&audit, path, &how, err);
	if (st == WB_OK && run->json) {
		st = wb_verdict_json(&run->out, path, &audit, err);
	} else if (st == WB_OK) {
		if (run->args->n_words > 1)
			(void)printf("%s: ", path);
		st = wb_verdict_print(stdout, &audit, err);
	}
	if (st == WB_OK)
		st = wb_verdict_status(&audit);
	wb_audit_clear(&audit);
	if (st == WB_REFUSED)
		st = err->status = WB_FAILED; /* no server was asked */
	return st;
}

static enum wb_status
verify_all(struct run *run)
{
	enum wb_status all = WB_OK;

	for (size_t i = 0; i < run->args->n_words; i++) {
		struct wb_error err = { 0 };
		enum wb_status st;

		st = verify(run, wb_args_word(run->args, i), &err);
		if (st != WB_OK && err.text[0] != '\0')
			report(run, &err);
		if (st == WB_USAGE)
			return st; /* is so for every file */
		all = wb_verdict_worse(all, st);
	}
	return all;
}

static enum wb_status
print_help(const struct wb_args *args, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, MAX_HELP);
	st = wb_cli_help(&text, args->cli, args->command, err);
	if (st == WB_OK)
		(void)fwrite(text.data, 1, text.len, stdout);
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
run_line(struct run *run, struct wb_error *err)
{
	const struct wb_args *args = run->args;
	enum wb_status st = wb_crypto_start(err);

	if (st != WB_OK)
		return st;
	if (wb_args_has(args, "help"))
		return print_help(args, err);
	if (wb_args_has(args, "version")) {
		(void)printf("waybill-verify %s\n", WB_VERSION);
		return WB_OK;
	}
	if (args->n_words == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE, "name a FILE to check"), NULL,
		    "See: waybill-verify --help");
	}
	wb_json_init(&run->out, wb_json_to_file(stdout));
	return verify_all(run);
}

int
main(int argc, char **argv)
{
	const struct wb_cli cli = { "waybill-verify",
		"check evidence of a Waybill programme", NULL, &command, 1 };
	struct wb_error err = { 0 };
	struct wb_args args;
	struct run run = { .args = &args };
	enum wb_status st = wb_process_start();

	if (st != WB_OK)
		return wb_status_exit(st);
	st = wb_cli_parse(&args, &cli, argc, argv, &err);
	run.json = wb_cli_mentions(argc, argv, "--json");
	if (st == WB_OK)
		st = run_line(&run, &err);
	if (fflush(stdout) != 0 && st == WB_OK)
		st = wb_fail(&err, WB_STORAGE,
		    "cannot write to standard output");
	if (st != WB_OK && err.text[0] != '\0')
		report(&run, &err);
	return wb_status_exit(st);
}
