#include "base/listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"

#define BACKLOG 1024
#define UNIX_PREFIX "unix:"

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
	struct sockaddr_un un;
};

static enum wb_status
bad_address(const char *text, struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_INVALID, "\"%s\" is no address to listen on", text),
	    "listen", "Write 127.0.0.1:PORT, [::1]:PORT or unix:PATH.");
}

static bool
parse_port(uint16_t *out, const char *text)
{
	unsigned long port = 0;
	size_t n = strlen(text);

	if (n == 0 || n > 5)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned long)(text[i] - '0');
	}
	if (port > UINT16_MAX || (n > 1 && text[0] == '0'))
		return false;
	*out = (uint16_t)port;
	return true;
}

/* Fills `to` from host and port; false where the host is no IP address. */
static bool
make_address(union address *to, socklen_t *len, const struct wb_listen *from)
{
	memset(to, 0, sizeof *to);
	if (from->is_unix) {
		to->un.sun_family = AF_UNIX;
		memcpy(to->un.sun_path, from->host, strlen(from->host) + 1);
		*len = sizeof to->un;
		return true;
	}
	if (from->is_ip6) {
		to->ip6.sin6_family = AF_INET6;
		to->ip6.sin6_port = htons(from->port);
		*len = sizeof to->ip6;
		return inet_pton(AF_INET6, from->host, &to->ip6.sin6_addr) == 1;
	}
	to->ip4.sin_family = AF_INET;
	to->ip4.sin_port = htons(from->port);
	*len = sizeof to->ip4;
	return inet_pton(AF_INET, from->host, &to->ip4.sin_addr) == 1;
}

static enum wb_status
parse_unix(struct wb_listen *out, const char *text, struct wb_error *err)
{
	const char *path = text + strlen(UNIX_PREFIX);

	if (path[0] == '\0' ||
	    strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) {
		return wb_fail(err, WB_INVALID,
		    "the path of a unix socket has 1 to %zu bytes",
		    sizeof((struct sockaddr_un *)0)->sun_path - 1);
	}
	memcpy(out->host, path, strlen(path) + 1);
	out->is_unix = true;
	out->is_local = true;
	return WB_OK;
}

enum wb_status
wb_listen_parse(struct wb_listen *out, const char *text, struct wb_error *err)
{
	const char *colon = strrchr(text, ':'), *host = text;
	union address address;
	socklen_t address_len;
	size_t len;

	memset(out, 0, sizeof *out);
	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return parse_unix(out, text, err);
	if (colon == NULL || !parse_port(&out->port, colon + 1))
		return bad_address(text, err);
	len = (size_t)(colon - text);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		out->is_ip6 = true;
		host++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof out->host)
		return bad_address(text, err);
	memcpy(out->host, host, len);
	if (!make_address(&address, &address_len, out))
		return bad_address(text, err);
	out->is_local = wb_address_place(&address.any) == WB_ADDRESS_LOOPBACK;
	return WB_OK;
}

/*
 * Removes the file that a killed process left behind, but never one on which
 * somebody answers, nor anything that is not a socket.
 */
static void
remove_stale(const union address *address, socklen_t len)
{
	struct stat st;
	int fd;

	if (lstat(address->un.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, &address->any, len) != 0 && errno == ECONNREFUSED)
		(void)unlink(address->un.sun_path);
	(void)close(fd);
}

/* Reads back which port the system chose. */
static bool
learn_port(int fd, struct wb_listen *address)
{
	union address real = { 0 };
	socklen_t len = sizeof real;

	if (address->is_unix)
		return true;
	if (getsockname(fd, &real.any, &len) != 0)
		return false;
	address->port = ntohs(
	    address->is_ip6 ? real.ip6.sin6_port : real.ip4.sin_port);
	return true;
}

/* Answers are small and waited for: accepted sockets inherit TCP_NODELAY. */
static void
set_options(int fd, const struct wb_listen *address)
{
	const int on = 1;

	if (address->is_unix)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (address->is_ip6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
}

enum wb_status
wb_listen_open(int *fd, struct wb_listen *address, struct wb_error *err)
{
	char name[WB_MAX_LISTEN_URL];
	union address a;
	socklen_t len;
	int s, cause;

	*fd = -1;
	if (!make_address(&a, &len, address))
		return bad_address(address->host, err);
	if (address->is_unix)
		remove_stale(&a, len);
	s = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (s >= 0)
		set_options(s, address);
	if (s >= 0 && bind(s, &a.any, len) == 0 && listen(s, BACKLOG) == 0 &&
	    learn_port(s, address)) {
		*fd = s;
		return WB_OK;
	}
	cause = errno;
	if (s >= 0)
		(void)close(s);
	wb_listen_format(name, address);
	return wb_advise(err,
	    wb_fail(err, cause == EADDRINUSE ? WB_EXISTS : WB_FAILED,
		"cannot listen on %s: %s", name, strerror(cause)),
	    "listen", "Choose another address or stop what listens there.");
}

void
wb_listen_format(char out[WB_MAX_LISTEN_URL], const struct wb_listen *address)
{
	const size_t size = WB_MAX_LISTEN + 16;

	if (address->is_unix) {
		(void)snprintf(out, size, UNIX_PREFIX "%s", address->host);
	} else if (address->is_ip6) {
		(void)snprintf(out, size, "http://[%s]:%u", address->host,
		    (unsigned)address->port);
	} else {
		(void)snprintf(out, size, "http://%s:%u", address->host,
		    (unsigned)address->port);
	}
}
