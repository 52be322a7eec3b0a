#include "base/fetch_target.h"
#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/team/team.h"
#include "crypto/text.h"
#include "proto/tally.h"

#define MAX_WINDOW_DAYS 3650

static enum wb_status
founding_from_args(struct wb_founding *out, const struct wb_cmd *cmd,
    struct wb_error *err)
{
	struct wb_span window = wb_cmd_option(cmd, "window-days");
	struct wb_span signers = wb_cmd_option(cmd, "tally-threshold");
	uint64_t threshold = 1;
	struct wb_target target;
	struct wb_vkey log;
	uint64_t days = WB_DEFAULT_WINDOW_DAYS;
	enum wb_status st = WB_OK;

	*out = (struct wb_founding){ 0 };
	out->name = wb_cmd_option(cmd, "name");
	out->url = wb_cmd_option(cmd, "server");
	out->log_key = wb_cmd_option(cmd, "log-key");
	out->open_catalogue = wb_args_has(cmd->args, "open-catalogue");
	if (out->name.len == 0 || out->log_key.len == 0) {
		return wb_fail(err, WB_USAGE,
		    "a new programme needs --name and --log-key (the server's "
		    "administrator has the log key: waybilld init prints it)");
	}
	if (window.len != 0)
		st = wb_text_uint(&days, window, 0, MAX_WINDOW_DAYS, err);
	if (st != WB_OK)
		return wb_context(err, WB_USAGE, "--window-days");
	if (signers.len != 0)
		st = wb_text_uint(&threshold, signers, 1, WB_MAX_TALLY_SIGNERS,
		    err);
	if (st != WB_OK)
		return wb_context(err, WB_USAGE, "--tally-threshold");
	out->tally_threshold = (uint32_t)threshold;
	out->window_days = (uint32_t)days;
	/* Before a vault is made: the commonest slips. */
	st = wb_vkey_parse(&log, out->log_key, err);
	if (st != WB_OK)
		return wb_context(err, WB_USAGE, "--log-key");
	/* Any proxy: whether there is one is known when it syncs. */
	if (out->url.len != 0) {
		st = wb_target_parse(&target,
		    wb_args_value(cmd->args, "server"),
		    "socks5h://127.0.0.1:9050", err);
	}
	if (st != WB_OK)
		return wb_advise(err, wb_context(err, WB_USAGE, "--server"),
		    "server-address", NULL);
	st = wb_text_check_short(out->name, "the programme's name", err);
	return st == WB_OK ? WB_OK : wb_context(err, WB_USAGE, "--name");
}

static enum wb_status
print_result(struct wb_cmd *cmd, struct wb_error *err)
{
	char id[2 * WB_HASH_LEN + 1];

	wb_hex_format(id, wb_hash_span(&cmd->device.programme));
	if (!cmd->json) {
		wb_cmd_print(cmd, "programme %s\n", id);
		wb_cmd_say(cmd,
		    "You are its coordinator, C1. Anybody who has this id can "
		    "verify the record.\nNext: waybill items add, waybill "
		    "places add, waybill invite --role field\n");
		return WB_OK;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_string(&cmd->out, "programme", id);
	wb_json_text(&cmd->out, "label", cmd->device.self->label);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

/* A vault whose programme could not be founded must not stay behind. */
static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_founding founding;
	enum wb_status st;

	st = founding_from_args(&founding, cmd, err);
	if (st == WB_OK)
		st = wb_cmd_create(cmd, err);
	if (st != WB_OK)
		return st;
	st = wb_team_found(&cmd->device, &founding, err);
	if (st != WB_OK) {
		wb_cmd_discard(cmd);
		return st;
	}
	return print_result(cmd, err);
}

static const struct wb_option options[] = {
	{ "name", 0, false, "NAME", "the programme's name, as members see it" },
	{ "server", 0, false, "URL",
	    "where its server is reached; without it, drives only" },
	{ "log-key", 0, false, "VKEY", "the log's key that waybilld printed" },
	{ "tally-threshold", 0, false, "COUNT",
	    "so many coordinators must sign published totals (default 1)" },
	{ "window-days", 0, false, "DAYS",
	    "field devices can read their own records for so long after they "
	    "are opened (default 7)" },
	{ "open-catalogue", 0, false, NULL,
	    "let field devices use items and places not taught before" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_init = {
	.help = {
		.name = "init",
		.group = "Team",
		.synopsis = "--name NAME --server URL --log-key VKEY",
		.summary = "found a programme, as its coordinator",
		.description =
		    "Makes an encrypted vault in --dir with new keys, and the "
		    "first version of\nthe programme's roster. Nothing is "
		    "sent before the next sync.",
		.examples =
		    "waybill init --name \"Northern route\" "
		    "--server https://aid.example.org \\\n"
		    "    --log-key example.org/aid+1234abcd+AQ...",
		.options = options,
	},
	.unchanged = "Nothing was made.",
	.run = run,
};
