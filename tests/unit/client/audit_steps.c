/*
 * What evidence costs its reader, however hostile: steps are counted, which are
 * the basic blocks that the auditor's own code runs through (the compiler calls
 * a function in each), and twice the entries may cost twice the steps.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/audit/audit.h"
#include "proto/tally.h"

#include "tests/unit/client/logkit.h"

#define SMALL 768 /* batches, ids or members */
#define CROWD 256 /* of them to a roster or an ack */
#define MAX_GROWTH 2.2 /* in steps, where there are twice as many */

void __sanitizer_cov_trace_pc(void);

static uint64_t steps;

void
__sanitizer_cov_trace_pc(void)
{
	steps++;
}

static void
other_signer(struct wb_signer *out, size_t i, struct wb_error *err)
{
	uint8_t seed[32] = { 0 };

	wb_put_be32(seed, (uint32_t)i);
	assert_ok(wb_signer_from_seed(out, wb_span(seed, sizeof seed), err),
	    err);
}

/* The log of the kit, and as many more members as a row wants. */
struct hostile {
	struct kit k;
	struct wb_key *others; /* keys; the signer is made where it signs */
	char (*labels)[24];
	struct wb_member members[CROWD + 1]; /* the first is C1 */
};

static void
begin(struct hostile *h, size_t others)
{
	struct wb_signer signer;

	kit_begin(&h->k);
	h->others = calloc(others, sizeof *h->others);
	h->labels = calloc(others, sizeof *h->labels);
	assert_non_null(h->others);
	assert_non_null(h->labels);
	for (size_t i = 0; i < others; i++) {
		other_signer(&signer, i, &h->k.err);
		h->others[i] = signer.key;
		wb_signer_clear(&signer);
		(void)snprintf(h->labels[i], sizeof h->labels[i], "X%zu", i);
	}
	h->members[0] = h->k.members[0];
}

static void
end(struct hostile *h)
{
	free(h->others);
	free(h->labels);
	kit_end(&h->k);
}

/* A roster of C1, K1 and others from `first` on, and of no others. */
static void
log_crowd(struct hostile *h, size_t first, enum wb_member_state state,
    uint64_t distrust_from)
{
	for (size_t i = 0; i < CROWD - 1; i++) {
		h->members[2 + i] = (struct wb_member){
			.key = h->others[first + i],
			.roles = 1U << WB_ROLE_FIELD,
			.label = wb_span_text(h->labels[first + i]),
			.state = state,
			.distrust_from = distrust_from
		};
	}
	h->members[1] = h->k.members[1];
	h->k.roster.members = h->members;
	h->k.roster.member_count = CROWD + 1;
	kit_log_roster(&h->k, 1);
}

/* The kit's own would have seen a head, which costs a tree. */
static void
log_batch(struct hostile *h, enum kit_key device)
{
	const struct wb_span content = wb_span_text("content");
	struct wb_batch header = kit_header(&h->k, device, content);

	kit_log_header(&h->k, &header, device, content);
}

/* The first batch of one of them. */
static void
log_batch_of(struct hostile *h, size_t other)
{
	struct wb_signer stranger = h->k.keys[KIT_STRANGER];

	other_signer(&h->k.keys[KIT_STRANGER], other, &h->k.err);
	h->k.sequence[KIT_STRANGER] = 0;
	h->k.newest[KIT_STRANGER] = (struct wb_hash){ { 0 } };
	log_batch(h, KIT_STRANGER);
	wb_signer_clear(&h->k.keys[KIT_STRANGER]);
	h->k.keys[KIT_STRANGER] = stranger;
}

/* ------------------------------------------------------------- the rows */

static void
name_other_rosters(struct hostile *h, size_t n)
{
	struct wb_batch header;

	for (size_t i = 0; i < n; i++) {
		header = kit_header(&h->k, KIT_K1, wb_span_text("content"));
		wb_random_fill(h->k.random, header.roster.b, WB_HASH_LEN);
		kit_log_header(&h->k, &header, KIT_K1, wb_span_text("content"));
	}
}

static void
log_verdicts(struct hostile *h, size_t n, enum wb_outcome outcome)
{
	static const enum kit_key signer = KIT_C1;
	struct wb_verdict verdicts[CROWD];
	struct wb_ack ack = { .programme = h->k.programme,
		.signer = h->k.keys[signer].key,
		.verdicts = verdicts,
		.verdict_count = CROWD,
		.roster = h->k.roster_id };
	struct wb_bytes payload;

	for (size_t done = 0; done < n; done += CROWD) {
		for (size_t i = 0; i < CROWD; i++) {
			verdicts[i].outcome = outcome;
			wb_random_fill(h->k.random, verdicts[i].statement.b,
			    WB_HASH_LEN);
		}
		wb_bytes_init(&payload, WB_MAX_ENVELOPE);
		assert_ok(wb_ack_encode(&payload, &ack, &h->k.err), &h->k.err);
		kit_log(&h->k, WB_STATEMENT_ACK, wb_bytes_span(&payload),
		    &signer, 1);
		wb_bytes_clear(&payload);
	}
}

static void
let_in_others(struct hostile *h, size_t n)
{
	log_verdicts(h, n, WB_OUTCOME_ADMIT);
	for (size_t i = 0; i < n; i++)
		log_batch(h, KIT_K1);
}

static void
send_one_each(struct hostile *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i % (CROWD - 1) == 0)
			log_crowd(h, i, WB_MEMBER_ACTIVE, 0);
		log_batch_of(h, i);
	}
}

static void
distrust_all(struct hostile *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i % (CROWD - 1) == 0)
			log_crowd(h, i, WB_MEMBER_ACTIVE, 1);
		log_batch_of(h, i);
	}
}

static void
revoke_all(struct hostile *h, size_t n)
{
	for (size_t i = 0; i < n; i += CROWD - 1)
		log_crowd(h, i, WB_MEMBER_REVOKED, 0);
}

static void
revoke_all_and_let_strangers_sign(struct hostile *h, size_t n)
{
	revoke_all(h, n);
	for (size_t i = 0; i < n; i++)
		log_batch(h, KIT_STRANGER);
}

/* One device is trusted throughout: all words are of others. */
static void
tally_what_others_are_distrusted(struct hostile *h, size_t n)
{
	static const enum kit_key signer = KIT_C1;
	struct wb_tally tally = { .programme = h->k.programme,
		.signers = &h->k.keys[signer].key,
		.signer_count = 1 };
	struct wb_bytes payload;

	for (size_t i = 0; i < n; i += CROWD - 1)
		log_crowd(h, i, WB_MEMBER_ACTIVE, 1);
	for (size_t i = 0; i < n; i++)
		log_batch(h, KIT_K1);
	tally.last = h->k.count - 1;
	wb_sha256_one(&tally.totals_hash, wb_span_text("totals"));
	wb_sha256_one(&tally.content_hash, wb_span_text("content"));
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_tally_encode(&payload, &tally, &h->k.err), &h->k.err);
	kit_log(&h->k, WB_STATEMENT_TALLY, wb_bytes_span(&payload), &signer, 1);
	wb_bytes_clear(&payload);
}

/* Steps of a whole audit, of `n`. */
static uint64_t
count(void (*make)(struct hostile *h, size_t n), size_t n)
{
	struct wb_audit_options options = { .tallies = true };
	struct wb_bytes bundle;
	struct wb_audit audit;
	struct hostile h;

	begin(&h, n + CROWD);
	make(&h, n);
	kit_bundle(&h.k, &bundle);
	options.programme = &h.k.programme;
	steps = 0;
	assert_ok(wb_audit_bytes(&audit, wb_bytes_span(&bundle), &options,
		      &h.k.err),
	    &h.k.err);
	assert_int_equal(audit.entries, h.k.count);
	wb_audit_clear(&audit);
	wb_bytes_clear(&bundle);
	end(&h);
	return steps;
}

static void
steps_grow_no_faster_than_hostile_entries(void **state)
{
	static const struct {
		const char *what;
		void (*make)(struct hostile *h, size_t n);
	} rows[] = {
		{ "each batch names a roster of its own", name_other_rosters },
		{ "ids let in, and batches that are not", let_in_others },
		{ "each batch is of another device", send_one_each },
		{ "each device is distrusted", distrust_all },
		{ "members, all revoked", revoke_all },
		{ "members revoked, and strangers who sign",
		    revoke_all_and_let_strangers_sign },
		{ "words of distrust, and a tally without them",
		    tally_what_others_are_distrusted },
	};
	uint64_t one, two;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		one = count(rows[i].make, SMALL);
		two = count(rows[i].make, (size_t)2 * SMALL);
		print_message("%s: %ju steps, then %ju\n", rows[i].what,
		    (uintmax_t)one, (uintmax_t)two);
		assert_true(one > SMALL);
		assert_true((double)two <= (double)one * MAX_GROWTH);
	}
}

int
main(void)
{
	struct wb_error err = { 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_grow_no_faster_than_hostile_entries),
	};

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
