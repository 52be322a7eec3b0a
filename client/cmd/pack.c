#include <inttypes.h>

#include "client/bundle/bundle.h"
#include "client/cmd/commands.h"

static enum wb_status
choose_purpose(enum wb_bundle_purpose *out, const struct wb_args *args,
    struct wb_error *err)
{
	bool audit = wb_args_has(args, "for-audit");
	bool headers = wb_args_has(args, "headers-only");

	if (audit + headers + wb_args_has(args, "for") > 1) {
		return wb_fail(err, WB_USAGE,
		    "--for, --for-audit and --headers-only exclude each "
		    "other");
	}
	if (!audit && !headers && wb_args_has(args, "shown-to")) {
		return wb_fail(err, WB_USAGE,
		    "--shown-to goes with --for-audit or --headers-only");
	}
	*out = audit	 ? WB_PURPOSE_AUDIT
	       : headers ? WB_PURPOSE_HEADERS
			 : WB_PURPOSE_TRANSPORT;
	return WB_OK;
}

/* A folder, or what wb_cmd_may_write_bundle says. */
static enum wb_status
check_target(const char *path, struct wb_error *err)
{
	struct wb_file_info info;
	int rc = wb_file_ops_system()->stat(NULL, path, &info);

	if (rc == 0 && info.kind == WB_FILE_DIRECTORY)
		return WB_OK;
	return wb_cmd_may_write_bundle(path, err);
}

static enum wb_status
print(struct wb_cmd *cmd, const struct wb_packed *packed, struct wb_error *err)
{
	if (packed->lacking != 0) {
		wb_cmd_warn(cmd,
		    "the file ends before the newest %" PRIu64
		    " entries of the log, which are not here",
		    packed->lacking);
	}
	if (!cmd->json) {
		wb_cmd_print(cmd, "%s\n", packed->path);
		wb_cmd_say(cmd,
		    "%" PRIu64 " statements, %" PRIu64 " contents, %" PRIu64
		    " bytes\n",
		    packed->statements, packed->contents, packed->bytes);
		if (packed->noted)
			wb_cmd_say(cmd, WB_CMD_NOTED);
		return WB_OK;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_string(&cmd->out, "file", packed->path);
	wb_json_uint(&cmd->out, "statements", packed->statements);
	wb_json_uint(&cmd->out, "contents", packed->contents);
	wb_json_uint(&cmd->out, "bytes", packed->bytes);
	wb_json_uint(&cmd->out, "lacking", packed->lacking);
	wb_json_bool(&cmd->out, "noted", packed->noted);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_bundle_purpose purpose = WB_PURPOSE_TRANSPORT;
	struct wb_packed packed;
	enum wb_status st;
	const char *to;

	st = choose_purpose(&purpose, cmd->args, err);
	if (st == WB_OK)
		st = check_target(wb_args_word(cmd->args, 0), err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	to = wb_args_value(cmd->args,
	    purpose == WB_PURPOSE_TRANSPORT ? "for" : "shown-to");
	if (st == WB_OK)
		st = wb_bundle_pack(&packed, &cmd->device,
		    wb_args_word(cmd->args, 0), purpose, to, err);
	if (st == WB_OK)
		st = print(cmd, &packed, err);
	if (st == WB_OK && purpose == WB_PURPOSE_TRANSPORT)
		st = wb_cmd_sync_line(cmd, err);
	return st;
}

static const struct wb_option options[] = {
	{ "for", 0, false, "LABEL",
	    "seal it to that one member (K7) instead of the coordinators" },
	{ "for-audit", 0, false, NULL,
	    "plain evidence that anybody can verify; contents stay encrypted" },
	{ "headers-only", 0, false, NULL,
	    "the same without contents: what may be shown to everybody" },
	{ "shown-to", 0, false, "NAME",
	    "who such evidence is for, in the note that coordinators keep" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_pack = {
	.help = {
		.name = "pack",
		.group = "Carry",
		.synopsis = "FILE|DIR",
		.summary = "write a bundle to carry by hand",
		.description =
		    "All that waits to be sent, and what others need to know, "
		    "sealed so that whoever\ncarries the file sees nothing. "
		    "In a folder the file gets a random name. Carrying a\n"
		    "file twice, or not at all, loses nothing.",
		.examples = "waybill pack /media/usb\n"
			    "waybill pack --for-audit evidence.wbx",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.run = run,
};
