#include <inttypes.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/goods.h"
#include "client/cmd/saving.h"

static enum wb_status
print_text(struct wb_cmd *cmd, const struct wb_record *r, struct wb_error *err)
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
	return wb_cmd_halves_print(stdout, &r->goods, &r->place, err);
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_record *r, struct wb_error *err)
{
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_cmd_record_json(&cmd->out, r);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_record record;
	struct wb_arena arena;
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
	if (st == WB_OK && cmd->json)
		st = print_json(cmd, &record, err);
	else if (st == WB_OK)
		st = print_text(cmd, &record, err);
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
