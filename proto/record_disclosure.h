/*
 * One record shown to somebody outside, and the word that is kept of it.  A
 * disclosure proves itself against the records_root of a batch that its reader
 * has checked by other means, and holds nothing of any other record.
 */
#ifndef WB_PROTO_RECORD_DISCLOSURE_H
#define WB_PROTO_RECORD_DISCLOSURE_H

#include "base/arena.h"
#include "crypto/merkle.h"
#include "crypto/recordtree.h"

#define WB_MAX_SHOWN_RECORDS 1024 /* in one note */
#define WB_MAX_SHOWN_WHAT 32 /* bytes */

struct wb_disclosure {
	uint32_t leaf; /* of the goods in the record tree: even, from 2 */
	struct wb_span goods; /* bytes, as sealed */
	uint8_t goods_salt[WB_SALT_LEN];
	struct wb_span place; /* empty: not shown */
	uint8_t place_salt[WB_SALT_LEN]; /* zeros: not shown */
	struct wb_proof path; /* of the goods; its first hash is the place's */
};

/*
 * Form only: what the halves say is for wb_goods_decode and wb_place_decode.
 * WB_INVALID: a salt without its half, an index that no record can have, a
 * path that no tree of ours has.
 */
WB_MUST_CHECK enum wb_status wb_disclosure_encode(struct wb_bytes *out,
    const struct wb_disclosure *disclosure, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_disclosure_decode(struct wb_disclosure *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

/*
 * Are both halves shown, or the goods alone, those of the tree with this root?
 * *id is the record's.  WB_FORGED: no.
 */
WB_MUST_CHECK enum wb_status wb_disclosure_check(struct wb_hash *id,
    const struct wb_disclosure *disclosure, const struct wb_hash *records_root,
    struct wb_error *err);

/*
 * What a Note is the hash of, once it is sealed to the reader: what was shown
 * to whom.
 */
struct wb_showing {
	uint32_t day; /* days since 1970-01-01 */
	struct wb_span to; /* may be empty: nobody said */
	struct wb_span what; /* "goods", "record", or a bundle's purpose */
	struct wb_hash *records; /* ids; none where it was all of the log */
	size_t record_count;
};

/* Padded, so that its age file to one recipient has a padded size. */
WB_MUST_CHECK enum wb_status wb_showing_encode(struct wb_bytes *out,
    const struct wb_showing *showing, struct wb_error *err);
/* WB_INVALID also where it is not padded as encoding does. */
WB_MUST_CHECK enum wb_status wb_showing_decode(struct wb_showing *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

#endif
