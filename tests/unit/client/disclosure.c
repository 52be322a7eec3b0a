/*
 * What a disclosure proves, and above all what nobody can learn from it, with
 * every byte of the file at hand and a list of all places.
 */
#include "client/disclosure/disclosure.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/bundle/proving.h"
#include "client/trust/trust.h"
#include "client/trust/witnessed.h"
#include "crypto/note.h"

#include "tests/unit/client/showkit.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct showkit_record seven[] = {
	{ "rice", "Farmhouse", "ask for Tomas" }, { "rice", "Farmhouse", "" },
	{ "insulin", "Chapel", "at night" }, { "oil", "Ford", "" },
	{ "salt", "Ford", "" }, { "tents", "Mill", "" }, { "soap", "Mill", "" },
	{ "rope", "Mill", "" }, /* an eighth: a tree of 32 leaves */
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	fixture_begin(f, 7);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	fixture_end(*state);
	free(*state);
	return 0;
}

/* ------------------------------------------------------- what is proven */

static void
expect_good(struct fixture *f, struct wb_audit *a,
    const struct wb_bytes *bundle)
{
	showkit_audit(f, a, bundle);
	for (size_t i = 0; i < a->problem_count; i++)
		print_error("%s: %s\n", a->problems[i].id,
		    (const char *)a->problems[i].text.data);
	assert_int_equal(a->result, WB_AUDIT_GOOD);
	assert_non_null(a->disclosed);
}

static void
a_record_proves_itself_with_its_place_or_without(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes bundle;
	struct wb_audit a;

	showkit_save(f, &f->k1, seven, 3);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 1, false);
	expect_good(f, &a, &bundle);
	assert_int_equal(a.disclosed->goods.line_count, 1);
	assert_true(wb_span_equal(a.disclosed->goods.lines[0].item,
	    wb_span_text("rice")));
	assert_true(wb_span_equal(a.disclosed->device, wb_span_text("K1")));
	assert_true(a.disclosed->has_place);
	assert_int_equal(a.disclosed->place.number, 1);
	assert_true(
	    wb_span_equal(a.disclosed->place.to, wb_span_text("Farmhouse")));
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);

	showkit_disclose(f, &bundle, "k1", 3, true);
	expect_good(f, &a, &bundle);
	assert_true(wb_span_equal(a.disclosed->goods.lines[0].item,
	    wb_span_text("insulin")));
	assert_false(a.disclosed->has_place);
	assert_int_equal(a.disclosed->place.number, 0);
	assert_int_equal(a.disclosed->place.to.len, 0);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
}

static void
the_batches_around_it_are_not_missing(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes bundle;
	struct wb_audit a;

	for (size_t i = 0; i < 3; i++) {
		showkit_save(f, &f->k1, &seven[i], 1);
		(void)showkit_send(f, &f->k1);
	}
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 2, true);
	expect_good(f, &a, &bundle);
	assert_int_equal(a.batches, 1);
	assert_int_equal(a.entries, 2); /* the roster and the batch */
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
}

/* Who was revoked, and let in by a coordinator, is proven with that ack. */
static void
what_was_let_in_is_proven_by_who_let_it_in(void **state)
{
	struct fixture *f = *state;
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_bytes bundle;
	struct wb_audit a;
	struct wb_stmt *s;
	uint64_t made;
	bool row;

	showkit_save(f, &f->k1, seven, 1);
	assert_ok(wb_queue_batch(&made, &f->k1, false, &f->err), &f->err);
	fixture_set_state(f, &f->k1, WB_MEMBER_REVOKED);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_db_prepare(&s, f->k1.db,
		      "SELECT envelope FROM statement WHERE log_index IS NULL",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 0),
		      &f->err),
	    &f->err);
	wb_stmt_done(s);
	fixture_ack_id(f, &envelope.id, WB_OUTCOME_ADMIT);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 1, true);
	expect_good(f, &a, &bundle);
	assert_int_equal(a.entries, 4); /* two rosters, the ack, the batch */
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	wb_arena_clear(&arena);
}

/* ------------------------------------------------------ under which head */

static void
set_policy(struct fixture *f, const struct wb_vkey *witness)
{
	struct wb_bytes text;

	wb_bytes_init(&text, 4096);
	assert_ok(wb_bytes_append_text(&text, "log ", &f->err), &f->err);
	assert_ok(wb_vkey_format(&text, &f->coord.log, &f->err), &f->err);
	assert_ok(wb_bytes_append_text(&text, "\nwitness w ", &f->err),
	    &f->err);
	assert_ok(wb_vkey_format(&text, witness, &f->err), &f->err);
	assert_ok(wb_bytes_append(&text, wb_span("\nquorum w\n", 11), &f->err),
	    &f->err);
	fixture_set_policy(f, (const char *)text.data);
	wb_bytes_clear(&text);
}

/* The newest head, cosigned or not, as it is kept. */
static void
take_note(struct fixture *f, struct wb_bytes *out, const struct wb_vkey *vkey,
    const struct wb_signer *witness)
{
	struct wb_note note;

	wb_bytes_init(out, WB_MAX_NOTE);
	assert_ok(wb_setting_get(out, f->coord.db, WB_SET_HEAD, &f->err),
	    &f->err);
	if (witness == NULL)
		return;
	/* What is signed is a view of the note that is added to. */
	assert_ok(wb_bytes_reserve(out, 1000, &f->err), &f->err);
	assert_ok(wb_note_parse(&note, wb_bytes_span(out), &f->err), &f->err);
	assert_ok(wb_note_cosign(out, note.text, vkey, witness, 1700000000,
		      &f->err),
	    &f->err);
}

static void
expect_head(struct fixture *f, uint64_t number, const struct wb_bytes *want,
    bool witnessed)
{
	struct showkit_items items;
	struct wb_bytes bundle;
	struct wb_audit a;

	showkit_disclose(f, &bundle, "K1", number, true);
	expect_good(f, &a, &bundle);
	showkit_take_apart(f, &items, &bundle);
	assert_true(
	    wb_span_equal(items
			      .items[showkit_item(&items, WB_BUNDLE_CHECKPOINT)]
			      .bytes,
		wb_bytes_span(want)));
	assert_int_equal(a.witnessed, witnessed ? a.head.size : 0);
	wb_arena_clear(&items.arena);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
}

/* A witness's name under what it did not sign. */
static void
expect_forged_cosignature(struct fixture *f, uint64_t number)
{
	struct showkit_items items;
	struct wb_bundle_item *head;
	struct wb_bytes bundle, note;
	struct wb_audit a;

	showkit_disclose(f, &bundle, "K1", number, true);
	showkit_take_apart(f, &items, &bundle);
	wb_bytes_clear(&bundle);
	head = &items.items[showkit_item(&items, WB_BUNDLE_CHECKPOINT)];
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_bytes_append(&note, head->bytes, &f->err), &f->err);
	note.data[note.len - 12] ^= 1; /* in the last line's base64 */
	head->bytes = wb_bytes_span(&note);
	showkit_join(f, &bundle, &items);
	showkit_audit(f, &a, &bundle);
	assert_int_equal(a.result, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "cosignature");
	assert_null(a.disclosed);
	wb_audit_clear(&a);
	wb_bytes_clear(&note);
	wb_bytes_clear(&bundle);
	wb_arena_clear(&items.arena);
}

static void
a_witnessed_head_proves_it_before_a_newer_one(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes witnessed, newest;
	struct wb_signer witness;
	struct wb_vkey vkey;

	assert_ok(wb_signer_generate(&witness, f->coord.random, &f->err),
	    &f->err);
	assert_ok(wb_vkey_make(&vkey, "example.net/w", WB_NOTE_COSIGNATURE,
		      &witness.key, &f->err),
	    &f->err);
	set_policy(f, &vkey);
	showkit_save(f, &f->k1, seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	take_note(f, &witnessed, &vkey, &witness);
	assert_ok(wb_witnessed_keep(&f->coord, wb_bytes_span(&witnessed),
		      &f->err),
	    &f->err);
	showkit_save(f, &f->k1, seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	take_note(f, &newest, NULL, NULL);
	expect_head(f, 1, &witnessed, true);
	expect_head(f, 2, &newest, false); /* no witness has seen it yet */
	expect_forged_cosignature(f, 1);
	wb_bytes_clear(&newest);
	wb_bytes_clear(&witnessed);
	wb_signer_clear(&witness);
}

/* A server that holds entries back hinders nobody to prove the others. */
static void
entries_held_back_leave_an_older_head(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes whole;

	showkit_save(f, &f->k1, seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	take_note(f, &whole, NULL, NULL);
	assert_ok(wb_setting_put(f->coord.db, WB_SET_HEAD_WHOLE,
		      wb_bytes_span(&whole), &f->err),
	    &f->err);
	fixture_ack_id(f, &(struct wb_hash){ { 7 } }, WB_OUTCOME_OPENED);
	showkit_head(f);
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE statement SET log_index = NULL"
		      " WHERE log_index = 3",
		      &f->err),
	    &f->err);
	expect_head(f, 1, &whole, false);
	wb_bytes_clear(&whole);
}

/* ----------------------------------------------- how many, and which one */

/* A disclosure of the first record of a batch of the first n of seven. */
static void
show_first_of(struct fixture *f, struct wb_bytes *out, size_t n)
{
	fixture_begin(f, 7);
	showkit_save(f, &f->k1, seven, n);
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

	showkit_save(f, &f->k1, seven, 7);
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

	showkit_save(f, &f->k1, seven, 7);
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

	showkit_save(f, &f->k1, seven, 1);
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

	showkit_save(f, &f->k1, seven, 2);
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

/* -------------------------------------------------------------- refusals */

static void
refuse(struct fixture *f, struct wb_device *device,
    const struct wb_record *record, enum wb_status want, const char *id)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;

	wb_bytes_init(&out, WB_MAX_CONTENT);
	assert_status(want,
	    wb_disclosure_make(&out, device, record, true, &err), &err);
	assert_string_equal(wb_error_id(&err), id);
	assert_int_equal(out.len, 0);
	wb_bytes_clear(&out);
	(void)f;
}

static void
what_cannot_be_proven_is_not_shown(void **state)
{
	struct fixture *f = *state;
	struct wb_record record;
	struct wb_arena arena;

	showkit_save(f, &f->k1, seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_find(f, &record, &arena, "K1", 1);
	refuse(f, &f->k1, &record, WB_FAILED, "not-coordinator");
	record.state = WB_RECORD_HERE;
	refuse(f, &f->coord, &record, WB_FAILED, "not-logged");
	record.state = WB_RECORD_OPENED;
	record.disputed = true;
	refuse(f, &f->coord, &record, WB_FAILED, "disputed");
	record.disputed = false;

	/* Another entry than the log has; one that is missing; no content. */
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE statement SET envelope = X'00'"
		      " WHERE log_index = 2",
		      &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_FORGED, "log-fork");
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE statement SET log_index = NULL"
		      " WHERE log_index = 2",
		      &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_PARTIAL, "log-incomplete");
	assert_ok(wb_db_exec(f->coord.db, "DELETE FROM content", &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_PARTIAL, "content-missing");
	wb_arena_clear(&arena);
}

/* ---------------------------------------------------------------- proofs */

static void
entry_leaf(struct fixture *f, struct wb_hash *out, uint64_t index)
{
	struct wb_span envelope;
	struct wb_stmt *s;
	bool row;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT envelope FROM statement WHERE log_index = ?",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, (int64_t)index);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_true(row);
	envelope = wb_column_blob(s, 0);
	wb_leaf_hash(out, &envelope, 1);
	wb_stmt_done(s);
}

/* Each alone, and all at once, in logs of every shape. */
static void
every_entry_can_be_proven_in_logs_of_every_size(void **state)
{
	static struct wb_proof proofs[20];
	struct fixture *f = *state;
	uint64_t indices[20];

	for (uint64_t size = 1; size <= 18; size++) {
		struct wb_signature signature;
		struct wb_hash leaf;
		struct wb_head head;

		showkit_head(f);
		assert_ok(wb_trust_newest(&head, &signature, &f->coord,
			      &f->err),
		    &f->err);
		assert_int_equal(head.size, size);
		for (uint64_t i = 0; i < size; i++)
			indices[i] = i;
		assert_ok(wb_prove_entries(proofs, &f->coord, &head, indices,
			      (size_t)size, &f->err),
		    &f->err);
		for (uint64_t i = 0; i < size; i++) {
			entry_leaf(f, &leaf, i);
			assert_ok(wb_inclusion_verify(&leaf, i, size,
				      &proofs[i], &head.root, &f->err),
			    &f->err);
		}
		fixture_ack_id(f, &(struct wb_hash){ { (uint8_t)size } },
		    WB_OUTCOME_OPENED);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_record_proves_itself_with_its_place_or_without),
		TEST(the_batches_around_it_are_not_missing),
		TEST(what_was_let_in_is_proven_by_who_let_it_in),
		TEST(a_witnessed_head_proves_it_before_a_newer_one),
		TEST(entries_held_back_leave_an_older_head),
		TEST(batches_of_one_and_of_seven_records_look_alike),
		TEST(an_index_does_not_tell_the_order),
		TEST(no_byte_of_anything_else_is_in_the_file),
		TEST(a_place_that_is_not_shown_cannot_be_guessed),
		TEST(a_sessions_key_would_give_places_away),
		TEST(neighbours_do_not_tell_each_others_places),
		TEST(what_cannot_be_proven_is_not_shown),
		TEST(every_entry_can_be_proven_in_logs_of_every_size),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
