/* A SOCKS5 proxy that leads every name to one port of this machine. */
#ifndef WB_TESTS_UNIT_SERVER_FAKE_SOCKS_H
#define WB_TESTS_UNIT_SERVER_FAKE_SOCKS_H

#include <pthread.h>
#include <stdint.h>

struct fake_socks {
	uint16_t port; /* its own */
	uint16_t to;
	int fd;
	int stop[2]; /* a pipe: closed, it ends */
	pthread_t thread;
	char asked[256]; /* the name asked for last; after fake_socks_stop */
};

void fake_socks_start(struct fake_socks *s, uint16_t to);
void fake_socks_stop(struct fake_socks *s);

#endif
