#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static enum wb_status
bytes_write(void *ctx, struct wb_span s, struct wb_error *err)
{
	return wb_bytes_append(ctx, s, err);
}

static enum wb_status
bytes_flush(void *ctx, struct wb_error *err)
{
	(void)ctx;
	(void)err;
	return WB_OK;
}

static enum wb_status
file_write(void *ctx, struct wb_span s, struct wb_error *err)
{
	if (s.len != 0 && fwrite(s.data, 1, s.len, ctx) != s.len)
		return wb_fail(err, WB_STORAGE,
		    "the output cannot be written: %s", strerror(errno));
	return WB_OK;
}

static enum wb_status
file_flush(void *ctx, struct wb_error *err)
{
	if (fflush(ctx) != 0)
		return wb_fail(err, WB_STORAGE,
		    "the output cannot be written: %s", strerror(errno));
	return WB_OK;
}

struct wb_json_sink
wb_json_to_bytes(struct wb_bytes *out)
{
	return (struct wb_json_sink){ bytes_write, bytes_flush, out };
}

struct wb_json_sink
wb_json_to_file(FILE *out)
{
	return (struct wb_json_sink){ file_write, file_flush, out };
}

void
wb_json_init(struct wb_json *j, struct wb_json_sink sink)
{
	*j = (struct wb_json){ .sink = sink };
}

static void
put(struct wb_json *j, struct wb_span s)
{
	if (j->status == WB_OK)
		j->status = j->sink.write(j->sink.ctx, s, &j->error);
}

static void
put_text(struct wb_json *j, const char *text)
{
	put(j, wb_span_text(text));
}

static void
put_escape(struct wb_json *j, uint32_t cp)
{
	static const char shorts[][3] = { "\"\"", "\\\\", "\nn", "\rr", "\tt",
		"\bb", "\ff" };
	char out[8];

	for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++) {
		if (cp != (uint32_t)shorts[i][0])
			continue;
		out[0] = '\\';
		out[1] = shorts[i][1];
		put(j, wb_span(out, 2));
		return;
	}
	/* All that need it are below U+10000: no surrogate pairs. */
	(void)snprintf(out, sizeof out, "\\u%04" PRIx32, cp & 0xffff);
	put_text(j, out);
}

static bool
must_escape(uint32_t cp)
{
	return cp == '"' || cp == '\\' || wb_text_is_control(cp);
}

static void
put_string(struct wb_json *j, struct wb_span s)
{
	size_t plain = 0; /* bytes before `at` not yet written */
	size_t at = 0;
	uint32_t cp;
	size_t n;

	put_text(j, "\"");
	while (at < s.len) {
		n = wb_text_next(&cp, wb_span_sub(s, at, s.len));
		if (n != 0 && !must_escape(cp)) {
			at += n;
			plain += n;
			continue;
		}
		put(j, wb_span_sub(s, at - plain, plain));
		plain = 0;
		if (n == 0)
			put_text(j, "\xef\xbf\xbd");
		else
			put_escape(j, cp);
		at += n == 0 ? 1 : n;
	}
	put(j, wb_span_sub(s, at - plain, plain));
	put_text(j, "\"");
}

/* What stands before a value: a comma, a key. */
static void
before(struct wb_json *j, const char *key)
{
	size_t level = j->depth - 1;

	assert((key != NULL) == (j->depth > 0 && j->closers[level] == '}'));
	if (j->depth == 0)
		return;
	if (j->filled[level])
		put_text(j, ",");
	j->filled[level] = true;
	if (key != NULL) {
		put_string(j, wb_span_text(key));
		put_text(j, ":");
	}
}

static void
after(struct wb_json *j)
{
	if (j->depth == 0)
		put_text(j, "\n");
}

static void
put_value(struct wb_json *j, const char *key, const char *text)
{
	before(j, key);
	put_text(j, text);
	after(j);
}

static void
open_level(struct wb_json *j, const char *key, const char *opener, char closer)
{
	assert(j->depth < WB_JSON_DEPTH);
	before(j, key);
	put_text(j, opener);
	j->closers[j->depth] = closer;
	j->filled[j->depth] = false;
	j->depth++;
}

void
wb_json_object(struct wb_json *j, const char *key)
{
	open_level(j, key, "{", '}');
}

void
wb_json_array(struct wb_json *j, const char *key)
{
	open_level(j, key, "[", ']');
}

void
wb_json_close(struct wb_json *j)
{
	assert(j->depth > 0);
	j->depth--;
	put(j, wb_span(&j->closers[j->depth], 1));
	after(j);
}

void
wb_json_text(struct wb_json *j, const char *key, struct wb_span s)
{
	before(j, key);
	put_string(j, s);
	after(j);
}

void
wb_json_string(struct wb_json *j, const char *key, const char *s)
{
	if (s == NULL)
		wb_json_null(j, key);
	else
		wb_json_text(j, key, wb_span_text(s));
}

void
wb_json_int(struct wb_json *j, const char *key, int64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRId64, v);
	put_value(j, key, text);
}

void
wb_json_uint(struct wb_json *j, const char *key, uint64_t v)
{
	char text[WB_UINT_TEXT];

	(void)snprintf(text, sizeof text, "%" PRIu64, v);
	put_value(j, key, text);
}

void
wb_json_qty(struct wb_json *j, const char *key, int64_t thousandths)
{
	char text[WB_QTY_TEXT];

	put_value(j, key, wb_qty_format(text, thousandths));
}

void
wb_json_qty_sum(struct wb_json *j, const char *key, uint64_t thousandths)
{
	char text[WB_QTY_TEXT];

	put_value(j, key, wb_qty_format_sum(text, thousandths));
}

void
wb_json_bool(struct wb_json *j, const char *key, bool v)
{
	put_value(j, key, v ? "true" : "false");
}

void
wb_json_null(struct wb_json *j, const char *key)
{
	put_value(j, key, "null");
}

void
wb_json_error(struct wb_json *j, const struct wb_error *err)
{
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_object(j, "error");
	wb_json_string(j, "id", wb_error_id(err));
	wb_json_string(j, "text", err->text);
	wb_json_string(j, "next", err->next);
	wb_json_int(j, "exit", wb_status_exit(err->status));
	wb_json_close(j);
	wb_json_close(j);
}

enum wb_status
wb_json_finish(struct wb_json *j, struct wb_error *err)
{
	assert(j->depth == 0);
	if (j->status == WB_OK)
		j->status = j->sink.flush(j->sink.ctx, &j->error);
	if (j->status != WB_OK && err != NULL)
		*err = j->error;
	return j->status;
}
