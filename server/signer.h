/*
 * The log's key and the signer's own record of the last head it signed, apart
 * from the store: it signs only what continues that record, so restoring an
 * old store cannot fork the log.  Knows no store and no statements.
 */
#ifndef WB_SERVER_SIGNER_H
#define WB_SERVER_SIGNER_H

#include "base/file.h"
#include "crypto/merkle.h"
#include "crypto/note.h"

struct wb_log_signer;

/* Makes DIR/log.key and DIR/signer.  WB_EXISTS: one of them is there. */
WB_MUST_CHECK enum wb_status wb_log_signer_create(const char *dir,
    const char *origin, const struct wb_file_ops *ops, struct wb_random random,
    struct wb_error *err);

/* WB_NOT_FOUND: no log here; WB_FORGED: the record is damaged. */
WB_MUST_CHECK enum wb_status wb_log_signer_open(struct wb_log_signer **out,
    const char *dir, const struct wb_file_ops *ops, struct wb_error *err);
void wb_log_signer_close(struct wb_log_signer **signer);

const struct wb_vkey *wb_log_signer_vkey(const struct wb_log_signer *signer);

/* The last head signed; the empty tree's in a new log. */
const struct wb_head *wb_log_signer_record(const struct wb_log_signer *signer);

/*
 * Records `head` durably, then appends its signed checkpoint.  `proof` is the
 * consistency from the record to it (empty where it is the same, or the record
 * is of the empty tree).  WB_FORGED: it does not continue the record.
 * WB_STORAGE: not recorded, and nothing is signed from then on.
 */
WB_MUST_CHECK enum wb_status wb_log_signer_sign(struct wb_bytes *out,
    struct wb_log_signer *signer, const struct wb_head *head,
    const struct wb_proof *proof, struct wb_error *err);

#endif
