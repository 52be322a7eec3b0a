/* Receipts: one entry's inclusion under a checkpoint, c2sp.org/tlog-proof. */
#ifndef WB_CRYPTO_TLOGPROOF_H
#define WB_CRYPTO_TLOGPROOF_H

#include "crypto/merkle.h"
#include "crypto/note.h"

#define WB_MAX_TLOG_PROOF (WB_MAX_NOTE + 4096) /* bytes */

struct wb_tlog_proof {
	uint64_t index;
	struct wb_proof proof;
	struct wb_span checkpoint; /* the signed note, a view into the text */
};

WB_MUST_CHECK enum wb_status wb_tlog_proof_format(struct wb_bytes *out,
    uint64_t index, const struct wb_proof *proof, struct wb_span checkpoint,
    struct wb_error *err);

/* Form only; `extra` lines are passed over.  WB_INVALID: malformed. */
WB_MUST_CHECK enum wb_status wb_tlog_proof_parse(struct wb_tlog_proof *out,
    struct wb_span text, struct wb_error *err);

/*
 * The whole check: form, the log's signature, inclusion of `leaf`.
 * *index and *head (each may be NULL) are written on WB_OK only.
 * WB_FORGED: signature or proof is wrong; WB_NOT_FOUND: signed by another.
 */
WB_MUST_CHECK enum wb_status wb_tlog_proof_verify(uint64_t *index,
    struct wb_head *head, struct wb_span text, const struct wb_hash *leaf,
    const struct wb_vkey *log, struct wb_error *err);

#endif
