/* Signed notes, checkpoints, receipts and tile paths from other projects. */
#include "crypto/note.h"
#include "crypto/secret.h"
#include "crypto/text.h"
#include "crypto/tile.h"
#include "crypto/tlogproof.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "notes"
#define LOG_A                 \
	"sigsum.org/v1/tree/" \
	"4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
#define LOG_A_KEY \
	"ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
#define PETER "+c74f20a3+"
#define MAX_FIELD ((size_t)1 << 17)

static struct wb_span
item_text(const json_t *list, size_t i)
{
	const char *text = json_string_value(json_array_get(list, i));

	assert_non_null(text);
	return wb_span_text(text);
}

/* What Go's note.Open says of a note: in its words, and how many verified. */
static const char *
open_note(size_t *verified, struct wb_span note, const json_t *vkeys)
{
	struct wb_error err = { 0 };
	struct wb_vkey vkey;
	struct wb_note n;

	*verified = 0;
	if (wb_note_parse(&n, note, &err) != WB_OK)
		return "malformed";
	for (size_t i = 0; i < json_array_size(vkeys); i++) {
		assert_ok(wb_vkey_parse(&vkey, item_text(vkeys, i), &err),
		    &err);
		switch (wb_note_verify(&n, &vkey, NULL, &err)) {
		case WB_OK:
			(*verified)++;
			break;
		case WB_NOT_FOUND:
			break;
		default:
			return "invalid";
		}
	}
	return *verified > 0 ? "ok" : "unverified";
}

static void
notes_are_opened_as_others_do(void **state)
{
	json_t *root = vectors_json(ARCHIVE, "notes/signed-note.json");
	const json_t *test, *all = json_object_get(root, "open"), *count;
	struct wb_bytes note;
	size_t i, verified;

	(void)state;
	wb_bytes_init(&note, MAX_FIELD);
	json_array_foreach(all, i, test)
	{
		const char *got = open_note(&verified,
		    vectors_base64(&note, test, "note_b64"),
		    json_object_get(test, "vkeys"));

		if (strcmp(got, vectors_text(test, "expect")) != 0)
			fail_msg("%s: %s", vectors_text(test, "name"), got);
		count = json_object_get(test, "verified");
		if (count != NULL)
			assert_int_equal(verified, json_integer_value(count));
	}
	assert_int_equal(i, 16);
	wb_bytes_clear(&note);
	json_decref(root);
}

static void
damaged_verifier_keys_are_refused(void **state)
{
	json_t *root = vectors_json(ARCHIVE, "notes/signed-note.json");
	const json_t *list = json_object_get(root, "vkey_bad");
	struct wb_vkey vkey;

	(void)state;
	assert_int_equal(json_array_size(list), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_not_equal(wb_vkey_parse(&vkey, item_text(list, i),
					 NULL),
		    WB_OK);
	json_decref(root);
}

/* "PRIVATE+KEY+PeterNeumann+id+base64(type || seed)" */
static void
notes_are_signed_as_others_do(void **state)
{
	json_t *root = vectors_json(ARCHIVE, "notes/signed-note.json");
	const json_t *test = json_object_get(root, "sign");
	const char *seed = strstr(vectors_text(test, "skey"), PETER);
	struct wb_span text = wb_span_text(vectors_text(test, "text"));
	struct wb_error err = { 0 };
	struct wb_signer signer;
	struct wb_bytes raw, note;
	struct wb_vkey vkey;

	(void)state;
	wb_bytes_init(&raw, MAX_FIELD);
	wb_bytes_init(&note, MAX_FIELD);
	assert_non_null(seed);
	assert_ok(wb_base64_parse(&raw, wb_span_text(seed + strlen(PETER)),
		      &err),
	    &err);
	assert_ok(wb_signer_from_seed(&signer,
		      wb_span_sub(wb_bytes_span(&raw), 1, WB_SEED_LEN), &err),
	    &err);
	assert_ok(wb_vkey_make(&vkey, "PeterNeumann", WB_NOTE_ED25519,
		      &signer.key, &err),
	    &err);
	assert_int_equal(vkey.id, 0xc74f20a3);
	assert_ok(wb_bytes_append(&note, text, &err), &err);
	assert_ok(wb_bytes_append_text(&note, "\n", &err), &err);
	assert_ok(wb_note_sign(&note, text, &vkey, &signer, &err), &err);
	assert_true(wb_span_equal(wb_bytes_span(&note),
	    wb_span_text(vectors_text(test, "want"))));
	wb_signer_clear(&signer);
	wb_bytes_clear(&note);
	wb_bytes_clear(&raw);
	json_decref(root);
}

/*
 * The "valid" bodies have roots of other lengths than 32, which C2SP forbids:
 * what is valid in them is all but that.  So each is tried as it is, and again
 * with its third line replaced by a root.
 */
static void
checkpoint_bodies_are_read_as_c2sp_says(void **state)
{
	static const char good[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	json_t *root = vectors_json(ARCHIVE, "notes/checkpoint-body.json");
	const json_t *list = json_object_get(root, "invalid");
	struct wb_error err = { 0 };
	struct wb_bytes b;
	struct wb_head h;

	(void)state;
	wb_bytes_init(&b, 1000);
	assert_int_equal(json_array_size(list), 7);
	for (size_t i = 0; i < 7; i++)
		assert_status(WB_INVALID,
		    wb_checkpoint_parse(&h, item_text(list, i), NULL, &err),
		    &err);
	list = json_object_get(root, "valid");
	assert_int_equal(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		const char *third = strchr(strchr(text, '\n') + 1, '\n') + 1;

		assert_status(WB_INVALID,
		    wb_checkpoint_parse(&h, wb_span_text(text), NULL, &err),
		    &err);
		wb_bytes_reset(&b);
		assert_ok(wb_bytes_printf(&b, &err, "%.*s%s%s",
			      (int)(third - text), text, good,
			      strchr(third, '\n')),
		    &err);
		assert_ok(wb_checkpoint_parse(&h, wb_bytes_span(&b), NULL,
			      &err),
		    &err);
	}
	wb_bytes_clear(&b);
	json_decref(root);
}

/* One of these is 66 KB long: never print them. */
static void
receipts_are_read_as_others_do(void **state)
{
	json_t *root = vectors_json(ARCHIVE, "notes/tlog-proof.json");
	const json_t *list = json_object_get(root, "valid");
	struct wb_tlog_proof p;

	(void)state;
	assert_int_equal(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(wb_tlog_proof_parse(&p, item_text(list, i),
				     NULL),
		    WB_OK);
	list = json_object_get(root, "invalid");
	assert_int_equal(json_array_size(list), 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(wb_tlog_proof_parse(&p, item_text(list, i),
				     NULL),
		    WB_INVALID);
	json_decref(root);
}

static uint64_t
item_number(const json_t *list, size_t i)
{
	return (uint64_t)json_integer_value(json_array_get(list, i));
}

static void
assert_path(const struct wb_tile *tile, struct wb_span path)
{
	const struct wb_span prefix = wb_span_text("tile/");
	char got[WB_MAX_TILE_PATH];
	struct wb_tile back;

	assert_true(wb_span_equal(wb_span_sub(path, 0, prefix.len), prefix));
	path = wb_span_sub(path, prefix.len, path.len);
	wb_tile_format(got, tile);
	assert_true(wb_span_equal(wb_span_text(got), path));
	assert_int_equal(wb_tile_parse(&back, path, NULL), WB_OK);
	assert_int_equal(back.index, tile->index);
	assert_int_equal(back.width, tile->width);
}

/* [level, index, width or 0, path]; C2SP stops at level 5. */
static void
tiles_have_their_public_paths(void **state)
{
	json_t *root = vectors_json(ARCHIVE, "notes/tile-paths.json");
	const json_t *test;
	size_t i, beyond = 0;

	(void)state;
	json_array_foreach(json_object_get(root,
			       "tile_path_level_index_partial"),
	    i, test)
	{
		struct wb_tile t = { false, (unsigned)item_number(test, 0),
			item_number(test, 1), (unsigned)item_number(test, 2) };

		if (t.width == 0)
			t.width = WB_TILE_WIDTH;
		if (t.level <= WB_MAX_TILE_LEVEL) {
			assert_path(&t, item_text(test, 3));
			continue;
		}
		assert_int_equal(wb_tile_parse(&t,
				     wb_span_sub(item_text(test, 3), 5, 100),
				     NULL),
		    WB_INVALID);
		beyond++;
	}
	assert_int_equal(i, 6);
	assert_int_equal(beyond, 2);
	json_decref(root);
}

/* [index of an entry, size of the log, path of its bundle] */
static void
entry_bundles_have_their_public_paths(void **state)
{
	json_t *root = vectors_json(ARCHIVE, "notes/tile-paths.json");
	const json_t *test;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "entries_path_for_index"), i,
	    test)
	{
		struct wb_tile t = { true, 0,
			item_number(test, 0) / WB_TILE_WIDTH, WB_TILE_WIDTH };
		uint64_t left = item_number(test, 1) - t.index * WB_TILE_WIDTH;

		if (left < WB_TILE_WIDTH)
			t.width = (unsigned)left;
		assert_path(&t, item_text(test, 2));
	}
	assert_int_equal(i, 7);
	json_decref(root);
}

/*
 * What litewitness was sent: the checkpoints of a log that grows, one with a
 * signature whose last base64 digit was altered (loose bits, which we take for
 * no base64 at all), and two of other logs.
 */
static void
checkpoints_of_a_sigsum_log_are_judged(void **state)
{
	json_t *root = vectors_json(ARCHIVE,
	    "notes/add-checkpoint-transcripts.json");
	const json_t *all = json_object_get(root, "requests"), *test;
	struct wb_error err = { 0 };
	struct wb_key key;
	size_t i, ok = 0, malformed = 0, unknown = 0;
	struct wb_vkey vkey;
	struct wb_head head;

	(void)state;
	assert_ok(wb_hex_parse(key.b, WB_KEY_LEN, wb_span_text(LOG_A_KEY),
		      &err),
	    &err);
	assert_ok(wb_vkey_make(&vkey, LOG_A, WB_NOTE_ED25519, &key, &err),
	    &err);
	json_array_foreach(all, i, test)
	{
		const char *note = strstr(vectors_text(test, "body"), "\n\n");
		enum wb_status st;

		assert_non_null(note);
		st = wb_checkpoint_open(&head, NULL, wb_span_text(note + 2),
		    &vkey, &err);
		ok += st == WB_OK;
		malformed += st == WB_INVALID;
		unknown += st == WB_NOT_FOUND;
	}
	assert_int_equal(i, 10);
	assert_int_equal(ok, 7);
	assert_int_equal(malformed, 1);
	assert_int_equal(unknown, 2);
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_are_opened_as_others_do),
		cmocka_unit_test(damaged_verifier_keys_are_refused),
		cmocka_unit_test(notes_are_signed_as_others_do),
		cmocka_unit_test(checkpoint_bodies_are_read_as_c2sp_says),
		cmocka_unit_test(receipts_are_read_as_others_do),
		cmocka_unit_test(tiles_have_their_public_paths),
		cmocka_unit_test(entry_bundles_have_their_public_paths),
		cmocka_unit_test(checkpoints_of_a_sigsum_log_are_judged),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
