#include <sys/ioctl.h>

#include <unistd.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/goods.h"
#include "client/cmd/saving.h"
#include "client/cmd/table.h"

#define DEFAULT_LIMIT 20
#define LIST_BUDGET ((size_t)512 << 20)
#define MAX_GOODS_TEXT 65536 /* bytes */
#define SHOWN_LINES 3 /* of goods, in one row */
#define GOODS 4 /* the column that gives way to a narrow terminal */
#define COLUMNS 6

static const struct wb_table_column columns[COLUMNS] = {
	{ "Number", false },
	{ "Day", false },
	{ "State", false },
	{ "Kind", false },
	{ "Goods", false },
	{ "Place", false },
};

static enum wb_status
add_row(struct wb_table *t, const struct wb_record *r, struct wb_error *err)
{
	char id[WB_RECORD_ID_TEXT], day[WB_DAY_TEXT], kind[64];
	struct wb_span cells[COLUMNS] = { { NULL, 0 } };
	struct wb_bytes goods;
	enum wb_status st = WB_OK;

	wb_bytes_init(&goods, MAX_GOODS_TEXT);
	cells[0] = wb_span_text(wb_cmd_record_id(id, r->label, r->number));
	cells[1] = wb_span_text(wb_day_format(day, r->day));
	cells[2] = wb_span_text(
	    r->disputed ? "disputed" : wb_record_state_text(r->state));
	if (r->readable) {
		(void)snprintf(kind, sizeof kind, "%s%s",
		    wb_kind_text(r->goods.kind, r->goods.is_void),
		    r->voided ? " (voided)" : "");
		cells[3] = wb_span_text(kind);
		st = wb_cmd_goods_text(&goods, &r->goods, SHOWN_LINES, err);
		cells[4] = wb_bytes_span(&goods);
		cells[5] = wb_entry_place(&r->place);
	} else {
		cells[3] = wb_span_text("(sealed)");
	}
	if (st == WB_OK)
		st = wb_table_add(t, cells, err);
	wb_bytes_clear(&goods);
	return st;
}

static void
tell_none(struct wb_cmd *cmd)
{
	if (wb_member_may(cmd->device.self, WB_ROLE_FIELD)) {
		wb_cmd_say(cmd, "No records yet: waybill log\n");
	} else if (wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR)) {
		wb_cmd_say(cmd, "This device logged nothing. What others "
				"logged: waybill totals, waybill show ID\n");
	} else {
		wb_cmd_say(cmd, "An auditor logs nothing. To check what "
				"others did: waybill verify\n");
	}
}

static enum wb_status
print_text(struct wb_cmd *cmd, const struct wb_record *list, size_t n,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	bool disputed = false;
	struct winsize size;
	struct wb_table t;

	wb_table_init(&t, columns, COLUMNS);
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		disputed = disputed || list[i].disputed;
		st = add_row(&t, &list[i], err);
	}
	if (st == WB_OK) {
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
		    size.ws_col != 0)
			wb_table_fit(&t, GOODS, size.ws_col);
		wb_table_print(&t, stdout);
	}
	if (n == 0)
		tell_none(cmd);
	if (disputed) {
		wb_cmd_say(cmd,
		    "Disputed: not counted. Ask the coordinator why, then log "
		    "it again.\n");
	}
	wb_table_clear(&t);
	return st;
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_record *list, size_t n,
    struct wb_error *err)
{
	struct wb_json *j = &cmd->out;

	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_array(j, "records");
	for (size_t i = 0; i < n; i++) {
		wb_json_object(j, NULL);
		wb_cmd_record_json(j, &list[i]);
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static enum wb_status
read_limit(uint64_t *out, struct wb_cmd *cmd, struct wb_error *err)
{
	*out = cmd->json ? INT64_MAX : DEFAULT_LIMIT;
	if (!wb_args_has(cmd->args, "limit"))
		return WB_OK;
	if (wb_text_uint(out, wb_cmd_option(cmd, "limit"), 1, INT64_MAX, err) !=
	    WB_OK)
		return wb_fail(err, WB_USAGE,
		    "--limit: a whole number from 1 is needed");
	return WB_OK;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_record *list = NULL;
	struct wb_arena arena;
	uint64_t limit = 0;
	enum wb_status st;
	size_t n = 0;

	wb_arena_init(&arena, LIST_BUDGET);
	st = read_limit(&limit, cmd, err);
	if (st == WB_OK)
		st = wb_cmd_open_to_read(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = wb_records_own(&list, &n, &arena, &cmd->device, limit,
		    err);
	if (st == WB_OK && cmd->json)
		st = print_json(cmd, list, n, err);
	else if (st == WB_OK)
		st = print_text(cmd, list, n, err);
	wb_arena_clear(&arena);
	return st;
}

static const struct wb_option options[] = {
	{ "limit", 0, false, "N",
	    "at most so many (default 20; with --json all)" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_list = {
	.help = {
		.name = "list",
		.group = "Every day",
		.synopsis = "[--limit N]",
		.summary = "list this device's own records, newest first",
		.description =
		    "State: here (on this device only), stored (in the log, "
		    "with a receipt),\nwitnessed (and seen by the witnesses of "
		    "the policy), opened (and read by a\ncoordinator). What "
		    "this device may not read back is sealed.",
		.examples = "waybill list\nwaybill list --limit 100 --json",
		.options = options,
	},
	.run = run,
};
