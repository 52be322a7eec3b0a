/*
 * What a member believes of the log: heads only grow, rosters follow each
 * other, entries are under a verified head.  Everything that arrives, over the
 * network or on a drive, comes in through here and nowhere else.
 */
#ifndef WB_CLIENT_TRUST_H
#define WB_CLIENT_TRUST_H

#include "client/device.h"
#include "proto/transfer.h"

/*
 * Takes a newer head: the log's signature, and consistency with the newest
 * head verified before.  An older or equal head with the same history is
 * harmless (*advanced false).  In the caller's transaction.  WB_FORGED, ids
 * "head-signature", "log-fork", "log-rolled-back".
 */
WB_MUST_CHECK enum wb_status wb_trust_head(struct wb_head *out, bool *advanced,
    struct wb_device *device, struct wb_span checkpoint,
    const struct wb_proof *consistency, struct wb_error *err);

/* The newest verified head; size 0 where there is none.  For `seen`. */
WB_MUST_CHECK enum wb_status wb_trust_newest(struct wb_head *out,
    struct wb_signature *signature, struct wb_device *device,
    struct wb_error *err);

/*
 * Takes one entry: inclusion under `head`, canonical form, roster rules at its
 * index, signature; keeps it (with its receipt, unless this member follows the
 * whole log) and enters it into the derived tables.  An entry known already at
 * that index is harmless; another one there is WB_FORGED, id "log-fork".
 * Failures of the statement itself (bad signature by the server's leave) are
 * WB_FORGED with ids "entry-signature", "entry-signer", "roster-step".
 */
WB_MUST_CHECK enum wb_status wb_trust_entry(struct wb_device *device,
    const struct wb_head *head, struct wb_span checkpoint,
    const struct wb_entry *entry, struct wb_error *err);

/*
 * The roster in force for the entry at `index`: the newest whose own index is
 * smaller.  Decoded into the arena.  WB_NOT_FOUND: none.
 */
WB_MUST_CHECK enum wb_status wb_trust_roster_at(struct wb_roster *out,
    struct wb_arena *arena, struct wb_device *device, uint64_t index,
    struct wb_error *err);

/*
 * Takes a chain of roster envelopes that are not, or not known to be, logged
 * (a welcome, a bundle): from `programme` on, each step checked.
 */
WB_MUST_CHECK enum wb_status wb_trust_rosters(struct wb_device *device,
    const struct wb_hash *programme, const struct wb_span *envelopes, size_t n,
    struct wb_error *err);

#endif
