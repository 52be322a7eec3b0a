#include "client/cmd/terminal.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static enum wb_status
read_line(struct wb_bytes *out, int fd, struct wb_error *err)
{
	enum wb_status st;
	uint8_t c;
	ssize_t n;

	while ((n = read(fd, &c, 1)) == 1 && c != '\n') {
		st = wb_bytes_append(out, wb_span(&c, 1), err);
		if (st != WB_OK)
			return st;
	}
	wb_wipe(&c, sizeof c);
	if (n != 1)
		return wb_fail(err, WB_INTERRUPTED, "no answer was given");
	return WB_OK;
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
	enum wb_status st;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		return wb_advise(err,
		    wb_fail(err, WB_LOCKED, "there is no terminal to ask at"),
		    "no-terminal",
		    "Give the passphrase in a file: --passphrase-file FILE");
	}
	secret = secret && tcgetattr(fd, &before) == 0;
	if (secret) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(fd, TCSAFLUSH, &silent);
	}
	put(fd, prompt);
	st = read_line(out, fd, err);
	if (secret) {
		(void)tcsetattr(fd, TCSAFLUSH, &before);
		put(fd, "\n");
	}
	(void)close(fd);
	return st;
}
