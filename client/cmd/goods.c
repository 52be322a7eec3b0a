#include "client/cmd/goods.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/cmd/table.h"

enum wb_status
wb_cmd_goods_text(struct wb_bytes *out, const struct wb_goods *goods,
    size_t max, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	char qty[WB_QTY_TEXT];

	for (size_t i = 0; st == WB_OK && i < goods->line_count; i++) {
		const struct wb_line *l = &goods->lines[i];

		if (i == max)
			return wb_bytes_printf(out, err, " and %zu more",
			    goods->line_count - max);
		if (i != 0)
			st = wb_bytes_append_text(out, ", ", err);
		if (st == WB_OK)
			st = wb_bytes_append(out, l->item, err);
		if (st == WB_OK)
			st = wb_bytes_printf(out, err, " %s",
			    wb_qty_format(qty, (int64_t)l->quantity));
		if (st == WB_OK && l->unit.len != 0)
			st = wb_bytes_append_text(out, " ", err);
		if (st == WB_OK)
			st = wb_bytes_append(out, l->unit, err);
	}
	return st;
}

void
wb_cmd_day_json(struct wb_json *j, const char *key, uint32_t day)
{
	char text[WB_DAY_TEXT];

	wb_json_string(j, key, day == 0 ? NULL : wb_day_format(text, day));
}

void
wb_cmd_lines_json(struct wb_json *j, const struct wb_goods *goods)
{
	wb_json_array(j, "lines");
	for (size_t i = 0; i < goods->line_count; i++) {
		const struct wb_line *l = &goods->lines[i];

		wb_json_object(j, NULL);
		wb_json_text(j, "item", l->item);
		wb_json_text(j, "unit", l->unit);
		wb_json_qty(j, "quantity", (int64_t)l->quantity);
		wb_json_text(j, "lot", l->lot);
		wb_cmd_day_json(j, "expiry", l->expiry_day);
		wb_json_text(j, "detail", l->detail);
		wb_json_close(j);
	}
	wb_json_close(j);
}

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
print_lines(FILE *out, const struct wb_goods *goods, struct wb_error *err)
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
		wb_table_print(&t, out);
	wb_table_clear(&t);
	return st;
}

void
wb_cmd_field_print(FILE *out, const char *name, struct wb_span text)
{
	if (text.len != 0)
		(void)fprintf(out, "%-11s %.*s\n", name, (int)text.len,
		    (const char *)text.data);
}

static void
print_count(FILE *out, const char *name, uint32_t n)
{
	if (n != 0)
		(void)fprintf(out, "%-11s %" PRIu32 "\n", name, n);
}

enum wb_status
wb_cmd_halves_print(FILE *out, const struct wb_goods *goods,
    const struct wb_place *place, struct wb_error *err)
{
	if (goods->reason != WB_REASON_NONE)
		wb_cmd_field_print(out, "Reason",
		    wb_span_text(wb_reason_text(goods->reason)));
	wb_cmd_field_print(out, "From", place->from);
	wb_cmd_field_print(out, "To", place->to);
	wb_cmd_field_print(out, "Mission", goods->reference);
	print_count(out, "Households", place->households);
	print_count(out, "People", place->people);
	wb_cmd_field_print(out, "Note", place->note);
	return print_lines(out, goods, err);
}
