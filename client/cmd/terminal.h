/* The person at the terminal: questions on /dev/tty, secrets without echo. */
#ifndef WB_CLIENT_CMD_TERMINAL_H
#define WB_CLIENT_CMD_TERMINAL_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Prints `prompt` and appends one line without its newline.  `secret`: no
 * echo, put back also when interrupted.  WB_LOCKED: there is no terminal;
 * WB_INTERRUPTED: end of input.
 */
WB_MUST_CHECK enum wb_status wb_terminal_ask(struct wb_bytes *out,
    const char *prompt, bool secret, struct wb_error *err);

#endif
