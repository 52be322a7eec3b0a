/* age files, their headers and chunks, and keys as text, from strangers. */
#include "crypto/age.h"

#include <string.h>

#include "crypto/age_header.h"
#include "crypto/age_stream.h"

#include "tests/fuzz/fuzz.h"

#define MAX_PLAIN ((size_t)1 << 20) /* bytes */

static const uint8_t private_key[WB_AGE_KEY_LEN] = { 0x42, 0x42, 0x42 };

static struct wb_secret *
identity(void)
{
	static struct wb_secret *kept;
	enum wb_status st = WB_OK;

	if (kept == NULL)
		st = wb_secret_copy(&kept,
		    wb_span(private_key, sizeof private_key), NULL);
	FUZZ_REQUIRE(st == WB_OK);
	return kept;
}

static void
decrypt(struct wb_span file)
{
	struct wb_secret *const identities[] = { identity() };
	struct wb_age_header h;
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, MAX_PLAIN);
	st = wb_age_decrypt(&plain, file, identities, 1, NULL);
	if (st == WB_OK) {
		FUZZ_REQUIRE(plain.len < file.len);
		FUZZ_REQUIRE(wb_age_header_parse(&h, file, NULL) == WB_OK);
		wb_age_header_clear(&h);
	} else {
		FUZZ_REQUIRE(plain.len == 0);
	}
	wb_bytes_clear(&plain);
}

static void
parse_header(struct wb_span file)
{
	struct wb_age_header h;
	size_t front;

	if (wb_age_header_parse(&h, file, NULL) != WB_OK)
		return;
	front = h.covered.len + h.nonce.len + h.payload.len;
	FUZZ_REQUIRE(h.covered.data == file.data && front < file.len);
	FUZZ_REQUIRE(h.nonce.len == WB_AGE_NONCE);
	FUZZ_REQUIRE(h.payload.len == 0 ||
		     h.payload.data + h.payload.len == file.data + file.len);
	wb_age_header_clear(&h);
}

/* What was read as a key must be the one text of that key. */
static void
parse_keys(struct wb_span text)
{
	char again[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_secret *secret = NULL, *written = NULL;
	struct wb_recipient r;

	if (wb_recipient_parse(&r, text, NULL) == WB_OK) {
		wb_recipient_format(again, &r);
		FUZZ_REQUIRE(wb_span_equal(text, wb_span_text(again)));
	}
	if (wb_identity_parse(&secret, text, NULL) == WB_OK) {
		FUZZ_REQUIRE(
		    wb_identity_format(&written, secret, NULL) == WB_OK);
		FUZZ_REQUIRE(wb_span_equal(text, wb_secret_span(written)));
	}
	wb_secret_free(&secret);
	wb_secret_free(&written);
}

/* No stranger knows the key: nothing may open. */
static void
open_stream(struct wb_span sealed)
{
	struct wb_bytes plain;
	uint8_t *to;
	size_t len;

	wb_bytes_init(&plain, MAX_PLAIN);
	if (wb_age_stream_plain(&len, sealed.len) &&
	    wb_bytes_extend(&plain, len, &to, NULL) == WB_OK) {
		FUZZ_REQUIRE(len < sealed.len);
		FUZZ_REQUIRE(!wb_age_stream_open(to, sealed,
		    wb_span(private_key, sizeof private_key)));
	}
	wb_bytes_clear(&plain);
}

static void
there_and_back(struct wb_span plain)
{
	struct wb_secret *const identities[] = { identity() };
	struct wb_recipient r;
	struct wb_bytes file, again;
	uint64_t seed = 1;

	wb_identity_recipient(&r, identities[0]);
	wb_bytes_init(&file, 2 * MAX_PLAIN);
	wb_bytes_init(&again, MAX_PLAIN);
	if (wb_age_encrypt(&file, plain, &r, 1, fuzz_random(&seed), NULL) ==
	    WB_OK) {
		FUZZ_REQUIRE(file.len == wb_age_size(plain.len, 1));
		FUZZ_REQUIRE(wb_age_decrypt(&again, wb_bytes_span(&file),
				 identities, 1, NULL) == WB_OK);
		FUZZ_REQUIRE(wb_span_equal(plain, wb_bytes_span(&again)));
	}
	wb_bytes_clear(&file);
	wb_bytes_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ways[])(struct wb_span) = { decrypt, parse_header,
		parse_keys, open_stream, there_and_back };

	if (size != 0 && size <= MAX_PLAIN &&
	    data[0] < sizeof ways / sizeof ways[0])
		ways[data[0]](wb_span(data + 1, size - 1));
	return 0;
}
