/*
 * What a log needs from a database: one atomic append, and reads of what was
 * appended.  Knows no signatures and no rules.  A store may be opened several
 * times: once for writing, and for reading by as many threads as there are
 * handles; one thread at a time may use a handle.
 */
#ifndef WB_SERVER_STORE_H
#define WB_SERVER_STORE_H

#include "base/arena.h"
#include "crypto/note.h"

struct wb_store;

#define WB_STORE_TILES 6 /* levels of tiles */

enum wb_store_mode {
	WB_STORE_CREATE,
	WB_STORE_WRITE,
	WB_STORE_READ
};

/* All about a log entry but its bytes. */
struct wb_store_entry {
	uint64_t index;
	unsigned type; /* enum wb_statement_type */
	uint64_t device; /* a batch's; 0 otherwise */
	uint64_t number; /* a batch's sequence; an ack's count of ADMITs */
	uint64_t tag; /* first eight bytes of the statement id */
};

/* A device, numbered from 1. */
struct wb_store_device {
	uint64_t id;
	uint8_t key[32];
};

struct wb_store_tile {
	unsigned level;
	uint64_t index;
	struct wb_span hashes; /* 32 bytes each, from the left */
};

struct wb_store_target {
	uint64_t device;
	uint64_t index; /* of the ack */
};

/* What one commit adds.  Entries follow each other, from the old size on. */
struct wb_store_group {
	const struct wb_store_entry *entries;
	const struct wb_span *envelopes;
	const struct wb_span *contents; /* an empty one: none */
	size_t entry_count;
	const struct wb_store_device *devices; /* new ones */
	size_t device_count;
	const struct wb_store_tile *tiles; /* new or longer */
	size_t tile_count;
	const struct wb_store_target *targets;
	size_t target_count;
	struct wb_head head; /* after this group */
	uint64_t content_bytes; /* of the whole log, after this group */
};

struct wb_store_head {
	struct wb_head head; /* committed; perhaps not signed yet */
	uint64_t content_bytes;
};

/*
 * `where` is "sqlite:PATH".  WB_EXISTS: to be created, and there; WB_NEWER: a
 * later schema; WB_STORAGE.
 */
WB_MUST_CHECK enum wb_status wb_store_open(struct wb_store **out,
    const char *where, enum wb_store_mode mode, struct wb_error *err);
void wb_store_close(struct wb_store **store);

/*
 * All or nothing, and durable when it returns WB_OK.  WB_STORAGE: nothing was
 * changed and a later attempt may succeed (disk full), unless the error's id
 * is "store-poisoned": then this handle must not be written again.
 */
WB_MUST_CHECK enum wb_status wb_store_commit(struct wb_store *store,
    const struct wb_store_group *group, struct wb_error *err);

/*
 * From here on commits are made one with each other: this handle alone sees
 * them, until release makes all of them durable, or (`keep` false) undoes
 * them.  Nothing else may be written meanwhile.  A failed commit wants an
 * undoing release.
 */
WB_MUST_CHECK enum wb_status wb_store_hold(struct wb_store *store,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_store_release(struct wb_store *store, bool keep,
    struct wb_error *err);

WB_MUST_CHECK enum wb_status wb_store_head(struct wb_store_head *out,
    struct wb_store *store, struct wb_error *err);

/*
 * What witnesses said of the log's heads: the newest cosignature of each, and
 * the newest note that had enough of them.
 */
#define WB_MAX_COSIGNATURE 512 /* bytes of a line */

struct wb_store_cosignature {
	uint8_t witness[32]; /* its key */
	uint64_t size; /* of the head */
	struct wb_span line; /* of a signed note */
};

struct wb_store_witnessed {
	const struct wb_store_cosignature *lines;
	size_t count;
	struct wb_span note; /* empty: none yet */
};

/* All or nothing, in place of what was kept before. */
WB_MUST_CHECK enum wb_status wb_store_keep_witnessed(struct wb_store *store,
    const struct wb_store_witnessed *kept, struct wb_error *err);

/* What was kept, in the arena. */
WB_MUST_CHECK enum wb_status wb_store_witnessed(struct wb_store_witnessed *out,
    struct wb_arena *arena, struct wb_store *store, struct wb_error *err);

typedef enum wb_status wb_store_visit(void *ctx, const void *row,
    struct wb_error *err);

/* Every struct wb_store_entry from `from` on, ascending. */
WB_MUST_CHECK enum wb_status wb_store_scan(struct wb_store *store,
    uint64_t from, wb_store_visit *visit, void *ctx, struct wb_error *err);

/* Every struct wb_store_device. */
WB_MUST_CHECK enum wb_status wb_store_devices(struct wb_store *store,
    wb_store_visit *visit, void *ctx, struct wb_error *err);

/* One of them: by key, or WB_NOT_FOUND. */
WB_MUST_CHECK enum wb_status wb_store_device(struct wb_store_device *out,
    struct wb_store *store, const uint8_t key[32], struct wb_error *err);

/*
 * One entry; `envelope` and `content` may be NULL, else they become copies in
 * the arena.  WB_NOT_FOUND.
 */
WB_MUST_CHECK enum wb_status wb_store_entry(struct wb_store_entry *out,
    struct wb_span *envelope, struct wb_span *content, struct wb_arena *arena,
    struct wb_store *store, uint64_t index, struct wb_error *err);

/* Appends a tile's hashes, as many as there are.  WB_NOT_FOUND. */
WB_MUST_CHECK enum wb_status wb_store_tile(struct wb_bytes *out,
    struct wb_store *store, unsigned level, uint64_t index,
    struct wb_error *err);

/* Up to `max` indexes of a device's own entries, from `from` on, ascending. */
WB_MUST_CHECK enum wb_status wb_store_own(uint64_t *out, size_t *n, size_t max,
    struct wb_store *store, uint64_t device, uint64_t from,
    struct wb_error *err);

/* The newest of them below `index`.  WB_NOT_FOUND. */
WB_MUST_CHECK enum wb_status wb_store_before(struct wb_store_entry *out,
    struct wb_store *store, uint64_t device, uint64_t index,
    struct wb_error *err);

/* Up to `max` indexes of acks on a device, from `from` on, ascending. */
WB_MUST_CHECK enum wb_status wb_store_acks(uint64_t *out, size_t *n, size_t max,
    struct wb_store *store, uint64_t device, uint64_t from,
    struct wb_error *err);

/*
 * Beside the log: sealed files left for others, under a kind, a hash and an
 * owner; the same three again replace.
 */
enum wb_shelf_kind {
	WB_SHELF_ANNEX = 1,
	WB_SHELF_TOKEN, /* an enrolment a coordinator registered; its welcome */
	WB_SHELF_REQUEST /* what a newcomer posted under a token */
};

struct wb_shelf_item {
	enum wb_shelf_kind kind;
	uint8_t hash[32];
	uint8_t owner[32];
	unsigned rank; /* lower ones are given up first */
	uint64_t expires; /* Unix seconds; 0: never */
	struct wb_span file;
};

struct wb_shelf_limits {
	size_t keep; /* copies of one kind and hash: the best stay */
	uint64_t count; /* items of a kind */
	uint64_t bytes; /* of their files together */
	uint64_t now; /* Unix seconds: what expired before is dropped */
	bool first_stays; /* of a kind and hash; nothing replaces it */
	/* The hashes that are in use; NULL: all. */
	const struct wb_hash *used;
	size_t used_count;
};

/*
 * Puts items of one kind and rank, all or none.  Better is a higher rank, then
 * newer.  Past the limits others make way, the lowest rank first and of that
 * the oldest, no more than must: at first what is not in use and of no higher
 * rank, then what is of lower rank.  WB_REFUSED: still past the limits;
 * WB_EXISTS: another file stays, being the first.
 */
WB_MUST_CHECK enum wb_status wb_store_put(struct wb_store *store,
    const struct wb_shelf_item *items, size_t n,
    const struct wb_shelf_limits *limits, struct wb_error *err);

/*
 * Every struct wb_shelf_item of a kind, or those of one hash (may be NULL),
 * best first, as wb_store_put orders them.
 */
WB_MUST_CHECK enum wb_status wb_store_shelf(struct wb_store *store,
    enum wb_shelf_kind kind, const uint8_t *hash, wb_store_visit *visit,
    void *ctx, struct wb_error *err);

#endif
