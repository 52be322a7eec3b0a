#include "client/cmd/auditing.h"
#include "client/cmd/commands.h"
#include "client/cmd/verdict.h"

/* Of several files each verdict is told with its name. */
static enum wb_status
tell(struct wb_cmd *cmd, const char *path, const struct wb_audit *audit,
    struct wb_error *err)
{
	bool several = cmd->args->n_words > 1;
	enum wb_status st;

	if (cmd->json) {
		st = wb_verdict_json(&cmd->out, several ? path : NULL, audit,
		    err);
	} else {
		if (several)
			wb_cmd_print(cmd, "%s: ", path);
		st = wb_verdict_print(stdout, audit, err);
	}
	return st == WB_OK ? wb_verdict_status(audit) : st;
}

static enum wb_status
verify_server(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_audit audit = { 0 };
	enum wb_status st = wb_cmd_audit_server(&audit, cmd,
	    wb_args_has(cmd->args, "contents"), err);

	if (st == WB_OK)
		st = tell(cmd, NULL, &audit, err);
	wb_audit_clear(&audit);
	return st;
}

/* A file, or this vault where `path` is NULL. */
static enum wb_status
verify(struct wb_cmd *cmd, const char *path, struct wb_error *err)
{
	struct wb_audit audit = { 0 };
	enum wb_status st = wb_cmd_audit(&audit, cmd, path, err);

	if (st == WB_REFUSED)
		st = err->status = WB_FAILED; /* no server was asked */
	if (st == WB_OK)
		st = tell(cmd, path, &audit, err);
	wb_audit_clear(&audit);
	return st;
}

/* All of them, whatever is wrong with one; the last error is left to main. */
static enum wb_status
verify_all(struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status all = WB_OK;
	size_t n = cmd->args->n_words;

	for (size_t i = 0; i < n; i++) {
		enum wb_status st = verify(cmd, wb_args_word(cmd->args, i),
		    err);

		if (st == WB_USAGE || st == WB_LOCKED)
			return st; /* is so for every file */
		all = wb_verdict_worse(all, st);
		if (i + 1 < n && err->text[0] != '\0') {
			wb_cmd_report(cmd, err);
			(void)wb_forgive(err);
		}
	}
	return all;
}

static enum wb_status
nothing_named(struct wb_cmd *cmd, struct wb_error *err)
{
	bool there;
	enum wb_status st = wb_cmd_has_vault(&there, cmd, err);

	if (st != WB_OK || there)
		return st;
	return wb_advise(err, wb_fail(err, WB_USAGE, "name a file to check"),
	    NULL,
	    "waybill verify FILE --programme ID. Without a file it checks the "
	    "vault in --dir, and there is none.");
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	bool server = wb_args_has(cmd->args, "server");
	size_t files = cmd->args->n_words;
	enum wb_status st;

	if ((server && files != 0) ||
	    (!server && wb_args_has(cmd->args, "contents"))) {
		return wb_fail(err, WB_USAGE,
		    "--server takes no file, and --contents needs --server");
	}
	if (files != 0)
		return verify_all(cmd, err);
	st = nothing_named(cmd, err);
	if (st != WB_OK)
		return st;
	return server ? verify_server(cmd, err) : verify(cmd, NULL, err);
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
		.synopsis = "[FILE...]",
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
		.max_words = WB_CLI_ANY,
	},
	.online = true,
	.run = run,
};
