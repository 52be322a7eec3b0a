/*
 * Which sealed file a statement names: a batch's records, a tally's totals,
 * what a note says was shown.  The file travels beside its statement and is
 * checked against it everywhere; nobody but its readers knows what is in it.
 */
#ifndef WB_PROTO_CONTENT_REF_H
#define WB_PROTO_CONTENT_REF_H

#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/envelope.h"
#include "proto/tally.h"

struct wb_content_ref {
	struct wb_hash hash; /* of the age file */
	uint64_t size; /* its bytes; 0: the statement does not say */
};

/* Do statements of this type name a content? */
bool wb_statement_has_content(enum wb_statement_type type);

struct wb_content_ref wb_batch_content(const struct wb_batch *batch);
struct wb_content_ref wb_tally_content(const struct wb_tally *tally);
struct wb_content_ref wb_shown_content(const struct wb_shown *note);

/*
 * What an envelope names.  WB_NOT_FOUND: its type names none; WB_INVALID: its
 * payload is not of its type's form.
 */
WB_MUST_CHECK enum wb_status wb_content_ref_read(struct wb_content_ref *out,
    struct wb_arena *arena, const struct wb_envelope *envelope,
    struct wb_error *err);

/* Is this the file?  Never an empty one, or one above WB_MAX_CONTENT. */
bool wb_content_ref_fits(const struct wb_content_ref *ref, struct wb_span file);
/* The same of a file whose SHA-256 is known. */
bool wb_content_ref_names(const struct wb_content_ref *ref,
    const struct wb_hash *hash, size_t size);

#endif
