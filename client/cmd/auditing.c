#include "client/cmd/auditing.h"

#include <string.h>

#include "client/audit/audit_server.h"
#include "client/audit/audit_threads.h"
#include "client/audit/audit_vault.h"
#include "client/cmd/sync_now.h"
#include "client/cmd/verdict.h"
#include "client/team/annexes.h"
#include "crypto/text.h"

static enum wb_status
read_threads(size_t *out, const struct wb_args *args, struct wb_error *err)
{
	const char *text = wb_args_value(args, "threads");
	uint64_t n = 0;

	if (text != NULL && wb_text_uint(&n, wb_span_text(text), 1,
				WB_MAX_AUDIT_THREADS, err) != WB_OK)
		return wb_fail(err, WB_USAGE, "--threads takes 1 to %d",
		    WB_MAX_AUDIT_THREADS);
	*out = (size_t)n;
	return WB_OK;
}

/* With a passphrase the contents are opened too, and the programme is known. */
static enum wb_status
audit_file(struct wb_audit *out, struct wb_cmd *cmd, const char *path,
    struct wb_error *err)
{
	struct wb_audit_options options;
	struct wb_secret **readers = NULL;
	uint8_t nonce[WB_MAX_NONCE];
	struct wb_hash programme;
	enum wb_status st = wb_verdict_options(&options, &programme, nonce,
	    cmd->args, err);

	options.now = wb_clock_now(cmd->clock);
	options.read = wb_read_on_threads;
	if (st == WB_OK)
		st = read_threads(&options.threads, cmd->args, err);
	if (st != WB_OK)
		return st;
	if (wb_args_has(cmd->args, "passphrase-file")) {
		st = wb_cmd_open(cmd, err);
		if (st == WB_OK)
			st = wb_device_need_joined(&cmd->device, err);
		if (st == WB_OK)
			st = wb_annexes_readers(&readers, &options.reader_count,
			    &cmd->device, err);
		if (options.programme == NULL)
			options.programme = &cmd->device.programme;
	}
	options.readers = readers;
	if (st == WB_OK)
		st = wb_audit_bundle(out, path, &options, err);
	wb_annexes_free_readers(&readers, options.reader_count);
	return st;
}

/* Opens the vault, which must be of the programme that was asked for. */
static enum wb_status
open_own(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *text = wb_args_value(cmd->args, "programme");
	char own[2 * WB_HASH_LEN + 1];
	enum wb_status st = wb_cmd_open(cmd, err);

	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	wb_hex_format(own, wb_hash_span(&cmd->device.programme));
	if (text != NULL && strcmp(text, own) != 0) {
		return wb_advise(err,
		    wb_fail(err, WB_FORGED, "this vault is of the programme %s",
			own),
		    "programme", NULL);
	}
	return WB_OK;
}

static enum wb_status
audit_vault(struct wb_audit *out, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_audit_options how;
	uint8_t nonce[WB_MAX_NONCE];
	struct wb_hash programme;
	enum wb_status st = open_own(cmd, err);

	if (st == WB_OK)
		st = wb_verdict_options(&how, &programme, nonce, cmd->args,
		    err);
	return st == WB_OK ? wb_audit_vault(out, &cmd->device, &how, err) : st;
}

enum wb_status
wb_cmd_audit_server(struct wb_audit *out, struct wb_cmd *cmd, bool contents,
    struct wb_error *err)
{
	struct wb_audit_options how;
	uint8_t nonce[WB_MAX_NONCE];
	struct wb_hash programme;
	struct wb_audit_server server = { .device = &cmd->device,
		.contents = contents,
		.progress = wb_cmd_progress(cmd) };
	enum wb_status st;

	*out = (struct wb_audit){ 0 };
	st = open_own(cmd, err);
	if (st == WB_OK)
		st = wb_verdict_options(&how, &programme, nonce, cmd->args,
		    err);
	if (st == WB_OK)
		st = wb_cmd_connect(&server.remote, cmd, err);
	if (st == WB_OK)
		st = wb_audit_server(out, &server, &how, err);
	wb_remote_close(&server.remote);
	return st;
}

enum wb_status
wb_cmd_audit(struct wb_audit *out, struct wb_cmd *cmd, const char *path,
    struct wb_error *err)
{
	*out = (struct wb_audit){ 0 };
	return path != NULL ? audit_file(out, cmd, path, err)
			    : audit_vault(out, cmd, err);
}
