/*
 * The facts of a vault as the items of a bundle, one after the other: what
 * pack writes and what verify reads where no file is given.
 */
#ifndef WB_CLIENT_BUNDLE_EVIDENCE_H
#define WB_CLIENT_BUNDLE_EVIDENCE_H

#include "client/bundle/bundle.h"

struct wb_evidence;

/*
 * AUDIT and HEADERS: all logged entries, with contents or with tallies
 * in clear; OPENINGS: as HEADERS.  The newest head that a quorum cosigned
 * comes first.  Whoever has the whole log gives its newest head and the
 * entries alone, because they make the tree; others each entry with its
 * receipt.  TRANSPORT: rosters, all that is not logged, and
 * what a field device sent that nobody opened yet.  Annexes are not here.
 *
 * WB_NOT_FOUND, id "nothing-logged": AUDIT and HEADERS, before the first sync.
 */
WB_MUST_CHECK enum wb_status wb_evidence_open(struct wb_evidence **out,
    struct wb_device *device, enum wb_bundle_purpose purpose,
    struct wb_error *err);

/* "transport", "audit" and so on: as in a bundle's head. */
const char *wb_evidence_purpose(enum wb_bundle_purpose purpose);

/* Entries up to the newest head that are not in this vault yet. */
uint64_t wb_evidence_lacking(const struct wb_evidence *e);

/*
 * Where some are lacking: back to the newest head of which none is, and to the
 * entries under it.  Before the first wb_evidence_next; WB_NOT_FOUND: there
 * never was one.
 */
WB_MUST_CHECK enum wb_status wb_evidence_step_back(struct wb_evidence *e,
    struct wb_error *err);

/*
 * Views are valid until the next call.  *more false: no more, no item.  The
 * database may be written between calls, but not for the tables read.
 */
WB_MUST_CHECK enum wb_status wb_evidence_next(struct wb_bundle_item *out,
    bool *more, struct wb_evidence *e, struct wb_error *err);

void wb_evidence_close(struct wb_evidence **e);

#endif
