/*
 * One record for somebody outside the programme: its goods, with or without
 * its place, and what proves them to who knows the programme's id.  PROTOCOL.md,
 * "Bundles", says what else such a file tells.
 */
#ifndef WB_CLIENT_DISCLOSURE_DISCLOSURE_H
#define WB_CLIENT_DISCLOSURE_DISCLOSURE_H

#include "client/journal/records.h"

#define WB_MAX_DISCLOSURE_BUNDLE ((size_t)512 << 20) /* bytes: all rosters */

/*
 * Appends the bundle that shows `record`, which wb_records_find found.  Opens
 * its batch again for the salts, which are kept nowhere: for coordinators.
 * WB_FAILED, ids "not-coordinator", "not-logged", "disputed" (its batch does
 * not count); WB_PARTIAL, ids "content-missing" and "log-incomplete": sync
 * first; WB_FORGED: the vault does not prove it, or, id "vault-rolled-back", no
 * note of it could be logged.
 */
WB_MUST_CHECK enum wb_status wb_disclosure_make(struct wb_bytes *out,
    struct wb_device *device, const struct wb_record *record, bool goods_only,
    struct wb_error *err);

#endif
