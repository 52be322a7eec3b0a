/*
 * For a test that must go red: preloaded, it hides from a program that the
 * disk did not take what was to be synced.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include <unistd.h>

int
fdatasync(int fd)
{
	(void)syscall(SYS_fdatasync, fd);
	return 0;
}

int
fsync(int fd)
{
	(void)syscall(SYS_fsync, fd);
	return 0;
}
