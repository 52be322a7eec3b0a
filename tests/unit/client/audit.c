/* What an auditor finds where nobody lies. */
#include "tests/unit/client/auditkit.h"

static void
an_honest_log_is_good(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_story(&k);
	kit_bundle(&k, &bundle);
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_GOOD);
	assert_int_equal(a.entries, 5);
	assert_int_equal(a.batches, 3);
	assert_int_equal(a.devices, 2);
	assert_int_equal(a.rosters, 1);
	assert_int_equal(a.contents, 3);
	assert_int_equal(a.opened, 0);
	assert_int_equal(a.problem_total, 0);
	assert_int_equal(a.note_count, 0);
	assert_true(wb_hash_equal(&a.programme, &k.programme));
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
nothing_is_good_without_a_programme(void **state)
{
	const struct wb_audit_options none = { 0 };
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_story(&k);
	kit_bundle(&k, &bundle);
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &none, &k.err),
	    &k.err);
	kit_expect(&a, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.unchecked_count, 1);
	assert_true(wb_hash_equal(&a.programme, &k.programme));
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
a_bundle_without_contents_is_unchecked(void **state)
{
	const char *const purposes[] = { "audit", "headers" };

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		struct kit k;

		kit_story(&k);
		kit_item_head(&k, &bundle, purposes[p]);
		kit_item_checkpoint(&k, &bundle, k.count);
		for (size_t i = 0; i < k.count; i++)
			kit_item_entry(&k, &bundle, i, 0);
		kit_item_checksum(&k, &bundle);
		kit_audit(&a, &k, &bundle);
		kit_expect(&a, WB_AUDIT_UNCHECKED);
		assert_int_equal(a.contents, 0);
		assert_int_equal(a.unchecked_count, 1);
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

static void
entries_with_receipts_alone_are_no_whole_log(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_item_checkpoint(&k, &bundle, 1);
	kit_item_entry(&k, &bundle, 0, 1);
	kit_item_checkpoint(&k, &bundle, 2);
	kit_item_entry(&k, &bundle, 1, 2);
	kit_item_content(&k, &bundle, 1);
	kit_item_checkpoint(&k, &bundle, 5);
	kit_item_entry(&k, &bundle, 3, 5);
	kit_item_content(&k, &bundle, 3);
	kit_item_entry(&k, &bundle, 4, 5);
	kit_item_checksum(&k, &bundle);
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.problem_total, 0);
	assert_int_equal(a.unchecked_count, 1);
	assert_int_equal(a.entries, 4);
	assert_int_equal(a.note_count, 1); /* seen of size 3 is not here */
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* A coordinator lets a late, honest record in; then it is no problem. */
static void
an_admitted_batch_of_a_revoked_key_is_good(void **state)
{
	struct wb_span content = wb_span_text("late");
	struct wb_bytes bundle;
	struct wb_batch header;
	struct wb_audit a;
	struct wb_hash id;
	struct kit k;

	(void)state;
	kit_story(&k);
	header = kit_header(&k, KIT_K1, content);
	k.members[1].state = WB_MEMBER_REVOKED;
	kit_log_roster(&k, 1);
	kit_log_header(&k, &header, KIT_K1, content); /* for its id */
	id = k.entries[--k.count].id;
	wb_bytes_clear(&k.entries[k.count].envelope);
	wb_bytes_clear(&k.entries[k.count].content);
	kit_log_ack(&k, KIT_C1, &id, WB_OUTCOME_ADMIT);
	kit_log_header(&k, &header, KIT_K1, content);
	kit_bundle(&k, &bundle);
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_GOOD);
	assert_int_equal(a.batches, 4);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* The server may log a device's batches as couriers bring them. */
static void
batches_out_of_order_are_good(void **state)
{
	struct wb_span one = wb_span_text("one"), two = wb_span_text("two");
	struct wb_batch first, second;
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	first = kit_header(&k, KIT_K1, one);
	kit_log_header(&k, &first, KIT_K1, one);
	second = kit_header(&k, KIT_K1, two);
	wb_bytes_clear(&k.entries[--k.count].envelope);
	wb_bytes_clear(&k.entries[k.count].content);
	kit_log_header(&k, &second, KIT_K1, two);
	kit_log_header(&k, &first, KIT_K1, one);
	kit_bundle(&k, &bundle);
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_GOOD);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
an_expired_roster_is_a_note(void **state)
{
	struct wb_audit_options options = { .now = 2000 };
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_story(&k);
	k.roster.expires = 1000;
	kit_log_roster(&k, 1);
	kit_bundle(&k, &bundle);
	options.programme = &k.programme;
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &options, &k.err),
	    &k.err);
	kit_expect(&a, WB_AUDIT_GOOD);
	assert_int_equal(a.note_count, 1);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* Told apart, and no fault of the file: it changes no verdict. */
static void
what_is_distrusted_is_counted_apart(void **state)
{
	const struct {
		uint64_t from; /* entries 1 and 3 are K1's */
		uint64_t suspect;
		const char *says;
	} rows[] = {
		{ 0, 0, NULL },
		{ 1, 2, "from entry 1 on suspect: 2 batches here" },
		{ 3, 1, "from entry 3 on suspect: 1 batch here" },
		{ 4, 0, "from entry 4 on suspect: 0 batches here" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		struct kit k;

		kit_story(&k);
		for (size_t m = 0; m < k.roster.member_count; m++) {
			if (!wb_key_equal(&k.members[m].key,
				&k.keys[KIT_K1].key))
				continue;
			k.members[m].state = WB_MEMBER_REVOKED;
			k.members[m].distrust_from = rows[i].from;
		}
		kit_log_roster(&k, 1);
		kit_bundle(&k, &bundle);
		kit_audit(&a, &k, &bundle);
		kit_expect(&a, WB_AUDIT_GOOD);
		assert_int_equal(a.suspect, rows[i].suspect);
		assert_int_equal(a.batches, 3);
		assert_int_equal(a.note_count, rows[i].says == NULL ? 0 : 1);
		if (rows[i].says != NULL)
			assert_non_null(strstr((const char *)a.notes[0].data,
			    rows[i].says));
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_log_is_good),
		cmocka_unit_test(nothing_is_good_without_a_programme),
		cmocka_unit_test(a_bundle_without_contents_is_unchecked),
		cmocka_unit_test(entries_with_receipts_alone_are_no_whole_log),
		cmocka_unit_test(an_admitted_batch_of_a_revoked_key_is_good),
		cmocka_unit_test(batches_out_of_order_are_good),
		cmocka_unit_test(an_expired_roster_is_a_note),
		cmocka_unit_test(what_is_distrusted_is_counted_apart),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
