/*
 * Sums of records by measure (kind|item|unit), and commitments to them.  Keeps
 * each measure's generator, because hashing to the group costs as much as
 * committing.  Pure.
 */
#ifndef WB_CLIENT_LEDGER_MEASURES_H
#define WB_CLIENT_LEDGER_MEASURES_H

#include "crypto/commitment.h"
#include "proto/record.h"
#include "proto/record_tally.h"

/*
 * In one batch: each costs its reader a hash to the group and a term of the
 * sum, and programmes have dozens.
 */
#define WB_MAX_MEASURES ((size_t)8192)

struct wb_measures;

/* Who chooses items and units must not know the key. */
WB_MUST_CHECK enum wb_status wb_measures_new(struct wb_measures **out,
    const uint8_t key[WB_SHORT_KEY_LEN], struct wb_error *err);
/* Wipes and frees; nulls.  NULL is harmless. */
void wb_measures_free(struct wb_measures **m);

/*
 * Adds a record's lines to the sums.  WB_INVALID: a sum beyond 64 bits,
 * or more than WB_MAX_MEASURES of them; WB_NO_MEMORY.  After a failure the sums are of no
 * use.
 */
WB_MUST_CHECK enum wb_status wb_measures_add(struct wb_measures *m,
    const struct wb_goods *goods, struct wb_error *err);

/* How many measures there are a sum of, and the i-th (from 0): views. */
size_t wb_measures_count(const struct wb_measures *m);
struct wb_total wb_measures_at(const struct wb_measures *m, size_t i);

/* blinding·B + Σ sum·G, then sets all sums to zero. */
WB_MUST_CHECK enum wb_status wb_measures_commit(struct wb_point *out,
    struct wb_measures *m, const struct wb_scalar *blinding,
    struct wb_error *err);

#endif
