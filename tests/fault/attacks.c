/*
 * Twelve classes of attack on the log, each tried many times on logs that are
 * made anew from a seed: every lie must be found, and no honest log be called
 * one.  tests/flow/attacks.py has the same with real servers and devices.
 *
 * usage: attacks [TRIALS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/audit/audit.h"
#include "proto/wire.h"

#include "tests/unit/client/logkit.h"

#define LEAST_EVENTS 6 /* in a log, before the two batches at its end */
#define MORE_EVENTS 14
#define MAX_BUNDLE ((size_t)1 << 24)

static unsigned long trials = 1000;
static uint64_t seed = 1;

/* One trial: an honest log, and chance. */
struct trial {
	struct kit k;
	uint64_t rng;
	bool acked[KIT_ENTRIES];
	size_t told; /* what the last two batches saw: changes below are seen */
	struct wb_bytes bundle;
};

static size_t
below(struct trial *t, size_t n)
{
	uint64_t x;

	wb_random_fill(check_random(&t->rng), (uint8_t *)&x, sizeof x);
	return (size_t)(x % n);
}

/* ---- an honest log */

static void
log_event(struct trial *t)
{
	struct kit *k = &t->k;
	size_t i;

	switch (below(t, 6)) {
	case 0:
		k->roster.window_days++;
		kit_log_roster(k, 1);
		return;
	case 1:
		i = below(t, k->count);
		if (k->entries[i].content.len == 0 || t->acked[i])
			return; /* no honest log has a statement twice */
		t->acked[i] = true;
		kit_log_ack(k, KIT_C1, &k->entries[i].id, WB_OUTCOME_OPENED);
		return;
	case 2:
		kit_log_batch(k, KIT_K2, 1 + below(t, 300));
		return;
	default:
		kit_log_batch(k, KIT_K1, 1 + below(t, 300));
	}
}

static void
begin(struct trial *t, uint64_t number)
{
	size_t events;

	memset(t, 0, sizeof *t);
	t->rng = (seed << 32) + number * 2 + 1;
	kit_begin(&t->k);
	t->k.seed ^= t->rng;
	events = LEAST_EVENTS + below(t, MORE_EVENTS);
	kit_log_batch(&t->k, KIT_K2, 9);
	for (size_t i = 0; i < events; i++)
		log_event(t);
	kit_log_roster(&t->k, 1);
	kit_log_batch(&t->k, KIT_K1, 9);
	t->told = t->k.count;
	kit_log_batch(&t->k, KIT_K2, 9);
	kit_log_batch(&t->k, KIT_K1, 9);
}

static void
end(struct trial *t)
{
	wb_bytes_clear(&t->bundle);
	kit_end(&t->k);
}

/* ---- the lies: each leaves its bundle in the trial */

static void
remove_entry(struct kit *k, size_t i)
{
	wb_bytes_clear(&k->entries[i].envelope);
	wb_bytes_clear(&k->entries[i].content);
	k->count--;
	memmove(&k->entries[i], &k->entries[i + 1],
	    (k->count - i) * sizeof k->entries[0]);
}

static void
swap_entries(struct kit *k, size_t i, size_t j)
{
	struct kit_entry e = k->entries[i];

	k->entries[i] = k->entries[j];
	k->entries[j] = e;
}

/* The last entry moves to place i. */
static void
move_last_to(struct kit *k, size_t i)
{
	for (size_t j = k->count - 1; j > i; j--)
		swap_entries(k, j, j - 1);
}

static size_t
a_batch(struct trial *t)
{
	size_t i;

	do
		i = below(t, t->k.count);
	while (t->k.entries[i].content.len == 0);
	return i;
}

static void
flip(struct trial *t, struct wb_bytes *b)
{
	b->data[below(t, b->len)] ^= (uint8_t)(1U << below(t, 8));
}

static void
flip_proof(struct trial *t, struct wb_proof *p)
{
	p->hashes[below(t, p->count)].b[below(t, WB_HASH_LEN)] ^=
	    (uint8_t)(1U << below(t, 8));
}

static void
nothing(struct trial *t)
{
	kit_bundle(&t->k, &t->bundle);
}

/* Who made the last batches was shown the log with two entries exchanged. */
static void
fork_shown_to_two(struct trial *t)
{
	size_t i = 1 + below(t, t->told - 2);

	swap_entries(&t->k, i, i + 1);
	kit_bundle(&t->k, &t->bundle);
}

/* The head is older than the entries under it. */
static void
rollback_of_the_head(struct trial *t)
{
	struct kit *k = &t->k;

	kit_item_head(k, &t->bundle, "audit");
	kit_item_checkpoint(k, &t->bundle, 1 + below(t, k->count - 1));
	for (size_t i = 0; i < k->count; i++) {
		kit_item_entry(k, &t->bundle, i, 0);
		kit_item_content(k, &t->bundle, i);
	}
	kit_item_checksum(k, &t->bundle);
}

/* All entries but those from `from` to `to`, under the true head. */
static void
bundle_without(struct trial *t, size_t from, size_t to)
{
	struct kit *k = &t->k;

	kit_item_head(k, &t->bundle, "audit");
	kit_item_checkpoint(k, &t->bundle, k->count);
	for (size_t i = 0; i < k->count; i++) {
		if (i >= from && i < to)
			continue;
		kit_item_entry(k, &t->bundle, i, 0);
		kit_item_content(k, &t->bundle, i);
	}
	kit_item_checksum(k, &t->bundle);
}

static void
truncation(struct trial *t)
{
	bundle_without(t, below(t, t->k.count), t->k.count);
}

static void
reordering(struct trial *t)
{
	struct kit *k = &t->k;
	size_t a = below(t, k->count - 1), order[KIT_ENTRIES];

	for (size_t i = 0; i < k->count; i++)
		order[i] = i;
	order[a] = a + 1;
	order[a + 1] = a;
	kit_item_head(k, &t->bundle, "audit");
	kit_item_checkpoint(k, &t->bundle, k->count);
	for (size_t i = 0; i < k->count; i++) {
		kit_item_entry(k, &t->bundle, order[i], 0);
		kit_item_content(k, &t->bundle, order[i]);
	}
	kit_item_checksum(k, &t->bundle);
}

static void
withheld_leaf(struct trial *t)
{
	size_t i = below(t, t->k.count);

	bundle_without(t, i, i + 1);
}

/* The tree is made again without it. */
static void
withheld_leaf_hidden(struct trial *t)
{
	remove_entry(&t->k, below(t, t->told));
	kit_bundle(&t->k, &t->bundle);
}

static void
exchanged_content(struct trial *t)
{
	size_t i = a_batch(t);

	if (below(t, 2) == 0)
		flip(t, &t->k.entries[i].content);
	else
		wb_bytes_truncate(&t->k.entries[i].content,
		    t->k.entries[i].content.len - 1);
	if (t->k.entries[i].content.len == 0)
		assert_ok(wb_bytes_append_text(&t->k.entries[i].content, "x",
			      &t->k.err),
		    &t->k.err);
	kit_bundle(&t->k, &t->bundle);
}

/* One bit of any entry, and every signature of the log made again. */
static void
altered_and_signed_again(struct trial *t)
{
	flip(t, &t->k.entries[below(t, t->k.count)].envelope);
	kit_bundle(&t->k, &t->bundle);
}

/* K2's, made after K2 was revoked, and put anywhere. */
static void
back_dated_by_a_revoked_key(struct trial *t)
{
	struct kit *k = &t->k;
	size_t revoked = k->count;

	k->members[2].state = WB_MEMBER_REVOKED;
	kit_log_roster(k, 1);
	kit_log_batch(k, KIT_K1, 9);
	t->told = k->count;
	kit_log_batch(k, KIT_K1, 9);
	kit_log_batch(k, KIT_K2, 9);
	move_last_to(k, below(t, 2) == 0
			    ? 1 + below(t, revoked)
			    : revoked + 1 + below(t, k->count - revoked - 1));
	kit_bundle(k, &t->bundle);
}

static void
wrong_inclusion_proof(struct trial *t)
{
	struct kit *k = &t->k;
	size_t wrong = below(t, k->count);
	struct wb_bundle_item item = { .kind = WB_BUNDLE_ENTRY };

	kit_item_head(k, &t->bundle, "audit");
	kit_item_checkpoint(k, &t->bundle, k->count);
	for (size_t i = 0; i < k->count; i++) {
		item.entry = (struct wb_entry){ .index = i,
			.envelope = wb_bytes_span(&k->entries[i].envelope) };
		kit_prove(k, &item.entry.proof, i, k->count);
		if (i == wrong)
			flip_proof(t, &item.entry.proof);
		kit_item(k, &t->bundle, &item);
		kit_item_content(k, &t->bundle, i);
	}
	kit_item_checksum(k, &t->bundle);
}

/* Between a head of the log and one that it signed later. */
static void
wrong_consistency_proof(struct trial *t)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_CONSISTENCY };
	struct kit *k = &t->k;
	size_t half = 1 + below(t, k->count - 1);

	kit_item_head(k, &t->bundle, "audit");
	kit_item_checkpoint(k, &t->bundle, half);
	for (size_t i = 0; i < half; i++) {
		kit_item_entry(k, &t->bundle, i, 0);
		kit_item_content(k, &t->bundle, i);
	}
	kit_item_checkpoint(k, &t->bundle, k->count);
	item.consistency.count = 1 + below(t, 6);
	for (size_t i = 0; i < item.consistency.count; i++)
		wb_random_fill(k->random, item.consistency.hashes[i].b,
		    WB_HASH_LEN);
	kit_item(k, &t->bundle, &item);
	for (size_t i = half; i < k->count; i++) {
		kit_item_entry(k, &t->bundle, i, 0);
		kit_item_content(k, &t->bundle, i);
	}
	kit_item_checksum(k, &t->bundle);
}

/* A copy of K1's vault goes on from one of its batches. */
static void
one_number_twice(struct trial *t)
{
	uint8_t content[] = { 1, 2, 3 };
	struct kit *k = &t->k;
	struct wb_batch header;

	header = kit_header(k, KIT_K1, wb_span(content, sizeof content));
	header.sequence = 1 + below(t, (size_t)k->sequence[KIT_K1]);
	if (header.sequence == 1)
		header.previous = (struct wb_hash){ { 0 } };
	kit_see(k, &header, 1 + below(t, k->count));
	kit_log_header(k, &header, KIT_K1, wb_span(content, sizeof content));
	kit_bundle(k, &t->bundle);
}

static bool
is_roster(struct kit *k, size_t i)
{
	struct wb_envelope e;
	struct wb_arena arena;
	bool is;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	is = wb_envelope_decode(&e, &arena,
		 wb_bytes_span(&k->entries[i].envelope), NULL) == WB_OK &&
	     e.type == WB_STATEMENT_ROSTER;
	wb_arena_clear(&arena);
	return is;
}

/* The newest roster is hidden, the tree made again without it. */
static void
old_roster_replayed(struct trial *t)
{
	size_t i = t->k.count - 1;

	while (!is_roster(&t->k, i))
		i--;
	remove_entry(&t->k, i);
	kit_bundle(&t->k, &t->bundle);
}

/* ---- and whether each is found */

static const struct attack {
	const char *name;
	void (*lie)(struct trial *t);
	const char *ids; /* one of which must be among the problems */
} attacks[] = {
	{ "1 a fork shown to two", fork_shown_to_two, "log-fork seen roster" },
	{ "2 rollback", rollback_of_the_head, "inclusion root" },
	{ "3 truncation", truncation, "missing no-roster" },
	{ "4 reordering", reordering, "missing order no-roster" },
	{ "5 a withheld leaf", withheld_leaf, "missing no-roster" },
	{ "5 a withheld leaf, signed again", withheld_leaf_hidden,
	    "log-fork seen gap roster programme no-roster" },
	{ "6 an exchanged content", exchanged_content, "content" },
	{ "7 an entry altered and signed again", altered_and_signed_again,
	    "signature statement roster programme no-roster" },
	{ "8 a back-dated entry of a revoked key", back_dated_by_a_revoked_key,
	    "signer log-fork seen" },
	{ "9 a wrong inclusion proof", wrong_inclusion_proof, "inclusion" },
	{ "10 a wrong consistency proof", wrong_consistency_proof, "log-fork" },
	{ "11 two batches of one number", one_number_twice, "fork" },
	{ "12 an old roster replayed", old_roster_replayed,
	    "withheld log-fork seen" },
};

static void
audit(struct wb_audit *out, struct trial *t)
{
	struct wb_audit_options options = { .programme = &t->k.programme };

	assert_ok(wb_audit_bytes(out, wb_bytes_span(&t->bundle), &options,
		      &t->k.err),
	    &t->k.err);
}

static bool
has_one_of(const struct wb_audit *a, const char *ids)
{
	for (size_t i = 0; i < a->problem_count; i++) {
		const char *at = strstr(ids, a->problems[i].id);
		size_t n = strlen(a->problems[i].id);

		if (at != NULL && (at[n] == ' ' || at[n] == '\0') &&
		    (at == ids || at[-1] == ' '))
			return true;
	}
	return false;
}

static void
try_all(const struct attack *attack)
{
	unsigned long missed = 0;
	struct wb_audit a;
	struct trial t;

	for (unsigned long n = 0; n < trials; n++) {
		begin(&t, n);
		attack->lie(&t);
		audit(&a, &t);
		if (a.result != WB_AUDIT_BAD || !has_one_of(&a, attack->ids)) {
			missed++;
			print_message("  missed: trial %lu, %zu problems "
				      "(%s)\n",
			    n, a.problem_count,
			    a.problem_count == 0 ? "" : a.problems[0].id);
		}
		wb_audit_clear(&a);
		end(&t);
	}
	print_message("  %s: %lu of %lu found\n", attack->name, trials - missed,
	    trials);
	assert_int_equal(missed, 0);
}

static void
every_lie_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
		try_all(&attacks[i]);
}

static void
no_honest_log_is_called_a_lie(void **state)
{
	struct wb_audit a;
	struct trial t;

	(void)state;
	for (unsigned long n = 0; n < trials; n++) {
		begin(&t, n);
		nothing(&t);
		audit(&a, &t);
		assert_int_equal(a.result, WB_AUDIT_GOOD);
		wb_audit_clear(&a);
		end(&t);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_honest_log_is_called_a_lie),
		cmocka_unit_test(every_lie_is_found),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	if (argc > 1)
		trials = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
