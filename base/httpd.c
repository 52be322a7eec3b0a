/*
 * The loop.  libmicrohttpd's own epoll threads stall when exactly 128 events
 * come at once (0.9.75): here its epoll descriptor is waited on from outside,
 * and MHD_run does a round without waiting.
 */
#include "base/httpd.h"

#include <sys/eventfd.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/httpd_private.h"

#define TICK 250 /* ms between looks at deadlines */
#define POOL 4096 /* bytes MHD wants besides; it wipes all for each request */

/* Paths are taken as sent: nothing is unescaped. */
static size_t
keep_escapes(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

/* Once for all that ask before the loop comes round again. */
void
httpd_wake(struct wb_httpd *h)
{
	const uint64_t one = 1;

	if (!atomic_exchange(&h->woken, true))
		(void)!write(h->wake, &one, sizeof one);
}

static int
wait_time(struct wb_httpd *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES && ms < TICK)
		return (int)ms;
	return h->peer_count > 0 ? TICK : -1;
}

/* Accepts nothing more; what is open goes on. */
static void
become_quiet(struct wb_httpd *h)
{
	MHD_socket fd = MHD_quiesce_daemon(h->daemon);

	if (fd != MHD_INVALID_SOCKET)
		(void)close(fd);
	(void)pthread_mutex_lock(&h->lock);
	h->quiet = true;
	(void)pthread_cond_broadcast(&h->calm);
	(void)pthread_mutex_unlock(&h->lock);
}

static void *
loop(void *ctx)
{
	struct wb_httpd *h = ctx;
	int64_t next_look = 0;

	while (!atomic_load(&h->stopping)) {
		struct pollfd fds[] = { { .fd = h->epoll, .events = POLLIN },
			{ .fd = h->wake, .events = POLLIN } };
		uint64_t unused;

		(void)poll(fds, 2, wait_time(h));
		if (fds[1].revents != 0)
			(void)!read(h->wake, &unused, sizeof unused);
		atomic_store(&h->woken, false);
		if (atomic_load(&h->draining) && !h->quiet)
			become_quiet(h);
		(void)MHD_run(h->daemon);
		if (httpd_now() >= next_look) {
			httpd_check_deadlines(h);
			next_look = httpd_now() + TICK;
		}
	}
	return NULL;
}

static struct wb_request *
next_work(struct wb_httpd *h)
{
	struct wb_request *r = NULL;

	(void)pthread_mutex_lock(&h->lock);
	while (h->queue == NULL && !h->resting)
		(void)pthread_cond_wait(&h->work, &h->lock);
	if (!h->resting) {
		r = h->queue;
		h->queue = r->next;
		if (h->queue == NULL)
			h->queue_end = &h->queue;
		h->queued--;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

static void *
worker(void *ctx)
{
	struct wb_httpd *h = ctx;

	for (struct wb_request *r = next_work(h); r != NULL; r = next_work(h))
		h->hooks.work(h->hooks.ctx, r);
	return NULL;
}

/* `fd` is the daemon's on success only. */
static enum wb_status
start_daemon(struct wb_httpd *h, int fd, struct wb_error *err)
{
	const union MHD_DaemonInfo *info;

	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TURBO |
					 MHD_ALLOW_SUSPEND_RESUME,
	    0, NULL, NULL, httpd_on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, h->limits.connections,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, WB_MAX_HTTP_HEADER + POOL,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
	    keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK, httpd_on_target, h,
	    MHD_OPTION_NOTIFY_COMPLETED, httpd_on_over, h,
	    MHD_OPTION_NOTIFY_CONNECTION, httpd_on_peer, h, MHD_OPTION_END);
	if (h->daemon == NULL) {
		(void)close(fd);
		return wb_fail(err, WB_FAILED, "cannot start serving HTTP");
	}
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	h->epoll = info->epoll_fd;
	return WB_OK;
}

static enum wb_status
start_threads(struct wb_httpd *h, struct wb_error *err)
{
	for (unsigned i = 0; i < h->limits.workers; i++) {
		if (pthread_create(&h->workers[i], NULL, worker, h) != 0)
			return wb_fail(err, WB_NO_MEMORY, "no more threads");
		h->worker_count++;
	}
	if (pthread_create(&h->loop, NULL, loop, h) != 0)
		return wb_fail(err, WB_NO_MEMORY, "no more threads");
	h->loop_runs = true;
	return WB_OK;
}

enum wb_status
wb_httpd_start(struct wb_httpd **out, int fd,
    const struct wb_httpd_limits *limits, const struct wb_httpd_hooks *hooks,
    struct wb_error *err)
{
	struct wb_httpd *h = calloc(1, sizeof *h);
	enum wb_status st;

	*out = NULL;
	if (h == NULL) {
		(void)close(fd);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	h->limits = *limits;
	h->hooks = *hooks;
	h->queue_end = &h->queue;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->work, NULL);
	(void)pthread_cond_init(&h->calm, NULL);
	h->workers = calloc((size_t)limits->workers + 1, sizeof *h->workers);
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->workers == NULL || h->wake < 0) {
		(void)close(fd);
		st = wb_fail(err, WB_NO_MEMORY, "out of memory");
		goto done;
	}
	st = start_daemon(h, fd, err);
	if (st == WB_OK)
		st = start_threads(h, err);
	if (st != WB_OK)
		goto done;
	*out = h;
	h = NULL;
done:
	wb_httpd_stop(&h);
	return st;
}

/* Each finishes what it has; what waits is left unanswered. */
static void
stop_workers(struct wb_httpd *h)
{
	(void)pthread_mutex_lock(&h->lock);
	h->resting = true;
	(void)pthread_cond_broadcast(&h->work);
	(void)pthread_mutex_unlock(&h->lock);
	while (h->worker_count > 0)
		(void)pthread_join(h->workers[--h->worker_count], NULL);
}

enum wb_status
wb_httpd_listen(struct wb_httpd **out, char url[WB_MAX_LISTEN_URL],
    const char *text, const struct wb_httpd_limits *limits,
    const struct wb_httpd_hooks *hooks, struct wb_error *err)
{
	struct wb_listen address;
	enum wb_status st = wb_listen_parse(&address, text, err);
	int fd = -1;

	*out = NULL;
	if (st == WB_OK)
		st = wb_listen_open(&fd, &address, err);
	if (st != WB_OK)
		return st;
	wb_listen_format(url, &address);
	return wb_httpd_start(out, fd, limits, hooks, err);
}

void
wb_httpd_drain(struct wb_httpd *h, unsigned milliseconds)
{
	struct timespec end;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += (time_t)(milliseconds / 1000);
	end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	atomic_store(&h->draining, true);
	httpd_wake(h);
	(void)pthread_mutex_lock(&h->lock);
	while ((!h->quiet || h->busy > 0) && rc == 0)
		rc = pthread_cond_timedwait(&h->calm, &h->lock, &end);
	(void)pthread_mutex_unlock(&h->lock);
	stop_workers(h);
}

/* MHD must not be stopped with connections suspended. */
static void
release_parked(struct wb_httpd *h)
{
	for (struct peer *p = h->peers; p != NULL; p = p->next) {
		p->evicted = true;
		if (p->request != NULL && p->request->parked &&
		    !p->request->answered)
			MHD_resume_connection(p->request->connection);
	}
}

static void
stop_loop(struct wb_httpd *h)
{
	atomic_store(&h->stopping, true);
	if (!h->loop_runs)
		return;
	httpd_wake(h);
	(void)pthread_join(h->loop, NULL);
}

void
wb_httpd_stop(struct wb_httpd **httpd)
{
	struct wb_httpd *h = *httpd;

	*httpd = NULL;
	if (h == NULL)
		return;
	stop_loop(h);
	stop_workers(h);
	if (h->daemon != NULL) {
		release_parked(h);
		MHD_stop_daemon(h->daemon);
	}
	if (h->wake >= 0)
		(void)close(h->wake);
	(void)pthread_cond_destroy(&h->calm);
	(void)pthread_cond_destroy(&h->work);
	(void)pthread_mutex_destroy(&h->lock);
	free(h->workers);
	free(h);
}

void
wb_httpd_count(struct wb_httpd_counts *out, struct wb_httpd *h)
{
	out->connections = h->connections;
	out->accepted = h->accepted;
	out->requests = h->requests;
	out->evicted = h->evicted;
}
