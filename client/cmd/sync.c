#include "client/sync/sync.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/commands.h"
#include "client/cmd/sync_now.h"
#include "client/journal/journal.h"
#include "client/troubles.h"
#include "proto/record_join.h"

#define MAX_TROUBLES 20 /* told one by one */
#define MAX_TROUBLE_TEXT 1024 /* bytes */

/* Where the server is asked, each with a NUL behind it; empty: nowhere. */
struct way {
	struct wb_bytes url;
	struct wb_bytes proxy;
};

/* What was typed; other commands have no such options. */
static struct wb_span
typed(const struct wb_cmd *cmd, const char *option)
{
	return strcmp(cmd->args->command->name, wb_cmd_sync.help.name) == 0
		   ? wb_cmd_option(cmd, option)
		   : wb_span(NULL, 0);
}

/*
 * An option of this line, else what the vault remembers, with a NUL behind it;
 * empty where there is neither.  "none" forgets.
 */
static enum wb_status
choose(struct wb_bytes *out, struct wb_cmd *cmd, const char *option,
    const char *setting, struct wb_error *err)
{
	struct wb_span wanted = typed(cmd, option);
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
 * A proxy is remembered once it proved to be an address: a device that went
 * over Tor must not go around it the next time the option is left out.  A
 * server is, once it was reached.
 */
static enum wb_status
remember(struct wb_cmd *cmd, const char *option, const char *setting,
    struct wb_error *err)
{
	struct wb_span wanted = typed(cmd, option);

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

struct wb_sync_progress
wb_cmd_progress(struct wb_cmd *cmd)
{
	return (struct wb_sync_progress){ tell, cmd };
}

/* What only the command knows: what was typed, and what is remembered. */
static enum wb_status
explain(struct wb_cmd *cmd, enum wb_status st, const struct way *way,
    struct wb_error *err)
{
	char next[WB_ERROR_NEXT];

	if (st == WB_INVALID && typed(cmd, "server").len != 0)
		return wb_context(err, WB_USAGE, "--server");
	if (st != WB_OFFLINE)
		return st;
	(void)wb_context(err, st, "%s", (const char *)way->url.data);
	if (way->proxy.len == 0)
		return st;
	(void)snprintf(next, sizeof next,
	    "Nothing is lost. It went over the proxy %.100s, as --proxy said "
	    "once: does that run? Then sync again.",
	    (const char *)way->proxy.data);
	return wb_advise(err, st, NULL, next);
}

/* On a terminal, that it waits; the first progress wipes it. */
static void
tell_waiting(struct wb_cmd *cmd, const char *text)
{
	if (!cmd->quiet && isatty(STDERR_FILENO) == 1)
		(void)fputs(text, stderr);
}

static void
way_init(struct way *way)
{
	wb_bytes_init(&way->url, WB_MAX_URL + 1);
	wb_bytes_init(&way->proxy, WB_MAX_URL + 1);
}

static void
way_clear(struct way *way)
{
	wb_bytes_clear(&way->url);
	wb_bytes_clear(&way->proxy);
}

/* `way` gets what was chosen, for explain(). */
static enum wb_status
open_remote(struct wb_remote **out, struct way *way, struct wb_cmd *cmd,
    struct wb_error *err)
{
	enum wb_status st;

	*out = NULL;
	st = choose(&way->proxy, cmd, "proxy", WB_SET_PROXY, err);
	if (st == WB_OK)
		st = choose(&way->url, cmd, "server", WB_SET_URL, err);
	if (st == WB_OK && way->url.len == 0)
		st = no_server(err);
	if (st == WB_OK)
		st = wb_remote_open(out, &cmd->device, (char *)way->url.data,
		    (char *)way->proxy.data, err);
	if (st == WB_OK)
		return remember(cmd, "proxy", WB_SET_PROXY, err);
	return explain(cmd, st, way, err);
}

/* Remembers the server that was reached, or says where none was. */
static enum wb_status
reached(struct wb_cmd *cmd, enum wb_status st, const struct way *way,
    struct wb_error *err)
{
	if (st == WB_OK)
		return remember(cmd, "server", WB_SET_URL, err);
	if (st != WB_OFFLINE &&
	    remember(cmd, "server", WB_SET_URL, NULL) != WB_OK)
		return st; /* what went wrong first decides */
	return explain(cmd, st, way, err);
}

static enum wb_status
connect_and_sync(struct wb_synced *out, bool *begun, struct wb_cmd *cmd,
    struct wb_error *err)
{
	struct wb_remote *remote;
	enum wb_status st;
	struct way way;

	way_init(&way);
	st = open_remote(&remote, &way, cmd, err);
	*begun = st == WB_OK;
	if (st == WB_OK) {
		tell_waiting(cmd, "Asking the server…");
		st = wb_sync(out, &cmd->device, remote, wb_cmd_progress(cmd),
		    err);
		tell_waiting(cmd, "\r\033[K");
		st = reached(cmd, st, &way, err);
	}
	wb_remote_close(&remote);
	way_clear(&way);
	return st;
}

enum wb_status
wb_cmd_connect(struct wb_remote **out, struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st;
	struct way way;

	way_init(&way);
	st = open_remote(out, &way, cmd, err);
	way_clear(&way);
	return st;
}

/* Of what could not be counted, all that no sync told of before. */
static enum wb_status
find_untold(struct wb_troubles *u, struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st;
	uint64_t from;

	if (!wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR))
		return WB_OK;
	st = wb_setting_get_number(&from, cmd->device.db, WB_SET_TOLD, 0, err);
	if (st != WB_OK)
		return st;
	return wb_troubles(u, &cmd->device, from, MAX_TROUBLES, err);
}

static enum wb_status
note_told(const struct wb_troubles *u, struct wb_cmd *cmd, struct wb_error *err)
{
	if (u->count == 0)
		return WB_OK;
	return wb_setting_put_number(cmd->device.db, WB_SET_TOLD,
	    u->list[0].log_index + 1, err);
}

static void
put_troubles(struct wb_json *j, const struct wb_troubles *u)
{
	wb_json_array(j, "troubles");
	for (size_t i = 0; i < u->count; i++) {
		const struct wb_trouble *t = &u->list[i];

		wb_json_object(j, NULL);
		wb_json_text(j, "device", t->label);
		wb_json_uint(j, "batch", t->sequence);
		wb_json_uint(j, "log_index", t->log_index);
		wb_json_string(j, "outcome",
		    t->disputed	    ? "disputed"
		    : t->waits != 0 ? "waiting"
				    : "undecryptable");
		if (t->waits != 0) {
			wb_json_text(j, "waits_for_device", t->waits_label);
			wb_json_uint(j, "waits_for_batch", t->waits);
		}
		wb_json_text(j, "id", t->why);
		wb_json_string(j, "why", t->words);
		wb_json_string(j, "next", t->next);
		wb_json_close(j);
	}
	wb_json_close(j);
}

static void
print_json(struct wb_cmd *cmd, const struct wb_synced *s,
    const struct wb_troubles *u)
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
	wb_json_uint(j, "witnessed", s->witnessed);
	put_troubles(j, u);
	wb_json_close(j);
}

static void
print_troubles(struct wb_cmd *cmd, const struct wb_troubles *u)
{
	struct wb_bytes text;

	wb_bytes_init(&text, MAX_TROUBLE_TEXT);
	for (size_t i = 0; i < u->count; i++) {
		wb_bytes_reset(&text);
		if (wb_trouble_text(&text, &u->list[i], NULL) == WB_OK)
			wb_cmd_print(cmd, "%.*s\n", (int)text.len,
			    (const char *)text.data);
	}
	if (u->total > u->count)
		wb_cmd_print(cmd, "And %" PRIu64 " more; see: waybill totals\n",
		    u->total - u->count);
	wb_bytes_clear(&text);
}

/* How far this device's own records have come. */
static void
print_states(struct wb_cmd *cmd)
{
	struct wb_states s;

	if (wb_journal_states(&s, &cmd->device, NULL) != WB_OK ||
	    s.here + s.stored + s.witnessed + s.opened == 0)
		return;
	wb_cmd_print(cmd,
	    "Records: %" PRIu64 " here, %" PRIu64 " stored, %" PRIu64
	    " witnessed, %" PRIu64 " opened.\n",
	    s.here, s.stored, s.witnessed, s.opened);
}

static void
print_text(struct wb_cmd *cmd, const struct wb_synced *s,
    const struct wb_troubles *u)
{
	wb_cmd_print(cmd, "Sent %" PRIu64 " record%s in %" PRIu64 " batch%s",
	    s->records_sent, s->records_sent == 1 ? "" : "s", s->batches_sent,
	    s->batches_sent == 1 ? "" : "es");
	if (s->rosters_sent != 0)
		wb_cmd_print(cmd, " and %" PRIu64 " change%s of the team",
		    s->rosters_sent, s->rosters_sent == 1 ? "" : "s");
	wb_cmd_print(cmd, ". Read %" PRIu64 " new log entr%s.", s->entries_read,
	    s->entries_read == 1 ? "y" : "ies");
	if (wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR))
		wb_cmd_print(cmd, " Opened %" PRIu64 " batch%s.",
		    s->batches_opened, s->batches_opened == 1 ? "" : "es");
	wb_cmd_print(cmd, "\n");
	print_states(cmd);
	print_troubles(cmd, u);
	if (s->refused != 0)
		wb_cmd_print(cmd, "%" PRIu64 " %s refused by the server.\n",
		    s->refused, s->refused == 1 ? "was" : "were");
}

/* Told only once it is known to be on the screen. */
static enum wb_status
print_synced(struct wb_cmd *cmd, const struct wb_synced *synced,
    const struct wb_troubles *u, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (cmd->json) {
		print_json(cmd, synced, u);
		st = wb_json_finish(&cmd->out, err);
	} else {
		print_text(cmd, synced, u);
	}
	return st == WB_OK ? note_told(u, cmd, err) : st;
}

/*
 * What was done (NULL: nothing could be), then how it ended: evidence
 * outweighs all else.
 */
static enum wb_status
show(struct wb_cmd *cmd, const struct wb_synced *synced, enum wb_status st,
    struct wb_error *err)
{
	struct wb_troubles untold = { .count = 0 };
	struct wb_error why = { 0 };
	enum wb_status shown = WB_OK;

	if (synced != NULL)
		shown = find_untold(&untold, cmd, &why);
	if (synced != NULL && shown == WB_OK)
		shown = print_synced(cmd, synced, &untold, &why);
	if (shown == WB_OK)
		shown = wb_cmd_sync_line(cmd, &why);
	if (untold.evidence.evidence != NULL && st != WB_FORGED)
		st = wb_trouble_fail(err, &untold.evidence);
	else if (shown != WB_OK && st == WB_OK)
		st = wb_fail(err, why.status, "%s", why.text);
	wb_troubles_clear(&untold);
	return st;
}

enum wb_status
wb_cmd_sync_now(bool *done, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_synced synced = { 0 };
	enum wb_status st;
	bool begun;

	st = connect_and_sync(&synced, &begun, cmd, err);
	*done = st == WB_OK;
	if (st == WB_OFFLINE ||
	    (!begun && strcmp(wb_error_id(err), "no-server") == 0))
		return wb_forgive(err);
	return st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_synced synced = { 0 };
	enum wb_status st = wb_cmd_open(cmd, err);
	bool begun;

	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	st = connect_and_sync(&synced, &begun, cmd, err);
	return show(cmd, begun && st != WB_OFFLINE ? &synced : NULL, st, err);
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
