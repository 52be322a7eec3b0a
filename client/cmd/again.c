#include "client/cmd/commands.h"
#include "client/cmd/saving.h"

/* A receipt code belongs to one handing over: it is not repeated. */
static enum wb_status
repeat(struct wb_cmd *cmd, uint32_t day, struct wb_arena *arena,
    struct wb_error *err)
{
	struct wb_cmd_saving record = { .goods.day = 0 };
	struct wb_record last;
	enum wb_status st;

	st = wb_records_last(&last, arena, &cmd->device, err);
	if (st == WB_OK)
		st = wb_records_need_readable(&last, &cmd->device, err);
	if (st != WB_OK)
		return st;
	record.goods = wb_entry_repeat(&last.goods, day);
	record.place = last.place;
	record.place.code = wb_span(NULL, 0);
	st = wb_cmd_save(&cmd->device, &record, 1, err);
	return st == WB_OK ? wb_cmd_print_saved(cmd, &record, err) : st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_arena arena;
	uint32_t day = 0;
	enum wb_status st = wb_cmd_date(&day, cmd, err);

	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = repeat(cmd, day, &arena, err);
	wb_arena_clear(&arena);
	return st;
}

static const struct wb_option options[] = {
	{ "date", 0, false, "DAY", "when it happened (default: today)" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_again = {
	.help = {
		.name = "again",
		.group = "Every day",
		.synopsis = "[--date DAY]",
		.summary = "save the last record once more, dated today",
		.description =
		    "Repeats the newest record of this device that stands: "
		    "the same goods, place\nand note. Voids, and what they "
		    "void, are passed over.",
		.examples = "waybill again\nwaybill again --date 2026-03-01",
		.options = options,
	},
	.unchanged = "Nothing was saved.",
	.run = run,
};
