#include "client/cmd/disclosed.h"

#include <inttypes.h>

#include "base/clock.h"
#include "client/cmd/goods.h"
#include "crypto/text.h"

enum wb_status
wb_disclosed_print(FILE *out, const struct wb_audit_disclosed *record,
    struct wb_error *err)
{
	const struct wb_goods *goods = &record->goods;
	char day[WB_DAY_TEXT];

	(void)fprintf(out, "%.*s",
	    (int)(record->device.len == 0 ? 8 : record->device.len),
	    record->device.len == 0 ? "A member"
				    : (const char *)record->device.data);
	if (record->has_place)
		(void)fprintf(out, "-%" PRIu64, record->place.number);
	(void)fprintf(out, " · %s · %s\n",
	    wb_kind_text(goods->kind, goods->is_void),
	    wb_day_format(day, goods->day));
	if (!record->has_place)
		wb_cmd_field_print(out, "Place", wb_span_text("not shown"));
	return wb_cmd_halves_print(out, goods, &record->place, err);
}

static void
put_hash(struct wb_json *j, const char *key, const struct wb_hash *hash)
{
	char text[2 * WB_HASH_LEN + 1];

	wb_hex_format(text, wb_hash_span(hash));
	wb_json_string(j, key, text);
}

static void
put_goods(struct wb_json *j, const struct wb_goods *goods)
{
	wb_json_string(j, "kind", wb_kind_text(goods->kind, goods->is_void));
	wb_cmd_day_json(j, "day", goods->day);
	if (goods->reason != WB_REASON_NONE)
		wb_json_string(j, "reason", wb_reason_text(goods->reason));
	if (goods->is_void)
		put_hash(j, "amends", &goods->amends);
	wb_json_text(j, "reference", goods->reference);
	wb_cmd_lines_json(j, goods);
}

static void
put_place(struct wb_json *j, const struct wb_place *place)
{
	char code[2 * WB_RECEIPT_CODE_LEN + 1];

	wb_json_object(j, "place");
	wb_json_uint(j, "number", place->number);
	wb_json_text(j, "from", place->from);
	wb_json_text(j, "to", place->to);
	wb_json_uint(j, "households", place->households);
	wb_json_uint(j, "people", place->people);
	if (place->code.len != 0) {
		wb_hex_format(code, place->code);
		wb_json_string(j, "code", code);
	}
	wb_json_text(j, "note", place->note);
	wb_json_close(j);
}

void
wb_disclosed_json(struct wb_json *j, const struct wb_audit_disclosed *record)
{
	wb_json_array(j, "disclosed");
	if (record != NULL) {
		wb_json_object(j, NULL);
		put_hash(j, "record", &record->id);
		wb_json_text(j, "device", record->device);
		wb_json_uint(j, "entry", record->index);
		put_goods(j, &record->goods);
		if (record->has_place)
			put_place(j, &record->place);
		wb_json_close(j);
	}
	wb_json_close(j);
}
