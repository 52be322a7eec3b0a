#include "client/cmd/commands.h"
#include "client/cmd/teach.h"
#include "client/team/annexes.h"

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
list_items(size_t *count, struct wb_cmd *cmd, struct wb_arena *arena,
    struct wb_error *err)
{
	struct wb_catalogue catalogue;
	enum wb_status st;

	st = wb_annexes_catalogue(&catalogue, arena, &cmd->device, err);
	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < catalogue.item_count; i++)
		print_item(cmd, &catalogue.items[i]);
	*count = catalogue.item_count;
	return WB_OK;
}

static enum wb_status
add_one(struct wb_teaching *t, struct wb_span item, struct wb_span unit,
    struct wb_span category, struct wb_error *err)
{
	bool added;
	enum wb_status st = wb_change_add_item(&added, &t->change, item, unit,
	    category, err);

	if (st == WB_OK)
		wb_teach_count(t, added);
	return st;
}

static enum wb_status
add_line(struct wb_teaching *t, struct wb_error *err)
{
	return add_one(t, wb_cmd_word(t->cmd, 0), wb_cmd_option(t->cmd, "unit"),
	    wb_cmd_option(t->cmd, "category"), err);
}

static enum wb_status
add_file(struct wb_teaching *t, struct wb_import_list *list, struct wb_span csv,
    struct wb_error *err)
{
	enum wb_status st = wb_import_items(list, csv, err);

	for (size_t i = 0; st == WB_OK && i < list->item_count; i++)
		st = add_one(t, list->items[i].item, list->items[i].unit,
		    list->items[i].category, err);
	return st;
}

static const struct wb_taught items = {
	.one = "item",
	.many = "items",
	.list = list_items,
	.line = add_line,
	.file = add_file,
};

static enum wb_status
run_list(struct wb_cmd *cmd, struct wb_error *err)
{
	return wb_teach_list(cmd, &items, err);
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

static enum wb_status
run_add(struct wb_cmd *cmd, struct wb_error *err)
{
	return wb_teach_add(cmd, &items, err);
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
	.unchanged = "Nothing was changed.",
	.run = run_add,
};
