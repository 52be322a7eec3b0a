/*
 * Totals commitments: Pedersen vector commitments over ristretto255 (RFC
 * 9496), one generator a measure, derived by hashing to the group (RFC 9380),
 * so that sums of batches can be checked without opening any.
 */
#ifndef WB_CRYPTO_COMMITMENT_H
#define WB_CRYPTO_COMMITMENT_H

#include "crypto/hash.h"

#define WB_POINT_LEN 32
#define WB_SCALAR_LEN 32

struct wb_point {
	uint8_t b[WB_POINT_LEN]; /* canonical ristretto255; zeros: identity */
};

struct wb_scalar {
	uint8_t b[WB_SCALAR_LEN]; /* little-endian, reduced mod l */
};

/* A sum in one measure; `generator` from wb_generator. */
struct wb_measured {
	struct wb_point generator;
	uint64_t quantity; /* thousandths */
};

/*
 * G_m for the measure text m = kind|item|unit (see wb_measure_text), DST
 * "waybill/measure/v1 ristretto255_XMD:SHA-512_R255MAP_RO_".
 */
void wb_generator(struct wb_point *out, struct wb_span measure);

/* As RFC 9380 section 5.3.1 with SHA-512; for wb_generator and its vectors. */
WB_MUST_CHECK enum wb_status wb_expand_message(uint8_t *out, size_t len,
    struct wb_span message, struct wb_span dst, struct wb_error *err);
void wb_hash_to_ristretto(struct wb_point *out, struct wb_span message,
    struct wb_span dst);

/*
 * Appends kind|item|unit, with % and | inside item or unit written %25 and
 * %7C.  `kind` is the text of the record's kind ("void-delivered").
 */
WB_MUST_CHECK enum wb_status wb_measure_text(struct wb_bytes *out,
    const char *kind, struct wb_span item, struct wb_span unit,
    struct wb_error *err);

/* r = HMAC-SHA-512(seed, "waybill/blind/v1") mod l. */
void wb_blinding(struct wb_scalar *out, const struct wb_hash *seed);

/* r·B + Σ quantity·G; terms of zero are skipped. */
WB_MUST_CHECK enum wb_status wb_commit(struct wb_point *out,
    const struct wb_scalar *blinding, const struct wb_measured *sums, size_t n,
    struct wb_error *err);

/* sum += p.  WB_INVALID: p is not a canonical point, or is the identity. */
WB_MUST_CHECK enum wb_status wb_point_add(struct wb_point *sum,
    const struct wb_point *p, struct wb_error *err);

/* Is it the one form of a number below l? */
bool wb_scalar_is_reduced(const struct wb_scalar *s);

/* sum += s mod l. */
void wb_scalar_add(struct wb_scalar *sum, const struct wb_scalar *s);

/* May it stand in a header: canonical, in the group, not the identity. */
WB_MUST_CHECK bool wb_point_is_valid(const struct wb_point *p);
bool wb_point_equal(const struct wb_point *a, const struct wb_point *b);

#endif
