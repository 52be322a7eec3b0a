/* What strangers' rosters may cost: signatures that are checked are counted. */
#include <stdatomic.h>

#include "crypto/statement.h"
#include "proto/wire.h"

#include "tests/unit/server/programme.h"

#define SIGNATURES ((size_t)2 * WB_MAX_ROOTS) /* the most one may carry */
#define ROSTERS 20 /* in a body */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
enum wb_status __real_wb_statement_verify(const struct wb_signature *signature,
    const struct wb_key *key, const char *type, struct wb_span payload,
    struct wb_error *err);
enum wb_status __wrap_wb_statement_verify(const struct wb_signature *signature,
    const struct wb_key *key, const char *type, struct wb_span payload,
    struct wb_error *err);

static atomic_uint checked;

enum wb_status
__wrap_wb_statement_verify(const struct wb_signature *signature,
    const struct wb_key *key, const char *type, struct wb_span payload,
    struct wb_error *err)
{
	checked++;
	return __real_wb_statement_verify(signature, key, type, payload, err);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static int
set_up(void **state)
{
	(void)programme_set_up(state);
	log_first_roster(*state);
	return 0;
}

/* What a stranger's roster claims; its signatures are of nobody. */
struct claim {
	const char *what;
	const char *reason; /* why it is refused */
	uint64_t version;
	bool other_programme;
	bool other_previous;
	unsigned most; /* checked for a body full of them */
};

static const struct claim claims[] = {
	{ "the next version", "roster-signatures", 2, false, false,
	    SIGNATURES },
	{ "one after that", "roster-version", 3, false, false, 0 },
	{ "the same version", "wrong-programme", 1, false, false, 0 },
	{ "another programme", "wrong-programme", 2, true, false, 0 },
	{ "another version before", "roster-version", 2, false, true, 0 },
};

static void
make_claim(struct sent *out, struct programme *p, const struct claim *claim,
    uint32_t days)
{
	struct wb_signature signatures[SIGNATURES];
	struct wb_roster roster = p->roster;
	struct wb_bytes payload;

	roster.version = claim->version;
	roster.programme = roster.previous = p->id;
	roster.programme.b[0] ^= claim->other_programme;
	roster.previous.b[0] ^= claim->other_previous;
	if (claim->version == 1)
		roster.programme = roster.previous = (struct wb_hash){ 0 };
	roster.window_days = days;
	wb_random_fill(p->random, signatures, sizeof signatures);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	wb_bytes_init(&out->envelope, WB_MAX_UPLOAD_BODY);
	wb_bytes_init(&out->content, 1);
	assert_ok(wb_roster_encode(&payload, &roster, &p->err), &p->err);
	assert_ok(wb_envelope_encode(&out->envelope, WB_STATEMENT_ROSTER,
		      wb_bytes_span(&payload), signatures, SIGNATURES, &p->err),
	    &p->err);
	wb_bytes_clear(&payload);
}

static void
a_stranger_has_few_signatures_checked(void **state)
{
	struct programme *p = *state;

	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
		struct sent s[ROSTERS];
		struct answered a;

		print_message("  %s\n", claims[i].what);
		for (uint32_t k = 0; k < ROSTERS; k++)
			make_claim(&s[k], p, &claims[i], k + 1);
		checked = 0;
		submit(&a, p, s, ROSTERS, 0);
		assert_ok(a.status, &a.err);
		assert_in_range(checked, 0, claims[i].most);
		for (size_t k = 0; k < ROSTERS; k++) {
			assert_true(wb_span_equal(a.answer.results[k].reason,
			    wb_span_text(claims[i].reason)));
			sent_clear(&s[k]);
		}
		answered_clear(&a);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, programme_tear_down)
	const struct CMUnitTest tests[] = {
		T(a_stranger_has_few_signatures_checked),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
