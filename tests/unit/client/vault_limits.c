/* A vault where its world ends: disks, paths, and nobody who wants errors. */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/client/vaultworld.h"

#define MANY 200 /* rows, and about as many pages */

static void
put_sample(struct world *w, const struct sample *s)
{
	world_set_up(w);
	simfs_put(w->fs, "vault", s->data, s->len);
}

static void
each_word_for_a_full_disk_lets_it_go_on(void **state)
{
	static const int errors[] = { ENOSPC, EDQUOT, EFBIG };
	struct world w;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		put_sample(&w, *state);
		assert_ok(world_reopen(&w), &w.err);
		simfs_fail_only(w.fs, "pwrite");
		simfs_fail(w.fs, 1, errors[i], true);
		assert_status(WB_STORAGE,
		    kit_add(wb_vault_db(w.v), SAMPLE_ROWS + 1, &w.err), &w.err);
		assert_string_equal(w.err.text, "the disk is full");
		simfs_fail(w.fs, 0, 0, false);
		assert_ok(kit_add(wb_vault_db(w.v), SAMPLE_ROWS + 1, &w.err),
		    &w.err);
		assert_int_equal(world_rows(&w), SAMPLE_ROWS + 1);
		world_tear_down(&w);
	}
}

static void
a_medium_that_fails_in_other_ways_is_at_fault_too(void **state)
{
	struct world w;

	put_sample(&w, *state);
	simfs_fail_only(w.fs, "pread");
	simfs_fail(w.fs, 1, EINVAL, false);
	assert_status(WB_FAILED, world_reopen(&w), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-io");
	world_tear_down(&w);
}

/* All rows anew: most of the file is dead after a few times. */
static void
change_all(struct world *w, int64_t value)
{
	struct wb_stmt *q;

	assert_ok(wb_db_begin(wb_vault_db(w->v), &w->err), &w->err);
	assert_ok(wb_db_prepare(&q, wb_vault_db(w->v), "UPDATE t SET seen = ?",
		      &w->err),
	    &w->err);
	wb_bind_int(q, 1, value);
	assert_ok(wb_run(q, &w->err), &w->err);
	assert_ok(wb_db_commit(wb_vault_db(w->v), &w->err), &w->err);
}

/* Commits count the records until a compaction begins to count anew. */
static uint64_t
records(struct world *w)
{
	struct wb_vault_stats stats;

	wb_vault_stats(&stats, w->v);
	return stats.records;
}

static void
commits_go_on_where_it_cannot_compact_by_itself(void **state)
{
	uint64_t before;
	struct world w;

	(void)state;
	world_set_up(&w);
	world_create(&w);
	for (uint64_t n = 1; n <= MANY; n++)
		assert_ok(kit_add(wb_vault_db(w.v), n, &w.err), &w.err);
	assert_ok(wb_vault_compact(w.v, &w.err), &w.err);
	before = records(&w);
	simfs_fail_only(w.fs, "rename");
	simfs_fail(w.fs, 1, EIO, true);
	for (int64_t i = 1; i <= 24; i++)
		change_all(&w, i);
	assert_true(simfs_failed(w.fs));
	assert_int_equal(records(&w), before + 24);
	/* It was not tried each time; once it succeeds all is well again. */
	assert_in_range(simfs_calls(w.fs), 1, 2);
	simfs_fail(w.fs, 0, 0, false);
	simfs_fail_only(w.fs, NULL);
	for (int64_t i = 25; i <= 70; i++)
		change_all(&w, i);
	assert_true(records(&w) < before + 24);
	assert_int_equal(world_rows(&w), MANY);
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), MANY);
	assert_int_equal(simfs_names(w.fs), 1);
	world_tear_down(&w);
}

static void
a_path_that_leaves_no_room_for_new_is_too_long(void **state)
{
	struct wb_vault_key key = kit_key("p");
	char *path = calloc(1, WB_MAX_PATH);
	struct world w;

	(void)state;
	assert_non_null(path);
	world_set_up(&w);
	memset(path, 'x', WB_MAX_PATH - 4);
	assert_status(WB_INVALID,
	    wb_vault_create(&w.v, path, &key, &w.env, &w.err), &w.err);
	assert_null(w.v);
	assert_status(WB_INVALID, wb_vault_destroy(path, &w.env, &w.err),
	    &w.err);
	path[200] = '\0';
	assert_ok(wb_vault_create(&w.v, path, &key, &w.env, &w.err), &w.err);
	free(path);
	world_tear_down(&w);
}

static void
errors_need_not_be_wanted(void **state)
{
	struct wb_vault_key wrong = kit_key("q"), right = kit_key("p");
	const struct sample *s = *state;
	struct world w;
	size_t len;

	put_sample(&w, s);
	assert_int_equal(wb_vault_open(&w.v, WORLD_PATH, &wrong, &w.env, NULL),
	    WB_LOCKED);
	simfs_bytes(w.fs, "vault", &len)[s->at[2]] ^= 1;
	assert_int_equal(wb_vault_open(&w.v, WORLD_PATH, &right, &w.env, NULL),
	    WB_STORAGE);
	assert_null(w.v);
	world_tear_down(&w);
}

/* The vault key and one mark are known then, but not the other slots. */
static void
a_damaged_header_is_not_made_anew(void **state)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_error damage;
	struct world w;
	size_t len;

	put_sample(&w, *state);
	simfs_bytes(w.fs, "vault", &len)[WB_KEYSLOTS_HEADER - 1] ^= 1;
	assert_ok(wb_vault_rescue(&w.v, &damage, WORLD_PATH, &key, &w.env,
		      &w.err),
	    &w.err);
	assert_int_equal(damage.status, WB_STORAGE);
	assert_int_equal(world_rows(&w), SAMPLE_ROWS);
	assert_status(WB_STORAGE, wb_vault_compact(w.v, &w.err), &w.err);
	assert_int_equal(simfs_names(w.fs), 1);
	world_tear_down(&w);
}

static void
only_what_damage_explains_is_put_down_to_it(void **state)
{
	static const struct {
		enum wb_status status;
		bool damaged;
		const char *id;
	} rows[] = {
		{ WB_STORAGE, false, "vault-io" },
		{ WB_FAILED, true, "vault-io" },
		{ WB_STORAGE, true, "vault-damaged" },
	};
	const struct sample *s = *state;
	struct world w;
	size_t len;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		put_sample(&w, s);
		assert_ok(world_reopen(&w), &w.err);
		if (rows[i].damaged) {
			memset(simfs_bytes(w.fs, "vault", &len) + s->at[0], 0,
			    s->end - s->at[0]);
			assert_status(WB_STORAGE, wb_vault_check(w.v, &w.err),
			    &w.err);
		}
		(void)wb_advise(&w.err,
		    wb_fail(&w.err, rows[i].status, "it is so"), "vault-io",
		    NULL);
		assert_int_equal(wb_vault_explain(w.v, rows[i].status, &w.err),
		    rows[i].status);
		assert_string_equal(wb_error_id(&w.err), rows[i].id);
		world_tear_down(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_for_a_full_disk_lets_it_go_on),
		cmocka_unit_test(
		    a_medium_that_fails_in_other_ways_is_at_fault_too),
		cmocka_unit_test(
		    commits_go_on_where_it_cannot_compact_by_itself),
		cmocka_unit_test(
		    a_path_that_leaves_no_room_for_new_is_too_long),
		cmocka_unit_test(errors_need_not_be_wanted),
		cmocka_unit_test(a_damaged_header_is_not_made_anew),
		cmocka_unit_test(only_what_damage_explains_is_put_down_to_it),
	};

	return cmocka_run_group_tests(tests, sample_make, sample_free);
}
