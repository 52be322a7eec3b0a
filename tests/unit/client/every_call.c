/*
 * Whole actions of a device with each of their calls failing: allocations, and
 * what the vault asks of the disk, one alone and all from there on.  Nothing
 * acknowledged is lost, nothing counts twice, the vault opens afterwards, and
 * the same action then succeeds.
 *
 * Runs a sample of the calls, every so many from a first one that the seed
 * chooses; WAYBILL_CALLS says how many of each action and kind, 0: all of them,
 * WAYBILL_SEED another seed, and WAYBILL_ACTION the one to try.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/bundle/bundle.h"
#include "client/journal/records.h"
#include "client/journal/totals.h"
#include "client/troubles.h"
#include "client/vault/keyslots.h"
#include "client/vault/pagelog.h"

#include "tests/unit/client/enduring.h"

#define ALLOCATIONS 40 /* of each action that fail in one way */
#define DISK_CALLS 10 /* likewise */
#define SECONDS_A_DAY 86400
#define KEPT_RECORD \
	(WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT) /* the first of a vault */

struct action {
	const char *name;
	/* Makes what it begins with, and keeps it. */
	void (*prepare)(struct enduring *e);
	enum wb_status (*run)(struct enduring *e);
	/* After it failed, and was done again, or twice. */
	void (*check)(struct enduring *e);
};

static const struct trouble {
	const char *name;
	int error; /* 0: memory */
	enum wb_status status;
	uint64_t sampled;
} troubles[] = {
	{ "no memory", 0, WB_NO_MEMORY, ALLOCATIONS },
	{ "input or output error", EIO, WB_STORAGE, DISK_CALLS },
	{ "full disk", ENOSPC, WB_STORAGE, DISK_CALLS },
};

static struct {
	const char *sampled; /* NULL: as many as usual */
	uint64_t seed;
} options = { NULL, 1 };

/* ---- actions */

static void
save_three(struct enduring *e, struct wb_device *device)
{
	for (int i = 0; i < 3; i++)
		(void)fixture_save(&e->s.f, device, RICE);
}

static void
three_wait(struct enduring *e)
{
	save_three(e, &e->s.f.k1);
	enduring_keep(e, &e->s.f.k1);
}

static enum wb_status
save(struct enduring *e)
{
	struct wb_line line = { .item = wb_span_text("rice"),
		.unit = wb_span_text("sack"),
		.quantity = 1000 };
	struct wb_goods goods = { .kind = WB_KIND_DELIVERED,
		.day = FIXTURE_TODAY,
		.lines = &line,
		.line_count = 1 };
	struct wb_place place = { .to = wb_span_text("S-12") };
	struct wb_db *db = e->device.db;
	struct wb_sealing sealing = { 0 };
	struct wb_hash id;
	enum wb_status st;

	st = wb_sealing_begin(&sealing, &e->err);
	if (st == WB_OK)
		st = wb_db_begin(db, &e->err);
	if (st == WB_OK) {
		st = wb_queue_save(&id, &sealing, &e->device, &goods, &place,
		    &e->err);
		if (st == WB_OK)
			st = wb_db_commit(db, &e->err);
		else
			wb_db_rollback(db);
	}
	wb_sealing_end(&sealing);
	return st;
}

static void
is_saved(struct enduring *e)
{
	int64_t parts = enduring_number(e, "SELECT count(*) FROM part");

	assert_in_range(parts, 3 + e->told, 3 + e->told + e->untold);
	assert_int_equal(enduring_number(e, "SELECT max(number) FROM part"),
	    parts);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM own"), parts);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM line"),
	    parts);
	assert_int_equal(enduring_number(e, "SELECT sum(quantity) FROM line"),
	    3 * 2500 + (parts - 3) * 1000);
}

static enum wb_status
make_batch(struct enduring *e)
{
	uint64_t made;

	return wb_queue_batch(&made, &e->device, false, &e->err);
}

static void
is_one_batch(struct enduring *e)
{
	assert_int_equal(enduring_number(e,
			     "SELECT count(DISTINCT batch) FROM part"),
	    1);
	assert_int_equal(enduring_number(e, "SELECT count(batch) FROM part"),
	    3);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM batch"), 1);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM content"), 1);
}

/* No statement stands in the log twice. */
static void
expect_no_repetition(const struct fake_log *log)
{
	for (uint64_t i = 0; i < log->size; i++)
		for (uint64_t k = 0; k < i; k++)
			assert_false(
			    wb_hash_equal(&log->leaves[i], &log->leaves[k]));
}

static int64_t
number(struct enduring *e, struct wb_device *device, const char *sql)
{
	return fixture_number(&e->s.f, device, sql);
}

/* Reading changes nothing. */
static void
three_are_saved(struct enduring *e)
{
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM part"), 3);
	assert_int_equal(enduring_number(e, "SELECT sum(quantity) FROM line"),
	    7500);
}

static void
expect_all_arrived(struct enduring *e, struct wb_device *c)
{
	assert_int_equal(number(e, c, "SELECT count(*) FROM line"), 3);
	assert_int_equal(number(e, c, "SELECT sum(quantity) FROM line"), 7500);
	assert_int_equal(number(e, c,
			     "SELECT count(*) FROM batch"
			     " WHERE outcome <> 1 OR acked <> 1"),
	    0);
	assert_int_equal(number(e, c,
			     "SELECT count(*) - max(sequence) FROM batch"),
	    0);
	assert_int_equal(number(e, c,
			     "SELECT count(*) - count(DISTINCT sequence)"
			     " FROM batch"),
	    0);
}

static void
is_sent(struct enduring *e)
{
	struct wb_device *c = enduring_coordinator(e);
	struct wb_states states;

	assert_ok(wb_journal_states(&states, &e->device, &e->err), &e->err);
	assert_int_equal(states.stored + states.opened, 3);
	expect_no_repetition(e->s.server->log);
	sync_ok(&e->s, c);
	sync_ok(&e->s, c);
	expect_all_arrived(e, c);
	expect_no_repetition(e->s.server->log);
}

static void
a_batch_is_in_the_log(struct enduring *e)
{
	save_three(e, &e->s.f.k1);
	sync_ok(&e->s, &e->s.f.k1);
	enduring_keep(e, &e->s.f.coord);
}

static void
is_received(struct enduring *e)
{
	expect_all_arrived(e, &e->device);
	/* One ack, however often it was tried. */
	assert_int_equal(enduring_number(e,
			     "SELECT count(*) FROM statement WHERE type = 3"),
	    1);
	assert_int_equal(e->s.server->log->size, e->log_size + 1);
}

static void
an_ack_is_in_the_log(struct enduring *e)
{
	a_batch_is_in_the_log(e);
	sync_ok(&e->s, &e->s.f.coord);
	e->s.f.now += 9 * SECONDS_A_DAY;
	enduring_keep(e, &e->s.f.k1);
}

/* The window is over, too: nothing of the file before is still there. */
static void
is_opened_and_purged(struct enduring *e)
{
	struct wb_states states;
	size_t len;

	assert_memory_not_equal(simfs_bytes(e->fs, "vault", &len) + KEPT_RECORD,
	    e->image + KEPT_RECORD, 64);
	assert_ok(wb_journal_states(&states, &e->device, &e->err), &e->err);
	assert_int_equal(states.opened, 3);
	assert_int_equal(states.here + states.stored + states.disputed, 0);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM own"), 0);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM part"), 3);
	expect_no_repetition(e->s.server->log);
}

static void
a_content_did_not_come(struct enduring *e)
{
	save_three(e, &e->s.f.k1);
	sync_ok(&e->s, &e->s.f.k1);
	e->s.server->no_content = true;
	(void)syncing_run(&e->s, &e->s.f.coord);
	e->s.server->no_content = false;
	enduring_keep(e, &e->s.f.coord);
}

static void
a_roster_waits(struct enduring *e)
{
	sync_ok(&e->s, &e->s.f.coord);
	syncing_keep_version(&e->s, &e->s.f.coord, 5);
	enduring_keep(e, &e->s.f.coord);
}

static void
a_roster_is_new(struct enduring *e)
{
	sync_ok(&e->s, &e->s.f.k1);
	a_roster_waits(e);
	sync_ok(&e->s, &e->s.f.coord);
	enduring_keep(e, &e->s.f.k1);
}

/* Once, and the newest here. */
static void
is_logged_and_known(struct enduring *e)
{
	assert_int_equal(e->device.roster.version, 2);
	assert_int_equal(e->device.roster.window_days, 5);
	assert_int_equal(enduring_number(e,
			     "SELECT count(log_index) FROM statement"
			     " WHERE type = 1"),
	    2);
	expect_no_repetition(e->s.server->log);
}

/* As far as the tables say. */
static void
a_batch_is_disputed(struct enduring *e)
{
	a_batch_is_in_the_log(e);
	sync_ok(&e->s, &e->s.f.coord);
	assert_ok(wb_db_exec(e->s.f.coord.db,
		      "UPDATE batch SET outcome = 3, why = 'fork'", &e->err),
	    &e->err);
	enduring_keep(e, &e->s.f.coord);
}

static enum wb_status
look_for_trouble(struct enduring *e)
{
	struct wb_troubles found;
	enum wb_status st;

	st = wb_troubles(&found, &e->device, 0, 5, &e->err);
	if (st == WB_OK) {
		assert_int_equal(found.count, 1);
		assert_string_equal(found.evidence.evidence, "batch-fork");
	}
	wb_troubles_clear(&found);
	return st;
}

static void
is_only_read(struct enduring *e)
{
	assert_int_equal(enduring_number(e,
			     "SELECT count(*) FROM batch WHERE outcome = 3"),
	    1);
}

/* A copy of the vault, put back: its device has sent more since. */
static void
a_vault_was_put_back(struct enduring *e)
{
	save_three(e, &e->s.f.k1);
	sync_ok(&e->s, &e->s.f.k1);
	enduring_keep(e, &e->s.f.k1);
	save_three(e, &e->s.f.k1);
	sync_ok(&e->s, &e->s.f.k1);
	e->log_size = e->s.server->log->size;
}

/* That must be found out, each time. */
static enum wb_status
notice(struct enduring *e)
{
	enum wb_status st = enduring_sync(e);

	assert_int_not_equal(st, WB_OK);
	return strcmp(wb_error_id(&e->err), "vault-rolled-back") == 0 ? WB_OK
								      : st;
}

static void
is_noticed(struct enduring *e)
{
	assert_status(WB_FORGED, wb_device_need_newest(&e->device, &e->err),
	    &e->err);
	assert_int_equal(e->s.server->log->size, e->log_size);
}

static void
a_batch_was_read(struct enduring *e)
{
	a_batch_is_in_the_log(e);
	sync_ok(&e->s, &e->s.f.coord);
	enduring_keep(e, &e->s.f.coord);
}

static enum wb_status
rebuild(struct enduring *e)
{
	return wb_journal_rebuild(&e->device, NULL, NULL, &e->err);
}

static void
is_as_it_was(struct enduring *e)
{
	expect_all_arrived(e, &e->device);
	assert_int_equal(e->s.server->log->size, e->log_size);
}

static enum wb_status
add_up(struct enduring *e)
{
	struct wb_totals_query query = { WB_BY_DEVICE, INT64_MIN, INT64_MAX };
	struct wb_totals totals = { 0 };
	struct wb_coverage coverage = { 0 };
	enum wb_status st;

	st = wb_totals_read(&totals, &e->device, &query, &e->err);
	if (st == WB_OK) {
		assert_int_equal(totals.row_count, 1);
		assert_int_equal(totals.rows[0].delivered, 7500);
	}
	wb_totals_clear(&totals);
	if (st != WB_OK)
		return st;
	st = wb_coverage_read(&coverage, &e->device, &e->err);
	if (st == WB_OK) {
		assert_true(coverage.complete);
		assert_true(coverage.device_count >= 1);
	}
	wb_coverage_clear(&coverage);
	return st;
}

static enum wb_status
list(struct enduring *e)
{
	struct wb_record *records, one;
	struct wb_arena arena;
	enum wb_status st;
	size_t n;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_records_own(&records, &n, &arena, &e->device, 10, &e->err);
	if (st == WB_OK) {
		assert_int_equal(n, 3);
		st = wb_records_last(&one, &arena, &e->device, &e->err);
	}
	if (st == WB_OK) {
		assert_int_equal(one.number, 3);
		st = wb_records_find(&one, &arena, &e->device,
		    wb_span_text("k1"), 2, &e->err);
	}
	if (st == WB_OK)
		assert_int_equal(one.number, 2);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
pack(struct enduring *e)
{
	struct wb_packed packed;

	return wb_bundle_pack(&packed, &e->device,
	    check_path(&e->dir, "packed.wbx"), WB_PURPOSE_TRANSPORT, NULL,
	    &e->err);
}

/* The last bundle has it all. */
static void
is_packed(struct enduring *e)
{
	struct wb_device *c = enduring_coordinator(e);
	struct wb_unpacked unpacked;

	is_one_batch(e);
	assert_ok(wb_bundle_unpack(&unpacked, c,
		      check_path(&e->dir, "packed.wbx"), wb_span(NULL, 0),
		      &e->err),
	    &e->err);
	assert_int_equal(unpacked.added, 1);
	sync_ok(&e->s, c);
	expect_all_arrived(e, c);
}

static void
a_drive_is_there(struct enduring *e)
{
	struct wb_packed packed;

	save_three(e, &e->s.f.k1);
	assert_ok(wb_bundle_pack(&packed, &e->s.f.k1,
		      check_path(&e->dir, "carried.wbx"), WB_PURPOSE_TRANSPORT,
		      NULL, &e->err),
	    &e->err);
	enduring_keep(e, &e->s.f.coord);
}

static enum wb_status
unpack(struct enduring *e)
{
	struct wb_unpacked unpacked;

	return wb_bundle_unpack(&unpacked, &e->device,
	    check_path(&e->dir, "carried.wbx"), wb_span(NULL, 0), &e->err);
}

static void
is_unpacked(struct enduring *e)
{
	assert_int_equal(enduring_number(e,
			     "SELECT count(*) FROM statement WHERE type = 2"),
	    1);
	assert_int_equal(enduring_number(e, "SELECT count(*) FROM content"), 1);
	assert_ok(enduring_sync(e), &e->err);
	assert_ok(enduring_sync(e), &e->err);
	expect_all_arrived(e, &e->device);
	expect_no_repetition(e->s.server->log);
}

static enum wb_status
pack_evidence(struct enduring *e)
{
	struct wb_packed packed;
	enum wb_status st;

	st = wb_bundle_pack(&packed, &e->device,
	    check_path(&e->dir, "evidence.wbx"), WB_PURPOSE_AUDIT, NULL,
	    &e->err);
	if (st == WB_OK)
		assert_int_equal(packed.lacking, 0);
	return st;
}

/* ---- each call of them */

static void
arm(struct enduring *e, const struct trouble *t, uint64_t nth, bool forever)
{
	if (t->error == 0)
		scarce_fail(nth, forever);
	else
		simfs_fail(e->fs, nth, t->error, forever);
}

static bool
disarm(struct enduring *e)
{
	bool failed = scarce_failed() || simfs_failed(e->fs);

	scarce_fail(0, false);
	simfs_fail(e->fs, 0, 0, false);
	return failed;
}

static enum wb_status
run(struct enduring *e, const struct action *a)
{
	enum wb_status st;

	e->err = (struct wb_error){ 0 };
	st = a->run(e);
	e->told += st == WB_OK;
	e->untold += st != WB_OK;
	return st;
}

static void
try_call(struct enduring *e, const struct action *a, const struct trouble *t,
    uint64_t nth, bool forever)
{
	enum wb_status st;
	bool failed;

	enduring_open(e);
	arm(e, t, nth, forever);
	st = run(e, a);
	failed = disarm(e);
	if (st != WB_OK) {
		assert_true(failed);
		assert_status(t->status, st, &e->err);
		assert_true(e->err.text[0] != '\0');
	} else {
		a->check(e);
	}
	/* The same process tries again; a failed sync may have ended it. */
	st = run(e, a);
	if (st != WB_OK)
		assert_status(WB_STORAGE, st, &e->err);
	assert_true(st == WB_OK || t->error != 0);
	enduring_reopen(e);
	assert_ok(run(e, a), &e->err);
	a->check(e);
	enduring_close(e);
}

/* How many calls it makes where none fails. */
static uint64_t
count_calls(struct enduring *e, const struct action *a, const struct trouble *t)
{
	uint64_t calls;

	enduring_open(e);
	arm(e, t, 0, false);
	assert_ok(run(e, a), &e->err);
	calls = t->error == 0 ? scarce_calls() : simfs_calls(e->fs);
	enduring_close(e);
	return calls;
}

static void
try_action(struct enduring *e, const struct action *a)
{
	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
		const struct trouble *t = &troubles[i];
		uint64_t calls = count_calls(e, a, t), stride = 1, first;
		uint64_t sampled = t->sampled;

		if (options.sampled != NULL)
			sampled = strtoull(options.sampled, NULL, 10);
		if (sampled != 0 && calls > sampled)
			stride = calls / sampled;
		for (int forever = 0; forever < 2; forever++) {
			first = 1 + simfs_random(&options.seed) % stride;
			for (uint64_t n = first; n <= calls; n += stride) {
				print_message("%s: call %llu%s of %llu: %s\n",
				    a->name, (unsigned long long)n,
				    forever ? " and all after" : "",
				    (unsigned long long)calls, t->name);
				try_call(e, a, t, n, forever == 1);
			}
		}
	}
}

static void
each_call_may_fail(void **state)
{
	struct enduring *e = calloc(1, sizeof *e);
	const struct action *a = *state;

	assert_non_null(e);
	enduring_begin(e);
	a->prepare(e);
	try_action(e, a);
	enduring_end(e);
	free(e);
}

static void
read_options(void)
{
	const char *seed = getenv("WAYBILL_SEED");

	options.sampled = getenv("WAYBILL_CALLS");
	cmocka_set_test_filter(getenv("WAYBILL_ACTION"));
	if (seed != NULL)
		options.seed = strtoull(seed, NULL, 10);
	if (options.seed == 0)
		options.seed = 1;
	print_message("seed %llu\n", (unsigned long long)options.seed);
}

int
main(void)
{
	static struct action actions[] = {
		{ "save", three_wait, save, is_saved },
		{ "make a batch", three_wait, make_batch, is_one_batch },
		{ "send", three_wait, enduring_sync, is_sent },
		{ "receive", a_batch_is_in_the_log, enduring_sync,
		    is_received },
		{ "hear of it", an_ack_is_in_the_log, enduring_sync,
		    is_opened_and_purged },
		{ "ask for it again", a_content_did_not_come, enduring_sync,
		    is_received },
		{ "change", a_roster_waits, enduring_sync,
		    is_logged_and_known },
		{ "learn", a_roster_is_new, enduring_sync,
		    is_logged_and_known },
		{ "notice", a_vault_was_put_back, notice, is_noticed },
		{ "rebuild", a_batch_was_read, rebuild, is_as_it_was },
		{ "add up", a_batch_was_read, add_up, is_as_it_was },
		{ "list", three_wait, list, three_are_saved },
		{ "look for trouble", a_batch_is_disputed, look_for_trouble,
		    is_only_read },
		{ "pack", three_wait, pack, is_packed },
		{ "unpack", a_drive_is_there, unpack, is_unpacked },
		{ "pack evidence", a_batch_was_read, pack_evidence,
		    is_as_it_was },
	};
	struct CMUnitTest tests[sizeof actions / sizeof actions[0]];

	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
		tests[i] = (struct CMUnitTest){ .name = actions[i].name,
			.test_func = each_call_may_fail,
			.initial_state = &actions[i] };
	read_options();
	scarce_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
