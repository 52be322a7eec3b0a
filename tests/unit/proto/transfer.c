#include "proto/transfer.h"

#include "proto/wire.h"

#include "tests/unit/check.h"

#define ITEM_HEAD_2 "\x0a\x04\x08\x02\x20\x07" /* version 2, a field 4 */

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
} bodies[] = {
	{ "one", "\x06\x0a\1e\x12\1c", 7, WB_OK },
	{ "one without content", "\x03\x0a\1e", 4, WB_OK },
	{ "two", "\x03\x0a\1e\x03\x0a\1f", 8, WB_OK },
	{ "none", "", 0, WB_INVALID },
	{ "an empty one", "\0", 1, WB_INVALID },
	{ "content alone", "\x03\x12\1c", 4, WB_INVALID },
	{ "content first", "\x06\x12\1c\x0a\1e", 7, WB_INVALID },
	{ "a field twice", "\x06\x0a\1e\x0a\1e", 7, WB_INVALID },
	{ "an unknown field", "\x06\x0a\1e\x1a\1x", 7, WB_INVALID },
	{ "an empty content", "\x05\x0a\1e\x12\0", 6, WB_INVALID },
	{ "an empty envelope", "\x02\x0a\0", 3, WB_INVALID },
	{ "a field longer than its message",
	    "\x03\x0a\x02"
	    "e",
	    4, WB_INVALID },
	{ "cut", "\x06\x0a\1e\x12\1", 6, WB_INVALID },
	{ "a tag in two bytes", "\x04\x8a\0\1e", 5, WB_INVALID },
};

static void
uploads_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_upload *uploads;
		struct wb_arena arena;
		size_t n;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		if (wb_uploads_decode(&uploads, &n, &arena,
			wb_span(bodies[i].bytes, bodies[i].len),
			&err) != bodies[i].want)
			fail_msg("%s: %s", bodies[i].name, err.text);
		wb_arena_clear(&arena);
	}
}

static void
a_body_holds_256_uploads(void **state)
{
	struct wb_upload upload = { .envelope = wb_span_text("e") }, *uploads;
	struct wb_error err = { 0 };
	struct wb_arena arena;
	struct wb_bytes body;
	size_t n;

	(void)state;
	wb_bytes_init(&body, 10000);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	for (size_t i = 0; i < WB_MAX_UPLOADS; i++)
		assert_ok(wb_upload_append(&body, &upload, &err), &err);
	assert_ok(wb_uploads_decode(&uploads, &n, &arena, wb_bytes_span(&body),
		      &err),
	    &err);
	assert_int_equal(n, WB_MAX_UPLOADS);
	assert_ok(wb_upload_append(&body, &upload, &err), &err);
	assert_status(WB_INVALID,
	    wb_uploads_decode(&uploads, &n, &arena, wb_bytes_span(&body), &err),
	    &err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&body);
}

/* A body of 16 MiB costs an array, not another 16 MiB. */
static void
uploads_are_read_in_place(void **state)
{
	static uint8_t content[WB_MAX_CONTENT];
	struct wb_upload upload = { .envelope = wb_span_text("e"),
		.content = wb_span(content, sizeof content - 100) };
	struct wb_error err = { 0 };
	struct wb_upload *uploads;
	struct wb_arena arena;
	struct wb_bytes body;
	size_t n;

	(void)state;
	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	wb_arena_init(&arena, 16384);
	for (int i = 0; i < 4; i++)
		assert_ok(wb_upload_append(&body, &upload, &err), &err);
	assert_ok(wb_uploads_decode(&uploads, &n, &arena, wb_bytes_span(&body),
		      &err),
	    &err);
	assert_int_equal(n, 4);
	assert_true(uploads[3].content.data > body.data &&
		    uploads[3].content.data < body.data + body.len);
	upload.content = wb_span(content, sizeof content);
	upload.content.len++;
	assert_status(WB_INVALID, wb_upload_append(&body, &upload, &err), &err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&body);
}

static void
feeds_ascend(void **state)
{
	static struct wb_entry entries[2];
	struct wb_feed feed = { .entries = entries, .entry_count = 2 };
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 10000);
	entries[0].envelope = entries[1].envelope = wb_span_text("e");
	entries[0].index = 7;
	entries[1].index = 8;
	assert_ok(wb_feed_encode(&out, &feed, NULL, &err), &err);
	entries[1].index = 7;
	assert_status(WB_INVALID, wb_feed_encode(&out, &feed, NULL, &err),
	    &err);
	entries[1].index = 8;
	entries[1].envelope.len = 0;
	assert_status(WB_INVALID, wb_feed_encode(&out, &feed, NULL, &err),
	    &err);
	entries[1].envelope.len = 1;
	entries[1].proof.count = WB_MAX_PROOF + 1;
	assert_status(WB_INVALID, wb_feed_encode(&out, &feed, NULL, &err),
	    &err);
	wb_bytes_clear(&out);
}

/* So many entries with such proofs, in an arena's bytes. */
static size_t
feed_size(const struct wb_proof *proofs, size_t n, struct wb_feed *again,
    struct wb_arena *arena)
{
	static struct wb_entry entries[8];
	struct wb_feed feed = { .entries = entries, .entry_count = n };
	struct wb_error err = { 0 };
	struct wb_bytes out;
	struct wb_span kept;

	wb_bytes_init(&out, 100000);
	for (size_t i = 0; i < n; i++) {
		entries[i] = (struct wb_entry){ .index = i,
			.envelope = wb_span_text("e"),
			.proof = proofs[i] };
	}
	assert_ok(wb_feed_encode(&out, &feed, NULL, &err), &err);
	assert_ok(wb_arena_copy(&kept, arena, wb_bytes_span(&out), &err), &err);
	wb_bytes_clear(&out);
	assert_ok(wb_feed_decode(again, arena, kept, NULL, &err), &err);
	return kept.len;
}

static void
a_hash_that_several_proofs_need_is_sent_once(void **state)
{
	static struct wb_proof proofs[8];
	struct wb_arena arena;
	struct wb_feed again;
	size_t one;

	(void)state;
	wb_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 8; i++) {
		proofs[i].count = 20;
		for (size_t k = 0; k < 20; k++)
			memset(proofs[i].hashes[k].b, (int)k + 1, WB_HASH_LEN);
		/* The first bytes lead to a slot: some must wait their turn. */
		proofs[i].hashes[i].b[WB_HASH_LEN - 1] ^= 1;
	}
	one = feed_size(proofs, 1, &again, &arena);
	assert_in_range(feed_size(proofs, 8, &again, &arena), one + 1,
	    one + 8 * WB_HASH_LEN + 7 * 40);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(again.entries[i].proof.count, 20);
		assert_memory_equal(again.entries[i].proof.hashes,
		    proofs[i].hashes, 20 * sizeof proofs[i].hashes[0]);
	}
	wb_arena_clear(&arena);
}

#define HASH31 "2345678901234567890123456789012"
#define HASH "1" HASH31

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
} feeds[] = {
	{ "a path of one", "\x1a\x06\x12\1e\x2a\1\0\x32\x20" HASH, 42, WB_OK },
	{ "a path to nowhere", "\x1a\x06\x12\1e\x2a\1\1\x32\x20" HASH, 42,
	    WB_INVALID },
	{ "half a hash",
	    "\x32\x10"
	    "1234567890123456\x3a\1\0",
	    21, WB_INVALID },
	{ "growth through nothing", "\x3a\1\0", 3, WB_INVALID },
	{ "a proof as in bundles", "\x1a\x25\x12\1e\x1a\x20" HASH, 39,
	    WB_INVALID },
	{ "two heads", "\x0a\1n\x2a\2\x08\1", 7, WB_INVALID },
	{ "a head without a size", "\x2a\0", 2, WB_INVALID },
	{ "a hash too many", "\x32\x20" HASH, 34, WB_INVALID },
	{ "two hashes in order", "\x32\x40" HASH "x" HASH31 "\x3a\2\0\1", 70,
	    WB_OK },
	{ "two hashes out of order", "\x32\x40" HASH "x" HASH31 "\x3a\2\1\0",
	    70, WB_INVALID },
	{ "a hash twice", "\x32\x40" HASH HASH "\x3a\2\0\1", 70, WB_INVALID },
	{ "named in order", "\x42\2\1\2", 4, WB_OK },
	{ "named twice", "\x42\2\1\1", 4, WB_INVALID },
};

static void
feeds_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof feeds / sizeof feeds[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_arena arena;
		struct wb_feed feed;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		if (wb_feed_decode(&feed, &arena,
			wb_span(feeds[i].bytes, feeds[i].len), NULL,
			&err) != feeds[i].want)
			fail_msg("%s: %s", feeds[i].name, err.text);
		wb_arena_clear(&arena);
	}
}

#define A "a" HASH31
#define B "b" HASH31
#define C "c" HASH31

/* To who has A and B: places 0 and 1. */
static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
	const char *proof; /* first letters of its hashes */
} to_who_knows[] = {
	{ "all known", "\x3a\2\1\0", 4, WB_OK, "ba" },
	{ "some of it known", "\x32\x20" C "\x3a\3\0\2\1", 39, WB_OK, "acb" },
	{ "none of it known", "\x32\x20" C "\x3a\1\2", 37, WB_OK, "c" },
	{ "nothing to prove", "", 0, WB_OK, "" },
	{ "a place behind all", "\x32\x20" C "\x3a\2\2\3", 38, WB_INVALID, "" },
	{ "a place behind the known ones", "\x3a\1\2", 3, WB_INVALID, "" },
	{ "a place beyond all numbers", "\x3a\5\xff\xff\xff\xff\x0f", 7,
	    WB_INVALID, "" },
	{ "as if nothing were known", "\x32\x20" C "\x3a\1\0", 37, WB_INVALID,
	    "" },
	{ "the same, of two hashes", "\x32\x40" C HASH "\x3a\2\0\1", 70,
	    WB_INVALID, "" },
	{ "out of order", "\x32\x40" C HASH "\x3a\2\3\2", 70, WB_INVALID, "" },
	{ "one sent that is known", "\x32\x20" A "\x3a\1\2", 37, WB_INVALID,
	    "" },
	{ "one sent twice", "\x32\x40" C C "\x3a\2\2\3", 70, WB_INVALID, "" },
};

static void
who_names_what_they_know_is_not_sent_it(void **state)
{
	static struct wb_known_nodes known = { .count = 2 };

	(void)state;
	memcpy(known.hashes[0].b, A, WB_HASH_LEN);
	memcpy(known.hashes[1].b, B, WB_HASH_LEN);
	for (size_t i = 0; i < sizeof to_who_knows / sizeof to_who_knows[0];
	     i++) {
		const char *proof = to_who_knows[i].proof;
		struct wb_feed feed = { 0 };
		struct wb_error err = { 0 };
		struct wb_arena arena;

		print_message("  %s\n", to_who_knows[i].name);
		wb_arena_init(&arena, WB_ARENA_BUDGET);
		assert_status(to_who_knows[i].want,
		    wb_feed_decode(&feed, &arena,
			wb_span(to_who_knows[i].bytes, to_who_knows[i].len),
			&known, &err),
		    &err);
		assert_int_equal(feed.consistency.count, strlen(proof));
		for (size_t k = 0; k < feed.consistency.count; k++)
			assert_int_equal(feed.consistency.hashes[k].b[0],
			    proof[k]);
		wb_arena_clear(&arena);
	}
}

/* A log that has one entry twice makes two nodes alike. */
static void
known_hashes_that_are_alike_keep_their_places(void **state)
{
	static struct wb_known_nodes known = { .count = 3 };
	struct wb_feed feed = { .consistency.count = 4 }, again;
	struct wb_error err = { 0 };
	struct wb_arena arena;
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 10000);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	memcpy(known.hashes[0].b, A, WB_HASH_LEN);
	memcpy(known.hashes[1].b, A, WB_HASH_LEN);
	memcpy(known.hashes[2].b, B, WB_HASH_LEN);
	feed.consistency.hashes[0] = known.hashes[0];
	feed.consistency.hashes[1] = known.hashes[2];
	feed.consistency.hashes[2] = known.hashes[1];
	feed.consistency.hashes[3] = known.hashes[2];
	assert_ok(wb_feed_encode(&out, &feed, &known, &err), &err);
	assert_int_equal(out.len, 2 + 4); /* places alone */
	assert_ok(wb_feed_decode(&again, &arena, wb_bytes_span(&out), &known,
		      &err),
	    &err);
	assert_int_equal(again.consistency.count, 4);
	assert_memory_equal(again.consistency.hashes, feed.consistency.hashes,
	    4 * sizeof feed.consistency.hashes[0]);
	wb_arena_clear(&arena);
	wb_bytes_clear(&out);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
} items[] = {
	{ "a statement", "\x22\1s", 3, WB_OK },
	{ "a newer head", ITEM_HEAD_2, 6, WB_NEWER },
	{ "a head without version", "\x0a\0", 2, WB_INVALID },
	{ "a statement and a content", "\x22\1s\x2a\1c", 6, WB_INVALID },
	{ "nothing", "", 0, WB_INVALID },
	{ "an unknown thing", "\x6a\1x", 3, WB_INVALID },
	{ "the only entry of a log", "\x1a\x03\x12\1e", 5, WB_OK },
	{ "a proof as in feeds", "\x1a\x06\x12\1e\x2a\1\0", 8, WB_INVALID },
	{ "a proof of 31 bytes",
	    "\x3a\x1f"
	    "1234567890123456789012345678901",
	    33, WB_INVALID },
	{ "a disclosure", "\x42\1x", 3, WB_OK },
	{ "padding of ones", "\x72\1\1", 3, WB_INVALID },
	{ "a checksum of 4 bytes",
	    "\x7a\x04"
	    "1234",
	    6, WB_INVALID },
};

static void
bundle_items_are_one_thing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_bundle_item item;
		struct wb_arena arena;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		if (wb_bundle_item_decode(&item, &arena,
			wb_span(items[i].bytes, items[i].len),
			&err) != items[i].want)
			fail_msg("%s: %s", items[i].name, err.text);
		wb_arena_clear(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uploads_have_one_form),
		cmocka_unit_test(a_body_holds_256_uploads),
		cmocka_unit_test(uploads_are_read_in_place),
		cmocka_unit_test(feeds_ascend),
		cmocka_unit_test(a_hash_that_several_proofs_need_is_sent_once),
		cmocka_unit_test(feeds_have_one_form),
		cmocka_unit_test(who_names_what_they_know_is_not_sent_it),
		cmocka_unit_test(known_hashes_that_are_alike_keep_their_places),
		cmocka_unit_test(bundle_items_are_one_thing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
