#include "crypto/aead.h"

#include <assert.h>
#include <sodium.h>

_Static_assert(WB_AEAD_KEY_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES,
    "key");
_Static_assert(WB_AEAD_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    "key");
_Static_assert(WB_AEAD_TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES,
    "tag");
_Static_assert(WB_AEAD_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "tag");
_Static_assert(WB_ARGON_SALT_LEN == crypto_pwhash_argon2id_SALTBYTES, "salt");

void
wb_chacha_seal(uint8_t *out, struct wb_span plain, struct wb_span ad,
    const uint8_t nonce[WB_CHACHA_NONCE_LEN], struct wb_span key)
{
	assert(key.len == WB_AEAD_KEY_LEN);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data,
	    plain.len, ad.data, ad.len, NULL, nonce, key.data);
}

void
wb_xchacha_seal(uint8_t *out, struct wb_span plain, struct wb_span ad,
    const uint8_t nonce[WB_XCHACHA_NONCE_LEN], struct wb_span key)
{
	assert(key.len == WB_AEAD_KEY_LEN);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, plain.data,
	    plain.len, ad.data, ad.len, NULL, nonce, key.data);
}

bool
wb_chacha_open(uint8_t *out, struct wb_span sealed, struct wb_span ad,
    const uint8_t nonce[WB_CHACHA_NONCE_LEN], struct wb_span key)
{
	assert(key.len == WB_AEAD_KEY_LEN);
	return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL,
		   sealed.data, sealed.len, ad.data, ad.len, nonce,
		   key.data) == 0;
}

bool
wb_xchacha_open(uint8_t *out, struct wb_span sealed, struct wb_span ad,
    const uint8_t nonce[WB_XCHACHA_NONCE_LEN], struct wb_span key)
{
	assert(key.len == WB_AEAD_KEY_LEN);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL,
		   sealed.data, sealed.len, ad.data, ad.len, nonce,
		   key.data) == 0;
}

enum wb_status
wb_argon2id(struct wb_secret **out, size_t len, struct wb_span passphrase,
    const uint8_t salt[WB_ARGON_SALT_LEN], unsigned passes, size_t memory,
    struct wb_error *err)
{
	struct wb_secret *key = NULL;
	enum wb_status st;

	*out = NULL;
	if (len < crypto_pwhash_argon2id_BYTES_MIN || passes == 0 ||
	    memory < crypto_pwhash_argon2id_MEMLIMIT_MIN ||
	    memory > WB_MAX_ARGON_MEMORY)
		return wb_fail(err, WB_INVALID,
		    "passphrase hashing cannot be done with these settings");
	st = wb_secret_new(&key, len, err);
	if (st != WB_OK)
		return st;
	if (crypto_pwhash_argon2id(wb_secret_data(key), len,
		(const char *)passphrase.data, passphrase.len, salt, passes,
		memory, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
		wb_secret_free(&key);
		return wb_fail(err, WB_NO_MEMORY,
		    "the passphrase needs %zu MiB of memory to check, which "
		    "this machine does not have",
		    memory >> 20);
	}
	*out = key;
	return WB_OK;
}
