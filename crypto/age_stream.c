#include "crypto/age_stream.h"

#include "crypto/aead.h"
#include "crypto/age.h"

#define SEALED_CHUNK (WB_AGE_CHUNK + WB_AEAD_TAG_LEN)
#define COUNTER_END (WB_CHACHA_NONCE_LEN - 1) /* then the mark of the last */

/* An empty plaintext still has one chunk. */
static size_t
chunks_of(size_t len, size_t chunk)
{
	return len == 0 ? 1 : len / chunk + (len % chunk != 0);
}

size_t
wb_age_stream_size(size_t plain)
{
	return plain + chunks_of(plain, WB_AGE_CHUNK) * WB_AEAD_TAG_LEN;
}

bool
wb_age_stream_plain(size_t *plain, size_t sealed)
{
	size_t n = chunks_of(sealed, SEALED_CHUNK);
	size_t last = sealed - (n - 1) * SEALED_CHUNK;

	*plain = 0;
	if (last < WB_AEAD_TAG_LEN || (last == WB_AEAD_TAG_LEN && n > 1))
		return false;
	*plain = sealed - n * WB_AEAD_TAG_LEN;
	return true;
}

/* Eleven bytes of big-endian chunk number, then 1 for the last chunk. */
static void
set_nonce(uint8_t nonce[WB_CHACHA_NONCE_LEN], uint64_t number, bool last)
{
	for (size_t i = 0; i < COUNTER_END - 8; i++)
		nonce[i] = 0;
	wb_put_be64(nonce + COUNTER_END - 8, number);
	nonce[COUNTER_END] = last;
}

void
wb_age_stream_seal(uint8_t *out, struct wb_span plain, struct wb_span key)
{
	size_t n = chunks_of(plain.len, WB_AGE_CHUNK);
	uint8_t nonce[WB_CHACHA_NONCE_LEN];

	for (size_t i = 0; i < n; i++) {
		set_nonce(nonce, i, i == n - 1);
		wb_chacha_seal(out + i * SEALED_CHUNK,
		    wb_span_sub(plain, i * WB_AGE_CHUNK, WB_AGE_CHUNK),
		    wb_span(NULL, 0), nonce, key);
	}
}

bool
wb_age_stream_open(uint8_t *out, struct wb_span sealed, struct wb_span key)
{
	size_t n = chunks_of(sealed.len, SEALED_CHUNK), plain;
	uint8_t nonce[WB_CHACHA_NONCE_LEN];

	if (!wb_age_stream_plain(&plain, sealed.len))
		return false;
	for (size_t i = 0; i < n; i++) {
		set_nonce(nonce, i, i == n - 1);
		if (!wb_chacha_open(out,
			wb_span_sub(sealed, i * SEALED_CHUNK, SEALED_CHUNK),
			wb_span(NULL, 0), nonce, key))
			return false;
		if (i < n - 1) /* `out` may be NULL where nothing is in it */
			out += WB_AGE_CHUNK;
	}
	return true;
}
