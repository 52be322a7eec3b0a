/* How a newcomer joins: invitation, request, welcome. */
#ifndef WB_PROTO_RECORD_JOIN_H
#define WB_PROTO_RECORD_JOIN_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/part.h"
#include "crypto/sign.h"

#define WB_TOKEN_LEN 32
#define WB_MAX_MARKS 8
#define WB_JOIN_DIGITS 30 /* six groups of five */
#define WB_JOIN_DIGITS_TEXT 35 /* with five blanks, without a NUL */
#define WB_INVITE_HOURS 72
#define WB_MAX_URL 500 /* bytes */
#define WB_MAX_WELCOME_ROSTERS 4096
#define WB_MAX_WELCOME_PLAIN ((size_t)15 << 20) /* bytes */
#define WB_MAX_WELCOME_BUDGET ((size_t)64 << 20) /* a reader's arena, bytes */

struct wb_invite {
	struct wb_hash programme;
	struct wb_span log_key; /* vkey text */
	struct wb_span url; /* may be empty: drives only */
	uint8_t token[WB_TOKEN_LEN];
	struct wb_span recipient; /* age1… of the inviting coordinator */
	uint64_t expires; /* Unix seconds */
	uint32_t role; /* enum wb_role */
	struct wb_span programme_name;
};

struct wb_join_request {
	struct wb_key key;
	struct wb_span recipient; /* age1… of the newcomer */
	struct wb_span label; /* a wish; may be empty */
	uint8_t (*marks)[WB_MARK_LEN];
	size_t mark_count;
	struct wb_hash authenticator;
	struct wb_hash token_hash;
	struct wb_span root; /* coordinators: their root key, 32 bytes */
};

struct wb_welcome {
	struct wb_span *rosters; /* envelopes, version 1 first */
	size_t roster_count;
	struct wb_span
	    *receipts; /* tlog-proofs, of the first so many rosters */
	size_t receipt_count;
	struct wb_span checkpoint; /* may be empty: nothing logged yet */
	struct wb_span catalogue; /* plaintext annexes */
	struct wb_span places;
	struct wb_span names; /* coordinators only */
	struct wb_span label;
	struct wb_span programme_name;
};

WB_MUST_CHECK enum wb_status wb_invite_encode(struct wb_bytes *out,
    const struct wb_invite *invite, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_invite_decode(struct wb_invite *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_join_request_encode(struct wb_bytes *out,
    const struct wb_join_request *request, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_join_request_decode(struct wb_join_request *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_welcome_encode(struct wb_bytes *out,
    const struct wb_welcome *welcome, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_welcome_decode(struct wb_welcome *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

/*
 * HMAC-SHA-256(token, programme || key || recipient text || root key).  `root`
 * here and below: a coordinator's, else empty.
 */
void wb_join_authenticator(struct wb_hash *out,
    const uint8_t token[WB_TOKEN_LEN], const struct wb_hash *programme,
    const struct wb_key *key, struct wb_span recipient, struct wb_span root);

/*
 * The digits that both sides compare aloud: SHA-256("waybill/join/v1" 00
 * programme vkey token key recipient root) mod 10^30, six groups of five
 * digits.
 */
void wb_join_digits(char out[WB_JOIN_DIGITS_TEXT + 1],
    const struct wb_invite *invite, const struct wb_key *key,
    struct wb_span recipient, struct wb_span root);

#endif
