/*
 * What the core of the server can do, as ratios to bare verification of the
 * same bytes in the same run: batches a second and CPU a batch, with `clients`
 * submissions of one batch each under way at once.
 *
 *	intake_bench [BATCHES [CLIENTS [CONTENT BYTES [REPORT EVERY]]]]
 */
#include <sys/resource.h>
#include <sys/time.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/commitment.h"
#include "crypto/statement.h"
#include "proto/batch.h"
#include "proto/roster.h"
#include "proto/transfer.h"
#include "proto/wire.h"
#include "server/core.h"
#include "server/intake.h"

#define DEVICES 200
#define AHEAD 2000 /* batches made before each timed stretch */

struct bench {
	struct wb_core *core;
	struct wb_signer root, devices[DEVICES];
	struct wb_hash programme;
	struct wb_point totals;
	uint64_t sequences[DEVICES];
	struct wb_bytes content;
	uint64_t made;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned under_way;
	unsigned failed;
};

static void
must(enum wb_status st, const struct wb_error *err)
{
	if (st == WB_OK)
		return;
	(void)fprintf(stderr, "intake_bench: %s\n", err->text);
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
resident_mib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f != NULL)
		(void)fclose(f);
	return (double)pages * 4096 / (1 << 20);
}

static void
done(void *ctx, enum wb_status status, struct wb_bytes *answer,
    const struct wb_error *err)
{
	struct bench *b = ctx;

	(void)answer;
	if (status != WB_OK)
		(void)fprintf(stderr, "intake_bench: %s\n", err->text);
	(void)pthread_mutex_lock(&b->lock);
	b->failed += status != WB_OK;
	b->under_way--;
	(void)pthread_cond_signal(&b->changed);
	(void)pthread_mutex_unlock(&b->lock);
}

static void
wait_below(struct bench *b, unsigned limit)
{
	(void)pthread_mutex_lock(&b->lock);
	while (b->under_way >= limit)
		(void)pthread_cond_wait(&b->changed, &b->lock);
	(void)pthread_mutex_unlock(&b->lock);
}

static void
send(struct bench *b, struct wb_bytes *body, unsigned clients)
{
	const struct wb_holding nothing = { 0 };
	struct wb_error err = { 0 };

	wait_below(b, clients);
	(void)pthread_mutex_lock(&b->lock);
	b->under_way++;
	(void)pthread_mutex_unlock(&b->lock);
	must(wb_intake_submit(b->core, body, &nothing, done, b, &err), &err);
}

static void
seal(struct wb_bytes *out, enum wb_statement_type type,
    struct wb_bytes *payload, const struct wb_signer *signer,
    struct wb_span content)
{
	struct wb_error err = { 0 };
	struct wb_upload upload = { .content = content };
	struct wb_bytes envelope;

	wb_bytes_init(&envelope, WB_MAX_ROSTER);
	must(wb_envelope_seal(&envelope, type, wb_bytes_span(payload), signer,
		 &err),
	    &err);
	upload.envelope = wb_bytes_span(&envelope);
	wb_bytes_init(out, WB_MAX_UPLOAD_BODY);
	must(wb_upload_append(out, &upload, &err), &err);
	wb_bytes_clear(&envelope);
	wb_bytes_clear(payload);
}

static void
make_roster(struct wb_bytes *out, struct bench *b)
{
	static struct wb_member members[DEVICES];
	static char labels[DEVICES][16];
	struct wb_roster r = { .version = 1,
		.threshold = 1,
		.roots = &b->root.key,
		.root_count = 1,
		.members = members,
		.member_count = DEVICES,
		.suite = wb_span_text("x25519"),
		.reader = wb_span_text("age1reader"),
		.tally_threshold = 1 };
	struct wb_error err = { 0 };
	struct wb_bytes payload, policy;

	for (int i = 0; i < DEVICES; i++) {
		(void)snprintf(labels[i], sizeof labels[i], "K%d", i);
		members[i] = (struct wb_member){ .key = b->devices[i].key,
			.roles = 1U << WB_ROLE_FIELD,
			.label = wb_span_text(labels[i]),
			.state = WB_MEMBER_ACTIVE };
	}
	wb_bytes_init(&policy, WB_MAX_POLICY);
	must(wb_bytes_append_text(&policy, "log ", &err), &err);
	must(wb_vkey_format(&policy, wb_core_vkey(b->core), &err), &err);
	must(wb_bytes_append_text(&policy, "\nquorum none\n", &err), &err);
	r.policy = wb_bytes_span(&policy);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	must(wb_roster_encode(&payload, &r, &err), &err);
	wb_statement_id(&b->programme,
	    wb_statement_type_text(WB_STATEMENT_ROSTER),
	    wb_bytes_span(&payload));
	seal(out, WB_STATEMENT_ROSTER, &payload, &b->root, wb_span(NULL, 0));
	wb_bytes_clear(&policy);
}

static void
make_batch(struct wb_bytes *out, struct bench *b)
{
	size_t device = b->made++ % DEVICES;
	struct wb_batch batch = { .programme = b->programme,
		.signer = b->devices[device].key,
		.sequence = ++b->sequences[device],
		.roster = b->programme,
		.content_size = b->content.len,
		.totals = b->totals };
	struct wb_error err = { 0 };
	struct wb_bytes payload;

	wb_put_be64(b->content.data, b->made);
	wb_sha256_one(&batch.content_hash, wb_bytes_span(&b->content));
	batch.records_root = batch.content_hash;
	batch.seen.size = b->made;
	batch.seen.root = batch.content_hash;
	batch.seen_signature.b[0] = 1;
	if (batch.sequence > 1)
		batch.previous = batch.content_hash;
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	must(wb_batch_encode(&payload, &batch, &err), &err);
	seal(out, WB_STATEMENT_BATCH, &payload, &b->devices[device],
	    wb_bytes_span(&b->content));
}

/* Seconds of CPU for one verification of a batch's signed bytes. */
static double
bare_verify(struct bench *b)
{
	const int rounds = 3000;
	struct wb_signature signature;
	uint8_t message[460];
	double from, cpu;
	int good = 0;

	memset(message, 1, sizeof message);
	wb_sign(&signature, &b->root, wb_span(message, sizeof message));
	from = seconds(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < rounds; i++)
		good += wb_sign_verify(&signature, &b->root.key,
		    wb_span(message, sizeof message));
	cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - from;
	if (good != rounds)
		exit(1);
	return cpu / rounds;
}

static void
start(struct bench *b, const char *dir, size_t content)
{
	struct wb_settings settings = { 0 };
	struct wb_error err = { 0 };
	struct wb_bytes body;

	must(wb_crypto_start(&err), &err);
	(void)snprintf(settings.dir, sizeof settings.dir, "%s", dir);
	must(wb_core_create(dir, "bench.example/log", NULL, &err), &err);
	must(wb_core_open(&b->core, &settings, wb_clock_system(), NULL, &err),
	    &err);
	must(wb_signer_generate(&b->root, wb_random_system(), &err), &err);
	for (int i = 0; i < DEVICES; i++)
		must(wb_signer_generate(&b->devices[i], wb_random_system(),
			 &err),
		    &err);
	wb_generator(&b->totals, wb_span_text("delivered|rice|kg"));
	wb_bytes_init(&b->content, content);
	must(wb_bytes_extend(&b->content, content, NULL, &err), &err);
	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_cond_init(&b->changed, NULL);
	make_roster(&body, b);
	send(b, &body, 1);
	wait_below(b, 1);
}

/* Only the time in which batches are taken in counts, not their making. */
static void
run(struct bench *b, uint64_t batches, unsigned clients, uint64_t every,
    double verify)
{
	static struct wb_bytes bodies[AHEAD];
	double wall = 0, cpu = 0;
	uint64_t timed = 0;

	for (uint64_t n = 0; n < batches; n += AHEAD) {
		double from, cpu_from;

		for (size_t i = 0; i < AHEAD; i++)
			make_batch(&bodies[i], b);
		from = seconds(CLOCK_MONOTONIC);
		cpu_from = seconds(CLOCK_PROCESS_CPUTIME_ID);
		for (size_t i = 0; i < AHEAD; i++)
			send(b, &bodies[i], clients);
		wait_below(b, 1);
		wall += seconds(CLOCK_MONOTONIC) - from;
		cpu += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;
		timed += AHEAD;
		if ((n + AHEAD) % every != 0 && n + AHEAD < batches)
			continue;
		(void)printf("%8llu batches: %7.0f a second, %.2f of one core's"
			     " verifications, CPU of %.2f verifications each,"
			     " %.0f MiB\n",
		    (unsigned long long)(n + AHEAD), (double)timed / wall,
		    (double)timed / wall * verify, cpu / (double)timed / verify,
		    resident_mib());
		(void)fflush(stdout);
		wall = cpu = 0;
		timed = 0;
	}
}

static uint64_t
argument(int argc, char **argv, int i, uint64_t otherwise)
{
	return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	uint64_t batches = argument(argc, argv, 1, 10000);
	unsigned clients = (unsigned)argument(argc, argv, 2, 256);
	size_t content = (size_t)argument(argc, argv, 3, 2400);
	char dir[] = "intake-bench-XXXXXX";
	struct bench b = { .failed = 0 };
	double verify;

	if (mkdtemp(dir) == NULL)
		return 1;
	start(&b, dir, content < 8 ? 8 : content);
	verify = bare_verify(&b);
	(void)printf("one verification: %.1f microseconds; log in %s\n",
	    verify * 1e6, dir);
	run(&b, batches, clients, argument(argc, argv, 4, 10000), verify);
	wb_core_close(&b.core);
	wb_bytes_clear(&b.content);
	wb_signer_clear(&b.root);
	for (int i = 0; i < DEVICES; i++)
		wb_signer_clear(&b.devices[i]);
	return b.failed == 0 ? 0 : 1;
}
