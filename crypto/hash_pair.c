/*
 * One piece of data into two SHA-256 at once.  A single SHA-256 waits for its
 * own last round most of the time; the processor's SHA instructions have room
 * for a second one meanwhile.  Evidence needs two: each content's own hash, and
 * that of the whole file.  Without those instructions nettle does both, one
 * after the other, as it does the ends that are no whole blocks.
 */
#include <nettle/sha2.h>
#include <string.h>

#include "crypto/hash.h"

#define BLOCK ((size_t)SHA256_BLOCK_SIZE)
#define LANES 2

#if defined(__x86_64__) && !defined(WB_NO_SHA_INSTRUCTIONS)
#include <cpuid.h>
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf,
	0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
	0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
	0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
	0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
	0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
	0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee,
	0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2 };

/* The eight words of a state, in the order of the instructions. */
struct lane {
	__m128i abef;
	__m128i cdgh;
	__m128i words[4]; /* the next sixteen of the message schedule */
};

SHA_TARGET static inline void
load_state(struct lane *l, const uint32_t state[8])
{
	__m128i dcba = _mm_loadu_si128((const void *)&state[0]);
	__m128i hgfe = _mm_loadu_si128((const void *)&state[4]);
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
	__m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);

	l->abef = _mm_alignr_epi8(cdab, efgh, 8);
	l->cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

SHA_TARGET static inline void
store_state(uint32_t state[8], const struct lane *l)
{
	__m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);

	_mm_storeu_si128((void *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((void *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

SHA_TARGET static inline void
load_block(struct lane *l, const uint8_t *at)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b,
	    0x0405060700010203);

	for (size_t i = 0; i < 4; i++) {
		l->words[i] = _mm_shuffle_epi8(_mm_loadu_si128(
						   (const void *)(at + 16 * i)),
		    big_endian);
	}
}

/* Rounds 4i to 4i + 3, and the words for those that are twelve later. */
SHA_TARGET static inline void
four_rounds(struct lane *l, size_t i)
{
	__m128i *w = l->words;
	__m128i k = _mm_loadu_si128((const void *)&constants[4 * i]);
	__m128i sum = _mm_add_epi32(w[i & 3], k);
	__m128i next;

	l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, sum);
	sum = _mm_shuffle_epi32(sum, 0x0e);
	l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, sum);
	if (i >= 12)
		return;
	next = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
	next = _mm_add_epi32(next,
	    _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
	w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
}

/* `n` blocks each. */
SHA_TARGET static void
compress_both(uint32_t *const states[LANES], const uint8_t *const from[LANES],
    size_t n)
{
	struct lane now[LANES], before[LANES];

	for (int j = 0; j < LANES; j++)
		load_state(&now[j], states[j]);
	for (size_t at = 0; at < n * BLOCK; at += BLOCK) {
		for (int j = 0; j < LANES; j++) {
			before[j] = now[j];
			load_block(&now[j], from[j] + at);
		}
#pragma GCC unroll 16
		for (size_t i = 0; i < 16; i++) {
			four_rounds(&now[0], i);
			four_rounds(&now[1], i);
		}
		for (int j = 0; j < LANES; j++) {
			now[j].abef = _mm_add_epi32(now[j].abef,
			    before[j].abef);
			now[j].cdgh = _mm_add_epi32(now[j].cdgh,
			    before[j].cdgh);
		}
	}
	for (int j = 0; j < LANES; j++)
		store_state(states[j], &now[j]);
}

static bool
has_instructions(void)
{
	static _Atomic int known; /* 0: not yet, 1: no, 2: yes */
	unsigned a, b, c, d;
	bool has;

	if (known != 0)
		return known == 2;
	has = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSSE3) != 0 &&
	      (c & bit_SSE4_1) != 0 &&
	      __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
	      (b & bit_SHA) != 0;
	known = has ? 2 : 1;
	return has;
}

/* Adds what completes a block that was begun; how much that was. */
static size_t
complete_block(struct sha256_ctx *ctx, const uint8_t *data)
{
	size_t n = (BLOCK - ctx->index) % BLOCK;

	sha256_update(ctx, n, data);
	return n;
}

/* Adds the whole blocks of both, of which there is one; how much that was. */
static void
add_blocks(size_t at[LANES], struct sha256_ctx *const ctx[LANES],
    struct wb_span data)
{
	uint32_t *states[LANES];
	const uint8_t *from[LANES];
	size_t n;

	for (int j = 0; j < LANES; j++) {
		at[j] = complete_block(ctx[j], data.data);
		states[j] = ctx[j]->state;
		from[j] = data.data + at[j];
	}
	n = (data.len - (at[0] > at[1] ? at[0] : at[1])) / BLOCK;
	compress_both(states, from, n);
	for (int j = 0; j < LANES; j++) {
		ctx[j]->count += n;
		at[j] += n * BLOCK;
	}
}
#endif

void
wb_hasher_add_both(struct wb_hasher *a, struct wb_hasher *b,
    struct wb_span data)
{
	void *ctx_a = a->state, *ctx_b = b->state;
	struct sha256_ctx *ctx[LANES] = { ctx_a, ctx_b };
	size_t at[LANES] = { 0, 0 };

#ifdef SHA_TARGET
	if (data.len >= 2 * BLOCK && has_instructions())
		add_blocks(at, ctx, data);
#endif
	for (int j = 0; j < LANES; j++)
		sha256_update(ctx[j], data.len - at[j], data.data + at[j]);
}
