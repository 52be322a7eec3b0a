/* What the last line of every command that changes something says. */
#include "client/cmd/sync_line.h"

#include <inttypes.h>

#include "client/queue.h"

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

static bool
ends_host_in_onion(struct wb_span url)
{
	static const char word[] = ".onion";
	const size_t n = sizeof word - 1;

	for (size_t i = 0; i + n <= url.len; i++) {
		struct wb_span end = wb_span_sub(url, i + n, 1);

		if (wb_span_equal(wb_span_sub(url, i, n), wb_span(word, n)) &&
		    (end.len == 0 || end.data[0] == '/' || end.data[0] == ':'))
			return true;
	}
	return false;
}

enum wb_status
wb_cmd_route(const char **out, struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes url;
	enum wb_status st;

	wb_bytes_init(&url, WB_MAX_PATH);
	st = wb_setting_get(&url, device->db, WB_SET_URL, err);
	if (st == WB_NOT_FOUND || (st == WB_OK && url.len == 0)) {
		*out = "drive";
		st = WB_OK;
	} else if (st == WB_OK) {
		*out = ends_host_in_onion(wb_bytes_span(&url)) ? "tor"
							       : "direct";
	}
	wb_bytes_clear(&url);
	return st;
}

/* ", oldest 2 d": since the day on which it was saved. */
static void
oldest_text(char *out, size_t room, const struct wb_waiting *w, int64_t today)
{
	int64_t days = today - w->oldest_day;

	if (w->records == 0)
		*out = '\0';
	else if (days <= 0)
		(void)snprintf(out, room, " · oldest today");
	else
		(void)snprintf(out, room, " · oldest %" PRId64 " d", days);
}

enum wb_status
wb_cmd_sync_line(struct wb_cmd *cmd, struct wb_error *err)
{
	char oldest[48], when[WB_WHEN_TEXT];
	struct wb_waiting waiting;
	const char *route = "";
	enum wb_status st;
	uint64_t last = 0;

	if (cmd->quiet || !cmd->device.joined)
		return WB_OK;
	st = wb_queue_waiting(&waiting, &cmd->device, err);
	if (st == WB_OK)
		st = wb_setting_get_number(&last, cmd->device.db,
		    WB_SET_LAST_SYNC, 0, err);
	if (st == WB_OK)
		st = wb_cmd_route(&route, &cmd->device, err);
	if (st != WB_OK)
		return st;
	oldest_text(oldest, sizeof oldest, &waiting,
	    wb_clock_today(cmd->clock));
	wb_cmd_say(cmd, "%" PRIu64 " not sent%s · ", waiting.records, oldest);
	if (last == 0) {
		wb_cmd_say(cmd, "no sync yet\n");
	} else {
		wb_cmd_say(cmd, "last success %s%s\n",
		    wb_cmd_when(when, cmd->clock, (int64_t)last),
		    route[0] == 't' ? " over Tor" : "");
	}
	return WB_OK;
}
