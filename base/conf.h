/*
 * Configuration files: "key = value" a line, "#" begins a line of comment.
 * Strict: a key that is unknown or given twice, or a bad value, is an error
 * with its line.  The table of keys gives the defaults, and the commented file
 * that an administrator starts from.
 */
#ifndef WB_BASE_CONF_H
#define WB_BASE_CONF_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

#define WB_MAX_CONF_KEYS 64
#define WB_MAX_CONF_FILE ((size_t)64 << 10) /* bytes */

enum wb_conf_kind {
	WB_CONF_TEXT, /* any UTF-8 without control characters; may be empty */
	WB_CONF_UINT, /* min to max */
	WB_CONF_BOOL /* "yes" or "no" */
};

/* The last of a table has no name. */
struct wb_conf_key {
	const char *name;
	enum wb_conf_kind kind;
	const char *value; /* the default, as it would be written */
	uint64_t min; /* of WB_CONF_UINT only */
	uint64_t max;
	const char *help; /* sentences; lines are broken with \n */
};

/* Members are private. */
struct wb_conf {
	const struct wb_conf_key *keys;
	struct wb_arena arena;
	const char *values[WB_MAX_CONF_KEYS];
	unsigned lines[WB_MAX_CONF_KEYS]; /* where it was given; 0: not yet */
};

/* All keys at their defaults. `keys` is static. */
void wb_conf_init(struct wb_conf *conf, const struct wb_conf_key *keys);
void wb_conf_clear(struct wb_conf *conf);

/*
 * Reads a file's text once; `name` is what errors call it: "NAME, line 3: ...".
 * WB_INVALID, with the values read so far kept.
 */
WB_MUST_CHECK enum wb_status wb_conf_read(struct wb_conf *conf,
    struct wb_span text, const char *name, struct wb_error *err);

/* Sets one key, over what a file says: for options. WB_INVALID. */
WB_MUST_CHECK enum wb_status wb_conf_set(struct wb_conf *conf, const char *key,
    struct wb_span value, struct wb_error *err);

/* The key must be in the table, and of that kind. */
const char *wb_conf_text(const struct wb_conf *conf, const char *key);
uint64_t wb_conf_uint(const struct wb_conf *conf, const char *key);
bool wb_conf_bool(const struct wb_conf *conf, const char *key);

/* Appends a file of all keys, explained, each commented out at its default. */
WB_MUST_CHECK enum wb_status wb_conf_write_defaults(struct wb_bytes *out,
    const struct wb_conf_key *keys, struct wb_error *err);

#endif
