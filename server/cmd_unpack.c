/* waybilld unpack: posts what a bundle carries into the log. */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "proto/wire.h"
#include "server/cmd.h"
#include "server/intake.h"
#include "server/unpack.h"

#define SETTLE 15000 /* ms for witnesses to answer */
#define BUDGET ((size_t)64 << 20) /* bytes of memory for the list of items */

static const struct wb_option options[] = {
	{ "without-witness", 0, false, NULL,
	    "log although no quorum of witnesses answers" },
	WB_OPTION_END,
};

/* One submission at a time, waited for. */
struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool done;
	enum wb_status status;
	struct wb_bytes answer;
	struct wb_error err;
};

struct tally {
	uint64_t logged;
	uint64_t known;
	uint64_t refused;
	char reason[65]; /* of the first refused */
};

static void
finished(void *ctx, enum wb_status status, struct wb_bytes *answer,
    const struct wb_error *err)
{
	struct waiting *w = ctx;

	(void)pthread_mutex_lock(&w->lock);
	w->status = status;
	wb_bytes_move(&w->answer, answer);
	if (err != NULL)
		w->err = *err;
	w->done = true;
	(void)pthread_cond_signal(&w->over);
	(void)pthread_mutex_unlock(&w->lock);
}

static enum wb_status
count(struct tally *tally, struct wb_span body, struct wb_error *err)
{
	struct wb_upload_answer answer;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_upload_answer_decode(&answer, &arena, body, NULL, err);
	for (size_t i = 0; st == WB_OK && i < answer.result_count; i++) {
		const struct wb_upload_result *r = &answer.results[i];

		tally->logged += r->reception == WB_LOGGED;
		tally->known += r->reception == WB_KNOWN;
		if (r->reception == WB_LOGGED || r->reception == WB_KNOWN)
			continue;
		if (tally->refused++ == 0 &&
		    r->reason.len < sizeof tally->reason)
			memcpy(tally->reason, r->reason.data, r->reason.len);
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
submit(struct tally *tally, struct wb_core *core, struct wb_bytes *body,
    struct wb_error *err)
{
	const struct wb_holding nothing = { 0 };
	struct waiting w = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.over = PTHREAD_COND_INITIALIZER };
	enum wb_status st;

	wb_bytes_init(&w.answer, WB_MAX_UPLOAD_BODY);
	st = wb_intake_submit(core, body, &nothing, finished, &w, err);
	if (st != WB_OK)
		return st;
	(void)pthread_mutex_lock(&w.lock);
	while (!w.done)
		(void)pthread_cond_wait(&w.over, &w.lock);
	(void)pthread_mutex_unlock(&w.lock);
	if (w.status == WB_OK)
		st = count(tally, wb_bytes_span(&w.answer), err);
	else
		*err = w.err;
	wb_bytes_clear(&w.answer);
	return w.status != WB_OK ? w.status : st;
}

/* In bodies as large as a request may be, in the bundle's order. */
static enum wb_status
post(struct tally *tally, struct wb_core *core, const struct wb_unpacked *all,
    struct wb_error *err)
{
	const size_t room = WB_MAX_ENVELOPE + WB_MAX_ROSTER + WB_MAX_CONTENT;
	enum wb_status st = WB_OK;
	struct wb_bytes body;
	size_t n = 0;

	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	for (size_t i = 0; i < all->count && st == WB_OK; i++) {
		st = wb_upload_append(&body, &all->uploads[i], err);
		n++;
		if (st == WB_OK &&
		    (n == WB_MAX_UPLOADS || i + 1 == all->count ||
			body.len + room > WB_MAX_UPLOAD_BODY)) {
			st = submit(tally, core, &body, err);
			wb_bytes_reset(&body);
			n = 0;
		}
	}
	wb_bytes_clear(&body);
	return st;
}

static enum wb_status
print_tally(struct wb_run *run, const struct tally *t, struct wb_error *err)
{
	struct wb_json *j = &run->out;

	if (!run->json) {
		wb_run_print(run,
		    "%" PRIu64 " logged, %" PRIu64 " known, %" PRIu64
		    " refused\n",
		    t->logged, t->known, t->refused);
		return WB_OK;
	}
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_uint(j, "logged", t->logged);
	wb_json_uint(j, "known", t->known);
	wb_json_uint(j, "refused", t->refused);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static enum wb_status
unpack_bytes(struct wb_run *run, struct wb_span bundle, struct wb_error *err)
{
	struct wb_settings settings;
	struct wb_core *core = NULL;
	struct wb_unpacked all = { 0 };
	struct tally tally = { 0 };
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, BUDGET);
	st = wb_unpack(&all, &arena, bundle, err);
	if (st == WB_OK)
		st = wb_run_settings(&settings, run, err);
	settings.without_witness = wb_args_has(run->args, "without-witness");
	if (st == WB_OK)
		st = wb_core_open(&core, &settings, run->clock, &run->log, err);
	if (st == WB_OK)
		st = wb_core_settle(core, SETTLE, err);
	if (st == WB_OK)
		st = post(&tally, core, &all, err);
	wb_core_close(&core);
	if (st == WB_OK)
		st = print_tally(run, &tally, err);
	if (st == WB_OK && tally.refused > 0) {
		st = wb_fail(err, WB_PARTIAL,
		    "%" PRIu64 " statements were refused, the first as \"%s\"",
		    tally.refused, tally.reason);
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
unpack(struct wb_run *run, struct wb_error *err)
{
	struct wb_span bundle = { 0 };
	enum wb_status st;

	st = wb_run_map(&bundle, wb_args_word(run->args, 0), err);
	if (st == WB_OK)
		st = unpack_bytes(run, bundle, err);
	wb_run_unmap(&bundle);
	return st;
}

const struct wb_server_command wb_serve_unpack = {
	.help = { .name = "unpack",
	    .group = "Every day",
	    .synopsis = "FILE",
	    .summary = "log what a bundle carries",
	    .description = "Reading a bundle twice changes nothing.  The log "
			   "must not be\nserved meanwhile.",
	    .examples = "waybilld unpack --dir srv evidence.wbx",
	    .options = options,
	    .min_words = 1,
	    .max_words = 1 },
	.run = unpack
};
