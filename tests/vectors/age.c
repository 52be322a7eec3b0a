/*
 * The age test suite of CCTV: every file that concerns X25519 recipients.
 * Others are passed over by their own header: armour, hybrid identities, and
 * passphrases alone are not spoken.
 */
#include "crypto/age.h"

#include <dirent.h>
#include <stdio.h>
#include <zlib.h>

#include "crypto/hash.h"
#include "crypto/text.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "age-cctv"
#define FOLDER "cctv/age/testdata"
#define MAX_FILE ((size_t)32 << 20)
#define MAX_IDENTITIES 4

enum outcome {
	SUCCESS,
	HEADER_FAILURE,
	HMAC_FAILURE,
	PAYLOAD_FAILURE,
	NO_MATCH,
	OUTCOMES
};

/* How often each outcome is expected in all: none may be passed over. */
static const struct {
	const char *name;
	enum wb_status status;
	size_t files;
} outcomes[OUTCOMES] = {
	[SUCCESS] = { "success", WB_OK, 14 },
	[HEADER_FAILURE] = { "header failure", WB_INVALID, 31 },
	[HMAC_FAILURE] = { "HMAC failure", WB_FORGED, 1 },
	[PAYLOAD_FAILURE] = { "payload failure", WB_FORGED, 18 },
	[NO_MATCH] = { "no match", WB_NOT_FOUND, 3 },
};

struct vector {
	enum outcome expect;
	char payload[2 * WB_HASH_LEN + 1];
	struct wb_secret *identities[MAX_IDENTITIES];
	size_t identity_count;
	bool compressed;
	bool foreign; /* of no concern here */
};

static enum outcome
outcome_named(const char *name)
{
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (strcmp(outcomes[i].name, name) == 0)
			return (enum outcome)i;
	}
	return OUTCOMES;
}

static void
read_key(struct vector *v, const char *key, const char *value)
{
	if (strcmp(key, "expect") == 0) {
		v->expect = outcome_named(value);
	} else if (strcmp(key, "payload") == 0) {
		assert_int_equal(strlen(value), 2 * WB_HASH_LEN);
		memcpy(v->payload, value, sizeof v->payload);
	} else if (strcmp(key, "compressed") == 0) {
		assert_string_equal(value, "zlib");
		v->compressed = true;
	} else if (strcmp(key, "armored") == 0 ||
		   strstr(value, "AGE-SECRET-KEY-PQ-") == value) {
		v->foreign = true;
	} else if (strcmp(key, "identity") == 0) {
		assert_true(v->identity_count < MAX_IDENTITIES);
		assert_int_equal(wb_identity_parse(&v->identities
							[v->identity_count++],
				     wb_span_text(value), NULL),
		    WB_OK);
	}
}

/* Reads the lines "key: value" up to an empty one; returns what follows. */
static struct wb_span
read_head(struct vector *v, struct wb_bytes *file)
{
	size_t at = 0;

	*v = (struct vector){ .expect = OUTCOMES };
	for (;;) {
		char *line = (char *)file->data + at;
		char *end = memchr(line, '\n', file->len - at);
		char *colon;

		assert_non_null(end);
		*end = '\0';
		at += (size_t)(end - line) + 1;
		if (line == end)
			break;
		colon = strstr(line, ": ");
		assert_non_null(colon);
		*colon = '\0';
		read_key(v, line, colon + 2);
	}
	if (v->identity_count == 0)
		v->foreign = true;
	return wb_span_sub(wb_bytes_span(file), at, SIZE_MAX);
}

static struct wb_span
inflated(struct wb_bytes *room, struct wb_span packed)
{
	uLongf len = MAX_FILE;
	uint8_t *at;

	assert_int_equal(wb_bytes_extend(room, MAX_FILE, &at, NULL), WB_OK);
	assert_int_equal(uncompress(at, &len, packed.data, packed.len), Z_OK);
	wb_bytes_truncate(room, len);
	return wb_bytes_span(room);
}

static void
check(const char *name, const struct vector *v, struct wb_span file)
{
	struct wb_error err = { 0 };
	struct wb_bytes plain;
	struct wb_hash hash;
	char hex[2 * WB_HASH_LEN + 1];
	enum wb_status st;

	wb_bytes_init(&plain, MAX_FILE);
	st = wb_age_decrypt(&plain, file, v->identities, v->identity_count,
	    &err);
	if (st != outcomes[v->expect].status)
		fail_msg("%s: %s expected, but: %s", name,
		    outcomes[v->expect].name, st == WB_OK ? "ok" : err.text);
	if (st == WB_OK) {
		wb_sha256_one(&hash, wb_bytes_span(&plain));
		wb_hex_format(hex, wb_hash_span(&hash));
		assert_string_equal(hex, v->payload);
	} else {
		assert_int_equal(plain.len, 0);
	}
	wb_bytes_clear(&plain);
}

/* False: the file was passed over. */
static bool
run(const char *name, enum outcome *expect)
{
	struct wb_bytes file, room;
	char path[300];
	struct wb_span age;
	struct vector v;

	(void)snprintf(path, sizeof path, FOLDER "/%s", name);
	wb_bytes_init(&file, MAX_FILE);
	wb_bytes_init(&room, MAX_FILE);
	vectors_read(&file, ARCHIVE, path);
	age = read_head(&v, &file);
	if (!v.foreign) {
		assert_true(v.expect < OUTCOMES);
		check(name, &v, v.compressed ? inflated(&room, age) : age);
	}
	for (size_t i = 0; i < v.identity_count; i++)
		wb_secret_free(&v.identities[i]);
	wb_bytes_clear(&file);
	wb_bytes_clear(&room);
	*expect = v.expect;
	return !v.foreign;
}

static void
every_file_ends_as_its_authors_say(void **state)
{
	size_t ran[OUTCOMES] = { 0 };
	char path[1024];
	struct dirent *entry;
	DIR *folder;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/" FOLDER,
	    vectors_folder(ARCHIVE));
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		enum outcome expect;

		if (entry->d_name[0] != '.' && run(entry->d_name, &expect))
			ran[expect]++;
	}
	(void)closedir(folder);
	for (size_t i = 0; i < OUTCOMES; i++)
		assert_int_equal(ran[i], outcomes[i].files);
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) == WB_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_ends_as_its_authors_say),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	return cmocka_run_group_tests(tests, start, NULL);
}
