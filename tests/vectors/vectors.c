#include "tests/vectors/vectors.h"

#include <sys/stat.h>

#include <stdio.h>

#include "crypto/text.h"

#include "tests/unit/check.h"

#define MAX_PATH 1024

static void
path_of(char out[MAX_PATH], const char *archive, const char *path)
{
	int n = snprintf(out, MAX_PATH, "%s/%s/%s", WB_VECTORS_DIR, archive,
	    path);

	assert_in_range(n, 1, MAX_PATH - 1);
}

const char *
vectors_folder(const char *archive)
{
	static char path[MAX_PATH];
	struct stat st;

	path_of(path, archive, "");
	if (stat(path, &st) == 0)
		return path;
	printf("skipped: the vectors %s.tar.gz are not there\n", archive);
	return NULL;
}

void
vectors_read(struct wb_bytes *out, const char *archive, const char *path)
{
	char name[MAX_PATH];
	uint8_t *at;
	size_t n;
	FILE *f;

	path_of(name, archive, path);
	f = fopen(name, "rb");
	if (f == NULL)
		fail_msg("%s cannot be read", name);
	do {
		assert_int_equal(wb_bytes_extend(out, 4096, &at, NULL), WB_OK);
		n = fread(at, 1, 4096, f);
		wb_bytes_truncate(out, out->len - 4096 + n);
	} while (n != 0);
	assert_false(ferror(f));
	(void)fclose(f);
}

json_t *
vectors_json(const char *archive, const char *path)
{
	char name[MAX_PATH];
	json_error_t error;
	json_t *root;

	path_of(name, archive, path);
	root = json_load_file(name, 0, &error);
	if (root == NULL)
		fail_msg("%s:%d: %s", name, error.line, error.text);
	return root;
}

const char *
vectors_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text == NULL)
		fail_msg("a vector has no text \"%s\"", key);
	return text;
}

struct wb_span
vectors_hex(struct wb_bytes *out, const json_t *object, const char *key)
{
	struct wb_span text = wb_span_text(vectors_text(object, key));
	uint8_t *at;

	wb_bytes_reset(out);
	assert_int_equal(wb_bytes_extend(out, text.len / 2, &at, NULL), WB_OK);
	assert_int_equal(wb_hex_parse(at, text.len / 2, text, NULL), WB_OK);
	return wb_bytes_span(out);
}

struct wb_span
vectors_base64(struct wb_bytes *out, const json_t *object, const char *key)
{
	struct wb_span text = wb_span_text(vectors_text(object, key));

	wb_bytes_reset(out);
	assert_int_equal(wb_base64_parse(out, text, NULL), WB_OK);
	return wb_bytes_span(out);
}
