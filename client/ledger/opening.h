/*
 * Opening a batch, in the order that PROTOCOL.md gives, for those who hold a
 * reader identity.  Pure: bytes in, records or a reason out.
 */
#ifndef WB_CLIENT_LEDGER_OPENING_H
#define WB_CLIENT_LEDGER_OPENING_H

#include "base/arena.h"
#include "client/ledger/measures.h"
#include "crypto/age.h"
#include "proto/batch.h"
#include "proto/record.h"
#include "proto/record_content.h"
#include "proto/wire.h"

struct wb_opened_record {
	struct wb_hash id; /* goods leaf */
	struct wb_span goods; /* bytes */
	struct wb_span place;
	struct wb_hash seed; /* secret: shows this record to others */
};

struct wb_opened_batch {
	struct wb_span manifest; /* bytes */
	struct wb_opened_record *records;
	size_t record_count;
	struct wb_hash seed;
	uint8_t mark[WB_MARK_LEN];
};

/*
 * Everything from the content hash to the commitment; whether record ids are
 * new and voids are allowed is for the journal, which knows the rest.  All in
 * the arena, which WB_MAX_CONTENT_BUDGET suits.  Failures carry a stable id:
 * WB_NOT_FOUND (id "undecryptable": no identity fits), WB_NO_MEMORY (of the
 * machine; nothing is known of the batch), else WB_FORGED with id
 * "content-hash", "content-broken", "manifest", "part" (not sealed by this
 * signer, out of order, wrongly padded, no place), "records-root", "quantity"
 * (goods that break a rule, or sums beyond 64 bits), "commitment".
 */
WB_MUST_CHECK enum wb_status wb_opening(struct wb_opened_batch *out,
    struct wb_arena *arena, const struct wb_batch *batch, struct wb_span file,
    struct wb_secret *const *readers, size_t reader_count,
    struct wb_error *err);

/*
 * C_i, the commitment of one record.  `measures` is scratch that keeps its
 * generators from record to record; its sums are cleared here.
 */
WB_MUST_CHECK enum wb_status wb_record_commitment(struct wb_point *out,
    struct wb_measures *measures, const struct wb_goods *goods,
    const struct wb_hash *seed, struct wb_error *err);

#endif
