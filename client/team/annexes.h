/*
 * The catalogue, places and names as this device knows them, and how a
 * coordinator changes them (which is always a new roster version).
 */
#ifndef WB_CLIENT_ANNEXES_H
#define WB_CLIENT_ANNEXES_H

#include "client/device.h"
#include "proto/record_annex.h"
#include "proto/transfer.h"

/*
 * The newest that are here, as the newest roster or one before it names them;
 * empty ones where there are none.  All in the arena.
 */
WB_MUST_CHECK enum wb_status wb_annexes_catalogue(struct wb_catalogue *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_annexes_places(struct wb_places *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);
/* Is the catalogue the newest roster's?  Only then it may be changed. */
bool wb_annexes_current(struct wb_device *device);
/* The newest roster's and no other.  Coordinators only: else WB_NOT_FOUND. */
WB_MUST_CHECK enum wb_status wb_annexes_names(struct wb_names *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);

/*
 * The reader identities of all epochs, newest first: *readers has *n, each
 * guarded; free with wb_annexes_free_readers.  *n 0: not a reader.
 */
WB_MUST_CHECK enum wb_status wb_annexes_readers(struct wb_secret ***readers,
    size_t *n, struct wb_device *device, struct wb_error *err);
void wb_annexes_free_readers(struct wb_secret ***readers, size_t n);

/*
 * The sealed copies that others need of the annexes that the newest roster
 * names.  Only coordinators know everybody's recipient: none elsewhere.  For
 * sync and bundles.  Spans in the arena.
 */
WB_MUST_CHECK enum wb_status wb_annexes_seal(struct wb_annex **out, size_t *n,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);

/*
 * Takes an annex that the newest roster names: checks the hash, keeps it, in
 * the caller's transaction.  WB_FORGED: another plaintext; WB_NOT_FOUND: the
 * roster names no such annex for this device.
 */
WB_MUST_CHECK enum wb_status wb_annexes_take_plain(struct wb_device *device,
    const struct wb_hash *hash, struct wb_span plain, struct wb_error *err);

/* The same from a sealed copy.  WB_NOT_FOUND also: not sealed to us. */
WB_MUST_CHECK enum wb_status wb_annexes_take(struct wb_device *device,
    const struct wb_hash *hash, struct wb_span file, struct wb_error *err);

#endif
