/*
 * The measure of the server and of verifying: Ed25519 verifications of the
 * batches in a file of make_batches, bare and on one thread.  Prints
 * microseconds each, by the clock and of CPU.
 *
 *	bare_verify FILE BATCHES [SKIP]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/secret.h"
#include "crypto/statement.h"
#include "proto/batch.h"
#include "proto/envelope.h"
#include "proto/transfer.h"

struct job {
	struct wb_key key;
	struct wb_signature signature;
	struct wb_bytes message; /* what was signed, the PAE */
};

static void
must(enum wb_status st, const struct wb_error *err)
{
	if (st == WB_OK)
		return;
	(void)fprintf(stderr, "bare_verify: %s\n", err->text);
	exit(1);
}

static double
micros(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The next body; false: the file ends. */
static bool
read_body(struct wb_bytes *out, FILE *f)
{
	struct wb_error err = { 0 };
	uint8_t head[4], *room;
	size_t len;

	wb_bytes_reset(out);
	if (fread(head, 1, sizeof head, f) != sizeof head)
		return false;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	      (size_t)head[2] << 8 | head[3];
	must(wb_bytes_extend(out, len, &room, &err), &err);
	return fread(room, 1, len, f) == len;
}

static void
prepare(struct job *job, struct wb_span body)
{
	struct wb_error err = { 0 };
	struct wb_upload *uploads;
	struct wb_envelope e;
	struct wb_arena arena;
	struct wb_batch batch;
	size_t n;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	must(wb_uploads_decode(&uploads, &n, &arena, body, &err), &err);
	must(wb_envelope_decode(&e, &arena, uploads[0].envelope, &err), &err);
	must(wb_batch_decode(&batch, e.payload, &err), &err);
	job->key = batch.signer;
	job->signature = e.signatures[0];
	wb_bytes_init(&job->message, WB_MAX_STATEMENT);
	must(wb_pae(&job->message, wb_statement_type_text(e.type), e.payload,
		 &err),
	    &err);
	wb_arena_clear(&arena);
}

static int
verify(struct job *jobs, size_t n)
{
	double clock, cpu;
	size_t good = 0;

	clock = micros(CLOCK_MONOTONIC);
	cpu = micros(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < n; i++)
		good += wb_sign_verify(&jobs[i].signature, &jobs[i].key,
		    wb_bytes_span(&jobs[i].message));
	(void)printf("%.2f %.2f\n",
	    (micros(CLOCK_MONOTONIC) - clock) / (double)n,
	    (micros(CLOCK_THREAD_CPUTIME_ID) - cpu) / (double)n);
	return good == n ? 0 : 1;
}

int
main(int argc, char **argv)
{
	size_t want, skip, n = 0;
	struct wb_error err = { 0 };
	struct wb_bytes body;
	struct job *jobs;
	FILE *f;
	int rc;

	if (argc < 3 || argc > 4)
		return 2;
	want = strtoul(argv[2], NULL, 10);
	skip = 1 + (argc > 3 ? strtoul(argv[3], NULL, 10) : 0); /* a roster */
	f = fopen(argv[1], "rb");
	jobs = calloc(want + 1, sizeof *jobs);
	if (f == NULL || jobs == NULL) {
		perror("bare_verify");
		return 1;
	}
	must(wb_crypto_start(&err), &err);
	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	while (n < want && read_body(&body, f)) {
		if (skip > 0)
			skip--;
		else
			prepare(&jobs[n++], wb_bytes_span(&body));
	}
	rc = n > 0 ? verify(jobs, n) : 1;
	for (size_t i = 0; i < n; i++)
		wb_bytes_clear(&jobs[i].message);
	wb_bytes_clear(&body);
	free(jobs);
	(void)fclose(f);
	return rc;
}
