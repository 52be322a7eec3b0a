/*
 * An HTTP/1.1 server on one listening socket: framing, limits and deadlines,
 * and answers that may come from another thread.  Knows no paths and no keys.
 *
 * A request goes through two hooks: `head`, when its header is complete, says
 * how large a body may be, or answers at once; `request`, when the body is
 * complete, answers, or sees to it that wb_request_answer is called later.
 * Both run on the loop thread and must not wait for anything.
 *
 * Refused before any hook: more or less than one Content-Length with a body,
 * any Transfer-Encoding.  Above three quarters of the connections allowed, the
 * one that has been incomplete for longest is closed for each new one.  Bodies
 * and answers share a budget: who sends or reads slowly is closed for others.
 */
#ifndef WB_BASE_HTTPD_H
#define WB_BASE_HTTPD_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/listen.h"

#define WB_MAX_TARGET 1024 /* bytes of path and query, with the NUL */
#define WB_MAX_HTTP_HEADER ((size_t)16 << 10) /* bytes, all of a request's */
#define WB_HTTPD_SLOWEST 4096 /* bytes of body that earn one more second */

struct wb_httpd;
struct wb_request;

struct wb_httpd_hooks {
	/*
	 * *max_body is 0 when called.  An answer given here is sent without
	 * the body being kept.  May set wb_request_tag.
	 */
	void (*head)(void *ctx, struct wb_request *r, size_t *max_body);
	void (*request)(void *ctx, struct wb_request *r);
	/* For wb_request_defer: runs on a worker and may wait. */
	void (*work)(void *ctx, struct wb_request *r);
	/* Every request, when it is over, on the loop thread.  May be NULL. */
	void (*over)(void *ctx, struct wb_request *r, unsigned status);
	void *ctx;
};

struct wb_httpd_limits {
	unsigned connections; /* at once */
	unsigned request_seconds; /* whole request; also idle keep-alive */
	unsigned workers; /* threads for deferred requests; 0: none */
	size_t body_budget; /* bytes of all bodies and answers held at once */
};

/*
 * Starts a loop thread and the workers on `fd`, which it takes over (also
 * when it fails).  WB_NO_MEMORY, WB_FAILED.
 */
WB_MUST_CHECK enum wb_status wb_httpd_start(struct wb_httpd **out, int fd,
    const struct wb_httpd_limits *limits, const struct wb_httpd_hooks *hooks,
    struct wb_error *err);

/*
 * The same on an address as wb_listen_parse reads it; `url` gets the real one,
 * for people.  WB_INVALID, WB_EXISTS: as base/listen has them.
 */
WB_MUST_CHECK enum wb_status wb_httpd_listen(struct wb_httpd **out,
    char url[WB_MAX_LISTEN_URL], const char *text,
    const struct wb_httpd_limits *limits, const struct wb_httpd_hooks *hooks,
    struct wb_error *err);

/*
 * Accepts nothing more, waits at most `milliseconds` until everything handed
 * to a hook is answered and sent, and ends the workers.  No hook but `over` is
 * called afterwards; answers from elsewhere may still come.
 */
void wb_httpd_drain(struct wb_httpd *h, unsigned milliseconds);

/*
 * Stops the threads and closes all; nulls.  Nobody may answer a request
 * during or after it.
 */
void wb_httpd_stop(struct wb_httpd **h);

struct wb_httpd_counts {
	uint64_t connections; /* open now */
	uint64_t accepted; /* connections ever */
	uint64_t requests; /* answered, ever */
	uint64_t evicted; /* closed for their deadline or for room */
};
void wb_httpd_count(struct wb_httpd_counts *out, struct wb_httpd *h);

/* What was asked; borrowed until the answer. */
const char *wb_request_method(const struct wb_request *r);
const char *wb_request_target(const struct wb_request *r); /* as sent */
struct wb_span wb_request_path(const struct wb_request *r); /* no query */
/*
 * The value of `name` in the query, as sent.  False: absent, or there twice.
 */
bool wb_request_query(struct wb_span *out, const struct wb_request *r,
    const char *name);
/* A header; NULL: absent, or there twice. */
const char *wb_request_header(struct wb_request *r, const char *name);
/* The body, for the hook to move away if it likes. */
struct wb_bytes *wb_request_body(struct wb_request *r);

/* Room for the hooks' own use, zeroed; freed with the request. */
#define WB_REQUEST_TAG 192 /* bytes */
void *wb_request_tag(struct wb_request *r);

struct wb_answer {
	unsigned status; /* 200, 404 … */
	const char *type; /* static; NULL: bytes, and no Content-Type */
	const char *cache; /* static; NULL: "no-store", but to a POST */
	const char *allow; /* static; NULL: no Allow header */
	const char *challenge; /* static; WWW-Authenticate of a 401 */
	unsigned retry_after; /* seconds; 0: no such header */
	bool close; /* the connection afterwards */
	bool to_anybody; /* who asked is not known: the first to be given up */
};

/*
 * Answers, once, from any thread; moves the body (NULL: empty) away.  The
 * request may be gone when it returns.
 */
void wb_request_answer(struct wb_request *r, const struct wb_answer *answer,
    struct wb_bytes *body);

/*
 * The same with an error's id and text for a body, as JSON; answer->type is
 * not looked at.
 */
void wb_request_refuse(struct wb_request *r, const struct wb_answer *answer,
    const struct wb_error *error);

/*
 * Has hooks.work called for the request on a worker.  False: the queue is
 * full, and the caller answers.  Only from hooks.request.
 */
WB_MUST_CHECK bool wb_request_defer(struct wb_request *r);

#endif
