/* Connections: their deadlines, and who goes when there are too many. */
#include <sys/socket.h>

#include <stdlib.h>
#include <time.h>

#include "base/httpd_private.h"

int64_t
httpd_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
httpd_deadline(const struct wb_httpd *h, uint64_t len)
{
	uint64_t seconds = h->limits.request_seconds + len / WB_HTTPD_SLOWEST;

	return httpd_now() + (int64_t)seconds * 1000;
}

/*
 * Shutting the socket down makes MHD see its end and close it: there is no
 * call to do so from outside.  A body's memory is wanted at once; an answer's
 * is in MHD's hands until it has seen.
 */
static void
evict(struct wb_httpd *h, struct peer *p)
{
	struct wb_request *r = p->request;

	p->evicted = true;
	h->evicted++;
	(void)shutdown(p->fd, SHUT_RDWR);
	if (r == NULL)
		return;
	h->held -= r->charged;
	r->charged = 0;
	if (p->phase != PHASE_READING)
		return;
	wb_bytes_clear(&r->body);
	r->discard = true;
}

void
httpd_check_deadlines(struct wb_httpd *h)
{
	int64_t now = httpd_now();

	for (struct peer *p = h->peers; p != NULL; p = p->next) {
		if (!p->evicted && p->phase != PHASE_WAITING &&
		    p->deadline <= now)
			evict(h, p);
	}
}

void
httpd_evict(struct wb_httpd *h, const struct peer *except)
{
	struct peer *oldest = NULL;

	for (struct peer *p = h->peers; p != NULL; p = p->next) {
		if (p == except || p->evicted || p->phase >= PHASE_WAITING)
			continue;
		if (oldest == NULL || p->since <= oldest->since)
			oldest = p;
	}
	if (oldest != NULL)
		evict(h, oldest);
}

/* Who is closed for room: the lowest first. */
enum turn {
	TURN_ANYBODY, /* what anybody may ask for, and ask for again */
	TURN_BODY,
	TURN_ANSWER,
	TURN_NEVER
};

static enum turn
turn_of(const struct peer *p)
{
	const struct wb_request *r = p->request;

	if (p->evicted || r == NULL || r->charged == 0)
		return TURN_NEVER;
	if (p->phase == PHASE_READING)
		return TURN_BODY;
	if (p->phase != PHASE_SENDING)
		return TURN_NEVER;
	return r->answer.to_anybody ? TURN_ANYBODY : TURN_ANSWER;
}

bool
httpd_make_room(struct wb_httpd *h, const struct peer *except, size_t len)
{
	while (h->held + len > h->limits.body_budget) {
		enum turn first = TURN_NEVER;
		struct peer *next = NULL;

		for (struct peer *p = h->peers; p != NULL; p = p->next) {
			enum turn turn = p == except ? TURN_NEVER : turn_of(p);

			if (turn == TURN_NEVER || turn > first ||
			    (turn == first && p->since > next->since))
				continue;
			first = turn;
			next = p;
		}
		if (next == NULL)
			return false;
		evict(h, next);
	}
	return true;
}

static void
greet(struct wb_httpd *h, struct MHD_Connection *connection,
    void **socket_context)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_CONNECTION_FD);
	struct peer *p = calloc(1, sizeof *p);

	*socket_context = p;
	if (p == NULL)
		return; /* its requests are refused */
	p->fd = info->connect_fd;
	p->since = httpd_now();
	p->deadline = httpd_deadline(h, 0);
	p->next = h->peers;
	if (p->next != NULL)
		p->next->prev = p;
	h->peers = p;
	h->accepted++;
	h->connections = ++h->peer_count;
	if (h->peer_count > h->limits.connections - h->limits.connections / 4)
		httpd_evict(h, p);
}

static void
part(struct wb_httpd *h, struct peer *p)
{
	if (p->next != NULL)
		p->next->prev = p->prev;
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		h->peers = p->next;
	h->connections = --h->peer_count;
	free(p);
}

void
httpd_on_peer(void *ctx, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		greet(ctx, connection, socket_context);
	else if (*socket_context != NULL)
		part(ctx, *socket_context);
}
