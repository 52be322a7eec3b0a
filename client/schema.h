/* The tables of a vault; client/schema.sql is the text. */
#ifndef WB_CLIENT_SCHEMA_H
#define WB_CLIENT_SCHEMA_H

#include "base/db.h"

enum wb_annex_kind {
	WB_ANNEX_CATALOGUE = 1,
	WB_ANNEX_PLACES = 2,
	WB_ANNEX_NAMES = 3
};

enum wb_batch_outcome {
	WB_BATCH_CLOSED = 0, /* not opened here: no right, or not yet tried */
	WB_BATCH_OPENED = 1,
	WB_BATCH_UNDECRYPTABLE = 2,
	WB_BATCH_DISPUTED = 3
};

/* Makes all tables in an empty database, in one transaction. */
WB_MUST_CHECK enum wb_status wb_schema_create(struct wb_db *db,
    struct wb_error *err);

/*
 * WB_NEWER: made by a later version; WB_STORAGE: by an earlier one (id
 * "vault-older"), or not a vault's tables ("vault-empty").
 */
WB_MUST_CHECK enum wb_status wb_schema_check(struct wb_db *db,
    struct wb_error *err);

/* Empties every derived table, in the caller's transaction. */
WB_MUST_CHECK enum wb_status wb_schema_drop_derived(struct wb_db *db,
    struct wb_error *err);

#endif
