/*
 * Kills a process that commits to a vault, again and again, with SIGKILL at
 * any moment: while it opens, commits or compacts.  Each row that it
 * acknowledged must be there, at most one more, and no other file.
 *
 * usage: vault_kill [--rounds N] [--seed N]
 */
#include <sys/wait.h>

#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"

#define MAX_DELAY_US 40000
#define COMPACT_EVERY 6

/* Real files and real randomness: only the derivation is cheap. */
static const struct wb_vault_env env = { .kdf = kit_kdf };

/* The process that will be killed: rows from `n` on, each told on `out`. */
static int
commit_for_ever(const char *path, uint64_t n, int out)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_error err = { 0 };
	struct wb_vault *v = NULL;
	enum wb_status st;

	st = wb_vault_open(&v, path, &key, &env, &err);
	for (; st == WB_OK; n++) {
		st = kit_add(wb_vault_db(v), n, &err);
		if (st == WB_OK && write(out, &n, sizeof n) != sizeof n)
			break;
		if (st == WB_OK && n % COMPACT_EVERY == 0)
			st = wb_vault_compact(v, &err);
	}
	fprintf(stderr, "the process ended by itself: %s\n", err.text);
	wb_vault_close(&v);
	return 1;
}

static void
wait_us(uint64_t us)
{
	struct timespec t = { 0, (long)us * 1000 };

	(void)nanosleep(&t, NULL);
}

/* One life and death; *told becomes the last row acknowledged. */
static bool
kill_one(const char *path, uint64_t *told, uint64_t delay_us)
{
	int pipe_fds[2], status;
	uint64_t n;
	pid_t pid;

	if (pipe(pipe_fds) != 0)
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0) {
		(void)close(pipe_fds[0]);
		_exit(commit_for_ever(path, *told + 1, pipe_fds[1]));
	}
	(void)close(pipe_fds[1]);
	wait_us(delay_us);
	(void)kill(pid, SIGKILL);
	while (read(pipe_fds[0], &n, sizeof n) == (ssize_t)sizeof n)
		*told = n;
	(void)close(pipe_fds[0]);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static int
entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		(void)closedir(d);
	return n - 2;
}

/* Whether the vault holds what was told; *told moves on to what it holds. */
static bool
holds(const char *dir, const char *path, uint64_t *told)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_error err = { 0 };
	struct wb_vault *v = NULL;
	enum wb_status st;
	uint64_t n = 0;
	bool ok;

	st = wb_vault_open(&v, path, &key, &env, &err);
	if (st == WB_OK)
		st = wb_vault_check(v, &err);
	if (st == WB_OK)
		st = kit_check(wb_vault_db(v), &n, &err);
	ok = st == WB_OK && (n == *told || n == *told + 1) && entries(dir) == 1;
	if (!ok)
		printf("row %" PRIu64 " was told, %" PRIu64
		       " is there, %d files: %s\n",
		    *told, n, entries(dir), err.text);
	*told = n;
	wb_vault_close(&v);
	return ok;
}

static int
run(const char *dir, const char *path, uint64_t rounds, uint64_t seed)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_error err = { 0 };
	struct wb_vault *v = NULL;
	uint64_t told = 0, i;
	enum wb_status st;

	st = wb_vault_create(&v, path, &key, &env, &err);
	if (st == WB_OK)
		st = kit_begin(wb_vault_db(v), &err);
	wb_vault_close(&v);
	if (st != WB_OK) {
		printf("cannot begin: %s\n", err.text);
		return 1;
	}
	for (i = 0; i < rounds; i++) {
		if (!kill_one(path, &told,
			simfs_random(&seed) % MAX_DELAY_US) ||
		    !holds(dir, path, &told))
			return 1;
	}
	printf("%" PRIu64 " kills, %" PRIu64 " rows acknowledged, none lost\n",
	    rounds, told);
	return told > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "rounds", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	char dir[] = "vault_kill_XXXXXX", path[64];
	uint64_t rounds = 40, seed = 1;
	struct wb_error err = { 0 };
	int c, rc;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'n')
			rounds = strtoull(optarg, NULL, 10);
		else if (c == 'r')
			seed = strtoull(optarg, NULL, 10) | 1;
		else
			return 2;
	}
	if (wb_crypto_start(&err) != WB_OK || mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/vault", dir);
	rc = run(dir, path, rounds, seed);
	(void)unlink(path);
	(void)rmdir(dir);
	return rc;
}
