#include "crypto/age_header.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/age.h"
#include "crypto/secret.h"

#define VERSION "age-encryption.org/v1\n"
#define STANZA "-> "
#define X25519 "X25519"
#define SCRYPT "scrypt"
#define END "---"
#define COLUMNS 64 /* of a full line of a stanza's body */
#define LINE_BYTES (COLUMNS / 4 * 3)
#define B64_32 43 /* characters for 32 bytes, without padding */
#define B64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define LEN(literal) (sizeof(literal) - 1)

/* "-> X25519 share", newline, wrapped key, newline. */
#define STANZA_SIZE (LEN(STANZA X25519 " ") + B64_32 + 1 + B64_32 + 1)
#define END_SIZE (LEN(END " ") + B64_32 + 1)

/* A stanza of any type, as text. */
struct stanza {
	struct wb_span type;
	struct wb_span rest; /* of the first line, after the type's blank */
	struct wb_span body; /* its first line: all of it, below 64 columns */
};

/* Where the parser stands; `text` ends where a header must have ended. */
struct cursor {
	struct wb_span text;
	size_t at;
};

static bool
starts_with(struct wb_span s, const char *prefix)
{
	return wb_span_equal(wb_span_sub(s, 0, strlen(prefix)),
	    wb_span_text(prefix));
}

/* Takes `literal` if it comes next. */
static bool
take(struct cursor *c, const char *literal)
{
	if (!starts_with(wb_span_sub(c->text, c->at, SIZE_MAX), literal))
		return false;
	c->at += strlen(literal);
	return true;
}

/* Takes a line and its newline; `line` is without it. */
static bool
take_line(struct cursor *c, struct wb_span *line)
{
	struct wb_span rest = wb_span_sub(c->text, c->at, SIZE_MAX);
	const uint8_t *end;

	if (rest.len == 0)
		return false;
	end = memchr(rest.data, '\n', rest.len);
	if (end == NULL)
		return false;
	*line = wb_span_sub(rest, 0, (size_t)(end - rest.data));
	c->at += line->len + 1;
	return true;
}

/* Base64 without padding, canonical, of at most `max` bytes. */
static bool
decode(uint8_t *out, size_t max, size_t *len, struct wb_span text)
{
	*len = 0;
	if (text.len == 0)
		return true;
	/* Bytes from 0x80: see wb_base64_parse(). */
	return wb_text_is_ascii(text) &&
	       sodium_base642bin(out, max, (const char *)text.data, text.len,
		   NULL, len, NULL, B64) == 0;
}

static bool
decode_32(uint8_t out[32], struct wb_span text)
{
	size_t len;

	/* So many characters are 32 bytes, or no base64. */
	return text.len == B64_32 && decode(out, 32, &len, text);
}

/* Arguments: one or more visible characters each, one blank between. */
static bool
arguments_are_valid(struct wb_span line)
{
	uint8_t before = ' ';

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.data[i];

		if (c < 0x20 || c > 0x7e || (c == ' ' && before == ' '))
			return false;
		before = c;
	}
	return before != ' ';
}

static void
split_type(struct stanza *s, struct wb_span line)
{
	size_t n = 0;

	while (n < line.len && line.data[n] != ' ')
		n++;
	s->type = wb_span_sub(line, 0, n);
	s->rest = wb_span_sub(line, n + 1, SIZE_MAX);
}

/* Full lines of 64 columns, then a shorter one, which may be empty. */
static bool
take_body(struct cursor *c, struct stanza *s)
{
	uint8_t scratch[LINE_BYTES];
	struct wb_span line;
	size_t len;

	if (!take_line(c, &s->body))
		return false;
	line = s->body;
	while (line.len == COLUMNS) {
		if (!decode(scratch, sizeof scratch, &len, line) ||
		    !take_line(c, &line))
			return false;
	}
	return line.len < COLUMNS &&
	       decode(scratch, sizeof scratch, &len, line);
}

static bool
take_stanza(struct cursor *c, struct stanza *s)
{
	struct wb_span line;

	if (!take(c, STANZA) || !take_line(c, &line) ||
	    !arguments_are_valid(line))
		return false;
	split_type(s, line);
	return take_body(c, s);
}

/*
 * A share and nothing else as arguments, and a body of 32 bytes: a longer one
 * could be made to open under more keys than one.
 */
static bool
decode_x25519(struct wb_age_stanza *out, const struct stanza *s)
{
	return decode_32(out->share, s->rest) &&
	       decode_32(out->wrapped, s->body);
}

static enum wb_status
add_x25519(struct wb_age_header *h, const struct stanza *s,
    struct wb_error *err)
{
	if (h->count == WB_MAX_AGE_RECIPIENTS) {
		return wb_fail(err, WB_INVALID,
		    "the file is sealed to more than %d recipients",
		    WB_MAX_AGE_RECIPIENTS);
	}
	if (!decode_x25519(&h->stanzas[h->count], s))
		return wb_fail(err, WB_INVALID,
		    "a recipient in the file's header is malformed");
	h->count++;
	return WB_OK;
}

static enum wb_status
parse_stanzas(struct wb_age_header *h, struct cursor *c, struct wb_error *err)
{
	bool passphrase = false;
	enum wb_status st;
	struct stanza s;
	size_t n;

	for (n = 0; n == 0 || !take(c, END); n++) {
		if (!take_stanza(c, &s))
			return wb_fail(err, WB_INVALID,
			    "the file's header is malformed or cut short");
		if (wb_span_equal(s.type, wb_span_text(SCRYPT)))
			passphrase = true;
		if (!wb_span_equal(s.type, wb_span_text(X25519)))
			continue;
		st = add_x25519(h, &s, err);
		if (st != WB_OK)
			return st;
	}
	if (passphrase && n != 1)
		return wb_fail(err, WB_INVALID,
		    "a file with a passphrase cannot have recipients too");
	return WB_OK;
}

static enum wb_status
parse(struct wb_age_header *h, struct wb_span file, struct wb_error *err)
{
	struct cursor c = { wb_span_sub(file, 0, WB_MAX_AGE_HEADER), 0 };
	struct wb_span mac;
	enum wb_status st;

	if (!take(&c, VERSION))
		return wb_fail(err, WB_INVALID,
		    "this is not an age file of version 1");
	st = parse_stanzas(h, &c, err);
	if (st != WB_OK)
		return st;
	h->covered = wb_span_sub(file, 0, c.at);
	if (!take(&c, " ") || !take_line(&c, &mac) || !decode_32(h->mac, mac))
		return wb_fail(err, WB_INVALID,
		    "the end of the file's header is malformed");
	h->nonce = wb_span_sub(file, c.at, WB_AGE_NONCE);
	h->payload = wb_span_sub(file, c.at + WB_AGE_NONCE, SIZE_MAX);
	if (h->nonce.len != WB_AGE_NONCE)
		return wb_fail(err, WB_INVALID, "the file is cut short");
	return WB_OK;
}

enum wb_status
wb_age_header_parse(struct wb_age_header *out, struct wb_span file,
    struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_age_header){ 0 };
	out->stanzas = calloc(WB_MAX_AGE_RECIPIENTS, sizeof *out->stanzas);
	if (out->stanzas == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = parse(out, file, err);
	if (st != WB_OK)
		wb_age_header_clear(out);
	return st;
}

void
wb_age_header_clear(struct wb_age_header *h)
{
	free(h->stanzas);
	*h = (struct wb_age_header){ 0 };
}

void
wb_age_derive(uint8_t out[WB_HASH_LEN], struct wb_span ikm, struct wb_span salt,
    const char *info)
{
	enum wb_status st = wb_hkdf_sha256(out, WB_HASH_LEN, ikm, salt,
	    wb_span_text(info), NULL);

	assert(st == WB_OK); /* 32 bytes are never too many */
	(void)st;
}

/* HMAC under HKDF(file key, no salt, "header"), up to and with the "---". */
static void
header_mac(uint8_t out[WB_HASH_LEN], struct wb_span covered,
    struct wb_span file_key)
{
	uint8_t key[WB_HASH_LEN];

	wb_age_derive(key, file_key, wb_span(NULL, 0), "header");
	wb_hmac_sha256(out, wb_span(key, sizeof key), &covered, 1);
	wb_wipe(key, sizeof key);
}

bool
wb_age_header_verify(const struct wb_age_header *h, struct wb_span file_key)
{
	uint8_t mac[WB_HASH_LEN];

	header_mac(mac, h->covered, file_key);
	return wb_equal(wb_span(mac, sizeof mac),
	    wb_span(h->mac, sizeof h->mac));
}

static enum wb_status
append_32(struct wb_bytes *out, const char *before, const uint8_t data[32],
    struct wb_error *err)
{
	char text[B64_32 + 1];

	(void)sodium_bin2base64(text, sizeof text, data, 32, B64);
	return wb_bytes_printf(out, err, "%s%s\n", before, text);
}

size_t
wb_age_header_size(size_t n)
{
	return LEN(VERSION) + n * STANZA_SIZE + END_SIZE;
}

enum wb_status
wb_age_header_write(struct wb_bytes *out, const struct wb_age_stanza *stanzas,
    size_t n, struct wb_span file_key, struct wb_error *err)
{
	size_t from = out->len;
	uint8_t mac[WB_HASH_LEN];
	enum wb_status st;

	st = wb_bytes_append_text(out, VERSION, err);
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		st = append_32(out, STANZA X25519 " ", stanzas[i].share, err);
		if (st == WB_OK)
			st = append_32(out, "", stanzas[i].wrapped, err);
	}
	if (st == WB_OK)
		st = wb_bytes_append_text(out, END, err);
	if (st != WB_OK)
		return st;
	header_mac(mac, wb_span_sub(wb_bytes_span(out), from, SIZE_MAX),
	    file_key);
	return append_32(out, " ", mac, err);
}
