#include <inttypes.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/sync_line.h"
#include "client/journal/journal.h"
#include "client/queue.h"
#include "client/troubles.h"
#include "crypto/text.h"

#define MAX_NAME 1024 /* bytes */
#define MAX_TROUBLES 5 /* told one by one */
#define MAX_WARNINGS (6 + MAX_TROUBLES)
#define MAX_TEXT 1024 /* bytes of one warning */

/* All that is told.  Most is empty before the device has joined. */
struct report {
	const char *next; /* what to do; NULL: nothing special */
	struct wb_bytes name;
	struct wb_states states;
	struct wb_waiting waiting;
	struct wb_unsent unsent;
	uint64_t last_sync;
	const char *route;
	struct wb_bytes proxy; /* empty: none */
	const char *warnings[MAX_WARNINGS];
	size_t warning_count;
	struct wb_arena arena; /* holds warnings made here */
};

static enum wb_status
has_setting(bool *out, struct wb_device *device, const char *name,
    struct wb_error *err)
{
	struct wb_bytes value;
	enum wb_status st;

	wb_bytes_init(&value, (size_t)1 << 20);
	st = wb_setting_get(&value, device->db, name, err);
	wb_bytes_clear(&value);
	*out = st == WB_OK;
	return st == WB_NOT_FOUND ? WB_OK : st;
}

static void
warn(struct report *r, const char *text)
{
	r->warnings[r->warning_count++] = text;
}

static enum wb_status
warn_of(struct report *r, const struct wb_bytes *text, struct wb_error *err)
{
	struct wb_span copy;
	enum wb_status st = wb_arena_copy(&copy, &r->arena, wb_bytes_span(text),
	    err);

	if (st == WB_OK)
		warn(r, (const char *)copy.data);
	return st;
}

/* What a coordinator could not take into the totals, one by one. */
static enum wb_status
collect_troubles(struct report *r, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_troubles t;
	struct wb_bytes text;
	enum wb_status st;

	if (!wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR))
		return WB_OK;
	st = wb_troubles(&t, &cmd->device, 0, MAX_TROUBLES, err);
	wb_bytes_init(&text, MAX_TEXT);
	for (size_t i = 0; st == WB_OK && i < t.count; i++) {
		wb_bytes_reset(&text);
		st = wb_trouble_text(&text, &t.list[i], err);
		if (st == WB_OK)
			st = wb_bytes_append(&text, wb_span("", 1), err);
		if (st == WB_OK)
			st = warn_of(r, &text, err);
	}
	if (st == WB_OK && t.total > t.count)
		warn(r, "older batches are not counted either: waybill totals");
	wb_bytes_clear(&text);
	wb_troubles_clear(&t);
	return st;
}

static enum wb_status
collect_warnings(struct report *r, struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_device *d = &cmd->device;
	bool rolled_back = false;
	enum wb_status st;

	st = has_setting(&rolled_back, &cmd->device, WB_SET_ROLLED_BACK, err);
	if (st != WB_OK)
		return st;
	if (rolled_back)
		warn(r, "this vault is older than what the log has of it; join "
			"again with a new vault");
	if (d->self == NULL)
		warn(r, "the newest roster does not list this device");
	else if (d->self->state == WB_MEMBER_REVOKED) {
		warn(r, "this device is revoked");
		r->next = "Ask a coordinator for an invitation, and join with "
			  "a new folder: waybill --dir NEW-FOLDER join "
			  "INVITATION";
	}
	if (d->roster.expires != 0 &&
	    (int64_t)d->roster.expires < wb_clock_now(cmd->clock))
		warn(r, "the roster has expired; go on recording, and sync "
			"when you can");
	if (r->states.disputed != 0) {
		warn(r, "records of this device are disputed: not counted; ask "
			"the coordinator, then log them again (waybill list "
			"names them)");
	}
	return collect_troubles(r, cmd, err);
}

static enum wb_status
collect(struct report *r, struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st;
	bool invited;

	if (!cmd->device.joined) {
		st = has_setting(&invited, &cmd->device, WB_SET_INVITE, err);
		r->next = invited ? "Wait for the coordinator's welcome, then: "
				    "waybill join WELCOME"
				  : "To join a programme: waybill join "
				    "INVITATION";
		return st;
	}
	st = wb_setting_get(&r->name, cmd->device.db, WB_SET_NAME, err);
	if (st == WB_OK || st == WB_NOT_FOUND)
		st = wb_journal_states(&r->states, &cmd->device, err);
	if (st == WB_OK)
		st = wb_queue_waiting(&r->waiting, &cmd->device, err);
	if (st == WB_OK)
		st = wb_cmd_unsent(&r->unsent, &cmd->device, err);
	if (st == WB_OK)
		st = wb_setting_get_number(&r->last_sync, cmd->device.db,
		    WB_SET_LAST_SYNC, 0, err);
	if (st == WB_OK)
		st = wb_cmd_route(&r->route, &cmd->device, err);
	if (st == WB_OK)
		st = wb_setting_get(&r->proxy, cmd->device.db, WB_SET_PROXY,
		    err);
	if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	return st == WB_OK ? collect_warnings(r, cmd, err) : st;
}

/* ---- JSON */

static void
put_roles(struct wb_json *j, const struct wb_member *self)
{
	wb_json_array(j, "roles");
	if (wb_member_is(self, WB_ROLE_FIELD))
		wb_json_string(j, NULL, "field");
	if (wb_member_is(self, WB_ROLE_COORDINATOR))
		wb_json_string(j, NULL, "coordinator");
	if (wb_member_is(self, WB_ROLE_AUDITOR))
		wb_json_string(j, NULL, "auditor");
	wb_json_close(j);
}

static void
put_times(struct wb_json *j, const struct report *r)
{
	char oldest[WB_TIME_TEXT], last[WB_TIME_TEXT];

	wb_json_string(j, "oldest_unsent",
	    r->waiting.records == 0
		? NULL
		: wb_time_format(oldest, r->waiting.oldest));
	wb_json_string(j, "last_success",
	    r->last_sync == 0 ? NULL
			      : wb_time_format(last, (int64_t)r->last_sync));
	wb_json_string(j, "route", r->route);
	if (r->proxy.len == 0)
		wb_json_null(j, "proxy");
	else
		wb_json_text(j, "proxy", wb_bytes_span(&r->proxy));
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct report *r, struct wb_error *err)
{
	const struct wb_device *d = &cmd->device;
	char id[2 * WB_HASH_LEN + 1];
	struct wb_json *j = &cmd->out;

	wb_hex_format(id, wb_hash_span(&d->programme));
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_string(j, "programme", d->joined ? id : NULL);
	if (d->joined)
		wb_json_text(j, "name", wb_bytes_span(&r->name));
	if (d->joined && d->self != NULL) {
		wb_json_text(j, "label", d->self->label);
		put_roles(j, d->self);
	}
	wb_json_uint(j, "here", r->states.here);
	wb_json_uint(j, "stored", r->states.stored);
	wb_json_uint(j, "witnessed", r->states.witnessed);
	wb_json_uint(j, "opened", r->states.opened);
	wb_json_uint(j, "disputed", r->states.disputed);
	wb_json_uint(j, "changes_unsent", r->unsent.changes);
	wb_json_uint(j, "papers_unsent", r->unsent.papers);
	put_times(j, r);
	wb_json_array(j, "warnings");
	for (size_t i = 0; i < r->warning_count; i++)
		wb_json_string(j, NULL, r->warnings[i]);
	wb_json_close(j);
	wb_json_string(j, "next", r->next);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

/* ---- text */

static void
print_self(struct wb_cmd *cmd, const struct wb_member *self)
{
	if (self == NULL)
		return;
	wb_cmd_print(cmd, "This device %.*s,%s%s%s\n", (int)self->label.len,
	    (const char *)self->label.data,
	    wb_member_is(self, WB_ROLE_FIELD) ? " field" : "",
	    wb_member_is(self, WB_ROLE_COORDINATOR) ? " coordinator" : "",
	    wb_member_is(self, WB_ROLE_AUDITOR) ? " auditor" : "");
}

static void
print_sync(struct wb_cmd *cmd, const struct report *r)
{
	char when[WB_WHEN_TEXT];

	if (r->waiting.records != 0) {
		wb_cmd_print(cmd, "Not sent    %" PRIu64 ", the oldest of %s\n",
		    r->waiting.records,
		    wb_cmd_when(when, cmd->clock, r->waiting.oldest));
	}
	if (r->unsent.changes != 0) {
		wb_cmd_print(cmd,
		    "Not sent    %" PRIu64 " change%s of the team: waybill "
		    "sync\n",
		    r->unsent.changes, r->unsent.changes == 1 ? "" : "s");
	}
	if (r->unsent.papers != 0) {
		wb_cmd_print(cmd,
		    "Not sent    %" PRIu64 " tall%s or note%s of what was "
		    "shown: waybill sync\n",
		    r->unsent.papers, r->unsent.papers == 1 ? "y" : "ies",
		    r->unsent.papers == 1 ? "" : "s");
	}
	wb_cmd_print(cmd, "Last sync   %s\n",
	    r->last_sync == 0
		? "none yet"
		: wb_cmd_when(when, cmd->clock, (int64_t)r->last_sync));
	wb_cmd_print(cmd, "Route       %s", r->route);
	if (r->proxy.len != 0)
		wb_cmd_print(cmd, ", over %.*s", (int)r->proxy.len,
		    (const char *)r->proxy.data);
	wb_cmd_print(cmd, "\n");
}

static void
print_text(struct wb_cmd *cmd, const struct report *r)
{
	const struct wb_states *s = &r->states;
	char id[2 * WB_HASH_LEN + 1];

	if (!cmd->device.joined) {
		wb_cmd_print(cmd, "No programme yet.\n%s\n", r->next);
		return;
	}
	wb_hex_format(id, wb_hash_span(&cmd->device.programme));
	wb_cmd_print(cmd, "Programme   %.*s\n            %s\n",
	    (int)r->name.len,
	    r->name.len == 0 ? "" : (const char *)r->name.data, id);
	print_self(cmd, cmd->device.self);
	wb_cmd_print(cmd,
	    "Records     %" PRIu64 " here, %" PRIu64 " stored, %" PRIu64
	    " witnessed, %" PRIu64 " opened\n",
	    s->here, s->stored, s->witnessed, s->opened);
	print_sync(cmd, r);
	for (size_t i = 0; i < r->warning_count; i++)
		wb_cmd_print(cmd, "Warning     %s\n", r->warnings[i]);
	if (r->next != NULL)
		wb_cmd_print(cmd, "Next        %s\n", r->next);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct report r = { .next = NULL };
	enum wb_status st;

	wb_bytes_init(&r.name, MAX_NAME);
	wb_arena_init(&r.arena, WB_ARENA_BUDGET);
	wb_bytes_init(&r.proxy, WB_MAX_PATH);
	st = wb_cmd_open_to_read(cmd, err);
	if (st == WB_OK)
		st = collect(&r, cmd, err);
	if (st == WB_OK && cmd->json)
		st = print_json(cmd, &r, err);
	else if (st == WB_OK)
		print_text(cmd, &r);
	wb_bytes_clear(&r.proxy);
	wb_bytes_clear(&r.name);
	wb_arena_clear(&r.arena);
	return st;
}

const struct wb_subcommand wb_cmd_status = {
	.help = {
		.name = "status",
		.group = "Every day",
		.synopsis = "",
		.summary = "how this device stands, and what is not sent yet",
		.description =
		    "Records are here (on this device only), stored (in the "
		    "log, with a receipt),\nwitnessed (and seen by the witnesses of "
		    "the policy), or opened (read by a\ncoordinator); each is "
		    "counted once.",
		.examples = "waybill status\nwaybill status --json",
	},
	.run = run,
};
