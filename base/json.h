/*
 * Writes JSON (RFC 8259) as it goes: nothing is held but the place in the
 * nesting.  Commas are its own matter.  Each value at the top is one line, so
 * that one object, or one per line of long work, are written alike.
 *
 * Inside an object every value takes its key; inside an array and at the top
 * the key is NULL.  A fault of the sink is kept and shown at wb_json_finish;
 * what follows it is not written.
 */
#ifndef WB_BASE_JSON_H
#define WB_BASE_JSON_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

#define WB_JSON_DEPTH 32

struct wb_json_sink {
	enum wb_status (
	    *write)(void *ctx, struct wb_span s, struct wb_error *err);
	enum wb_status (*flush)(void *ctx, struct wb_error *err);
	void *ctx;
};

/* Treat the members as private. */
struct wb_json {
	struct wb_json_sink sink;
	enum wb_status status;
	struct wb_error error;
	size_t depth;
	char closers[WB_JSON_DEPTH]; /* '}' or ']' of each open level */
	bool filled[WB_JSON_DEPTH]; /* whether it needs a comma next */
};

/* Both must outlive the writer. */
struct wb_json_sink wb_json_to_bytes(struct wb_bytes *out);
struct wb_json_sink wb_json_to_file(FILE *out);

void wb_json_init(struct wb_json *j, struct wb_json_sink sink);

void wb_json_object(struct wb_json *j, const char *key);
void wb_json_array(struct wb_json *j, const char *key);
/* Ends the innermost object or array. */
void wb_json_close(struct wb_json *j);

/*
 * A string.  Bytes that are no UTF-8 become U+FFFD; control and direction
 * characters are escaped, so that no output can steer a terminal.
 */
void wb_json_text(struct wb_json *j, const char *key, struct wb_span s);
/* The same from a C string; null where it is NULL. */
void wb_json_string(struct wb_json *j, const char *key, const char *s);
void wb_json_int(struct wb_json *j, const char *key, int64_t v);
void wb_json_uint(struct wb_json *j, const char *key, uint64_t v);
/* Thousandths, as a number with at most three decimals. */
void wb_json_qty(struct wb_json *j, const char *key, int64_t thousandths);
void wb_json_qty_sum(struct wb_json *j, const char *key, uint64_t thousandths);
void wb_json_bool(struct wb_json *j, const char *key, bool v);
void wb_json_null(struct wb_json *j, const char *key);

/*
 * What a program that was asked for JSON says when it fails, at the top level:
 * {"v":1,"error":{"id":…,"text":…,"next":…,"exit":…}}.
 */
void wb_json_error(struct wb_json *j, const struct wb_error *err);

/*
 * Flushes, at the top level only; more values may follow.  The first fault
 * since the start, if there was one: WB_STORAGE, or what the sink said.
 */
WB_MUST_CHECK enum wb_status wb_json_finish(struct wb_json *j,
    struct wb_error *err);

#endif
