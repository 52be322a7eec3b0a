#include <inttypes.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/saving.h"
#include "client/cmd/table.h"

#define COLUMNS 6

static const struct wb_table_column columns[COLUMNS] = {
	{ "Item", false },
	{ "Quantity", true },
	{ "Unit", false },
	{ "Lot", false },
	{ "Expires", false },
	{ "Detail", false },
};

static enum wb_status
print_lines(const struct wb_goods *goods, struct wb_error *err)
{
	char qty[WB_QTY_TEXT], day[WB_DAY_TEXT];
	enum wb_status st = WB_OK;
	struct wb_table t;

	wb_table_init(&t, columns, COLUMNS);
	for (size_t i = 0; st == WB_OK && i < goods->line_count; i++) {
		const struct wb_line *l = &goods->lines[i];
		struct wb_span cells[COLUMNS] = { l->item,
			wb_span_text(wb_qty_format(qty, (int64_t)l->quantity)),
			l->unit, l->lot, { NULL, 0 }, l->detail };

		if (l->expiry_day != 0)
			cells[4] = wb_span_text(
			    wb_day_format(day, l->expiry_day));
		st = wb_table_add(&t, cells, err);
	}
	if (st == WB_OK)
		wb_table_print(&t, stdout);
	wb_table_clear(&t);
	return st;
}

static void
print_field(struct wb_cmd *cmd, const char *name, struct wb_span text)
{
	if (text.len != 0)
		wb_cmd_print(cmd, "%-11s %.*s\n", name, (int)text.len,
		    (const char *)text.data);
}

static void
print_count(struct wb_cmd *cmd, const char *name, uint32_t n)
{
	if (n != 0)
		wb_cmd_print(cmd, "%-11s %" PRIu32 "\n", name, n);
}

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
		print_field(cmd, "Voids",
		    wb_span_text(
			wb_cmd_record_id(voids, r->voids_label, r->voids)));
	}
	if (r->goods.reason != WB_REASON_NONE)
		print_field(cmd, "Reason",
		    wb_span_text(wb_reason_text(r->goods.reason)));
	print_field(cmd, "From", r->place.from);
	print_field(cmd, "To", r->place.to);
	print_field(cmd, "Mission", r->goods.reference);
	print_count(cmd, "Households", r->place.households);
	print_count(cmd, "People", r->place.people);
	print_field(cmd, "Note", r->place.note);
	return print_lines(&r->goods, err);
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
