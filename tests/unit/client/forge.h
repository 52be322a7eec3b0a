/*
 * Batches made by hand, whole or with one thing wrong: what a device could
 * send if its program were not ours.
 */
#ifndef WB_TESTS_UNIT_CLIENT_FORGE_H
#define WB_TESTS_UNIT_CLIENT_FORGE_H

#include "client/ledger/opening.h"
#include "proto/record_content.h"

#include "tests/unit/client/fixture.h"

#define FORGE_PARTS 8

/* What to get wrong.  Zeroed: nothing. */
enum forge_wrong {
	FORGE_NOTHING,
	FORGE_CONTENT_HASH, /* in the header */
	FORGE_CONTENT_SIZE,
	FORGE_READER, /* sealed to a stranger */
	FORGE_SESSION_READER, /* the key file alone is */
	FORGE_AGE, /* a byte of the file, before it is hashed */
	FORGE_CONTENT, /* plaintext that is no content */
	FORGE_MANIFEST_PROGRAMME,
	FORGE_MANIFEST_SIGNER,
	FORGE_MANIFEST_SEQUENCE,
	FORGE_MANIFEST_PREVIOUS,
	FORGE_MANIFEST_ROSTER,
	FORGE_STRANGERS_PART, /* sealed under another signer's name */
	FORGE_PART_ORDER, /* the first two parts swapped */
	FORGE_SESSIONS_SWAPPED, /* key files of the two sessions */
	FORGE_KEY_LENGTH, /* a session key file one byte short */
	FORGE_PADDING, /* a part padded with 32 zeros too many */
	FORGE_ROOT,
	FORGE_LEAF_LEFT_OUT, /* the root is that of one record less */
	FORGE_QUANTITY, /* a line of 0 thousandths */
	FORGE_PLACE, /* place bytes that are no place */
	FORGE_TOTALS, /* a commitment to one thousandth more */
	FORGE_BLINDING /* a commitment without the batch's blinding */
};

struct forged {
	struct wb_batch batch;
	struct wb_bytes envelope;
	struct wb_bytes file;
	struct wb_hash ids[FORGE_PARTS];
};

struct forge_record {
	struct wb_goods goods;
	struct wb_place place;
};

/*
 * A batch of `signer` with two sessions: the first half of the records in one,
 * the rest in the other.  `same_keys` makes the records' keys, hence ids, those
 * of any other batch so made.
 */
void forge(struct forged *out, struct fixture *f, const struct wb_device *as,
    uint64_t sequence, const struct forge_record *records, size_t n,
    enum forge_wrong wrong, bool same_keys);
struct wb_hash forged_id(const struct forged *forged, struct fixture *f);
void forged_clear(struct forged *forged);

#endif
