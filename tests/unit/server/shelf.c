#include <stdio.h>

#include "server/store.h"

#include "tests/unit/server/programme.h"

/* ---- what makes way on a full shelf */

#define SLOTS 4

/* One is put at a time; letters name hashes, and capitals those in use. */
struct putting {
	const char *what;
	struct {
		char hash;
		unsigned rank;
	} puts[SLOTS + 1]; /* SLOTS fit: the last is one too many */
	char gone; /* 0: the last was refused */
};

static struct wb_hash
hash_of(char letter)
{
	return (struct wb_hash){ { (uint8_t)letter } };
}

static enum wb_status
put_letter(struct wb_store *store, char letter, unsigned rank,
    const struct wb_shelf_limits *limits, struct wb_error *err)
{
	struct wb_shelf_item item = { .kind = WB_SHELF_ANNEX,
		.rank = rank,
		.file = wb_span_text("sealed") };
	struct wb_hash hash = hash_of(letter);

	memcpy(item.hash, hash.b, sizeof item.hash);
	return wb_store_put(store, &item, 1, limits, err);
}

static enum wb_status
count_row(void *ctx, const void *row, struct wb_error *err)
{
	size_t *n = ctx;

	(void)row;
	(void)err;
	*n += 1;
	return WB_OK;
}

static size_t
copies_of(struct wb_store *store, char letter, struct wb_error *err)
{
	struct wb_hash hash = hash_of(letter);
	size_t n = 0;

	assert_ok(wb_store_shelf(store, WB_SHELF_ANNEX, hash.b, count_row, &n,
		      err),
	    err);
	return n;
}

static void
check_putting(const struct putting *row, const char *where, bool by_bytes)
{
	const struct wb_hash used[] = { hash_of('A'), hash_of('B'),
		hash_of('C'), hash_of('D'), hash_of('E') };
	const struct wb_shelf_limits limits = { .keep = 1,
		.count = by_bytes ? 100 : SLOTS,
		.bytes = by_bytes ? SLOTS * strlen("sealed") : 1000,
		.used = used,
		.used_count = 5 };
	struct wb_error err = { 0 };
	struct wb_store *store;
	char last = row->puts[SLOTS].hash;

	print_message("  %s\n", row->what);
	assert_ok(wb_store_open(&store, where, WB_STORE_CREATE, &err), &err);
	for (size_t i = 0; i < SLOTS; i++)
		assert_ok(put_letter(store, row->puts[i].hash,
			      row->puts[i].rank, &limits, &err),
		    &err);
	assert_status(row->gone == 0 ? WB_REFUSED : WB_OK,
	    put_letter(store, last, row->puts[SLOTS].rank, &limits, &err),
	    &err);
	if (row->gone == 0)
		assert_string_equal(wb_error_id(&err), "shelf-full");
	for (size_t i = 0; i < SLOTS; i++)
		assert_int_equal(copies_of(store, row->puts[i].hash, &err),
		    row->puts[i].hash != row->gone);
	assert_int_equal(copies_of(store, last, &err), row->gone != 0);
	wb_store_close(&store);
}

static void
what_is_not_in_use_makes_way_first(void **state)
{
	static const struct putting rows[] = {
		{ "the oldest of them",
		    { { 'A', 1 }, { 'x', 1 }, { 'y', 1 }, { 'B', 1 },
			{ 'C', 1 } },
		    'x' },
		{ "for one that is not in use either",
		    { { 'A', 1 }, { 'x', 1 }, { 'y', 1 }, { 'B', 1 },
			{ 'z', 1 } },
		    'x' },
		{ "a lower rank before an older one",
		    { { 'x', 1 }, { 'A', 1 }, { 'y', 0 }, { 'B', 1 },
			{ 'C', 1 } },
		    'y' },
		{ "before a lower rank's that is in use",
		    { { 'A', 0 }, { 'x', 1 }, { 'B', 0 }, { 'C', 1 },
			{ 'D', 1 } },
		    'x' },
		{ "a lower rank's that is in use, else",
		    { { 'A', 1 }, { 'B', 0 }, { 'C', 0 }, { 'D', 1 },
			{ 'E', 1 } },
		    'B' },
		{ "nothing of a higher rank",
		    { { 'A', 1 }, { 'x', 1 }, { 'y', 1 }, { 'B', 0 },
			{ 'C', 0 } },
		    0 },
		{ "nothing of its own rank that is in use",
		    { { 'A', 0 }, { 'B', 0 }, { 'C', 0 }, { 'D', 0 },
			{ 'E', 0 } },
		    0 },
		{ "nothing of a higher rank that is in use",
		    { { 'A', 1 }, { 'B', 1 }, { 'C', 1 }, { 'D', 1 },
			{ 'x', 1 } },
		    0 },
	};
	struct check_dir dir;
	char where[WB_MAX_PATH + 32];

	(void)state;
	check_dir_make(&dir);
	for (size_t i = 0; i < 2 * (sizeof rows / sizeof rows[0]); i++) {
		(void)snprintf(where, sizeof where, "sqlite:%s/store%zu",
		    dir.path, i);
		check_putting(&rows[i / 2], where, i % 2 == 1);
	}
	check_dir_remove(&dir);
}

/* ---- annexes */

static const struct wb_hash catalogue = { { 0xc1 } }, names = { { 0xc2 } },
			    places = { { 0xc3 } };

static int
set_up(void **state)
{
	struct programme *p;

	(void)programme_set_up(state);
	p = *state;
	p->roster.catalogue_hash = catalogue;
	p->roster.names_hash = names;
	p->members[K1].places_hash = places;
	log_first_roster(p);
	return 0;
}

static enum wb_status
post_annex(struct programme *p, enum person who, const struct wb_hash *hash,
    const char *text)
{
	struct wb_reader reader = reader_of(p, who);
	struct wb_annex annex = { *hash, wb_span_text(text) };
	struct wb_bytes body;
	enum wb_status st;

	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	assert_ok(wb_annexes_encode(&body, &annex, 1, &p->err), &p->err);
	st = wb_feed_put_annexes(p->core, &reader, wb_bytes_span(&body),
	    &p->err);
	wb_bytes_clear(&body);
	return st;
}

static size_t
read_annexes(struct programme *p, const struct wb_hash *hash,
    struct wb_annex **out, struct wb_arena *arena)
{
	struct wb_bytes body;
	struct wb_span kept;
	size_t n;

	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	assert_ok(wb_feed_annexes(&body, p->core, hash, &p->err), &p->err);
	assert_ok(wb_arena_copy(&kept, arena, wb_bytes_span(&body), &p->err),
	    &p->err);
	assert_ok(wb_annexes_decode(out, &n, arena, kept, &p->err), &p->err);
	wb_bytes_clear(&body);
	return n;
}

static void
keeps_a_copy_of_an_annex_for_each_poster(void **state)
{
	struct programme *p = *state;
	struct wb_hash hash = { { 1 } }, other = { { 2 } };
	struct wb_annex *list;
	struct wb_arena arena;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_int_equal(read_annexes(p, &hash, &list, &arena), 0);
	assert_ok(post_annex(p, C1, &hash, "good"), &p->err);
	assert_ok(post_annex(p, K1, &hash, "one"), &p->err);
	assert_ok(post_annex(p, K1, &hash, "two"), &p->err);
	assert_ok(post_annex(p, K2, &other, "other"), &p->err);
	assert_int_equal(read_annexes(p, &hash, &list, &arena), 2);
	assert_true(wb_span_equal(list[0].file, wb_span_text("good")));
	assert_true(wb_span_equal(list[1].file, wb_span_text("two")));
	assert_status(WB_REFUSED, post_annex(p, STRANGER, &hash, "no"),
	    &p->err);
	assert_int_equal(read_annexes(p, &other, &list, &arena), 1);
	wb_arena_clear(&arena);
}

static void
keeps_sixteen_copies_and_a_coordinators_first(void **state)
{
	struct programme *p = *state;
	struct wb_hash hash = { { 1 } };
	struct wb_annex annex = { hash, wb_span_text("field") }, *list;
	struct wb_reader poster = { .roles = 1U << WB_ROLE_FIELD };
	struct wb_arena arena;
	struct wb_bytes body;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	assert_ok(wb_annexes_encode(&body, &annex, 1, &p->err), &p->err);
	assert_ok(post_annex(p, C1, &hash, "good"), &p->err);
	for (uint8_t i = 0; i < 20; i++) {
		poster.key.b[0] = i;
		assert_ok(wb_feed_put_annexes(p->core, &poster,
			      wb_bytes_span(&body), &p->err),
		    &p->err);
	}
	assert_int_equal(read_annexes(p, &hash, &list, &arena), 16);
	assert_true(wb_span_equal(list[0].file, wb_span_text("good")));
	wb_bytes_clear(&body);
	wb_arena_clear(&arena);
}

/* A body of as many annexes as one takes, each under a hash of its own. */
static enum wb_status
post_many(struct programme *p, enum person who, int round)
{
	static struct wb_annex many[WB_MAX_ANNEXES];
	struct wb_reader reader = reader_of(p, who);
	struct wb_bytes body;
	enum wb_status st;

	for (size_t k = 0; k < WB_MAX_ANNEXES; k++) {
		many[k].file = wb_span_text("x");
		many[k].hash = (struct wb_hash){ { 9, (uint8_t)round,
		    (uint8_t)(k >> 8), (uint8_t)k } };
	}
	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	assert_ok(wb_annexes_encode(&body, many, WB_MAX_ANNEXES, &p->err),
	    &p->err);
	st = wb_feed_put_annexes(p->core, &reader, wb_bytes_span(&body),
	    &p->err);
	wb_bytes_clear(&body);
	return st;
}

#define ROUNDS 20 /* more than the shelf has room for */

/* One field device fills the shelf: no coordinator is kept out. */
static void
a_full_shelf_has_room_for_coordinators(void **state)
{
	struct programme *p = *state;
	struct wb_hash hash = { { 1 } };
	struct wb_annex *list;
	struct wb_arena arena;

	for (int i = 0; i < ROUNDS; i++)
		assert_ok(post_many(p, K1, i), &p->err);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(post_annex(p, C1, &hash, "good"), &p->err);
	assert_int_equal(read_annexes(p, &hash, &list, &arena), 1);
	wb_arena_clear(&arena);
}

/* Years of changes go by: what the roster in force names is never given up. */
static void
a_shelf_of_old_annexes_keeps_what_the_roster_names(void **state)
{
	struct programme *p = *state;
	struct wb_annex *list;
	struct wb_arena arena;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(post_annex(p, C1, &catalogue, "items"), &p->err);
	assert_ok(post_annex(p, C1, &names, "names"), &p->err);
	assert_ok(post_annex(p, K2, &places, "places"), &p->err);
	for (int i = 0; i < ROUNDS; i++)
		assert_ok(post_many(p, C1, i), &p->err);
	assert_int_equal(read_annexes(p, &catalogue, &list, &arena), 1);
	assert_int_equal(read_annexes(p, &names, &list, &arena), 1);
	assert_int_equal(read_annexes(p, &places, &list, &arena), 1);
	wb_arena_clear(&arena);
}

/* ---- enrolments */

static enum wb_status
post_enrolment(struct programme *p, enum person who,
    const struct wb_enrolment *e)
{
	struct wb_reader reader = reader_of(p, who);
	struct wb_bytes body;
	enum wb_status st;

	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	assert_ok(wb_enrolments_encode(&body, e, 1, &p->err), &p->err);
	st = wb_feed_put_enrolments(p->core, &reader, wb_bytes_span(&body),
	    &p->err);
	wb_bytes_clear(&body);
	return st;
}

static enum wb_status
read_enrolment(struct programme *p, enum person who,
    const struct wb_hash *token_hash, struct wb_enrolment *out, size_t *n,
    struct wb_arena *arena)
{
	struct wb_reader reader = reader_of(p, who);
	struct wb_enrolment *list;
	struct wb_bytes body;
	struct wb_span kept;
	enum wb_status st;

	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	st = wb_feed_enrolments(&body, p->core, &reader, token_hash, &p->err);
	if (st == WB_OK) {
		assert_ok(wb_arena_copy(&kept, arena, wb_bytes_span(&body),
			      &p->err),
		    &p->err);
		assert_ok(wb_enrolments_decode(&list, n, arena, kept, &p->err),
		    &p->err);
		if (*n > 0)
			*out = list[0];
	}
	wb_bytes_clear(&body);
	return st;
}

static void
lets_one_newcomer_use_a_registered_token(void **state)
{
	struct programme *p = *state;
	struct wb_enrolment token = { .token_hash = { { 7 } },
		.expires = (uint64_t)p->now + 1000 };
	struct wb_enrolment request = token, other = token, welcome = token,
			    got;
	struct wb_arena arena;
	size_t n = 9;

	request.request = wb_span_text("let me in");
	welcome.welcome = wb_span_text("welcome");
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_status(WB_REFUSED, post_enrolment(p, STRANGER, &request),
	    &p->err);
	assert_status(WB_REFUSED, post_enrolment(p, K1, &token), &p->err);
	assert_ok(post_enrolment(p, C1, &token), &p->err);
	assert_ok(post_enrolment(p, STRANGER, &request), &p->err);
	assert_ok(read_enrolment(p, C1, NULL, &got, &n, &arena), &p->err);
	assert_int_equal(n, 1);
	assert_true(wb_span_equal(got.request, request.request));
	assert_ok(post_enrolment(p, C1, &welcome), &p->err);
	assert_ok(read_enrolment(p, STRANGER, &token.token_hash, &got, &n,
		      &arena),
	    &p->err);
	assert_true(wb_span_equal(got.welcome, welcome.welcome));
	assert_int_equal(got.request.len, 0);
	assert_status(WB_REFUSED,
	    read_enrolment(p, STRANGER, NULL, &got, &n, &arena), &p->err);
	/* Its answer was lost: again.  Another with the token is too late. */
	assert_ok(post_enrolment(p, STRANGER, &request), &p->err);
	other.request = wb_span_text("let another in");
	assert_status(WB_EXISTS, post_enrolment(p, STRANGER, &other), &p->err);
	assert_ok(read_enrolment(p, C1, NULL, &got, &n, &arena), &p->err);
	assert_true(wb_span_equal(got.request, request.request));
	p->now += 2000;
	assert_status(WB_NOT_FOUND,
	    read_enrolment(p, STRANGER, &token.token_hash, &got, &n, &arena),
	    &p->err);
	assert_ok(read_enrolment(p, C1, NULL, &got, &n, &arena), &p->err);
	assert_int_equal(n, 0);
	assert_status(WB_INVALID, post_enrolment(p, C1, &token), &p->err);
	wb_arena_clear(&arena);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, programme_tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_in_use_makes_way_first),
		T(keeps_a_copy_of_an_annex_for_each_poster),
		T(keeps_sixteen_copies_and_a_coordinators_first),
		T(a_full_shelf_has_room_for_coordinators),
		T(a_shelf_of_old_annexes_keeps_what_the_roster_names),
		T(lets_one_newcomer_use_a_registered_token),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
