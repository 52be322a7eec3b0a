/*
 * Text from people and strangers: UTF-8, the protocol's short texts, strict
 * decimal numbers and quantities.  Nothing here depends on a locale.
 */
#ifndef WB_BASE_TEXT_H
#define WB_BASE_TEXT_H

#include "base/bytes.h"
#include "base/error.h"

#define WB_MAX_SHORT_TEXT 200 /* bytes; PROTOCOL.md */
#define WB_UINT_TEXT 21 /* the longest uint64_t and a NUL */

/*
 * Quantities are decimals with at most three places, held as whole
 * thousandths, so that totals computed on two machines are equal to the last
 * digit.
 */
#define WB_QTY_MAX (INT64_C(1) << 40) /* thousandths */
#define WB_QTY_TEXT 24 /* sign, 17 digits, point, 3 digits and a NUL */

/*
 * Decodes the character that `s` begins with and gives its length, 1 to 4
 * bytes; 0 where that is no UTF-8 (Unicode 15, table 3-7: no surrogates, no
 * overlong forms, nothing above U+10FFFF) or `s` is empty.
 */
size_t wb_text_next(uint32_t *out, struct wb_span s);

bool wb_text_is_utf8(struct wb_span s);
/* No byte from 0x80. */
bool wb_text_is_ascii(struct wb_span s);

/* Control and direction characters: what short texts must not hold. */
bool wb_text_is_control(uint32_t cp);

/*
 * Puts `?` for each such character, and each byte that is no UTF-8, so that a
 * stranger's text can do nothing to a terminal.  Gives the new length, which is
 * never larger.
 */
size_t wb_text_clean(char *text, size_t len);

/*
 * Checks an item, unit, place and the like: at most 200 bytes of UTF-8 without
 * control or direction characters.  May be empty.  `what` names it in the
 * error.  WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_text_check_short(struct wb_span s,
    const char *what, struct wb_error *err);

/*
 * Reads a decimal integer, min to max.  Signs, blanks and leading zeros are
 * refused.  `*out` is written only on WB_OK.  WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_text_uint(uint64_t *out, struct wb_span text,
    uint64_t min, uint64_t max, struct wb_error *err);

/*
 * Reads a positive decimal ("2.5", "1200") from `text` into thousandths, 1 to
 * WB_QTY_MAX.  Signs, blanks, exponents and leading zeros are refused.
 * `*out` is written only on WB_OK.  WB_INVALID: not such a number.
 */
WB_MUST_CHECK enum wb_status wb_qty_parse(int64_t *out, const char *text,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_qty_parse_span(int64_t *out,
    struct wb_span text, struct wb_error *err);

/* The shortest decimal: "2.5", "1200", "-0.001".  Returns `out`. */
const char *wb_qty_format(char out[WB_QTY_TEXT], int64_t thousandths);
const char *wb_qty_format_sum(char out[WB_QTY_TEXT], uint64_t thousandths);

#endif
