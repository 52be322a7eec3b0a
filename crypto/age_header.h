/*
 * The textual header of an age file (c2sp.org/age, "Header"): its strict
 * grammar, its X25519 stanzas and its MAC.  For age.c alone.  Knows neither
 * identities nor how a file key is wrapped.
 */
#ifndef WB_CRYPTO_AGE_HEADER_H
#define WB_CRYPTO_AGE_HEADER_H

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hash.h"

#define WB_AGE_FILE_KEY 16 /* bytes */
#define WB_AGE_SHARE 32 /* an ephemeral X25519 key */
#define WB_AGE_WRAPPED 32 /* file key and tag */
#define WB_AGE_NONCE 16 /* between header and chunks */

/* One "X25519" stanza, decoded. */
struct wb_age_stanza {
	uint8_t share[WB_AGE_SHARE];
	uint8_t wrapped[WB_AGE_WRAPPED];
};

/* Well-formed, but not authenticated before wb_age_header_verify. */
struct wb_age_header {
	struct wb_age_stanza *stanzas; /* owned */
	size_t count;
	struct wb_span covered; /* what the MAC is over; view into the file */
	uint8_t mac[WB_HASH_LEN];
	struct wb_span nonce; /* of the payload; view into the file */
	struct wb_span payload; /* the chunks; view into the file */
};

/*
 * Reads the header at the start of `file`, and the nonce behind it.  Stanzas of other types are
 * checked for form and passed over.  Clear with wb_age_header_clear.
 * WB_INVALID: anything the grammar does not allow, a header longer than
 * WB_MAX_AGE_HEADER or more X25519 stanzas than WB_MAX_AGE_RECIPIENTS.
 */
WB_MUST_CHECK enum wb_status wb_age_header_parse(struct wb_age_header *out,
    struct wb_span file, struct wb_error *err);
void wb_age_header_clear(struct wb_age_header *h);

/* Does the MAC stand under this file key?  Constant time. */
WB_MUST_CHECK bool wb_age_header_verify(const struct wb_age_header *h,
    struct wb_span file_key);

/* Appends a header of wb_age_header_size bytes.  `out` is partial on failure. */
WB_MUST_CHECK enum wb_status wb_age_header_write(struct wb_bytes *out,
    const struct wb_age_stanza *stanzas, size_t n, struct wb_span file_key,
    struct wb_error *err);
size_t wb_age_header_size(size_t n);

/* HKDF-SHA-256 to 32 bytes, as every key of a file is derived. */
void wb_age_derive(uint8_t out[WB_HASH_LEN], struct wb_span ikm,
    struct wb_span salt, const char *info);

#endif
