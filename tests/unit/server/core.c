#include "server/core.h"

#include <sys/resource.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/server/programme.h"

static int
set_up(void **state)
{
	static struct programme p;

	programme_make(&p);
	programme_open(&p);
	log_first_roster(&p);
	*state = &p;
	return 0;
}

static int
tear_down(void **state)
{
	programme_remove(*state);
	return 0;
}

static void
log_batch(struct programme *p, uint64_t sequence)
{
	struct sent s;

	make_batch(&s, p, K1, sequence, 300);
	(void)expect(p, &s, WB_LOGGED, NULL);
	sent_clear(&s);
}

/* Copies a file of the log's folder, in or out of it. */
static void
copy(struct programme *p, const char *from, const char *to)
{
	char command[3 * WB_MAX_PATH];

	(void)snprintf(command, sizeof command, "cp '%s/%s' '%s/%s'",
	    p->settings.dir, from, p->settings.dir, to);
	assert_int_equal(system(command), 0);
}

static enum wb_status
open_again(struct programme *p)
{
	return wb_core_open(&p->core, &p->settings, wb_clock_system(), NULL,
	    &p->err);
}

static void
newest_checkpoint(struct wb_head *out, struct programme *p)
{
	struct wb_bytes note;

	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_checkpoint(&note, p->core, &p->err), &p->err);
	assert_ok(wb_checkpoint_open(out, NULL, wb_bytes_span(&note), &p->vkey,
		      &p->err),
	    &p->err);
	wb_bytes_clear(&note);
}

static void
makes_a_log_once(void **state)
{
	struct programme *p = *state;

	assert_status(WB_EXISTS,
	    wb_core_create(p->settings.dir, ORIGIN, NULL, &p->err), &p->err);
}

static void
serves_a_folder_once(void **state)
{
	struct programme *p = *state;
	struct wb_core *second;

	assert_status(WB_LOCKED,
	    wb_core_open(&second, &p->settings, wb_clock_system(), NULL,
		&p->err),
	    &p->err);
	assert_null(second);
}

static void
takes_only_the_programme_it_was_made_for(void **state)
{
	struct programme *p = *state;
	struct wb_core_status status;
	struct wb_hash pinned = { { 1 } };
	struct sent s;

	programme_close(p);
	(void)snprintf(p->settings.dir, sizeof p->settings.dir, "%s",
	    check_path(&p->dir, "pinned"));
	assert_ok(wb_core_create(p->settings.dir, ORIGIN, &pinned, &p->err),
	    &p->err);
	programme_open(p);
	assert_ok(wb_core_status(&status, p->core, &p->err), &p->err);
	assert_true(status.has_programme);
	assert_true(wb_hash_equal(&status.programme, &pinned));
	p->roster = (struct wb_roster){ 0 };
	make_roster(&s, p);
	(void)expect(p, &s, WB_NOT_LOGGED, "wrong-programme");
	sent_clear(&s);
}

/* As after a kill between the store's commit and the signer's record. */
static void
finishes_a_pending_head_at_the_start(void **state)
{
	struct programme *p = *state;
	struct wb_head before, after;

	log_batch(p, 1);
	programme_close(p);
	copy(p, "signer", "signer.old");
	programme_open(p);
	log_batch(p, 2);
	log_batch(p, 3);
	newest_checkpoint(&before, p);
	programme_close(p);
	copy(p, "signer.old", "signer");
	programme_open(p);
	newest_checkpoint(&after, p);
	assert_int_equal(after.size, 4);
	assert_true(wb_hash_equal(&before.root, &after.root));
	log_batch(p, 4);
}

static void
refuses_a_store_behind_its_signer(void **state)
{
	struct programme *p = *state;

	log_batch(p, 1);
	programme_close(p);
	copy(p, "store.db", "store.old");
	programme_open(p);
	log_batch(p, 2);
	programme_close(p);
	copy(p, "store.old", "store.db");
	assert_status(WB_FORGED, open_again(p), &p->err);
	assert_string_equal(wb_error_id(&p->err), "store-behind-signer");
	assert_null(p->core);
}

static void
refuses_a_store_that_has_another_past(void **state)
{
	struct programme *p = *state;

	programme_close(p);
	copy(p, "store.db", "store.old");
	copy(p, "signer", "signer.old");
	programme_open(p);
	log_batch(p, 1);
	programme_close(p);
	copy(p, "signer", "signer.one");
	copy(p, "store.old", "store.db");
	copy(p, "signer.old", "signer");
	programme_open(p);
	log_batch(p, 1);
	log_batch(p, 2);
	programme_close(p);
	copy(p, "signer.one", "signer");
	assert_status(WB_FORGED, open_again(p), &p->err);
	assert_string_equal(wb_error_id(&p->err), "store-forked");
}

static void
survives_a_torn_signer_record(void **state)
{
	struct programme *p = *state;
	struct wb_head head;
	char path[WB_MAX_PATH + 8];
	FILE *f;

	log_batch(p, 1); /* record 2: slot 0; record 1 is in slot 1 */
	programme_close(p);
	(void)snprintf(path, sizeof path, "%s/signer", p->settings.dir);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 20, SEEK_SET), 0);
	assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fclose(f), 0);
	programme_open(p);
	newest_checkpoint(&head, p);
	assert_int_equal(head.size, 2);
	programme_close(p);
	f = fopen(path, "w"); /* both gone: never a new record */
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_status(WB_FORGED, open_again(p), &p->err);
	assert_string_equal(wb_error_id(&p->err), "signer-damaged");
}

static void
change_store(struct programme *p, const char *sql)
{
	char path[WB_MAX_PATH + 16];
	sqlite3 *db;

	(void)snprintf(path, sizeof path, "%s/store.db", p->settings.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const struct version_row {
	const char *sql;
	enum wb_status status;
	const char *words;
} version_rows[] = {
	{ "PRAGMA user_version = 3", WB_NEWER, "made by a newer waybilld" },
	{ "PRAGMA user_version = 1", WB_STORAGE, "made by an older waybilld" },
	{ "PRAGMA user_version = 0", WB_STORAGE, "not a waybilld store" },
	{ "PRAGMA user_version = -1", WB_STORAGE, "not a waybilld store" },
};

static void
refuses_a_store_of_another_version(void **state)
{
	struct programme *p = *state;

	programme_close(p);
	for (size_t i = 0; i < sizeof version_rows / sizeof version_rows[0];
	     i++) {
		const struct version_row *row = &version_rows[i];

		change_store(p, row->sql);
		assert_status(row->status, open_again(p), &p->err);
		if (strstr(p->err.text, row->words) == NULL)
			fail_msg("%s: %s", row->sql, p->err.text);
		assert_status(row->status,
		    wb_core_check(&p->settings, NULL, &p->err), &p->err);
	}
	change_store(p, "PRAGMA user_version = 2");
	programme_open(p);
}

/* As another program does that is in the middle of a long look. */
static sqlite3 *
begin_reading(struct programme *p)
{
	char path[WB_MAX_PATH + 16];
	sqlite3 *db;

	(void)snprintf(path, sizeof path, "%s/store.db", p->settings.dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM head", NULL,
			     NULL, NULL),
	    SQLITE_OK);
	return db;
}

/* What it still reads of the WAL cannot be copied, so it may not be on disk. */
static void
writes_to_a_store_only_once_all_of_its_wal_is_copied(void **state)
{
	struct programme *p = *state;
	sqlite3 *reader;

	log_batch(p, 1);
	reader = begin_reading(p);
	log_batch(p, 2);
	programme_close(p);
	assert_status(WB_STORAGE, open_again(p), &p->err);
	assert_non_null(strstr(p->err.text, "another program reads"));
	/* Who only reads asks for no more than there is. */
	assert_ok(wb_core_check(&p->settings, NULL, &p->err), &p->err);
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	programme_open(p);
	programme_close(p);
	/* One that reads the newest state is in nobody's way. */
	reader = begin_reading(p);
	programme_open(p);
	log_batch(p, 3);
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
}

static void
finds_nothing_wrong_with_a_sound_log(void **state)
{
	struct programme *p = *state;
	struct sent s;

	log_batch(p, 1);
	log_batch(p, 7); /* a gap is the device's own */
	make_ack(&s, p, C1, &p->id, WB_OUTCOME_DISPUTED);
	(void)expect(p, &s, WB_LOGGED, NULL);
	sent_clear(&s);
	assert_ok(wb_core_check(&p->settings, NULL, &p->err), &p->err);
	programme_close(p);
	assert_ok(wb_core_check(&p->settings, NULL, &p->err), &p->err);
}

static void
finds_what_was_changed_in_a_store(void **state)
{
	static const char *const rows[] = {
		"UPDATE envelope SET bytes = zeroblob(300) WHERE idx = 2",
		"UPDATE envelope SET bytes = x'00' WHERE idx = 0",
		"DELETE FROM envelope WHERE idx = 1",
		"DELETE FROM content WHERE idx = 1",
		"UPDATE content SET file = x'00' WHERE idx = 2",
		"UPDATE entry SET number = 9 WHERE idx = 2",
		"UPDATE entry SET tag = 9 WHERE idx = 1",
		"UPDATE entry SET device = 0 WHERE idx = 1",
		"UPDATE tile SET hashes = zeroblob(96)",
		"DELETE FROM tile",
		"UPDATE head SET root = zeroblob(32)",
		"UPDATE head SET content_bytes = 1",
		"UPDATE head SET size = 2",
		"UPDATE head SET size = 4",
	};
	struct programme *p = *state;

	log_batch(p, 1);
	log_batch(p, 2);
	programme_close(p);
	copy(p, "store.db", "store.old");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		copy(p, "store.old", "store.db");
		change_store(p, rows[i]);
		if (wb_core_check(&p->settings, NULL, &p->err) != WB_FORGED)
			fail_msg("not found: %s", rows[i]);
	}
	copy(p, "store.old", "store.db");
	copy(p, "signer", "signer.old");
	assert_ok(wb_core_check(&p->settings, NULL, &p->err), &p->err);
}

/* No file may grow beyond that: as near to a full disk as a test gets. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
}

static void
changes_nothing_when_the_store_is_full(void **state)
{
	struct programme *p = *state;
	struct wb_head before, after;
	struct answered a;
	struct sent large, small;

	log_batch(p, 1);
	newest_checkpoint(&before, p);
	make_batch(&large, p, K1, 2, 3 << 20);
	make_batch(&small, p, K1, 3, 100);
	limit_files(1 << 20);
	submit(&a, p, &large, 1, 0);
	assert_int_equal(a.status, WB_STORAGE);
	assert_int_equal(a.body.len, 0);
	newest_checkpoint(&after, p);
	assert_int_equal(after.size, before.size);
	answered_clear(&a);
	/* What fits is still taken, and goes on where the log was. */
	assert_int_equal(expect(p, &small, WB_LOGGED, NULL), 2);
	limit_files(RLIM_INFINITY);
	assert_int_equal(expect(p, &large, WB_LOGGED, NULL), 3);
	assert_ok(wb_core_check(&p->settings, NULL, &p->err), &p->err);
	sent_clear(&large);
	sent_clear(&small);
}

static void
forgets_a_roster_that_could_not_be_stored(void **state)
{
	struct programme *p = *state;
	struct wb_core_status status;
	struct answered a;
	struct sent s[2];

	p->members[K2].state = WB_MEMBER_REVOKED;
	make_roster(&s[0], p);
	make_batch(&s[1], p, K1, 1, 3 << 20);
	limit_files(1 << 20);
	submit(&a, p, s, 2, 0);
	assert_int_equal(a.status, WB_STORAGE);
	answered_clear(&a);
	assert_ok(wb_core_status(&status, p->core, &p->err), &p->err);
	assert_int_equal(status.roster_version, 1);
	assert_int_equal(status.members, 4);
	assert_false(status.read_only);
	limit_files(RLIM_INFINITY);
	submit(&a, p, s, 2, 0);
	assert_ok(a.status, &a.err);
	assert_int_equal(a.answer.results[0].index, 1);
	assert_int_equal(a.answer.results[1].index, 2);
	answered_clear(&a);
	sent_clear(&s[0]);
	sent_clear(&s[1]);
}

static void
admits_nothing_by_an_ack_that_could_not_be_stored(void **state)
{
	struct programme *p = *state;
	struct answered a;
	struct sent s[2], late;

	make_batch(&late, p, STRANGER, 1, 100);
	make_ack(&s[0], p, C1, &late.id, WB_OUTCOME_ADMIT);
	make_batch(&s[1], p, K1, 1, 3 << 20);
	limit_files(1 << 20);
	submit(&a, p, s, 2, 0);
	assert_int_equal(a.status, WB_STORAGE);
	answered_clear(&a);
	limit_files(RLIM_INFINITY);
	(void)expect(p, &late, WB_NOT_LOGGED, "unknown-signer");
	assert_int_equal(expect(p, &s[0], WB_LOGGED, NULL), 1);
	assert_int_equal(expect(p, &late, WB_LOGGED, NULL), 2);
	sent_clear(&s[0]);
	sent_clear(&s[1]);
	sent_clear(&late);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(makes_a_log_once),
		T(serves_a_folder_once),
		T(takes_only_the_programme_it_was_made_for),
		T(finishes_a_pending_head_at_the_start),
		T(refuses_a_store_behind_its_signer),
		T(refuses_a_store_that_has_another_past),
		T(survives_a_torn_signer_record),
		T(refuses_a_store_of_another_version),
		T(writes_to_a_store_only_once_all_of_its_wal_is_copied),
		T(finds_nothing_wrong_with_a_sound_log),
		T(finds_what_was_changed_in_a_store),
		T(changes_nothing_when_the_store_is_full),
		T(forgets_a_roster_that_could_not_be_stored),
		T(admits_nothing_by_an_ack_that_could_not_be_stored),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
