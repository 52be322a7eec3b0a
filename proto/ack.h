/* What a coordinator says of batches; and the two smaller statements. */
#ifndef WB_PROTO_ACK_H
#define WB_PROTO_ACK_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define WB_MAX_VERDICTS 256 /* in one ack: fits WB_MAX_ENVELOPE */
#define WB_MAX_METHOD 8 /* bytes, of an HTTP method */

enum wb_outcome {
	WB_OUTCOME_OPENED = 1,
	WB_OUTCOME_UNDECRYPTABLE = 2,
	WB_OUTCOME_DISPUTED = 3,
	WB_OUTCOME_ADMIT = 4
};

struct wb_verdict {
	struct wb_hash statement;
	enum wb_outcome outcome;
};

struct wb_ack {
	struct wb_hash programme;
	struct wb_key signer;
	struct wb_verdict *verdicts;
	size_t verdict_count; /* 1 to WB_MAX_VERDICTS */
	struct wb_hash roster; /* newest the signer knows */
};

WB_MUST_CHECK enum wb_status wb_ack_encode(struct wb_bytes *out,
    const struct wb_ack *ack, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_ack_decode(struct wb_ack *out,
    struct wb_arena *arena, struct wb_span payload, struct wb_error *err);

/* The hash of a sealed file that says what was shown to whom. */
struct wb_shown {
	struct wb_hash programme;
	struct wb_key signer;
	struct wb_hash content_hash;
};

WB_MUST_CHECK enum wb_status wb_shown_encode(struct wb_bytes *out,
    const struct wb_shown *note, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_shown_decode(struct wb_shown *out,
    struct wb_span payload, struct wb_error *err);

/* A signed read of the server. */
struct wb_read {
	struct wb_hash programme;
	struct wb_key signer;
	struct wb_key log_key; /* of the log asked: no replay elsewhere */
	struct wb_span method; /* "GET" */
	struct wb_span path; /* with the query */
	uint64_t time; /* Unix seconds */
};

WB_MUST_CHECK enum wb_status wb_read_encode(struct wb_bytes *out,
    const struct wb_read *read, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_read_decode(struct wb_read *out,
    struct wb_arena *arena, struct wb_span payload, struct wb_error *err);

/*
 * What travels of it in the Authorization header, since all else is known to
 * who is asked: the signer, the time (8 bytes, big-endian), the signature.
 */
#define WB_READ_TOKEN (WB_KEY_LEN + 8 + WB_SIGNATURE_LEN) /* bytes */

WB_MUST_CHECK enum wb_status wb_read_token(uint8_t out[WB_READ_TOKEN],
    const struct wb_read *read, const struct wb_signer *signer,
    struct wb_error *err);
/* Sets the signer and the time of `read`; nothing is verified. */
void wb_read_token_split(struct wb_read *read, struct wb_signature *signature,
    const uint8_t token[WB_READ_TOKEN]);
/* WB_FORGED: not its signer's signature; WB_INVALID: no such read. */
WB_MUST_CHECK enum wb_status wb_read_verify(const struct wb_read *read,
    const struct wb_signature *signature, struct wb_error *err);

#endif
