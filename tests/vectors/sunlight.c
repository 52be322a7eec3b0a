/* A log and its witnesses as Sunlight wrote them: real cosignatures. */
#include <stdio.h>

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/secret.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "sunlight-log"
#define TESTDATA "sunlight/cmd/skylight/testdata/"
#define LOG_HASH \
	"000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"
#define OTHER_HASH \
	"88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482"
#define MIRROR "witness/mirror/" LOG_HASH "/"
#define LEAVES 300
#define MAX_FILE ((size_t)1 << 16)
#define COSIGNED UINT64_C(1767139200) /* 31 December 2025, 00:00 UTC */

static const struct {
	const char *vkey, *origin, *checkpoint;
} cosigned[] = {
	{ "witness/witness.v0.json", "rome2026h1.example.org",
	    "witness/" LOG_HASH "/checkpoint" },
	{ "witness/mirror/mirror.v0.json", "rome2026h1.example.org",
	    MIRROR "checkpoint" },
	{ "witness2/witness.v0.json", "milan2026h1.example.org",
	    "witness2/" OTHER_HASH "/checkpoint" },
};

static void
read_file(struct wb_bytes *out, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), TESTDATA "%s", name);
	wb_bytes_init(out, MAX_FILE);
	vectors_read(out, ARCHIVE, path);
}

static void
read_vkey(struct wb_vkey *out, const char *name)
{
	struct wb_error err = { 0 };
	const char *text;
	char path[512];
	json_t *root;

	(void)snprintf(path, sizeof(path), TESTDATA "%s", name);
	root = vectors_json(ARCHIVE, path);
	text = json_string_value(
	    json_array_get(json_object_get(root, "verifier_keys"), 0));
	assert_non_null(text);
	assert_ok(wb_vkey_parse(out, wb_span_text(text), &err), &err);
	assert_int_equal(out->type, WB_NOTE_COSIGNATURE);
	json_decref(root);
}

static void
cosignatures_of_three_witnesses_verify(void **state)
{
	struct wb_error err = { 0 };
	struct wb_vkey vkey;
	struct wb_head head;
	struct wb_note note;
	struct wb_bytes b;
	uint64_t time;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		read_vkey(&vkey, cosigned[i].vkey);
		read_file(&b, cosigned[i].checkpoint);
		assert_ok(wb_note_parse(&note, wb_bytes_span(&b), &err), &err);
		assert_ok(wb_note_verify(&note, &vkey, &time, &err), &err);
		assert_int_equal(time, COSIGNED);
		assert_ok(wb_checkpoint_parse(&head, note.text,
			      cosigned[i].origin, &err),
		    &err);
		assert_int_equal(head.size, LEAVES);
		/* The size, by one digit. */
		b.data[strlen(cosigned[i].origin) + 1] ^= 1;
		assert_status(WB_FORGED,
		    wb_note_verify(&note, &vkey, &time, &err), &err);
		wb_bytes_clear(&b);
	}
}

static void
append_hashes(struct wb_hash *to, const char *name, size_t n)
{
	struct wb_bytes b;

	read_file(&b, name);
	assert_int_equal(b.len, n * WB_HASH_LEN);
	memcpy(to, b.data, b.len);
	wb_bytes_clear(&b);
}

static size_t told;
static struct wb_hash level8;

static void
remember_level_8(void *ctx, unsigned level, uint64_t index,
    const struct wb_hash *hash)
{
	(void)ctx;
	if (level == 8) {
		assert_int_equal(index, 0);
		level8 = *hash;
		told++;
	}
}

static void
tiles_hash_to_the_tile_above_and_to_the_root(void **state)
{
	static struct wb_hash leaves[LEAVES];
	struct wb_frontier f = { .size = 0 };
	struct wb_error err = { 0 };
	struct wb_hash root, above;
	struct wb_note note;
	struct wb_head head;
	struct wb_bytes b;

	(void)state;
	append_hashes(leaves, MIRROR "tile/0/000", 256);
	append_hashes(leaves + 256, MIRROR "tile/0/001.p/44", 44);
	append_hashes(&above, MIRROR "tile/1/000.p/1", 1);
	for (size_t i = 0; i < LEAVES; i++)
		wb_frontier_add(&f, &leaves[i], remember_level_8, NULL);
	assert_int_equal(told, 1);
	assert_true(wb_hash_equal(&level8, &above));
	read_file(&b, MIRROR "checkpoint");
	assert_ok(wb_note_parse(&note, wb_bytes_span(&b), &err), &err);
	assert_ok(wb_checkpoint_parse(&head, note.text, NULL, &err), &err);
	wb_frontier_root(&f, &root);
	assert_true(wb_hash_equal(&root, &head.root));
	wb_merkle_root(&root, leaves, LEAVES);
	assert_true(wb_hash_equal(&root, &head.root));
	wb_bytes_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cosignatures_of_three_witnesses_verify),
		cmocka_unit_test(tiles_hash_to_the_tile_above_and_to_the_root),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
