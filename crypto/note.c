#include "crypto/note.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "crypto/lines.h"
#include "crypto/text.h"

#define KEY_ID_LEN 4
#define TIME_LEN 8
#define MAX_COSIGNED_HEAD 64 /* "cosignature/v1\ntime N\n" */
#define TYPE_ML_DSA 0x06

static const char dash[] = "\xE2\x80\x94 "; /* em dash, blank */

/* Unicode's White_Space property, of characters from 0x20. */
static bool
is_space(uint32_t r)
{
	return r == 0x20 || r == 0x85 || r == 0xA0 || r == 0x1680 ||
	       (r >= 0x2000 && r <= 0x200A) || r == 0x2028 || r == 0x2029 ||
	       r == 0x202F || r == 0x205F || r == 0x3000;
}

static bool
name_is_valid(struct wb_span name)
{
	uint32_t rune = 0;
	size_t len;

	if (name.len == 0)
		return false;
	for (size_t at = 0; at < name.len; at += len) {
		len = wb_text_next(&rune, wb_span_sub(name, at, name.len));
		if (len == 0 || rune < 0x20 || rune == '+' || is_space(rune))
			return false;
	}
	return true;
}

/* UTF-8 without control characters but newlines. */
static bool
text_is_valid(struct wb_span text)
{
	uint32_t rune = 0;
	size_t len;

	for (size_t at = 0; at < text.len; at += len) {
		len = wb_text_next(&rune, wb_span_sub(text, at, text.len));
		if (len == 0 || (rune < 0x20 && rune != '\n'))
			return false;
	}
	return true;
}

static uint32_t
key_id(const struct wb_vkey *vkey)
{
	const uint8_t between[] = { '\n', (uint8_t)vkey->type };
	const struct wb_span parts[] = {
		wb_span_text(vkey->name),
		wb_span(between, sizeof(between)),
		wb_key_span(&vkey->key),
	};
	struct wb_hash h;

	wb_sha256(&h, parts, 3);
	return wb_get_be32(h.b);
}

enum wb_status
wb_vkey_make(struct wb_vkey *out, const char *name, enum wb_note_type type,
    const struct wb_key *key, struct wb_error *err)
{
	const struct wb_span n = wb_span_text(name);

	if (n.len > WB_MAX_KEY_NAME || !name_is_valid(n))
		return wb_fail(err, WB_INVALID,
		    "'%s' cannot name a log's or a witness's key", name);
	memset(out, 0, sizeof(*out));
	memcpy(out->name, name, n.len);
	out->type = type;
	out->key = *key;
	out->id = key_id(out);
	return WB_OK;
}

/* "type || key" as it stands in a vkey's last part. */
static enum wb_status
typed_key(enum wb_note_type *type, struct wb_key *key, struct wb_span typed,
    struct wb_error *err)
{
	if (typed.len == 0)
		return wb_fail(err, WB_INVALID, "a verifier key is empty");
	switch (typed.data[0]) {
	case WB_NOTE_ED25519:
	case WB_NOTE_COSIGNATURE:
		break;
	case TYPE_ML_DSA:
		return wb_fail(err, WB_NEWER,
		    "ML-DSA-44 witness keys (type 0x06) are not supported");
	default:
		return wb_fail(err, WB_NEWER,
		    "verifier keys of type 0x%02x are not supported",
		    typed.data[0]);
	}
	if (typed.len != 1 + WB_KEY_LEN)
		return wb_fail(err, WB_INVALID,
		    "a verifier key has the wrong length");
	*type = (enum wb_note_type)typed.data[0];
	memcpy(key->b, typed.data + 1, WB_KEY_LEN);
	return WB_OK;
}

/* Takes what stands before the next plus. */
static bool
take_part(struct wb_span *part, struct wb_span *rest)
{
	const uint8_t *plus = NULL;

	if (rest->len > 0)
		plus = memchr(rest->data, '+', rest->len);
	if (plus == NULL)
		return false;
	*part = wb_span_sub(*rest, 0, (size_t)(plus - rest->data));
	*rest = wb_span_sub(*rest, part->len + 1, rest->len);
	return true;
}

enum wb_status
wb_vkey_parse(struct wb_vkey *out, struct wb_span text, struct wb_error *err)
{
	char name_text[WB_MAX_KEY_NAME + 1] = { 0 };
	struct wb_span name, hash;
	uint8_t id[KEY_ID_LEN];
	enum wb_note_type type = WB_NOTE_ED25519;
	struct wb_bytes typed;
	struct wb_vkey vkey = { 0 };
	enum wb_status st;
	struct wb_key key = { { 0 } };

	if (text.len > WB_MAX_NOTE)
		return wb_fail(err, WB_INVALID, "a verifier key is too long");
	wb_bytes_init(&typed, WB_MAX_NOTE);
	st = wb_bytes_reserve(&typed, text.len, err);
	if (st != WB_OK)
		return st;
	if (!take_part(&name, &text) || !take_part(&hash, &text) ||
	    name.len > WB_MAX_KEY_NAME ||
	    memchr(name.data, '\0', name.len) != NULL ||
	    wb_hex_parse(id, sizeof(id), hash, NULL) != WB_OK ||
	    wb_base64_parse(&typed, text, NULL) != WB_OK) {
		st = wb_fail(err, WB_INVALID,
		    "a verifier key must read name+hash+key");
		goto done;
	}
	st = typed_key(&type, &key, wb_bytes_span(&typed), err);
	if (st != WB_OK)
		goto done;
	memcpy(name_text, name.data, name.len);
	st = wb_vkey_make(&vkey, name_text, type, &key, err);
	if (st != WB_OK)
		goto done;
	if (vkey.id != wb_get_be32(id)) {
		st = wb_fail(err, WB_INVALID,
		    "the verifier key of '%s' was copied wrongly: its hash "
		    "does not fit",
		    vkey.name);
		goto done;
	}
	*out = vkey;
done:
	wb_bytes_clear(&typed);
	return st;
}

enum wb_status
wb_vkey_format(struct wb_bytes *out, const struct wb_vkey *vkey,
    struct wb_error *err)
{
	uint8_t typed[1 + WB_KEY_LEN] = { (uint8_t)vkey->type };
	enum wb_status st;

	memcpy(typed + 1, vkey->key.b, WB_KEY_LEN);
	st = wb_bytes_printf(out, err, "%s+%08" PRIx32 "+", vkey->name,
	    vkey->id);
	if (st != WB_OK)
		return st;
	return wb_base64_append(out, wb_span(typed, sizeof(typed)), err);
}

bool
wb_vkey_equal(const struct wb_vkey *a, const struct wb_vkey *b)
{
	return a->type == b->type && strcmp(a->name, b->name) == 0 &&
	       wb_key_equal(&a->key, &b->key);
}

/* Splits "— name base64"; `line` has no newline. */
static bool
split_line(struct wb_span *name, struct wb_span *base64, struct wb_span line)
{
	const struct wb_span prefix = wb_span_text(dash);
	const uint8_t *blank = NULL;
	struct wb_span rest;

	if (!wb_span_equal(wb_span_sub(line, 0, prefix.len), prefix))
		return false;
	rest = wb_span_sub(line, prefix.len, line.len);
	if (rest.len > 0)
		blank = memchr(rest.data, ' ', rest.len);
	if (blank == NULL)
		return false;
	*name = wb_span_sub(rest, 0, (size_t)(blank - rest.data));
	*base64 = wb_span_sub(rest, name->len + 1, rest.len);
	return true;
}

static bool
signature_lines_are_valid(struct wb_span lines)
{
	struct wb_span line, name, base64;
	bool ok = lines.len > 0;
	size_t n = 0, len;

	while (ok && wb_line_take(&line, &lines)) {
		ok = ++n <= WB_MAX_NOTE_SIGNATURES &&
		     split_line(&name, &base64, line) && name_is_valid(name) &&
		     wb_base64_size(&len, base64) && len > KEY_ID_LEN;
	}
	return ok && lines.len == 0;
}

enum wb_status
wb_note_parse(struct wb_note *out, struct wb_span note, struct wb_error *err)
{
	size_t at = note.len;

	if (note.len > WB_MAX_NOTE)
		return wb_fail(err, WB_INVALID, "a signed note is too large");
	/* The last blank line: signature lines follow it. */
	while (
	    at >= 2 && (note.data[at - 1] != '\n' || note.data[at - 2] != '\n'))
		at--;
	if (at < 2 || !text_is_valid(note) ||
	    !signature_lines_are_valid(wb_span_sub(note, at, note.len)))
		return wb_fail(err, WB_INVALID, "a signed note is malformed");
	out->text = wb_span_sub(note, 0, at - 1);
	out->signatures = wb_span_sub(note, at, note.len);
	return WB_OK;
}

/* What a cosignature covers: c2sp.org/tlog-cosignature, "cosignature/v1". */
static enum wb_status
cosigned_message(struct wb_bytes *out, struct wb_span text, uint64_t time,
    struct wb_error *err)
{
	enum wb_status st;

	wb_bytes_init(out, MAX_COSIGNED_HEAD + text.len);
	st = wb_bytes_printf(out, err, "cosignature/v1\ntime %" PRIu64 "\n",
	    time);
	return st != WB_OK ? st : wb_bytes_append(out, text, err);
}

static enum wb_status
check_ed25519(struct wb_span signature, struct wb_span text,
    const struct wb_vkey *vkey, struct wb_error *err)
{
	struct wb_signature sig;

	if (signature.len == WB_SIGNATURE_LEN) {
		memcpy(sig.b, signature.data, WB_SIGNATURE_LEN);
		if (wb_sign_verify(&sig, &vkey->key, text))
			return WB_OK;
	}
	return wb_fail(err, WB_FORGED, "the signature of '%s' is not valid",
	    vkey->name);
}

/* `signature`: what a line holds after its key id. */
static enum wb_status
check_signature(uint64_t *time, struct wb_span signature, struct wb_span text,
    const struct wb_vkey *vkey, struct wb_error *err)
{
	struct wb_bytes message;
	enum wb_status st;

	*time = 0;
	if (vkey->type == WB_NOTE_ED25519)
		return check_ed25519(signature, text, vkey, err);
	if (signature.len != TIME_LEN + WB_SIGNATURE_LEN)
		return wb_fail(err, WB_FORGED,
		    "the cosignature of '%s' has the wrong length", vkey->name);
	*time = wb_get_be64(signature.data);
	signature = wb_span_sub(signature, TIME_LEN, WB_SIGNATURE_LEN);
	st = cosigned_message(&message, text, *time, err);
	if (st == WB_OK)
		st = check_ed25519(signature, wb_bytes_span(&message), vkey,
		    err);
	wb_bytes_clear(&message);
	return st;
}

enum wb_status
wb_note_find(struct wb_bytes *out, const struct wb_note *note,
    const struct wb_vkey *vkey, struct wb_error *err)
{
	const struct wb_span wanted = wb_span_text(vkey->name);
	struct wb_span rest = note->signatures, line, name, base64, raw;
	enum wb_status st;
	struct wb_bytes b;

	wb_bytes_init(&b, WB_MAX_NOTE);
	st = wb_bytes_reserve(&b, note->signatures.len, err);
	if (st != WB_OK)
		return st;
	st = WB_NOT_FOUND;
	while (st == WB_NOT_FOUND && wb_line_take(&line, &rest)) {
		wb_bytes_reset(&b);
		if (!split_line(&name, &base64, line) ||
		    !wb_span_equal(name, wanted) ||
		    wb_base64_parse(&b, base64, NULL) != WB_OK ||
		    b.len < KEY_ID_LEN || wb_get_be32(b.data) != vkey->id)
			continue;
		raw = wb_span_sub(wb_bytes_span(&b), KEY_ID_LEN, b.len);
		st = wb_bytes_append(out, raw, err);
	}
	wb_bytes_clear(&b);
	if (st == WB_NOT_FOUND)
		return wb_fail(err, WB_NOT_FOUND,
		    "there is no signature by '%s'", vkey->name);
	return st;
}

enum wb_status
wb_note_verify(const struct wb_note *note, const struct wb_vkey *vkey,
    uint64_t *time, struct wb_error *err)
{
	struct wb_bytes signature;
	uint64_t when = 0;
	enum wb_status st;

	wb_bytes_init(&signature, WB_MAX_NOTE);
	st = wb_note_find(&signature, note, vkey, err);
	if (st == WB_OK)
		st = check_signature(&when, wb_bytes_span(&signature),
		    note->text, vkey, err);
	if (st == WB_OK && time != NULL)
		*time = when;
	wb_bytes_clear(&signature);
	return st;
}

/* "— name base64(key id || time || signature)\n"; `time` empty or 8 bytes. */
static enum wb_status
append_line(struct wb_bytes *out, const struct wb_vkey *vkey,
    struct wb_span time, const struct wb_signature *signature,
    struct wb_error *err)
{
	uint8_t raw[KEY_ID_LEN + TIME_LEN + WB_SIGNATURE_LEN];
	size_t len = KEY_ID_LEN + time.len + WB_SIGNATURE_LEN;
	enum wb_status st;

	wb_put_be32(raw, vkey->id);
	if (time.len > 0)
		memcpy(raw + KEY_ID_LEN, time.data, time.len);
	memcpy(raw + len - WB_SIGNATURE_LEN, signature->b, WB_SIGNATURE_LEN);
	st = wb_bytes_printf(out, err, "%s%s ", dash, vkey->name);
	if (st == WB_OK)
		st = wb_base64_append(out, wb_span(raw, len), err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	return st;
}

enum wb_status
wb_note_line(struct wb_bytes *out, const struct wb_vkey *vkey,
    const struct wb_signature *signature, struct wb_error *err)
{
	return append_line(out, vkey, wb_span(NULL, 0), signature, err);
}

enum wb_status
wb_note_sign(struct wb_bytes *out, struct wb_span text,
    const struct wb_vkey *vkey, const struct wb_signer *signer,
    struct wb_error *err)
{
	struct wb_signature signature;

	assert(vkey->type == WB_NOTE_ED25519);
	wb_sign(&signature, signer, text);
	return wb_note_line(out, vkey, &signature, err);
}

enum wb_status
wb_note_cosign(struct wb_bytes *out, struct wb_span text,
    const struct wb_vkey *vkey, const struct wb_signer *signer, uint64_t time,
    struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_bytes message;
	uint8_t when[TIME_LEN];
	enum wb_status st;

	assert(vkey->type == WB_NOTE_COSIGNATURE && time != 0);
	st = cosigned_message(&message, text, time, err);
	if (st == WB_OK) {
		wb_sign(&signature, signer, wb_bytes_span(&message));
		wb_put_be64(when, time);
		st = append_line(out, vkey, wb_span(when, sizeof(when)),
		    &signature, err);
	}
	wb_bytes_clear(&message);
	return st;
}
