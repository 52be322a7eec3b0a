/* What a vault promises when the medium, or somebody, changes it. */
#include <errno.h>
#include <stdlib.h>

#include "client/vault/keyslots.h"
#include "client/vault/pagelog.h"
#include "client/vault/pagerec.h"
#include "client/vault/vault.h"

#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"
#include "tests/unit/check.h"

#define PATH "dir/vault"
#define ROWS 24
#define MAX_RECORDS (ROWS + 8)
#define FRONT (WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT) /* before records */

/* A vault of one record a row, made once; tests work on copies. */
struct sample {
	uint8_t *data;
	size_t len; /* with the room at its end */
	size_t at[MAX_RECORDS]; /* where each record begins */
	size_t records;
	size_t end; /* of the last record */
	uint8_t front[FRONT]; /* once it was closed */
};

struct world {
	struct simfs *fs;
	uint64_t seed;
	struct wb_vault_env env;
	struct wb_vault *v;
	struct wb_error err;
};

static void
set_up(struct world *w)
{
	*w = (struct world){ .fs = simfs_new(), .seed = 11 };
	w->env = kit_env(simfs_ops(w->fs), &w->seed);
}

static void
tear_down(struct world *w)
{
	wb_vault_close(&w->v);
	simfs_free(&w->fs);
}

static enum wb_status
reopen(struct world *w)
{
	struct wb_vault_key key = kit_key("p");

	wb_vault_close(&w->v);
	w->err = (struct wb_error){ 0 };
	return wb_vault_open(&w->v, PATH, &key, &w->env, &w->err);
}

static void
create(struct world *w)
{
	struct wb_vault_key key = kit_key("p");

	assert_ok(wb_vault_create(&w->v, PATH, &key, &w->env, &w->err),
	    &w->err);
	assert_ok(kit_begin(wb_vault_db(w->v), &w->err), &w->err);
}

/* Where the last record ends, from what the vault says of itself. */
static size_t
log_end(struct world *w)
{
	struct wb_vault_stats stats;

	wb_vault_stats(&stats, w->v);
	return (size_t)stats.used;
}

static int
make_sample(void **state)
{
	struct sample *s = calloc(1, sizeof *s);
	struct wb_error err = { 0 };
	struct world w;
	uint8_t *data;
	size_t len;

	assert_non_null(s);
	assert_ok(wb_crypto_start(&err), &err);
	set_up(&w);
	s->at[0] = FRONT;
	create(&w);
	s->records = 1;
	for (uint64_t n = 1; n <= ROWS; n++) {
		s->at[s->records++] = log_end(&w);
		assert_ok(kit_add(wb_vault_db(w.v), n, &w.err), &w.err);
	}
	s->end = log_end(&w);
	data = simfs_bytes(w.fs, "vault", &s->len);
	s->data = malloc(s->len);
	assert_non_null(s->data);
	memcpy(s->data, data, s->len);
	wb_vault_close(&w.v);
	data = simfs_bytes(w.fs, "vault", &len);
	assert_int_equal(len, s->len);
	memcpy(s->front, data, sizeof s->front);
	tear_down(&w);
	*state = s;
	return 0;
}

static int
free_sample(void **state)
{
	struct sample *s = *state;

	free(s->data);
	free(s);
	return 0;
}

/* Rows that can be read, or -1 where there is no table yet. */
static int64_t
rows_of(struct world *w)
{
	uint64_t n;

	w->err = (struct wb_error){ 0 };
	return kit_check(wb_vault_db(w->v), &n, &w->err) == WB_OK ? (int64_t)n
								  : -1;
}

static void
a_file_cut_anywhere_is_an_earlier_state(void **state)
{
	const struct sample *s = *state;
	struct world w;
	int64_t want;

	for (size_t len = 0; len <= s->len; len += 511) {
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, len);
		if (len < FRONT) {
			assert_status(WB_STORAGE, reopen(&w), &w.err);
			assert_string_equal(wb_error_id(&w.err),
			    len < WB_KEYSLOTS_HEADER ? "not-a-vault"
						     : "vault-damaged");
			tear_down(&w);
			continue;
		}
		want = -1;
		for (size_t i = 1; i < s->records && s->at[i] <= len; i++)
			want = (int64_t)i - 1;
		if (s->end <= len)
			want = ROWS;
		assert_ok(reopen(&w), &w.err);
		assert_int_equal(rows_of(&w), want);
		/* And it goes on from there. */
		if (want >= 0)
			assert_ok(kit_add(wb_vault_db(w.v), (uint64_t)want + 1,
				      &w.err),
			    &w.err);
		assert_ok(reopen(&w), &w.err);
		assert_int_equal(rows_of(&w), want < 0 ? -1 : want + 1);
		tear_down(&w);
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

	for (size_t len = FRONT; len < s->end; len += 511) {
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, len);
		memcpy(simfs_bytes(w.fs, "vault", &(size_t){ 0 }), s->front,
		    sizeof s->front);
		for (int again = 0; again < 2; again++) {
			assert_status(WB_STORAGE, reopen(&w), &w.err);
			assert_string_equal(wb_error_id(&w.err),
			    "vault-damaged");
		}
		assert_ok(wb_vault_rescue(&w.v, &damage, PATH, &key, &w.env,
			      &w.err),
		    &w.err);
		tear_down(&w);
	}
	set_up(&w);
	simfs_put(w.fs, "vault", s->data, s->end);
	memcpy(simfs_bytes(w.fs, "vault", &(size_t){ 0 }), s->front,
	    sizeof s->front);
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), ROWS);
	tear_down(&w);
}

static void
a_changed_bit_in_its_last_record_is_damage(void **state)
{
	const struct sample *s = *state;
	uint8_t *data;
	struct world w;
	size_t len;

	for (size_t at = s->at[s->records - 1]; at < s->end; at += 61) {
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memcpy(data, s->front, sizeof s->front);
		data[at] ^= (uint8_t)(1 << at % 8);
		assert_status(WB_STORAGE, reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-damaged");
		tear_down(&w);
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
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memcpy(data, s->front, sizeof s->front);
		data[at] ^= (uint8_t)(1 << at % 8);
		assert_ok(reopen(&w), &w.err);
		assert_int_equal(rows_of(&w), ROWS);
		tear_down(&w);
	}
}

/* What one changed bit at `at` must lead to. */
static void
expect_noticed(struct world *w, const struct sample *s, size_t at)
{
	enum wb_status st = reopen(w);
	struct wb_error damage;
	struct wb_vault_key key = kit_key("p");
	int64_t rows;

	if (at < WB_KEYSLOTS_HEADER && st == WB_LOCKED)
		return; /* salt, or the slot in use */
	if (st != WB_OK) {
		assert_true(st == WB_STORAGE);
		assert_string_equal(wb_error_id(&w->err), "vault-damaged");
		/* A record's end, or a page without which nothing opens. */
		st = wb_vault_rescue(&w->v, &damage, PATH, &key, &w->env,
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
	rows = rows_of(w);
	if (at >= s->at[s->records - 1] && at < s->end)
		assert_int_equal(rows, ROWS - 1); /* as if torn */
	else
		assert_int_equal(rows, ROWS); /* dead page, or room */
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
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		data[at] ^= (uint8_t)(1 << at % 8);
		expect_noticed(&w, s, at);
		tear_down(&w);
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
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memset(data + s->at[i], 0, 512);
		assert_status(WB_STORAGE, reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-damaged");
		assert_ok(wb_vault_rescue(&w.v, &damage, PATH, &key, &w.env,
			      &w.err),
		    &w.err);
		assert_int_equal(damage.status, WB_STORAGE);
		assert_int_equal(rows_of(&w), (int64_t)i - 1);
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
		tear_down(&w);
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
		{ "the last again behind the end", ROWS, ROWS + 1 },
		{ "the first again behind the end", 0, ROWS + 1 },
		{ "a later one instead of an earlier", 9, 4 },
		{ "an earlier one instead of a later", 4, 9 },
		{ "its neighbour", 5, 4 },
		{ "an old one instead of the last", 3, ROWS },
	};
	size_t from, to, len;
	uint8_t *data;
	struct world w;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		from = s->at[rows[i].from];
		to = rows[i].to > ROWS ? s->end : s->at[rows[i].to];
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		len = 4096;
		if (len > s->len - to)
			len = s->len - to;
		memcpy(data + to, s->data + from, len);
		print_message("%s\n", rows[i].what);
		assert_status(WB_FORGED, reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-altered");
		tear_down(&w);
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
		set_up(&w);
		simfs_put(w.fs, "vault", s->data, s->len);
		data = simfs_bytes(w.fs, "vault", &len);
		memmove(data + s->at[i], data + s->at[i + 1],
		    len - s->at[i + 1]);
		assert_status(WB_FORGED, reopen(&w), &w.err);
		assert_string_equal(wb_error_id(&w.err), "vault-altered");
		tear_down(&w);
	}
}

/* Goes on from a copy of the sample's beginning; its own nonces. */
static void
fork_history(struct world *w, const struct sample *s, uint64_t seed,
    size_t ends[2])
{
	set_up(w);
	w->seed = seed;
	simfs_put(w->fs, "vault", s->data, s->at[ROWS - 2]);
	assert_ok(reopen(w), &w->err);
	for (uint64_t n = 0; n < 2; n++) {
		assert_ok(kit_add(wb_vault_db(w->v), ROWS - 2 + n, &w->err),
		    &w->err);
		ends[n] = log_end(w);
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
	assert_status(WB_FORGED, reopen(&w), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-altered");
	tear_down(&other);
	tear_down(&w);
}

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
		assert_int_equal(rows_of(w), (int64_t)n - 1);
		assert_ok(kit_add(wb_vault_db(w->v), n, &w->err), &w->err);
	}
}

static void
goes_on_after_a_full_disk(void **state)
{
	uint64_t n = 0;
	struct world w;

	(void)state;
	set_up(&w);
	create(&w);
	for (uint64_t more = 0; more < 80000; more += 1000)
		add_with_little_room(&w, ++n, more + 1);
	assert_int_equal(rows_of(&w), (int64_t)n);
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), (int64_t)n);
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
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), (int64_t)n);
	tear_down(&w);
}

static void
writes_no_more_after_a_failed_sync(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	create(&w);
	for (uint64_t n = 1; n <= 5; n++)
		assert_ok(kit_add(wb_vault_db(w.v), n, &w.err), &w.err);
	simfs_fail_only(w.fs, "fdatasync");
	simfs_fail(w.fs, 1, EIO, false);
	assert_status(WB_STORAGE, kit_add(wb_vault_db(w.v), 6, &w.err), &w.err);
	simfs_fail(w.fs, 0, 0, false);
	/* The next would succeed, and be a lie. */
	assert_status(WB_STORAGE, kit_add(wb_vault_db(w.v), 6, &w.err), &w.err);
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), 5);
	tear_down(&w);
}

static void
writes_no_more_when_a_rename_may_not_last(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	create(&w);
	simfs_fail_only(w.fs, "fsync"); /* of the directory */
	simfs_fail(w.fs, 1, EIO, false);
	assert_status(WB_STORAGE, wb_vault_compact(w.v, &w.err), &w.err);
	assert_true(simfs_failed(w.fs));
	assert_status(WB_STORAGE, kit_add(wb_vault_db(w.v), 1, &w.err), &w.err);
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), 0);
	tear_down(&w);
}

/* Puts a compacted file in the vault's place between opening and locking. */
static int
lock_too_late(void *ctx, int fd)
{
	struct world *w = ctx;
	const struct wb_file_ops *sim = simfs_ops(w->fs);

	(void)sim->rename(sim->ctx, "dir/compacted", PATH);
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

	set_up(&w);
	simfs_put(w.fs, "vault", s->data, s->len);
	assert_ok(reopen(&w), &w.err);
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
	assert_status(WB_LOCKED, wb_vault_open(&w.v, PATH, &key, &env, &w.err),
	    &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-busy");
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), ROWS);
	tear_down(&w);
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

	st = wb_vault_open(&w->v, PATH, &key, &w->env, &err);
	for (uint64_t n = ROWS + 1; st == WB_OK && n <= ROWS + 8; n++) {
		if (n == ROWS + 4)
			st = wb_vault_compact(w->v, &err);
		if (st == WB_OK && n == ROWS + 7)
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
	int64_t told = ROWS, rows;
	struct world w;

	set_up(&w);
	simfs_put(w.fs, "vault", s->data, s->len);
	simfs_fail(w.fs, nth, error, forever);
	live(&w, &told);
	*failed = simfs_failed(w.fs);
	simfs_fail(w.fs, 0, 0, false);
	assert_ok(reopen(&w), &w.err);
	rows = rows_of(&w);
	assert_true(rows == told || rows == told + 1);
	assert_int_equal(simfs_names(w.fs), 1);
	assert_ok(kit_add(wb_vault_db(w.v), (uint64_t)rows + 1, &w.err),
	    &w.err);
	assert_ok(reopen(&w), &w.err);
	assert_int_equal(rows_of(&w), rows + 1);
	tear_down(&w);
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
		set_up(&w);
		simfs_fail(w.fs, nth, EIO, false);
		st = wb_vault_create(&w.v, PATH, &key, &w.env, &w.err);
		failed = simfs_failed(w.fs);
		simfs_fail(w.fs, 0, 0, false);
		assert_true(st == WB_OK || failed);
		st = reopen(&w);
		if (st == WB_NOT_FOUND)
			assert_ok(wb_vault_create(&w.v, PATH, &key, &w.env,
				      &w.err),
			    &w.err);
		assert_int_equal(simfs_names(w.fs), 1);
		tear_down(&w);
	}
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
		cmocka_unit_test(goes_on_after_a_full_disk),
		cmocka_unit_test(writes_no_more_after_a_failed_sync),
		cmocka_unit_test(writes_no_more_when_a_rename_may_not_last),
		cmocka_unit_test(does_not_work_on_a_file_that_lost_its_name),
		cmocka_unit_test(loses_nothing_whichever_call_fails),
		cmocka_unit_test(is_made_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, make_sample, free_sample);
}
