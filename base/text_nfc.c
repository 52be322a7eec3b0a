#include "base/text_nfc.h"

#include <stdlib.h>
#include <utf8proc.h>

#define OPTIONS ((utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE))

enum wb_status
wb_text_nfc(struct wb_bytes *out, struct wb_span in, struct wb_error *err)
{
	utf8proc_int32_t *points;
	utf8proc_ssize_t n;
	enum wb_status st;
	size_t size;

	if (in.len == 0)
		return WB_OK;
	if (in.len > WB_MAX_NFC)
		return wb_fail(err, WB_INVALID,
		    "the text is longer than %zu bytes", WB_MAX_NFC);
	n = utf8proc_decompose(in.data, (utf8proc_ssize_t)in.len, NULL, 0,
	    OPTIONS);
	if (n < 0)
		return wb_fail(err, WB_INVALID, "this is not UTF-8 text");
	size = ((size_t)n + 1) * sizeof *points; /* reencode ends in a NUL */
	points = malloc(size);
	if (points == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	(void)utf8proc_decompose(in.data, (utf8proc_ssize_t)in.len, points, n,
	    OPTIONS);
	n = utf8proc_reencode(points, n, OPTIONS);
	if (n < 0)
		st = wb_fail(err, WB_INVALID, "this is not UTF-8 text");
	else
		st = wb_bytes_append(out, wb_span(points, (size_t)n), err);
	wb_wipe(points, size);
	free(points);
	return st;
}
