/* Of tallies the log takes only the one that follows the last. */
#include "tests/unit/server/programme.h"

static int
set_up(void **state)
{
	static struct programme p;

	programme_make(&p);
	programme_open(&p);
	*state = &p;
	return 0;
}

static int
tear_down(void **state)
{
	programme_remove(*state);
	return 0;
}

/* Also after a restart. */
static void
takes_only_the_next_tally(void **state)
{
	static const struct {
		const char *what;
		uint64_t first, last;
		bool follows; /* names the one before */
		const char *reason;
	} rows[] = {
		{ "again from the beginning", 0, 0, false, "tally-range" },
		{ "overlap", 1, 4, true, "tally-range" },
		{ "gap", 3, 4, true, "tally-range" },
		{ "no tally before", 2, 4, false, "tally-range" },
		{ "beyond the end", 2, 99, true, "tally-range" },
		{ "itself", 2, 4, true, "tally-range" },
		{ "next", 2, 3, true, NULL },
		{ "the same once more", 2, 2, true, "tally-range" },
	};
	struct programme *p = *state;
	const struct wb_hash none = { { 0 } };
	struct sent batch, first;

	log_first_roster(p);
	make_batch(&batch, p, K1, 1, 100);
	(void)expect(p, &batch, WB_LOGGED, NULL);
	make_tally(&first, p, C1);
	(void)expect(p, &first, WB_LOGGED, NULL);
	(void)expect(p, &first, WB_KNOWN, NULL);
	sent_clear(&batch);
	make_batch(&batch, p, K2, 1, 100);
	(void)expect(p, &batch, WB_LOGGED, NULL);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sent s;

		if (i == 3) {
			programme_close(p);
			programme_open(p);
		}
		make_tally_of(&s, p, C1, rows[i].first, rows[i].last,
		    rows[i].follows ? &first.id : &none);
		(void)expect(p, &s,
		    rows[i].reason == NULL ? WB_LOGGED : WB_NOT_LOGGED,
		    rows[i].reason);
		sent_clear(&s);
	}
	sent_clear(&batch);
	sent_clear(&first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_only_the_next_tally,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
