/* Where log heads stand in a bundle, and what they can show from there. */
#include "client/audit/audit.h"

#include "tests/unit/check.h"
#include "tests/unit/client/logkit.h"

#define CONTENT 300

/* A log of five entries: a roster, three batches, an ack that disputes one. */
static void
story(struct kit *k)
{
	kit_begin(k);
	kit_log_batch(k, KIT_K1, CONTENT);
	kit_log_batch(k, KIT_K2, CONTENT);
	kit_log_batch(k, KIT_K1, CONTENT);
	kit_log_ack(k, KIT_C1, &k->newest[KIT_K1], WB_OUTCOME_DISPUTED);
}

static void
audit(struct wb_audit *out, struct kit *k, const struct wb_bytes *bundle)
{
	const struct wb_audit_options options = { .programme = &k->programme };

	assert_ok(wb_audit_bytes(out, wb_bytes_span(bundle), &options, &k->err),
	    &k->err);
}

/* Entries with proofs in a tree of `proofs`, or bare; then a head, or not. */
static void
entries(struct kit *k, struct wb_bytes *bundle, size_t n, size_t proofs)
{
	for (size_t i = 0; i < n; i++) {
		kit_item_entry(k, bundle, i, proofs);
		if (i >= 1 && i <= 3)
			kit_item_content(k, bundle, i);
	}
}

static void
a_head_behind_the_entries_proves_none_of_them(void **state)
{
	static const struct {
		const char *what;
		size_t entries;
		size_t proofs;
		size_t then; /* the head that follows */
	} rows[] = {
		{ "the end of the log cut off", 4, 0, 5 },
		{ "all of the log", 5, 0, 5 },
		{ "proofs of another tree", 3, 4, 5 },
		{ "proofs of the right tree", 4, 5, 5 },
	};
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].what);
		story(&k);
		kit_item_head(&k, &bundle, "audit");
		entries(&k, &bundle, rows[i].entries, rows[i].proofs);
		kit_item_checkpoint(&k, &bundle, rows[i].then);
		kit_item_checksum(&k, &bundle);
		audit(&a, &k, &bundle);
		assert_int_equal(a.result, WB_AUDIT_BAD);
		assert_string_equal(a.problems[0].id, "checkpoint");
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

/* The ack that disputes a batch is left out, and nothing else shows it. */
static void
a_selection_is_not_the_whole_log(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_item_checkpoint(&k, &bundle, 5);
	entries(&k, &bundle, 4, 5);
	kit_item_checksum(&k, &bundle);
	audit(&a, &k, &bundle);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.problem_total, 0);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* A head of some entries, then one of all, with only those entries. */
static void
a_newer_head_without_its_entries_is_not_the_whole_log(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_item_checkpoint(&k, &bundle, 4);
	entries(&k, &bundle, 4, 0);
	kit_item_checkpoint(&k, &bundle, 5);
	kit_item_checksum(&k, &bundle);
	audit(&a, &k, &bundle);
	assert_int_not_equal(a.result, WB_AUDIT_GOOD);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_behind_the_entries_proves_none_of_them),
		cmocka_unit_test(a_selection_is_not_the_whole_log),
		cmocka_unit_test(
		    a_newer_head_without_its_entries_is_not_the_whole_log),
	};

	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
