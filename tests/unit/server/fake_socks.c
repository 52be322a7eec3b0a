#include "tests/unit/server/fake_socks.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "base/listen.h"

#include "tests/unit/check.h"

#define NAME 3 /* an address that is a name */

static bool
take(int fd, uint8_t *out, size_t len)
{
	return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

static bool
give(int fd, const uint8_t *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* RFC 1928: no authentication, CONNECT to a name. */
static bool
greet(struct fake_socks *s, int fd)
{
	static const uint8_t fine[] = { 5, 0 };
	static const uint8_t connected[] = { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	uint8_t head[5], methods[255], port[2];

	if (!take(fd, head, 2) || head[0] != 5 || !take(fd, methods, head[1]) ||
	    !give(fd, fine, sizeof fine) || !take(fd, head, 5) ||
	    head[1] != 1 || head[3] != NAME)
		return false;
	memset(s->asked, 0, sizeof s->asked);
	return take(fd, (uint8_t *)s->asked, head[4]) &&
	       take(fd, port, sizeof port) &&
	       give(fd, connected, sizeof connected);
}

static bool
pass_on(int from, int to)
{
	uint8_t part[4096];
	ssize_t n = recv(from, part, sizeof part, 0);

	return n > 0 && give(to, part, (size_t)n);
}

static void
relay(struct fake_socks *s, int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(s->to),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd any[] = { { .fd = fd, .events = POLLIN },
		{ .fd = up, .events = POLLIN },
		{ .fd = s->stop[0], .events = POLLIN } };
	struct sockaddr generic;
	bool more;

	memcpy(&generic, &at, sizeof generic);
	more = connect(up, &generic, sizeof at) == 0;
	while (more && poll(any, 3, -1) > 0 && any[2].revents == 0) {
		if (any[0].revents != 0)
			more = pass_on(fd, up);
		if (more && any[1].revents != 0)
			more = pass_on(up, fd);
	}
	(void)close(up);
}

static void *
run(void *ctx)
{
	struct fake_socks *s = ctx;
	struct pollfd any[] = { { .fd = s->fd, .events = POLLIN },
		{ .fd = s->stop[0], .events = POLLIN } };

	while (poll(any, 2, -1) > 0 && any[1].revents == 0) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		if (greet(s, fd))
			relay(s, fd);
		(void)close(fd);
	}
	return NULL;
}

void
fake_socks_start(struct fake_socks *s, uint16_t to)
{
	struct wb_error err = { 0 };
	struct wb_listen address;

	memset(s, 0, sizeof *s);
	s->to = to;
	assert_ok(wb_listen_parse(&address, "127.0.0.1:0", &err), &err);
	assert_ok(wb_listen_open(&s->fd, &address, &err), &err);
	s->port = address.port;
	assert_int_equal(pipe(s->stop), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

void
fake_socks_stop(struct fake_socks *s)
{
	(void)close(s->stop[1]);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->stop[0]);
	(void)close(s->fd);
}
