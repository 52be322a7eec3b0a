/* What is not understood for want of memory is nobody's fault. */
#include <stdlib.h>

#include "tests/fault/scarce.h"
#include "tests/unit/client/trusting.h"

static enum wb_status
take_head(struct trusting *s)
{
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	scarce_hold(true);
	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_checkpoint(&note, s->log, s->log->size);
	scarce_hold(false);
	st = wb_trust_head(&head, NULL, &s->f.coord, wb_bytes_span(&note), NULL,
	    &s->f.err);
	wb_bytes_clear(&note);
	return st;
}

static void
lack_of_memory_is_no_evidence(void **state)
{
	struct trusting *s = *state;
	bool failed = true;
	enum wb_status st;

	(void)trusting_add_note(s, s->log, 1);
	for (uint64_t nth = 1; failed; nth++) {
		s->f.err = (struct wb_error){ 0 };
		scarce_fail(nth, false);
		st = take_head(s);
		failed = scarce_failed();
		scarce_fail(0, false);
		if (st != WB_OK)
			assert_status(WB_NO_MEMORY, st, &s->f.err);
		assert_true(st == WB_OK || failed);
		assert_true(nth < 1000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lack_of_memory_is_no_evidence,
		    trusting_setup, trusting_teardown),
	};

	scarce_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
