#include "crypto/text.h"

#include <sodium.h>

#include "base/text.h"

#define VARIANT sodium_base64_VARIANT_ORIGINAL

enum wb_status
wb_base64_append(struct wb_bytes *out, struct wb_span data,
    struct wb_error *err)
{
	size_t room = sodium_base64_encoded_len(data.len, VARIANT);
	uint8_t *at;
	enum wb_status st = wb_bytes_extend(out, room, &at, err);

	if (st != WB_OK)
		return st;
	(void)sodium_bin2base64((char *)at, room, data.data, data.len, VARIANT);
	wb_bytes_truncate(out, out->len - 1); /* its NUL */
	return WB_OK;
}

bool
wb_base64_decode(uint8_t *out, size_t room, size_t *len, struct wb_span text)
{
	*len = 0;
	/*
	 * Without an end pointer libsodium refuses whatever follows, as wanted;
	 * where char is signed it takes bytes from 0x80 for a slash.
	 */
	return text.len == 0 ||
	       (text.len % 4 == 0 && wb_text_is_ascii(text) &&
		   sodium_base642bin(out, room, (const char *)text.data,
		       text.len, NULL, len, NULL, VARIANT) == 0);
}

bool
wb_base64_size(size_t *len, struct wb_span text)
{
	uint8_t group[3];
	size_t n = sizeof group;

	*len = 0;
	for (size_t at = 0; at < text.len; at += 4) {
		if (n != sizeof group || !wb_base64_decode(group, sizeof group,
					     &n, wb_span_sub(text, at, 4)))
			return false; /* or one stands behind the padding */
		*len += n;
	}
	return true;
}

enum wb_status
wb_base64_parse(struct wb_bytes *out, struct wb_span text, struct wb_error *err)
{
	size_t before = out->len, room = text.len / 4 * 3, len;
	uint8_t *at;
	enum wb_status st;

	if (text.len == 0)
		return WB_OK;
	if (text.len % 4 != 0)
		return wb_fail(err, WB_INVALID,
		    "this is base64 cut short, or without its padding");
	st = wb_bytes_extend(out, room, &at, err);
	if (st != WB_OK)
		return st;
	if (!wb_base64_decode(at, room, &len, text)) {
		wb_bytes_truncate(out, before);
		return wb_fail(err, WB_INVALID, "this is not strict base64");
	}
	wb_bytes_truncate(out, before + len);
	return WB_OK;
}

void
wb_hex_format(char *out, struct wb_span data)
{
	(void)sodium_bin2hex(out, 2 * data.len + 1, data.data, data.len);
}

enum wb_status
wb_hex_parse(uint8_t *out, size_t len, struct wb_span text,
    struct wb_error *err)
{
	size_t got;

	if (text.len == 0 && len == 0)
		return WB_OK;
	if (text.len != 2 * len ||
	    sodium_hex2bin(out, len, (const char *)text.data, text.len, NULL,
		&got, NULL) != 0)
		return wb_fail(err, WB_INVALID, "not %zu hexadecimal digits",
		    2 * len);
	return WB_OK;
}
