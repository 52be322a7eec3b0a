/* A tally's content on its way to the reader and back.  Pure. */
#ifndef WB_CLIENT_LEDGER_TALLY_SEAL_H
#define WB_CLIENT_LEDGER_TALLY_SEAL_H

#include "crypto/age.h"

/* Appends the age file, padded, of a content's bytes. */
WB_MUST_CHECK enum wb_status wb_tally_seal(struct wb_bytes *out,
    struct wb_span content, const struct wb_recipient *reader,
    struct wb_random random, struct wb_error *err);

/*
 * Appends the content's bytes.  WB_NOT_FOUND: sealed to somebody else;
 * WB_FORGED, id "tally-form": broken, or not padded as sealing does.
 */
WB_MUST_CHECK enum wb_status wb_tally_unseal(struct wb_bytes *out,
    struct wb_span file, struct wb_secret *const *readers, size_t n,
    struct wb_error *err);

#endif
