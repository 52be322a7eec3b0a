#include "crypto/keyfile.h"

#include <stdio.h>

#include "tests/unit/check.h"

/* The seed of 32 bytes 1, and of 32 bytes 2. */
#define SEED_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define SEED_2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="

static char vkey_text[400]; /* of SEED_1, a log's */

static int
start(void **state)
{
	uint8_t seed[WB_SEED_LEN];
	struct wb_signer signer;
	struct wb_bytes text;
	struct wb_vkey vkey;

	(void)state;
	memset(seed, 1, sizeof seed);
	wb_bytes_init(&text, sizeof vkey_text - 1);
	if (wb_crypto_start(NULL) != WB_OK ||
	    wb_signer_from_seed(&signer, wb_span(seed, sizeof seed), NULL) !=
		WB_OK ||
	    wb_vkey_make(&vkey, "example.org/aid", WB_NOTE_ED25519, &signer.key,
		NULL) != WB_OK ||
	    wb_vkey_format(&text, &vkey, NULL) != WB_OK)
		return 1;
	memcpy(vkey_text, text.data, text.len);
	wb_bytes_clear(&text);
	wb_signer_clear(&signer);
	return 0;
}

/* The verifier key stands between the two. */
static const struct {
	const char *why, *before, *after;
	enum wb_note_type type;
	enum wb_status want;
} files[] = {
	{ "a log's", "", "\n" SEED_1 "\n", WB_NOTE_ED25519, WB_OK },
	{ "asked for a witness's", "", "\n" SEED_1 "\n", WB_NOTE_COSIGNATURE,
	    WB_INVALID },
	{ "another's seed", "", "\n" SEED_2 "\n", WB_NOTE_ED25519, WB_INVALID },
	{ "no final newline", "", "\n" SEED_1, WB_NOTE_ED25519, WB_INVALID },
	{ "no seed", "", "\n", WB_NOTE_ED25519, WB_INVALID },
	{ "an empty seed", "", "\n\n", WB_NOTE_ED25519, WB_INVALID },
	{ "a short seed", "", "\nAQEB\n", WB_NOTE_ED25519, WB_INVALID },
	{ "a long seed", "", "\nAQEB" SEED_1 "\n", WB_NOTE_ED25519,
	    WB_INVALID },
	{ "a seed that is no base64", "", "\nAQE*\n", WB_NOTE_ED25519,
	    WB_INVALID },
	{ "a third line", "", "\n" SEED_1 "\n\n", WB_NOTE_ED25519, WB_INVALID },
	{ "no verifier key", "x", "\n" SEED_1 "\n", WB_NOTE_ED25519,
	    WB_INVALID },
};

static void
files_are_read_strictly(void **state)
{
	struct wb_signer signer;
	struct wb_vkey vkey;
	char text[600];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct wb_error err = { 0 };

		(void)snprintf(text, sizeof text, "%s%s%s", files[i].before,
		    vkey_text, files[i].after);
		if (wb_keyfile_parse(&vkey, &signer, wb_span_text(text),
			files[i].type, &err) != files[i].want)
			fail_msg("%s: %s", files[i].why, err.text);
		assert_int_equal(signer.secret != NULL, files[i].want == WB_OK);
		wb_signer_clear(&signer);
	}
}

static void
a_file_of_less_than_two_lines_is_none(void **state)
{
	static const char *const texts[] = { "", "one\n", "one\ntwo" };
	struct wb_signer signer;
	struct wb_vkey vkey;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct wb_error err = { 0 };

		assert_status(WB_INVALID,
		    wb_keyfile_parse(&vkey, &signer, wb_span_text(texts[i]),
			WB_NOTE_ED25519, &err),
		    &err);
		assert_string_equal(err.text, "two lines are wanted");
		assert_null(signer.secret);
	}
}

static void
a_key_made_is_the_key_read(void **state)
{
	struct wb_error err = { 0 };
	struct wb_signer signer;
	struct wb_vkey vkey;
	struct wb_bytes text;
	uint64_t seed = 7;

	(void)state;
	wb_bytes_init(&text, WB_MAX_KEYFILE);
	assert_ok(wb_keyfile_make(&text, "example.net/w1", WB_NOTE_COSIGNATURE,
		      check_random(&seed), &err),
	    &err);
	assert_ok(wb_keyfile_parse(&vkey, &signer, wb_bytes_span(&text),
		      WB_NOTE_COSIGNATURE, &err),
	    &err);
	assert_string_equal(vkey.name, "example.net/w1");
	wb_signer_clear(&signer);
	assert_status(WB_INVALID,
	    wb_keyfile_make(&text, "a blank", WB_NOTE_COSIGNATURE,
		check_random(&seed), &err),
	    &err);
	wb_bytes_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_strictly),
		cmocka_unit_test(a_file_of_less_than_two_lines_is_none),
		cmocka_unit_test(a_key_made_is_the_key_read),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
