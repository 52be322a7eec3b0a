#include <inttypes.h>

#include "client/annexes.h"
#include "client/change.h"
#include "client/cmd/commands.h"
#include "client/ledger/importing.h"

/* ------------------------------------------------------------- listing */

static void
print_item(struct wb_cmd *cmd, const struct wb_item *item)
{
	if (!cmd->json) {
		wb_cmd_print(cmd, "%.*s\t%.*s\t%.*s\n", (int)item->item.len,
		    (const char *)item->item.data, (int)item->unit.len,
		    (const char *)item->unit.data, (int)item->category.len,
		    (const char *)item->category.data);
		return;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_text(&cmd->out, "item", item->item);
	wb_json_text(&cmd->out, "unit", item->unit);
	wb_json_text(&cmd->out, "category", item->category);
	wb_json_close(&cmd->out);
}

static enum wb_status
list_items(struct wb_cmd *cmd, struct wb_arena *arena, struct wb_error *err)
{
	struct wb_catalogue catalogue;
	enum wb_status st;

	st = wb_annexes_catalogue(&catalogue, arena, &cmd->device, err);
	if (st != WB_OK)
		return st;
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_array(&cmd->out, "items");
	}
	for (size_t i = 0; i < catalogue.item_count; i++)
		print_item(cmd, &catalogue.items[i]);
	if (catalogue.item_count == 0)
		wb_cmd_say(cmd, "No items are taught yet: waybill items add\n");
	if (!cmd->json)
		return WB_OK;
	wb_json_close(&cmd->out);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
run_list(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = list_items(cmd, &arena, err);
	wb_arena_clear(&arena);
	return st;
}

const struct wb_subcommand wb_cmd_items = {
	.help = {
		.name = "items",
		.group = "Team",
		.synopsis = "",
		.summary = "list the items, their units and categories",
		.description =
		    "One line an item and unit, fields apart by tabs.",
		.examples = "waybill items\nwaybill items --json",
	},
	.run = run_list,
};

/* -------------------------------------------------------------- adding */

struct adding {
	struct wb_change *change;
	uint64_t added;
	uint64_t known;
	uint64_t faults; /* rows left out */
};

static enum wb_status
add_one(void *ctx, struct wb_span item, struct wb_span unit,
    struct wb_span category, struct wb_error *err)
{
	struct adding *a = ctx;
	enum wb_status st;
	bool added;

	st = wb_change_add_item(&added, a->change, item, unit, category, err);
	if (st != WB_OK)
		return st;
	a->added += added;
	a->known += !added;
	return WB_OK;
}

/* All that a CSV of deliveries holds; bad rows are named and left out. */
static enum wb_status
add_from(struct wb_cmd *cmd, struct adding *a, const char *path,
    struct wb_error *err)
{
	struct wb_import_list list = { 0 };
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, WB_MAX_IMPORT);
	st = wb_cmd_read(&file, path, err);
	if (st == WB_OK)
		st = wb_import_items(&list, wb_bytes_span(&file), err);
	for (size_t i = 0; st == WB_OK && i < list.item_count; i++)
		st = add_one(a, list.items[i].item, list.items[i].unit,
		    list.items[i].category, err);
	for (size_t i = 0; st == WB_OK && i < list.fault_count; i++)
		wb_cmd_warn(cmd, "line %" PRIu64 ": %.*s", list.faults[i].line,
		    (int)list.faults[i].why.len,
		    (const char *)list.faults[i].why.data);
	a->faults = list.fault_count;
	wb_import_list_clear(&list);
	wb_bytes_clear(&file);
	return st;
}

static enum wb_status
check_words(const struct wb_cmd *cmd, struct wb_error *err)
{
	bool from = wb_args_has(cmd->args, "from");

	if (from == (cmd->args->n_words != 0))
		return wb_fail(err, WB_USAGE,
		    "name an item, or a file with --from, not both");
	return WB_OK;
}

static enum wb_status
add(struct wb_cmd *cmd, struct adding *a, struct wb_error *err)
{
	const char *from = wb_args_value(cmd->args, "from");
	enum wb_status st;

	if (from != NULL)
		st = add_from(cmd, a, from, err);
	else
		st = add_one(a, wb_cmd_word(cmd, 0), wb_cmd_option(cmd, "unit"),
		    wb_cmd_option(cmd, "category"), err);
	if (st != WB_OK || a->added == 0)
		return st;
	return wb_change_apply(a->change, &cmd->device, err);
}

static enum wb_status
run_add(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_change change = { 0 };
	struct adding a = { .change = &change };
	enum wb_status st;

	st = check_words(cmd, err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_change_begin(&change, &cmd->device, err);
	if (st == WB_OK)
		st = add(cmd, &a, err);
	wb_change_clear(&change);
	if (st != WB_OK)
		return st;
	wb_cmd_print_added(cmd, "item", a.added, a.known);
	st = wb_cmd_sync_line(cmd, err);
	if (st == WB_OK && a.faults != 0)
		st = wb_fail(err, WB_PARTIAL,
		    "%" PRIu64 " rows were left out; the rest is taught",
		    a.faults);
	return st;
}

static const struct wb_option add_options[] = {
	{ "unit", 0, false, "UNIT", "what it is counted in" },
	{ "category", 0, false, "NAME", "what totals group it under" },
	{ "from", 0, false, "FILE.csv",
	    "teach all that a file of deliveries "
	    "holds" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_items_add = {
	.help = {
		.name = "items add",
		.group = "Team",
		.synopsis = "ITEM [--unit UNIT] [--category NAME] | --from "
			    "FILE.csv",
		.summary = "teach an item, or all of a file",
		.description =
		    "An item and a unit are a pair: one item may come in "
		    "several units. An empty\nunit is a unit of its own. "
		    "Names are kept as written.",
		.examples =
		    "waybill items add rice --unit sack --category food\n"
		    "waybill items add --from deliveries.csv",
		.options = add_options,
		.max_words = 1,
	},
	.run = run_add,
};
