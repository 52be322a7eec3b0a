#include "server/unpack.h"

#include "proto/batch.h"
#include "proto/envelope.h"

#include "tests/unit/check.h"

#define MAX_TEST_BUNDLE 65536

/*
 * A bundle of a note, a batch and its content, in an order that the test
 * gives, with a sum that is right.
 */
struct world {
	struct wb_signer signer;
	struct wb_bytes batch;
	struct wb_bytes note;
	struct wb_bytes bundle;
};

static const char content[] = "age-encryption.org/v1 as far as one can tell";

static void
seal_batch(struct world *w)
{
	struct wb_batch batch = { .signer = w->signer.key,
		.sequence = 1,
		.content_size = sizeof content };
	struct wb_error err = { 0 };
	struct wb_bytes payload;

	wb_bytes_init(&payload, 4096);
	memset(&batch.programme, 1, sizeof batch.programme);
	memset(&batch.roster, 2, sizeof batch.roster);
	memset(&batch.records_root, 3, sizeof batch.records_root);
	wb_generator(&batch.totals, wb_span_text("any point"));
	wb_sha256_one(&batch.content_hash, wb_span(content, sizeof content));
	assert_ok(wb_batch_encode(&payload, &batch, &err), &err);
	assert_ok(wb_envelope_seal(&w->batch, WB_STATEMENT_BATCH,
		      wb_bytes_span(&payload), &w->signer, &err),
	    &err);
	wb_bytes_clear(&payload);
}

static void
add(struct world *w, const struct wb_bundle_item *item)
{
	struct wb_error err = { 0 };

	assert_ok(wb_bundle_item_append(&w->bundle, item, &err), &err);
}

static void
end(struct world *w)
{
	struct wb_bundle_item sum = { .kind = WB_BUNDLE_CHECKSUM };

	wb_sha256_one(&sum.checksum, wb_bytes_span(&w->bundle));
	add(w, &sum);
}

static void
begin(struct world *w)
{
	const struct wb_bundle_item head = { .kind = WB_BUNDLE_HEAD,
		.programme.b = { 1 },
		.purpose = wb_span_text("audit") };
	struct wb_error err = { 0 };
	uint64_t seed = 3;

	memset(w, 0, sizeof *w);
	wb_bytes_init(&w->batch, 4096);
	wb_bytes_init(&w->note, 4096);
	wb_bytes_init(&w->bundle, MAX_TEST_BUNDLE);
	assert_ok(wb_crypto_start(&err), &err);
	assert_ok(wb_signer_generate(&w->signer, check_random(&seed), &err),
	    &err);
	seal_batch(w);
	assert_ok(wb_envelope_seal(&w->note, WB_STATEMENT_NOTE,
		      wb_span_text("a payload"), &w->signer, &err),
	    &err);
	add(w, &head);
}

static void
clear(struct world *w)
{
	wb_bytes_clear(&w->batch);
	wb_bytes_clear(&w->note);
	wb_bytes_clear(&w->bundle);
	wb_signer_clear(&w->signer);
}

static struct wb_bundle_item
item(enum wb_bundle_kind kind, struct wb_span bytes)
{
	return (struct wb_bundle_item){ .kind = kind, .bytes = bytes };
}

/* The note first, then the batch; the content before or after it. */
static void
fill(struct world *w, bool content_first, bool with_content)
{
	struct wb_bundle_item note = item(WB_BUNDLE_STATEMENT,
	    wb_bytes_span(&w->note));
	struct wb_bundle_item batch = item(WB_BUNDLE_STATEMENT,
	    wb_bytes_span(&w->batch));
	struct wb_bundle_item file = item(WB_BUNDLE_CONTENT,
	    wb_span(content, sizeof content));

	add(w, &note);
	if (with_content && content_first)
		add(w, &file);
	add(w, &batch);
	if (with_content && !content_first)
		add(w, &file);
	end(w);
}

static void
pairs_batches_with_their_contents_in_any_order(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct wb_error err = { 0 };
		struct wb_unpacked all;
		struct wb_arena arena;
		struct world w;

		begin(&w);
		fill(&w, i == 1, i != 2);
		wb_arena_init(&arena, WB_ARENA_BUDGET);
		assert_ok(wb_unpack(&all, &arena, wb_bytes_span(&w.bundle),
			      &err),
		    &err);
		assert_int_equal(all.count, 2);
		assert_true(wb_span_equal(all.uploads[0].envelope,
		    wb_bytes_span(&w.note)));
		assert_int_equal(all.uploads[0].content.len, 0);
		assert_true(wb_span_equal(all.uploads[1].envelope,
		    wb_bytes_span(&w.batch)));
		assert_true(wb_span_equal(all.uploads[1].content,
		    wb_span(content, i == 2 ? 0 : sizeof content)));
		wb_arena_clear(&arena);
		clear(&w);
	}
}

static void
takes_entries_with_the_content_they_carry(void **state)
{
	struct wb_bundle_item entry = { .kind = WB_BUNDLE_ENTRY };
	struct wb_error err = { 0 };
	struct wb_unpacked all;
	struct wb_arena arena;
	struct world w;

	(void)state;
	begin(&w);
	entry.entry.envelope = wb_bytes_span(&w.batch);
	entry.entry.content = wb_span(content, sizeof content);
	add(&w, &entry);
	end(&w);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_unpack(&all, &arena, wb_bytes_span(&w.bundle), &err),
	    &err);
	assert_int_equal(all.count, 1);
	assert_true(wb_span_equal(all.uploads[0].content,
	    wb_span(content, sizeof content)));
	wb_arena_clear(&arena);
	clear(&w);
}

static void
finds_every_byte_altered_or_missing(void **state)
{
	struct wb_error err = { 0 };
	struct wb_unpacked all;
	struct wb_arena arena;
	struct world w;

	(void)state;
	begin(&w);
	fill(&w, true, true);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	for (size_t i = 0; i < w.bundle.len; i++) {
		w.bundle.data[i] ^= 1;
		assert_status(WB_FORGED,
		    wb_unpack(&all, &arena, wb_bytes_span(&w.bundle), &err),
		    &err);
		w.bundle.data[i] ^= 1;
		assert_status(WB_FORGED,
		    wb_unpack(&all, &arena, wb_span(w.bundle.data, i), &err),
		    &err);
	}
	assert_ok(wb_unpack(&all, &arena, wb_bytes_span(&w.bundle), &err),
	    &err);
	wb_arena_clear(&arena);
	clear(&w);
}

static void
says_that_it_has_no_key_to_a_sealed_bundle(void **state)
{
	struct wb_error err = { 0 };
	struct wb_unpacked all;
	struct wb_arena arena;

	(void)state;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_status(WB_REFUSED,
	    wb_unpack(&all, &arena,
		wb_span_text("age-encryption.org/v1\n-> X25519 x\n"), &err),
	    &err);
	assert_string_equal(wb_error_id(&err), "sealed");
	wb_arena_clear(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    pairs_batches_with_their_contents_in_any_order),
		cmocka_unit_test(takes_entries_with_the_content_they_carry),
		cmocka_unit_test(finds_every_byte_altered_or_missing),
		cmocka_unit_test(says_that_it_has_no_key_to_a_sealed_bundle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
