#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

/* The lowest free descriptor is taken, so they are filled in order. */
static enum wb_status
hold_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		const int wrong_way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", wrong_way) != fd)
			return WB_STORAGE;
	}
	return WB_OK;
}

enum wb_status
wb_process_start(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)umask(077);
	return hold_streams();
}

void
wb_process_hide_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *copy = strdup(argv[i]);

		if (copy == NULL)
			return;
		wb_wipe(argv[i], strlen(argv[i]));
		argv[i] = copy;
	}
}
