/*
 * A store that is spoilt while it is served, and memory that runs out: each
 * request fails with a reason, and when all is well again so is the log.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "tests/fault/scarce.h"
#include "tests/unit/server/programme.h"

#define ROOM ((size_t)4 << 20) /* bytes of any answer */
#define MOST_CALLS 20000

static struct wb_hash content_hash; /* of entry 1 */

static int
set_up(void **state)
{
	static struct programme p;
	struct wb_hash id;
	struct sent s;

	programme_make(&p);
	programme_open(&p);
	log_first_roster(&p);
	make_batch(&s, &p, K1, 1, 300);
	wb_sha256_one(&content_hash, wb_bytes_span(&s.content));
	(void)expect(&p, &s, WB_LOGGED, NULL);
	sent_clear(&s);
	make_batch(&s, &p, K2, 1, 300);
	(void)expect(&p, &s, WB_LOGGED, NULL);
	id = s.id;
	sent_clear(&s);
	make_ack(&s, &p, C1, &id, WB_OUTCOME_OPENED);
	(void)expect(&p, &s, WB_LOGGED, NULL);
	sent_clear(&s);
	*state = &p;
	return 0;
}

static int
tear_down(void **state)
{
	scarce_fail(0, false);
	programme_remove(*state);
	return 0;
}

/* ---- what is asked */

static enum wb_status
page(struct wb_bytes *out, struct programme *p, enum person who, bool content,
    struct wb_error *err)
{
	const struct wb_reader reader = reader_of(p, who);
	const struct wb_feed_ask ask = { .content = content };

	return wb_feed_page(out, p->core, &reader, &ask, err);
}

static enum wb_status
ask_page(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	return page(out, p, C1, true, err);
}

static enum wb_status
ask_own_page(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	return page(out, p, K1, false, err);
}

static enum wb_status
ask_rosters(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	return wb_feed_rosters(out, p->core, 0, 0, err);
}

static enum wb_status
ask_content(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	return wb_feed_content(out, p->core, 1, &content_hash, err);
}

static enum wb_status
ask_tile(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	const struct wb_tile tile = { .width = 4 };

	return wb_feed_tile(out, p->core, &tile, err);
}

static enum wb_status
ask_entries(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	const struct wb_tile tile = { .entries = true, .width = 4 };

	return wb_feed_tile(out, p->core, &tile, err);
}

static enum wb_status
ask_annexes(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	return wb_feed_annexes(out, p->core, &content_hash, err);
}

static enum wb_status
ask_enrolments(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	const struct wb_reader reader = reader_of(p, C1);

	return wb_feed_enrolments(out, p->core, &reader, NULL, err);
}

static enum wb_status
ask_checkpoint(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	return wb_feed_checkpoint(out, p->core, err);
}

static enum wb_status
ask_check(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	const struct wb_log quiet = { .fd = -1, .clock = wb_clock_system() };

	(void)out;
	return wb_core_check(&p->settings, &quiet, err);
}

/* Opened again: the only one that needs all tables. */
static enum wb_status
ask_open(struct wb_bytes *out, struct programme *p, struct wb_error *err)
{
	enum wb_status st;

	(void)out;
	programme_close(p);
	st = programme_try(p);
	*err = p->err;
	return st;
}

static const struct request {
	const char *name;
	enum wb_status (*ask)(struct wb_bytes *out, struct programme *p,
	    struct wb_error *err);
} requests[] = {
	{ "a coordinator's page", ask_page },
	{ "a device's page", ask_own_page },
	{ "rosters", ask_rosters },
	{ "a content", ask_content },
	{ "a tile", ask_tile },
	{ "a tile of entries", ask_entries },
	{ "annexes", ask_annexes },
	{ "enrolments", ask_enrolments },
	{ "the checkpoint", ask_checkpoint },
	{ "a check", ask_check },
	{ "a start", ask_open },
};
#define REQUESTS (sizeof requests / sizeof requests[0])

static enum wb_status
ask(const struct request *r, struct programme *p, struct wb_error *err)
{
	struct wb_bytes out;
	enum wb_status st;

	wb_bytes_init(&out, ROOM);
	*err = (struct wb_error){ 0 };
	st = r->ask(&out, p, err);
	wb_bytes_clear(&out);
	return st;
}

static void
all_is_well(struct programme *p)
{
	struct wb_error err;

	if (p->core == NULL)
		programme_open(p);
	for (size_t i = 0; i < REQUESTS; i++)
		assert_ok(ask(&requests[i], p, &err), &err);
	assert_int_equal(programme_size(p), 4);
}

/* ---- a spoilt store */

static void
spoil(struct programme *p, const char *sql)
{
	char path[WB_MAX_PATH + 16], *words = NULL;
	sqlite3 *db;

	(void)snprintf(path, sizeof path, "%s/store.db", p->settings.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 1000);
	(void)sqlite3_exec(db, "PRAGMA ignore_check_constraints=ON", NULL, NULL,
	    NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
		fail_msg("%s: %s", sql, words);
	(void)sqlite3_close(db);
}

static const struct harm {
	const char *name;
	const char *harm, *cure;
	uint32_t hits; /* requests that must fail, a bit each */
} harms[] = {
	{ "no heads", "ALTER TABLE head RENAME TO gone",
	    "ALTER TABLE gone RENAME TO head", 1U << 9 | 1U << 10 },
	{ "no entries", "ALTER TABLE entry RENAME TO gone",
	    "ALTER TABLE gone RENAME TO entry", 1U << 0 | 1U << 9 },
	{ "no envelopes", "ALTER TABLE envelope RENAME TO gone",
	    "ALTER TABLE gone RENAME TO envelope",
	    1U << 0 | 1U << 2 | 1U << 5 | 1U << 9 },
	{ "no contents", "ALTER TABLE content RENAME TO gone",
	    "ALTER TABLE gone RENAME TO content", 1U << 0 | 1U << 3 | 1U << 9 },
	{ "no devices", "ALTER TABLE device RENAME TO gone",
	    "ALTER TABLE gone RENAME TO device", 1U << 10 },
	{ "no tiles", "ALTER TABLE tile RENAME TO gone",
	    "ALTER TABLE gone RENAME TO tile", 1U << 9 | 1U << 10 },
	{ "no targets", "ALTER TABLE target RENAME TO gone",
	    "ALTER TABLE gone RENAME TO target", 1U << 1 },
	{ "no shelf", "ALTER TABLE shelf RENAME TO gone",
	    "ALTER TABLE gone RENAME TO shelf", 1U << 6 | 1U << 7 },
	{ "a root that is too short",
	    "CREATE TABLE kept AS SELECT * FROM head;"
	    "UPDATE head SET root = x'00'",
	    "UPDATE head SET root = (SELECT root FROM kept);DROP TABLE kept",
	    1U << 9 | 1U << 10 },
	{ "another root",
	    "CREATE TABLE kept AS SELECT * FROM head;"
	    "UPDATE head SET root = zeroblob(32)",
	    "UPDATE head SET root = (SELECT root FROM kept);DROP TABLE kept",
	    1U << 9 | 1U << 10 },
	{ "an entry that is missing",
	    "CREATE TABLE kept AS SELECT * FROM envelope WHERE idx = 1;"
	    "DELETE FROM envelope WHERE idx = 1",
	    "INSERT INTO envelope SELECT * FROM kept;DROP TABLE kept",
	    1U << 0 | 1U << 9 },
	{ "a content that is missing",
	    "CREATE TABLE kept AS SELECT * FROM content WHERE idx = 1;"
	    "DELETE FROM content WHERE idx = 1",
	    "INSERT INTO content SELECT * FROM kept;DROP TABLE kept",
	    1U << 3 | 1U << 9 },
	{ "an envelope that is none",
	    "CREATE TABLE kept AS SELECT * FROM envelope WHERE idx = 0;"
	    "UPDATE envelope SET bytes = x'ff' WHERE idx = 0",
	    "UPDATE envelope SET bytes = (SELECT bytes FROM kept) "
	    "WHERE idx = 0;DROP TABLE kept",
	    1U << 9 | 1U << 10 },
	{ "a tile that is too short",
	    "CREATE TABLE kept AS SELECT * FROM tile;"
	    "UPDATE tile SET hashes = x'00'",
	    "DELETE FROM tile;INSERT INTO tile SELECT * FROM kept;"
	    "DROP TABLE kept",
	    1U << 9 | 1U << 10 },
};

/* What else fails with it may, and says why; nothing is made of it. */
static void
what_a_spoilt_store_lacks_is_said_and_changes_nothing(void **state)
{
	struct programme *p = *state;
	struct wb_error err;

	all_is_well(p);
	for (size_t h = 0; h < sizeof harms / sizeof harms[0]; h++) {
		print_message("  %s\n", harms[h].name);
		spoil(p, harms[h].harm);
		for (size_t i = 0; i < REQUESTS; i++) {
			if (p->core == NULL)
				break;
			if (ask(&requests[i], p, &err) != WB_OK)
				assert_true(err.text[0] != '\0');
			else if ((harms[h].hits >> i & 1) != 0)
				fail_msg("%s is answered", requests[i].name);
		}
		spoil(p, harms[h].cure);
		all_is_well(p);
	}
}

/* Of `harms`, the tables that each batch adds to. */
static const size_t written[] = { 0, 1, 2, 3, 5 };

static void
a_statement_that_cannot_be_stored_is_not_answered(void **state)
{
	struct programme *p = *state;
	struct answered answered;
	struct sent s;

	make_batch(&s, p, K1, 2, 300);
	for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
		const struct harm *h = &harms[written[i]];

		print_message("  %s\n", h->name);
		spoil(p, h->harm);
		submit(&answered, p, &s, 1, 0);
		assert_int_not_equal(answered.status, WB_OK);
		answered_clear(&answered);
		spoil(p, h->cure);
		/* What the disk has is not known where it cannot be read. */
		if (wb_core_sound(p->core, NULL) != WB_OK) {
			programme_close(p);
			programme_open(p);
		}
		assert_int_equal(programme_size(p), 4);
	}
	(void)expect(p, &s, WB_LOGGED, NULL);
	sent_clear(&s);
}

/* ---- memory */

static void
a_request_without_memory_fails_alone(void **state)
{
	struct programme *p = *state;
	struct wb_error err;

	for (size_t i = 0; i < REQUESTS; i++) {
		bool failed = true;

		print_message("  %s\n", requests[i].name);
		for (uint64_t n = 1; failed && n < MOST_CALLS; n++) {
			enum wb_status st;

			if (p->core == NULL)
				programme_open(p);
			scarce_fail(n, false);
			st = ask(&requests[i], p, &err);
			failed = scarce_failed();
			scarce_fail(0, false);
			if (!failed)
				assert_ok(st, &err);
		}
		assert_false(failed);
	}
	all_is_well(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_spoilt_store_lacks_is_said_and_changes_nothing),
		TEST(a_statement_that_cannot_be_stored_is_not_answered),
		TEST(a_request_without_memory_fails_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
