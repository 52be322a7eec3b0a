/* The inclusion and consistency vectors of transparency-dev/merkle. */
#include "crypto/merkle.h"

#include <ftw.h>
#include <stdio.h>

#include "crypto/text.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "rfc6962-merkle"
#define TESTDATA "transparency-dev-merkle/testdata/"

/*
 * Some roots that do not matter are words, not hashes: those are filled up
 * with zeros, so that it is not their length that a vector is refused for.
 * False: nothing at all.
 */
static bool
read_hash(struct wb_hash *out, const json_t *object, const char *key)
{
	struct wb_bytes b;
	size_t len;

	wb_bytes_init(&b, 1000);
	len = vectors_base64(&b, object, key).len;
	memset(out, 0, sizeof(*out));
	if (len > 0)
		memcpy(out->b, b.data, len < WB_HASH_LEN ? len : WB_HASH_LEN);
	wb_bytes_clear(&b);
	return len > 0;
}

/* False: a proof that cannot even be held, of too many or of no hashes. */
static bool
read_proof(struct wb_proof *out, const json_t *test)
{
	const json_t *list = json_object_get(test, "proof"), *text;
	struct wb_bytes b;
	bool ok = true;
	size_t i;

	out->count = 0;
	wb_bytes_init(&b, 1000);
	json_array_foreach(list, i, text)
	{
		wb_bytes_reset(&b);
		ok = ok && out->count < WB_MAX_PROOF &&
		     wb_base64_parse(&b, wb_span_text(json_string_value(text)),
			 NULL) == WB_OK &&
		     b.len == WB_HASH_LEN;
		if (ok)
			memcpy(out->hashes[out->count++].b, b.data, b.len);
	}
	wb_bytes_clear(&b);
	return ok;
}

/* Read as reals, because jansson has no integers as large as 2^64 - 1. */
static uint64_t
read_number(const json_t *test, const char *key)
{
	const json_t *v = json_object_get(test, key);

	assert_true(json_is_real(v));
	if (json_real_value(v) >= 0x1p64)
		return UINT64_MAX;
	return (uint64_t)json_real_value(v);
}

static bool
inclusion_holds(const json_t *test)
{
	struct wb_hash leaf, root;
	struct wb_proof proof;

	return read_hash(&leaf, test, "leafHash") &&
	       read_hash(&root, test, "root") && read_proof(&proof, test) &&
	       wb_inclusion_verify(&leaf, read_number(test, "leafIdx"),
		   read_number(test, "treeSize"), &proof, &root, NULL) == WB_OK;
}

static bool
consistency_holds(const json_t *test)
{
	struct wb_hash root1, root2;
	struct wb_proof proof;

	return read_hash(&root1, test, "root1") &&
	       read_hash(&root2, test, "root2") && read_proof(&proof, test) &&
	       wb_consistency_verify(read_number(test, "size1"), &root1,
		   read_number(test, "size2"), &root2, &proof, NULL) == WB_OK;
}

static bool (*holds)(const json_t *test);
static size_t ran, refused;

static int
run_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	json_error_t error;
	json_t *test;
	bool want;

	(void)st;
	(void)ftw;
	if (flag != FTW_F)
		return 0;
	test = json_load_file(path, JSON_DECODE_INT_AS_REAL, &error);
	if (test == NULL)
		fail_msg("%s: %s", path, error.text);
	want = !json_is_true(json_object_get(test, "wantErr"));
	if (holds(test) != want)
		fail_msg("%s", path);
	ran++;
	refused += want ? 0 : 1;
	json_decref(test);
	return 0;
}

/* `folder` holds `all` vectors, `wrong` of which must be refused. */
static void
run(const char *folder, bool (*f)(const json_t *test), size_t all, size_t wrong)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s" TESTDATA "%s",
	    vectors_folder(ARCHIVE), folder);
	holds = f;
	ran = refused = 0;
	assert_int_equal(nftw(path, run_file, 8, FTW_PHYS), 0);
	assert_int_equal(ran, all);
	assert_int_equal(refused, wrong);
}

static void
inclusion_proofs_are_judged_as_others_do(void **state)
{
	(void)state;
	run("inclusion", inclusion_holds, 98, 92);
}

static void
consistency_proofs_are_judged_as_others_do(void **state)
{
	(void)state;
	run("consistency", consistency_holds, 98, 92);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inclusion_proofs_are_judged_as_others_do),
		cmocka_unit_test(consistency_proofs_are_judged_as_others_do),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
