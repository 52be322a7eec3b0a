/* What a page of the feed costs a long chain: entries that are read count. */
#include "server/feed.h"
#include "server/store.h"

#include "tests/unit/server/programme.h"

#define CHAIN 1500 /* of a device's batches: more than a page names */
#define AT_ONCE 250

static unsigned reads;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
enum wb_status __real_wb_store_entry(struct wb_store_entry *out,
    struct wb_span *envelope, struct wb_span *content, struct wb_arena *arena,
    struct wb_store *store, uint64_t index, struct wb_error *err);
enum wb_status __wrap_wb_store_entry(struct wb_store_entry *out,
    struct wb_span *envelope, struct wb_span *content, struct wb_arena *arena,
    struct wb_store *store, uint64_t index, struct wb_error *err);

enum wb_status
__wrap_wb_store_entry(struct wb_store_entry *out, struct wb_span *envelope,
    struct wb_span *content, struct wb_arena *arena, struct wb_store *store,
    uint64_t index, struct wb_error *err)
{
	reads++;
	return __real_wb_store_entry(out, envelope, content, arena, store,
	    index, err);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void
log_chain(struct programme *p)
{
	static struct sent s[AT_ONCE];
	struct answered a;

	for (uint64_t n = 0; n < CHAIN; n += AT_ONCE) {
		for (uint64_t i = 0; i < AT_ONCE; i++)
			make_batch(&s[i], p, K1, n + i + 1, 10);
		submit(&a, p, s, AT_ONCE, 0);
		assert_ok(a.status, &a.err);
		answered_clear(&a);
		for (size_t i = 0; i < AT_ONCE; i++)
			sent_clear(&s[i]);
	}
}

/* Its owner has them all: none is read, wherever the page begins. */
static void
a_page_of_a_long_chain_reads_what_it_shows(void **state)
{
	static const struct {
		uint64_t from;
		size_t held;
		uint64_t next;
	} rows[] = {
		{ 1, 1000, 1001 },
		{ 1001, 500, CHAIN + 1 },
		{ CHAIN, 1, CHAIN + 1 },
		{ CHAIN + 1, 0, CHAIN + 1 },
	};
	struct programme *p = *state;
	struct wb_reader reader;

	log_first_roster(p);
	log_chain(p);
	reader = reader_of(p, K1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct wb_feed_ask ask = { .from = rows[i].from,
			.holding = { .seen = CHAIN + 1 } };
		struct wb_arena arena;
		struct wb_bytes out;
		struct wb_feed feed;

		wb_arena_init(&arena, 4 * WB_ARENA_BUDGET);
		wb_bytes_init(&out, WB_MAX_FEED_BODY);
		reads = 0;
		assert_ok(wb_feed_page(&out, p->core, &reader, &ask, &p->err),
		    &p->err);
		assert_int_equal(reads, 0);
		assert_ok(wb_feed_decode(&feed, &arena, wb_bytes_span(&out),
			      NULL, &p->err),
		    &p->err);
		assert_int_equal(feed.entry_count, 0);
		assert_int_equal(feed.held_count, rows[i].held);
		assert_int_equal(feed.next, rows[i].next);
		if (rows[i].held > 0)
			assert_int_equal(feed.held[0], rows[i].from);
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_page_of_a_long_chain_reads_what_it_shows,
		    programme_set_up, programme_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
