/*
 * How often a second this directory's disk takes 4 KiB more for good: appends
 * and fdatasync in turns.  The bound of whoever answers only when it is safe.
 *
 *	sync_rate DIR [TIMES]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	long times = argc > 2 ? strtol(argv[2], NULL, 10) : 500;
	static const char block[BLOCK] = "x";
	char path[4096];
	double from;
	int fd;

	if (argc < 2 || argc > 3 || times < 1)
		return 2;
	(void)snprintf(path, sizeof path, "%s/sync-rate", argv[1]);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror("sync_rate");
		return 1;
	}
	(void)unlink(path);
	from = now();
	for (long i = 0; i < times; i++) {
		if (write(fd, block, sizeof block) != BLOCK ||
		    fdatasync(fd) != 0) {
			perror("sync_rate");
			return 1;
		}
	}
	(void)printf("%.0f\n", (double)times / (now() - from));
	(void)close(fd);
	return 0;
}
