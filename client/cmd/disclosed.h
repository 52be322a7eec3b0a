/* The record that a disclosure shows, in words and as JSON. */
#ifndef WB_CLIENT_CMD_DISCLOSED_H
#define WB_CLIENT_CMD_DISCLOSED_H

#include <stdio.h>

#include "base/json.h"
#include "client/audit/audit.h"

WB_MUST_CHECK enum wb_status wb_disclosed_print(FILE *out,
    const struct wb_audit_disclosed *record, struct wb_error *err);

/* "disclosed": an array with the record, or empty where that is NULL. */
void wb_disclosed_json(struct wb_json *j,
    const struct wb_audit_disclosed *record);

#endif
