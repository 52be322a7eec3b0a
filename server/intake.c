#include "server/intake.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/transfer.h"
#include "server/core_state.h"
#include "server/gate.h"
#include "server/witnesses.h"

#define MAX_WORKERS 64
#define MAX_WAITING 4096 /* submissions */
#define MAX_WAITING_BYTES ((size_t)24 << 20)
/* Of these, what bodies may take that nobody known has signed anything in. */
#define MAX_STRANGE_BYTES (MAX_WAITING_BYTES / 2)
#define MAX_GROUP_BYTES ((size_t)8 << 20)
#define MAX_ANSWER ((size_t)2 << 20)

/* A submission on its way through the workers and the writer. */
struct job {
	struct job *next;
	struct wb_bytes body;
	size_t size; /* of the body */
	struct wb_holding holding;
	wb_intake_done *done;
	void *ctx;
	struct wb_arena arena; /* of the two arrays, and of the answer's */
	struct wb_item *items;
	size_t count;
	enum wb_status status;
	struct wb_bytes answer;
	struct wb_error err;
};

struct list {
	struct job *first;
	struct job **end;
};

struct wb_intake {
	struct wb_core *core;
	struct wb_rate *rate; /* statements a member */
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t came; /* something is in `incoming`, or stop */
	pthread_cond_t verified; /* something is in `ready`, or finish */
	struct list incoming;
	struct list ready;
	size_t verifying; /* submissions, `incoming` included */
	uint64_t passed; /* submissions that were, ever */
	uint64_t goal; /* of `passed`, that the writer waits for */
	size_t waiting; /* submissions not answered yet */
	size_t bytes; /* of their bodies */
	bool stop; /* no more will come */
	bool finish; /* the workers are done */
	pthread_t workers[MAX_WORKERS];
	size_t worker_count;
	pthread_t writer;
	bool has_writer;
};

static void
list_init(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void
list_put(struct list *l, struct job *job)
{
	job->next = NULL;
	*l->end = job;
	l->end = &job->next;
}

static struct job *
list_take(struct list *l)
{
	struct job *job = l->first;

	if (job == NULL)
		return NULL;
	l->first = job->next;
	if (l->first == NULL)
		l->end = &l->first;
	return job;
}

static void
job_free(struct job *job)
{
	wb_bytes_clear(&job->body);
	wb_bytes_clear(&job->answer);
	wb_arena_clear(&job->arena);
	free(job);
}

/* The last step of every submission. */
static void
finish_jobs(struct wb_intake *in, struct job *group)
{
	struct job *next;

	(void)pthread_mutex_lock(&in->lock);
	for (struct job *j = group; j != NULL; j = j->next) {
		in->waiting--;
		in->bytes -= j->size;
	}
	(void)pthread_mutex_unlock(&in->lock);
	for (struct job *j = group; j != NULL; j = next) {
		next = j->next;
		if (j->status != WB_OK)
			wb_bytes_clear(&j->answer);
		j->done(j->ctx, j->status, &j->answer, &j->err);
		job_free(j);
	}
}

static void
verify_job(struct wb_intake *in, struct job *job, struct wb_arena *scratch)
{
	struct wb_gate gate = { .sequencer = in->core->sequencer,
		.rate = in->rate,
		.ms = wb_clock_ms(in->core->clock),
		.arena = &job->arena };
	const struct wb_item_gate ask = { &gate, wb_gate_ask };
	struct wb_upload *uploads;

	job->status = wb_uploads_decode(&uploads, &job->count, &job->arena,
	    wb_bytes_span(&job->body), &job->err);
	if (job->status != WB_OK)
		return;
	job->items = wb_arena_array(&job->arena, job->count,
	    sizeof *job->items);
	if (job->items == NULL) {
		job->status = wb_fail(&job->err, WB_NO_MEMORY, "out of memory");
		return;
	}
	for (size_t i = 0; job->status == WB_OK && i < job->count; i++) {
		gate.throttled = false;
		wb_item_verify(&job->items[i], &uploads[i], &ask, scratch);
		if (gate.throttled)
			job->items[i].reception = WB_TRY_LATER;
		job->status = wb_gate_passed(&gate, &job->items[i], &job->err);
		wb_arena_reset(scratch);
	}
}

static struct job *
next_incoming(struct wb_intake *in)
{
	struct job *job;

	(void)pthread_mutex_lock(&in->lock);
	while ((job = list_take(&in->incoming)) == NULL && !in->stop)
		(void)pthread_cond_wait(&in->came, &in->lock);
	(void)pthread_mutex_unlock(&in->lock);
	return job;
}

/* To the writer, or back to the sender. */
static void
pass(struct wb_intake *in, struct job *job)
{
	bool good = job->status == WB_OK, enough;

	(void)pthread_mutex_lock(&in->lock);
	if (good)
		list_put(&in->ready, job);
	in->verifying--;
	in->passed++;
	enough = in->passed >= in->goal;
	(void)pthread_mutex_unlock(&in->lock);
	/* Who wakes up finds the lock free. */
	if (enough)
		(void)pthread_cond_signal(&in->verified);
	if (!good)
		finish_jobs(in, job);
}

static void *
work(void *ctx)
{
	struct wb_intake *in = ctx;
	struct wb_arena scratch;
	struct job *job;

	wb_arena_init(&scratch, WB_ARENA_BUDGET);
	while ((job = next_incoming(in)) != NULL) {
		verify_job(in, job, &scratch);
		job->next = NULL;
		pass(in, job);
	}
	wb_arena_clear(&scratch);
	return NULL;
}

/*
 * Waits until something is ready, and then for what was on its way already: a
 * commit costs as much for one as for many.
 */
static void
gather(struct wb_intake *in)
{
	while (in->ready.first == NULL && !in->finish) {
		in->goal = in->passed + 1;
		(void)pthread_cond_wait(&in->verified, &in->lock);
	}
	in->goal = in->passed + in->verifying;
	while (in->passed < in->goal && !in->finish)
		(void)pthread_cond_wait(&in->verified, &in->lock);
}

/* All that is ready, within bounds.  NULL: there will be no more. */
static struct job *
next_group(struct wb_intake *in)
{
	size_t statements = 0, bytes = 0;
	struct list group;
	struct job *job;

	list_init(&group);
	(void)pthread_mutex_lock(&in->lock);
	gather(in);
	while ((job = in->ready.first) != NULL) {
		statements += job->count;
		bytes += job->size;
		if (group.first != NULL &&
		    (statements > WB_TREE_MAX_ADD || bytes > MAX_GROUP_BYTES))
			break;
		list_put(&group, list_take(&in->ready));
	}
	(void)pthread_mutex_unlock(&in->lock);
	return group.first;
}

/*
 * Others of the group need not wait for it, but all that comes behind it in
 * its body does: that may be about what is not logged yet.
 */
static void
put_off(struct job *job, size_t from)
{
	for (size_t i = from; i < job->count; i++) {
		if (!job->items[i].decided)
			wb_item_put_off(&job->items[i]);
	}
}

static enum wb_status
offer_job(struct wb_core *core, struct job *job, struct wb_error *err)
{
	for (size_t i = 0; i < job->count; i++) {
		enum wb_status st = wb_sequencer_offer(core->sequencer,
		    core->store, &job->items[i], err);

		if (st == WB_NO_MEMORY) {
			put_off(job, i);
			return WB_OK;
		}
		if (st != WB_OK)
			return st;
	}
	return WB_OK;
}

static enum wb_status
offer_all(struct wb_core *core, struct job *group, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_head head;

	/* No sender can have seen what is in this group. */
	st = wb_core_published(&head, NULL, core, err);
	for (struct job *j = group; st == WB_OK && j != NULL; j = j->next) {
		j->status = wb_core_check_holding(&j->holding, head.size,
		    &j->err);
		if (j->status == WB_OK)
			st = offer_job(core, j, err);
	}
	return st;
}

/* Durable, then recorded and signed, then seen by all: in this order. */
static enum wb_status
commit(struct wb_core *core, struct wb_error *err)
{
	struct wb_store_group group;
	struct wb_store_head head;
	enum wb_status st;

	wb_sequencer_group(&group, core->sequencer);
	if (group.entry_count == 0)
		return WB_OK;
	head.head = group.head;
	head.content_bytes = group.content_bytes;
	st = wb_store_commit(core->store, &group, err);
	if (st != WB_OK)
		return st;
	wb_sequencer_committed(core->sequencer);
	st = wb_core_publish(core, &head, err);
	if (st != WB_OK)
		wb_core_poison(core, err);
	return st;
}

/* Nothing of the group is in the log; the next one may be. */
static void
abandon(struct wb_core *core, const struct wb_error *why)
{
	struct wb_error err = { 0 };

	wb_core_poison_if(core, why);
	if (!atomic_load(&core->read_only) &&
	    wb_sequencer_abandon(core->sequencer, core->store, &err) != WB_OK)
		wb_core_poison(core, &err);
}

static void
tell(struct wb_core *core, const struct wb_error *why)
{
	wb_log_write(core->log, WB_LOG_ERROR, "statements were not stored: %s",
	    why->text);
}

static enum wb_status
answer_job(struct wb_core *core, struct job *job, const struct wb_head *head,
    const struct wb_sent_head *sent)
{
	struct wb_tree *tree = wb_sequencer_tree(core->sequencer);
	struct wb_upload_answer answer = { .head = *sent };
	struct wb_known_nodes known;
	enum wb_status st;

	answer.result_count = job->count;
	answer.results = wb_arena_array(&job->arena, job->count,
	    sizeof *answer.results);
	if (answer.results == NULL)
		return wb_fail(&job->err, WB_NO_MEMORY, "out of memory");
	st = wb_core_known(&known, core, core->store, &job->holding, &job->err);
	if (st == WB_OK) {
		st = wb_tree_extend(&answer.consistency, tree, core->store,
		    job->holding.seen, head->size, &job->err);
	}
	for (size_t i = 0; st == WB_OK && i < job->count; i++) {
		struct wb_upload_result *r = &answer.results[i];
		const struct wb_item *item = &job->items[i];

		r->reception = item->reception;
		r->index = item->index;
		if (item->reason != NULL)
			r->reason = wb_span_text(item->reason);
		else
			st = wb_tree_include(&r->proof, tree, core->store,
			    item->index, head->size, &job->err);
	}
	return st == WB_OK ? wb_upload_answer_encode(&job->answer, &answer,
				 &known, &job->err)
			   : st;
}

static void
answer_all(struct wb_core *core, struct job *group)
{
	struct wb_error err = { 0 };
	struct wb_sent_head sent;
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_core_sent_head(&sent, &head, &note, core, &err);
	for (struct job *j = group; j != NULL; j = j->next) {
		if (st != WB_OK) {
			j->status = st;
			j->err = err;
		}
		if (j->status == WB_OK)
			j->status = answer_job(core, j, &head, &sent);
	}
	wb_bytes_clear(&note);
}

static void
write_group(struct wb_core *core, struct job *group)
{
	struct wb_error err = { 0 };
	enum wb_status st;

	(void)pthread_mutex_lock(&core->store_lock);
	st = wb_core_sound(core, &err);
	if (st == WB_OK) {
		st = offer_all(core, group, &err);
		if (st == WB_OK)
			st = commit(core, &err);
		if (st != WB_OK) {
			if (!atomic_load(&core->read_only))
				abandon(core, &err);
			tell(core, &err);
		}
	}
	if (st == WB_OK)
		answer_all(core, group);
	(void)pthread_mutex_unlock(&core->store_lock);
	for (struct job *j = group; st != WB_OK && j != NULL; j = j->next) {
		j->status = WB_STORAGE;
		j->err = err;
		j->err.status = WB_STORAGE;
	}
}

static void *
write_groups(void *ctx)
{
	struct wb_intake *in = ctx;
	struct job *group;

	while ((group = next_group(in)) != NULL) {
		write_group(in->core, group);
		finish_jobs(in, group);
	}
	return NULL;
}

static size_t
count_workers(const struct wb_settings *settings)
{
	long n = settings->workers;

	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		n = 1;
	return n > MAX_WORKERS ? MAX_WORKERS : (size_t)n;
}

enum wb_status
wb_intake_start(struct wb_core *core, struct wb_error *err)
{
	struct wb_intake *in = calloc(1, sizeof *in);
	size_t want = count_workers(&core->settings);
	enum wb_status st;

	if (in == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	in->core = core;
	core->intake = in;
	list_init(&in->incoming);
	list_init(&in->ready);
	(void)pthread_mutex_init(&in->lock, NULL);
	(void)pthread_cond_init(&in->came, NULL);
	(void)pthread_cond_init(&in->verified, NULL);
	/* A request may hold so many: a signed read weighs as much as those. */
	st = wb_rate_new(&in->rate, core->settings.rate * WB_MAX_UPLOADS, err);
	if (st != WB_OK)
		return st;
	in->has_writer = pthread_create(&in->writer, NULL, write_groups, in) ==
			 0;
	while (
	    in->has_writer && in->worker_count < want &&
	    pthread_create(&in->workers[in->worker_count], NULL, work, in) == 0)
		in->worker_count++;
	if (in->worker_count < want)
		return wb_fail(err, WB_NO_MEMORY, "cannot start a thread");
	return WB_OK;
}

void
wb_intake_stop(struct wb_core *core)
{
	struct wb_intake *in = core->intake;

	if (in == NULL)
		return;
	(void)pthread_mutex_lock(&in->lock);
	in->stop = true;
	(void)pthread_cond_broadcast(&in->came);
	(void)pthread_mutex_unlock(&in->lock);
	while (in->worker_count > 0)
		(void)pthread_join(in->workers[--in->worker_count], NULL);
	(void)pthread_mutex_lock(&in->lock);
	in->finish = true;
	(void)pthread_cond_signal(&in->verified);
	(void)pthread_mutex_unlock(&in->lock);
	if (in->has_writer)
		(void)pthread_join(in->writer, NULL);
	(void)pthread_mutex_destroy(&in->lock);
	(void)pthread_cond_destroy(&in->came);
	(void)pthread_cond_destroy(&in->verified);
	wb_rate_free(&in->rate);
	free(in);
	core->intake = NULL;
}

uint64_t
wb_intake_waiting(struct wb_core *core)
{
	struct wb_intake *in = core->intake;
	uint64_t n;

	(void)pthread_mutex_lock(&in->lock);
	n = in->waiting;
	(void)pthread_mutex_unlock(&in->lock);
	return n;
}

static enum wb_status
be_busy(struct wb_error *err)
{
	(void)wb_fail(err, WB_REFUSED, "the server has too much to do");
	return wb_advise(err, WB_REFUSED, "busy", "try again in a minute");
}

/* Strangers may fill a part of the queue, and never all of it. */
static bool
must_be_known(struct wb_intake *in, size_t size)
{
	bool must;

	(void)pthread_mutex_lock(&in->lock);
	must = in->waiting >= MAX_WAITING / 2 ||
	       (in->waiting > 0 && in->bytes + size > MAX_STRANGE_BYTES);
	(void)pthread_mutex_unlock(&in->lock);
	return must;
}

static enum wb_status
enqueue(struct wb_intake *in, struct job *job, struct wb_error *err)
{
	bool busy;

	(void)pthread_mutex_lock(&in->lock);
	busy = in->stop || in->waiting >= MAX_WAITING ||
	       (in->waiting > 0 && in->bytes + job->size > MAX_WAITING_BYTES);
	if (!busy) {
		in->waiting++;
		in->verifying++;
		in->bytes += job->size;
		list_put(&in->incoming, job);
	}
	(void)pthread_mutex_unlock(&in->lock);
	if (!busy)
		(void)pthread_cond_signal(&in->came);
	return busy ? be_busy(err) : WB_OK;
}

enum wb_status
wb_intake_submit(struct wb_core *core, struct wb_bytes *body,
    const struct wb_holding *holding, wb_intake_done *done, void *ctx,
    struct wb_error *err)
{
	struct job *job;
	enum wb_status st;

	st = wb_core_sound(core, err);
	if (st == WB_OK)
		st = wb_witnesses_allow(core, err);
	if (st != WB_OK)
		return st;
	if (must_be_known(core->intake, body->len) &&
	    wb_gate_is_strange(core->sequencer, wb_bytes_span(body)))
		return be_busy(err);
	job = calloc(1, sizeof *job);
	if (job == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	job->size = body->len;
	job->holding = *holding;
	job->done = done;
	job->ctx = ctx;
	wb_bytes_init(&job->answer, MAX_ANSWER);
	wb_arena_init(&job->arena, WB_ARENA_BUDGET);
	wb_bytes_init(&job->body, body->max);
	wb_bytes_move(&job->body, body);
	st = enqueue(core->intake, job, err);
	if (st != WB_OK) {
		wb_bytes_move(body, &job->body);
		job_free(job);
	}
	return st;
}
