#include <inttypes.h>

#include "client/bundle/bundle.h"
#include "client/cmd/commands.h"

static enum wb_status
print(struct wb_cmd *cmd, const struct wb_unpacked *u, struct wb_error *err)
{
	if (!cmd->json) {
		wb_cmd_print(cmd,
		    "%" PRIu64 " statement%s, %" PRIu64 " of them new\n",
		    u->statements, u->statements == 1 ? "" : "s", u->added);
		if (u->opened + u->disputed + u->undecryptable != 0) {
			wb_cmd_print(cmd,
			    "%" PRIu64 " batch%s opened, %" PRIu64
			    " disputed, %" PRIu64 " not for this reader\n",
			    u->opened, u->opened == 1 ? "" : "es", u->disputed,
			    u->undecryptable);
		}
		if (u->admitted != 0) {
			wb_cmd_print(cmd,
			    "%" PRIu64 " late batch%s let in; the next sync "
			    "logs that you did\n",
			    u->admitted, u->admitted == 1 ? "" : "es");
		}
		if (u->revoked != 0) {
			wb_cmd_warn(cmd,
			    "%" PRIu64 " things in it are of a device that is "
			    "revoked, and were left: the server takes nothing "
			    "of it any more. If they are honest, let them in: "
			    "--admit LABEL",
			    u->revoked);
		}
		if (u->strange != u->revoked) {
			wb_cmd_warn(cmd,
			    "%" PRIu64 " things in it are of nobody known "
			    "here and were left",
			    u->strange - u->revoked);
		}
		return WB_OK;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_uint(&cmd->out, "statements", u->statements);
	wb_json_uint(&cmd->out, "added", u->added);
	wb_json_uint(&cmd->out, "strange", u->strange);
	wb_json_uint(&cmd->out, "revoked", u->revoked);
	wb_json_uint(&cmd->out, "admitted", u->admitted);
	wb_json_uint(&cmd->out, "opened", u->opened);
	wb_json_uint(&cmd->out, "disputed", u->disputed);
	wb_json_uint(&cmd->out, "undecryptable", u->undecryptable);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_unpacked unpacked;
	enum wb_status st;

	st = wb_cmd_open(cmd, err);
	if (st == WB_OK) {
		st = wb_bundle_unpack(&unpacked, &cmd->device,
		    wb_args_word(cmd->args, 0), wb_cmd_option(cmd, "admit"),
		    err);
	}
	if (st == WB_OK)
		st = print(cmd, &unpacked, err);
	if (st == WB_OK)
		st = wb_cmd_sync_line(cmd, err);
	return st;
}

static const struct wb_option options[] = {
	{ "admit", 0, false, "LABEL",
	    "let in what this revoked device recorded before and sends late" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_unpack = {
	.help = {
		.name = "unpack",
		.group = "Carry",
		.synopsis = "FILE [--admit LABEL]",
		.summary = "take in a bundle that somebody carried",
		.description =
		    "The file is checked as a whole before anything of it is "
		    "taken. Taking one in again\nis harmless. What is not in "
		    "the log yet is sent by the next sync. What a revoked "
		    "device recorded before, and\nsends late, is left out: a "
		    "coordinator who has asked its keeper lets it in with\n"
		    "--admit, which is signed and logged.",
		.examples = "waybill unpack /media/usb/1f0c9a7732be4d58.wbx",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was taken in.",
	.run = run,
};
