#include "client/audit/audit_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define CHUNKS 8 /* between the file and the auditor */
#define CHUNK_ITEMS 16
#define CHUNK_BYTES ((size_t)128 << 10) /* with these no more is added */

/* Some items on their way: read, then prepared by whichever thread is free. */
struct chunk {
	uint8_t *bytes; /* what the frames view */
	size_t len;
	size_t room;
	struct wb_bundle_frame frames[CHUNK_ITEMS];
	struct wb_prepared prepared[CHUNK_ITEMS];
	size_t count;
	bool ready;
};

/*
 * A ring.  The thread that reads and judges is alone in doing so; it and the
 * helpers prepare.  `claimed`, `read`, `judged` and `ready` are under the lock;
 * a chunk is whoever's claimed it until it is ready, else the judge's.
 */
struct team {
	struct wb_reading *r;
	pthread_mutex_t lock;
	pthread_cond_t work; /* something was read, or `over` */
	pthread_cond_t done; /* the oldest became ready */
	struct chunk chunks[CHUNKS];
	uint64_t judged; /* chunks; each number only grows */
	uint64_t claimed;
	uint64_t read;
	bool over;
	pthread_t helpers[WB_MAX_AUDIT_THREADS];
	size_t helper_count;
};

/* Prepares the next chunk; the lock is held on entry and return. */
static void
prepare_next(struct team *t)
{
	uint64_t n = t->claimed++;
	struct chunk *c = &t->chunks[n % CHUNKS];

	(void)pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < c->count; i++)
		wb_prepare(&c->prepared[i], &c->frames[i]);
	(void)pthread_mutex_lock(&t->lock);
	c->ready = true;
	if (n == t->judged)
		(void)pthread_cond_signal(&t->done);
}

static void *
help(void *arg)
{
	struct team *t = arg;

	(void)pthread_mutex_lock(&t->lock);
	while (!t->over) {
		if (t->claimed < t->read)
			prepare_next(t);
		else
			(void)pthread_cond_wait(&t->work, &t->lock);
	}
	(void)pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Copies the frame, whose view ends with the next. */
static bool
add_frame(struct chunk *c, const struct wb_bundle_frame *frame)
{
	size_t need = c->len + frame->bytes.len;
	uint8_t *bigger;

	if (need > c->room || c->bytes == NULL) {
		need = need < CHUNK_BYTES ? 2 * CHUNK_BYTES : need;
		bigger = realloc(c->bytes, need);
		if (bigger == NULL)
			return false;
		c->bytes = bigger;
		c->room = need;
	}
	if (frame->bytes.len != 0)
		memcpy(c->bytes + c->len, frame->bytes.data, frame->bytes.len);
	c->frames[c->count++] = *frame;
	c->len += frame->bytes.len;
	return true;
}

/* Now that the bytes move no more. */
static void
point_frames(struct chunk *c)
{
	size_t at = 0;

	for (size_t i = 0; i < c->count; i++) {
		c->frames[i].bytes.data = c->bytes + at;
		at += c->frames[i].bytes.len;
	}
}

/* Reads the next chunk; false: the file has no more behind it. */
static bool
read_next(struct team *t)
{
	struct chunk *c = &t->chunks[t->read % CHUNKS];
	struct wb_auditor *a = t->r->a;
	struct wb_bundle_frame frame;
	bool more = true;

	c->count = c->len = 0;
	c->ready = false;
	while (more && c->count < CHUNK_ITEMS && c->len < CHUNK_BYTES) {
		more = wb_reading_frame(&frame, t->r);
		if (more && !add_frame(c, &frame)) {
			wb_auditor_fail(a,
			    wb_fail(a->err, WB_NO_MEMORY, "out of memory"));
			return false;
		}
	}
	point_frames(c);
	(void)pthread_mutex_lock(&t->lock);
	t->read++;
	(void)pthread_cond_signal(&t->work);
	(void)pthread_mutex_unlock(&t->lock);
	return more;
}

/* Until the oldest is ready, there is other work; then it is judged. */
static void
judge_next(struct team *t)
{
	struct chunk *c = &t->chunks[t->judged % CHUNKS];

	(void)pthread_mutex_lock(&t->lock);
	while (!c->ready) {
		if (t->claimed < t->read)
			prepare_next(t);
		else
			(void)pthread_cond_wait(&t->done, &t->lock);
	}
	(void)pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < c->count && t->r->a->status == WB_OK; i++)
		wb_reading_judge(t->r, &c->frames[i], &c->prepared[i]);
	if (c->room > 2 * CHUNK_BYTES) {
		free(c->bytes);
		c->bytes = NULL;
		c->room = 0;
	}
	(void)pthread_mutex_lock(&t->lock);
	t->judged++;
	(void)pthread_mutex_unlock(&t->lock);
}

static void
read_together(struct team *t)
{
	bool more = true;

	while (t->r->a->status == WB_OK) {
		while (more && t->read - t->judged < CHUNKS)
			more = read_next(t);
		if (t->judged == t->read)
			break;
		judge_next(t);
	}
}

/* The helpers that can be had; none is no failure. */
static void
call_helpers(struct team *t, size_t n)
{
	while (t->helper_count < n &&
	       pthread_create(&t->helpers[t->helper_count], NULL, help, t) == 0)
		t->helper_count++;
}

static void
dismiss_helpers(struct team *t)
{
	(void)pthread_mutex_lock(&t->lock);
	t->over = true;
	(void)pthread_cond_broadcast(&t->work);
	(void)pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < t->helper_count; i++)
		(void)pthread_join(t->helpers[i], NULL);
}

static void
read_with_helpers(struct wb_reading *r, size_t helpers)
{
	struct team *t = calloc(1, sizeof *t);

	if (t == NULL) {
		wb_read_alone(r);
		return;
	}
	t->r = r;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->work, NULL);
	(void)pthread_cond_init(&t->done, NULL);
	for (size_t i = 0; i < CHUNKS; i++)
		for (size_t k = 0; k < CHUNK_ITEMS; k++)
			wb_prepared_init(&t->chunks[i].prepared[k]);
	call_helpers(t, helpers);
	read_together(t);
	dismiss_helpers(t);
	for (size_t i = 0; i < CHUNKS; i++) {
		for (size_t k = 0; k < CHUNK_ITEMS; k++)
			wb_prepared_clear(&t->chunks[i].prepared[k]);
		free(t->chunks[i].bytes);
	}
	(void)pthread_cond_destroy(&t->done);
	(void)pthread_cond_destroy(&t->work);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* What was asked for, or a thread a core that this process may use. */
static size_t
choose_threads(size_t asked)
{
	cpu_set_t cores;
	size_t n = asked;

	if (n == 0 && sched_getaffinity(0, sizeof cores, &cores) == 0)
		n = (size_t)CPU_COUNT(&cores);
	if (n == 0)
		n = 1;
	return n < WB_MAX_AUDIT_THREADS ? n : WB_MAX_AUDIT_THREADS;
}

void
wb_read_on_threads(struct wb_reading *r, size_t threads)
{
	threads = choose_threads(threads);
	if (threads == 1)
		wb_read_alone(r);
	else
		read_with_helpers(r, threads - 1);
}
