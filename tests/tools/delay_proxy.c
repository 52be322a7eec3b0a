/*
 * A TCP proxy on loopback that adds delay to every byte and can cut
 * connections, so that tests see what a long or bad line does.
 *
 *   delay_proxy TARGET_PORT DELAY_MS [CUT_AFTER_BYTES]
 *
 * Prints "listening on PORT".  DELAY_MS is one way; a round trip costs twice
 * that.  With CUT_AFTER_BYTES each connection is reset once it has carried so
 * many bytes towards the target.  Prints "bytes UP DOWN", carried so far, at
 * SIGUSR1 and when it is ended by SIGTERM, which is what the benchmark of bytes
 * on the wire reads.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PAIRS 600
#define CHUNK 16384
#define MAX_QUEUED 256 /* chunks a direction */

struct chunk {
	struct chunk *next;
	int64_t due; /* monotonic ms */
	size_t len;
	size_t sent;
	char data[CHUNK];
};

struct way {
	int from;
	int to;
	struct chunk *first;
	struct chunk *last;
	int queued;
	bool ended; /* end of input seen */
	bool shut; /* and passed on */
	uint64_t carried;
};

struct pair {
	bool used;
	struct way up;
	struct way down;
};

static struct pair pairs[MAX_PAIRS];
static uint64_t total_up;
static uint64_t total_down;
static volatile sig_atomic_t stop;
static volatile sig_atomic_t asked;

static void
on_signal(int signal_number)
{
	if (signal_number == SIGUSR1)
		asked = 1;
	else
		stop = 1;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
loopback_socket(struct sockaddr_in *address, uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof one);
	return fd;
}

static int
start_listening(void)
{
	struct sockaddr_in a;
	socklen_t len = sizeof a;
	int fd = loopback_socket(&a, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, 128) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		perror("delay_proxy");
		exit(1);
	}
	(void)printf("listening on %u\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	return fd;
}

static void
way_clear(struct way *w)
{
	struct chunk *next;

	for (struct chunk *c = w->first; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*w = (struct way){ 0 };
}

static void
pair_close(struct pair *p, bool reset)
{
	const struct linger hard = { 1, 0 };

	total_up += p->up.carried;
	total_down += p->down.carried;
	if (reset) {
		(void)setsockopt(p->up.from, SOL_SOCKET, SO_LINGER, &hard,
		    sizeof hard);
		(void)setsockopt(p->up.to, SOL_SOCKET, SO_LINGER, &hard,
		    sizeof hard);
	}
	(void)close(p->up.from);
	(void)close(p->up.to);
	way_clear(&p->up);
	way_clear(&p->down);
	p->used = false;
}

static void
accept_one(int listener, uint16_t target)
{
	struct sockaddr_in a;
	struct pair *p = NULL;
	int near = accept(listener, NULL, NULL);
	int far;

	for (int i = 0; i < MAX_PAIRS && p == NULL; i++) {
		if (!pairs[i].used)
			p = &pairs[i];
	}
	far = loopback_socket(&a, target);
	if (near < 0 || p == NULL || far < 0 ||
	    connect(far, (struct sockaddr *)&a, sizeof a) != 0) {
		(void)close(near);
		(void)close(far);
		return;
	}
	(void)fcntl(near, F_SETFL, O_NONBLOCK);
	(void)fcntl(far, F_SETFL, O_NONBLOCK);
	*p = (struct pair){ .used = true,
		.up = { .from = near, .to = far },
		.down = { .from = far, .to = near } };
}

/* False: the connection is broken. */
static bool
take_in(struct way *w, int64_t due)
{
	struct chunk *c = calloc(1, sizeof *c);
	ssize_t n;

	if (c == NULL)
		return false;
	n = read(w->from, c->data, sizeof c->data);
	if (n <= 0) {
		free(c);
		w->ended = w->ended || n == 0;
		return n == 0 || errno == EAGAIN;
	}
	c->len = (size_t)n;
	c->due = due;
	if (w->last != NULL)
		w->last->next = c;
	else
		w->first = c;
	w->last = c;
	w->queued++;
	w->carried += (uint64_t)n;
	return true;
}

static bool
pass_on(struct way *w, int64_t now)
{
	while (w->first != NULL && w->first->due <= now) {
		struct chunk *c = w->first;
		ssize_t n = send(w->to, c->data + c->sent, c->len - c->sent,
		    MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
		if (c->sent < c->len)
			return true;
		w->first = c->next;
		if (w->first == NULL)
			w->last = NULL;
		w->queued--;
		free(c);
	}
	if (w->ended && w->first == NULL && !w->shut) {
		(void)shutdown(w->to, SHUT_WR);
		w->shut = true;
	}
	return true;
}

static int
ways_timeout(int64_t now)
{
	int64_t wait = 1000;

	for (int i = 0; i < MAX_PAIRS; i++) {
		const struct way *ways[] = { &pairs[i].up, &pairs[i].down };

		for (int k = 0; pairs[i].used && k < 2; k++) {
			if (ways[k]->first != NULL &&
			    ways[k]->first->due - now < wait)
				wait = ways[k]->first->due - now;
		}
	}
	return wait < 0 ? 0 : (int)wait;
}

static void
serve_pair(struct pair *p, bool up, bool down, int64_t delay, uint64_t cut)
{
	int64_t now = now_ms();
	bool good = true;

	if (up)
		good = take_in(&p->up, now + delay);
	if (good && down)
		good = take_in(&p->down, now + delay);
	good = good && pass_on(&p->up, now) && pass_on(&p->down, now);
	if (!good || (cut != 0 && p->up.carried > cut))
		pair_close(p, true);
	else if (p->up.shut && p->down.shut)
		pair_close(p, false);
}

static void
serve(int listener, uint16_t target, int64_t delay, uint64_t cut)
{
	static struct pollfd fds[1 + 2 * MAX_PAIRS];

	fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (int i = 0; i < MAX_PAIRS; i++) {
		struct pair *p = &pairs[i];
		bool up = p->used && !p->up.ended && p->up.queued < MAX_QUEUED;
		bool down = p->used && !p->down.ended &&
			    p->down.queued < MAX_QUEUED;

		fds[1 + 2 * i] = (struct pollfd){ .fd = up ? p->up.from : -1,
			.events = POLLIN };
		fds[2 + 2 * i] = (struct pollfd){ .fd = down ? p->down.from
							     : -1,
			.events = POLLIN };
	}
	if (poll(fds, 1 + 2 * MAX_PAIRS, ways_timeout(now_ms())) < 0)
		return;
	for (int i = 0; i < MAX_PAIRS; i++) {
		if (pairs[i].used)
			serve_pair(&pairs[i], fds[1 + 2 * i].revents != 0,
			    fds[2 + 2 * i].revents != 0, delay, cut);
	}
	if (fds[0].revents != 0)
		accept_one(listener, target);
}

static void
say_carried(void)
{
	uint64_t up = total_up, down = total_down;

	for (int i = 0; i < MAX_PAIRS; i++) {
		if (pairs[i].used) {
			up += pairs[i].up.carried;
			down += pairs[i].down.carried;
		}
	}
	(void)printf("bytes %llu %llu\n", (unsigned long long)up,
	    (unsigned long long)down);
	(void)fflush(stdout);
	asked = 0;
}

int
main(int argc, char **argv)
{
	int listener;
	unsigned long target;

	if (argc < 3 || argc > 4) {
		(void)fprintf(stderr,
		    "usage: delay_proxy TARGET_PORT DELAY_MS [CUT_AFTER]\n");
		return 2;
	}
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGUSR1, on_signal);
	target = strtoul(argv[1], NULL, 10);
	listener = start_listening();
	while (!stop) {
		serve(listener, (uint16_t)target, strtol(argv[2], NULL, 10),
		    argc == 4 ? strtoull(argv[3], NULL, 10) : 0);
		if (asked)
			say_carried();
	}
	for (int i = 0; i < MAX_PAIRS; i++) {
		if (pairs[i].used)
			pair_close(&pairs[i], true);
	}
	say_carried();
	return 0;
}
