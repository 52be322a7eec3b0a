/*
 * Whose a statement is, by its own word and in truth.  Asks no roster.
 */
#ifndef WB_CLIENT_BUNDLE_AUTHORS_H
#define WB_CLIENT_BUNDLE_AUTHORS_H

#include "proto/envelope.h"
#include "proto/tally.h"

struct wb_authors {
	struct wb_hash programme;
	struct wb_key keys[WB_MAX_TALLY_SIGNERS];
	size_t count;
};

/*
 * Of a batch, an ack, a tally or a note.  No keys at all: it is something else,
 * malformed, larger than it may be, or not signed by all whom it names.
 */
WB_MUST_CHECK enum wb_status wb_authors_find(struct wb_authors *out,
    struct wb_arena *scratch, const struct wb_envelope *envelope,
    struct wb_error *err);

/*
 * What decoding a stranger's bytes came to, for who passes over what is not
 * good: WB_OK, or WB_NO_MEMORY where the machine had none, which says nothing
 * of the bytes.
 */
WB_MUST_CHECK enum wb_status wb_authors_pass_over(enum wb_status st,
    const struct wb_arena *scratch, struct wb_error *err);

#endif
