/*
 * The outer form of every statement: a DSSE v1 envelope.  Decoding is strict
 * and canonical: the same bytes come out of encoding, so a statement has one
 * form and its id one meaning.
 */
#ifndef WB_PROTO_ENVELOPE_H
#define WB_PROTO_ENVELOPE_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define WB_MAX_SIGNATURES 64

enum wb_statement_type {
	WB_STATEMENT_UNKNOWN = 0, /* a good form, carried but never logged */
	WB_STATEMENT_ROSTER,
	WB_STATEMENT_BATCH,
	WB_STATEMENT_ACK,
	WB_STATEMENT_TALLY,
	WB_STATEMENT_NOTE,
	WB_STATEMENT_READ
};

/* Decoded, canonical, nothing verified.  Views into the arena. */
struct wb_envelope {
	enum wb_statement_type type;
	struct wb_span payload_type;
	struct wb_span payload;
	struct wb_signature *signatures;
	size_t signature_count; /* 1 to WB_MAX_SIGNATURES */
	struct wb_hash id; /* the statement id */
};

/* "application/vnd.waybill.batch.v1+protobuf" and so on. */
const char *wb_statement_type_text(enum wb_statement_type type);

/*
 * WB_INVALID: not a canonical envelope, too large (WB_MAX_ENVELOPE; a roster
 * WB_MAX_ROSTER), a key id, a signature not of 64 bytes, none or too many.
 */
WB_MUST_CHECK enum wb_status wb_envelope_decode(struct wb_envelope *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

/* Appends the envelope's bytes. */
WB_MUST_CHECK enum wb_status wb_envelope_encode(struct wb_bytes *out,
    enum wb_statement_type type, struct wb_span payload,
    const struct wb_signature *signatures, size_t n, struct wb_error *err);

/* Signs a payload and appends the envelope with that one signature. */
WB_MUST_CHECK enum wb_status wb_envelope_seal(struct wb_bytes *out,
    enum wb_statement_type type, struct wb_span payload,
    const struct wb_signer *signer, struct wb_error *err);

/*
 * Exactly one signature, and it is `key`'s.  WB_FORGED otherwise, and for an
 * envelope of another type than `type`.
 */
WB_MUST_CHECK enum wb_status wb_envelope_verify(const struct wb_envelope
						    *envelope,
    enum wb_statement_type type, const struct wb_key *key,
    struct wb_error *err);

#endif
