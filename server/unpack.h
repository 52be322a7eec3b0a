/*
 * A bundle's statements and contents, made ready for the log: checks the sum
 * over all bytes first, pairs batches with their contents.  Pure: no log, no
 * files.
 */
#ifndef WB_SERVER_UNPACK_H
#define WB_SERVER_UNPACK_H

#include "proto/transfer.h"

struct wb_unpacked {
	struct wb_upload *uploads; /* in the bundle's order */
	size_t count;
};

/*
 * Views into `bundle`; arrays from the arena.  WB_FORGED: bytes altered or
 * missing (nothing is read before that is known); WB_INVALID: no bundle;
 * WB_NEWER: a later version; WB_REFUSED, id "sealed": for members only.
 */
WB_MUST_CHECK enum wb_status wb_unpack(struct wb_unpacked *out,
    struct wb_arena *arena, struct wb_span bundle, struct wb_error *err);

/*
 * The same checks, then every item in turn.  Bytes of entries, statements,
 * contents and checkpoints are views into `bundle`; all else lasts as long as
 * the call.
 */
typedef enum wb_status wb_unpack_visit(void *ctx,
    const struct wb_bundle_item *item, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_unpack_each(struct wb_span bundle,
    wb_unpack_visit *visit, void *ctx, struct wb_error *err);

#endif
