/* Making tallies from a vault; what the log must then say is in audit_tally.c. */
#include "client/tally/tally_make.h"

#include "tests/unit/client/forge.h"

#define MEASURE "delivered|a%7Cb 100%25|sack"

/* Where set, every sum is this: no programme's stock would do. */
static uint64_t pretended;

struct wb_total __real_wb_measures_at(const struct wb_measures *m, size_t i);
struct wb_total __wrap_wb_measures_at(const struct wb_measures *m, size_t i);

struct wb_total
__wrap_wb_measures_at(const struct wb_measures *m, size_t i)
{
	struct wb_total total = __real_wb_measures_at(m, i);

	if (pretended != 0)
		total.quantity = pretended;
	return total;
}

static const struct fixture_record oil = { WB_KIND_DELIVERED, "a|b 100%",
	"sack", 1500, "S-12", FIXTURE_TODAY };

/* Logs a batch of one record; C1 opens it and says so.  Its log index. */
static uint64_t
deliver(struct fixture *f, struct wb_device *from)
{
	uint64_t index = f->next;

	(void)fixture_save(f, from, &oil);
	assert_int_equal(fixture_send(f, from, false), 1);
	assert_int_equal(fixture_open(f, index), WB_BATCH_OPENED);
	fixture_ack(f, index, WB_OUTCOME_OPENED);
	return index;
}

static enum wb_status
make(struct fixture *f, struct wb_tally_made *made, bool small_cells)
{
	const struct wb_tally_wish wish = { .small_cells = small_cells };

	return wb_tally_make(made, &f->coord, &wish, &f->err);
}

static void
expect_refusal(struct fixture *f, bool small_cells, enum wb_status status,
    const char *id)
{
	struct wb_tally_made made;

	assert_status(status, make(f, &made, small_cells), &f->err);
	assert_string_equal(wb_error_id(&f->err), id);
	assert_int_equal(fixture_number(f, &f->coord,
			     "SELECT count(*) FROM statement WHERE type = 4"
			     " AND log_index IS NULL"),
	    0);
	wb_tally_made_clear(&made);
}

/* Puts the tally that waits into the log. */
static void
log_it(struct fixture *f)
{
	struct wb_bytes envelope;
	struct wb_stmt *q;
	bool row;

	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	assert_ok(wb_db_prepare(&q, f->coord.db,
		      "SELECT envelope FROM statement WHERE type = 4"
		      " AND log_index IS NULL",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(q, &row, &f->err), &f->err);
	assert_true(row);
	assert_ok(wb_bytes_append(&envelope, wb_column_blob(q, 0), &f->err),
	    &f->err);
	wb_stmt_done(q);
	fixture_log_entry(f, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
}

static void
totals_are_the_sum_of_what_was_opened(void **state)
{
	struct wb_tally_made made;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	for (int i = 0; i < 2; i++) {
		(void)deliver(&f, &f.k1);
		(void)deliver(&f, &f.k2);
		(void)deliver(&f, &f.coord);
	}
	assert_ok(make(&f, &made, false), &f.err);
	assert_int_equal(made.batches, 6);
	assert_int_equal(made.devices, 3);
	assert_int_equal(made.tally.first, 0);
	assert_int_equal(made.tally.last, f.next - 1);
	assert_int_equal(made.content.total_count, 1);
	assert_int_equal(made.content.totals[0].quantity, 9000);
	assert_true(wb_span_equal(made.content.totals[0].measure,
	    wb_span_text(MEASURE)));
	assert_int_equal(made.proposal.len, 0);
	wb_tally_made_clear(&made);
	assert_status(WB_FAILED, make(&f, &made, true), &f.err);
	assert_string_equal(wb_error_id(&f.err), "tally-waits");
	wb_tally_made_clear(&made);
	fixture_end(&f);
}

static void
few_batches_or_devices_are_not_published(void **state)
{
	struct wb_tally_made made;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	expect_refusal(&f, true, WB_FAILED, "nothing-to-count");
	for (int i = 0; i < 3; i++) {
		(void)deliver(&f, &f.k1);
		expect_refusal(&f, false, WB_FAILED, "small-cells");
		(void)deliver(&f, &f.k2);
		expect_refusal(&f, false, WB_FAILED, "small-cells");
	}
	/* A third device, which has nothing of this measure. */
	assert_int_equal(fixture_send(&f, &f.coord, true), 1);
	assert_int_equal(fixture_open(&f, f.next - 1), WB_BATCH_OPENED);
	fixture_ack(&f, f.next - 1, WB_OUTCOME_OPENED);
	expect_refusal(&f, false, WB_FAILED, "small-cells");
	assert_ok(make(&f, &made, true), &f.err);
	assert_int_equal(made.devices, 3);
	wb_tally_made_clear(&made);
	fixture_end(&f);
}

/* A commitment that its content does not open: disputed, and left out. */
static void
a_lying_device_is_left_out_with_its_reason(void **state)
{
	struct wb_line line = { .item = wb_span_text("a|b 100%"),
		.unit = wb_span_text("sack"),
		.quantity = 9000000 };
	struct forge_record records[2] = {
		{ .goods = { .kind = WB_KIND_DELIVERED,
		      .day = FIXTURE_TODAY,
		      .lines = &line,
		      .line_count = 1 },
		    .place = { .number = 1, .to = wb_span_text("S-12") } }
	};
	struct wb_tally_made made;
	struct forged forged;
	struct fixture f;
	uint64_t lie;

	(void)state;
	fixture_begin(&f, 0);
	(void)deliver(&f, &f.k1);
	lie = f.next;
	records[1] = records[0];
	records[1].place.number = 2;
	forge(&forged, &f, &f.k2, 1, records, 2, FORGE_TOTALS, false);
	fixture_log_entry(&f, wb_bytes_span(&forged.envelope),
	    wb_bytes_span(&forged.file));
	forged_clear(&forged);
	assert_int_equal(fixture_open(&f, lie), WB_BATCH_DISPUTED);
	fixture_ack(&f, lie, WB_OUTCOME_DISPUTED);
	assert_ok(make(&f, &made, true), &f.err);
	assert_int_equal(made.content.totals[0].quantity, 1500);
	assert_int_equal(made.content.excluded_count, 1);
	assert_int_equal(made.content.excluded[0].index, lie);
	assert_int_equal(made.content.excluded[0].why, WB_EXCLUDED_DISPUTED);
	wb_tally_made_clear(&made);
	fixture_end(&f);
}

static void
what_is_opened_late_counts_in_the_next(void **state)
{
	struct wb_tally_made made;
	uint64_t late, last;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)deliver(&f, &f.k1);
	late = f.next;
	(void)fixture_save(&f, &f.k2, &oil);
	assert_int_equal(fixture_send(&f, &f.k2, false), 1);
	assert_ok(make(&f, &made, true), &f.err);
	assert_int_equal(made.content.excluded_count, 1);
	assert_int_equal(made.content.excluded[0].why, WB_EXCLUDED_CLOSED);
	last = made.tally.last;
	wb_tally_made_clear(&made);
	log_it(&f);
	expect_refusal(&f, true, WB_FAILED, "nothing-to-count");
	assert_int_equal(fixture_open(&f, late), WB_BATCH_OPENED);
	fixture_ack(&f, late, WB_OUTCOME_OPENED);
	assert_ok(make(&f, &made, true), &f.err);
	assert_int_equal(made.tally.first, last + 1);
	assert_int_equal(made.content.included_count, 1);
	assert_int_equal(made.content.included[0], late);
	assert_int_equal(made.content.totals[0].quantity, 1500);
	wb_tally_made_clear(&made);
	fixture_end(&f);
}

static void
totals_beyond_what_can_be_published_are_refused(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)deliver(&f, &f.k1);
	pretended = WB_TOTAL_MAX + 1;
	expect_refusal(&f, true, WB_INVALID, "tally-too-large");
	pretended = UINT64_MAX;
	expect_refusal(&f, true, WB_INVALID, "tally-too-large");
	/* And a sum that is not what the device committed to. */
	pretended = 1501;
	expect_refusal(&f, true, WB_FORGED, "tally-totals");
	pretended = 0;
	fixture_end(&f);
}

static void
only_coordinators_with_all_contents_make_one(void **state)
{
	const struct wb_tally_wish wish = { .small_cells = true };
	struct wb_tally_made made;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)deliver(&f, &f.k1);
	assert_status(WB_FAILED, wb_tally_make(&made, &f.k1, &wish, &f.err),
	    &f.err);
	assert_string_equal(wb_error_id(&f.err), "not-coordinator");
	wb_tally_made_clear(&made);
	assert_ok(wb_db_exec(f.coord.db, "DELETE FROM content", &f.err),
	    &f.err);
	expect_refusal(&f, true, WB_NOT_FOUND, "content-missing");
	fixture_end(&f);
}

/* Everything was read when it came, so this is no matter of evidence. */
static void
a_damaged_vault_publishes_nothing(void **state)
{
	static const char *const damages[] = {
		"UPDATE statement SET envelope = x'00' WHERE type = 2",
		"UPDATE statement SET envelope = x'00' WHERE type = 3",
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		fixture_begin(&f, 0);
		(void)deliver(&f, &f.k1);
		assert_ok(wb_db_exec(f.coord.db, damages[i], &f.err), &f.err);
		expect_refusal(&f, true, WB_STORAGE, "vault-damaged");
		fixture_end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_are_the_sum_of_what_was_opened),
		cmocka_unit_test(few_batches_or_devices_are_not_published),
		cmocka_unit_test(a_lying_device_is_left_out_with_its_reason),
		cmocka_unit_test(what_is_opened_late_counts_in_the_next),
		cmocka_unit_test(
		    totals_beyond_what_can_be_published_are_refused),
		cmocka_unit_test(only_coordinators_with_all_contents_make_one),
		cmocka_unit_test(a_damaged_vault_publishes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
