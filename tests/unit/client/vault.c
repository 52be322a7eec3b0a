/* What a vault promises while nothing breaks. */
#include "client/vault/vault.h"

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/vault/keyslots.h"
#include "client/vault/pagerec.h"

#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"
#include "tests/unit/check.h"

#define PATH "dir/vault"

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
	*w = (struct world){ .fs = simfs_new(), .seed = 7 };
	w->env = kit_env(simfs_ops(w->fs), &w->seed);
	assert_ok(wb_crypto_start(&w->err), &w->err);
}

static void
tear_down(struct world *w)
{
	wb_vault_close(&w->v);
	simfs_free(&w->fs);
}

static void
create(struct world *w, const char *passphrase)
{
	struct wb_vault_key key = kit_key(passphrase);

	assert_ok(wb_vault_create(&w->v, PATH, &key, &w->env, &w->err),
	    &w->err);
	assert_ok(kit_begin(wb_vault_db(w->v), &w->err), &w->err);
}

static enum wb_status
reopen(struct world *w, const char *passphrase)
{
	struct wb_vault_key key = kit_key(passphrase);

	wb_vault_close(&w->v);
	w->err = (struct wb_error){ 0 };
	return wb_vault_open(&w->v, PATH, &key, &w->env, &w->err);
}

static void
add_rows(struct world *w, uint64_t first, uint64_t last)
{
	for (uint64_t n = first; n <= last; n++)
		assert_ok(kit_add(wb_vault_db(w->v), n, &w->err), &w->err);
}

static void
expect_rows(struct world *w, uint64_t want)
{
	uint64_t n;

	assert_ok(kit_check(wb_vault_db(w->v), &n, &w->err), &w->err);
	assert_int_equal(n, want);
	assert_ok(wb_vault_check(w->v, &w->err), &w->err);
}

static void
keeps_what_was_committed(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "correct horse");
	for (uint64_t n = 1; n <= 60; n++) {
		add_rows(&w, n, n);
		assert_ok(reopen(&w, "correct horse"), &w.err);
		expect_rows(&w, n);
	}
	tear_down(&w);
}

static void
undoes_what_was_rolled_back(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "p");
	add_rows(&w, 1, 5);
	assert_ok(wb_db_begin(wb_vault_db(w.v), &w.err), &w.err);
	assert_ok(wb_db_exec(wb_vault_db(w.v), "DELETE FROM t", &w.err),
	    &w.err);
	wb_db_rollback(wb_vault_db(w.v));
	expect_rows(&w, 5);
	assert_ok(reopen(&w, "p"), &w.err);
	expect_rows(&w, 5);
	tear_down(&w);
}

static void
opens_only_with_all_of_its_key(void **state)
{
	struct wb_span file = wb_span_text("bytes of a key file");
	struct wb_span other = wb_span_text("bytes of a key filf");
	const struct {
		struct wb_vault_key key;
		enum wb_status want;
	} rows[] = {
		{ { wb_span_text("pass"), file }, WB_OK },
		{ { wb_span_text("pasS"), file }, WB_LOCKED },
		{ { wb_span_text("pass "), file }, WB_LOCKED },
		{ { wb_span_text("pass"), other }, WB_LOCKED },
		{ { wb_span_text("pass"), wb_span(NULL, 0) }, WB_LOCKED },
		{ { wb_span_text(""), file }, WB_INVALID },
	};
	struct world w;

	(void)state;
	set_up(&w);
	assert_ok(wb_vault_create(&w.v, PATH, &rows[0].key, &w.env, &w.err),
	    &w.err);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		wb_vault_close(&w.v);
		assert_status(rows[i].want,
		    wb_vault_open(&w.v, PATH, &rows[i].key, &w.env, &w.err),
		    &w.err);
		assert_true((w.v != NULL) == (rows[i].want == WB_OK));
		if (rows[i].want == WB_LOCKED)
			assert_string_equal(wb_error_id(&w.err),
			    "vault-locked");
	}
	tear_down(&w);
}

static void
refuses_a_second_command(void **state)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_vault *second = NULL;
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "p");
	assert_status(WB_LOCKED,
	    wb_vault_open(&second, PATH, &key, &w.env, &w.err), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-busy");
	assert_ok(wb_vault_compact(w.v, &w.err), &w.err);
	assert_status(WB_LOCKED,
	    wb_vault_open(&second, PATH, &key, &w.env, &w.err), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-busy");
	assert_null(second);
	tear_down(&w);
}

static void
never_overwrites_what_is_there(void **state)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_vault *second = NULL;
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "p");
	add_rows(&w, 1, 3);
	assert_status(WB_EXISTS,
	    wb_vault_create(&second, PATH, &key, &w.env, &w.err), &w.err);
	assert_null(second);
	assert_ok(reopen(&w, "p"), &w.err);
	expect_rows(&w, 3);
	tear_down(&w);
}

static void
says_what_cannot_be_a_vault(void **state)
{
	const struct {
		const char *name;
		size_t len;
		enum wb_status want;
		const char *id;
	} rows[] = {
		{ "empty", 0, WB_STORAGE, "not-a-vault" },
		{ "short", 4095, WB_STORAGE, "not-a-vault" },
		{ "noise", 4096, WB_LOCKED, "vault-locked" },
		{ "odd noise", 5001, WB_LOCKED, "vault-locked" },
	};
	uint8_t noise[5001];
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		set_up(&w);
		wb_random_fill(w.env.random, noise, sizeof noise);
		simfs_put(w.fs, "vault", noise, rows[i].len);
		assert_status(rows[i].want, reopen(&w, "p"), &w.err);
		assert_string_equal(wb_error_id(&w.err), rows[i].id);
		tear_down(&w);
	}
	set_up(&w);
	assert_status(WB_NOT_FOUND, reopen(&w, "p"), &w.err);
	assert_string_equal(wb_error_id(&w.err), "vault-missing");
	tear_down(&w);
}

static void
each_passphrase_has_its_own_mark(void **state)
{
	uint8_t first[WB_VAULT_MARK_LEN], second[WB_VAULT_MARK_LEN];
	struct wb_vault_key key = kit_key("two");
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "one");
	add_rows(&w, 1, 3);
	memcpy(first, wb_vault_mark(w.v), sizeof first);
	assert_ok(wb_vault_add_slot(w.v, second, &key, &w.err), &w.err);
	assert_memory_not_equal(first, second, sizeof first);
	for (int i = 0; i < 3; i++) {
		assert_ok(reopen(&w, "two"), &w.err);
		assert_memory_equal(wb_vault_mark(w.v), second, sizeof second);
		expect_rows(&w, 3);
		assert_ok(reopen(&w, "one"), &w.err);
		assert_memory_equal(wb_vault_mark(w.v), first, sizeof first);
		expect_rows(&w, 3);
		/* Neither is lost when the keys are renewed. */
		assert_ok(wb_vault_compact(w.v, &w.err), &w.err);
		assert_memory_equal(wb_vault_mark(w.v), first, sizeof first);
	}
	tear_down(&w);
}

static void
all_slots_look_alike(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "one");
	for (unsigned i = 0; i < WB_VAULT_SLOTS; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(wb_vault_slot_mark(w.v, i),
			    wb_vault_slot_mark(w.v, j), WB_VAULT_MARK_LEN);
	}
	tear_down(&w);
}

static void
a_further_passphrase_replaces_the_one_added_before(void **state)
{
	struct wb_vault_key two = kit_key("two"), three = kit_key("three"),
			    one = kit_key("one");
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "one");
	assert_ok(wb_vault_add_slot(w.v, NULL, &two, &w.err), &w.err);
	assert_status(WB_EXISTS, wb_vault_add_slot(w.v, NULL, &one, &w.err),
	    &w.err);
	assert_status(WB_EXISTS, wb_vault_add_slot(w.v, NULL, &two, &w.err),
	    &w.err);
	assert_ok(wb_vault_add_slot(w.v, NULL, &three, &w.err), &w.err);
	assert_status(WB_LOCKED, reopen(&w, "two"), &w.err);
	assert_ok(reopen(&w, "three"), &w.err);
	assert_ok(reopen(&w, "one"), &w.err);
	tear_down(&w);
}

static void
an_old_passphrase_opens_nothing(void **state)
{
	struct wb_vault_key two = kit_key("two"), new = kit_key("new");
	uint8_t mark[WB_VAULT_MARK_LEN];
	struct world w;

	(void)state;
	set_up(&w);
	create(&w, "old");
	add_rows(&w, 1, 9);
	assert_ok(wb_vault_add_slot(w.v, NULL, &two, &w.err), &w.err);
	memcpy(mark, wb_vault_mark(w.v), sizeof mark);
	assert_ok(wb_vault_change_passphrase(w.v, &new, &w.err), &w.err);
	add_rows(&w, 10, 12);
	assert_status(WB_LOCKED, reopen(&w, "old"), &w.err);
	assert_ok(reopen(&w, "two"), &w.err);
	assert_ok(reopen(&w, "new"), &w.err);
	assert_memory_equal(wb_vault_mark(w.v), mark, sizeof mark);
	expect_rows(&w, 12);
	tear_down(&w);
}

/* The keys that a vault holds after compaction, tried on what was before. */
static void
present_keys_open_no_earlier_file(void **state)
{
	struct wb_keyslots keys, now, probe = { 0 };
	uint8_t before[WB_KEYSLOTS_HEADER], root[WB_VAULT_KEY_LEN] = { 9 };
	struct wb_error err = { 0 };
	uint64_t seed = 3;
	unsigned slot;

	(void)state;
	wb_keyslots_init(&keys, check_random(&seed));
	wb_keyslots_set(&keys, 5, root);
	wb_keyslots_seal(before, &keys, check_random(&seed));
	assert_ok(wb_keyslots_open(&probe, &slot, before, root, &err), &err);
	assert_int_equal(slot, 5);
	assert_memory_equal(&probe, &keys, sizeof keys);

	now = keys;
	wb_keyslots_step(&now, check_random(&seed));
	for (unsigned i = 0; i < WB_VAULT_SLOTS; i++) {
		assert_memory_not_equal(now.slot[i].slot_key,
		    keys.slot[i].slot_key, WB_VAULT_KEY_LEN);
		assert_memory_equal(now.slot[i].mark, keys.slot[i].mark,
		    WB_VAULT_MARK_LEN);
	}
	assert_memory_not_equal(now.vault_key, keys.vault_key,
	    WB_VAULT_KEY_LEN);
	/* And yet the passphrase opens the next header too. */
	wb_keyslots_seal(before, &now, check_random(&seed));
	assert_ok(wb_keyslots_open(&probe, &slot, before, root, &err), &err);
	assert_memory_equal(&probe, &now, sizeof now);
	assert_int_equal(wb_keyslots_find(&now, root), 5);
}

static void
records_fill_whole_sectors(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 5000; n += 1 + n / 9) {
		assert_int_equal(wb_pagerec_size(n) % WB_PAGEREC_ALIGN, 0);
		assert_int_equal(wb_pagerec_page_at(n, n), wb_pagerec_size(n));
		assert_true(
		    wb_pagerec_list_size(n) >= (size_t)n * 4 + WB_AEAD_TAG_LEN);
	}
}

static bool
holds(const uint8_t *data, size_t len, const char *what)
{
	return memmem(data, len, what, strlen(what)) != NULL;
}

/* Chi-square over byte values: 255 degrees, far tails only. */
static void
expect_noise(const uint8_t *data, size_t len)
{
	double count[256] = { 0 }, want = (double)len / 256, chi = 0;

	for (size_t i = 0; i < len; i++)
		count[data[i]]++;
	for (int i = 0; i < 256; i++)
		chi += (count[i] - want) * (count[i] - want) / want;
	assert_true(chi > 150 && chi < 400);
}

static void
shows_nothing_but_noise(void **state)
{
	const uint8_t *data;
	struct world w;
	size_t len;

	(void)state;
	set_up(&w);
	create(&w, "passphrase-canary");
	add_rows(&w, 1, 80);
	data = simfs_bytes(w.fs, "vault", &len);
	assert_false(holds(data, len, "SQLite format"));
	assert_false(holds(data, len, "CREATE TABLE"));
	assert_false(holds(data, len, "AAAAAAAA"));
	assert_false(holds(data, len, "canary"));
	expect_noise(data, len);
	expect_noise(data, WB_KEYSLOTS_HEADER);
	tear_down(&w);
}

static void
compaction_keeps_the_present_only(void **state)
{
	struct wb_vault_stats before, after;
	struct wb_error damage;
	uint8_t *old, *now;
	struct world w;
	size_t len;

	(void)state;
	set_up(&w);
	create(&w, "p");
	add_rows(&w, 1, 120);
	now = simfs_bytes(w.fs, "vault", &len);
	old = malloc(len);
	assert_non_null(old);
	memcpy(old, now, len);
	wb_vault_stats(&before, w.v);
	assert_ok(wb_vault_compact(w.v, &w.err), &w.err);
	wb_vault_stats(&after, w.v);
	assert_int_equal(after.records, 1);
	assert_true(after.dead < before.dead);
	assert_int_equal(after.live, before.live);
	now = simfs_bytes(w.fs, "vault", &len);
	assert_memory_not_equal(now + WB_ARGON_SALT_LEN,
	    old + WB_ARGON_SALT_LEN, WB_KEYSLOTS_HEADER - WB_ARGON_SALT_LEN);
	assert_int_equal(simfs_names(w.fs), 1);
	expect_rows(&w, 120);
	add_rows(&w, 121, 125);
	assert_ok(reopen(&w, "p"), &w.err);
	expect_rows(&w, 125);

	/* A new record does not fit behind an old header, or the reverse. */
	wb_vault_close(&w.v);
	memcpy(simfs_bytes(w.fs, "vault", &len), old, WB_KEYSLOTS_HEADER);
	assert_ok(reopen(&w, "p"), &w.err);
	wb_vault_close(&w.v);
	assert_ok(wb_vault_rescue(&w.v, &damage, PATH,
		      &(struct wb_vault_key){ wb_span_text("p"),
			  wb_span(NULL, 0) },
		      &w.env, &w.err),
	    &w.err);
	wb_vault_stats(&after, w.v);
	assert_int_equal(after.records, 0);
	free(old);
	tear_down(&w);
}

static void
compacts_by_itself(void **state)
{
	struct wb_vault_stats stats;
	struct world w;
	uint64_t most = 0;

	(void)state;
	set_up(&w);
	create(&w, "p");
	for (uint64_t n = 1; n <= 1500; n++) {
		add_rows(&w, n, n);
		wb_vault_stats(&stats, w.v);
		if (stats.dead > most)
			most = stats.dead;
	}
	assert_true(stats.records < 1500);
	assert_true(most < stats.live * 3 + ((uint64_t)6 << 20));
	expect_rows(&w, 1500);
	assert_ok(reopen(&w, "p"), &w.err);
	expect_rows(&w, 1500);
	tear_down(&w);
}

static void
has_no_way_around_the_one_file(void **state)
{
	static const char *const rows[] = {
		"ATTACH 'other' AS o",
		"ATTACH '' AS o",
		"VACUUM INTO 'copy'",
		"PRAGMA journal_mode=WAL; DELETE FROM t",
		"PRAGMA journal_mode=DELETE; DELETE FROM t",
		"PRAGMA journal_mode=TRUNCATE; DELETE FROM t",
		"PRAGMA journal_mode=PERSIST; DELETE FROM t",
	};
	enum wb_status st;
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		set_up(&w);
		create(&w, "p");
		add_rows(&w, 1, 20);
		st = wb_db_exec(wb_vault_db(w.v), rows[i], &w.err);
		assert_int_not_equal(st, WB_OK);
		assert_int_equal(simfs_names(w.fs), 1);
		assert_ok(reopen(&w, "p"), &w.err);
		expect_rows(&w, 20);
		tear_down(&w);
	}
}

/* The header of a file that may have lost its name, through `fd`. */
static void
header_of(uint8_t out[WB_KEYSLOTS_HEADER], struct world *w, int fd)
{
	const struct wb_file_ops *ops = simfs_ops(w->fs);

	assert_int_equal(ops->pread(ops->ctx, fd, out, WB_KEYSLOTS_HEADER, 0),
	    WB_KEYSLOTS_HEADER);
}

static void
expect_slots_destroyed(struct world *w, int fd, const uint8_t *before)
{
	uint8_t after[WB_KEYSLOTS_HEADER];

	header_of(after, w, fd);
	for (size_t at = 0; at < sizeof after; at += 64)
		assert_memory_not_equal(after + at, before + at, 64);
}

static void
the_file_before_compaction_loses_its_keys(void **state)
{
	uint8_t before[WB_KEYSLOTS_HEADER];
	const struct wb_file_ops *ops;
	struct world w;
	int fd;

	(void)state;
	set_up(&w);
	create(&w, "p");
	ops = simfs_ops(w.fs);
	fd = ops->open(ops->ctx, PATH, 0, 0);
	header_of(before, &w, fd);
	assert_ok(wb_vault_compact(w.v, &w.err), &w.err);
	expect_slots_destroyed(&w, fd, before);
	tear_down(&w);
}

static void
is_destroyed_while_in_use(void **state)
{
	uint8_t before[WB_KEYSLOTS_HEADER];
	const struct wb_file_ops *ops;
	struct world w;
	int fd;

	(void)state;
	set_up(&w);
	create(&w, "p");
	ops = simfs_ops(w.fs);
	fd = ops->open(ops->ctx, PATH, 0, 0);
	header_of(before, &w, fd);
	assert_ok(wb_vault_destroy(PATH, &w.env, &w.err), &w.err);
	expect_slots_destroyed(&w, fd, before);
	assert_int_equal(simfs_names(w.fs), 0);
	assert_status(WB_NOT_FOUND, reopen(&w, "p"), &w.err);
	assert_ok(wb_vault_destroy(PATH, &w.env, &w.err), &w.err);
	tear_down(&w);
}

/* A directory of its own on the disk; the caller frees the path's parts. */
static void
temporary(char *dir, size_t len)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(dir, len, "%s/waybill-vault-XXXXXX",
	    base == NULL ? "/tmp" : base);
	assert_non_null(mkdtemp(dir));
}

static int
entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static void
lives_on_a_disk_with_the_real_derivation(void **state)
{
	struct wb_vault_key key = kit_key("real"), wrong = kit_key("Real");
	struct wb_error err = { 0 };
	struct wb_vault *v = NULL;
	char dir[200], path[256];
	struct stat info;
	uint64_t n;

	(void)state;
	assert_ok(wb_crypto_start(&err), &err);
	temporary(dir, sizeof dir);
	(void)snprintf(path, sizeof path, "%s/vault", dir);
	assert_ok(wb_vault_create(&v, path, &key, NULL, &err), &err);
	assert_ok(kit_begin(wb_vault_db(v), &err), &err);
	for (n = 1; n <= 30; n++) {
		assert_ok(kit_add(wb_vault_db(v), n, &err), &err);
		assert_int_equal(entries(dir), 1);
	}
	assert_ok(wb_vault_compact(v, &err), &err);
	assert_int_equal(entries(dir), 1);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	wb_vault_close(&v);
	assert_status(WB_LOCKED, wb_vault_open(&v, path, &wrong, NULL, &err),
	    &err);
	assert_ok(wb_vault_open(&v, path, &key, NULL, &err), &err);
	assert_ok(kit_check(wb_vault_db(v), &n, &err), &err);
	assert_int_equal(n, 30);
	wb_vault_close(&v);
	assert_ok(wb_vault_destroy(path, NULL, &err), &err);
	assert_int_equal(entries(dir), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_committed),
		cmocka_unit_test(undoes_what_was_rolled_back),
		cmocka_unit_test(opens_only_with_all_of_its_key),
		cmocka_unit_test(refuses_a_second_command),
		cmocka_unit_test(never_overwrites_what_is_there),
		cmocka_unit_test(says_what_cannot_be_a_vault),
		cmocka_unit_test(each_passphrase_has_its_own_mark),
		cmocka_unit_test(all_slots_look_alike),
		cmocka_unit_test(
		    a_further_passphrase_replaces_the_one_added_before),
		cmocka_unit_test(an_old_passphrase_opens_nothing),
		cmocka_unit_test(present_keys_open_no_earlier_file),
		cmocka_unit_test(records_fill_whole_sectors),
		cmocka_unit_test(shows_nothing_but_noise),
		cmocka_unit_test(compaction_keeps_the_present_only),
		cmocka_unit_test(compacts_by_itself),
		cmocka_unit_test(has_no_way_around_the_one_file),
		cmocka_unit_test(the_file_before_compaction_loses_its_keys),
		cmocka_unit_test(is_destroyed_while_in_use),
		cmocka_unit_test(lives_on_a_disk_with_the_real_derivation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
