#include "client/cmd/commands.h"
#include "client/team/annexes.h"
#include "crypto/text.h"

static enum wb_status
run_key(struct wb_cmd *cmd, struct wb_error *err)
{
	char recipient[WB_AGE_RECIPIENT_TEXT + 1];
	char key[2 * WB_KEY_LEN + 1];
	enum wb_status st = wb_cmd_open(cmd, err);

	if (st != WB_OK)
		return st;
	wb_hex_format(key, wb_key_span(&cmd->device.signer.key));
	wb_recipient_format(recipient, &cmd->device.recipient);
	if (!cmd->json) {
		wb_cmd_print(cmd, "signing key %s\nrecipient   %s\n", key,
		    recipient);
		return WB_OK;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_string(&cmd->out, "key", key);
	wb_json_string(&cmd->out, "recipient", recipient);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

const struct wb_subcommand wb_cmd_key = {
	.help = {
		.name = "key",
		.group = "Team",
		.synopsis = "",
		.summary = "show this device's public keys",
		.examples = "waybill key --json",
	},
	.run = run_key,
};

/* One identity a line, newest first, as age -i reads it. */
static enum wb_status
format_readers(struct wb_bytes *out, struct wb_secret *const *readers, size_t n,
    struct wb_error *err)
{
	struct wb_secret *text = NULL;
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < n && st == WB_OK; i++) {
		st = wb_identity_format(&text, readers[i], err);
		if (st == WB_OK)
			st = wb_bytes_append(out, wb_secret_span(text), err);
		if (st == WB_OK)
			st = wb_bytes_append_text(out, "\n", err);
		wb_secret_free(&text);
	}
	return st;
}

static enum wb_status
run_export(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	struct wb_secret **readers = NULL;
	struct wb_bytes text;
	enum wb_status st;
	size_t n = 0;

	if (path == NULL)
		return wb_fail(err, WB_USAGE, "say where to put it: -o FILE");
	wb_bytes_init(&text, WB_MAX_KEY_FILE);
	st = wb_cmd_may_write(path, "AGE-SECRET-KEY-1", err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_coordinator(&cmd->device, err);
	if (st == WB_OK)
		st = wb_annexes_readers(&readers, &n, &cmd->device, err);
	if (st == WB_OK)
		st = format_readers(&text, readers, n, err);
	if (st == WB_OK)
		st = wb_cmd_write(path, wb_bytes_span(&text), err);
	if (st == WB_OK) {
		wb_cmd_warn(cmd,
		    "%s opens every record of the programme, for whoever has "
		    "it. Keep it offline, and delete it when done.",
		    path);
	}
	wb_annexes_free_readers(&readers, n);
	wb_bytes_clear(&text);
	return st;
}

static const struct wb_option export_options[] = {
	{ "output", 'o', false, "FILE", "write the identities to FILE" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_key_export_reader = {
	.help = {
		.name = "key export-reader",
		.group = "Team",
		.synopsis = "-o FILE",
		.summary = "write the age identities that open all records",
		.description =
		    "For reading content without Waybill (docs/formats.md), "
		    "and for a backup in\na safe. Whoever has the file can "
		    "read everything.",
		.examples = "waybill key export-reader -o reader.txt\n"
			    "age -d -i reader.txt content.age",
		.options = export_options,
	},
	.run = run_export,
};
