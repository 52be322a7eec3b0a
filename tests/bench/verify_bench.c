/*
 * How much of `verify` is Ed25519: the same batches verified bare, one after
 * the other on one thread, and as an evidence bundle with everything that
 * verify does besides, on one thread and on two.  Prints rates and ratios.
 *
 *   verify_bench [BATCHES [CONTENT-BYTES [BATCHES-PER-HEAD]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/audit/audit_threads.h"
#include "crypto/statement.h"
#include "proto/wire.h"

#include "tests/unit/client/logkit.h"

#define ROUNDS 7

/* Seconds, by the clock and of CPU. */
struct took {
	double clock;
	double cpu;
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct took
now(void)
{
	return (struct took){ seconds(CLOCK_MONOTONIC),
		seconds(CLOCK_PROCESS_CPUTIME_ID) };
}

/* Keeps the better of two. */
static void
keep(struct took *best, struct took start, struct took end)
{
	double clock = end.clock - start.clock, cpu = end.cpu - start.cpu;

	best->clock = clock < best->clock ? clock : best->clock;
	best->cpu = cpu < best->cpu ? cpu : best->cpu;
}

/* As many devices as there are; `per_head` batches saw the same head. */
static void
fill(struct kit *k, size_t batches, size_t size, size_t per_head)
{
	struct wb_bytes content;
	struct wb_batch seen = { 0 };
	uint8_t *at;

	wb_bytes_init(&content, WB_MAX_CONTENT);
	assert_ok(wb_bytes_extend(&content, size, &at, &k->err), &k->err);
	for (size_t i = 0; i < batches; i++) {
		enum kit_key device = i % 2 == 0 ? KIT_K1 : KIT_K2;
		struct wb_batch header;

		wb_random_fill(k->random, at, size);
		if (i % per_head == 0)
			kit_see(k, &seen, k->count);
		header = kit_header(k, device, wb_bytes_span(&content));
		header.seen = seen.seen;
		header.seen_signature = seen.seen_signature;
		kit_log_header(k, &header, device, wb_bytes_span(&content));
	}
	wb_bytes_clear(&content);
}

/* The signatures of all batches and nothing else. */
static void
bare(struct took *best, struct kit *k)
{
	struct wb_bytes *paes = calloc(k->count, sizeof *paes);
	struct wb_signature *signatures = calloc(k->count, sizeof *signatures);
	struct wb_key *keys = calloc(k->count, sizeof *keys);
	struct took start;

	assert_true(paes != NULL && signatures != NULL && keys != NULL);
	for (size_t i = 1; i < k->count; i++) {
		struct wb_envelope e;
		struct wb_batch batch;
		struct wb_arena arena;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		assert_ok(wb_envelope_decode(&e, &arena,
			      wb_bytes_span(&k->entries[i].envelope), &k->err),
		    &k->err);
		assert_ok(wb_batch_decode(&batch, e.payload, &k->err), &k->err);
		wb_bytes_init(&paes[i], WB_MAX_ENVELOPE);
		assert_ok(wb_pae(&paes[i],
			      wb_statement_type_text(WB_STATEMENT_BATCH),
			      e.payload, &k->err),
		    &k->err);
		signatures[i] = e.signatures[0];
		keys[i] = batch.signer;
		wb_arena_clear(&arena);
	}
	start = now();
	for (size_t i = 1; i < k->count; i++)
		assert_true(wb_sign_verify(&signatures[i], &keys[i],
		    wb_bytes_span(&paes[i])));
	keep(best, start, now());
	for (size_t i = 1; i < k->count; i++)
		wb_bytes_clear(&paes[i]);
	free(paes);
	free(signatures);
	free(keys);
}

static void
whole(struct took *best, struct kit *k, const struct wb_bytes *bundle,
    size_t threads)
{
	const struct wb_audit_options options = { .programme = &k->programme,
		.read = wb_read_on_threads,
		.threads = threads };
	struct took start = now();
	struct wb_audit audit;

	assert_ok(wb_audit_bytes(&audit, wb_bytes_span(bundle), &options,
		      &k->err),
	    &k->err);
	keep(best, start, now());
	assert_int_equal(audit.result, WB_AUDIT_GOOD);
	wb_audit_clear(&audit);
}

static size_t
argument(int argc, char **argv, int i, size_t absent)
{
	uint64_t v = absent;
	struct wb_error err = { 0 };

	if (i < argc && wb_text_uint(&v, wb_span_text(argv[i]), 1,
			    WB_MAX_CONTENT, &err) != WB_OK) {
		(void)fprintf(stderr, "verify_bench: %s\n", err.text);
		exit(2);
	}
	return (size_t)v;
}

int
main(int argc, char **argv)
{
	size_t batches = argument(argc, argv, 1, 2000);
	size_t size = argument(argc, argv, 2, 8192);
	size_t per_head = argument(argc, argv, 3, 32);
	struct took alone = { 1e9, 1e9 }, one = alone, two = alone;
	struct wb_bytes bundle;
	struct wb_error err = { 0 };
	struct kit k;

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	kit_begin(&k);
	fill(&k, batches, size, per_head);
	kit_bundle(&k, &bundle);
	for (int i = 0; i < ROUNDS; i++) {
		bare(&alone, &k);
		whole(&one, &k, &bundle, 1);
		whole(&two, &k, &bundle, 2);
	}
	printf("%zu batches of %zu bytes, %zu to a head\n", batches, size,
	    per_head);
	printf("bare Ed25519: %.1f us a batch\n",
	    alone.cpu / (double)batches * 1e6);
	printf("verify:       %.1f us a batch, on two threads %.1f\n",
	    one.cpu / (double)batches * 1e6, two.cpu / (double)batches * 1e6);
	printf("ratio:        %.2f\n", alone.cpu / one.cpu);
	printf("two threads:  %.2f by the clock, %.2f by CPU\n",
	    alone.clock / two.clock, 2 * alone.cpu / two.cpu);
	wb_bytes_clear(&bundle);
	kit_end(&k);
	return 0;
}
