#include "crypto/recordtree.h"

#include <stdlib.h>

#include "crypto/text.h"

#include "tests/unit/check.h"

static const struct wb_hash batch_seed = { "batch seed" };

static void
make_records(struct wb_record_leaves *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct wb_hash seed = { "record seed" };

		wb_put_be32(seed.b + 20, (uint32_t)i);
		wb_record_leaves(&records[i], &seed, wb_span_text("goods"),
		    wb_span_text("place"));
	}
}

static const struct {
	size_t records, leaves;
} sizes[] = {
	{ 0, 16 },
	{ 1, 16 },
	{ 7, 16 },
	{ 8, 32 },
	{ 15, 32 },
	{ 16, 64 },
	{ 31, 64 },
	{ WB_MAX_BATCH_RECORDS - 1, 131072 },
	{ WB_MAX_BATCH_RECORDS, 262144 },
};

static void
trees_are_the_smallest_that_hide_how_full_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(wb_record_tree_size(sizes[i].records),
		    sizes[i].leaves);
}

/* Made from protocol.md with Python's hashlib and hmac. */
static void
hashes_are_those_of_the_protocol(void **state)
{
	const struct wb_hash seed = { "record seed" };
	struct wb_record_leaves records[8];
	char hex[2 * WB_HASH_LEN + 1];
	struct wb_record_leaves r;
	struct wb_hash root;

	(void)state;
	wb_record_leaves(&r, &seed, wb_span_text("goods"),
	    wb_span_text("place"));
	wb_hex_format(hex, wb_hash_span(&r.goods));
	assert_string_equal(hex, "e2ec6916313f977ae4bbfd4286552c52"
				 "450042a4ef4a4b20805fd6df109b8cd0");
	wb_hex_format(hex, wb_hash_span(&r.place));
	assert_string_equal(hex, "c9b8ffb1616d17c4a76e7507379f36d2"
				 "c8b5672258d5b45cb6bef69f1e8f52c7");
	make_records(records, 8);
	assert_int_equal(wb_record_root(&root, &batch_seed,
			     wb_span_text("manifest"), records, 3, NULL),
	    WB_OK);
	wb_hex_format(hex, wb_hash_span(&root));
	assert_string_equal(hex, "775264feb789486216255b796f710bba"
				 "0ec9182f3286ed4832bef7618de086be");
	assert_int_equal(wb_record_root(&root, &batch_seed,
			     wb_span_text("manifest"), records, 8, NULL),
	    WB_OK);
	wb_hex_format(hex, wb_hash_span(&root));
	assert_string_equal(hex, "2cd537598f90c04aa36d254019698b17"
				 "af793cf54fa44d44a95d39fcfa4a4699");
}

static size_t
count_pairs(const struct wb_hash *leaves, size_t n,
    const struct wb_record_leaves *r)
{
	size_t found = 0;

	for (size_t i = 2; i < n; i += 2)
		if (wb_hash_equal(&leaves[i], &r->goods) &&
		    wb_hash_equal(&leaves[i + 1], &r->place))
			found++;
	return found;
}

static void
each_record_stands_in_the_tree_once_and_sorted(void **state)
{
	static struct wb_record_leaves records[40];
	struct wb_error err = { 0 };
	struct wb_hash *leaves;

	(void)state;
	make_records(records, 40);
	for (size_t n = 0; n <= 40; n++) {
		size_t size = wb_record_tree_size(n);

		assert_ok(wb_record_tree(&leaves, &batch_seed,
			      wb_span_text("manifest"), records, n, &err),
		    &err);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(count_pairs(leaves, size, &records[i]),
			    1);
		for (size_t i = 4; i < size; i += 2)
			assert_true(memcmp(leaves[i - 2].b, leaves[i].b,
					WB_HASH_LEN) < 0);
		free(leaves);
	}
}

static void
the_order_of_records_does_not_show(void **state)
{
	struct wb_record_leaves records[5], turned[5];
	struct wb_hash a, b;

	(void)state;
	make_records(records, 5);
	for (size_t i = 0; i < 5; i++)
		turned[i] = records[4 - i];
	assert_int_equal(wb_record_root(&a, &batch_seed, wb_span_text("m"),
			     records, 5, NULL),
	    WB_OK);
	assert_int_equal(wb_record_root(&b, &batch_seed, wb_span_text("m"),
			     turned, 5, NULL),
	    WB_OK);
	assert_true(wb_hash_equal(&a, &b));
	assert_int_equal(wb_record_root(&b, &batch_seed, wb_span_text("n"),
			     records, 5, NULL),
	    WB_OK);
	assert_false(wb_hash_equal(&a, &b));
}

static void
too_many_records_are_refused(void **state)
{
	struct wb_error err = { 0 };
	struct wb_hash *leaves;
	struct wb_hash root;

	(void)state;
	assert_status(WB_INVALID,
	    wb_record_tree(&leaves, &batch_seed, wb_span(NULL, 0), NULL,
		WB_MAX_BATCH_RECORDS + 1, &err),
	    &err);
	assert_null(leaves);
	assert_status(WB_INVALID,
	    wb_record_root(&root, &batch_seed, wb_span(NULL, 0), NULL, SIZE_MAX,
		&err),
	    &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    trees_are_the_smallest_that_hide_how_full_they_are),
		cmocka_unit_test(hashes_are_those_of_the_protocol),
		cmocka_unit_test(
		    each_record_stands_in_the_tree_once_and_sorted),
		cmocka_unit_test(the_order_of_records_does_not_show),
		cmocka_unit_test(too_many_records_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
