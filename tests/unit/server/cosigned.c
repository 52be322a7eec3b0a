#include "server/cosigned.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/witness_talk.h"

#include "tests/unit/check.h"

#define WITNESSES 3

struct scene {
	struct wb_cosigned c;
	struct wb_policy policy;
	struct wb_signer log, witness[WITNESSES];
	uint64_t seed;
	struct wb_error err;
};

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct wb_random random;

	assert_non_null(s);
	s->seed = 5;
	random = check_random(&s->seed);
	assert_ok(wb_crypto_start(&s->err), &s->err);
	assert_ok(wb_signer_generate(&s->log, random, &s->err), &s->err);
	assert_ok(wb_vkey_make(&s->policy.log, "log.example", WB_NOTE_ED25519,
		      &s->log.key, &s->err),
	    &s->err);
	for (size_t i = 0; i < WITNESSES; i++) {
		assert_ok(wb_signer_generate(&s->witness[i], random, &s->err),
		    &s->err);
		assert_ok(wb_vkey_make(&s->policy.witnesses[i].vkey,
			      "witness.example", WB_NOTE_COSIGNATURE,
			      &s->witness[i].key, &s->err),
		    &s->err);
	}
	s->policy.witness_count = WITNESSES;
	s->policy.groups[0] = (struct wb_policy_group){ .needed = WITNESSES,
		.witnesses = 7 };
	s->policy.group_count = 1;
	s->policy.quorum_group = 1;
	wb_cosigned_reset(&s->c, &s->policy);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	wb_cosigned_clear(&s->c);
	wb_signer_clear(&s->log);
	for (size_t i = 0; i < WITNESSES; i++)
		wb_signer_clear(&s->witness[i]);
	free(s);
	return 0;
}

static void
make_note(struct wb_bytes *out, struct scene *s, uint64_t size)
{
	struct wb_head head = { .size = size };

	wb_put_be64(head.root.b, size);
	wb_bytes_init(out, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_seal(out, &head, &s->policy.log, &s->log,
		      &s->err),
	    &s->err);
}

static struct wb_cosigned_head *
ask(struct scene *s, size_t i, uint64_t known, uint64_t size)
{
	struct wb_cosigned_head *head;
	struct wb_bytes note;

	make_note(&note, s, size);
	assert_ok(wb_cosigned_ask(&head, &s->c, i, known, size,
		      wb_bytes_span(&note), &s->err),
	    &s->err);
	wb_bytes_clear(&note);
	return head;
}

static void
cosign(struct wb_bytes *out, struct scene *s, struct wb_span note, size_t i)
{
	struct wb_note parsed;

	wb_bytes_init(out, WB_MAX_COSIGNATURE);
	assert_ok(wb_note_parse(&parsed, note, &s->err), &s->err);
	assert_ok(wb_note_cosign(out, parsed.text, &s->policy.witnesses[i].vkey,
		      &s->witness[i], 1000, &s->err),
	    &s->err);
}

static void
answer(struct scene *s, struct wb_cosigned_head *head, size_t i)
{
	struct wb_bytes line;

	cosign(&line, s, wb_bytes_span(&head->note), i);
	assert_ok(wb_cosigned_answer(&s->c, head, i, wb_bytes_span(&line),
		      &s->err),
	    &s->err);
	wb_bytes_clear(&line);
}

static void
a_note_is_witnessed_when_the_quorum_is_met(void **state)
{
	struct scene *s = *state;
	struct wb_note parsed;

	for (size_t i = 0; i < WITNESSES; i++) {
		assert_int_equal(s->c.witnessed, 0);
		answer(s, ask(s, i, 0, 9), i);
	}
	assert_int_equal(s->c.witnessed, 9);
	assert_ok(wb_note_parse(&parsed, wb_bytes_span(&s->c.note), &s->err),
	    &s->err);
	assert_int_equal(wb_policy_cosigned(&s->policy, &parsed), 7);
	assert_true(wb_cosigned_has(&s->c, 1, 9));
	assert_false(wb_cosigned_has(&s->c, 1, 8));
}

/*
 * A new head at each step, and each witness slower than the one before: the
 * last needs more steps than heads are kept.
 */
static void
a_quorum_comes_together_at_any_pace(void **state)
{
	static const uint64_t pace[WITNESSES] = { 1, 7, 2 * WB_COSIGNED_HEADS };
	struct wb_cosigned_head *asked[WITNESSES] = { NULL };
	uint64_t begun[WITNESSES] = { 0 }, known[WITNESSES] = { 0 };
	struct scene *s = *state;
	uint64_t size;

	for (size = 1; size < 1000; size++) {
		for (size_t i = 0; i < WITNESSES; i++) {
			if (asked[i] != NULL && size >= begun[i] + pace[i]) {
				answer(s, asked[i], i);
				known[i] = asked[i]->size;
				asked[i] = NULL;
			}
			if (asked[i] == NULL) {
				asked[i] = ask(s, i, known[i], size);
				begun[i] = size;
				assert_true(asked[i]->size > known[i]);
			}
		}
	}
	/* No older than a slow answer and the one it waited for. */
	assert_in_range(s->c.witnessed, size - 5 * WB_COSIGNED_HEADS, size);
}

/* Else one that is dead would have the others asked for old heads. */
static void
a_head_that_nobody_answered_for_draws_nobody(void **state)
{
	struct scene *s = *state;
	struct wb_cosigned_head *old = ask(s, 0, 0, 5);

	assert_ptr_equal(ask(s, 1, 0, 6), old);
	assert_ok(wb_cosigned_answer(&s->c, old, 0, wb_span(NULL, 0), &s->err),
	    &s->err);
	assert_ok(wb_cosigned_answer(&s->c, old, 1, wb_span(NULL, 0), &s->err),
	    &s->err);
	assert_int_equal(ask(s, 1, 0, 7)->size, 7);
}

static void
an_older_head_takes_nothing_back(void **state)
{
	struct wb_store_cosignature room[WB_MAX_WITNESSES];
	struct scene *s = *state;
	struct wb_cosigned_head *late;
	struct wb_store_witnessed kept;

	late = ask(s, 2, 0, 3);
	for (size_t i = 0; i < 2; i++)
		answer(s, ask(s, i, 0, 3), i);
	for (size_t i = 0; i < 2; i++)
		answer(s, ask(s, i, 3, 8), i);
	answer(s, late, 2);
	assert_int_equal(s->c.witnessed, 3);
	answer(s, ask(s, 2, 3, 8), 2);
	assert_int_equal(s->c.witnessed, 8);
	wb_cosigned_kept(&kept, room, &s->c);
	assert_int_equal(kept.count, WITNESSES);
	for (size_t i = 0; i < WITNESSES; i++)
		assert_int_equal(kept.lines[i].size, 8);
}

static void
a_late_quorum_for_an_older_head_counts_for_nothing(void **state)
{
	struct scene *s = *state;
	struct wb_cosigned_head *late;

	s->policy.groups[0].needed = 2;
	wb_cosigned_reset(&s->c, &s->policy);
	late = ask(s, 2, 0, 3);
	answer(s, ask(s, 0, 0, 3), 0);
	answer(s, ask(s, 0, 3, 8), 0);
	answer(s, ask(s, 1, 3, 8), 1);
	assert_int_equal(s->c.witnessed, 8);
	answer(s, late, 2);
	assert_int_equal(s->c.witnessed, 8);
}

/* What a store gives back is judged like what a witness says. */
static void
only_what_is_good_is_recalled(void **state)
{
	struct wb_store_cosignature lines[WITNESSES] = { 0 };
	struct wb_store_witnessed kept = { .lines = lines, .count = WITNESSES };
	struct scene *s = *state;
	struct wb_bytes line[WITNESSES], note, other;

	make_note(&note, s, 4);
	make_note(&other, s, 3);
	for (size_t i = 0; i < WITNESSES; i++) {
		memcpy(lines[i].witness, s->witness[i].key.b,
		    sizeof lines[i].witness);
		lines[i].size = i == 2 ? 3 : 4;
		cosign(&line[i], s, wb_bytes_span(i == 0 ? &note : &other), i);
		lines[i].line = wb_bytes_span(&line[i]);
	}
	kept.note = wb_bytes_span(&note); /* without its quorum */
	assert_ok(wb_cosigned_recall(&s->c, &kept, 4, wb_bytes_span(&note),
		      &s->err),
	    &s->err);
	assert_true(wb_cosigned_has(&s->c, 0, 4));
	assert_false(wb_cosigned_has(&s->c, 1, 4));
	assert_false(wb_cosigned_has(&s->c, 2, 4));
	assert_int_equal(s->c.witnessed, 0);
	for (size_t i = 0; i < WITNESSES; i++)
		wb_bytes_clear(&line[i]);
	wb_bytes_clear(&note);
	wb_bytes_clear(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_note_is_witnessed_when_the_quorum_is_met),
		TEST(a_quorum_comes_together_at_any_pace),
		TEST(a_head_that_nobody_answered_for_draws_nobody),
		TEST(an_older_head_takes_nothing_back),
		TEST(a_late_quorum_for_an_older_head_counts_for_nothing),
		TEST(only_what_is_good_is_recalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
