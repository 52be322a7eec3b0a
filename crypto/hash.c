#include "crypto/hash.h"

#include <nettle/sha2.h>
#include <sodium.h>
#include <string.h>

#define HKDF_MAX_BLOCKS 255 /* RFC 5869 section 2.3 */

_Static_assert(sizeof(struct sha256_ctx) <=
		   sizeof(((struct wb_hasher *)0)->state),
    "the hasher holds nettle's state");

/* Nettle's, which uses the processor's own instructions: five times as fast. */
static struct sha256_ctx *
state_of(struct wb_hasher *h)
{
	void *state = h->state;

	return state;
}

uint64_t
wb_short_hash(const uint8_t key[WB_SHORT_KEY_LEN], struct wb_span data)
{
	uint8_t out[crypto_shorthash_BYTES];

	(void)crypto_shorthash(out, data.data, data.len, key);
	return wb_get_be64(out);
}
_Static_assert(WB_SHORT_KEY_LEN == crypto_shorthash_KEYBYTES,
    "libsodium's keys are as long");

void
wb_hasher_init(struct wb_hasher *h)
{
	sha256_init(state_of(h));
}

void
wb_hasher_add(struct wb_hasher *h, struct wb_span data)
{
	sha256_update(state_of(h), data.len, data.data);
}

void
wb_hasher_final(struct wb_hasher *h, struct wb_hash *out)
{
	sha256_digest(state_of(h), WB_HASH_LEN, out->b);
}

void
wb_sha256(struct wb_hash *out, const struct wb_span *parts, size_t n)
{
	struct wb_hasher h;

	wb_hasher_init(&h);
	for (size_t i = 0; i < n; i++)
		wb_hasher_add(&h, parts[i]);
	wb_hasher_final(&h, out);
	wb_wipe(&h, sizeof h);
}

void
wb_sha256_one(struct wb_hash *out, struct wb_span data)
{
	wb_sha256(out, &data, 1);
}

/* libsodium wants an address even for a key of no bytes. */
static const uint8_t *
address_of(struct wb_span key)
{
	static const uint8_t nothing[1];

	return key.len == 0 ? nothing : key.data;
}

void
wb_hmac_sha256(uint8_t out[WB_HASH_LEN], struct wb_span key,
    const struct wb_span *parts, size_t n)
{
	crypto_auth_hmacsha256_state state;

	(void)crypto_auth_hmacsha256_init(&state, address_of(key), key.len);
	for (size_t i = 0; i < n; i++)
		(void)crypto_auth_hmacsha256_update(&state, parts[i].data,
		    parts[i].len);
	(void)crypto_auth_hmacsha256_final(&state, out);
	wb_wipe(&state, sizeof state);
}

void
wb_hmac_sha512(uint8_t out[WB_HASH512_LEN], struct wb_span key,
    const struct wb_span *parts, size_t n)
{
	crypto_auth_hmacsha512_state state;

	(void)crypto_auth_hmacsha512_init(&state, address_of(key), key.len);
	for (size_t i = 0; i < n; i++)
		(void)crypto_auth_hmacsha512_update(&state, parts[i].data,
		    parts[i].len);
	(void)crypto_auth_hmacsha512_final(&state, out);
	wb_wipe(&state, sizeof state);
}

/* RFC 5869 section 2.3: T(i) = HMAC(prk, T(i - 1) || info || i). */
static void
hkdf_expand(uint8_t *out, size_t len, const uint8_t prk[WB_HASH_LEN],
    struct wb_span info)
{
	uint8_t block[WB_HASH_LEN];
	size_t have = 0;
	uint8_t i = 0;

	while (len != 0) {
		size_t take = len < sizeof block ? len : sizeof block;

		i++;
		wb_hmac_sha256(block, wb_span(prk, WB_HASH_LEN),
		    (struct wb_span[]){ wb_span(block, have), info,
			wb_span(&i, 1) },
		    3);
		have = sizeof block;
		memcpy(out, block, take);
		out += take;
		len -= take;
	}
	wb_wipe(block, sizeof block);
}

enum wb_status
wb_hkdf_sha256(uint8_t *out, size_t len, struct wb_span ikm,
    struct wb_span salt, struct wb_span info, struct wb_error *err)
{
	uint8_t prk[WB_HASH_LEN];

	if (len > (size_t)HKDF_MAX_BLOCKS * WB_HASH_LEN)
		return wb_fail(err, WB_INVALID,
		    "%zu bytes are too many to derive", len);
	wb_hmac_sha256(prk, salt, &ikm, 1);
	hkdf_expand(out, len, prk, info);
	wb_wipe(prk, sizeof prk);
	return WB_OK;
}

bool
wb_hash_equal(const struct wb_hash *a, const struct wb_hash *b)
{
	return sodium_memcmp(a->b, b->b, WB_HASH_LEN) == 0;
}

bool
wb_hash_is_zero(const struct wb_hash *h)
{
	return sodium_is_zero(h->b, WB_HASH_LEN) == 1;
}

struct wb_span
wb_hash_span(const struct wb_hash *h)
{
	return wb_span(h->b, WB_HASH_LEN);
}
