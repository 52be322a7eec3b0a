#include "client/bundle/authors.h"

#include "proto/ack.h"
#include "proto/wire.h"

#include "tests/unit/client/logkit.h"

/* Of the entry logged last; how many, and in *out who. */
static size_t
find(struct kit *k, struct wb_authors *out)
{
	struct wb_envelope envelope;
	struct wb_arena arena;

	memset(out, 0xff, sizeof *out);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_envelope_decode(&envelope, &arena,
		      wb_bytes_span(&k->entries[k->count - 1].envelope),
		      &k->err),
	    &k->err);
	assert_ok(wb_authors_find(out, &arena, &envelope, &k->err), &k->err);
	wb_arena_clear(&arena);
	return out->count;
}

static void
expect(struct kit *k, const enum kit_key *keys, size_t n)
{
	struct wb_authors authors;

	assert_int_equal(find(k, &authors), n);
	for (size_t i = 0; i < n; i++)
		assert_true(
		    wb_key_equal(&authors.keys[i], &k->keys[keys[i]].key));
	if (n != 0)
		assert_true(wb_hash_equal(&authors.programme, &k->programme));
}

static void
who_signed_truly_is_the_author(void **state)
{
	const struct wb_span content = wb_span_text("content");
	struct wb_batch header;
	struct kit k;

	(void)state;
	kit_begin(&k);
	expect(&k, NULL, 0); /* a roster is of no single author */
	kit_log_batch(&k, KIT_K1, 10);
	expect(&k, &(enum kit_key){ KIT_K1 }, 1);
	kit_log_ack(&k, KIT_C1, &k.entries[1].id, WB_OUTCOME_OPENED);
	expect(&k, &(enum kit_key){ KIT_C1 }, 1);
	kit_log_batch(&k, KIT_STRANGER, 10); /* no roster is asked */
	expect(&k, &(enum kit_key){ KIT_STRANGER }, 1);
	header = kit_header(&k, KIT_K1, content);
	kit_log_header(&k, &header, KIT_K2, content);
	expect(&k, NULL, 0);
	kit_log(&k, WB_STATEMENT_ACK, wb_span_text("no ack"),
	    &(enum kit_key){ KIT_C1 }, 1);
	expect(&k, NULL, 0);
	kit_end(&k);
}

static void
a_tally_is_of_all_that_it_names_or_of_nobody(void **state)
{
	static const struct {
		const char *what;
		enum kit_key by[2];
		size_t n;
		size_t authors;
	} rows[] = {
		{ "both, in their order", { KIT_C1, KIT_A1 }, 2, 2 },
		{ "the first alone", { KIT_C1, KIT_A1 }, 1, 0 },
		{ "the other order", { KIT_A1, KIT_C1 }, 2, 0 },
		{ "another for the second", { KIT_C1, KIT_K1 }, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_tally tally = { .last = 1, .signer_count = 2 };
		struct wb_bytes payload;
		struct wb_key keys[2];
		struct kit k;

		print_message("%s\n", rows[i].what);
		kit_begin(&k);
		keys[0] = k.keys[KIT_C1].key;
		keys[1] = k.keys[KIT_A1].key;
		tally.programme = k.programme;
		tally.signers = keys;
		wb_sha256_one(&tally.totals_hash, wb_span_text("totals"));
		wb_sha256_one(&tally.content_hash, wb_span_text("content"));
		wb_bytes_init(&payload, WB_MAX_ENVELOPE);
		assert_ok(wb_tally_encode(&payload, &tally, &k.err), &k.err);
		kit_log(&k, WB_STATEMENT_TALLY, wb_bytes_span(&payload),
		    rows[i].by, rows[i].n);
		expect(&k, rows[i].by, rows[i].authors);
		wb_bytes_clear(&payload);
		kit_end(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_signed_truly_is_the_author),
		cmocka_unit_test(a_tally_is_of_all_that_it_names_or_of_nobody),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
