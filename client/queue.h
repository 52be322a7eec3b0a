/*
 * What happens when a record is saved, and when waiting records become a
 * batch.  A saved record is sealed to the reader at once, so this device
 * cannot open it again; in window mode a readable copy is kept beside it.
 */
#ifndef WB_CLIENT_QUEUE_H
#define WB_CLIENT_QUEUE_H

#include "client/device.h"
#include "client/ledger/measures.h"
#include "crypto/part.h"
#include "proto/record.h"

#define WB_BATCH_PARTS ((size_t)64 << 10) /* bytes of parts that fill one */

/*
 * Sealing sessions, one at a time; lives in memory only.  A session is begun
 * by the first record that needs one, and ends with the batch it goes into or
 * when its parts fill one, so that a long import makes many.  A void begins one
 * as well, for what replaces the record: end the sealing then.
 */
struct wb_sealing {
	struct wb_part_chain chain;
	int64_t row; /* of the table session; 0: none begun */
	size_t bytes; /* of the session's parts */
	bool corrects; /* it began with a void */
	struct wb_measures *measures; /* keeps generators */
};

WB_MUST_CHECK enum wb_status wb_sealing_begin(struct wb_sealing *out,
    struct wb_error *err);
/* Wipes; harmless on a zeroed struct.  Needed after a rolled back save. */
void wb_sealing_end(struct wb_sealing *sealing);

/*
 * Numbers, seals and stores one record in the caller's transaction; in window
 * mode keeps a readable copy and enters it into the derived tables.
 * `place->number` is set here.  *id: the record's id.  Refuses what
 * wb_goods_encode, wb_place_encode and wb_journal_record refuse.  After a
 * failure roll back and end the sealing: the chain has moved on.
 */
WB_MUST_CHECK enum wb_status wb_queue_save(struct wb_hash *id,
    struct wb_sealing *sealing, struct wb_device *device,
    const struct wb_goods *goods, struct wb_place *place, struct wb_error *err);

struct wb_waiting {
	uint64_t records; /* not in a batch, or in one that is not logged */
	uint64_t unbatched;
	int64_t oldest; /* when the first was saved, Unix time; none: 0 */
};
WB_MUST_CHECK enum wb_status wb_queue_waiting(struct wb_waiting *out,
    struct wb_device *device, struct wb_error *err);

/*
 * Makes as many batches as the waiting records need (whole sessions, about
 * WB_BATCH_PARTS each), one transaction a batch, each next in this device's
 * chain.  Corrections come last and in batches of their own: one that somebody
 * else made before is disputed, and takes no delivery with it.  With `empty`, makes one even if nothing waits.  *made counts them,
 * also those made before a failure.  WB_FORGED: see wb_device_need_newest.
 */
WB_MUST_CHECK enum wb_status wb_queue_batch(uint64_t *made,
    struct wb_device *device, bool empty, struct wb_error *err);

#endif
