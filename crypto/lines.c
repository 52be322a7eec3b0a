#include "crypto/lines.h"

#include <string.h>

#include "crypto/text.h"

bool
wb_line_take(struct wb_span *line, struct wb_span *rest)
{
	const uint8_t *end = NULL;
	size_t len;

	if (rest->len > 0)
		end = memchr(rest->data, '\n', rest->len);
	if (end == NULL)
		return false;
	len = (size_t)(end - rest->data);
	*line = wb_span_sub(*rest, 0, len);
	*rest = wb_span_sub(*rest, len + 1, rest->len);
	return true;
}

bool
wb_hash_parse(struct wb_hash *out, struct wb_span text)
{
	struct wb_hash h;
	size_t len;

	if (!wb_base64_decode(h.b, sizeof h.b, &len, text) || len != sizeof h.b)
		return false;
	*out = h;
	return true;
}

enum wb_status
wb_hash_line(struct wb_bytes *out, const struct wb_hash *hash,
    struct wb_error *err)
{
	enum wb_status st = wb_base64_append(out, wb_hash_span(hash), err);

	return st != WB_OK ? st : wb_bytes_append_text(out, "\n", err);
}
