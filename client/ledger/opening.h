/*
 * Opening a batch, in the order that PROTOCOL.md gives, for those who hold a
 * reader identity.  Pure: bytes in, records or a reason out.
 */
#ifndef WB_CLIENT_LEDGER_OPENING_H
#define WB_CLIENT_LEDGER_OPENING_H

#include "base/arena.h"
#include "crypto/age.h"
#include "proto/batch.h"
#include "proto/record.h"
#include "proto/record_content.h"

struct wb_opened_record {
	struct wb_hash id; /* goods leaf */
	struct wb_span goods; /* bytes */
	struct wb_span place;
	struct wb_hash seed; /* secret: shows this record to others */
};

struct wb_opened_batch {
	struct wb_opened_record *records;
	size_t record_count;
	struct wb_hash seed;
	uint8_t mark[WB_MARK_LEN];
};

/*
 * Everything from the content hash to the commitment; whether record ids are
 * new and voids are allowed is for the journal, which knows the rest.  All in
 * the arena.  Failures carry a stable id: WB_NOT_FOUND (id "undecryptable":
 * no identity fits), else WB_FORGED with id "content-hash", "content-broken",
 * "manifest", "part", "records-root", "quantity", "commitment".
 */
WB_MUST_CHECK enum wb_status wb_opening(struct wb_opened_batch *out,
    struct wb_arena *arena, const struct wb_batch *batch, struct wb_span file,
    struct wb_secret *const *readers, size_t reader_count,
    struct wb_error *err);

/* The measures of a record, and its commitment C_i. */
WB_MUST_CHECK enum wb_status wb_record_commitment(struct wb_point *out,
    const struct wb_goods *goods, const struct wb_hash *seed,
    struct wb_error *err);

#endif
