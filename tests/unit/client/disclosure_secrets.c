/*
 * What nobody can learn from a disclosure, with every byte of the file at hand
 * and a list of all places.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/client/showkit.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ----------------------------------------------- how many, and which one */

/* A disclosure of the first record of a batch of the first n of showkit_seven. */
static void
show_first_of(struct fixture *f, struct wb_bytes *out, size_t n)
{
	fixture_begin(f, 7);
	showkit_save(f, &f->k1, showkit_seven, n);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_disclose(f, out, "K1", 1, true);
}

/* The padded size of the content of the batch in a bundle. */
static uint64_t
content_size(struct fixture *f, const struct showkit_items *items)
{
	size_t at = showkit_item(items, WB_BUNDLE_DISCLOSURE) - 1;
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_batch batch;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_envelope_decode(&envelope, &arena,
		      items->items[at].entry.envelope, &f->err),
	    &f->err);
	assert_ok(wb_batch_decode(&batch, envelope.payload, &f->err), &f->err);
	wb_arena_clear(&arena);
	return batch.content_size;
}

/* The kinds and sizes of all that is in a bundle, as one text. */
static void
describe(struct fixture *f, char out[400], const struct wb_bytes *bundle)
{
	struct wb_disclosure d;
	struct showkit_items items;
	struct wb_arena arena;
	size_t at = 0;

	showkit_read(f, &d, &arena, bundle);
	showkit_take_apart(f, &items, bundle);
	at = (size_t)snprintf(out, 400, "%zu hashes, %zu of %ju bytes;",
	    d.path.count, bundle->len, (uintmax_t)content_size(f, &items));
	for (size_t i = 0; i < items.count; i++) {
		const struct wb_bundle_item *item = &items.items[i];

		at += (size_t)snprintf(out + at, 400 - at, " %d of %zu+%zu+%zu",
		    (int)item->kind, item->bytes.len, item->entry.envelope.len,
		    item->entry.proof.count);
	}
	wb_arena_clear(&items.arena);
	wb_arena_clear(&arena);
}

static void
batches_of_one_and_of_seven_records_look_alike(void **state)
{
	struct fixture *one = *state, *other = calloc(1, sizeof *other);
	char want[400], got[400];
	struct wb_bytes bundle;

	assert_non_null(other);
	fixture_end(one);
	show_first_of(one, &bundle, 1);
	describe(one, want, &bundle);
	wb_bytes_clear(&bundle);
	for (size_t n = 2; n <= 7; n++) {
		show_first_of(other, &bundle, n);
		describe(other, got, &bundle);
		assert_string_equal(got, want);
		wb_bytes_clear(&bundle);
		fixture_end(other);
	}
	/* Eight need the next power of two, and that does show. */
	show_first_of(other, &bundle, 8);
	describe(other, got, &bundle);
	assert_string_not_equal(got, want);
	wb_bytes_clear(&bundle);
	fixture_end(other);
	free(other);
}

/* Leaves stand by their hashes: where one stands says nothing of when. */
static void
an_index_does_not_tell_the_order(void **state)
{
	struct fixture *f = *state;
	struct wb_disclosure d;
	uint32_t leaves[7];
	struct wb_hash ids[7];
	struct wb_arena arena;
	struct wb_bytes bundle;

	showkit_save(f, &f->k1, showkit_seven, 7);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	for (size_t i = 0; i < 7; i++) {
		showkit_disclose(f, &bundle, "K1", i + 1, true);
		showkit_read(f, &d, &arena, &bundle);
		leaves[i] = d.leaf;
		wb_record_leaf(&ids[i], d.goods_salt, d.goods);
		wb_arena_clear(&arena);
		wb_bytes_clear(&bundle);
	}
	for (size_t i = 0; i < 7; i++) {
		for (size_t j = 0; j < 7; j++) {
			assert_int_equal(leaves[i] < leaves[j],
			    memcmp(&ids[i], &ids[j], sizeof ids[i]) < 0);
		}
	}
}

/* -------------------------------------------------- nothing else is there */

static bool
holds(const struct wb_bytes *file, struct wb_span what)
{
	for (size_t i = 0; i + what.len <= file->len; i++)
		if (memcmp(file->data + i, what.data, what.len) == 0)
			return true;
	return false;
}

static void
expect_no_text(const struct wb_bytes *file, const char *text)
{
	if (holds(file, wb_span_text(text)))
		fail_msg("the file tells: %s", text);
}

static void
expect_no_secret(const struct wb_bytes *file, const uint8_t secret[WB_HASH_LEN],
    const char *name)
{
	if (holds(file, wb_span(secret, WB_HASH_LEN)))
		fail_msg("the file tells %s", name);
}

/* Seeds and salts of everything but the half that is shown. */
static void
expect_no_salts(const struct wb_bytes *file,
    const struct wb_opened_batch *opened, size_t shown, bool goods_only)
{
	uint8_t salt[WB_SALT_LEN];

	expect_no_secret(file, opened->seed.b, "the batch's seed");
	for (size_t i = 0; i < opened->record_count; i++) {
		const struct wb_hash *seed = &opened->records[i].seed;

		expect_no_secret(file, seed->b, "a record's seed");
		wb_record_salt(salt, seed, WB_HALF_GOODS);
		if (i != shown)
			expect_no_secret(file, salt, "another's goods' salt");
		else
			assert_true(holds(file, wb_span(salt, sizeof salt)));
		wb_record_salt(salt, seed, WB_HALF_PLACE);
		if (i != shown || goods_only)
			expect_no_secret(file, salt, "a place's salt");
		else
			assert_true(holds(file, wb_span(salt, sizeof salt)));
	}
}

static void
no_byte_of_anything_else_is_in_the_file(void **state)
{
	static const char *const others[] = { "Chapel", "Ford", "Mill",
		"insulin", "oil", "salt", "tents", "soap", "at night" };
	struct fixture *f = *state;
	struct wb_opened_batch opened;
	struct wb_bytes bundle;
	struct wb_arena arena;
	uint64_t index;

	showkit_save(f, &f->k1, showkit_seven, 7);
	index = showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_open(f, &opened, &arena, index);
	for (int goods_only = 0; goods_only < 2; goods_only++) {
		showkit_disclose(f, &bundle, "K1", 1, goods_only != 0);
		for (size_t i = 0; i < COUNT(others); i++)
			expect_no_text(&bundle, others[i]);
		expect_no_salts(&bundle, &opened, 0, goods_only != 0);
		if (goods_only != 0) {
			expect_no_text(&bundle, "Farmhouse");
			expect_no_text(&bundle, "Tomas");
			expect_no_text(&bundle, "receipt-code");
		}
		assert_true(holds(&bundle, wb_span_text("rice")));
		wb_bytes_clear(&bundle);
	}
	wb_arena_clear(&arena);
}

/* ---------------------------------------------------- guessing the place */

/* All places there are, with all else about the record known. */
static const char *const dictionary[] = { "Bridge", "Chapel", "Farmhouse",
	"Ford", "Mill", "S-12" };

static void
guess_place(struct fixture *f, struct wb_bytes *out, const char *to,
    uint64_t number, const char *note)
{
	static const uint8_t code[WB_RECEIPT_CODE_LEN] = "receipt-code-16";
	const struct wb_place place = { .number = number,
		.to = wb_span_text(to),
		.people = 41,
		.code = wb_span(code, sizeof code),
		.note = wb_span_text(note) };

	wb_bytes_reset(out);
	assert_ok(wb_place_encode(out, &place, &f->err), &f->err);
}

static void
derive(struct wb_hash *out, const struct wb_hash *key, const char *label)
{
	struct wb_span text = wb_span_text(label);

	wb_hmac_sha256(out->b, wb_hash_span(key), &text, 1);
}

/* Is it this leaf with `secret` as its salt, or as what salts come from? */
static bool
opens_leaf(const struct wb_hash *leaf, const struct wb_hash *secret,
    struct wb_span place)
{
	struct wb_hash made, key = *secret, seed = *secret;
	uint8_t salt[WB_SALT_LEN];

	wb_record_leaf(&made, secret->b, place);
	/* As a record's seed; then as a session's key, at this part or before. */
	for (int step = 0; step < 3 && !wb_hash_equal(&made, leaf); step++) {
		wb_record_salt(salt, &seed, WB_HALF_PLACE);
		wb_record_leaf(&made, salt, place);
		derive(&seed, &key, "waybill/seed/v1");
		derive(&key, &key, "waybill/next/v1");
	}
	return wb_hash_equal(&made, leaf);
}

/* Tries each 32 bytes of what is known as the secret behind each guess. */
static const char *
guess(struct fixture *f, const struct wb_bytes *known,
    const struct wb_hash *leaf, uint64_t number, const char *note)
{
	const char *found = NULL;
	struct wb_bytes place;
	struct wb_hash secret;

	wb_bytes_init(&place, WB_MAX_RECORD);
	for (size_t p = 0; found == NULL && p < COUNT(dictionary); p++) {
		guess_place(f, &place, dictionary[p], number, note);
		for (size_t i = 0; i + WB_HASH_LEN <= known->len; i++) {
			memcpy(secret.b, known->data + i, WB_HASH_LEN);
			if (opens_leaf(leaf, &secret, wb_bytes_span(&place)))
				found = dictionary[p];
		}
	}
	wb_bytes_clear(&place);
	return found;
}

static void
learn(struct fixture *f, struct wb_bytes *known, struct wb_span more)
{
	assert_ok(wb_bytes_append(known, more, &f->err), &f->err);
}

static void
a_place_that_is_not_shown_cannot_be_guessed(void **state)
{
	struct fixture *f = *state;
	struct wb_opened_batch opened;
	struct wb_arena arena, shown;
	uint8_t salt[WB_SALT_LEN];
	struct wb_disclosure d;
	struct wb_bytes known;
	size_t before;

	showkit_save(f, &f->k1, showkit_seven, 1);
	showkit_open(f, &opened, &arena, showkit_send(f, &f->k1));
	showkit_head(f);
	showkit_disclose(f, &known, "K1", 1, true);
	showkit_read(f, &d, &shown, &known);
	before = known.len;
	assert_null(guess(f, &known, &d.path.hashes[0], 1, "ask for Tomas"));

	/* What would give it away does: the search is able to find it. */
	wb_record_salt(salt, &opened.records[0].seed, WB_HALF_PLACE);
	learn(f, &known, wb_span(salt, sizeof salt));
	assert_string_equal(guess(f, &known, &d.path.hashes[0], 1,
				"ask for Tomas"),
	    "Farmhouse");
	wb_bytes_truncate(&known, before);
	learn(f, &known, wb_hash_span(&opened.records[0].seed));
	assert_string_equal(guess(f, &known, &d.path.hashes[0], 1,
				"ask for Tomas"),
	    "Farmhouse");
	wb_arena_clear(&shown);
	wb_arena_clear(&arena);
	wb_bytes_clear(&known);
}

/* The search also finds what a session's key gives away, two parts ahead. */
static void
a_sessions_key_would_give_places_away(void **state)
{
	struct fixture *f = *state;
	struct wb_hash key = { { 7 } }, next = key, seed, leaf;
	struct wb_bytes place, known;
	uint8_t salt[WB_SALT_LEN];

	wb_bytes_init(&place, WB_MAX_RECORD);
	wb_bytes_init(&known, WB_MAX_RECORD);
	guess_place(f, &place, "Mill", 2, "");
	derive(&next, &key, "waybill/next/v1");
	derive(&seed, &next, "waybill/seed/v1");
	wb_record_salt(salt, &seed, WB_HALF_PLACE);
	wb_record_leaf(&leaf, salt, wb_bytes_span(&place));
	learn(f, &known, wb_hash_span(&key));
	assert_string_equal(guess(f, &known, &leaf, 2, ""), "Mill");
	wb_bytes_clear(&known);
	wb_bytes_clear(&place);
}

/* Two records of one session, at one place, shown to one reader. */
static void
neighbours_do_not_tell_each_others_places(void **state)
{
	static const char *const notes[] = { "ask for Tomas", "" };
	struct fixture *f = *state;
	struct wb_bytes known, bundle;
	struct wb_disclosure d[2];
	struct wb_arena arenas[2];

	showkit_save(f, &f->k1, showkit_seven, 2);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	wb_bytes_init(&known, (size_t)1 << 20);
	for (size_t i = 0; i < 2; i++) {
		showkit_disclose(f, &bundle, "K1", i + 1, true);
		showkit_read(f, &d[i], &arenas[i], &bundle);
		learn(f, &known, wb_bytes_span(&bundle));
		wb_bytes_clear(&bundle);
	}
	for (size_t i = 0; i < 2; i++)
		assert_null(
		    guess(f, &known, &d[i].path.hashes[0], i + 1, notes[i]));
	/* Nor that it is the same place. */
	assert_false(wb_hash_equal(&d[0].path.hashes[0], &d[1].path.hashes[0]));
	wb_arena_clear(&arenas[0]);
	wb_arena_clear(&arenas[1]);
	wb_bytes_clear(&known);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, showkit_setup, showkit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(batches_of_one_and_of_seven_records_look_alike),
		TEST(an_index_does_not_tell_the_order),
		TEST(no_byte_of_anything_else_is_in_the_file),
		TEST(a_place_that_is_not_shown_cannot_be_guessed),
		TEST(a_sessions_key_would_give_places_away),
		TEST(neighbours_do_not_tell_each_others_places),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
