/* The sealed content of a batch: its manifest and its sessions' parts. */
#ifndef WB_PROTO_RECORD_CONTENT_H
#define WB_PROTO_RECORD_CONTENT_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/part.h"
#include "crypto/sign.h"

#define WB_MAX_SESSIONS 4096 /* in one content */
#define WB_MAX_CONTENT_BUDGET ((size_t)64 << 20) /* bytes, when opened */

struct wb_manifest {
	struct wb_hash programme;
	struct wb_key signer;
	uint64_t sequence;
	struct wb_hash previous; /* zero: empty */
	struct wb_hash roster;
};

struct wb_session {
	struct wb_span key_file; /* age file to the reader: key || mark */
	struct wb_span *parts; /* sealed, in sealing order */
	size_t part_count;
};

struct wb_content {
	struct wb_span manifest; /* its bytes, as hashed into the record tree */
	struct wb_hash seed;
	struct wb_session *sessions;
	size_t session_count;
	uint8_t mark[WB_MARK_LEN];
};

WB_MUST_CHECK enum wb_status wb_manifest_encode(struct wb_bytes *out,
    const struct wb_manifest *manifest, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_manifest_decode(struct wb_manifest *out,
    struct wb_span bytes, struct wb_error *err);

/*
 * Appends the content, padded so that its age file to one recipient has a
 * size of wb_pad_content.
 */
WB_MUST_CHECK enum wb_status wb_content_encode(struct wb_bytes *out,
    const struct wb_content *content, struct wb_error *err);
/* WB_INVALID also where it is not padded as encoding does. */
WB_MUST_CHECK enum wb_status wb_content_decode(struct wb_content *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

#endif
