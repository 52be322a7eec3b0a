/* What entering a record and entering a void share; for client/journal alone. */
#ifndef WB_CLIENT_JOURNAL_PRIVATE_H
#define WB_CLIENT_JOURNAL_PRIVATE_H

#include "client/journal/journal.h"
#include "proto/record.h"

/* A record on its way into the tables. */
struct wb_entering {
	const struct wb_device *device;
	struct wb_db *db;
	const struct wb_origin *origin;
	const struct wb_hash *id;
	struct wb_goods goods;
	struct wb_place place;
	int64_t row;
};

/* As the tables have it: a void's is WB_KIND_VOID higher. */
int wb_entering_kind(const struct wb_goods *goods);

/* Its row, without lines. */
WB_MUST_CHECK enum wb_status wb_entering_insert(struct wb_entering *e,
    struct wb_error *err);

/* A void, with the lines of what it takes back; as wb_journal_record. */
WB_MUST_CHECK enum wb_status wb_entering_void(struct wb_entering *e,
    struct wb_error *err);

/* A record entered by hand, now in an opened batch: does its void hold? */
WB_MUST_CHECK enum wb_status wb_entering_check(const struct wb_entering *e,
    struct wb_error *err);

#endif
