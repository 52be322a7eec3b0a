#include "base/conf.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct wb_span
trimmed(struct wb_span s)
{
	while (s.len != 0 && is_blank(s.data[0]))
		s = wb_span_sub(s, 1, s.len);
	while (s.len != 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

void
wb_conf_init(struct wb_conf *conf, const struct wb_conf_key *keys)
{
	*conf = (struct wb_conf){ .keys = keys };
	wb_arena_init(&conf->arena, 4 * WB_MAX_CONF_FILE);
	for (size_t i = 0; keys[i].name != NULL; i++) {
		assert(i < WB_MAX_CONF_KEYS);
		conf->values[i] = keys[i].value;
	}
}

void
wb_conf_clear(struct wb_conf *conf)
{
	wb_arena_clear(&conf->arena);
	wb_conf_init(conf, conf->keys);
}

/* Its place in the table, or that of the end. */
static size_t
place_of(const struct wb_conf_key *keys, struct wb_span name)
{
	size_t i = 0;

	while (keys[i].name != NULL &&
	       !wb_span_equal(wb_span_text(keys[i].name), name))
		i++;
	return i;
}

static bool
is_plain_text(struct wb_span s)
{
	uint32_t cp;
	size_t n;

	for (; s.len != 0; s = wb_span_sub(s, n, s.len)) {
		n = wb_text_next(&cp, s);
		if (n == 0 || wb_text_is_control(cp))
			return false;
	}
	return true;
}

static enum wb_status
check_value(const struct wb_conf_key *key, struct wb_span v,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	uint64_t number;

	switch (key->kind) {
	case WB_CONF_TEXT:
		if (!is_plain_text(v))
			st = wb_fail(err, WB_INVALID,
			    "must be UTF-8 text without control characters");
		break;
	case WB_CONF_UINT:
		st = wb_text_uint(&number, v, key->min, key->max, err);
		break;
	case WB_CONF_BOOL:
		if (!wb_span_equal(v, wb_span_text("yes")) &&
		    !wb_span_equal(v, wb_span_text("no")))
			st = wb_fail(err, WB_INVALID, "must be yes or no");
		break;
	}
	return st == WB_OK ? st : wb_context(err, st, "%s", key->name);
}

static enum wb_status
set(struct wb_conf *conf, size_t i, struct wb_span value, struct wb_error *err)
{
	struct wb_span copy;
	enum wb_status st = check_value(&conf->keys[i], value, err);

	if (st == WB_OK)
		st = wb_arena_copy(&copy, &conf->arena, value, err);
	if (st == WB_OK)
		conf->values[i] = (const char *)copy.data;
	return st;
}

enum wb_status
wb_conf_set(struct wb_conf *conf, const char *key, struct wb_span value,
    struct wb_error *err)
{
	size_t i = place_of(conf->keys, wb_span_text(key));

	if (conf->keys[i].name == NULL)
		return wb_fail(err, WB_INVALID, "unknown key \"%s\"", key);
	return set(conf, i, value, err);
}

static enum wb_status
read_line(struct wb_conf *conf, struct wb_span line, unsigned number,
    struct wb_error *err)
{
	const uint8_t *equals;
	struct wb_span name;
	size_t at;
	size_t i;

	line = trimmed(line);
	if (line.len == 0 || line.data[0] == '#')
		return WB_OK;
	equals = memchr(line.data, '=', line.len);
	if (equals == NULL)
		return wb_fail(err, WB_INVALID, "must be \"key = value\"");
	at = (size_t)(equals - line.data);
	name = trimmed(wb_span(line.data, at));
	i = place_of(conf->keys, name);
	if (conf->keys[i].name == NULL && is_plain_text(name)) {
		return wb_fail(err, WB_INVALID, "unknown key \"%.*s\"",
		    name.len > 64 ? 64 : (int)name.len,
		    name.len == 0 ? "" : (const char *)name.data);
	}
	if (conf->keys[i].name == NULL)
		return wb_fail(err, WB_INVALID, "this is not UTF-8 text");
	if (conf->lines[i] != 0) {
		return wb_fail(err, WB_INVALID,
		    "%s is given already on line %u", conf->keys[i].name,
		    conf->lines[i]);
	}
	conf->lines[i] = number;
	return set(conf, i, trimmed(wb_span_sub(line, at + 1, line.len)), err);
}

enum wb_status
wb_conf_read(struct wb_conf *conf, struct wb_span text, const char *name,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	const uint8_t *end;
	size_t len;
	unsigned number;

	if (text.len > WB_MAX_CONF_FILE) {
		return wb_fail(err, WB_INVALID,
		    "%s: larger than %zu bytes, so no configuration", name,
		    WB_MAX_CONF_FILE);
	}
	for (number = 1; text.len != 0; number++) {
		end = memchr(text.data, '\n', text.len);
		len = end == NULL ? text.len : (size_t)(end - text.data);
		st = read_line(conf, wb_span(text.data, len), number, err);
		if (st != WB_OK)
			return wb_context(err, st, "%s, line %u", name, number);
		text = wb_span_sub(text, len + 1, text.len);
	}
	return WB_OK;
}

static const char *
value_of(const struct wb_conf *conf, const char *key, enum wb_conf_kind kind)
{
	size_t i = place_of(conf->keys, wb_span_text(key));

	assert(conf->keys[i].name != NULL && conf->keys[i].kind == kind);
	(void)kind;
	return conf->values[i];
}

const char *
wb_conf_text(const struct wb_conf *conf, const char *key)
{
	return value_of(conf, key, WB_CONF_TEXT);
}

uint64_t
wb_conf_uint(const struct wb_conf *conf, const char *key)
{
	const char *value = value_of(conf, key, WB_CONF_UINT);
	enum wb_status st;
	uint64_t v = 0;

	st = wb_text_uint(&v, wb_span_text(value), 0, UINT64_MAX, NULL);
	assert(st == WB_OK); /* checked when it was set */
	(void)st;
	return v;
}

bool
wb_conf_bool(const struct wb_conf *conf, const char *key)
{
	return strcmp(value_of(conf, key, WB_CONF_BOOL), "yes") == 0;
}

static enum wb_status
write_help(struct wb_bytes *out, const char *help, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	int len;

	while (*help != '\0' && st == WB_OK) {
		len = (int)strcspn(help, "\n");
		st = wb_bytes_printf(out, err, "# %.*s\n", len, help);
		help += len;
		help += *help == '\n';
	}
	return st;
}

enum wb_status
wb_conf_write_defaults(struct wb_bytes *out, const struct wb_conf_key *keys,
    struct wb_error *err)
{
	const struct wb_conf_key *k;
	enum wb_status st = WB_OK;

	for (k = keys; k->name != NULL && st == WB_OK; k++) {
		if (k != keys)
			st = wb_bytes_append_text(out, "\n", err);
		if (st == WB_OK)
			st = write_help(out, k->help, err);
		if (st == WB_OK && k->kind == WB_CONF_UINT) {
			st = wb_bytes_printf(out, err,
			    "# From %" PRIu64 " to %" PRIu64 ".\n", k->min,
			    k->max);
		}
		if (st == WB_OK)
			st = wb_bytes_printf(out, err, "#%s =%s%s\n", k->name,
			    k->value[0] == '\0' ? "" : " ", k->value);
	}
	return st;
}
