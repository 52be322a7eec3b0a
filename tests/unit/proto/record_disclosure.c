#include "proto/record_disclosure.h"

#include <stdlib.h>

#include "proto/record.h"

#include "tests/unit/check.h"

#define RECORDS 7 /* in a tree of 16 leaves */
#define LONGEST "a name of fifty bytes, which is as long as it goes."

static const struct wb_hash batch_seed = { { 1 } };

/* A batch of seven records, and one of them shown. */
struct shown {
	struct wb_hash seeds[RECORDS];
	struct wb_record_leaves leaves[RECORDS];
	struct wb_hash root;
	struct wb_disclosure d;
};

static struct wb_span
goods_of(size_t i)
{
	static const char *const goods[RECORDS] = { "rice", "rice", "oil",
		"salt", "tents", "soap", "rope" };

	return wb_span_text(goods[i]);
}

static void
show(struct shown *s, size_t which)
{
	const struct wb_span place = wb_span_text("S-12");
	struct wb_hash *leaves;
	struct wb_error err;

	memset(s, 0, sizeof *s);
	for (size_t i = 0; i < RECORDS; i++) {
		s->seeds[i].b[0] = (uint8_t)(i + 10);
		wb_record_leaves(&s->leaves[i], &s->seeds[i], goods_of(i),
		    place);
	}
	assert_ok(wb_record_tree(&leaves, &batch_seed, wb_span_text("m"),
		      s->leaves, RECORDS, &err),
	    &err);
	wb_merkle_root(&s->root, leaves, wb_record_tree_size(RECORDS));
	assert_ok(wb_record_path(&s->d.leaf, &s->d.path, leaves, RECORDS,
		      &s->leaves[which].goods, &err),
	    &err);
	free(leaves);
	s->d.goods = goods_of(which);
	wb_record_salt(s->d.goods_salt, &s->seeds[which], WB_HALF_GOODS);
	s->d.place = place;
	wb_record_salt(s->d.place_salt, &s->seeds[which], WB_HALF_PLACE);
}

static void
hide_place(struct wb_disclosure *d)
{
	d->place = wb_span(NULL, 0);
	memset(d->place_salt, 0, WB_SALT_LEN);
}

static void
every_record_can_be_shown_with_its_place_or_without(void **state)
{
	struct wb_error err = { 0 };
	struct wb_hash id;
	struct shown s;

	(void)state;
	for (size_t i = 0; i < RECORDS; i++) {
		show(&s, i);
		assert_ok(wb_disclosure_check(&id, &s.d, &s.root, &err), &err);
		assert_true(wb_hash_equal(&id, &s.leaves[i].goods));
		hide_place(&s.d);
		assert_ok(wb_disclosure_check(&id, &s.d, &s.root, &err), &err);
	}
}

static void
a_record_of_no_batch_has_no_path(void **state)
{
	const struct wb_hash other = { { 99 } };
	struct wb_hash *leaves;
	struct wb_error err;
	struct shown s;

	(void)state;
	show(&s, 0);
	assert_ok(wb_record_tree(&leaves, &batch_seed, wb_span_text("m"),
		      s.leaves, RECORDS, &err),
	    &err);
	assert_int_equal(wb_record_path(&s.d.leaf, &s.d.path, leaves, RECORDS,
			     &other, &err),
	    WB_NOT_FOUND);
	/* The manifest is no record. */
	assert_int_equal(wb_record_path(&s.d.leaf, &s.d.path, leaves, RECORDS,
			     &leaves[0], &err),
	    WB_NOT_FOUND);
	free(leaves);
}

/* ---- what does not prove itself */

static void
other_goods(struct shown *s)
{
	s->d.goods = wb_span_text("more rice");
}
static void
other_place(struct shown *s)
{
	s->d.place = wb_span_text("S-13");
}
static void
other_goods_salt(struct shown *s)
{
	s->d.goods_salt[31] ^= 1;
}
static void
other_place_salt(struct shown *s)
{
	s->d.place_salt[31] ^= 1;
}
static void
other_leaf(struct shown *s)
{
	s->d.leaf ^= 2;
}
static void
other_path(struct shown *s)
{
	s->d.path.hashes[3].b[0] ^= 1;
}
static void
a_neighbours_place(struct shown *s)
{
	wb_record_salt(s->d.place_salt, &s->seeds[2], WB_HALF_PLACE);
}
static void
halves_exchanged(struct shown *s)
{
	struct wb_span goods = s->d.goods;

	s->d.goods = s->d.place;
	s->d.place = goods;
}
static void
a_longer_path(struct shown *s)
{
	s->d.path.hashes[s->d.path.count++].b[0] = 1;
}

static const struct {
	const char *name;
	void (*change)(struct shown *s);
} lies[] = {
	{ "other goods", other_goods },
	{ "another place", other_place },
	{ "another salt of the goods", other_goods_salt },
	{ "another salt of the place", other_place_salt },
	{ "another leaf", other_leaf },
	{ "another path", other_path },
	{ "a neighbour's place", a_neighbours_place },
	{ "the halves exchanged", halves_exchanged },
	{ "a path of a larger tree", a_longer_path },
};

static void
nothing_else_proves_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_hash id;
		struct shown s;

		show(&s, 1);
		lies[i].change(&s);
		if (wb_disclosure_check(&id, &s.d, &s.root, &err) != WB_FORGED)
			fail_msg("%s", lies[i].name);
	}
}

/* ---- form */

static void
as_it_is(struct shown *s)
{
	(void)s;
}
static void
without_place(struct shown *s)
{
	hide_place(&s->d);
}
static void
no_goods(struct shown *s)
{
	s->d.goods = wb_span(NULL, 0);
}
static void
no_goods_salt(struct shown *s)
{
	memset(s->d.goods_salt, 0, WB_SALT_LEN);
}
static void
no_place_salt(struct shown *s)
{
	memset(s->d.place_salt, 0, WB_SALT_LEN);
}
static void
a_salt_alone(struct shown *s)
{
	s->d.place = wb_span(NULL, 0);
}
static void
largest_halves(struct shown *s)
{
	static const uint8_t bytes[WB_MAX_RECORD];

	s->d.goods = wb_span(bytes, sizeof bytes);
	s->d.place = s->d.goods;
	s->d.path.count = 18;
}
static void
goods_too_large(struct shown *s)
{
	static const uint8_t bytes[WB_MAX_RECORD + 1];

	s->d.goods = wb_span(bytes, sizeof bytes);
}
static void
place_too_large(struct shown *s)
{
	static const uint8_t bytes[WB_MAX_RECORD + 1];

	s->d.place = wb_span(bytes, sizeof bytes);
}
static void
no_path(struct shown *s)
{
	s->d.path.count = 0;
}
static void
path_too_short(struct shown *s)
{
	s->d.leaf = 2;
	s->d.path.count = 3;
}
static void
path_too_long(struct shown *s)
{
	s->d.path.count = 19;
}
static void
the_manifests_leaf(struct shown *s)
{
	s->d.leaf = 0;
}
static void
a_places_leaf(struct shown *s)
{
	s->d.leaf = 3;
}
static void
the_last_leaf(struct shown *s)
{
	s->d.leaf = 14;
}
static void
a_leaf_outside(struct shown *s)
{
	s->d.leaf = 16;
}

static const struct {
	const char *name;
	void (*change)(struct shown *s);
	enum wb_status want;
} rules[] = {
	{ "as it should be", as_it_is, WB_OK },
	{ "goods alone", without_place, WB_OK },
	{ "no goods", no_goods, WB_INVALID },
	{ "goods without their salt", no_goods_salt, WB_INVALID },
	{ "a place without its salt", no_place_salt, WB_INVALID },
	{ "a salt without its place", a_salt_alone, WB_INVALID },
	{ "the largest that can be", largest_halves, WB_OK },
	{ "goods too large", goods_too_large, WB_INVALID },
	{ "a place too large", place_too_large, WB_INVALID },
	{ "no path", no_path, WB_INVALID },
	{ "a path of 8 leaves", path_too_short, WB_INVALID },
	{ "a path of 2^19 leaves", path_too_long, WB_INVALID },
	{ "the manifest's leaf", the_manifests_leaf, WB_INVALID },
	{ "a place's leaf", a_places_leaf, WB_INVALID },
	{ "the last goods", the_last_leaf, WB_OK },
	{ "a leaf outside the tree", a_leaf_outside, WB_INVALID },
};

static void
disclosures_keep_their_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_disclosure again;
		struct wb_arena arena;
		struct wb_bytes out;
		struct shown s;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		wb_bytes_init(&out, 200000);
		show(&s, 1);
		rules[i].change(&s);
		if (wb_disclosure_encode(&out, &s.d, &err) != rules[i].want)
			fail_msg("%s: %s", rules[i].name, err.text);
		if (rules[i].want == WB_OK) {
			assert_ok(wb_disclosure_decode(&again, &arena,
				      wb_bytes_span(&out), &err),
			    &err);
			assert_int_equal(again.leaf, s.d.leaf);
			assert_int_equal(again.path.count, s.d.path.count);
			assert_int_equal(again.place.len, s.d.place.len);
		}
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

/* ---- the note */

static struct wb_hash many[WB_MAX_SHOWN_RECORDS + 1];

static const struct {
	const char *name;
	struct wb_showing showing;
	enum wb_status want;
} showings[] = {
	{ "one record",
	    { 20000, { (const uint8_t *)"Red Cross", 9 },
		{ (const uint8_t *)"goods", 5 }, many, 1 },
	    WB_OK },
	{ "the whole log, to nobody named",
	    { 20000, { NULL, 0 }, { (const uint8_t *)"audit", 5 }, NULL, 0 },
	    WB_OK },
	{ "as many records as can be",
	    { 20000, { NULL, 0 }, { (const uint8_t *)"record", 6 }, many,
		WB_MAX_SHOWN_RECORDS },
	    WB_OK },
	{ "a record more",
	    { 20000, { NULL, 0 }, { (const uint8_t *)"record", 6 }, many,
		WB_MAX_SHOWN_RECORDS + 1 },
	    WB_INVALID },
	{ "no day",
	    { 0, { NULL, 0 }, { (const uint8_t *)"audit", 5 }, NULL, 0 },
	    WB_INVALID },
	{ "nothing", { 20000, { NULL, 0 }, { NULL, 0 }, NULL, 0 }, WB_INVALID },
	{ "too many words for it",
	    { 20000, { NULL, 0 }, { (const uint8_t *)LONGEST, 50 }, NULL, 0 },
	    WB_INVALID },
	{ "a name of two lines",
	    { 20000, { (const uint8_t *)"Red\nCross", 9 },
		{ (const uint8_t *)"audit", 5 }, NULL, 0 },
	    WB_INVALID },
};

static void
notes_keep_their_rules(void **state)
{
	(void)state;
	memset(many, 7, sizeof many);
	for (size_t i = 0; i < sizeof showings / sizeof showings[0]; i++) {
		const struct wb_showing *want = &showings[i].showing;
		struct wb_error err = { 0 };
		struct wb_showing again;
		struct wb_arena arena;
		struct wb_bytes out;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		wb_bytes_init(&out, 200000);
		if (wb_showing_encode(&out, want, &err) != showings[i].want)
			fail_msg("%s: %s", showings[i].name, err.text);
		if (showings[i].want == WB_OK) {
			assert_ok(wb_showing_decode(&again, &arena,
				      wb_bytes_span(&out), &err),
			    &err);
			assert_int_equal(again.day, want->day);
			assert_true(wb_span_equal(again.to, want->to));
			assert_true(wb_span_equal(again.what, want->what));
			assert_int_equal(again.record_count,
			    want->record_count);
		}
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

/* A server sees the size: it must not tell how much was shown. */
static void
a_note_of_one_record_is_as_long_as_one_of_all(void **state)
{
	const struct wb_showing one = { 20000, wb_span_text("Red Cross"),
		wb_span_text("goods"), many, 1 };
	const struct wb_showing all = { 20000, wb_span_text(""),
		wb_span_text("headers"), NULL, 0 };
	struct wb_error err = { 0 };
	struct wb_bytes a, b;

	(void)state;
	memset(many, 7, sizeof many);
	wb_bytes_init(&a, 100000);
	wb_bytes_init(&b, 100000);
	assert_ok(wb_showing_encode(&a, &one, &err), &err);
	assert_ok(wb_showing_encode(&b, &all, &err), &err);
	assert_int_equal(a.len, b.len);
	wb_bytes_clear(&a);
	wb_bytes_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_record_can_be_shown_with_its_place_or_without),
		cmocka_unit_test(a_record_of_no_batch_has_no_path),
		cmocka_unit_test(nothing_else_proves_itself),
		cmocka_unit_test(disclosures_keep_their_rules),
		cmocka_unit_test(notes_keep_their_rules),
		cmocka_unit_test(a_note_of_one_record_is_as_long_as_one_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
