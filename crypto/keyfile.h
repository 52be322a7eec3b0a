/*
 * The signing key of a log or a witness as it lies in a file of its own: its
 * verifier key on one line, the 32-byte seed in base64 on the next.  Knows no
 * path; whoever writes the file sees to its mode.
 */
#ifndef WB_CRYPTO_KEYFILE_H
#define WB_CRYPTO_KEYFILE_H

#include "crypto/note.h"

#define WB_MAX_KEYFILE 1024 /* bytes */

/* Makes a key of that name and type, and appends its file. */
WB_MUST_CHECK enum wb_status wb_keyfile_make(struct wb_bytes *out,
    const char *name, enum wb_note_type type, struct wb_random random,
    struct wb_error *err);

/*
 * WB_INVALID: no such file, of another type, or its two keys do not belong
 * together.  Clear *signer with wb_signer_clear; on failure it is cleared.
 */
WB_MUST_CHECK enum wb_status wb_keyfile_parse(struct wb_vkey *vkey,
    struct wb_signer *signer, struct wb_span text, enum wb_note_type type,
    struct wb_error *err);

#endif
