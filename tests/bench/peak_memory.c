/*
 * Runs a command and prints the most memory it had, in KiB, and the seconds of
 * CPU it took; what the command prints goes to standard error.
 *
 *	peak_memory COMMAND [ARGUMENT...]
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <stdio.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0) {
		(void)dup2(STDERR_FILENO, STDOUT_FILENO);
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return 1;
	(void)printf("%ld %.2f\n", usage.ru_maxrss,
	    seconds(usage.ru_utime) + seconds(usage.ru_stime));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
