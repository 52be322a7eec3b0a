/* What the last line of every command that changes something says. */
#include "client/cmd/sync_line.h"

#include <inttypes.h>
#include <string.h>

#include "base/fetch_target.h"
#include "client/queue.h"
#include "client/sync/sync.h"

#define DAY_SECONDS 86400

const char *
wb_cmd_when(char out[WB_WHEN_TEXT], struct wb_clock clock, int64_t at)
{
	int64_t now = wb_clock_now(clock);
	int64_t local = at + clock.offset(clock.ctx, at);
	int64_t today = wb_clock_today(clock);
	int64_t day = local / DAY_SECONDS;
	int minute = (int)(local % DAY_SECONDS / 60);
	char date[WB_DAY_TEXT];

	if (at <= 0 || at > now + DAY_SECONDS)
		day = -1; /* no time, or another clock's: the date alone */
	if (day == today) {
		(void)snprintf(out, WB_WHEN_TEXT, "today %02d:%02d",
		    minute / 60, minute % 60);
	} else if (day == today - 1) {
		(void)snprintf(out, WB_WHEN_TEXT, "yesterday %02d:%02d",
		    minute / 60, minute % 60);
	} else {
		(void)snprintf(out, WB_WHEN_TEXT, "%s",
		    wb_day_format(date,
			(uint32_t)(local < 0 ? 0 : local / DAY_SECONDS)));
	}
	return out;
}

/* With a NUL behind it; empty where it is not set. */
static enum wb_status
get_text(struct wb_bytes *out, struct wb_device *device, const char *setting,
    struct wb_error *err)
{
	enum wb_status st = wb_setting_get(out, device->db, setting, err);

	if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	if (st == WB_OK && out->len != 0)
		st = wb_bytes_append(out, wb_span("", 1), err);
	return st;
}

/* What it says of itself; an address that cannot be used is for sync to tell.
 */
static const char *
name_route(const struct wb_bytes *url, const struct wb_bytes *proxy)
{
	struct wb_target target;

	if (url->len == 0)
		return "drive";
	if (wb_target_parse(&target, (const char *)url->data,
		(const char *)proxy->data, NULL) != WB_OK)
		return "direct";
	if (strcmp(target.route, "over Tor") == 0)
		return "tor";
	return strcmp(target.route, "direct") == 0 ? "direct" : "proxy";
}

enum wb_status
wb_cmd_route(const char **out, struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes proxy;
	struct wb_bytes url;
	enum wb_status st;

	wb_bytes_init(&proxy, WB_MAX_PATH);
	wb_bytes_init(&url, WB_MAX_PATH);
	st = get_text(&url, device, WB_SET_URL, err);
	if (st == WB_OK)
		st = get_text(&proxy, device, WB_SET_PROXY, err);
	if (st == WB_OK)
		*out = name_route(&url, &proxy);
	wb_bytes_clear(&url);
	wb_bytes_clear(&proxy);
	return st;
}

/* ", oldest 2 h": since it was saved. */
static void
oldest_text(char *out, size_t room, const struct wb_waiting *w, int64_t now)
{
	int64_t minutes = (now - w->oldest) / 60;

	if (w->records == 0)
		*out = '\0';
	else if (minutes < 1)
		(void)snprintf(out, room, " · oldest just now");
	else if (minutes < 60)
		(void)snprintf(out, room, " · oldest %" PRId64 " min", minutes);
	else if (minutes < INT64_C(48) * 60) {
		(void)snprintf(out, room, " · oldest %" PRId64 " h",
		    minutes / 60);
	} else {
		(void)snprintf(out, room, " · oldest %" PRId64 " d",
		    minutes / (INT64_C(24) * 60));
	}
}

enum wb_status
wb_cmd_unsent(struct wb_unsent *out, struct wb_device *device,
    struct wb_error *err)
{
	enum wb_status st = wb_sync_unsent_papers(&out->papers, device, err);

	out->changes = 0;
	/* A newcomer has the welcome's versions, which are not its own. */
	if (st != WB_OK || !wb_member_may(device->self, WB_ROLE_COORDINATOR))
		return st;
	return wb_sync_unsent_rosters(&out->changes, device, err);
}

static void
say_unsent(struct wb_cmd *cmd, const struct wb_unsent *unsent)
{
	if (unsent->changes != 0) {
		wb_cmd_say(cmd, "%" PRIu64 " change%s of the team not sent · ",
		    unsent->changes, unsent->changes == 1 ? "" : "s");
	}
	if (unsent->papers != 0) {
		wb_cmd_say(cmd, "%" PRIu64 " tall%s or note%s not sent · ",
		    unsent->papers, unsent->papers == 1 ? "y" : "ies",
		    unsent->papers == 1 ? "" : "s");
	}
}

static bool
is_revoked(const struct wb_cmd *cmd)
{
	const struct wb_member *self = cmd->device.self;

	return self != NULL && self->state == WB_MEMBER_REVOKED;
}

enum wb_status
wb_cmd_sync_line(struct wb_cmd *cmd, struct wb_error *err)
{
	char oldest[48], when[WB_WHEN_TEXT];
	struct wb_waiting waiting;
	const char *route = "";
	enum wb_status st;
	struct wb_unsent unsent;
	uint64_t last = 0;

	if (is_revoked(cmd)) {
		wb_cmd_warn(cmd,
		    "this device is revoked: what it saves now cannot be sent "
		    "from here; see: waybill status");
	}
	if (cmd->quiet || !cmd->device.joined)
		return WB_OK;
	st = wb_queue_waiting(&waiting, &cmd->device, err);
	if (st == WB_OK)
		st = wb_cmd_unsent(&unsent, &cmd->device, err);
	if (st == WB_OK)
		st = wb_setting_get_number(&last, cmd->device.db,
		    WB_SET_LAST_SYNC, 0, err);
	if (st == WB_OK)
		st = wb_cmd_route(&route, &cmd->device, err);
	if (st != WB_OK)
		return st;
	oldest_text(oldest, sizeof oldest, &waiting, wb_clock_now(cmd->clock));
	wb_cmd_say(cmd, "%" PRIu64 " not sent%s · ", waiting.records, oldest);
	say_unsent(cmd, &unsent);
	if (last == 0) {
		wb_cmd_say(cmd, "no sync yet\n");
	} else {
		wb_cmd_say(cmd, "last success %s%s\n",
		    wb_cmd_when(when, cmd->clock, (int64_t)last),
		    route[0] == 't'   ? " over Tor"
		    : route[0] == 'p' ? " over a proxy"
				      : "");
	}
	return WB_OK;
}
