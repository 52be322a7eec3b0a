/* A feed that the server answered with; for client/sync*.c alone. */
#ifndef WB_CLIENT_SYNC_PAGE_H
#define WB_CLIENT_SYNC_PAGE_H

#include "client/sync/sync_run.h"
#include "client/trust/trust.h"
#include "proto/transfer.h"

#define WB_ROSTER_STEP "roster-step" /* the id */
#define WB_PAGE_PATH 160 /* characters of the paths that ask for one */

struct wb_page {
	struct wb_bytes body;
	struct wb_arena arena;
	struct wb_feed feed; /* views into body and arena */
	struct wb_bytes note; /* what `checkpoint` may be a view into */
	struct wb_span checkpoint;
	struct wb_head head; /* once verified */
};

void wb_page_init(struct wb_page *page);
void wb_page_clear(struct wb_page *page);

/*
 * Asks and decodes; nothing is verified.  `known` is what the path says that
 * is known here, or NULL.
 */
WB_MUST_CHECK enum wb_status wb_page_get(struct wb_page *page,
    struct wb_run *run, const char *path, const struct wb_known_nodes *known,
    bool as_member, struct wb_error *err);

/* wb_trust_head, in the caller's transaction. */
WB_MUST_CHECK enum wb_status wb_page_take_head(struct wb_page *page,
    struct wb_run *run, struct wb_error *err);

/*
 * wb_trust_entry; a faulty entry is a problem, and *taken is then zero.
 * WB_FORGED with the id WB_ROSTER_STEP, before wb_sync_fetch_rosters was asked
 * in this run: that, and then this page again.
 */
WB_MUST_CHECK enum wb_status wb_page_take_entry(struct wb_taken *taken,
    struct wb_run *run, const struct wb_page *page,
    const struct wb_entry *entry, struct wb_error *err);

/* WB_REFUSED, id "answer"; WB_FORGED, id "log-withheld". */
WB_MUST_CHECK enum wb_status wb_page_misshapen(struct wb_error *err,
    const char *words);
WB_MUST_CHECK enum wb_status wb_page_withheld(struct wb_error *err,
    const char *words);

#endif
