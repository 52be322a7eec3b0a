#include "client/queue.h"

#include "tests/unit/client/fixture.h"

static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
	2500, "S-12", FIXTURE_TODAY };

static void
a_record_goes_from_here_over_stored_to_opened(void **state)
{
	struct wb_waiting waiting;
	struct wb_states states;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.here, 1);
	assert_ok(wb_queue_waiting(&waiting, &f.k1, &f.err), &f.err);
	assert_int_equal(waiting.unbatched, 1);
	assert_int_equal(waiting.oldest_day, FIXTURE_TODAY);

	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.here, 0);
	assert_int_equal(states.stored, 1);
	assert_ok(wb_queue_waiting(&waiting, &f.k1, &f.err), &f.err);
	assert_int_equal(waiting.records, 0);

	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_string_equal(fixture_why(&f, 1), "");
	fixture_ack(&f, 1, WB_OUTCOME_OPENED);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.stored, 0);
	assert_int_equal(states.opened, 1);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_goes_from_here_over_stored_to_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
