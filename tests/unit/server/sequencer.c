#include "server/sequencer.h"

#include "tests/fault/scarce.h"
#include "tests/unit/server/programme.h"

/* A log that nothing but the sequencer writes to, and nothing is committed. */
struct world {
	struct programme p;
	struct wb_sequencer *s;
	struct wb_store *store;
	struct wb_arena arena;
	struct wb_item items[8];
	size_t count;
};

static int
set_up(void **state)
{
	static struct world w;
	struct wb_error *err = &w.p.err;
	char where[CHECK_PATH_SIZE + 8];

	memset(&w, 0, sizeof w);
	programme_make(&w.p);
	programme_open(&w.p); /* for the log's key */
	programme_close(&w.p);
	(void)snprintf(where, sizeof where, "sqlite:%s",
	    check_path(&w.p.dir, "alone"));
	wb_arena_init(&w.arena, WB_ARENA_BUDGET);
	assert_ok(wb_store_open(&w.store, where, WB_STORE_CREATE, err), err);
	assert_ok(wb_sequencer_new(&w.s, &w.p.vkey, NULL, err), err);
	assert_ok(wb_sequencer_load(w.s, w.store, err), err);
	*state = &w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	wb_sequencer_free(&w->s);
	wb_store_close(&w->store);
	wb_arena_clear(&w->arena);
	programme_remove(&w->p);
	return 0;
}

static void
make_item(struct wb_item *out, struct world *w, const struct sent *s)
{
	const struct wb_upload upload = { wb_bytes_span(&s->envelope),
		wb_bytes_span(&s->content) };

	wb_item_verify(out, &upload, NULL, &w->arena);
	assert_false(out->decided);
}

/* Offers it: what becomes of it. */
static const struct wb_item *
offer(struct world *w, const struct sent *s)
{
	struct wb_item *item = &w->items[w->count++];

	make_item(item, w, s);
	assert_ok(wb_sequencer_offer(w->s, w->store, item, &w->p.err),
	    &w->p.err);
	assert_true(item->decided);
	return item;
}

static void
check_shown(struct world *w, uint64_t version, unsigned roles_of_k1)
{
	struct wb_rosters *r = wb_sequencer_rosters(w->s);
	struct wb_rosters_info info;
	uint64_t index;

	wb_rosters_info(&info, r);
	assert_int_equal(info.version, version);
	assert_int_equal(info.has_programme, version > 0);
	assert_int_equal(wb_rosters_roles(r, &w->p.people[K1].key),
	    roles_of_k1);
	assert_int_equal(wb_rosters_list(&index, 1, r, version, UINT64_MAX), 0);
}

static void
shows_a_roster_only_once_it_is_committed(void **state)
{
	const unsigned field = 1U << WB_ROLE_FIELD;
	struct world *w = *state;
	struct sent first, second;

	make_roster(&first, &w->p);
	assert_int_equal(offer(w, &first)->reception, WB_LOGGED);
	check_shown(w, 0, 0);
	wb_sequencer_committed(w->s);
	check_shown(w, 1, field);

	w->p.members[K1].state = WB_MEMBER_REVOKED;
	make_roster(&second, &w->p);
	assert_int_equal(offer(w, &second)->reception, WB_LOGGED);
	check_shown(w, 1, field);
	wb_sequencer_committed(w->s);
	check_shown(w, 2, 0);
	sent_clear(&first);
	sent_clear(&second);
}

/* And another may come in its place, even as the first of all. */
static void
a_roster_taken_back_was_never_in_force(void **state)
{
	struct world *w = *state;
	struct programme before = w->p;
	struct sent first, other;

	make_roster(&first, &w->p);
	assert_int_equal(offer(w, &first)->reception, WB_LOGGED);
	assert_ok(wb_sequencer_abandon(w->s, w->store, &w->p.err), &w->p.err);
	check_shown(w, 0, 0);

	w->p.roster = before.roster;
	w->p.roster.window_days = 9;
	make_roster(&other, &w->p);
	assert_int_equal(offer(w, &other)->reception, WB_LOGGED);
	wb_sequencer_committed(w->s);
	check_shown(w, 1, 1U << WB_ROLE_FIELD);
	assert_string_equal(offer(w, &first)->reason, "wrong-programme");
	sent_clear(&first);
	sent_clear(&other);
}

/* ---- memory */

static const struct wb_store_group *
group_of(struct world *w)
{
	static struct wb_store_group group;

	wb_sequencer_group(&group, w->s);
	return &group;
}

/*
 * Offers it with each allocation failing, until none does: each time it stays
 * open, and nothing is left of it.
 */
static void
offer_starved(struct world *w, const struct sent *s, size_t targets)
{
	struct wb_item item = { .decided = false };
	size_t entries = group_of(w)->entry_count;
	enum wb_status st = WB_NO_MEMORY;

	for (uint64_t nth = 1; nth < 1000; nth++) {
		make_item(&item, w, s);
		scarce_fail(nth, false);
		st = wb_sequencer_offer(w->s, w->store, &item, &w->p.err);
		if (!scarce_failed())
			break;
		scarce_fail(0, false);
		assert_status(WB_NO_MEMORY, st, &w->p.err);
		assert_false(item.decided);
		assert_int_equal(group_of(w)->entry_count, entries);
		assert_int_equal(group_of(w)->target_count, 0);
	}
	scarce_fail(0, false);
	assert_ok(st, &w->p.err);
	assert_int_equal(item.reception, WB_LOGGED);
	assert_int_equal(group_of(w)->entry_count, entries + 1);
	assert_int_equal(group_of(w)->target_count, targets);
	w->items[w->count++] = item;
}

static void
memory_that_is_short_for_one_statement_stops_no_other(void **state)
{
	struct world *w = *state;
	struct programme *p = &w->p;
	struct sent s[5];

	make_roster(&s[0], p);
	(void)offer(w, &s[0]);
	make_batch(&s[1], p, K1, 1, 100);
	assert_int_equal(offer(w, &s[1])->reception, WB_LOGGED);
	make_tally(&s[2], p, C1);
	offer_starved(w, &s[2], 0);
	make_ack(&s[3], p, C1, &s[1].id, WB_OUTCOME_ADMIT);
	offer_starved(w, &s[3], 1);
	make_batch(&s[4], p, K2, 1, 100);
	assert_int_equal(offer(w, &s[4])->reception, WB_LOGGED);
	for (size_t i = 0; i < 5; i++)
		sent_clear(&s[i]);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(shows_a_roster_only_once_it_is_committed),
		T(a_roster_taken_back_was_never_in_force),
		T(memory_that_is_short_for_one_statement_stops_no_other),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
