/*
 * Bundles from drives.  The first byte says whether the input has its own
 * checksum (0) or is given a right one, so that what is behind it is reached.
 */
#include <string.h>

#include "client/bundle/bundle_reader.h"

#include "tests/fuzz/fuzz.h"

#define CHECKSUM_ITEM 35 /* bytes, with its length */

/* Reads to the end; the items met. */
static size_t
read_all(struct wb_bundle_reader *r, size_t size)
{
	bool more = true;
	size_t n = 0;

	while (more) {
		struct wb_bundle_item item;
		enum wb_status st = wb_bundle_reader_next(&item, &more, r,
		    NULL);

		FUZZ_REQUIRE(n++ <= size);
		if (st == WB_OK)
			FUZZ_REQUIRE((item.kind == WB_BUNDLE_HEAD) == (n == 1));
	}
	return n;
}

static void
read_bytes(struct wb_span bytes, bool must_be_whole)
{
	struct wb_bundle_reader *r = NULL;
	bool intact = false;
	size_t n;

	if (wb_bundle_reader_open_bytes(&r, bytes, NULL) == WB_OK) {
		n = read_all(r, bytes.len);
		FUZZ_REQUIRE(
		    wb_bundle_reader_intact(&intact, r, NULL) == WB_OK);
		FUZZ_REQUIRE(intact || !must_be_whole);
		wb_bundle_reader_rewind(r);
		FUZZ_REQUIRE(read_all(r, bytes.len) == n);
	}
	wb_bundle_reader_close(&r);
	if (wb_bundle_reader_open_bytes(&r, bytes, NULL) == WB_OK) {
		FUZZ_REQUIRE(
		    (wb_bundle_reader_check(r, NULL) == WB_OK) == intact);
	}
	wb_bundle_reader_close(&r);
}

/* A checksum alone is right, and no bundle. */
static void
read_sealed(struct wb_span items)
{
	struct wb_bundle_item last = { .kind = WB_BUNDLE_CHECKSUM };
	struct wb_bytes whole;

	wb_sha256(&last.checksum, &items, 1);
	wb_bytes_init(&whole, items.len + CHECKSUM_ITEM);
	FUZZ_REQUIRE(wb_bytes_append(&whole, items, NULL) == WB_OK);
	FUZZ_REQUIRE(wb_bundle_item_append(&whole, &last, NULL) == WB_OK);
	read_bytes(wb_bytes_span(&whole), items.len != 0);
	wb_bytes_clear(&whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 0)
		read_bytes(wb_span(data + 1, size - 1), false);
	else
		read_sealed(wb_span(data + 1, size - 1));
	return 0;
}
