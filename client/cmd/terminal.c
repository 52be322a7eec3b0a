#include "client/cmd/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Those that end the program: the echo must be back before they do. */
static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define ENDING (sizeof ending / sizeof ending[0])

static volatile sig_atomic_t caught;

/* What the process did with signals before a question. */
struct guard {
	struct sigaction actions[ENDING];
	sigset_t mask;
};

static void
note_signal(int number)
{
	caught = number;
}

/* Held back but for while wait_for_key waits, so that none slips by. */
static void
catch_signals(struct guard *g)
{
	struct sigaction note = { .sa_handler = note_signal };
	sigset_t blocked;

	caught = 0;
	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < ENDING; i++)
		(void)sigaddset(&blocked, ending[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &g->mask);
	for (size_t i = 0; i < ENDING; i++) {
		(void)sigaction(ending[i], NULL, &g->actions[i]);
		if (g->actions[i].sa_handler != SIG_IGN)
			(void)sigaction(ending[i], &note, NULL);
	}
}

static void
release_signals(const struct guard *g)
{
	for (size_t i = 0; i < ENDING; i++)
		(void)sigaction(ending[i], &g->actions[i], NULL);
	if (caught != 0)
		(void)raise(caught);
	(void)sigprocmask(SIG_SETMASK, &g->mask, NULL);
}

static bool
wait_for_key(int fd, const struct guard *g)
{
	struct pollfd key = { .fd = fd, .events = POLLIN };
	int n;

	do {
		n = ppoll(&key, 1, NULL, &g->mask);
	} while (n < 0 && errno == EINTR && caught == 0);
	return n > 0 && caught == 0;
}

static enum wb_status
read_line(struct wb_bytes *out, int fd, const struct guard *g,
    struct wb_error *err)
{
	enum wb_status st;
	uint8_t c = 0;
	ssize_t n;

	while (wait_for_key(fd, g)) {
		n = read(fd, &c, 1);
		if (n != 1)
			break;
		if (c == '\n')
			return WB_OK;
		st = wb_bytes_append(out, wb_span(&c, 1), err);
		wb_wipe(&c, sizeof c);
		if (st != WB_OK)
			return st;
	}
	return wb_fail(err, WB_INTERRUPTED, "no answer was given");
}

static void
put(int fd, const char *text)
{
	size_t len = strlen(text);

	if (write(fd, text, len) != (ssize_t)len)
		return; /* a prompt unseen is no reason to fail */
}

enum wb_status
wb_terminal_ask(struct wb_bytes *out, const char *prompt, bool secret,
    struct wb_error *err)
{
	struct termios before;
	struct termios silent;
	struct guard guard;
	enum wb_status st;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		return wb_advise(err,
		    wb_fail(err, WB_LOCKED, "there is no terminal to ask at"),
		    "no-terminal",
		    "Give the passphrase in a file: --passphrase-file FILE");
	}
	catch_signals(&guard);
	secret = secret && tcgetattr(fd, &before) == 0;
	if (secret) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(fd, TCSAFLUSH, &silent);
	}
	put(fd, prompt);
	st = read_line(out, fd, &guard, err);
	if (secret)
		(void)tcsetattr(fd, TCSAFLUSH, &before);
	if (secret || st == WB_INTERRUPTED)
		put(fd, "\n");
	if (caught != 0)
		put(fd, "Stopped before anything new was saved; what was saved "
			"before is safe.\n");
	(void)close(fd);
	release_signals(&guard);
	return st;
}
