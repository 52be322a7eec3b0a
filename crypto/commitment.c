#include "crypto/commitment.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define SHA512_LEN 64
#define SHA512_BLOCK 128
#define MAX_DST 255 /* bytes; RFC 9380 hashes longer ones, we have none */

static const char measure_dst[] =
    "waybill/measure/v1 ristretto255_XMD:SHA-512_R255MAP_RO_";

static_assert(WB_POINT_LEN == crypto_core_ristretto255_BYTES,
    "points are libsodium's");
static_assert(WB_SCALAR_LEN == crypto_core_ristretto255_SCALARBYTES,
    "scalars are libsodium's");

/* b_0 = H(Z_pad || message || u16(len) || 0 || DST || u8(len(DST))) */
static void
expand_first(uint8_t b0[SHA512_LEN], size_t len, struct wb_span message,
    struct wb_span dst)
{
	static const uint8_t pad[SHA512_BLOCK];
	const uint8_t lengths[] = { (uint8_t)(len >> 8), (uint8_t)len, 0 };
	const uint8_t dst_len = (uint8_t)dst.len;
	crypto_hash_sha512_state h;

	(void)crypto_hash_sha512_init(&h);
	(void)crypto_hash_sha512_update(&h, pad, sizeof(pad));
	(void)crypto_hash_sha512_update(&h, message.data, message.len);
	(void)crypto_hash_sha512_update(&h, lengths, sizeof(lengths));
	(void)crypto_hash_sha512_update(&h, dst.data, dst.len);
	(void)crypto_hash_sha512_update(&h, &dst_len, 1);
	(void)crypto_hash_sha512_final(&h, b0);
}

enum wb_status
wb_expand_message(uint8_t *out, size_t len, struct wb_span message,
    struct wb_span dst, struct wb_error *err)
{
	const uint8_t dst_len = (uint8_t)dst.len;
	uint8_t b0[SHA512_LEN], b[SHA512_LEN] = { 0 };
	crypto_hash_sha512_state h;
	uint8_t i = 1;

	if (len > (size_t)255 * SHA512_LEN || dst.len == 0 || dst.len > MAX_DST)
		return wb_fail(err, WB_INVALID,
		    "a message cannot be expanded to these sizes");
	expand_first(b0, len, message, dst);
	for (size_t done = 0; done < len; done += SHA512_LEN, i++) {
		size_t n = len - done < SHA512_LEN ? len - done : SHA512_LEN;

		/* b_i = H((b_0 xor b_{i-1}) || u8(i) || DST ...) */
		for (size_t k = 0; k < SHA512_LEN; k++)
			b[k] ^= b0[k];
		(void)crypto_hash_sha512_init(&h);
		(void)crypto_hash_sha512_update(&h, b, sizeof(b));
		(void)crypto_hash_sha512_update(&h, &i, 1);
		(void)crypto_hash_sha512_update(&h, dst.data, dst.len);
		(void)crypto_hash_sha512_update(&h, &dst_len, 1);
		(void)crypto_hash_sha512_final(&h, b);
		memcpy(out + done, b, n);
	}
	return WB_OK;
}

void
wb_hash_to_ristretto(struct wb_point *out, struct wb_span message,
    struct wb_span dst)
{
	uint8_t uniform[crypto_core_ristretto255_HASHBYTES];
	enum wb_status st;

	st = wb_expand_message(uniform, sizeof(uniform), message, dst, NULL);
	assert(st == WB_OK);
	(void)st;
	(void)crypto_core_ristretto255_from_hash(out->b, uniform);
}

void
wb_generator(struct wb_point *out, struct wb_span measure)
{
	wb_hash_to_ristretto(out, measure, wb_span_text(measure_dst));
}

static enum wb_status
append_escaped(struct wb_bytes *out, struct wb_span s, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < s.len; i++) {
		if (s.data[i] == '%')
			st = wb_bytes_append_text(out, "%25", err);
		else if (s.data[i] == '|')
			st = wb_bytes_append_text(out, "%7C", err);
		else
			st = wb_bytes_append(out, wb_span(s.data + i, 1), err);
	}
	return st;
}

enum wb_status
wb_measure_text(struct wb_bytes *out, const char *kind, struct wb_span item,
    struct wb_span unit, struct wb_error *err)
{
	enum wb_status st;

	st = wb_bytes_printf(out, err, "%s|", kind);
	if (st == WB_OK)
		st = append_escaped(out, item, err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "|", err);
	if (st == WB_OK)
		st = append_escaped(out, unit, err);
	return st;
}

void
wb_blinding(struct wb_scalar *out, const struct wb_hash *seed)
{
	const struct wb_span label = wb_span_text("waybill/blind/v1");
	uint8_t wide[WB_HASH512_LEN];

	static_assert(WB_HASH512_LEN ==
			  crypto_core_ristretto255_NONREDUCEDSCALARBYTES,
	    "reduction takes a whole HMAC-SHA-512");
	wb_hmac_sha512(wide, wb_hash_span(seed), &label, 1);
	crypto_core_ristretto255_scalar_reduce(out->b, wide);
	wb_wipe(wide, sizeof(wide));
}

/* sum += quantity * generator */
static enum wb_status
add_term(struct wb_point *sum, const struct wb_measured *m,
    struct wb_error *err)
{
	struct wb_scalar v = { { 0 } };
	struct wb_point term;

	for (size_t i = 0; i < sizeof(m->quantity); i++)
		v.b[i] = (uint8_t)(m->quantity >> (8 * i));
	if (crypto_scalarmult_ristretto255(term.b, v.b, m->generator.b) != 0)
		return wb_fail(err, WB_INVALID,
		    "a measure's generator is not a point");
	return wb_point_add(sum, &term, err);
}

enum wb_status
wb_commit(struct wb_point *out, const struct wb_scalar *blinding,
    const struct wb_measured *sums, size_t n, struct wb_error *err)
{
	struct wb_point sum = { { 0 } };
	enum wb_status st = WB_OK;

	/* libsodium refuses to multiply by zero. */
	if (!sodium_is_zero(blinding->b, sizeof(blinding->b)) &&
	    crypto_scalarmult_ristretto255_base(sum.b, blinding->b) != 0)
		return wb_fail(err, WB_INVALID,
		    "a commitment's blinding is not reduced");
	for (size_t i = 0; st == WB_OK && i < n; i++)
		if (sums[i].quantity != 0)
			st = add_term(&sum, &sums[i], err);
	if (st == WB_OK && sodium_is_zero(sum.b, sizeof(sum.b)))
		st = wb_fail(err, WB_INVALID,
		    "a commitment came out as the identity");
	if (st == WB_OK)
		*out = sum;
	return st;
}

enum wb_status
wb_point_add(struct wb_point *sum, const struct wb_point *p,
    struct wb_error *err)
{
	struct wb_point r;

	/* The addition refuses what is no point; the identity it takes. */
	if (sodium_is_zero(p->b, sizeof(p->b)) ||
	    crypto_core_ristretto255_add(r.b, sum->b, p->b) != 0)
		return wb_fail(err, WB_INVALID,
		    "a totals commitment is not a point");
	*sum = r;
	return WB_OK;
}

bool
wb_scalar_is_reduced(const struct wb_scalar *s)
{
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = { 0 };
	struct wb_scalar reduced;
	bool same;

	memcpy(wide, s->b, sizeof(s->b));
	crypto_core_ristretto255_scalar_reduce(reduced.b, wide);
	same = sodium_memcmp(reduced.b, s->b, sizeof(s->b)) == 0;
	wb_wipe(wide, sizeof(wide));
	wb_wipe(&reduced, sizeof(reduced));
	return same;
}

void
wb_scalar_add(struct wb_scalar *sum, const struct wb_scalar *s)
{
	crypto_core_ristretto255_scalar_add(sum->b, sum->b, s->b);
}

bool
wb_point_is_valid(const struct wb_point *p)
{
	/* libsodium's check accepts the identity. */
	return !sodium_is_zero(p->b, sizeof(p->b)) &&
	       crypto_core_ristretto255_is_valid_point(p->b) == 1;
}

bool
wb_point_equal(const struct wb_point *a, const struct wb_point *b)
{
	return sodium_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
