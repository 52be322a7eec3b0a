#include "crypto/part.h"

#include <string.h>

#include "crypto/aead.h"

#define AD_LEN (WB_HASH_LEN + WB_KEY_LEN)

/* Each key of the chain seals one part only. */
static const uint8_t zero_nonce[WB_CHACHA_NONCE_LEN];

enum wb_status
wb_part_chain_init(struct wb_part_chain *chain, struct wb_span key,
    struct wb_error *err)
{
	chain->key = NULL;
	if (key.len != WB_PART_KEY_LEN) {
		return wb_fail(err, WB_INVALID,
		    "a session key has %d bytes, not %zu", WB_PART_KEY_LEN,
		    key.len);
	}
	return wb_secret_copy(&chain->key, key, err);
}

void
wb_part_chain_clear(struct wb_part_chain *chain)
{
	wb_secret_free(&chain->key);
}

/* HMAC-SHA-256(K, label). */
static void
derive(uint8_t out[WB_HASH_LEN], const struct wb_part_chain *chain,
    const char *label)
{
	struct wb_span text = wb_span_text(label);

	wb_hmac_sha256(out, wb_secret_span(chain->key), &text, 1);
}

/* Gives the seed of the part just handled, and forgets its key. */
static void
advance(struct wb_part_chain *chain, struct wb_hash *seed)
{
	uint8_t next[WB_PART_KEY_LEN];

	derive(seed->b, chain, "waybill/seed/v1");
	derive(next, chain, "waybill/next/v1");
	memcpy(wb_secret_data(chain->key), next, sizeof next);
	wb_wipe(next, sizeof next);
}

static struct wb_span
associated(uint8_t room[AD_LEN], const struct wb_hash *programme,
    const struct wb_key *signer)
{
	memcpy(room, programme->b, WB_HASH_LEN);
	memcpy(room + WB_HASH_LEN, signer->b, WB_KEY_LEN);
	return wb_span(room, AD_LEN);
}

enum wb_status
wb_part_seal(struct wb_bytes *sealed, struct wb_hash *seed,
    struct wb_part_chain *chain, struct wb_span plain,
    const struct wb_hash *programme, const struct wb_key *signer,
    struct wb_error *err)
{
	uint8_t key[WB_AEAD_KEY_LEN], ad[AD_LEN], *at;
	enum wb_status st;

	st = wb_bytes_extend(sealed, plain.len + WB_AEAD_TAG_LEN, &at, err);
	if (st != WB_OK)
		return st;
	derive(key, chain, "waybill/part/v1");
	wb_chacha_seal(at, plain, associated(ad, programme, signer), zero_nonce,
	    wb_span(key, sizeof key));
	wb_wipe(key, sizeof key);
	advance(chain, seed);
	return WB_OK;
}

enum wb_status
wb_part_open(struct wb_bytes *plain, struct wb_hash *seed,
    struct wb_part_chain *chain, struct wb_span sealed,
    const struct wb_hash *programme, const struct wb_key *signer,
    struct wb_error *err)
{
	uint8_t key[WB_AEAD_KEY_LEN], ad[AD_LEN], *at;
	size_t before = plain->len;
	enum wb_status st;
	bool good;

	if (sealed.len < WB_AEAD_TAG_LEN)
		return wb_fail(err, WB_FORGED, "a sealed record is cut short");
	st = wb_bytes_extend(plain, sealed.len - WB_AEAD_TAG_LEN, &at, err);
	if (st != WB_OK)
		return st;
	derive(key, chain, "waybill/part/v1");
	good = wb_chacha_open(at, sealed, associated(ad, programme, signer),
	    zero_nonce, wb_span(key, sizeof key));
	wb_wipe(key, sizeof key);
	if (!good) {
		wb_bytes_truncate(plain, before);
		return wb_fail(err, WB_FORGED,
		    "a sealed record was altered, or is out of its place");
	}
	advance(chain, seed);
	return WB_OK;
}
