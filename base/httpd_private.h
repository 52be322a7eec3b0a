/* What the files of base/httpd* share; nobody else includes it. */
#ifndef WB_BASE_HTTPD_PRIVATE_H
#define WB_BASE_HTTPD_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/httpd.h"

#define HTTPD_MAX_METHOD 16 /* bytes, with the NUL */

/* Where a connection stands; a waiting one is never evicted. */
enum phase {
	PHASE_IDLE, /* no request line yet */
	PHASE_READING,
	PHASE_WAITING, /* handed to a hook: the time is ours */
	PHASE_SENDING
};

/* One connection.  Touched by the loop thread only. */
struct peer {
	struct peer *prev;
	struct peer *next;
	struct wb_request *request; /* NULL when idle */
	int fd;
	enum phase phase;
	bool evicted;
	int64_t since; /* when the phase began, ms */
	int64_t deadline; /* ms, in every phase but waiting */
};

struct wb_request {
	struct wb_httpd *h;
	struct MHD_Connection *connection;
	struct peer *peer;
	struct wb_request *next; /* in the workers' queue */
	char target[WB_MAX_TARGET];
	char method[HTTPD_MAX_METHOD];
	bool too_long; /* the target */
	bool begun; /* the head was judged */
	bool handed; /* to hooks.request */
	bool discard; /* the body is read, not kept */
	bool answered; /* under h->lock */
	bool parked; /* suspended in MHD; under h->lock */
	uint64_t declared; /* Content-Length */
	size_t max_body;
	size_t charged; /* against the budget: of the body, then the answer */
	struct wb_bytes body;
	struct wb_answer answer;
	struct wb_bytes answer_body;
	max_align_t tag[WB_REQUEST_TAG / sizeof(max_align_t)];
};

struct wb_httpd {
	struct MHD_Daemon *daemon;
	struct wb_httpd_hooks hooks;
	struct wb_httpd_limits limits;
	int epoll; /* MHD's; ours only to wait on */
	int wake; /* eventfd: the loop has something to look at */
	atomic_bool woken; /* and was told so */
	atomic_bool draining;
	atomic_bool stopping;

	/* The loop thread's own. */
	struct peer *peers; /* newest first */
	unsigned peer_count;
	size_t held; /* bytes charged */

	pthread_mutex_t lock; /* of all below, and as said above */
	pthread_cond_t work;
	pthread_cond_t calm; /* busy fell to 0 */
	bool quiet; /* nothing is accepted, and no hook begins, any more */
	bool resting; /* the workers are to end */
	unsigned busy; /* handed and not over */
	struct wb_request *queue;
	struct wb_request **queue_end;
	unsigned queued;

	pthread_t loop;
	bool loop_runs;
	pthread_t *workers;
	unsigned worker_count;

	_Atomic uint64_t connections;
	_Atomic uint64_t accepted;
	_Atomic uint64_t requests;
	_Atomic uint64_t evicted;
};

int64_t httpd_now(void); /* monotonic milliseconds */

/* Ends the loop thread's waiting; from any thread. */
void httpd_wake(struct wb_httpd *h);

/* MHD's callbacks; the context is the struct wb_httpd. */
void *httpd_on_target(void *ctx, const char *target,
    struct MHD_Connection *connection);
enum MHD_Result httpd_on_request(void *ctx, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_len, void **request);
void httpd_on_over(void *ctx, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why);
void httpd_on_peer(void *ctx, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode what);

/* Closes what is past its deadline. */
void httpd_check_deadlines(struct wb_httpd *h);

/* Closes the one that is incomplete for longest, but not `except`. */
void httpd_evict(struct wb_httpd *h, const struct peer *except);

/*
 * Closes what holds bytes of the budget until `len` more fit: answers to
 * anybody, then bodies that still come, then other answers; of each the oldest
 * first, and not `except`.  False: nothing more can be closed.
 */
bool httpd_make_room(struct wb_httpd *h, const struct peer *except, size_t len);

/* When the phase that begins now must end, with `len` bytes to move. */
int64_t httpd_deadline(const struct wb_httpd *h, uint64_t len);

#endif
