#include "server/feed.h"

#include "crypto/statement.h"
#include "server/core_state.h"

#include "tests/unit/server/programme.h"

/*
 * The log of every test here: 0 roster, 1 K1, 2 K2, 3 K1, 4 ack on 1, 5 ack on
 * 2, 6 K2, 7 note, 8 roster.
 */
#define ENTRIES 9

struct fixture {
	struct programme p;
	struct sent s[ENTRIES];
};

static int
set_up(void **state)
{
	static struct fixture f;
	struct programme *p = &f.p;

	programme_make(p);
	programme_open(p);
	make_roster(&f.s[0], p);
	make_batch(&f.s[1], p, K1, 1, 500);
	make_batch(&f.s[2], p, K2, 1, 600);
	make_batch(&f.s[3], p, K1, 2, 700);
	make_ack(&f.s[4], p, C1, &f.s[1].id, WB_OUTCOME_OPENED);
	make_ack(&f.s[5], p, C1, &f.s[2].id, WB_OUTCOME_OPENED);
	make_batch(&f.s[6], p, K2, 2, 800);
	make_note(&f.s[7], p, A1);
	make_roster(&f.s[8], p);
	for (uint64_t i = 0; i < ENTRIES; i++)
		assert_int_equal(expect(p, &f.s[i], WB_LOGGED, NULL), i);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	programme_remove(&f->p);
	for (size_t i = 0; i < ENTRIES; i++)
		sent_clear(&f->s[i]);
	return 0;
}

/* The page of `who` from `from` has exactly these entries, as they were. */
static void
check_page(struct fixture *f, enum person who, uint64_t from,
    const uint64_t *want, size_t n, bool content)
{
	struct wb_arena arena;
	struct wb_feed feed;

	wb_arena_init(&arena, 4 * WB_ARENA_BUDGET);
	read_page(&feed, &arena, &f->p, who, from, content);
	assert_int_equal(feed.entry_count, n);
	assert_int_equal(feed.next, ENTRIES);
	for (size_t i = 0; i < n; i++) {
		const struct sent *s = &f->s[want[i]];

		assert_int_equal(feed.entries[i].index, want[i]);
		assert_true(wb_span_equal(feed.entries[i].envelope,
		    wb_bytes_span(&s->envelope)));
		assert_true(wb_span_equal(feed.entries[i].content,
		    content ? wb_bytes_span(&s->content) : wb_span(NULL, 0)));
	}
	wb_arena_clear(&arena);
}

static void
shows_each_reader_what_is_theirs_and_no_more(void **state)
{
	static const struct {
		enum person who;
		uint64_t from;
		size_t n;
		uint64_t want[ENTRIES];
	} rows[] = {
		{ C1, 0, 9, { 0, 1, 2, 3, 4, 5, 6, 7, 8 } },
		{ A1, 7, 2, { 7, 8 } },
		{ C1, 9, 0, { 0 } },
		{ C1, UINT64_MAX, 0, { 0 } },
		{ K1, 0, 5, { 0, 1, 3, 4, 8 } },
		{ K2, 0, 5, { 0, 2, 5, 6, 8 } },
		{ K1, 2, 3, { 3, 4, 8 } },
		{ K1, 4, 2, { 4, 8 } },
		{ K1, 9, 0, { 0 } },
		{ STRANGER, 0, 2, { 0, 8 } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_page(f, rows[i].who, rows[i].from, rows[i].want,
		    rows[i].n, false);
	check_page(f, C1, 0, rows[0].want, 9, true);
}

static void
shows_content_to_coordinators_only(void **state)
{
	static const enum person others[] = { K1, A1, STRANGER };
	struct fixture *f = *state;
	struct wb_bytes out;

	wb_bytes_init(&out, WB_MAX_FEED_BODY);
	for (size_t i = 0; i < 3; i++) {
		struct wb_reader reader = reader_of(&f->p, others[i]);

		assert_status(WB_REFUSED,
		    wb_feed_page(&out, f->p.core, &reader,
			&(struct wb_feed_ask){ .content = true }, &f->p.err),
		    &f->p.err);
		assert_int_equal(out.len, 0);
	}
}

static void
proves_growth_and_tells_of_a_rollback(void **state)
{
	struct fixture *f = *state;
	struct wb_reader reader = reader_of(&f->p, K1);
	struct wb_error *err = &f->p.err;
	struct wb_hash leaves[4], old;
	struct wb_arena arena;
	struct wb_feed feed;
	struct wb_bytes out;
	struct wb_head head;

	for (size_t i = 0; i < 4; i++) {
		struct wb_span envelope = wb_bytes_span(&f->s[i].envelope);

		wb_leaf_hash(&leaves[i], &envelope, 1);
	}
	wb_merkle_root(&old, leaves, 4);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&out, WB_MAX_FEED_BODY);
	assert_ok(wb_feed_page(&out, f->p.core, &reader,
		      &(struct wb_feed_ask){ .holding.seen = 4 }, err),
	    err);
	assert_ok(wb_feed_decode(&feed, &arena, wb_bytes_span(&out), NULL, err),
	    err);
	open_head(&head, &f->p, &feed.head);
	assert_ok(wb_consistency_verify(4, &old, head.size, &head.root,
		      &feed.consistency, err),
	    err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&out);
	assert_status(WB_FORGED,
	    wb_feed_page(&out, f->p.core, &reader,
		&(struct wb_feed_ask){ .holding.seen = 10 }, err),
	    err);
	assert_string_equal(wb_error_id(err), "log-rolled-back");
	assert_status(WB_FORGED, wb_feed_rosters(&out, f->p.core, 0, 10, err),
	    err);
	assert_int_equal(out.len, 0);
}

/* K1's page from the start, for who holds so much. */
static void
check_knowing(struct fixture *f, const struct wb_hash *leaves,
    const struct wb_holding *holding, size_t *spared)
{
	const struct wb_feed_ask ask = { .holding = *holding, .own = true };
	struct wb_reader reader = reader_of(&f->p, K1);
	struct wb_error *err = &f->p.err;
	struct wb_known_nodes known;
	struct wb_bytes out, whole;
	struct wb_arena arena;
	struct wb_feed feed;
	struct wb_head head;
	struct wb_hash old;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&out, WB_MAX_FEED_BODY);
	wb_bytes_init(&whole, WB_MAX_FEED_BODY);
	known_of(&known, leaves, holding->held, holding->under);
	wb_merkle_root(&old, leaves, (size_t)holding->seen);
	assert_ok(wb_feed_page(&out, f->p.core, &reader, &ask, err), err);
	assert_ok(wb_feed_decode(&feed, &arena, wb_bytes_span(&out), &known,
		      err),
	    err);
	open_head(&head, &f->p, &feed.head);
	assert_ok(wb_consistency_verify(holding->seen, &old, head.size,
		      &head.root, &feed.consistency, err),
	    err);
	for (size_t i = 0; i < feed.entry_count; i++)
		assert_ok(wb_inclusion_verify(&leaves[feed.entries[i].index],
			      feed.entries[i].index, head.size,
			      &feed.entries[i].proof, &head.root, err),
		    err);
	assert_ok(wb_feed_encode(&whole, &feed, NULL, err), err);
	assert_true(out.len <= whole.len);
	*spared += whole.len - out.len;
	wb_bytes_clear(&out);
	wb_bytes_clear(&whole);
	wb_arena_clear(&arena);
}

/* Every receipt and every head that there can be. */
static void
does_not_send_what_the_asker_can_prove(void **state)
{
	struct wb_hash leaves[ENTRIES];
	struct fixture *f = *state;
	struct wb_holding h;
	size_t spared;

	for (size_t i = 0; i < ENTRIES; i++) {
		struct wb_span envelope = wb_bytes_span(&f->s[i].envelope);

		wb_leaf_hash(&leaves[i], &envelope, 1);
	}
	for (h.under = 1; h.under <= ENTRIES; h.under++) {
		for (h.held = 0; h.held < h.under; h.held++) {
			spared = 0;
			for (h.seen = 1; h.seen <= ENTRIES; h.seen++)
				check_knowing(f, leaves, &h, &spared);
			assert_true(spared >= WB_HASH_LEN);
		}
	}
	h = (struct wb_holding){ .seen = 2, .held = 3, .under = ENTRIES + 1 };
	assert_status(WB_FORGED, wb_core_check_holding(&h, ENTRIES, &f->p.err),
	    &f->p.err);
	assert_string_equal(wb_error_id(&f->p.err), "log-rolled-back");
}

/* What a member has seen of its own it has: the number will do. */
static void
only_names_what_a_member_has_of_its_own(void **state)
{
	static const struct {
		const char *what;
		enum person who;
		struct wb_feed_ask ask;
		size_t n, held;
		uint64_t want[ENTRIES]; /* shown, then held */
	} rows[] = {
		{ "nothing seen", K1, { 0 }, 5, 0, { 0, 1, 3, 4, 8 } },
		{ "one seen", K1, { .holding.seen = 2 }, 4, 1,
		    { 0, 3, 4, 8, 1 } },
		{ "all seen", K1, { .holding.seen = ENTRIES }, 3, 2,
		    { 0, 4, 8, 1, 3 } },
		{ "from behind them", K1, { 4, .holding.seen = ENTRIES }, 2, 0,
		    { 4, 8 } },
		{ "asked for", K1, { .holding.seen = ENTRIES, .own = true }, 5,
		    0, { 0, 1, 3, 4, 8 } },
		{ "who reads all", C1, { 6, .holding.seen = ENTRIES }, 3, 0,
		    { 6, 7, 8 } },
		{ "nothing of its own", STRANGER, { .holding.seen = ENTRIES },
		    2, 0, { 0, 8 } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_reader reader = reader_of(&f->p, rows[i].who);
		struct wb_arena arena;
		struct wb_feed feed;
		struct wb_bytes out;

		print_message("  %s\n", rows[i].what);
		wb_arena_init(&arena, WB_ARENA_BUDGET);
		wb_bytes_init(&out, WB_MAX_FEED_BODY);
		assert_ok(wb_feed_page(&out, f->p.core, &reader, &rows[i].ask,
			      &f->p.err),
		    &f->p.err);
		assert_ok(wb_feed_decode(&feed, &arena, wb_bytes_span(&out),
			      NULL, &f->p.err),
		    &f->p.err);
		assert_int_equal(feed.entry_count, rows[i].n);
		assert_int_equal(feed.held_count, rows[i].held);
		for (size_t k = 0; k < feed.entry_count; k++)
			assert_int_equal(feed.entries[k].index,
			    rows[i].want[k]);
		for (size_t k = 0; k < feed.held_count; k++)
			assert_int_equal(feed.held[k],
			    rows[i].want[rows[i].n + k]);
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

static void
shows_rosters_to_everybody(void **state)
{
	struct fixture *f = *state;
	struct wb_arena arena;
	struct wb_feed feed;
	struct wb_bytes out;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&out, WB_MAX_FEED_BODY);
	assert_ok(wb_feed_rosters(&out, f->p.core, 0, 0, &f->p.err), &f->p.err);
	assert_ok(wb_feed_decode(&feed, &arena, wb_bytes_span(&out), NULL,
		      &f->p.err),
	    &f->p.err);
	assert_int_equal(feed.entry_count, 2);
	assert_int_equal(feed.entries[0].index, 0);
	assert_int_equal(feed.entries[1].index, 8);
	assert_int_equal(feed.next, ENTRIES);

	wb_bytes_reset(&out);
	assert_ok(wb_feed_rosters(&out, f->p.core, 1, 0, &f->p.err), &f->p.err);
	assert_ok(wb_feed_decode(&feed, &arena, wb_bytes_span(&out), NULL,
		      &f->p.err),
	    &f->p.err);
	assert_int_equal(feed.entry_count, 1);
	assert_int_equal(feed.entries[0].index, 8);
	wb_bytes_clear(&out);
	wb_arena_clear(&arena);
}

static void
gives_content_by_index_and_hash(void **state)
{
	struct fixture *f = *state;
	struct wb_error *err = &f->p.err;
	struct wb_bytes out;
	struct wb_hash hash;

	wb_bytes_init(&out, WB_MAX_FEED_BODY);
	wb_sha256_one(&hash, wb_bytes_span(&f->s[3].content));
	assert_ok(wb_feed_content(&out, f->p.core, 3, &hash, err), err);
	assert_true(wb_span_equal(wb_bytes_span(&out),
	    wb_bytes_span(&f->s[3].content)));
	wb_bytes_clear(&out);
	assert_status(WB_NOT_FOUND,
	    wb_feed_content(&out, f->p.core, 1, &hash, err), err);
	assert_status(WB_NOT_FOUND,
	    wb_feed_content(&out, f->p.core, 0, &hash, err), err);
	assert_status(WB_NOT_FOUND,
	    wb_feed_content(&out, f->p.core, ENTRIES, &hash, err), err);
	assert_int_equal(out.len, 0);
}

static void
cuts_pages_and_goes_on_from_there(void **state)
{
	struct fixture *f = *state;
	uint64_t from = 0, met = 0;
	struct sent s[4];
	int pages = 0;

	for (uint64_t i = 0; i < 4; i++) {
		make_batch(&s[i], &f->p, K1, 10 + i, 1 << 20);
		(void)expect(&f->p, &s[i], WB_LOGGED, NULL);
		sent_clear(&s[i]);
	}
	while (from < ENTRIES + 4) {
		struct wb_arena arena;
		struct wb_feed feed;

		wb_arena_init(&arena, 8 * WB_ARENA_BUDGET);
		read_page(&feed, &arena, &f->p, C1, from, true);
		assert_true(feed.entry_count > 0);
		for (size_t i = 0; i < feed.entry_count; i++)
			assert_int_equal(feed.entries[i].index, met++);
		assert_true(feed.next > from);
		from = feed.next;
		pages++;
		wb_arena_clear(&arena);
	}
	assert_int_equal(met, ENTRIES + 4);
	assert_int_equal(pages, 2);
}

static void
serves_tiles_up_to_the_signed_head(void **state)
{
	static const struct {
		const char *what;
		struct wb_tile tile;
		enum wb_status status;
	} rows[] = {
		{ "all of it", { false, 0, 0, 9 }, WB_OK },
		{ "less of it", { false, 0, 0, 3 }, WB_OK },
		{ "entries", { true, 0, 0, 9 }, WB_OK },
		{ "beyond", { false, 0, 0, 10 }, WB_NOT_FOUND },
		{ "entries beyond", { true, 0, 0, 256 }, WB_NOT_FOUND },
		{ "next tile", { false, 0, 1, 1 }, WB_NOT_FOUND },
		{ "far away", { false, 0, UINT64_MAX, 1 }, WB_NOT_FOUND },
		{ "wraps around", { false, 0, UINT64_C(1) << 56, 1 },
		    WB_NOT_FOUND },
		{ "level above", { false, 1, 0, 1 }, WB_NOT_FOUND },
	};
	struct fixture *f = *state;
	struct wb_error *err = &f->p.err;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_span envelope = wb_bytes_span(&f->s[0].envelope);
		struct wb_bytes out;
		struct wb_hash leaf;

		wb_bytes_init(&out, WB_MAX_FEED_BODY);
		assert_status(rows[i].status,
		    wb_feed_tile(&out, f->p.core, &rows[i].tile, err), err);
		wb_leaf_hash(&leaf, &envelope, 1);
		if (rows[i].status != WB_OK)
			assert_int_equal(out.len, 0);
		else if (rows[i].tile.entries) {
			assert_int_equal(out.data[0] << 8 | out.data[1],
			    envelope.len);
			assert_memory_equal(out.data + 2, envelope.data,
			    envelope.len);
		} else {
			assert_int_equal(out.len,
			    rows[i].tile.width * WB_HASH_LEN);
			assert_memory_equal(out.data, leaf.b, WB_HASH_LEN);
		}
		wb_bytes_clear(&out);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(shows_each_reader_what_is_theirs_and_no_more),
		T(shows_content_to_coordinators_only),
		T(proves_growth_and_tells_of_a_rollback),
		T(does_not_send_what_the_asker_can_prove),
		T(only_names_what_a_member_has_of_its_own),
		T(shows_rosters_to_everybody),
		T(gives_content_by_index_and_hash),
		T(cuts_pages_and_goes_on_from_there),
		T(serves_tiles_up_to_the_signed_head),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
