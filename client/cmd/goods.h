/*
 * How the two halves of a record are said, in words and as JSON, whether they
 * come from a vault or out of evidence.  Links no vault.
 */
#ifndef WB_CLIENT_CMD_GOODS_H
#define WB_CLIENT_CMD_GOODS_H

#include <stdio.h>

#include "base/json.h"
#include "proto/record.h"

/* "rice 2.5 sack, beans 1 kg", at most `max` lines of goods. */
WB_MUST_CHECK enum wb_status wb_cmd_goods_text(struct wb_bytes *out,
    const struct wb_goods *goods, size_t max, struct wb_error *err);

/* "Reason", "To", "Mission" and so on, a line each, and a table of lines. */
WB_MUST_CHECK enum wb_status wb_cmd_halves_print(FILE *out,
    const struct wb_goods *goods, const struct wb_place *place,
    struct wb_error *err);
/* One such line; nothing where the text is empty. */
void wb_cmd_field_print(FILE *out, const char *name, struct wb_span text);

/* A day as "2026-03-01", none (0) as null. */
void wb_cmd_day_json(struct wb_json *j, const char *key, uint32_t day);
/* "lines": an array of objects. */
void wb_cmd_lines_json(struct wb_json *j, const struct wb_goods *goods);

#endif
