/* What an auditor says of files that are damaged, or are none of evidence. */
#include "tests/unit/client/auditkit.h"

static void
every_flipped_bit_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	kit_log_batch(&k, KIT_K1, KIT_CONTENT);
	kit_bundle(&k, &bundle);
	for (size_t bit = 0; bit < bundle.len * 8; bit++) {
		bundle.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		kit_audit(&a, &k, &bundle);
		kit_expect(&a, WB_AUDIT_BAD);
		assert_string_equal(a.problems[0].id, "altered");
		wb_audit_clear(&a);
		bundle.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
every_truncation_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	kit_log_batch(&k, KIT_K1, KIT_CONTENT);
	kit_bundle(&k, &bundle);
	while (bundle.len > 7) {
		wb_bytes_truncate(&bundle, bundle.len - 1);
		kit_audit(&a, &k, &bundle);
		kit_expect(&a, WB_AUDIT_BAD);
		wb_audit_clear(&a);
	}
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* Who took the wrong file is not told that the record was forged. */
static void
other_files_are_no_evidence(void **state)
{
	static const char database[16] = "SQLite format 3";
	const struct {
		struct wb_span bytes;
		enum wb_status status;
		const char *says;
	} rows[] = {
		{ wb_span(NULL, 0), WB_INVALID, "it is empty" },
		{ wb_span_text("a,b\r\n1,\t2\n"), WB_INVALID, "it is a text" },
		{ wb_span("\x05\x0a\x03\x08", 4), WB_INVALID,
		    "it is another kind of file" },
		{ wb_span(database, sizeof database), WB_INVALID,
		    "it is a database" },
		{ wb_span_text("age-encryption.org/v1\n-> X25519"), WB_REFUSED,
		    "is sealed" },
	};
	const struct wb_audit_options none = { 0 };
	struct wb_error err = { 0 };
	struct wb_audit a;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(wb_audit_bytes(&a, rows[i].bytes, &none, &err),
		    rows[i].status);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_string_equal(wb_error_id(&err),
		    rows[i].status == WB_REFUSED ? "bundle-sealed"
						 : "not-a-bundle");
		wb_audit_clear(&a);
	}
}

static void
what_follows_the_checksum_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_story(&k);
	kit_bundle(&k, &bundle);
	kit_item_content(&k, &bundle, 1);
	kit_item_checksum(&k, &bundle);
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "form");
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
damage_is_found_where_it_is(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_story(&k);
	kit_bundle(&k, &bundle);
	/* The last byte of the ack's signature, before the checksum. */
	bundle.data[bundle.len - 35 - 3] ^= 1;
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_BAD);
	assert_int_equal(a.entries, 5);
	assert_int_equal(a.contents, 3);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flipped_bit_is_bad),
		cmocka_unit_test(every_truncation_is_bad),
		cmocka_unit_test(other_files_are_no_evidence),
		cmocka_unit_test(what_follows_the_checksum_is_bad),
		cmocka_unit_test(damage_is_found_where_it_is),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
