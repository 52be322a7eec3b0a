/*
 * Loads an HTTP server: N connections that stay open, each with one request
 * at a time, for a number of requests or of seconds.  Prints one JSON object
 * with the rate, the delays and the longest time that any connection idled.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_HEADER 2048
#define MAX_CONNECTIONS 20000
#define EVENTS 256
#define TICK 100 /* ms */

static const char usage[] =
    "usage: http_load [options] PORT\n"
    "  -c N     connections (64)\n"
    "  -n N     requests in all (10000; 0: no bound)\n"
    "  -t S     seconds at most (10)\n"
    "  -p PATH  path (/)\n"
    "  -z N     POST a body of N zero bytes\n"
    "  -b FILE  POST bodies from FILE, each once: u32be length, bytes\n"
    "  -s N     but not the first N of them\n"
    "  -P PID   print the CPU that the process PID used, too\n"
    "  -g MS    fail when a connection idles longer than that\n"
    "  -q MS    fail when half of the requests take longer\n";

struct options {
	uint16_t port;
	unsigned connections;
	uint64_t requests;
	unsigned seconds;
	const char *path;
	long zeros; /* -1: GET */
	const char *bodies;
	uint64_t skip; /* bodies */
	clockid_t server; /* CPU clock; this process's own: not asked for */
	unsigned gap;
	unsigned median;
};

struct connection {
	int fd;
	char header[MAX_HEADER]; /* of the request */
	size_t header_len;
	const uint8_t *body;
	size_t body_len;
	size_t sent;
	char answer[MAX_HEADER]; /* its first bytes */
	size_t answer_len;
	size_t heard; /* bytes of answer in all */
	size_t expected; /* 0: not known yet */
	bool busy;
	int64_t began; /* us */
};

struct load {
	struct options o;
	struct connection *connections;
	int epoll;
	uint8_t *file; /* of bodies, mapped */
	size_t file_len;
	size_t file_at;
	uint8_t *zeros;
	uint64_t started;
	uint64_t answered;
	uint64_t failed; /* not 200, or cut off */
	uint32_t *delays; /* us */
	uint64_t delay_room;
	int64_t begin;
	int64_t cpu; /* us of the server's, at the beginning */
	int64_t longest;
	bool over;
};

static int64_t
read_clock(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The next body from the file.  False: there is none left. */
static bool
next_body(struct load *l, struct connection *c)
{
	const uint8_t *p = l->file + l->file_at;
	size_t len;

	if (l->file_len - l->file_at < 4)
		return false;
	len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
	      p[3];
	if (l->file_len - l->file_at - 4 < len)
		return false;
	c->body = p + 4;
	c->body_len = len;
	l->file_at += 4 + len;
	return true;
}

static bool
prepare(struct load *l, struct connection *c)
{
	bool post = l->o.zeros >= 0 || l->o.bodies != NULL;

	if (l->over || (l->o.requests > 0 && l->started == l->o.requests))
		return false;
	if (l->o.bodies != NULL && !next_body(l, c))
		return false;
	if (l->o.bodies == NULL) {
		c->body = l->zeros;
		c->body_len = post ? (size_t)l->o.zeros : 0;
	}
	c->header_len = (size_t)snprintf(c->header, sizeof c->header,
	    post ? "POST %s HTTP/1.1\r\nHost: load\r\n"
		   "Content-Length: %zu\r\n\r\n"
		 : "GET %s HTTP/1.1\r\nHost: load\r\n\r\n",
	    l->o.path, c->body_len);
	c->sent = c->answer_len = c->heard = c->expected = 0;
	c->busy = true;
	c->began = now();
	l->started++;
	return true;
}

/* False: the connection is broken. */
static bool
send_some(struct connection *c)
{
	while (c->sent < c->header_len + c->body_len) {
		bool head = c->sent < c->header_len;
		const void *from =
		    head ? (const void *)(c->header + c->sent)
			 : (const void *)(c->body + (c->sent - c->header_len));
		size_t len = head ? c->header_len - c->sent
				  : c->header_len + c->body_len - c->sent;
		bool more = head && c->body_len > 0;
		ssize_t n = send(c->fd, from, len,
		    MSG_NOSIGNAL | (more ? MSG_MORE : 0));

		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	return true;
}

/* How long the answer is, once its header is there. */
static void
measure(struct connection *c)
{
	char *end, *length;

	c->answer[c->answer_len] = '\0';
	end = strstr(c->answer, "\r\n\r\n");
	length = strcasestr(c->answer, "\r\nContent-Length:");
	if (end != NULL && length != NULL && length < end)
		c->expected = (size_t)(end + 4 - c->answer) +
			      strtoul(length + 17, NULL, 10);
}

static void
note_delay(struct load *l, const struct connection *c)
{
	int64_t delay = now() - c->began;

	if (l->answered < l->delay_room)
		l->delays[l->answered] = (uint32_t)delay;
	l->answered++;
	if (delay > l->longest)
		l->longest = delay;
	if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
		l->failed++;
}

/* False: the connection is broken. */
static bool
receive_some(struct load *l, struct connection *c)
{
	static char scrap[1 << 16];

	for (;;) {
		bool head = c->expected == 0;
		ssize_t n = recv(c->fd,
		    head ? c->answer + c->answer_len : scrap,
		    head ? sizeof c->answer - 1 - c->answer_len : sizeof scrap,
		    0);

		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		c->heard += (size_t)n;
		if (head) {
			c->answer_len += (size_t)n;
			measure(c);
		}
		if (c->expected == 0 || c->heard < c->expected)
			continue;
		note_delay(l, c);
		c->busy = false;
		return !prepare(l, c) || send_some(c);
	}
}

static void
connect_one(struct load *l, struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(l->o.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = c };
	struct sockaddr generic;
	const int on = 1;

	memcpy(&generic, &to, sizeof generic);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, &generic, sizeof generic) != 0)
		die("connect");
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		die("epoll_ctl");
}

static void
drop(struct load *l, struct connection *c)
{
	(void)close(c->fd);
	c->fd = -1;
	if (c->busy)
		l->failed++;
	c->busy = false;
}

static bool
anyone_busy(const struct load *l)
{
	for (unsigned i = 0; i < l->o.connections; i++)
		if (l->connections[i].busy)
			return true;
	return false;
}

static void
run(struct load *l)
{
	struct epoll_event events[EVENTS];
	int64_t end;

	for (unsigned i = 0; i < l->o.connections; i++)
		connect_one(l, &l->connections[i]);
	l->cpu = read_clock(l->o.server);
	l->begin = now();
	end = l->begin + (int64_t)l->o.seconds * 1000000;
	for (unsigned i = 0; i < l->o.connections; i++)
		if (prepare(l, &l->connections[i]) &&
		    !send_some(&l->connections[i]))
			drop(l, &l->connections[i]);
	while (anyone_busy(l) && now() < end + 5000000) {
		int n = epoll_wait(l->epoll, events, EVENTS, TICK);

		l->over = now() >= end;
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (c->fd >= 0 && c->busy &&
			    (!send_some(c) || !receive_some(l, c)))
				drop(l, c);
		}
	}
	for (unsigned i = 0; i < l->o.connections; i++) {
		struct connection *c = &l->connections[i];

		if (c->busy && now() - c->began > l->longest)
			l->longest = now() - c->began;
		if (c->fd >= 0)
			drop(l, c);
	}
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
report(struct load *l)
{
	uint64_t n = l->answered < l->delay_room ? l->answered : l->delay_room;
	double seconds = (double)(now() - l->begin) / 1e6;
	int64_t cpu = read_clock(l->o.server) - l->cpu;
	bool good = l->failed == 0 && n > 0;

	qsort(l->delays, n, sizeof l->delays[0], compare);
	if (l->o.gap > 0 && l->longest > (int64_t)l->o.gap * 1000)
		good = false;
	if (l->o.median > 0 && n > 0 && l->delays[n / 2] > l->o.median * 1000)
		good = false;
	(void)printf("{\"v\":1,\"answered\":%llu,\"failed\":%llu,"
		     "\"seconds\":%.3f,\"per_second\":%.0f,\"p50_ms\":%.2f,"
		     "\"p99_ms\":%.2f,\"longest_ms\":%.2f,\"cpu_us\":%.2f}\n",
	    (unsigned long long)l->answered, (unsigned long long)l->failed,
	    seconds, (double)l->answered / seconds,
	    n > 0 ? l->delays[n / 2] / 1e3 : 0.0,
	    n > 0 ? l->delays[n - 1 - n / 100] / 1e3 : 0.0,
	    (double)l->longest / 1e3, n > 0 ? (double)cpu / (double)n : 0.0);
	return good ? 0 : 1;
}

/* Maps them: there may be more than memory holds. */
static void
read_bodies(struct load *l)
{
	int fd = open(l->o.bodies, O_RDONLY | O_CLOEXEC);
	struct connection skipped;
	struct stat about;

	if (fd < 0 || fstat(fd, &about) != 0)
		die(l->o.bodies);
	l->file_len = (size_t)about.st_size;
	l->file = mmap(NULL, l->file_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (l->file == MAP_FAILED)
		die(l->o.bodies);
	(void)close(fd);
	for (uint64_t i = 0; i < l->o.skip && next_body(l, &skipped); i++)
		;
}

static bool
parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .connections = 64,
		.requests = 10000,
		.seconds = 10,
		.path = "/",
		.zeros = -1,
		.server = CLOCK_PROCESS_CPUTIME_ID };
	while ((c = getopt(argc, argv, "c:n:t:p:z:b:s:P:g:q:")) != -1) {
		switch (c) {
		case 'c':
			o->connections = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'n':
			o->requests = strtoull(optarg, NULL, 10);
			break;
		case 't':
			o->seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			o->path = optarg;
			break;
		case 'z':
			o->zeros = strtol(optarg, NULL, 10);
			break;
		case 'b':
			o->bodies = optarg;
			break;
		case 's':
			o->skip = strtoull(optarg, NULL, 10);
			break;
		case 'P':
			if (clock_getcpuclockid((pid_t)strtol(optarg, NULL, 10),
				&o->server) != 0)
				return false;
			break;
		case 'g':
			o->gap = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'q':
			o->median = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return false;
		}
	}
	if (optind + 1 != argc || o->connections == 0 ||
	    o->connections > MAX_CONNECTIONS)
		return false;
	o->port = (uint16_t)strtoul(argv[optind], NULL, 10);
	return true;
}

int
main(int argc, char **argv)
{
	struct load l = { 0 };
	int rc;

	if (!parse(&l.o, argc, argv)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (l.o.bodies != NULL)
		read_bodies(&l);
	l.delay_room = l.o.requests > 0 ? l.o.requests : 10000000;
	l.delays = calloc(l.delay_room, sizeof *l.delays);
	l.zeros = calloc(1, l.o.zeros > 0 ? (size_t)l.o.zeros : 1);
	l.connections = calloc(l.o.connections, sizeof *l.connections);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.delays == NULL || l.zeros == NULL || l.connections == NULL ||
	    l.epoll < 0)
		die("start");
	run(&l);
	rc = report(&l);
	free(l.connections);
	free(l.zeros);
	free(l.delays);
	if (l.file != NULL)
		(void)munmap(l.file, l.file_len);
	(void)close(l.epoll);
	return rc;
}
