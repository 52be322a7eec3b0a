/*
 * What is signed: DSSE v1 pre-authentication encoding (PAE) over a payload and
 * its type.  The type separates the domains.  Knows no protobuf.
 * Source: github.com/secure-systems-lab/dsse protocol.md.
 */
#ifndef WB_CRYPTO_STATEMENT_H
#define WB_CRYPTO_STATEMENT_H

#include "crypto/hash.h"
#include "crypto/sign.h"

#define WB_MAX_STATEMENT 60000 /* bytes of payload: a roster, the largest */

/* "DSSEv1" SP len(type) SP type SP len(payload) SP payload, appended. */
WB_MUST_CHECK enum wb_status wb_pae(struct wb_bytes *out, const char *type,
    struct wb_span payload, struct wb_error *err);

/* The statement id: SHA-256 of the PAE.  Covers no signature. */
void wb_statement_id(struct wb_hash *out, const char *type,
    struct wb_span payload);

WB_MUST_CHECK enum wb_status wb_statement_sign(struct wb_signature *out,
    const struct wb_signer *signer, const char *type, struct wb_span payload,
    struct wb_error *err);

/* WB_FORGED: not a valid signature by `key` over type and payload. */
WB_MUST_CHECK enum wb_status wb_statement_verify(const struct wb_signature
						     *signature,
    const struct wb_key *key, const char *type, struct wb_span payload,
    struct wb_error *err);

#endif
