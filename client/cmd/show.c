#include <inttypes.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/goods.h"
#include "client/cmd/saving.h"
#include "client/disclosure/showing.h"

/* What coordinators have noted of it. */
struct shown {
	struct wb_showing_note *notes;
	size_t count;
	uint64_t unread;
};

static enum wb_status
read_notes(struct shown *out, struct wb_arena *arena, struct wb_device *device,
    const struct wb_record *r, struct wb_error *err)
{
	*out = (struct shown){ 0 };
	if (!wb_member_may(device->self, WB_ROLE_COORDINATOR))
		return WB_OK;
	return wb_showings_of(&out->notes, &out->count, &out->unread, arena,
	    device, &r->id, err);
}

/* "Shown       to Red Cross on 2026-03-09 by C1 (goods only)" */
static void
print_notes(struct wb_cmd *cmd, const struct shown *shown)
{
	char day[WB_DAY_TEXT];

	for (size_t i = 0; i < shown->count; i++) {
		const struct wb_showing *s = &shown->notes[i].showing;
		struct wb_span to = s->to, by = shown->notes[i].by;

		if (to.len == 0)
			to = wb_span_text("somebody");
		if (by.len == 0)
			by = wb_span_text("a former member");
		wb_cmd_print(cmd, "%-11s to %.*s on %s by %.*s%s%s\n", "Shown",
		    (int)to.len, (const char *)to.data,
		    wb_day_format(day, s->day), (int)by.len,
		    (const char *)by.data,
		    wb_span_equal(s->what, WB_SHOWN_GOODS) ? " (goods only)"
							   : "",
		    shown->notes[i].logged ? "" : " · the note is not sent");
	}
	if (shown->unread != 0) {
		wb_cmd_print(cmd,
		    "%-11s %" PRIu64 " note%s of what was shown cannot be read "
		    "here\n",
		    "Shown", shown->unread, shown->unread == 1 ? "" : "s");
	}
}

static void
json_notes(struct wb_json *j, const struct shown *shown)
{
	char day[WB_DAY_TEXT];

	wb_json_array(j, "shown");
	for (size_t i = 0; i < shown->count; i++) {
		const struct wb_showing_note *n = &shown->notes[i];

		wb_json_object(j, NULL);
		wb_json_text(j, "to", n->showing.to);
		wb_json_string(j, "day", wb_day_format(day, n->showing.day));
		wb_json_text(j, "what", n->showing.what);
		wb_json_text(j, "by", n->by);
		wb_json_bool(j, "logged", n->logged);
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_uint(j, "notes_unread", shown->unread);
}

static enum wb_status
print_text(struct wb_cmd *cmd, const struct wb_record *r,
    const struct shown *shown, struct wb_error *err)
{
	char id[WB_RECORD_ID_TEXT], voids[WB_RECORD_ID_TEXT], day[WB_DAY_TEXT];

	wb_cmd_print(cmd, "%s · %s · %s · %s%s\n",
	    wb_cmd_record_id(id, r->label, r->number),
	    wb_kind_text(r->goods.kind, r->goods.is_void),
	    wb_day_format(day, r->day), wb_record_state_text(r->state),
	    r->disputed ? " · disputed" : "");
	if (r->voided)
		wb_cmd_print(cmd, "%-11s a later record takes this one back\n",
		    "Voided");
	if (r->goods.is_void && r->voids != 0) {
		wb_cmd_field_print(stdout, "Voids",
		    wb_span_text(
			wb_cmd_record_id(voids, r->voids_label, r->voids)));
	}
	if (r->state != WB_RECORD_HERE)
		wb_cmd_print(cmd, "%-11s entry %" PRIu64 "\n", "In the log",
		    r->entry);
	print_notes(cmd, shown);
	return wb_cmd_halves_print(stdout, &r->goods, &r->place, err);
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_record *r,
    const struct shown *shown, struct wb_error *err)
{
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_cmd_record_json(&cmd->out, r);
	json_notes(&cmd->out, shown);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_record record;
	struct wb_arena arena;
	struct shown shown;
	struct wb_span label;
	uint64_t number = 0;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_entry_id(&label, &number, wb_cmd_word(cmd, 0), err);
	if (st == WB_OK)
		st = wb_cmd_open_to_read(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = wb_records_find(&record, &arena, &cmd->device, label,
		    number, err);
	if (st == WB_OK)
		st = wb_records_need_readable(&record, &cmd->device, err);
	if (st == WB_OK)
		st = read_notes(&shown, &arena, &cmd->device, &record, err);
	if (st == WB_OK && cmd->json)
		st = print_json(cmd, &record, &shown, err);
	else if (st == WB_OK)
		st = print_text(cmd, &record, &shown, err);
	wb_arena_clear(&arena);
	return st;
}

const struct wb_subcommand wb_cmd_show = {
	.help = {
		.name = "show",
		.group = "See and check",
		.synopsis = "ID",
		.summary = "show one record in full",
		.description =
		    "The number alone is one of this device; letters of a "
		    "label ignore case.\nCoordinators can show every record "
		    "that they opened.",
		.examples = "waybill show 142\nwaybill show K7-142 --json",
		.min_words = 1,
		.max_words = 1,
	},
	.run = run,
};
