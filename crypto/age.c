#include "crypto/age.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/age_header.h"
#include "crypto/age_stream.h"
#include "crypto/bech32.h"
#include "crypto/hash.h"
#include "crypto/padding.h"

#define RECIPIENT_NAME "age"
#define IDENTITY_NAME "AGE-SECRET-KEY-"
#define WRAP_INFO "age-encryption.org/v1/X25519"

_Static_assert(sizeof RECIPIENT_NAME - 1 + WB_BECH32_TAIL ==
		   WB_AGE_RECIPIENT_TEXT,
    "a recipient's text");
_Static_assert(sizeof IDENTITY_NAME - 1 + WB_BECH32_TAIL ==
		   WB_AGE_IDENTITY_TEXT,
    "an identity's text");

enum wb_status
wb_identity_generate(struct wb_secret **out, struct wb_random random,
    struct wb_error *err)
{
	return wb_secret_random(out, WB_AGE_KEY_LEN, random, err);
}

void
wb_identity_recipient(struct wb_recipient *out,
    const struct wb_secret *identity)
{
	assert(wb_secret_span(identity).len == WB_AGE_KEY_LEN);
	(void)crypto_scalarmult_base(out->b, wb_secret_span(identity).data);
}

void
wb_recipient_format(char out[WB_AGE_RECIPIENT_TEXT + 1],
    const struct wb_recipient *r)
{
	wb_bech32_write(out, RECIPIENT_NAME, r->b);
	out[WB_AGE_RECIPIENT_TEXT] = '\0';
}

enum wb_status
wb_recipient_parse(struct wb_recipient *out, struct wb_span text,
    struct wb_error *err)
{
	struct wb_recipient r;

	if (!wb_bech32_read(r.b, RECIPIENT_NAME, text))
		return wb_fail(err, WB_INVALID,
		    "this is not an age recipient (age1…)");
	*out = r;
	return WB_OK;
}

enum wb_status
wb_identity_format(struct wb_secret **out, const struct wb_secret *identity,
    struct wb_error *err)
{
	enum wb_status st = wb_secret_new(out, WB_AGE_IDENTITY_TEXT, err);

	assert(wb_secret_span(identity).len == WB_AGE_KEY_LEN);
	if (st == WB_OK)
		wb_bech32_write((char *)wb_secret_data(*out), IDENTITY_NAME,
		    wb_secret_span(identity).data);
	return st;
}

enum wb_status
wb_identity_parse(struct wb_secret **out, struct wb_span text,
    struct wb_error *err)
{
	enum wb_status st = wb_secret_new(out, WB_AGE_KEY_LEN, err);

	if (st != WB_OK)
		return st;
	if (!wb_bech32_read(wb_secret_data(*out), IDENTITY_NAME, text)) {
		wb_secret_free(out);
		return wb_fail(err, WB_INVALID,
		    "this is not an age identity (AGE-SECRET-KEY-1…)");
	}
	return WB_OK;
}

size_t
wb_age_size(size_t plain, size_t n)
{
	return wb_age_header_size(n) + WB_AGE_NONCE + wb_age_stream_size(plain);
}

size_t
wb_age_padding(size_t size, size_t n)
{
	size_t around = wb_age_header_size(n) + WB_AGE_NONCE;
	size_t target = wb_pad_content(wb_age_size(size, n));
	size_t plain, zeros;

	while (!wb_age_stream_plain(&plain, target - around) ||
	       !wb_pad_field(&zeros, size, plain))
		target = wb_pad_content(target + 1);
	return zeros;
}

/*
 * The key that wraps the file key, from one's own secret and the other's
 * public key.  False: the other's is of low order.
 */
static bool
wrap_key(uint8_t out[WB_AEAD_KEY_LEN], const uint8_t secret[WB_AGE_KEY_LEN],
    const uint8_t other[WB_AGE_KEY_LEN], const uint8_t share[WB_AGE_SHARE],
    const struct wb_recipient *recipient)
{
	uint8_t shared[WB_AGE_KEY_LEN], salt[WB_AGE_SHARE + WB_AGE_KEY_LEN];

	if (crypto_scalarmult(shared, secret, other) != 0)
		return false;
	memcpy(salt, share, WB_AGE_SHARE);
	memcpy(salt + WB_AGE_SHARE, recipient->b, WB_AGE_KEY_LEN);
	wb_age_derive(out, wb_span(shared, sizeof shared),
	    wb_span(salt, sizeof salt), WRAP_INFO);
	wb_wipe(shared, sizeof shared);
	return true;
}

/* A wrapping key is used once, so its nonce may be zero. */
static const uint8_t wrap_nonce[WB_CHACHA_NONCE_LEN];

static enum wb_status
wrap(struct wb_age_stanza *out, const struct wb_recipient *recipient,
    struct wb_span file_key, struct wb_random random, struct wb_error *err)
{
	uint8_t ephemeral[WB_AGE_KEY_LEN], key[WB_AEAD_KEY_LEN];
	bool good;

	wb_random_fill(random, ephemeral, sizeof ephemeral);
	(void)crypto_scalarmult_base(out->share, ephemeral);
	good = wrap_key(key, ephemeral, recipient->b, out->share, recipient);
	wb_wipe(ephemeral, sizeof ephemeral);
	if (!good) {
		return wb_fail(err, WB_INVALID,
		    "a recipient is no usable key: nothing sealed to it would "
		    "be secret");
	}
	wb_chacha_seal(out->wrapped, file_key, wb_span(NULL, 0), wrap_nonce,
	    wb_span(key, sizeof key));
	wb_wipe(key, sizeof key);
	return WB_OK;
}

static enum wb_status
append_header(struct wb_bytes *out, const struct wb_recipient *recipients,
    size_t n, struct wb_span file_key, struct wb_random random,
    struct wb_error *err)
{
	struct wb_age_stanza *stanzas = calloc(n, sizeof *stanzas);
	enum wb_status st = WB_OK;

	if (stanzas == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = wrap(&stanzas[i], &recipients[i], file_key, random, err);
	if (st == WB_OK)
		st = wb_age_header_write(out, stanzas, n, file_key, err);
	free(stanzas);
	return st;
}

static enum wb_status
append_payload(struct wb_bytes *out, struct wb_span plain,
    struct wb_span file_key, struct wb_random random, struct wb_error *err)
{
	uint8_t key[WB_AEAD_KEY_LEN], *at;
	enum wb_status st;

	st = wb_bytes_extend(out, WB_AGE_NONCE + wb_age_stream_size(plain.len),
	    &at, err);
	if (st != WB_OK)
		return st;
	wb_random_fill(random, at, WB_AGE_NONCE);
	wb_age_derive(key, file_key, wb_span(at, WB_AGE_NONCE), "payload");
	wb_age_stream_seal(at + WB_AGE_NONCE, plain, wb_span(key, sizeof key));
	wb_wipe(key, sizeof key);
	return WB_OK;
}

enum wb_status
wb_age_encrypt(struct wb_bytes *out, struct wb_span plain,
    const struct wb_recipient *recipients, size_t n, struct wb_random random,
    struct wb_error *err)
{
	struct wb_secret *file_key = NULL;
	size_t before = out->len;
	enum wb_status st;

	if (n == 0 || n > WB_MAX_AGE_RECIPIENTS) {
		return wb_fail(err, WB_INVALID,
		    "a file has 1 to %d recipients, not %zu",
		    WB_MAX_AGE_RECIPIENTS, n);
	}
	st = wb_secret_random(&file_key, WB_AGE_FILE_KEY, random, err);
	if (st != WB_OK)
		goto done;
	st = append_header(out, recipients, n, wb_secret_span(file_key), random,
	    err);
	if (st != WB_OK)
		goto done;
	st = append_payload(out, plain, wb_secret_span(file_key), random, err);
done:
	if (st != WB_OK)
		wb_bytes_truncate(out, before);
	wb_secret_free(&file_key);
	return st;
}

/* WB_NOT_FOUND: the stanza is for somebody else, or forged. */
static enum wb_status
unwrap(struct wb_secret *file_key, const struct wb_age_stanza *stanza,
    const struct wb_secret *identity, const struct wb_recipient *recipient,
    struct wb_error *err)
{
	uint8_t key[WB_AEAD_KEY_LEN];
	bool good;

	if (!wrap_key(key, wb_secret_span(identity).data, stanza->share,
		stanza->share, recipient))
		return wb_fail(err, WB_INVALID,
		    "a recipient in the file's header is no usable key");
	good = wb_chacha_open(wb_secret_data(file_key),
	    wb_span(stanza->wrapped, sizeof stanza->wrapped), wb_span(NULL, 0),
	    wrap_nonce, wb_span(key, sizeof key));
	wb_wipe(key, sizeof key);
	return good ? WB_OK : WB_NOT_FOUND;
}

/* Tries every identity on every stanza until one fits. */
static enum wb_status
find_file_key(struct wb_secret *file_key, const struct wb_age_header *h,
    struct wb_secret *const *identities, size_t n, struct wb_error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct wb_recipient own;

		wb_identity_recipient(&own, identities[i]);
		for (size_t j = 0; j < h->count; j++) {
			enum wb_status st = unwrap(file_key, &h->stanzas[j],
			    identities[i], &own, err);

			if (st != WB_NOT_FOUND)
				return st;
		}
	}
	return wb_fail(err, WB_NOT_FOUND,
	    "the file is not sealed to any key you hold");
}

static enum wb_status
append_plain(struct wb_bytes *out, const struct wb_age_header *h,
    struct wb_span file_key, struct wb_error *err)
{
	uint8_t key[WB_AEAD_KEY_LEN], *at;
	size_t before = out->len, len;
	enum wb_status st;
	bool good;

	if (!wb_age_stream_plain(&len, h->payload.len))
		return wb_fail(err, WB_FORGED, "the sealed file is cut short");
	st = wb_bytes_extend(out, len, &at, err);
	if (st != WB_OK)
		return st;
	wb_age_derive(key, file_key, h->nonce, "payload");
	good = wb_age_stream_open(at, h->payload, wb_span(key, sizeof key));
	wb_wipe(key, sizeof key);
	if (good)
		return WB_OK;
	wb_bytes_truncate(out, before);
	return wb_fail(err, WB_FORGED, "the sealed file was altered or cut");
}

enum wb_status
wb_age_decrypt(struct wb_bytes *out, struct wb_span file,
    struct wb_secret *const *identities, size_t n, struct wb_error *err)
{
	struct wb_secret *file_key = NULL;
	struct wb_age_header header;
	enum wb_status st;

	st = wb_age_header_parse(&header, file, err);
	if (st != WB_OK)
		return st;
	st = wb_secret_new(&file_key, WB_AGE_FILE_KEY, err);
	if (st != WB_OK)
		goto done;
	st = find_file_key(file_key, &header, identities, n, err);
	if (st != WB_OK)
		goto done;
	if (!wb_age_header_verify(&header, wb_secret_span(file_key))) {
		st = wb_fail(err, WB_FORGED, "the file's header was altered");
		goto done;
	}
	st = append_plain(out, &header, wb_secret_span(file_key), err);
done:
	wb_secret_free(&file_key);
	wb_age_header_clear(&header);
	return st;
}
