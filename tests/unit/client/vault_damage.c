/* What a vault promises when the medium, or somebody, changes it. */
#include "tests/unit/client/vaultworld.h"

static void
a_file_cut_anywhere_is_an_earlier_state(void **state)
{
	const struct sample *s = *state;
	struct world w;
	int64_t want;

	for (size_t len = 0; len <= s->len; len += 511) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, len);
		if (len < SAMPLE_FRONT) {
			assert_status(WB_STORAGE, world_reopen(&w), &w.err);
			assert_string_equal(wb_error_id(&w.err),
			    len < WB_KEYSLOTS_HEADER ? "not-a-vault"
						     : "vault-damaged");
			world_tear_down(&w);
			continue;
		}
		want = -1;
		for (size_t i = 1; i < s->records && s->at[i] <= len; i++)
			want = (int64_t)i - 1;
		if (s->end <= len)
			want = SAMPLE_ROWS;
		assert_ok(world_reopen(&w), &w.err);
		assert_int_equal(world_rows(&w), want);
		/* And it goes on from there. */
		if (want >= 0)
			assert_ok(kit_add(wb_vault_db(w.v), (uint64_t)want + 1,
				      &w.err),
			    &w.err);
		assert_ok(world_reopen(&w), &w.err);
		assert_int_equal(world_rows(&w), want < 0 ? -1 : want + 1);
		world_tear_down(&w);
	}
}

/* Once it was closed, the file says how many records it must have. */
static void
a_closed_vault_that_is_cut_is_damaged(void **state)
{
	const struct sample *s = *state;
	struct wb_vault_key key = kit_key("p");
	struct wb_error damage;
	struct world w;

	for (size_t len = SAMPLE_FRONT; len < s->end; len += 511) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, len);
		memcpy(simfs_bytes(w.fs, "vault", &(size_t){ 0 }), s->front,
		    sizeof s->front);
		for (int again = 0; again < 2; again++) {
			assert_status(WB_STORAGE, world_reopen(&w), &w.err);
			assert_string_equal(wb_error_id(&w.err),
			    "vault-damaged");
		}
		assert_ok(wb_vault_rescue(&w.v, &damage, WORLD_PATH, &key,
			      &w.env, &w.err),
		    &w.err);
		world_tear_down(&w);
	}
	world_set_up(&w);
	simfs_put(w.fs, "vault", s->data, s->end);
	memcpy(simfs_bytes(w.fs, "vault", &(size_t){ 0 }), s->front,
	    sizeof s->front);
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), SAMPLE_ROWS);
	world_tear_down(&w);
}

static void
a_changed_bit_in_its_last_record_is_damage(void **state)
{
	const struct sample *s = *state;
	uint8_t *data;
	struct world w;
	size_t len;

	for (size_t at = s->at[s->records - 1]; at < s->end; at += 61) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memcpy(data, s->front, sizeof s->front);
		data[at] ^= (uint8_t)(1 << at % 8);
		assert_status(WB_STORAGE, world_reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-damaged");
		world_tear_down(&w);
	}
}

/* It is written in place, so a torn one must be harmless. */
static void
a_count_that_does_not_open_says_nothing(void **state)
{
	const struct sample *s = *state;
	uint8_t *data;
	struct world w;
	size_t len;

	for (size_t at = WB_KEYSLOTS_HEADER; at < WB_KEYSLOTS_HEADER + 48;
	     at++) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memcpy(data, s->front, sizeof s->front);
		data[at] ^= (uint8_t)(1 << at % 8);
		assert_ok(world_reopen(&w), &w.err);
		assert_int_equal(world_rows(&w), SAMPLE_ROWS);
		world_tear_down(&w);
	}
}

/* What one changed bit at `at` must lead to. */
static void
expect_noticed(struct world *w, const struct sample *s, size_t at)
{
	enum wb_status st = world_reopen(w);
	struct wb_error damage;
	struct wb_vault_key key = kit_key("p");
	int64_t rows;

	if (at < WB_KEYSLOTS_HEADER && st == WB_LOCKED)
		return; /* salt, or the slot in use */
	if (st != WB_OK) {
		assert_true(st == WB_STORAGE);
		assert_string_equal(wb_error_id(&w->err), "vault-damaged");
		/* A record's end, or a page without which nothing opens. */
		st = wb_vault_rescue(&w->v, &damage, WORLD_PATH, &key, &w->env,
		    &w->err);
		if (st == WB_OK)
			assert_string_equal(wb_error_id(&damage),
			    "vault-damaged");
		else
			assert_string_equal(wb_error_id(&w->err),
			    "vault-damaged");
		return;
	}
	st = wb_vault_check(w->v, &w->err);
	if (st != WB_OK) {
		assert_string_equal(wb_error_id(&w->err), "vault-damaged");
		return;
	}
	rows = world_rows(w);
	if (at >= s->at[s->records - 1] && at < s->end)
		assert_int_equal(rows, SAMPLE_ROWS - 1); /* as if torn */
	else
		assert_int_equal(rows, SAMPLE_ROWS); /* dead page, or room */
	/* Nothing but room and pages that are superseded is unread. */
	assert_true(at >= WB_KEYSLOTS_HEADER);
}

static void
no_changed_bit_goes_unnoticed(void **state)
{
	const struct sample *s = *state;
	uint8_t *data;
	struct world w;
	size_t len;

	for (size_t at = 0; at < s->len;
	     at += at < WB_KEYSLOTS_HEADER + 200 ? 3 : 97) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		data[at] ^= (uint8_t)(1 << at % 8);
		expect_noticed(&w, s, at);
		world_tear_down(&w);
	}
}

static void
damage_before_the_last_record_is_reported(void **state)
{
	const struct sample *s = *state;
	struct wb_vault_key key = kit_key("p");
	struct wb_error damage;
	uint8_t *data;
	struct world w;
	size_t len;

	for (size_t i = 0; i + 1 < s->records; i++) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memset(data + s->at[i], 0, 512);
		assert_status(WB_STORAGE, world_reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-damaged");
		assert_ok(wb_vault_rescue(&w.v, &damage, WORLD_PATH, &key,
			      &w.env, &w.err),
		    &w.err);
		assert_int_equal(damage.status, WB_STORAGE);
		assert_int_equal(world_rows(&w), (int64_t)i - 1);
		/* Nothing more is written to it. */
		assert_int_not_equal(wb_db_exec(wb_vault_db(w.v),
					 "CREATE TABLE u (x)", &w.err),
		    WB_OK);
		assert_status(WB_STORAGE, wb_vault_compact(w.v, &w.err),
		    &w.err);
		data = simfs_bytes(w.fs, "vault", &len);
		assert_int_equal(len, s->len);
		assert_memory_equal(data + s->at[i] + 512,
		    s->data + s->at[i] + 512, s->len - s->at[i] - 512);
		world_tear_down(&w);
	}
}

static void
records_in_another_place_are_reported(void **state)
{
	const struct sample *s = *state;
	const struct {
		const char *what;
		size_t from; /* this record stands ... */
		size_t to; /* ... where that one stood */
	} rows[] = {
		{ "the last again behind the end", SAMPLE_ROWS,
		    SAMPLE_ROWS + 1 },
		{ "the first again behind the end", 0, SAMPLE_ROWS + 1 },
		{ "a later one instead of an earlier", 9, 4 },
		{ "an earlier one instead of a later", 4, 9 },
		{ "its neighbour", 5, 4 },
		{ "an old one instead of the last", 3, SAMPLE_ROWS },
	};
	size_t from, to, len;
	uint8_t *data;
	struct world w;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		from = s->at[rows[i].from];
		to = rows[i].to > SAMPLE_ROWS ? s->end : s->at[rows[i].to];
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		len = 4096;
		if (len > s->len - to)
			len = s->len - to;
		memcpy(data + to, s->data + from, len);
		print_message("%s\n", rows[i].what);
		assert_status(WB_FORGED, world_reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-altered");
		world_tear_down(&w);
	}
}

static void
a_record_left_out_is_reported(void **state)
{
	const struct sample *s = *state;
	uint8_t *data;
	struct world w;
	size_t len;

	for (size_t i = 0; i + 1 < s->records; i++) {
		world_set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memmove(data + s->at[i], data + s->at[i + 1],
		    len - s->at[i + 1]);
		assert_status(WB_FORGED, world_reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-altered");
		world_tear_down(&w);
	}
}

/* Goes on from a copy of the sample's beginning; its own nonces. */
static void
fork_history(struct world *w, const struct sample *s, uint64_t seed,
    size_t ends[2])
{
	world_set_up(w);
	w->seed = seed;
	simfs_put(w->fs, "vault", s->data, s->at[SAMPLE_ROWS - 2]);
	assert_ok(world_reopen(w), &w->err);
	for (uint64_t n = 0; n < 2; n++) {
		assert_ok(kit_add(wb_vault_db(w->v), SAMPLE_ROWS - 2 + n,
			      &w->err),
		    &w->err);
		ends[n] = world_log_end(w);
	}
	wb_vault_close(&w->v);
}

/*
 * Two histories go on from one copy.  A record of one in the other is true and
 * has the right number, but follows another record than it did.
 */
static void
records_of_another_history_are_reported(void **state)
{
	const struct sample *s = *state;
	size_t ends[2], same[2], len;
	struct world w, other;
	uint8_t *data;

	fork_history(&w, s, 98, ends);
	fork_history(&other, s, 99, same);
	assert_memory_equal(ends, same, sizeof ends);
	data = simfs_bytes(w.fs, "vault", &len);
	memcpy(data + ends[0], simfs_bytes(other.fs, "vault", &len) + ends[0],
	    ends[1] - ends[0]);
	assert_status(WB_FORGED, world_reopen(&w), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-altered");
	world_tear_down(&other);
	world_tear_down(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_cut_anywhere_is_an_earlier_state),
		cmocka_unit_test(a_closed_vault_that_is_cut_is_damaged),
		cmocka_unit_test(a_changed_bit_in_its_last_record_is_damage),
		cmocka_unit_test(a_count_that_does_not_open_says_nothing),
		cmocka_unit_test(no_changed_bit_goes_unnoticed),
		cmocka_unit_test(damage_before_the_last_record_is_reported),
		cmocka_unit_test(records_in_another_place_are_reported),
		cmocka_unit_test(a_record_left_out_is_reported),
		cmocka_unit_test(records_of_another_history_are_reported),
	};

	return cmocka_run_group_tests(tests, sample_make, sample_free);
}
