#include "client/sync.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/commands.h"
#include "proto/record_join.h"

/*
 * An option of this line, else what the vault remembers, with a NUL behind it;
 * empty where there is neither.  "none" forgets.
 */
static enum wb_status
choose(struct wb_bytes *out, struct wb_cmd *cmd, const char *option,
    const char *setting, struct wb_error *err)
{
	struct wb_span wanted = wb_cmd_option(cmd, option);
	enum wb_status st = WB_OK;

	if (wb_span_equal(wanted, wb_span_text("none")))
		return WB_OK;
	if (wanted.len != 0)
		st = wb_bytes_append(out, wanted, err);
	else
		st = wb_setting_get(out, cmd->device.db, setting, err);
	if (st == WB_NOT_FOUND)
		return wb_forgive(err);
	return st == WB_OK ? wb_bytes_append(out, wb_span("", 1), err) : st;
}

/*
 * Remembered once they proved to be addresses: a device that went over Tor
 * must not go around it the next time the option is left out.
 */
static enum wb_status
remember(struct wb_cmd *cmd, const char *option, const char *setting,
    struct wb_error *err)
{
	struct wb_span wanted = wb_cmd_option(cmd, option);

	if (wb_span_equal(wanted, wb_span_text("none")))
		return wb_setting_remove(cmd->device.db, setting, err);
	if (wanted.len == 0)
		return WB_OK;
	return wb_setting_put(cmd->device.db, setting, wanted, err);
}

static enum wb_status
no_server(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_USAGE, "this programme has no server address"),
	    "no-server",
	    "Name it: --server URL. Or carry a drive: waybill pack FOLDER");
}

static void
tell(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct wb_cmd *cmd = ctx;

	if (cmd->quiet || !isatty(STDERR_FILENO))
		return;
	(void)fprintf(stderr, "\r\033[K%s %" PRIu64 " of %" PRIu64 "%s", what,
	    done, total, done == total ? "\n" : "");
}

static enum wb_status
connect_and_sync(struct wb_synced *out, bool *begun, struct wb_cmd *cmd,
    struct wb_error *err)
{
	struct wb_sync_progress progress = { tell, cmd };
	struct wb_remote *remote = NULL;
	struct wb_bytes proxy;
	struct wb_bytes url;
	enum wb_status st;

	wb_bytes_init(&proxy, WB_MAX_URL + 1);
	wb_bytes_init(&url, WB_MAX_URL + 1);
	st = choose(&proxy, cmd, "proxy", WB_SET_PROXY, err);
	if (st == WB_OK)
		st = choose(&url, cmd, "server", WB_SET_URL, err);
	if (st == WB_OK && url.len == 0)
		st = no_server(err);
	if (st == WB_OK)
		st = wb_remote_open(&remote, &cmd->device, (char *)url.data,
		    (char *)proxy.data, err);
	if (st == WB_OK)
		st = remember(cmd, "proxy", WB_SET_PROXY, err);
	if (st == WB_OK)
		st = remember(cmd, "server", WB_SET_URL, err);
	*begun = st == WB_OK;
	if (st == WB_OK)
		st = wb_sync(out, &cmd->device, remote, progress, err);
	wb_remote_close(&remote);
	wb_bytes_clear(&proxy);
	wb_bytes_clear(&url);
	return st;
}

static void
print_json(struct wb_cmd *cmd, const struct wb_synced *s)
{
	struct wb_json *j = &cmd->out;

	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_uint(j, "rosters_sent", s->rosters_sent);
	wb_json_uint(j, "batches_sent", s->batches_sent);
	wb_json_uint(j, "records_sent", s->records_sent);
	wb_json_uint(j, "entries_read", s->entries_read);
	wb_json_uint(j, "batches_opened", s->batches_opened);
	wb_json_uint(j, "undecryptable", s->undecryptable);
	wb_json_uint(j, "disputed", s->disputed);
	wb_json_uint(j, "acks_sent", s->acks_sent);
	wb_json_uint(j, "refused", s->refused);
	wb_json_close(j);
}

static void
print_text(struct wb_cmd *cmd, const struct wb_synced *s)
{
	wb_cmd_print(cmd,
	    "Sent %" PRIu64 " record%s in %" PRIu64 " batch%s. Read %" PRIu64
	    " new log entr%s.",
	    s->records_sent, s->records_sent == 1 ? "" : "s", s->batches_sent,
	    s->batches_sent == 1 ? "" : "es", s->entries_read,
	    s->entries_read == 1 ? "y" : "ies");
	if (wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR))
		wb_cmd_print(cmd, " Opened %" PRIu64 " batch%s.",
		    s->batches_opened, s->batches_opened == 1 ? "" : "es");
	wb_cmd_print(cmd, "\n");
	if (s->undecryptable + s->disputed != 0)
		wb_cmd_print(cmd,
		    "%" PRIu64 " could not be decrypted, %" PRIu64
		    " are disputed; see: waybill verify\n",
		    s->undecryptable, s->disputed);
	if (s->refused != 0)
		wb_cmd_print(cmd, "%" PRIu64 " were refused by the server.\n",
		    s->refused);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_synced synced = { 0 };
	struct wb_error ignored;
	enum wb_status st = wb_cmd_open(cmd, err);
	enum wb_status shown = WB_OK;
	bool begun;

	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	st = connect_and_sync(&synced, &begun, cmd, err);
	if (begun && st != WB_OFFLINE) {
		if (cmd->json) {
			print_json(cmd, &synced);
			shown = wb_json_finish(&cmd->out, &ignored);
		} else
			print_text(cmd, &synced);
	}
	if (wb_cmd_sync_line(cmd, &ignored) != WB_OK || shown != WB_OK)
		return st != WB_OK
			   ? st
			   : wb_fail(err, ignored.status, "%s", ignored.text);
	return st;
}

static const struct wb_option options[] = {
	{ "server", 0, false, "URL", "sync with this address from now on" },
	{ "proxy", 0, false, "URL",
	    "go over this SOCKS proxy from now on (socks5h://127.0.0.1:9050 "
	    "is Tor's); \"none\" forgets it" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_sync = {
	.help = {
		.name = "sync",
		.group = "Every day",
		.synopsis = "[--server URL] [--proxy URL]",
		.summary = "send what waits, take what is new",
		.description =
		    "Seals waiting records into signed batches, sends them, "
		    "and verifies the receipts\nand that the log only grew. A "
		    "coordinator also opens what came and says so in\nthe "
		    "log. May be interrupted at any time and run again.",
		.examples = "waybill sync\n"
			    "waybill sync --proxy socks5h://127.0.0.1:9050",
		.options = options,
	},
	.online = true,
	.run = run,
};
