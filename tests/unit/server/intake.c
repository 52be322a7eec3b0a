#include "server/intake.h"

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/statement.h"
#include "proto/envelope.h"
#include "server/sequencer.h"

#include "tests/unit/server/programme.h"

static void
logs_a_whole_little_programme(void **state)
{
	struct programme *p = *state;
	struct wb_core_status status;
	struct sent s[6];
	uint64_t index = 1;

	log_first_roster(p);
	make_batch(&s[0], p, K1, 1, 700);
	make_batch(&s[1], p, K2, 1, 2000);
	make_ack(&s[2], p, C1, &s[0].id, WB_OUTCOME_OPENED);
	make_note(&s[3], p, A1);
	make_tally(&s[4], p, C1);
	make_roster(&s[5], p);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(expect(p, &s[i], WB_LOGGED, NULL), index++);
		sent_clear(&s[i]);
	}
	assert_ok(wb_core_status(&status, p->core, &p->err), &p->err);
	assert_int_equal(status.head.size, 7);
	assert_true(wb_hash_equal(&status.programme, &p->id));
	assert_int_equal(status.roster_version, 2);
	assert_int_equal(status.members, 4);
	assert_int_equal(status.content_bytes, 2700 + 2 * WB_KEY_LEN);
	assert_int_equal(status.queued, 0);
	assert_false(status.read_only);
}

static void
begins_with_a_checkpoint_of_an_empty_log(void **state)
{
	struct programme *p = *state;
	struct wb_bytes note;
	struct wb_head head;

	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_checkpoint(&note, p->core, &p->err), &p->err);
	assert_ok(wb_checkpoint_open(&head, NULL, wb_bytes_span(&note),
		      &p->vkey, &p->err),
	    &p->err);
	assert_int_equal(head.size, 0);
	wb_bytes_clear(&note);
}

/* Statements that are refused, each for one reason. */

static void
answers_a_repeat_with_the_same_index(void **state)
{
	struct programme *p = *state;
	struct sent s, other;

	log_first_roster(p);
	make_batch(&s, p, K1, 1, 100);
	assert_int_equal(expect(p, &s, WB_LOGGED, NULL), 1);
	make_batch(&other, p, K1, 2, 100);
	assert_int_equal(expect(p, &other, WB_LOGGED, NULL), 2);
	assert_int_equal(expect(p, &s, WB_KNOWN, NULL), 1);
	assert_int_equal(programme_size(p), 3);
	programme_close(p);
	programme_open(p);
	assert_int_equal(expect(p, &s, WB_KNOWN, NULL), 1);
	assert_int_equal(expect(p, &other, WB_KNOWN, NULL), 2);
	sent_clear(&s);
	sent_clear(&other);
}

static void
keeps_both_sides_of_a_fork(void **state)
{
	struct programme *p = *state;
	struct sent a, b;

	log_first_roster(p);
	make_batch(&a, p, K1, 5, 100);
	make_batch(&b, p, K1, 5, 100);
	assert_int_equal(expect(p, &a, WB_LOGGED, NULL), 1);
	assert_int_equal(expect(p, &b, WB_LOGGED, NULL), 2);
	sent_clear(&a);
	sent_clear(&b);
}

static void
lets_in_what_an_ack_admits_and_nothing_else(void **state)
{
	struct programme *p = *state;
	struct sent late, later, ack;

	log_first_roster(p);
	make_batch(&late, p, STRANGER, 1, 100);
	make_batch(&later, p, STRANGER, 2, 100);
	make_ack(&ack, p, C1, &late.id, WB_OUTCOME_ADMIT);
	(void)expect(p, &late, WB_NOT_LOGGED, "unknown-signer");
	(void)expect(p, &ack, WB_LOGGED, NULL);
	programme_close(p); /* what was admitted is known after a restart */
	programme_open(p);
	(void)expect(p, &later, WB_NOT_LOGGED, "unknown-signer");
	assert_int_equal(expect(p, &late, WB_LOGGED, NULL), 2);
	sent_clear(&late);
	sent_clear(&later);
	sent_clear(&ack);
}

/* What gives away the order of the checks: each of these breaks two rules. */
static void
looks_at_nothing_of_a_stranger(void **state)
{
	struct programme *p = *state;
	struct sent s;

	log_first_roster(p);
	make_batch(&s, p, STRANGER, 1, 100);
	s.content.data[99] ^= 1;
	(void)expect(p, &s, WB_NOT_LOGGED, "unknown-signer");
	sent_clear(&s);
	make_note(&s, p, STRANGER);
	s.envelope.data[s.envelope.len - 1] ^= 1;
	(void)expect(p, &s, WB_NOT_LOGGED, "unknown-signer");
	sent_clear(&s);
	make_tally(&s, p, STRANGER);
	s.envelope.data[s.envelope.len - 1] ^= 1;
	(void)expect(p, &s, WB_NOT_LOGGED, "unknown-signer");
	sent_clear(&s);
	make_ack(&s, p, STRANGER, &p->id, WB_OUTCOME_ADMIT);
	s.envelope.data[s.envelope.len - 1] ^= 1;
	(void)expect(p, &s, WB_NOT_LOGGED, "unknown-signer");
	sent_clear(&s);
}

static void
knows_again_what_a_former_member_sent(void **state)
{
	struct programme *p = *state;
	struct sent s, roster;

	log_first_roster(p);
	make_batch(&s, p, K2, 1, 100);
	assert_int_equal(expect(p, &s, WB_LOGGED, NULL), 1);
	p->members[K2] = p->members[C1];
	p->members[C1] = p->members[A1];
	p->member_count--;
	make_roster(&roster, p);
	(void)expect(p, &roster, WB_LOGGED, NULL);
	programme_close(p);
	programme_open(p);
	assert_int_equal(expect(p, &s, WB_KNOWN, NULL), 1);
	sent_clear(&s);
	sent_clear(&roster);
}

static void
lets_in_whom_the_same_body_introduces(void **state)
{
	struct programme *p = *state;
	struct answered a;
	struct sent s[4];

	log_first_roster(p);
	make_batch(&s[1], p, STRANGER, 1, 100);
	make_ack(&s[0], p, C1, &s[1].id, WB_OUTCOME_ADMIT);
	p->members[p->member_count] = p->members[K2];
	p->members[p->member_count].key = p->people[STRANGER].key;
	p->members[p->member_count++].label = wb_span_text("K3");
	make_roster(&s[2], p);
	make_batch(&s[3], p, STRANGER, 2, 100);
	submit(&a, p, s, 4, 0);
	assert_ok(a.status, &a.err);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(a.answer.results[i].reception, WB_LOGGED);
		sent_clear(&s[i]);
	}
	answered_clear(&a);
}

/* Or everybody could open the gate. */
static void
a_roster_nobody_signed_introduces_nobody(void **state)
{
	struct programme *p = *state;
	struct wb_signer root = p->root;
	struct answered a;
	struct sent s[2];

	log_first_roster(p);
	p->members[K2].key = p->people[STRANGER].key;
	p->root = p->people[K2];
	make_roster(&s[0], p);
	p->root = root;
	make_batch(&s[1], p, STRANGER, 1, 100);
	s[1].content.data[99] ^= 1;
	submit(&a, p, s, 2, 0);
	assert_true(wb_span_equal(a.answer.results[1].reason,
	    wb_span_text("unknown-signer")));
	answered_clear(&a);
	sent_clear(&s[0]);
	sent_clear(&s[1]);
}

static void
a_member_who_sends_too_much_is_told_to_try_later(void **state)
{
	static struct sent s[WB_MAX_UPLOADS];
	struct programme *p = *state;
	struct answered a;
	struct sent other;

	log_first_roster(p);
	programme_close(p);
	p->settings.rate = 1; /* one full body a minute */
	programme_open(p);
	for (uint64_t i = 0; i < WB_MAX_UPLOADS; i++)
		make_batch(&s[i], p, K1, i + 1, 10);
	submit(&a, p, s, WB_MAX_UPLOADS, 0);
	assert_ok(a.status, &a.err);
	assert_int_equal(a.answer.results[WB_MAX_UPLOADS - 1].reception,
	    WB_LOGGED);
	answered_clear(&a);
	submit(&a, p, s, 1, 0);
	assert_ok(a.status, &a.err);
	assert_int_equal(a.answer.results[0].reception, WB_TRY_LATER);
	answered_clear(&a);
	make_batch(&other, p, K2, 1, 10);
	(void)expect(p, &other, WB_LOGGED, NULL);
	sent_clear(&other);
	for (size_t i = 0; i < WB_MAX_UPLOADS; i++)
		sent_clear(&s[i]);
}

static void
keeps_the_order_inside_a_submission(void **state)
{
	struct programme *p = *state;
	struct answered a;
	struct sent s[5];

	make_roster(&s[0], p);
	make_batch(&s[1], p, K1, 1, 100);
	p->members[K1].state = WB_MEMBER_REVOKED;
	make_roster(&s[2], p);
	make_batch(&s[3], p, K1, 2, 100);
	make_batch(&s[4], p, K2, 1, 100);
	submit(&a, p, s, 5, 0);
	assert_ok(a.status, &a.err);
	assert_int_equal(a.answer.result_count, 5);
	assert_int_equal(a.answer.results[1].index, 1);
	assert_int_equal(a.answer.results[2].index, 2);
	assert_int_equal(a.answer.results[3].reception, WB_NOT_LOGGED);
	assert_int_equal(a.answer.results[4].index, 3);
	assert_int_equal(a.head.size, 4);
	answered_clear(&a);
	/* The same again, twice in one body: all known. */
	submit(&a, p, s, 3, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(a.answer.results[i].reception, WB_KNOWN);
		assert_int_equal(a.answer.results[i].index, i);
		sent_clear(&s[i]);
	}
	answered_clear(&a);
	sent_clear(&s[3]);
	sent_clear(&s[4]);
}

/* ---- memory that is short for the first statement of a group */

static atomic_uint short_for;

enum wb_status __real_wb_ids_reserve(struct wb_ids *ids, size_t more,
    struct wb_error *err);
enum wb_status __wrap_wb_ids_reserve(struct wb_ids *ids, size_t more,
    struct wb_error *err);

enum wb_status
__wrap_wb_ids_reserve(struct wb_ids *ids, size_t more, struct wb_error *err)
{
	if (more == WB_TREE_MAX_ADD && atomic_load(&short_for) > 0) {
		(void)atomic_fetch_sub(&short_for, 1);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	return __real_wb_ids_reserve(ids, more, err);
}

/* A later one may void what an earlier one says: never without it. */
static void
what_follows_a_statement_put_off_is_put_off_too(void **state)
{
	struct programme *p = *state;
	struct answered a;
	struct sent s[3];

	log_first_roster(p);
	make_batch(&s[0], p, K1, 1, 100);
	make_batch(&s[1], p, STRANGER, 1, 100);
	make_batch(&s[2], p, K1, 2, 100);
	atomic_store(&short_for, 1);
	submit(&a, p, s, 3, 0);
	assert_ok(a.status, &a.err);
	assert_int_equal(a.answer.results[0].reception, WB_TRY_LATER);
	assert_true(
	    wb_span_equal(a.answer.results[0].reason, wb_span_text("busy")));
	/* What no wait would change is said at once. */
	assert_int_equal(a.answer.results[1].reception, WB_NOT_LOGGED);
	assert_int_equal(a.answer.results[2].reception, WB_TRY_LATER);
	assert_int_equal(a.head.size, 1);
	answered_clear(&a);
	submit(&a, p, s, 3, 0);
	assert_int_equal(a.answer.results[0].index, 1);
	assert_int_equal(a.answer.results[2].index, 2);
	assert_int_equal(a.head.size, 3);
	answered_clear(&a);
	for (size_t i = 0; i < 3; i++)
		sent_clear(&s[i]);
}

static void
knows_a_repeat_within_one_group(void **state)
{
	struct programme *p = *state;
	struct answered a;
	struct sent s[2];

	log_first_roster(p);
	make_batch(&s[0], p, K1, 1, 100);
	s[1] = s[0];
	submit(&a, p, s, 2, 0);
	assert_int_equal(a.answer.results[0].reception, WB_LOGGED);
	assert_int_equal(a.answer.results[1].reception, WB_KNOWN);
	assert_int_equal(a.answer.results[1].index, 1);
	assert_int_equal(a.head.size, 2);
	answered_clear(&a);
	sent_clear(&s[0]);
}

static void
proves_that_the_log_has_grown_from_what_was_seen(void **state)
{
	struct programme *p = *state;
	struct wb_head first;
	struct answered a;
	struct sent s;

	log_first_roster(p);
	make_batch(&s, p, K1, 1, 100);
	submit(&a, p, &s, 1, 1);
	first = a.head;
	answered_clear(&a);
	sent_clear(&s);
	make_batch(&s, p, K1, 2, 100);
	submit(&a, p, &s, 1, 2);
	assert_ok(wb_consistency_verify(2, &first.root, a.head.size,
		      &a.head.root, &a.answer.consistency, &a.err),
	    &a.err);
	answered_clear(&a);
	sent_clear(&s);
}

/* As a device does that keeps its receipts: each time by the last one. */
static void
does_not_send_what_the_sender_can_prove(void **state)
{
	struct wb_holding holding = { .seen = 0 };
	struct wb_known_nodes known = { .count = 0 };
	struct programme *p = *state;
	struct wb_head before = { 0 };

	log_first_roster(p);
	for (uint64_t i = 1; i <= 20; i++) {
		struct wb_span envelope;
		struct wb_hash leaf;
		struct answered a;
		struct sent s;

		make_batch(&s, p, K1, i, 100);
		submit_knowing(&a, p, &s, &holding, &known);
		assert_ok(a.status, &a.err);
		assert_int_equal(a.answer.results[0].index, i);
		envelope = wb_bytes_span(&s.envelope);
		wb_leaf_hash(&leaf, &envelope, 1);
		assert_ok(wb_inclusion_known(&known, &leaf, i, a.head.size,
			      &a.answer.results[0].proof, &p->err),
		    &p->err);
		assert_true(wb_hash_equal(&known.hashes[known.count - 1],
		    &a.head.root));
		if (i > 1) {
			assert_ok(wb_consistency_verify(before.size,
				      &before.root, a.head.size, &a.head.root,
				      &a.answer.consistency, &p->err),
			    &p->err);
			/* A head, places, and one hash: the new entry's. */
			assert_in_range(a.body.len, 100, 110 + 34 + 40);
		}
		before = a.head;
		holding.seen = holding.under = a.head.size;
		holding.held = i;
		answered_clear(&a);
		sent_clear(&s);
	}
}

static void
logs_nothing_for_who_has_seen_a_larger_log(void **state)
{
	static const struct wb_holding larger[] = { { .seen = 2 },
		{ .seen = 1, .held = 0, .under = 2 } };
	struct programme *p = *state;
	struct answered a;
	struct sent s;

	log_first_roster(p);
	make_batch(&s, p, K1, 1, 100);
	for (size_t i = 0; i < 2; i++) {
		submit_knowing(&a, p, &s, &larger[i], NULL);
		assert_int_equal(a.status, WB_FORGED);
		assert_string_equal(wb_error_id(&a.err), "log-rolled-back");
		assert_int_equal(a.body.len, 0);
		assert_int_equal(programme_size(p), 1);
		answered_clear(&a);
	}
	sent_clear(&s);
}

static void
answers_a_body_that_is_no_upload(void **state)
{
	struct programme *p = *state;
	struct answered a;

	submit_body(&a, p, wb_span_text("\xff\xff no"), 0);
	assert_int_equal(a.status, WB_INVALID);
	answered_clear(&a);
}

struct sender {
	struct programme *p;
	struct sent s[20];
	uint64_t indexes[20];
};

static void *
send_all(void *ctx)
{
	struct sender *sender = ctx;

	for (int i = 0; i < 20; i++) {
		struct answered a;

		submit(&a, sender->p, &sender->s[i], 1, 0);
		sender->indexes[i] = a.status == WB_OK
					 ? a.answer.results[0].index
					 : UINT64_MAX;
		answered_clear(&a);
	}
	return NULL;
}

static void
serves_two_senders_at_once(void **state)
{
	struct programme *p = *state;
	static struct sender senders[2];
	bool met[41] = { false };
	pthread_t threads[2];

	log_first_roster(p);
	for (int t = 0; t < 2; t++) {
		senders[t].p = p;
		for (int i = 0; i < 20; i++)
			make_batch(&senders[t].s[i], p, t == 0 ? K1 : K2,
			    (uint64_t)i + 1, 300);
	}
	for (int t = 0; t < 2; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, send_all,
				     &senders[t]),
		    0);
	for (int t = 0; t < 2; t++)
		assert_int_equal(pthread_join(threads[t], NULL), 0);
	for (int t = 0; t < 2; t++) {
		for (int i = 0; i < 20; i++) {
			uint64_t index = senders[t].indexes[i];

			assert_true(index >= 1 && index <= 40 && !met[index]);
			met[index] = true;
			sent_clear(&senders[t].s[i]);
		}
	}
	assert_int_equal(programme_size(p), 41);
}

/* Holds the core's thread that answers, until told to go on. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool reached, open;
	unsigned answered;
};

static void
stop_at_gate(void *ctx, enum wb_status status, struct wb_bytes *answer,
    const struct wb_error *err)
{
	struct gate *gate = ctx;

	(void)status;
	(void)answer;
	(void)err;
	(void)pthread_mutex_lock(&gate->lock);
	gate->reached = true;
	gate->answered++;
	(void)pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		(void)pthread_cond_wait(&gate->changed, &gate->lock);
	(void)pthread_mutex_unlock(&gate->lock);
}

static void
large_body(struct wb_bytes *out, struct programme *p, enum person who,
    uint64_t n)
{
	wb_bytes_init(out, WB_MAX_UPLOAD_BODY);
	for (uint64_t i = 0; i < n; i++) {
		struct wb_upload upload;
		struct sent s;

		make_batch(&s, p, who, i + 1, 3 << 20);
		upload.envelope = wb_bytes_span(&s.envelope);
		upload.content = wb_bytes_span(&s.content);
		assert_ok(wb_upload_append(out, &upload, &p->err), &p->err);
		sent_clear(&s);
	}
}

static void
refuses_more_than_it_can_hold_and_answers_the_rest(void **state)
{
	const struct wb_holding nothing = { 0 };
	struct gate gate = { .reached = false };
	struct programme *p = *state;
	struct wb_bytes body, second, third, strange, known;
	size_t len;

	(void)pthread_mutex_init(&gate.lock, NULL);
	(void)pthread_cond_init(&gate.changed, NULL);
	log_first_roster(p);
	large_body(&body, p, STRANGER, 4);
	large_body(&second, p, STRANGER, 4);
	large_body(&third, p, K1, 4);
	large_body(&strange, p, STRANGER, 1);
	large_body(&known, p, K1, 1);
	len = third.len;
	assert_ok(wb_intake_submit(p->core, &body, &nothing, stop_at_gate,
		      &gate, &p->err),
	    &p->err);
	assert_int_equal(body.len, 0);
	(void)pthread_mutex_lock(&gate.lock);
	while (!gate.reached)
		(void)pthread_cond_wait(&gate.changed, &gate.lock);
	(void)pthread_mutex_unlock(&gate.lock);
	assert_ok(wb_intake_submit(p->core, &second, &nothing, stop_at_gate,
		      &gate, &p->err),
	    &p->err);
	assert_status(WB_REFUSED,
	    wb_intake_submit(p->core, &third, &nothing, stop_at_gate, &gate,
		&p->err),
	    &p->err);
	assert_string_equal(wb_error_id(&p->err), "busy");
	assert_int_equal(third.len, len); /* still the caller's */
	/* What room is left is kept for those who are known. */
	assert_status(WB_REFUSED,
	    wb_intake_submit(p->core, &strange, &nothing, stop_at_gate, &gate,
		&p->err),
	    &p->err);
	assert_string_equal(wb_error_id(&p->err), "busy");
	assert_ok(wb_intake_submit(p->core, &known, &nothing, stop_at_gate,
		      &gate, &p->err),
	    &p->err);
	(void)pthread_mutex_lock(&gate.lock);
	gate.open = true;
	(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.lock);
	programme_close(p); /* answers what is queued */
	assert_int_equal(gate.answered, 3);
	(void)pthread_mutex_destroy(&gate.lock);
	(void)pthread_cond_destroy(&gate.changed);
	wb_bytes_clear(&body);
	wb_bytes_clear(&second);
	wb_bytes_clear(&third);
	wb_bytes_clear(&strange);
	wb_bytes_clear(&known);
}

int
main(void)
{
#define T(f)                                                 \
	cmocka_unit_test_setup_teardown(f, programme_set_up, \
	    programme_tear_down)
	const struct CMUnitTest tests[] = {
		T(begins_with_a_checkpoint_of_an_empty_log),
		T(logs_a_whole_little_programme),
		T(answers_a_repeat_with_the_same_index),
		T(keeps_both_sides_of_a_fork),
		T(lets_in_what_an_ack_admits_and_nothing_else),
		T(looks_at_nothing_of_a_stranger),
		T(knows_again_what_a_former_member_sent),
		T(lets_in_whom_the_same_body_introduces),
		T(a_roster_nobody_signed_introduces_nobody),
		T(a_member_who_sends_too_much_is_told_to_try_later),
		T(keeps_the_order_inside_a_submission),
		T(what_follows_a_statement_put_off_is_put_off_too),
		T(knows_a_repeat_within_one_group),
		T(proves_that_the_log_has_grown_from_what_was_seen),
		T(does_not_send_what_the_sender_can_prove),
		T(logs_nothing_for_who_has_seen_a_larger_log),
		T(answers_a_body_that_is_no_upload),
		T(serves_two_senders_at_once),
		T(refuses_more_than_it_can_hold_and_answers_the_rest),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
