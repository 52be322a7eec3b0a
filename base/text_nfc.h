/*
 * Unicode normalisation form C, which writers of records bring texts to, so
 * that "é" typed on two keyboards is one item.  Owns libutf8proc.
 */
#ifndef WB_BASE_TEXT_NFC_H
#define WB_BASE_TEXT_NFC_H

#include "base/bytes.h"
#include "base/error.h"

#define WB_MAX_NFC ((size_t)64 << 10) /* bytes of input */

/*
 * Appends `in` in form C (UAX #15) to `out`.  WB_INVALID: not UTF-8, or longer
 * than WB_MAX_NFC; WB_NO_MEMORY: past the maximum of `out`.
 */
WB_MUST_CHECK enum wb_status wb_text_nfc(struct wb_bytes *out,
    struct wb_span in, struct wb_error *err);

#endif
