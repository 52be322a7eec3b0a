/*
 * Bodies of requests and answers, and items of bundles.  Nothing here is
 * signed; everything of value inside proves itself.
 */
#ifndef WB_PROTO_TRANSFER_H
#define WB_PROTO_TRANSFER_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/note.h"

#define WB_MAX_UPLOADS 256 /* statements in one request */
#define WB_MAX_UPLOAD_BODY ((size_t)16 << 20) /* bytes */
#define WB_MAX_FEED_BODY ((size_t)16 << 20) /* bytes, one page */
#define WB_MAX_FEED_ENTRIES 1024 /* in one page */
#define WB_MAX_ANNEXES 1024 /* in one body */
#define WB_MAX_ENROLMENTS 1024 /* in one body */
#define WB_MAX_FEED_BUDGET ((size_t)64 << 20) /* a reader's arena, bytes */
#define WB_MAX_ANNEX ((size_t)4 << 20) /* bytes, sealed */
#define WB_MAX_WELCOME ((size_t)16 << 20) /* bytes, sealed */

struct wb_upload {
	struct wb_span envelope;
	struct wb_span content; /* the age file it names, if any */
};

/* Appends one length-delimited Upload. */
WB_MUST_CHECK enum wb_status wb_upload_append(struct wb_bytes *out,
    const struct wb_upload *upload, struct wb_error *err);
/* Reads a whole body; views into `body`, the array from the arena. */
WB_MUST_CHECK enum wb_status wb_uploads_decode(struct wb_upload **out,
    size_t *n, struct wb_arena *arena, struct wb_span body,
    struct wb_error *err);

enum wb_reception {
	WB_LOGGED = 1, /* new, durable, under the checkpoint */
	WB_KNOWN = 2, /* was there already; same index */
	WB_NOT_LOGGED = 3, /* refused; reason says why */
	WB_TRY_LATER = 4 /* overload; nothing was done */
};

struct wb_upload_result {
	enum wb_reception reception;
	uint64_t index;
	struct wb_proof proof;
	struct wb_span reason; /* stable identifier, at most 64 bytes */
};

/*
 * The head of an answer: a signed note, or, where `note` is empty, what
 * wb_checkpoint_join makes one of.  On the wire that is half as long.
 */
struct wb_sent_head {
	struct wb_span note;
	struct wb_head head;
	struct wb_signature signature;
};

struct wb_upload_answer {
	struct wb_sent_head head;
	struct wb_proof consistency;
	struct wb_upload_result *results;
	size_t result_count;
};

/*
 * `known`, which may be NULL, holds hashes that whoever asked has said they
 * have, and must be the same with both: proofs name them, and they are not
 * sent.
 */
WB_MUST_CHECK enum wb_status wb_upload_answer_encode(struct wb_bytes *out,
    const struct wb_upload_answer *answer, const struct wb_known_nodes *known,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_upload_answer_decode(struct wb_upload_answer
							 *out,
    struct wb_arena *arena, struct wb_span body,
    const struct wb_known_nodes *known, struct wb_error *err);

/* A log entry on its way to a member. */
struct wb_entry {
	uint64_t index;
	struct wb_span envelope;
	struct wb_proof proof;
	struct wb_span content; /* age file; may be empty */
};

struct wb_feed {
	struct wb_sent_head head;
	struct wb_proof consistency;
	struct wb_entry
	    *entries; /* ascending, as encoded; whoever decodes one looks */
	size_t entry_count;
	uint64_t next;
	uint64_t *held; /* ascending; the asker's own that are not sent again */
	size_t held_count;
};

/* `known` as above. */
WB_MUST_CHECK enum wb_status wb_feed_encode(struct wb_bytes *out,
    const struct wb_feed *feed, const struct wb_known_nodes *known,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_feed_decode(struct wb_feed *out,
    struct wb_arena *arena, struct wb_span body,
    const struct wb_known_nodes *known, struct wb_error *err);

struct wb_annex {
	struct wb_hash hash; /* of the plaintext */
	struct wb_span file; /* age */
};

WB_MUST_CHECK enum wb_status wb_annexes_encode(struct wb_bytes *out,
    const struct wb_annex *annexes, size_t n, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_annexes_decode(struct wb_annex **out, size_t *n,
    struct wb_arena *arena, struct wb_span body, struct wb_error *err);

struct wb_enrolment {
	struct wb_hash token_hash;
	uint64_t expires; /* Unix seconds */
	struct wb_span request; /* age file; may be empty */
	struct wb_span welcome; /* age file; may be empty */
};

WB_MUST_CHECK enum wb_status wb_enrolments_encode(struct wb_bytes *out,
    const struct wb_enrolment *enrolments, size_t n, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_enrolments_decode(struct wb_enrolment **out,
    size_t *n, struct wb_arena *arena, struct wb_span body,
    struct wb_error *err);

enum wb_bundle_kind {
	WB_BUNDLE_HEAD = 1,
	WB_BUNDLE_CHECKPOINT,
	WB_BUNDLE_ENTRY,
	WB_BUNDLE_STATEMENT,
	WB_BUNDLE_CONTENT,
	WB_BUNDLE_ANNEX,
	WB_BUNDLE_CONSISTENCY,
	WB_BUNDLE_DISCLOSURE,
	WB_BUNDLE_TALLY_CONTENT, /* see proto/record_tally.h */
	WB_BUNDLE_OPENING,
	WB_BUNDLE_PADDING,
	WB_BUNDLE_CHECKSUM
};

/* Bytes: an entry with its content, or an annex, and what frames it. */
#define WB_MAX_BUNDLE_ITEM (((size_t)4 << 20) + ((size_t)128 << 10))

/* One item; which members count depends on the kind. */
struct wb_bundle_item {
	enum wb_bundle_kind kind;
	struct wb_hash programme; /* HEAD */
	struct wb_span purpose; /* HEAD: as envelope.proto lists them */
	struct wb_entry entry; /* ENTRY */
	struct wb_span bytes; /* of all other kinds */
	struct wb_annex annex; /* ANNEX */
	struct wb_proof consistency; /* CONSISTENCY */
	struct wb_hash checksum; /* CHECKSUM */
};

/* Appends the item, length-delimited. */
WB_MUST_CHECK enum wb_status wb_bundle_item_append(struct wb_bytes *out,
    const struct wb_bundle_item *item, struct wb_error *err);
/* Is it a CONTENT in its one form?  Then *content views the file in it. */
bool wb_bundle_item_is_content(struct wb_span *content, struct wb_span bytes);
/*
 * Decodes one item, without its length, which must outlive it; the arena needs
 * twice its size.  WB_NEWER: a later head version.
 */
WB_MUST_CHECK enum wb_status wb_bundle_item_decode(struct wb_bundle_item *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

#endif
