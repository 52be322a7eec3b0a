/*
 * What adding up the commitments of a tally costs, beside the bare decoding and
 * addition of as many points.  CPU seconds, in turns; prints the ratio.
 *
 * usage: tally_bench [BATCHES [ROUNDS]]
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/ledger/tally_check.h"
#include "crypto/secret.h"

#define DEFAULT_BATCHES 100000
#define DEFAULT_ROUNDS 3

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "tally_bench: %s\n", what);
	exit(1);
}

/* B, 2B, 3B…, so that the sum opens with a number and no measure. */
static struct wb_tallied *
make_points(struct wb_scalar *blinding, size_t n)
{
	struct wb_tallied *batches = calloc(n, sizeof *batches);
	struct wb_scalar one = { { 1 } }, number = { { 0 } };
	struct wb_point at = { { 0 } }, base;

	must(batches != NULL, "out of memory");
	must(wb_commit(&base, &one, NULL, 0, NULL) == WB_OK, "no base point");
	*blinding = number;
	for (size_t i = 0; i < n; i++) {
		must(wb_point_add(&at, &base, NULL) == WB_OK, "no point");
		wb_scalar_add(&number, &one);
		wb_scalar_add(blinding, &number);
		batches[i].index = i;
		batches[i].totals = at;
	}
	return batches;
}

static double
time_bare(const struct wb_tallied *batches, size_t n)
{
	uint8_t sum[crypto_core_ristretto255_BYTES] = { 0 };
	double from = now();

	for (size_t i = 0; i < n; i++)
		must(crypto_core_ristretto255_add(sum, sum,
			 batches[i].totals.b) == 0,
		    "no point");
	return now() - from;
}

static double
time_tally(const struct wb_tallied *batches, size_t n,
    const struct wb_scalar *blinding)
{
	double from = now();

	must(wb_tally_check_sum(batches, n, NULL, 0, blinding, NULL) == WB_OK,
	    "the sum does not hold");
	return now() - from;
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_BATCHES;
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : DEFAULT_ROUNDS;
	struct wb_tallied *batches;
	struct wb_scalar blinding;
	double bare = 0, tally = 0;

	must(wb_crypto_start(NULL) == WB_OK, "no libsodium");
	batches = make_points(&blinding, n);
	for (long i = 0; i < rounds; i++) {
		bare += time_bare(batches, n);
		tally += time_tally(batches, n, &blinding);
	}
	(void)printf("bare %.3f s, tally %.3f s of CPU\nratio %.3f\n", bare,
	    tally, tally / bare);
	free(batches);
	return 0;
}
