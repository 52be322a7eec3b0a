/*
 * The catalogue, places and names as this device knows them, and how a
 * coordinator changes them (which is always a new roster version).
 */
#ifndef WB_CLIENT_ANNEXES_H
#define WB_CLIENT_ANNEXES_H

#include "client/device.h"
#include "proto/record_annex.h"

/* As the newest roster names them; empty ones where it names none or the
 * annex is not here.  All in the arena. */
WB_MUST_CHECK enum wb_status wb_annexes_catalogue(struct wb_catalogue *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_annexes_places(struct wb_places *out,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);
/* Coordinators only: WB_NOT_FOUND elsewhere. */
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
 * The sealed copies that others need of the annexes the newest roster names
 * and this device holds (coordinators: for every member; others: what they
 * were given).  For sync and bundles.  Spans in the arena.
 */
WB_MUST_CHECK enum wb_status wb_annexes_seal(struct wb_annex **out, size_t *n,
    struct wb_arena *arena, struct wb_device *device, struct wb_error *err);

/*
 * Takes a sealed copy: decrypts with this device's identity, checks the hash,
 * keeps it.  WB_NOT_FOUND: not for us; WB_FORGED: another plaintext.
 */
WB_MUST_CHECK enum wb_status wb_annexes_take(struct wb_device *device,
    const struct wb_hash *hash, struct wb_span file, struct wb_error *err);

#endif
