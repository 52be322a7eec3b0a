/* What members and strangers may read.  Appends bodies, ready to be sent. */
#ifndef WB_SERVER_FEED_H
#define WB_SERVER_FEED_H

#include "base/bytes.h"
#include "crypto/sign.h"
#include "crypto/tile.h"
#include "server/core.h"

/* Who asks, as server/access found out. */
struct wb_reader {
	struct wb_key key;
	unsigned roles; /* bits as in struct wb_member; 0: not a member */
};

/*
 * The newest signed checkpoint, with the cosignatures there are for it; there
 * is one from size 0 on.
 */
WB_MUST_CHECK enum wb_status wb_feed_checkpoint(struct wb_bytes *out,
    struct wb_core *core, struct wb_error *err);

/* The newest that met the quorum of the policy.  WB_NOT_FOUND: none did. */
WB_MUST_CHECK enum wb_status wb_feed_witnessed(struct wb_bytes *out,
    struct wb_core *core, struct wb_error *err);

struct wb_feed_ask {
	uint64_t from; /* log index */
	struct wb_holding holding;
	bool content; /* the contents too: for coordinators */
	bool own; /* the asker's own entries too, though it has seen them */
};

/*
 * A page of the feed from a log index: all entries for coordinators and
 * auditors; for others rosters, their own entries and acks on them.  Of their
 * own, those below what it has seen are only named, unless ask->own.  A page holds at
 * most WB_MAX_FEED_BODY bytes.
 */
WB_MUST_CHECK enum wb_status wb_feed_page(struct wb_bytes *out,
    struct wb_core *core, const struct wb_reader *reader,
    const struct wb_feed_ask *ask, struct wb_error *err);

/* Roster entries from log index `from`, for everybody. */
WB_MUST_CHECK enum wb_status wb_feed_rosters(struct wb_bytes *out,
    struct wb_core *core, uint64_t from, uint64_t seen, struct wb_error *err);

/* The content of the entry at `index`, whose hash must be `hash`. */
WB_MUST_CHECK enum wb_status wb_feed_content(struct wb_bytes *out,
    struct wb_core *core, uint64_t index, const struct wb_hash *hash,
    struct wb_error *err);

/* c2sp.org/tlog-tiles; WB_NOT_FOUND: beyond the signed head. */
WB_MUST_CHECK enum wb_status wb_feed_tile(struct wb_bytes *out,
    struct wb_core *core, const struct wb_tile *tile, struct wb_error *err);

/* Sealed annexes: all copies of one hash (at most 16), newest first. */
WB_MUST_CHECK enum wb_status wb_feed_annexes(struct wb_bytes *out,
    struct wb_core *core, const struct wb_hash *hash, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_feed_put_annexes(struct wb_core *core,
    const struct wb_reader *reader, struct wb_span body, struct wb_error *err);

/*
 * Enrolments.  A coordinator registers token hashes and welcomes and lists
 * requests; a newcomer (reader->roles 0) posts a request under a registered
 * hash and reads that one enrolment.
 */
WB_MUST_CHECK enum wb_status wb_feed_put_enrolments(struct wb_core *core,
    const struct wb_reader *reader, struct wb_span body, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_feed_enrolments(struct wb_bytes *out,
    struct wb_core *core, const struct wb_reader *reader,
    const struct wb_hash *token_hash, struct wb_error *err);

#endif
