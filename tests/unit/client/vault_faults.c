/* What a vault promises when calls of the system fail. */
#include <errno.h>

#include "tests/unit/client/vaultworld.h"

/* Adds a row; the same with room again must do. */
static void
add_with_little_room(struct world *w, uint64_t n, uint64_t more)
{
	enum wb_status st;
	size_t len;

	(void)simfs_bytes(w->fs, "vault", &len);
	simfs_set_space(w->fs, len + more);
	st = kit_add(wb_vault_db(w->v), n, &w->err);
	simfs_set_space(w->fs, 0);
	if (st != WB_OK) {
		assert_int_equal(st, WB_STORAGE);
		assert_int_equal(world_rows(w), (int64_t)n - 1);
		assert_ok(kit_add(wb_vault_db(w->v), n, &w->err), &w->err);
	}
}

static void
goes_on_after_a_full_disk(void **state)
{
	uint64_t n = 0;
	struct world w;

	(void)state;
	world_set_up(&w);
	world_create(&w);
	for (uint64_t more = 0; more < 80000; more += 1000)
		add_with_little_room(&w, ++n, more + 1);
	assert_int_equal(world_rows(&w), (int64_t)n);
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), (int64_t)n);
	/* Nor does a compaction need room to fail well. */
	for (uint64_t more = 1; more < 60000; more += 3000) {
		size_t len;

		(void)simfs_bytes(w.fs, "vault", &len);
		simfs_set_space(w.fs, len + more);
		assert_status(WB_STORAGE, wb_vault_compact(w.v, &w.err),
		    &w.err);
		simfs_set_space(w.fs, 0);
		assert_int_equal(simfs_names(w.fs), 1);
		assert_ok(kit_add(wb_vault_db(w.v), ++n, &w.err), &w.err);
	}
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), (int64_t)n);
	world_tear_down(&w);
}

static void
writes_no_more_after_a_failed_sync(void **state)
{
	struct world w;

	(void)state;
	world_set_up(&w);
	world_create(&w);
	for (uint64_t n = 1; n <= 5; n++)
		assert_ok(kit_add(wb_vault_db(w.v), n, &w.err), &w.err);
	simfs_fail_only(w.fs, "fdatasync");
	simfs_fail(w.fs, 1, EIO, false);
	assert_status(WB_STORAGE, kit_add(wb_vault_db(w.v), 6, &w.err), &w.err);
	simfs_fail(w.fs, 0, 0, false);
	/* The next would succeed, and be a lie. */
	assert_status(WB_STORAGE, kit_add(wb_vault_db(w.v), 6, &w.err), &w.err);
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), 5);
	world_tear_down(&w);
}

static void
writes_no_more_when_a_rename_may_not_last(void **state)
{
	struct world w;

	(void)state;
	world_set_up(&w);
	world_create(&w);
	simfs_fail_only(w.fs, "fsync"); /* of the directory */
	simfs_fail(w.fs, 1, EIO, false);
	assert_status(WB_STORAGE, wb_vault_compact(w.v, &w.err), &w.err);
	assert_true(simfs_failed(w.fs));
	assert_status(WB_STORAGE, kit_add(wb_vault_db(w.v), 1, &w.err), &w.err);
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), 0);
	world_tear_down(&w);
}

/* Puts a compacted file in the vault's place between opening and locking. */
static int
lock_too_late(void *ctx, int fd)
{
	struct world *w = ctx;
	const struct wb_file_ops *sim = simfs_ops(w->fs);

	(void)sim->rename(sim->ctx, "dir/compacted", WORLD_PATH);
	return sim->lock(sim->ctx, fd);
}

static int
open_in_world(void *ctx, const char *path, int flags, mode_t mode)
{
	const struct wb_file_ops *sim = simfs_ops(((struct world *)ctx)->fs);

	return sim->open(sim->ctx, path, flags, mode);
}

static int
close_in_world(void *ctx, int fd)
{
	const struct wb_file_ops *sim = simfs_ops(((struct world *)ctx)->fs);

	return sim->close(sim->ctx, fd);
}

static ssize_t
pread_in_world(void *ctx, int fd, void *out, size_t len, int64_t at)
{
	const struct wb_file_ops *sim = simfs_ops(((struct world *)ctx)->fs);

	return sim->pread(sim->ctx, fd, out, len, at);
}

static void
does_not_work_on_a_file_that_lost_its_name(void **state)
{
	const struct sample *s = *state;
	struct wb_vault_key key = kit_key("p");
	struct wb_file_ops ops = { 0 };
	struct wb_vault_env env;
	struct world w;
	size_t len;

	world_set_up(&w);
	simfs_put(w.fs, "vault", s->data, s->len);
	assert_ok(world_reopen(&w), &w.err);
	assert_ok(wb_vault_compact(w.v, &w.err), &w.err);
	wb_vault_close(&w.v);
	(void)simfs_bytes(w.fs, "vault", &len);
	simfs_put(w.fs, "compacted", simfs_bytes(w.fs, "vault", &len), len);
	simfs_put(w.fs, "vault", s->data, s->len);
	ops.ctx = &w;
	ops.open = open_in_world;
	ops.close = close_in_world;
	ops.pread = pread_in_world;
	ops.lock = lock_too_late;
	env = w.env;
	env.files = &ops;
	assert_status(WB_LOCKED,
	    wb_vault_open(&w.v, WORLD_PATH, &key, &env, &w.err), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-busy");
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), SAMPLE_ROWS);
	world_tear_down(&w);
}

/*
 * A story of opening, adding, compacting and a new passphrase.  `told` is the
 * last row that was acknowledged; stops at the first error, as a command does.
 */
static void
live(struct world *w, int64_t *told)
{
	struct wb_vault_key key = kit_key("p"), two = kit_key("two");
	struct wb_error err = { 0 };
	enum wb_status st;

	st = wb_vault_open(&w->v, WORLD_PATH, &key, &w->env, &err);
	for (uint64_t n = SAMPLE_ROWS + 1; st == WB_OK && n <= SAMPLE_ROWS + 8;
	     n++) {
		if (n == SAMPLE_ROWS + 4)
			st = wb_vault_compact(w->v, &err);
		if (st == WB_OK && n == SAMPLE_ROWS + 7)
			st = wb_vault_add_slot(w->v, NULL, &two, &err);
		if (st == WB_OK)
			st = kit_add(wb_vault_db(w->v), n, &err);
		if (st == WB_OK)
			*told = (int64_t)n;
	}
	wb_vault_close(&w->v);
}

static void
fail_once(const struct sample *s, uint64_t nth, int error, bool forever,
    bool *failed)
{
	int64_t told = SAMPLE_ROWS, rows;
	struct world w;

	world_set_up(&w);
	simfs_put(w.fs, "vault", s->data, s->len);
	simfs_fail(w.fs, nth, error, forever);
	live(&w, &told);
	*failed = simfs_failed(w.fs);
	simfs_fail(w.fs, 0, 0, false);
	assert_ok(world_reopen(&w), &w.err);
	rows = world_rows(&w);
	assert_true(rows == told || rows == told + 1);
	assert_int_equal(simfs_names(w.fs), 1);
	assert_ok(kit_add(wb_vault_db(w.v), (uint64_t)rows + 1, &w.err),
	    &w.err);
	assert_ok(world_reopen(&w), &w.err);
	assert_int_equal(world_rows(&w), rows + 1);
	world_tear_down(&w);
}

static void
loses_nothing_whichever_call_fails(void **state)
{
	static const int errors[] = { EIO, ENOSPC, ENOMEM };
	const struct sample *s = *state;
	bool failed;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		for (int forever = 0; forever < 2; forever++) {
			failed = true;
			for (uint64_t nth = 1; failed; nth++)
				fail_once(s, nth, errors[i], forever == 1,
				    &failed);
		}
	}
}

/* Making a vault: there is a whole one or none. */
static void
is_made_whole_or_not_at_all(void **state)
{
	struct wb_vault_key key = kit_key("p");
	bool failed = true;
	enum wb_status st;
	struct world w;

	(void)state;
	for (uint64_t nth = 1; failed; nth++) {
		world_set_up(&w);
		simfs_fail(w.fs, nth, EIO, false);
		st = wb_vault_create(&w.v, WORLD_PATH, &key, &w.env, &w.err);
		failed = simfs_failed(w.fs);
		simfs_fail(w.fs, 0, 0, false);
		assert_true(st == WB_OK || failed);
		st = world_reopen(&w);
		if (st == WB_NOT_FOUND)
			assert_ok(wb_vault_create(&w.v, WORLD_PATH, &key,
				      &w.env, &w.err),
			    &w.err);
		assert_int_equal(simfs_names(w.fs), 1);
		world_tear_down(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_after_a_full_disk),
		cmocka_unit_test(writes_no_more_after_a_failed_sync),
		cmocka_unit_test(writes_no_more_when_a_rename_may_not_last),
		cmocka_unit_test(does_not_work_on_a_file_that_lost_its_name),
		cmocka_unit_test(loses_nothing_whichever_call_fails),
		cmocka_unit_test(is_made_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, sample_make, sample_free);
}
