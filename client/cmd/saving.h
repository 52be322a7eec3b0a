/* What the commands that save or show records have in common. */
#ifndef WB_CLIENT_CMD_SAVING_H
#define WB_CLIENT_CMD_SAVING_H

#include "client/cmd/cmd.h"
#include "client/journal/records.h"
#include "client/ledger/entry.h"

#define WB_RECORD_ID_TEXT 64 /* "K7-142" and a NUL */

/* What this device knows, and whether it may use anything else. */
WB_MUST_CHECK enum wb_status wb_cmd_known(struct wb_known *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);

/* One record to save; the rest is filled in when it is. */
struct wb_cmd_saving {
	struct wb_goods goods;
	struct wb_place place;
	struct wb_hash id;
};

/*
 * Of one who may use anything: says which items and which place of the record
 * are not taught yet, with what is near, so that a slip is seen at once.
 * Nothing where nothing is taught.
 */
void wb_cmd_tell_new(struct wb_cmd *cmd, const struct wb_known *known,
    const struct wb_cmd_saving *record);

/* Saves all of them in one transaction, or none.  Durable on WB_OK. */
WB_MUST_CHECK enum wb_status wb_cmd_save(struct wb_device *device,
    struct wb_cmd_saving *records, size_t n, struct wb_error *err);

/* "K7-142", or "142" where the device has no label.  Returns `out`. */
const char *wb_cmd_record_id(char out[WB_RECORD_ID_TEXT], struct wb_span label,
    uint64_t number);

/* Prints "Saved K7-142 · rice 2.5 sack · S-12 · 2026-03-01", or as JSON the
 * record with its id; then the sync line. */
WB_MUST_CHECK enum wb_status wb_cmd_print_saved(struct wb_cmd *cmd,
    const struct wb_cmd_saving *record, struct wb_error *err);

/* "Saved K7-143 · voids K7-142", then what replaces it, if anything does. */
WB_MUST_CHECK enum wb_status wb_cmd_print_fixed(struct wb_cmd *cmd,
    const struct wb_record *old, const struct wb_cmd_saving *made, size_t n,
    struct wb_error *err);

/* A record's members, into an object that is open. */
void wb_cmd_record_json(struct wb_json *j, const struct wb_record *r);

/* Reads --date (default: today) and warns of days after today. */
WB_MUST_CHECK enum wb_status wb_cmd_date(uint32_t *out, struct wb_cmd *cmd,
    struct wb_error *err);
/* Reads a day that an option gives; 1970-01-01 is none. */
WB_MUST_CHECK enum wb_status wb_cmd_day(uint32_t *out, const char *option,
    struct wb_span text, struct wb_error *err);
/* Gives a warning of days after today: the clock, or the day, is wrong. */
void wb_cmd_warn_future(struct wb_cmd *cmd, uint32_t day);

#endif
