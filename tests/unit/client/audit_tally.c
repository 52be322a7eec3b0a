/* Tallies that hold, and every way in which one can lie. */
#include "client/audit/audit_tally.h"

#include <sodium.h>
#include <stdlib.h>

#include "client/audit/auditor.h"
#include "client/ledger/challenge.h"
#include "crypto/secret.h"

#include "tests/unit/client/tallykit.h"

static const enum kit_key c1 = KIT_C1;

/* The second tally as its maker wants it, in a log with an honest first. */
struct story {
	struct tallykit t;
	struct kit_tally tally;
};

static void
begin(struct story *s)
{
	tallykit_begin(&s->t);
	tallykit_first(&s->t, &s->tally);
	tallykit_log(&s->t, &s->tally, &c1, 1);
	tallykit_go_on(&s->t);
	tallykit_second(&s->t, &s->tally);
}

static void
verify(struct story *s, struct wb_audit *out)
{
	struct wb_bytes bundle;

	tallykit_bundle(&s->t, &bundle, "headers");
	tallykit_verify(&s->t, out, &bundle, NULL);
}

static void
honest_tallies_hold(void **state)
{
	struct wb_audit a;
	struct story s;

	(void)state;
	begin(&s);
	tallykit_log(&s.t, &s.tally, &c1, 1);
	verify(&s, &a);
	for (size_t i = 0; i < a.problem_count; i++)
		print_error("%s\n", (const char *)a.problems[i].text.data);
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_int_equal(a.tally_count, 2);
	assert_int_equal(a.tallies[0].result, WB_AUDIT_GOOD);
	assert_int_equal(a.tallies[0].first, 0);
	assert_int_equal(a.tallies[0].last, 10);
	assert_int_equal(a.tallies[0].batches, 2);
	assert_int_equal(a.tallies[0].devices, 2);
	assert_int_equal(a.tallies[0].excluded, 3);
	assert_int_equal(a.tallies[0].totals[0].quantity, 3500);
	assert_int_equal(a.tallies[1].result, WB_AUDIT_GOOD);
	assert_int_equal(a.tallies[1].batches, 3);
	assert_int_equal(a.tallies[1].devices, 2);
	assert_int_equal(a.tallies[1].included, 2);
	assert_int_equal(a.tallies[1].totals[0].quantity, 1040);
	assert_true(wb_span_equal(a.tallies[1].totals[0].measure,
	    wb_span_text(TALLYKIT_MEASURE)));
	wb_audit_clear(&a);
	tallykit_end(&s.t);
}

/* Each way to lie in the second tally. */

static void
adds_to_the_total(struct story *s)
{
	s->tally.totals[0].quantity++;
}

static void
moves_to_another_measure(struct story *s)
{
	s->tally.totals[0].measure = wb_span_text("delivered|a|sack");
}

static void
adds_a_measure(struct story *s)
{
	s->tally.totals[1] = (struct wb_total){ wb_span_text("delivered|z|"),
		1 };
	s->tally.content.total_count = 2;
}

static void
takes_another_blinding(struct story *s)
{
	s->tally.content.blinding.b[0]++;
}

static void
leaves_out_without_reason(struct story *s)
{
	s->tally.excluded[0] = (struct wb_exclusion){ 14, WB_EXCLUDED_CLOSED };
	s->tally.content.excluded_count = 1;
	tallykit_uncount(&s->t, &s->tally, 14);
}

static void
hides_what_came_late(struct story *s)
{
	s->tally.content.included_count = 1;
	tallykit_uncount(&s->t, &s->tally, 9);
}

static void
counts_one_twice(struct story *s)
{
	s->tally.included[0] = 1;
	s->tally.included[1] = 4;
	s->tally.included[2] = 9;
	s->tally.content.included_count = 3;
	tallykit_count(&s->t, &s->tally, 1);
}

static void
counts_a_disputed_one(struct story *s)
{
	s->tally.included[0] = 3;
	s->tally.included[1] = 4;
	s->tally.included[2] = 9;
	s->tally.content.included_count = 3;
	tallykit_count(&s->t, &s->tally, 3);
}

static void
reuses_the_range(struct story *s)
{
	s->tally.header.first = 0;
}

static void
overlaps(struct story *s)
{
	s->tally.header.first = 10;
}

static void
leaves_a_gap(struct story *s)
{
	s->tally.header.first = 12;
}

static void
names_no_tally_before(struct story *s)
{
	s->tally.header.previous = (struct wb_hash){ { 0 } };
}

static void
covers_itself(struct story *s)
{
	s->tally.header.last = 16;
}

static void
ends_early(struct story *s)
{
	s->tally.header.last = 14;
}

static void
is_a_device(struct story *s)
{
	s->tally.signers[0] = s->t.k.keys[KIT_K1].key;
}

static void
every_lie_of_a_coordinator_is_found(void **state)
{
	static const struct {
		void (*lie)(struct story *s);
		const char *id;
	} rows[] = {
		{ adds_to_the_total, "tally-totals" },
		{ moves_to_another_measure, "tally-totals" },
		{ adds_a_measure, "tally-totals" },
		{ takes_another_blinding, "tally-totals" },
		{ leaves_out_without_reason, "tally-excluded" },
		{ hides_what_came_late, "tally-included" },
		{ counts_one_twice, "tally-included" },
		{ counts_a_disputed_one, "tally-included" },
		{ reuses_the_range, "tally-overlap" },
		{ overlaps, "tally-overlap" },
		{ leaves_a_gap, "tally-gap" },
		{ names_no_tally_before, "tally-chain" },
		{ covers_itself, "tally-range" },
		{ ends_early, "tally-excluded" },
		{ is_a_device, "signer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum kit_key signer = KIT_C1;
		struct wb_audit a;
		struct story s;

		begin(&s);
		rows[i].lie(&s);
		if (rows[i].lie == is_a_device)
			signer = KIT_K1;
		tallykit_log(&s.t, &s.tally, &signer, 1);
		verify(&s, &a);
		if (!tallykit_found(&a, rows[i].id))
			fail_msg("%s was not found", rows[i].id);
		assert_int_equal(a.result, WB_AUDIT_BAD);
		assert_int_equal(a.problem_total, 1);
		assert_int_equal(a.tallies[0].result, WB_AUDIT_GOOD);
		assert_int_equal(a.tallies[1].result, WB_AUDIT_BAD);
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

/* The reasons of the first tally, one after the other exchanged. */
static void
each_batch_is_left_out_for_its_own_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct wb_audit a;
		struct story s;

		tallykit_begin(&s.t);
		tallykit_first(&s.t, &s.tally);
		s.tally.excluded[i].why = WB_EXCLUDED_DISTRUSTED;
		tallykit_log(&s.t, &s.tally, &c1, 1);
		verify(&s, &a);
		assert_true(tallykit_found(&a, "tally-excluded"));
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

/* A false one is evidence for ever; the next still follows it. */
static void
a_false_tally_does_not_stop_the_next(void **state)
{
	struct wb_audit a;
	struct story s;

	(void)state;
	tallykit_begin(&s.t);
	tallykit_first(&s.t, &s.tally);
	s.tally.totals[0].quantity++;
	tallykit_log(&s.t, &s.tally, &c1, 1);
	tallykit_go_on(&s.t);
	tallykit_second(&s.t, &s.tally);
	tallykit_log(&s.t, &s.tally, &c1, 1);
	verify(&s, &a);
	assert_int_equal(a.tallies[0].result, WB_AUDIT_BAD);
	assert_int_equal(a.tallies[1].result, WB_AUDIT_GOOD);
	wb_audit_clear(&a);
	tallykit_end(&s.t);
}

/* What was said after the range ended is for the next tally. */
static void
an_ack_behind_the_range_changes_nothing(void **state)
{
	struct wb_audit a;
	struct story s;

	(void)state;
	tallykit_begin(&s.t);
	tallykit_first(&s.t, &s.tally);
	tallykit_ack(&s.t, 1, WB_OUTCOME_DISPUTED);
	tallykit_ack(&s.t, 4, WB_OUTCOME_OPENED);
	tallykit_log(&s.t, &s.tally, &c1, 1);
	verify(&s, &a);
	assert_int_equal(a.tallies[0].result, WB_AUDIT_GOOD);
	wb_audit_clear(&a);
	tallykit_end(&s.t);
}

static void
what_is_shown_must_be_what_was_signed(void **state)
{
	struct wb_audit a;
	struct story s;

	(void)state;
	begin(&s);
	tallykit_log(&s.t, &s.tally, &c1, 1);
	wb_bytes_reset(&s.t.shown[16]);
	assert_ok(wb_bytes_append(&s.t.shown[16], wb_bytes_span(&s.t.shown[11]),
		      &s.t.k.err),
	    &s.t.k.err);
	verify(&s, &a);
	assert_true(tallykit_found(&a, "tally-content"));
	wb_audit_clear(&a);
	/* And where nothing is shown, nothing is called good. */
	wb_bytes_clear(&s.t.shown[16]);
	verify(&s, &a);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.tallies[0].result, WB_AUDIT_GOOD);
	assert_int_equal(a.tallies[1].result, WB_AUDIT_UNCHECKED);
	wb_audit_clear(&a);
	tallykit_end(&s.t);
}

/* All that are kept are bad; the one behind them could not be looked at. */
static void
a_tally_too_many_to_show_still_counts(void **state)
{
	for (size_t unchecked = 0; unchecked < 2; unchecked++) {
		const struct wb_tally tally = { .last = 1 };
		const struct wb_hash id = { { 0 } };
		struct wb_audit_options options = { .tallies = true };
		struct wb_error err = { 0 };
		struct wb_audit out;
		struct wb_auditor a;

		(void)state;
		wb_auditor_init(&a, &out, &options, &err);
		for (uint64_t i = 0; i <= WB_MAX_AUDIT_NOTES; i++)
			wb_auditor_tally(&a, i, &id, &tally,
			    unchecked == 1 && i == WB_MAX_AUDIT_NOTES);
		wb_auditor_end_tallies(&a);
		assert_int_equal(out.unchecked_count, unchecked);
		wb_auditor_clear(&a);
		wb_audit_clear(&out);
	}
}

/* C1 and K1, whom a roster makes a coordinator. */
static void
as_many_sign_as_the_roster_asks(void **state)
{
	static const struct {
		size_t signers;
		bool right_order;
		const char *id; /* NULL: it holds */
	} rows[] = { { 1, true, "signer" }, { 2, true, NULL },
		{ 2, false, "signature" } };
	static const enum kit_key both[] = { KIT_C1, KIT_K1, KIT_C1 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_audit a;
		struct story s;
		struct kit *k = &s.t.k;

		begin(&s);
		k->roster.tally_threshold = 2;
		k->members[1].roles |= 1U << WB_ROLE_COORDINATOR;
		k->members[1].recipient = wb_span_text("age1k1");
		kit_log_roster(k, 1);
		s.tally.signers[1] = k->keys[KIT_K1].key;
		s.tally.header.signer_count = rows[i].signers;
		tallykit_log(&s.t, &s.tally, both + !rows[i].right_order,
		    rows[i].signers);
		verify(&s, &a);
		assert_int_equal(a.tallies[1].result,
		    rows[i].id == NULL ? WB_AUDIT_GOOD : WB_AUDIT_BAD);
		assert_int_equal(a.problem_total, rows[i].id != NULL);
		if (rows[i].id != NULL)
			assert_true(tallykit_found(&a, rows[i].id));
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

/* K2 is suspect from entry 14 on, by a roster within the range. */
static void
a_distrusted_key_counts_no_more(void **state)
{
	for (int honest = 0; honest < 2; honest++) {
		struct wb_audit a;
		struct story s;
		struct kit *k = &s.t.k;

		(void)state;
		begin(&s);
		k->members[2].distrust_from = 14;
		kit_log_roster(k, 1);
		s.tally.header.last = 16;
		if (honest == 1) {
			s.tally.excluded[0] = (struct wb_exclusion){ 14,
				WB_EXCLUDED_DISTRUSTED };
			s.tally.content.excluded_count = 1;
			tallykit_uncount(&s.t, &s.tally, 14);
		}
		tallykit_log(&s.t, &s.tally, &c1, 1);
		verify(&s, &a);
		assert_int_equal(a.tallies[1].result,
		    honest == 1 ? WB_AUDIT_GOOD : WB_AUDIT_BAD);
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

/* --------------------------------------------------------------- samples */

/* A log whose newest tally counts 4, 9 and 14, and a file of answers. */
static void
answer(struct story *s, struct wb_bytes *bundle)
{
	begin(s);
	tallykit_log(&s->t, &s->tally, &c1, 1);
	tallykit_bundle(&s->t, bundle, "openings");
}

/* The one of n indices that the nonce "n" draws. */
static uint64_t
draw(struct story *s, const size_t *indices, size_t n)
{
	struct wb_tallied batches[3] = { { .index = 0 } }, *picks;
	const struct wb_challenge challenge = { .tally = s->t.k.entries[16].id,
		.nonce = wb_span_text("n") };
	uint64_t index;
	size_t drawn;

	for (size_t i = 0; i < n; i++)
		batches[i].index = indices[i];
	assert_ok(wb_challenge_pick(&picks, &drawn, batches, n, 1, &challenge,
		      &s->t.k.err),
	    &s->t.k.err);
	index = picks[0].index;
	free(picks);
	return index;
}

static void
samples_that_hold_are_good(void **state)
{
	static const size_t counted[] = { 4, 9, 14 };
	struct wb_bytes bundle;
	struct wb_audit a;
	struct story s;
	int drawn = 0;

	(void)state;
	answer(&s, &bundle);
	for (size_t i = 0; i < 3; i++)
		tallykit_opening(&s.t, &bundle, counted[i],
		    s.t.values[counted[i]], "n");
	tallykit_verify(&s.t, &a, &bundle, "n");
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_int_equal(a.samples.answered, 3);
	assert_int_equal(a.samples.counted, 3);
	assert_int_equal(a.samples.tally, 16);
	assert_int_equal(a.samples.first, 11);
	assert_int_equal(a.samples.last, 15);
	assert_int_equal(a.samples.per_mille, 1000);
	wb_audit_clear(&a);
	tallykit_end(&s.t);
	/* Of one sample, only the one that the nonce draws will do. */
	for (size_t i = 0; i < 3; i++) {
		answer(&s, &bundle);
		tallykit_opening(&s.t, &bundle, counted[i],
		    s.t.values[counted[i]], "n");
		tallykit_verify_samples(&s.t, &a, &bundle, 1, 16);
		drawn += a.result == WB_AUDIT_GOOD;
		assert_int_equal(a.result == WB_AUDIT_GOOD,
		    draw(&s, counted, 3) == counted[i]);
		assert_int_equal(tallykit_found(&a, "challenge-missing"),
		    a.result != WB_AUDIT_GOOD);
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
	assert_int_equal(drawn, 1);
}

/* Of three batches, as many as the draw wants are opened, from its first. */
static void
fewer_samples_than_asked_for_are_not_good(void **state)
{
	static const struct {
		size_t opened, samples;
		uint64_t sampled;
		enum wb_verdict_result result;
		const char *id;
	} rows[] = {
		{ 1, 1, 0, WB_AUDIT_GOOD, NULL },
		{ 3, 3, 16, WB_AUDIT_GOOD, NULL },
		{ 3, 60, 16, WB_AUDIT_GOOD, NULL }, /* all there are */
		{ 3, 2, 16, WB_AUDIT_GOOD, NULL }, /* more than asked for */
		{ 1, 0, 0, WB_AUDIT_UNCHECKED, NULL },
		{ 3, 0, 0, WB_AUDIT_GOOD, NULL },
		{ 1, 2, 0, WB_AUDIT_BAD, "challenge-missing" },
		{ 1, 60, 0, WB_AUDIT_BAD, "challenge-missing" },
		{ 0, 1, 0, WB_AUDIT_BAD, "challenge-missing" },
		{ 3, 3, 11, WB_AUDIT_BAD, "challenge-tally" },
		{ 3, 0, 15, WB_AUDIT_BAD, "challenge-tally" },
	};
	static const size_t counted[] = { 4, 9, 14 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		struct story s;

		answer(&s, &bundle);
		for (size_t j = 0; j < 3; j++) {
			if (rows[i].opened == 3 ||
			    (rows[i].opened == 1 &&
				draw(&s, counted, 3) == counted[j]))
				tallykit_opening(&s.t, &bundle, counted[j],
				    s.t.values[counted[j]], "n");
		}
		tallykit_verify_samples(&s.t, &a, &bundle, rows[i].samples,
		    rows[i].sampled);
		assert_int_equal(a.result, rows[i].result);
		assert_int_equal(a.problem_total == 0, rows[i].id == NULL);
		if (rows[i].id != NULL)
			assert_true(tallykit_found(&a, rows[i].id));
		assert_int_equal(a.samples.answered, rows[i].opened);
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

/* A file of headers is no answer, however good its totals are. */
static void
samples_asked_for_and_not_there_are_not_good(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		struct story s;

		(void)state;
		begin(&s);
		tallykit_log(&s.t, &s.tally, &c1, 1);
		tallykit_bundle(&s.t, &bundle, "headers");
		if (how == 0)
			tallykit_verify(&s.t, &a, &bundle, "n");
		else
			tallykit_verify_samples(&s.t, &a, &bundle,
			    how == 1 ? 60 : 0, how == 2 ? 16 : 0);
		assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
		assert_int_equal(a.unchecked_count, 1);
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

static void
samples_that_do_not_hold_are_found(void **state)
{
	static const struct {
		const char *what;
		uint64_t index;
		uint64_t value; /* 0: as committed */
		const char *nonce; /* of the second answer */
		const char *id;
	} rows[] = {
		{ "another value", 9, 301, "n", "challenge-totals" },
		{ "another nonce", 9, 0, "m", "challenge-nonce" },
		{ "no batch of the tally", 1, 0, "n", "challenge-unasked" },
		{ "no batch", 15, 1, "n", "challenge-unasked" },
		{ "twice the same", 4, 0, "n", "challenge-unasked" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t value = rows[i].value;
		struct wb_bytes bundle;
		struct wb_audit a;
		struct story s;

		answer(&s, &bundle);
		if (value == 0)
			value = s.t.values[rows[i].index];
		tallykit_opening(&s.t, &bundle, 4, s.t.values[4], "n");
		tallykit_opening(&s.t, &bundle, (size_t)rows[i].index, value,
		    rows[i].nonce);
		tallykit_opening(&s.t, &bundle, 14, s.t.values[14], "n");
		tallykit_verify(&s.t, &a, &bundle, NULL);
		if (!tallykit_found(&a, rows[i].id))
			fail_msg("%s: no %s", rows[i].what, rows[i].id);
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

static void
a_file_without_answers_is_not_good(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct story s;

	(void)state;
	answer(&s, &bundle);
	tallykit_verify(&s.t, &a, &bundle, NULL);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	wb_audit_clear(&a);
	tallykit_end(&s.t);
}

/*
 * A device that committed to less than nothing, with a coordinator who calls it
 * in order: the sum holds, and only samples can find it.
 */
static void
less_than_nothing_is_found_by_samples_only(void **state)
{
	static const uint64_t tries[] = { 1, (uint64_t)INT64_MAX };
	struct wb_point g;

	(void)state;
	wb_generator(&g, wb_span_text(TALLYKIT_MEASURE));
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		struct wb_span content = wb_span_text("sealed");
		struct wb_batch header;
		struct wb_bytes bundle;
		struct wb_audit a;
		struct story s;
		struct kit *k = &s.t.k;

		begin(&s);
		header = kit_header(k, KIT_K1, content);
		tallykit_batch(&s.t, KIT_K2, 0); /* entry 16: 17·B */
		k->count--;
		k->sequence[KIT_K2]--;
		k->newest[KIT_K2] = k->entries[14].id;
		assert_ok(wb_commit(&header.totals,
			      &(struct wb_scalar){ { 17 } }, NULL, 0, &k->err),
		    &k->err);
		assert_int_equal(crypto_core_ristretto255_sub(header.totals.b,
				     header.totals.b, g.b),
		    0);
		wb_bytes_clear(&k->entries[16].envelope);
		wb_bytes_clear(&k->entries[16].content);
		kit_log_header(k, &header, KIT_K1, content);
		tallykit_ack(&s.t, 16, WB_OUTCOME_OPENED);
		s.tally.header.last = 17;
		tallykit_count(&s.t, &s.tally, 16);
		s.tally.totals[0].quantity--;
		tallykit_log(&s.t, &s.tally, &c1, 1);
		verify(&s, &a);
		assert_int_equal(a.tallies[1].result, WB_AUDIT_GOOD);
		wb_audit_clear(&a);
		tallykit_bundle(&s.t, &bundle, "openings");
		tallykit_opening(&s.t, &bundle, 4, s.t.values[4], "");
		tallykit_opening(&s.t, &bundle, 9, s.t.values[9], "");
		tallykit_opening(&s.t, &bundle, 14, s.t.values[14], "");
		tallykit_opening(&s.t, &bundle, 16, tries[i], "");
		tallykit_verify(&s.t, &a, &bundle, NULL);
		assert_int_equal(a.problem_total, 1);
		assert_true(tallykit_found(&a, "challenge-totals"));
		wb_audit_clear(&a);
		tallykit_end(&s.t);
	}
}

static int
start(void **state)
{
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_crypto_start(&err), &err);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_tallies_hold),
		cmocka_unit_test(every_lie_of_a_coordinator_is_found),
		cmocka_unit_test(each_batch_is_left_out_for_its_own_reason),
		cmocka_unit_test(a_false_tally_does_not_stop_the_next),
		cmocka_unit_test(an_ack_behind_the_range_changes_nothing),
		cmocka_unit_test(what_is_shown_must_be_what_was_signed),
		cmocka_unit_test(a_tally_too_many_to_show_still_counts),
		cmocka_unit_test(as_many_sign_as_the_roster_asks),
		cmocka_unit_test(a_distrusted_key_counts_no_more),
		cmocka_unit_test(samples_that_hold_are_good),
		cmocka_unit_test(fewer_samples_than_asked_for_are_not_good),
		cmocka_unit_test(samples_asked_for_and_not_there_are_not_good),
		cmocka_unit_test(samples_that_do_not_hold_are_found),
		cmocka_unit_test(a_file_without_answers_is_not_good),
		cmocka_unit_test(less_than_nothing_is_found_by_samples_only),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
