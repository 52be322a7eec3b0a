#include "client/cmd/saving.h"

#include <inttypes.h>

#include "base/text.h"
#include "client/cmd/goods.h"
#include "client/queue.h"
#include "client/team/annexes.h"

#define MAX_SAVED_LINE 65536 /* bytes */
#define SHOWN_LINES 4 /* of goods, in one line of text */

/*
 * Nobody takes the records of others, so none are made.  Who was sent away goes
 * on: a coordinator may let in what is honest of it.
 */
static enum wb_status
need_recorder(const struct wb_device *device, struct wb_error *err)
{
	const struct wb_member *self = device->self;

	if (self == NULL || wb_member_is(self, WB_ROLE_FIELD) ||
	    wb_member_is(self, WB_ROLE_COORDINATOR))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_FAILED,
		"only field members and coordinators log deliveries"),
	    "not-recorder", "Log it on a device of one of them.");
}

enum wb_status
wb_cmd_known(struct wb_known *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	enum wb_status st = need_recorder(device, err);
	struct wb_names names;

	if (st != WB_OK)
		return st;
	*out = (struct wb_known){ .open = device->roster.open_catalogue };
	st = wb_annexes_catalogue(&out->catalogue, arena, device, err);
	if (st != WB_OK)
		return st;
	if (!wb_member_may(device->self, WB_ROLE_COORDINATOR))
		return wb_annexes_places(&out->places, arena, device, err);
	out->open = true;
	st = wb_annexes_names(&names, arena, device, err);
	if (st == WB_NOT_FOUND)
		return WB_OK;
	out->places.places = names.places;
	out->places.place_count = names.place_count;
	return st;
}

void
wb_cmd_tell_new(struct wb_cmd *cmd, const struct wb_known *known,
    const struct wb_cmd_saving *record)
{
	struct wb_known taught = *known;
	struct wb_error why = { 0 };

	taught.open = false;
	for (size_t i = 0;
	     i < record->goods.line_count && taught.catalogue.item_count != 0;
	     i++) {
		const struct wb_line *l = &record->goods.lines[i];

		if (wb_entry_check_item(&taught, l->item, l->unit, &why) !=
		    WB_OK)
			wb_cmd_warn(cmd, "%s; it is saved as it is", why.text);
	}
	if (taught.places.place_count != 0 &&
	    wb_entry_check_place(&taught, wb_entry_place(&record->place),
		&why) != WB_OK)
		wb_cmd_warn(cmd, "%s; it is saved as it is", why.text);
}

enum wb_status
wb_cmd_save(struct wb_device *device, struct wb_cmd_saving *records, size_t n,
    struct wb_error *err)
{
	struct wb_sealing sealing = { 0 };
	enum wb_status st;

	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = wb_sealing_begin(&sealing, err);
	if (st != WB_OK)
		return st;
	st = wb_db_begin(device->db, err);
	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = wb_queue_save(&records[i].id, &sealing, device,
		    &records[i].goods, &records[i].place, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	if (st != WB_OK)
		wb_db_rollback(device->db);
	wb_sealing_end(&sealing);
	return st;
}

const char *
wb_cmd_record_id(char out[WB_RECORD_ID_TEXT], struct wb_span label,
    uint64_t number)
{
	int len = (int)(label.len < WB_MAX_LABEL ? label.len : WB_MAX_LABEL);

	(void)snprintf(out, WB_RECORD_ID_TEXT, "%.*s%s%" PRIu64, len,
	    len == 0 ? "" : (const char *)label.data, len == 0 ? "" : "-",
	    number);
	return out;
}

static void
put_content(struct wb_json *j, const struct wb_record *r)
{
	char id[WB_RECORD_ID_TEXT];

	wb_json_string(j, "kind",
	    wb_kind_text(r->goods.kind, r->goods.is_void));
	if (r->goods.reason != WB_REASON_NONE)
		wb_json_string(j, "reason", wb_reason_text(r->goods.reason));
	if (r->goods.is_void && r->voids != 0)
		wb_json_string(j, "voids",
		    wb_cmd_record_id(id, r->voids_label, r->voids));
	wb_json_bool(j, "voided", r->voided);
	wb_json_text(j, "place", wb_entry_place(&r->place));
	wb_json_text(j, "reference", r->goods.reference);
	wb_cmd_lines_json(j, &r->goods);
	wb_json_uint(j, "households", r->place.households);
	wb_json_uint(j, "people", r->place.people);
	wb_json_text(j, "note", r->place.note);
}

void
wb_cmd_record_json(struct wb_json *j, const struct wb_record *r)
{
	char id[WB_RECORD_ID_TEXT];

	wb_json_string(j, "id", wb_cmd_record_id(id, r->label, r->number));
	wb_json_uint(j, "number", r->number);
	wb_cmd_day_json(j, "day", r->day);
	wb_json_string(j, "state", wb_record_state_text(r->state));
	if (r->state == WB_RECORD_HERE)
		wb_json_null(j, "entry");
	else
		wb_json_uint(j, "entry", r->entry);
	wb_json_bool(j, "disputed", r->disputed);
	wb_json_bool(j, "readable", r->readable);
	if (r->readable)
		put_content(j, r);
}

static struct wb_record
record_of(const struct wb_cmd *cmd, const struct wb_cmd_saving *saved)
{
	const struct wb_member *self = cmd->device.self;

	return (struct wb_record){
		.label = self == NULL ? wb_span(NULL, 0) : self->label,
		.number = saved->place.number,
		.id = saved->id,
		.day = saved->goods.day,
		.state = WB_RECORD_HERE,
		.readable = true,
		.goods = saved->goods,
		.place = saved->place,
	};
}

static enum wb_status
print_saved_text(struct wb_cmd *cmd, const struct wb_record *r,
    struct wb_error *err)
{
	struct wb_span place = wb_entry_place(&r->place);
	char id[WB_RECORD_ID_TEXT], day[WB_DAY_TEXT];
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, MAX_SAVED_LINE);
	st = wb_bytes_printf(&text, err, "Saved %s · %s ",
	    wb_cmd_record_id(id, r->label, r->number),
	    wb_kind_text(r->goods.kind, r->goods.is_void));
	if (st == WB_OK)
		st = wb_cmd_goods_text(&text, &r->goods, SHOWN_LINES, err);
	if (st == WB_OK && place.len != 0)
		st = wb_bytes_append_text(&text, " · ", err);
	if (st == WB_OK)
		st = wb_bytes_append(&text, place, err);
	if (st == WB_OK)
		st = wb_bytes_printf(&text, err, " · %s\n",
		    wb_day_format(day, r->goods.day));
	if (st == WB_OK)
		wb_cmd_print(cmd, "%.*s", (int)text.len,
		    (const char *)text.data);
	wb_bytes_clear(&text);
	return st;
}

enum wb_status
wb_cmd_print_saved(struct wb_cmd *cmd, const struct wb_cmd_saving *record,
    struct wb_error *err)
{
	struct wb_record r = record_of(cmd, record);
	char id[WB_RECORD_ID_TEXT];
	enum wb_status st;

	wb_cmd_note_saved(cmd, "%s is saved",
	    wb_cmd_record_id(id, r.label, r.number));
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_cmd_record_json(&cmd->out, &r);
		wb_json_close(&cmd->out);
		st = wb_json_finish(&cmd->out, err);
	} else {
		st = print_saved_text(cmd, &r, err);
	}
	return st == WB_OK ? wb_cmd_sync_line(cmd, err) : st;
}

static enum wb_status
print_fixed_json(struct wb_cmd *cmd, const struct wb_record *old,
    const struct wb_cmd_saving *made, size_t n, struct wb_error *err)
{
	char id[WB_RECORD_ID_TEXT];
	struct wb_json *j = &cmd->out;

	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_string(j, "fixed",
	    wb_cmd_record_id(id, old->label, old->number));
	wb_json_array(j, "saved");
	for (size_t i = 0; i < n; i++) {
		struct wb_record r = record_of(cmd, &made[i]);

		wb_json_object(j, NULL);
		wb_cmd_record_json(j, &r);
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

enum wb_status
wb_cmd_print_fixed(struct wb_cmd *cmd, const struct wb_record *old,
    const struct wb_cmd_saving *made, size_t n, struct wb_error *err)
{
	char id[WB_RECORD_ID_TEXT], voided[WB_RECORD_ID_TEXT];
	struct wb_record first = record_of(cmd, &made[0]);
	enum wb_status st = WB_OK;

	wb_cmd_note_saved(cmd, "the correction of %s is saved",
	    wb_cmd_record_id(voided, old->label, old->number));
	if (cmd->json) {
		st = print_fixed_json(cmd, old, made, n, err);
		return st == WB_OK ? wb_cmd_sync_line(cmd, err) : st;
	}
	wb_cmd_print(cmd, "Saved %s · voids %s (%s)\n",
	    wb_cmd_record_id(id, first.label, first.number),
	    wb_cmd_record_id(voided, old->label, old->number),
	    wb_reason_text(first.goods.reason));
	if (n > 1)
		return wb_cmd_print_saved(cmd, &made[1], err);
	return wb_cmd_sync_line(cmd, err);
}

enum wb_status
wb_cmd_day(uint32_t *out, const char *option, struct wb_span text,
    struct wb_error *err)
{
	enum wb_status st = wb_day_parse(out, text, err);

	if (st == WB_OK && *out == 0)
		st = WB_INVALID;
	if (st == WB_OK)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_USAGE,
		"--%s: a date must be a real day from 1970-01-02 to "
		"2199-12-31, written like 2026-03-01",
		option),
	    "bad-date", "Nothing was saved. Give the date again.");
}

void
wb_cmd_warn_future(struct wb_cmd *cmd, uint32_t day)
{
	char given[WB_DAY_TEXT], today[WB_DAY_TEXT];
	uint32_t now = wb_clock_today(cmd->clock);

	if (day > now) {
		wb_cmd_warn(cmd,
		    "%s is after today, which is %s by this device's clock",
		    wb_day_format(given, day), wb_day_format(today, now));
	}
}

enum wb_status
wb_cmd_date(uint32_t *out, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_span date = wb_cmd_option(cmd, "date");
	enum wb_status st;

	if (!wb_args_has(cmd->args, "date")) {
		*out = wb_clock_today(cmd->clock);
		return WB_OK;
	}
	st = wb_cmd_day(out, "date", date, err);
	if (st == WB_OK)
		wb_cmd_warn_future(cmd, *out);
	return st;
}
