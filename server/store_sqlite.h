/* What the parts of the SQLite store share; server/store.h is the face. */
#ifndef WB_SERVER_STORE_SQLITE_H
#define WB_SERVER_STORE_SQLITE_H

#include "base/db.h"
#include "server/store.h"

struct wb_store {
	struct wb_db *db;
	bool held; /* a transaction is open, from hold to release */
};

/*
 * Ends a transaction in which everything so far was `st`: commits, or undoes
 * it.  WB_STORAGE, id "store-poisoned": a sync failed, and a later one would
 * lie.
 */
WB_MUST_CHECK enum wb_status wb_store_finish(struct wb_store *s,
    enum wb_status st, struct wb_error *err);

#endif
