/*
 * Disclosures that lie, under a good checksum: none is good, and none shows
 * what it does not prove.
 */
#include <stdlib.h>

#include "crypto/note.h"

#include "tests/unit/client/logkit.h"
#include "tests/unit/client/showkit.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct showkit_record records[] = {
	{ "rice", "Farmhouse", "" },
	{ "insulin", "Chapel", "" },
};

/*
 * 0 roster, 1 a batch of K1, 2 its ack, 3 a second roster, 4 a batch of K2, 5
 * its ack; of K1's batch the first record is shown, of K2's the second.
 */
struct scene {
	struct fixture f;
	struct showkit_items k1;
	struct showkit_items k2;
	size_t shown; /* where the Disclosure stands */
};

static struct scene scene;

static void
begin(void)
{
	struct fixture *f = &scene.f;
	struct wb_bytes bundle;

	fixture_begin(f, 7);
	showkit_save(f, &f->k1, records, 2);
	(void)showkit_send(f, &f->k1);
	fixture_set_state(f, &f->k1, WB_MEMBER_REVOKED);
	showkit_save(f, &f->k2, records, 2);
	(void)showkit_send(f, &f->k2);
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 1, false);
	showkit_take_apart(f, &scene.k1, &bundle);
	wb_bytes_clear(&bundle);
	showkit_disclose(f, &bundle, "K2", 2, false);
	showkit_take_apart(f, &scene.k2, &bundle);
	wb_bytes_clear(&bundle);
	scene.shown = showkit_item(&scene.k1, WB_BUNDLE_DISCLOSURE);
}

static void
end(void)
{
	wb_arena_clear(&scene.k1.arena);
	wb_arena_clear(&scene.k2.arena);
	fixture_end(&scene.f);
}

static void
audit(struct wb_audit *out, const struct showkit_items *items)
{
	struct wb_bytes bundle;

	showkit_join(&scene.f, &bundle, items);
	showkit_audit(&scene.f, out, &bundle);
	wb_bytes_clear(&bundle);
}

/* A bundle's items may be moved about: spans stay in its arena. */
static void
drop(struct showkit_items *items, size_t at)
{
	items->count--;
	for (size_t i = at; i < items->count; i++)
		items->items[i] = items->items[i + 1];
}

static void
insert(struct showkit_items *items, size_t at,
    const struct wb_bundle_item *item)
{
	for (size_t i = items->count++; i > at; i--)
		items->items[i] = items->items[i - 1];
	items->items[at] = *item;
}

static void
swap(struct showkit_items *items, size_t a, size_t b)
{
	struct wb_bundle_item item = items->items[a];

	items->items[a] = items->items[b];
	items->items[b] = item;
}

/* ------------------------------------------------------------- the lies */

static void
without_the_record(struct showkit_items *items)
{
	drop(items, scene.shown);
}
static void
before_its_batch(struct showkit_items *items)
{
	swap(items, scene.shown, scene.shown - 1);
}
static void
twice(struct showkit_items *items)
{
	insert(items, scene.shown, &items->items[scene.shown]);
}
/* The batch and its record again: only one may be shown. */
static void
two_batches(struct showkit_items *items)
{
	size_t at = showkit_item(&scene.k2, WB_BUNDLE_DISCLOSURE);

	insert(items, items->count, &scene.k2.items[at - 1]);
	insert(items, items->count, &scene.k2.items[at]);
}
static void
behind_the_roster(struct showkit_items *items)
{
	struct wb_bundle_item record = items->items[scene.shown];

	drop(items, scene.shown);
	insert(items, items->count, &record);
}
static void
a_record_of_another_batch(struct showkit_items *items)
{
	size_t at = showkit_item(&scene.k2, WB_BUNDLE_DISCLOSURE);

	items->items[scene.shown] = scene.k2.items[at];
}
static void
in_evidence_of_another_kind(struct showkit_items *items)
{
	items->items[0].purpose = wb_span_text("audit");
}
static void
with_another_batch_unshown(struct showkit_items *items)
{
	size_t at = showkit_item(&scene.k2, WB_BUNDLE_DISCLOSURE);

	insert(items, items->count, &scene.k2.items[at - 1]);
	drop(items, scene.shown);
}
static void
no_bytes_of_a_record(struct showkit_items *items)
{
	items->items[scene.shown].bytes = wb_span_text("record");
}
static void
without_a_roster(struct showkit_items *items)
{
	drop(items, showkit_item(items, WB_BUNDLE_ENTRY));
}
static void
without_a_head(struct showkit_items *items)
{
	drop(items, showkit_item(items, WB_BUNDLE_CHECKPOINT));
}
/* A true head, and nothing that it was compared with. */
static void
the_head_at_the_end(struct showkit_items *items)
{
	size_t at = showkit_item(items, WB_BUNDLE_CHECKPOINT);
	struct wb_bundle_item head = items->items[at];

	drop(items, at);
	items->items[scene.shown - 2].entry.proof.hashes[0].b[0] ^= 1;
	items->items[items->count++] = head;
}
static void
another_index(struct showkit_items *items)
{
	items->items[scene.shown - 1].entry.index++;
}
static void
another_proof(struct showkit_items *items)
{
	items->items[scene.shown - 1].entry.proof.hashes[0].b[0] ^= 1;
}
static void
without_a_proof(struct showkit_items *items)
{
	items->items[scene.shown - 1].entry.proof.count = 0;
}
/* K2's batch, judged by the roster that K1's removal is in, put behind it. */
static void
a_roster_behind_its_time(struct showkit_items *items)
{
	struct wb_bundle_item first;
	size_t at;

	*items = scene.k2;
	at = showkit_item(items, WB_BUNDLE_DISCLOSURE);
	first = items->items[at - 2]; /* the second roster */
	drop(items, at - 2);
	insert(items, items->count, &first);
}
static void
of_another_programme(struct showkit_items *items)
{
	items->items[0].programme.b[0] ^= 1;
}

static const struct {
	const char *name;
	void (*change)(struct showkit_items *items);
	const char *id; /* of the first problem */
} lies[] = {
	{ "the record left out", without_the_record, "disclosure" },
	{ "the record before its batch", before_its_batch, "disclosure" },
	{ "the record twice", twice, "disclosure" },
	{ "two batches with a record each", two_batches, "disclosure" },
	{ "the record behind a roster", behind_the_roster, "disclosure" },
	{ "a record of another batch", a_record_of_another_batch,
	    "disclosure" },
	{ "called a bundle for audits", in_evidence_of_another_kind,
	    "disclosure" },
	{ "another batch, nothing shown", with_another_batch_unshown,
	    "disclosure" },
	{ "bytes that are no record", no_bytes_of_a_record, "disclosure" },
	{ "the first roster left out", without_a_roster, "disclosure" },
	{ "no log head", without_a_head, "checkpoint" },
	{ "the log head behind all else", the_head_at_the_end, "checkpoint" },
	{ "the batch at another index", another_index, "inclusion" },
	{ "another proof of the batch", another_proof, "inclusion" },
	{ "no proof of the batch", without_a_proof, "missing" },
	{ "a roster behind a later batch", a_roster_behind_its_time, "order" },
	{ "of another programme", of_another_programme, "programme" },
};

static void
the_honest_ones_are_good(void **state)
{
	struct wb_audit a;

	(void)state;
	begin();
	audit(&a, &scene.k1);
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_true(wb_span_equal(a.disclosed->goods.lines[0].item,
	    wb_span_text("rice")));
	assert_int_equal(a.disclosed->index, 1);
	wb_audit_clear(&a);
	audit(&a, &scene.k2);
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_true(
	    wb_span_equal(a.disclosed->place.to, wb_span_text("Chapel")));
	wb_audit_clear(&a);
	end();
}

static void
lies_are_bad_and_show_nothing(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(lies); i++) {
		struct showkit_items items = scene.k1;
		struct wb_audit a;

		lies[i].change(&items);
		audit(&a, &items);
		if (a.result != WB_AUDIT_BAD || a.disclosed != NULL)
			fail_msg("%s", lies[i].name);
		if (strcmp(a.problems[0].id, lies[i].id) != 0)
			fail_msg("%s: %s, not %s", lies[i].name,
			    a.problems[0].id, lies[i].id);
		wb_audit_clear(&a);
	}
	end();
}

/* Every bit of what is shown, and of what stands before it. */
static void
no_flipped_bit_of_the_record_is_good(void **state)
{
	struct wb_bundle_item *shown;
	struct wb_bytes copy;

	(void)state;
	begin();
	shown = &scene.k1.items[scene.shown];
	wb_bytes_init(&copy, shown->bytes.len);
	assert_ok(wb_bytes_append(&copy, shown->bytes, &scene.f.err),
	    &scene.f.err);
	shown->bytes = wb_bytes_span(&copy);
	for (size_t bit = 0; bit < copy.len * 8; bit++) {
		struct wb_audit a;

		copy.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		audit(&a, &scene.k1);
		assert_int_equal(a.result, WB_AUDIT_BAD);
		assert_null(a.disclosed);
		wb_audit_clear(&a);
		copy.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	wb_bytes_clear(&copy);
	end();
}

/* Shown for what it is, but nobody has said that it is theirs. */
static void
without_a_programme_it_is_not_checked(void **state)
{
	const struct wb_audit_options none = { 0 };
	struct wb_bytes bundle;
	struct wb_audit a;

	(void)state;
	begin();
	showkit_join(&scene.f, &bundle, &scene.k1);
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &none,
		      &scene.f.err),
	    &scene.f.err);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	end();
}

/* ---- a signed tree over whatever bytes, as a dishonest device makes it */

static void
junk_disclosure(struct wb_bytes *out, struct wb_hash *root,
    struct wb_span goods, struct wb_span place)
{
	const struct wb_hash seed = { { 1 } };
	struct wb_record_leaves leaves;
	struct wb_disclosure d = { .goods = goods, .place = place };
	struct wb_error err = { 0 };
	struct wb_hash *tree;

	wb_record_leaves(&leaves, &seed, goods, place);
	assert_ok(wb_record_tree(&tree, &seed, wb_span_text("manifest"),
		      &leaves, 1, &err),
	    &err);
	wb_merkle_root(root, tree, wb_record_tree_size(1));
	assert_ok(wb_record_path(&d.leaf, &d.path, tree, 1, &leaves.goods,
		      &err),
	    &err);
	free(tree);
	wb_record_salt(d.goods_salt, &seed, WB_HALF_GOODS);
	wb_record_salt(d.place_salt, &seed, WB_HALF_PLACE);
	wb_bytes_init(out, WB_MAX_RECORD);
	assert_ok(wb_disclosure_encode(out, &d, &err), &err);
}

static void
audit_junk(struct wb_audit *out, struct wb_span goods, struct wb_span place)
{
	struct wb_bundle_item shown = { .kind = WB_BUNDLE_DISCLOSURE };
	const struct wb_span content = wb_span_text("content");
	struct wb_bytes bundle, record;
	struct wb_batch header;
	struct kit k;

	kit_begin(&k);
	header = kit_header(&k, KIT_K1, content);
	junk_disclosure(&record, &header.records_root, goods, place);
	kit_log_header(&k, &header, KIT_K1, content);
	kit_item_head(&k, &bundle, "disclosure");
	kit_item_checkpoint(&k, &bundle, 2);
	kit_item_entry(&k, &bundle, 0, 2);
	kit_item_entry(&k, &bundle, 1, 2);
	shown.bytes = wb_bytes_span(&record);
	kit_item(&k, &bundle, &shown);
	kit_item_checksum(&k, &bundle);
	assert_ok(wb_audit_bytes(out, wb_bytes_span(&bundle),
		      &(struct wb_audit_options){ .programme = &k.programme },
		      &k.err),
	    &k.err);
	wb_bytes_clear(&bundle);
	wb_bytes_clear(&record);
	kit_end(&k);
}

/* It is proven that the device signed it, but it is no record. */
static void
what_is_signed_but_no_record_is_not_shown(void **state)
{
	static const struct {
		struct wb_span goods;
		struct wb_span place;
		enum wb_verdict_result want;
	} rows[] = {
		{ { (const uint8_t
			    *)"\x08\x02\x10\x01\x1a\x05\x0a\x01R\x18\x01",
		      11 },
		    { (const uint8_t *)"\x08\x01", 2 }, WB_AUDIT_GOOD },
		{ { (const uint8_t *)"rice", 4 },
		    { (const uint8_t *)"\x08\x01", 2 }, WB_AUDIT_BAD },
		{ { (const uint8_t
			    *)"\x08\x02\x10\x01\x1a\x05\x0a\x01R\x18\x01",
		      11 },
		    { (const uint8_t *)"Mill", 4 }, WB_AUDIT_BAD },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wb_audit a;

		audit_junk(&a, rows[i].goods, rows[i].place);
		assert_int_equal(a.result, rows[i].want);
		assert_int_equal(a.disclosed != NULL,
		    rows[i].want == WB_AUDIT_GOOD);
		wb_audit_clear(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_honest_ones_are_good),
		cmocka_unit_test(lies_are_bad_and_show_nothing),
		cmocka_unit_test(no_flipped_bit_of_the_record_is_good),
		cmocka_unit_test(without_a_programme_it_is_not_checked),
		cmocka_unit_test(what_is_signed_but_no_record_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
