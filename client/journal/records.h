/*
 * Records as people ask for them: their own newest first, or one by its number,
 * and how far each has come.  Reads the derived tables; changes nothing.
 */
#ifndef WB_CLIENT_RECORDS_H
#define WB_CLIENT_RECORDS_H

#include "client/device.h"
#include "proto/record.h"

/* They exclude each other. */
enum wb_record_state {
	WB_RECORD_HERE, /* on this device only */
	WB_RECORD_STORED, /* in the log, with a receipt */
	WB_RECORD_WITNESSED, /* and under a head that a quorum cosigned */
	WB_RECORD_OPENED /* and read by a coordinator */
};

struct wb_record {
	struct wb_span label; /* of the device that made it; may be empty */
	uint64_t number; /* K7-142: 142 */
	struct wb_hash id;
	uint32_t day; /* days since 1970-01-01 */
	enum wb_record_state state;
	uint64_t entry; /* of its batch in the log; meaningless while here */
	bool disputed; /* its batch is */
	bool readable; /* what follows is known here */
	bool voided;
	uint64_t voids; /* number of the record it voids; 0: none, or unknown */
	struct wb_span voids_label; /* of the device that made that one */
	struct wb_goods goods;
	struct wb_place place;
};

/* "here", "stored", "witnessed", "opened". */
const char *wb_record_state_text(enum wb_record_state state);

/* This device's, newest first, at most `limit`; all in the arena. */
WB_MUST_CHECK enum wb_status wb_records_own(struct wb_record **out, size_t *n,
    struct wb_arena *arena, struct wb_device *device, uint64_t limit,
    struct wb_error *err);

/*
 * One record.  `label` empty, or this device's: an own one; letters ignore
 * case.  WB_NOT_FOUND, id "no-record".
 */
WB_MUST_CHECK enum wb_status wb_records_find(struct wb_record *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_span label,
    uint64_t number, struct wb_error *err);

/*
 * The newest own record that is no void and not voided; where none can be
 * read, the newest of all.  WB_NOT_FOUND, id "no-record".
 */
WB_MUST_CHECK enum wb_status wb_records_last(struct wb_record *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);

/*
 * WB_FAILED, ids "sealed" and "purged", with why, unless it is readable.
 */
WB_MUST_CHECK enum wb_status wb_records_need_readable(const struct wb_record *r,
    const struct wb_device *device, struct wb_error *err);

#endif
