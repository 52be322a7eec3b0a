#include "client/journal/journal.h"
#include "client/trust/trust.h"

#include "tests/unit/client/forge.h"

#define MAX_DUMP ((size_t)1 << 20)
#define DAY 86400

static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
	2500, "S-12", FIXTURE_TODAY - 3 };
static const struct fixture_record oil = { WB_KIND_RECEIVED, "oil", "", 500,
	"W-1", FIXTURE_TODAY };

/*
 * Every derived table, its own row numbers replaced by what they stand for:
 * those are handed out in the order of arrival, and mean nothing.
 */
#define RECORD(r) "(SELECT hex(id) FROM record WHERE row = " r ")"
static const char *const dump_queries[] = {
	"SELECT quote(key) || quote(label) FROM device ORDER BY 1",
	"SELECT quote(item) || quote(unit) FROM measure ORDER BY 1",
	"SELECT quote(code) FROM place ORDER BY 1",
	"SELECT size || hex(root) FROM past ORDER BY 1",
	"SELECT statement || hex(d.key) || '/' || sequence || hex(previous) ||"
	" '/' || outcome || why || acked FROM batch b"
	" JOIN device d ON d.row = b.device ORDER BY 1",
	"SELECT hex(id) || outcome || '/' || ack || '/' || quote(admitted)"
	" FROM verdict ORDER BY 1",
	"SELECT hex(id) || hex(d.key) || number || '/' || quote(batch) ||"
	" '/' || kind || '/' || day || '/' || reason || quote(reference) ||"
	" quote(amends) || quote(" RECORD(
	    "r.voided") ") || quote(from_place) ||"
			" quote(to_place) || households || '/' || people || "
			"quote(code) ||"
			" quote(note) FROM record r JOIN device d ON d.row = "
			"r.device"
			" ORDER BY 1",
	"SELECT " RECORD(
	    "l.record") " || hex(d.key) || l.kind || '/' ||"
			" l.day || '/' || quote(p.code) || quote(m.item) || "
			"quote(m.unit) ||"
			" quantity || '/' || first || quote(lot) || expiry_day "
			"||"
			" quote(detail) FROM line l JOIN device d ON d.row = "
			"l.device"
			" JOIN measure m ON m.row = l.measure"
			" LEFT JOIN place p ON p.row = l.place ORDER BY 1",
};

static void
dump_query(struct wb_bytes *out, struct wb_device *device, const char *sql,
    struct wb_error *err)
{
	struct wb_stmt *s;
	bool row;

	assert_ok(wb_db_prepare(&s, device->db, sql, err), err);
	assert_ok(wb_step(s, &row, err), err);
	while (row) {
		assert_ok(wb_bytes_append(out, wb_column_text(s, 0), err), err);
		assert_ok(wb_bytes_append_text(out, "\n", err), err);
		assert_ok(wb_step(s, &row, err), err);
	}
}

static void
dump(struct wb_bytes *out, struct fixture *f, struct wb_device *device)
{
	wb_bytes_init(out, MAX_DUMP);
	for (size_t i = 0; i < sizeof dump_queries / sizeof dump_queries[0];
	     i++)
		dump_query(out, device, dump_queries[i], &f->err);
}

static void
count_calls(void *ctx, uint64_t done, uint64_t total)
{
	uint64_t *calls = ctx;

	(*calls)++;
	assert_int_equal(done, *calls);
	assert_true(done <= total);
}

static void
rebuild_and_compare(struct fixture *f, struct wb_device *device)
{
	struct wb_bytes before, after;
	struct wb_error found;
	uint64_t calls = 0;

	if (wb_trust_whole_log(device)) { /* as its last sync did */
		assert_ok(wb_trust_past(&found, device, &f->err), &f->err);
		assert_true(
		    fixture_number(f, device, "SELECT count(*) FROM past") > 1);
	}
	dump(&before, f, device);
	assert_true(before.len > 0);
	assert_ok(wb_journal_rebuild(device, count_calls, &calls, &f->err),
	    &f->err);
	assert_true(calls > 0);
	dump(&after, f, device);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	wb_bytes_clear(&after);
	wb_bytes_clear(&before);
}

/* A bit of everything that can be derived. */
static void
live(struct fixture *f)
{
	struct wb_line line = { .item = wb_span_text("rice"),
		.quantity = 1000,
		.lot = wb_span_text("L7"),
		.expiry_day = FIXTURE_TODAY,
		.detail = wb_span_text("wet") };
	struct forge_record records[2];
	struct forged forged;
	struct wb_hash own, seen;

	for (uint64_t i = 0; i < 2; i++)
		records[i] = (struct forge_record){
			.goods = { .kind = WB_KIND_TRANSFERRED,
			    .day = FIXTURE_TODAY,
			    .lines = &line,
			    .line_count = 1,
			    .reference = wb_span_text("M-1") },
			.place = { .number = i + 1,
			    .from = wb_span_text("W-1"),
			    .to = wb_span_text("S-13"),
			    .households = 3,
			    .people = 14,
			    .note = wb_span_text("late") }
		};
	own = fixture_save(f, &f->coord, &oil);
	seen = fixture_save(f, &f->k1, &rice);
	assert_int_equal(fixture_send(f, &f->k1, false), 1); /* 1 */
	assert_int_equal(fixture_send(f, &f->coord, false), 1); /* 2 */
	assert_int_equal(fixture_open(f, 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_open(f, 2), WB_BATCH_OPENED);
	(void)fixture_void(f, &f->coord, &rice, &seen);
	fixture_ack(f, 1, WB_OUTCOME_OPENED); /* 3 */
	forge(&forged, f, &f->k2, 1, records, 2, FORGE_NOTHING, false);
	fixture_log_entry(f, wb_bytes_span(&forged.envelope),
	    wb_bytes_span(&forged.file)); /* 4 */
	forged_clear(&forged);
	assert_int_equal(fixture_open(f, 4), WB_BATCH_OPENED);
	forge(&forged, f, &f->k2, 1, records, 2, FORGE_NOTHING, false);
	fixture_log_entry(f, wb_bytes_span(&forged.envelope),
	    wb_bytes_span(&forged.file)); /* 5 */
	forged_clear(&forged);
	assert_int_equal(fixture_open(f, 5), WB_BATCH_DISPUTED);
	fixture_ack(f, 5, WB_OUTCOME_DISPUTED); /* 6 */
	(void)fixture_void(f, &f->coord, &oil, &own);
	(void)fixture_void(f, &f->k1, &rice, &seen);
	assert_int_equal(fixture_send(f, &f->k1, false), 1); /* 7 */
	assert_int_equal(fixture_open(f, 7), WB_BATCH_OPENED);
	assert_int_equal(fixture_send(f, &f->coord, false), 1); /* 8 */
	assert_int_equal(fixture_open(f, 8), WB_BATCH_DISPUTED);
	(void)fixture_save(f, &f->coord, &rice);
	(void)fixture_save(f, &f->k1, &oil);
}

static void
derived_tables_come_back_byte_for_byte(void **state)
{
	static const uint32_t windows[] = { 0, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
		struct fixture f;

		fixture_begin(&f, 7);
		f.coord.roster.window_days = 7;
		f.k1.roster.window_days = windows[i];
		live(&f);
		rebuild_and_compare(&f, &f.coord);
		rebuild_and_compare(&f, &f.k1);
		rebuild_and_compare(&f, &f.coord); /* and again */
		fixture_end(&f);
	}
}

static void
a_failed_rebuild_leaves_all_as_it_was(void **state)
{
	struct wb_bytes before, after;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	live(&f);
	assert_ok(wb_db_exec(f.k1.db,
		      "UPDATE part SET goods_leaf = x'00' WHERE number = 1",
		      &f.err),
	    &f.err);
	dump(&before, &f, &f.k1);
	assert_int_equal(wb_journal_rebuild(&f.k1, NULL, NULL, &f.err),
	    WB_STORAGE);
	dump(&after, &f, &f.k1);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	wb_bytes_clear(&after);
	wb_bytes_clear(&before);
	fixture_end(&f);
}

static uint64_t
purge(struct fixture *f, struct wb_device *device)
{
	uint64_t purged;

	assert_ok(wb_journal_purge(&purged, device, &f->err), &f->err);
	return purged;
}

static void
copies_go_when_opened_and_old(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	f.now += 8 * DAY; /* old, but opened by nobody */
	assert_int_equal(purge(&f, &f.k1), 0);
	fixture_ack(&f, 1, WB_OUTCOME_OPENED);
	f.now -= DAY; /* opened, but not older than the window */
	assert_int_equal(purge(&f, &f.k1), 0);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM record"),
	    1);
	f.now += DAY;
	assert_int_equal(purge(&f, &f.k1), 1);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT (SELECT count(*) FROM own) +"
			     " (SELECT count(*) FROM record) +"
			     " (SELECT count(*) FROM line) +"
			     " (SELECT count(*) FROM content)"),
	    0);
	assert_int_equal(fixture_number(&f, &f.k1, "SELECT count(*) FROM part"),
	    1);
	rebuild_and_compare(&f, &f.k1);
	fixture_end(&f);
}

static void
a_record_and_its_void_are_purged_together(void **state)
{
	struct wb_hash id;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	id = fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	fixture_ack(&f, 1, WB_OUTCOME_OPENED);
	f.now += 6 * DAY;
	(void)fixture_void(&f, &f.k1, &rice, &id);
	f.now += 2 * DAY;
	assert_int_equal(purge(&f, &f.k1), 0);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	fixture_ack(&f, 3, WB_OUTCOME_OPENED);
	f.now += 8 * DAY;
	assert_int_equal(purge(&f, &f.k1), 2);
	/* What is purged can still be voided by its id. */
	(void)fixture_void(&f, &f.k1, &rice, &id);
	assert_int_equal(fixture_number(&f, &f.k1, "SELECT count(*) FROM line"),
	    0);
	rebuild_and_compare(&f, &f.k1);
	fixture_end(&f);
}

static void
a_coordinator_keeps_what_was_opened(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	(void)fixture_save(&f, &f.coord, &rice);
	assert_int_equal(fixture_send(&f, &f.coord, false), 1);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	fixture_ack(&f, 1, WB_OUTCOME_OPENED);
	f.now += 8 * DAY;
	assert_int_equal(purge(&f, &f.coord), 1);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT (SELECT count(*) FROM own) * 100 +"
			     " (SELECT count(*) FROM record) * 10 +"
			     " (SELECT count(*) FROM content)"),
	    11);
	rebuild_and_compare(&f, &f.coord);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derived_tables_come_back_byte_for_byte),
		cmocka_unit_test(a_failed_rebuild_leaves_all_as_it_was),
		cmocka_unit_test(copies_go_when_opened_and_old),
		cmocka_unit_test(a_record_and_its_void_are_purged_together),
		cmocka_unit_test(a_coordinator_keeps_what_was_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
