#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* bytes of a wrong text that errors repeat */

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Length by first byte, and the smallest code point that needs it. */
static size_t
sequence(uint8_t first, uint32_t *bits, uint32_t *smallest)
{
	static const struct {
		uint8_t mask;
		uint8_t mark;
		uint32_t smallest;
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if ((first & forms[i].mask) != forms[i].mark)
			continue;
		*bits = first & (uint8_t)~forms[i].mask;
		*smallest = forms[i].smallest;
		return i + 1;
	}
	return 0;
}

size_t
wb_text_next(uint32_t *out, struct wb_span s)
{
	uint32_t cp;
	uint32_t smallest;
	size_t len;

	if (s.len == 0)
		return 0;
	len = sequence(s.data[0], &cp, &smallest);
	if (len == 0 || len > s.len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s.data[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s.data[i] & 0x3f);
	}
	if (cp < smallest || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*out = cp;
	return len;
}

bool
wb_text_is_ascii(struct wb_span s)
{
	uint8_t all = 0;

	for (size_t i = 0; i < s.len; i++)
		all |= s.data[i];
	return all < 0x80;
}

bool
wb_text_is_utf8(struct wb_span s)
{
	uint32_t cp;
	size_t n;

	for (; s.len != 0; s = wb_span_sub(s, n, s.len)) {
		n = wb_text_next(&cp, s);
		if (n == 0)
			return false;
	}
	return true;
}

bool
wb_text_is_control(uint32_t cp)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{ 0x0000, 0x001f },
		{ 0x007f, 0x009f },
		{ 0x061c, 0x061c },
		{ 0x200e, 0x200f },
		{ 0x202a, 0x202e },
		{ 0x2066, 0x2069 },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	}
	return false;
}

size_t
wb_text_clean(char *text, size_t len)
{
	size_t to = 0;
	size_t n;
	uint32_t cp;

	for (size_t at = 0; at < len; at += n) {
		n = wb_text_next(&cp, wb_span(text + at, len - at));
		if (n == 0 || wb_text_is_control(cp)) {
			text[to++] = '?';
			n = n == 0 ? 1 : n;
			continue;
		}
		memmove(text + to, text + at, n);
		to += n;
	}
	return to;
}

enum wb_status
wb_text_check_short(struct wb_span s, const char *what, struct wb_error *err)
{
	uint32_t cp;
	size_t n;

	if (s.len > WB_MAX_SHORT_TEXT) {
		return wb_fail(err, WB_INVALID,
		    "%s is too long: %zu bytes, at most %d", what, s.len,
		    WB_MAX_SHORT_TEXT);
	}
	for (; s.len != 0; s = wb_span_sub(s, n, s.len)) {
		n = wb_text_next(&cp, s);
		if (n == 0)
			return wb_fail(err, WB_INVALID,
			    "%s is not valid UTF-8 text", what);
		if (wb_text_is_control(cp)) {
			return wb_fail(err, WB_INVALID,
			    "%s holds the character U+%04" PRIX32
			    ", which is not allowed",
			    what, cp);
		}
	}
	return WB_OK;
}

/* Errors repeat the text only where it is text, and not all of it. */
static enum wb_status
refuse(struct wb_error *err, struct wb_span text, const char *why)
{
	if (text.len == 0)
		return wb_fail(err, WB_INVALID, "a number is missing");
	if (text.len > SHOWN_MAX || !wb_text_is_utf8(text))
		return wb_fail(err, WB_INVALID, "%s", why);
	return wb_fail(err, WB_INVALID, "\"%.*s\": %s", (int)text.len,
	    (const char *)text.data, why);
}

/*
 * Reads the digits that `s` begins with and gives how many; 0 where there are
 * none, a zero leads others, or the value passes UINT64_MAX.
 */
static size_t
digits(uint64_t *out, struct wb_span s)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < s.len && is_digit(s.data[i]); i++) {
		if (i == 1 && s.data[0] == '0')
			return 0;
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, s.data[i] - (uint64_t)'0', &v))
			return 0;
	}
	*out = v;
	return i;
}

enum wb_status
wb_text_uint(uint64_t *out, struct wb_span text, uint64_t min, uint64_t max,
    struct wb_error *err)
{
	char why[96];
	uint64_t v = 0;
	size_t n = digits(&v, text);

	if (n == 0 || n != text.len || v < min || v > max) {
		(void)snprintf(why, sizeof why,
		    "must be a whole number from %" PRIu64 " to %" PRIu64, min,
		    max);
		return refuse(err, text, why);
	}
	*out = v;
	return WB_OK;
}

/* The thousandths after a point: one to three digits and nothing more. */
static bool
places(uint64_t *out, struct wb_span s)
{
	*out = 0;
	if (s.len == 0 || s.len > 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (i < s.len && !is_digit(s.data[i]))
			return false;
		*out = *out * 10 + (i < s.len ? s.data[i] - (uint64_t)'0' : 0);
	}
	return true;
}

enum wb_status
wb_qty_parse_span(int64_t *out, struct wb_span text, struct wb_error *err)
{
	uint64_t whole = 0;
	uint64_t part = 0;
	size_t n = digits(&whole, text);

	if (n == 0)
		return refuse(err, text,
		    "must be a quantity such as 12 or 2.5");
	if (n != text.len &&
	    (text.data[n] != '.' ||
		!places(&part, wb_span_sub(text, n + 1, text.len)))) {
		return refuse(err, text,
		    "must be a quantity with at most three decimals after a "
		    "point, such as 12 or 2.5");
	}
	if (whole > (uint64_t)WB_QTY_MAX / 1000 ||
	    whole * 1000 + part > (uint64_t)WB_QTY_MAX)
		return refuse(err, text, "quantities end at 1099511627.776");
	if (whole == 0 && part == 0)
		return refuse(err, text, "a quantity must be more than zero");
	*out = (int64_t)(whole * 1000 + part);
	return WB_OK;
}

enum wb_status
wb_qty_parse(int64_t *out, const char *text, struct wb_error *err)
{
	return wb_qty_parse_span(out, wb_span_text(text), err);
}

static const char *
format(char out[WB_QTY_TEXT], const char *sign, uint64_t thousandths)
{
	int n = snprintf(out, WB_QTY_TEXT, "%s%" PRIu64 ".%03u", sign,
	    thousandths / 1000, (unsigned)(thousandths % 1000));

	while (out[n - 1] == '0')
		n--;
	if (out[n - 1] == '.')
		n--;
	out[n] = '\0';
	return out;
}

const char *
wb_qty_format(char out[WB_QTY_TEXT], int64_t thousandths)
{
	if (thousandths < 0)
		return format(out, "-", -(uint64_t)thousandths);
	return format(out, "", (uint64_t)thousandths);
}

const char *
wb_qty_format_sum(char out[WB_QTY_TEXT], uint64_t thousandths)
{
	return format(out, "", thousandths);
}
