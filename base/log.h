/*
 * A server's log: one line an event, time in UTC, level, message.  Whoever
 * calls keeps identities, addresses and content out of it.
 */
#ifndef WB_BASE_LOG_H
#define WB_BASE_LOG_H

#include "base/clock.h"
#include "base/error.h"

#define WB_MAX_LOG_LINE 1024 /* bytes with the line's end; longer is cut */

enum wb_log_level {
	WB_LOG_ERROR,
	WB_LOG_WARNING,
	WB_LOG_INFO,
	WB_LOG_DEBUG
};

/* Handed in by the caller; nothing to free.  May be shared by threads. */
struct wb_log {
	int fd; /* usually STDERR_FILENO */
	enum wb_log_level most; /* the most talkative level that is written */
	struct wb_clock clock;
};

/*
 * Writes "2026-03-01T09:12:00Z warning message" in one write(2).  Bytes that
 * are no UTF-8 and control and direction characters become '?'.  `log` may be
 * NULL.  A line that cannot be written is lost: there is nobody to tell.
 */
void wb_log_write(const struct wb_log *log, enum wb_log_level level,
    const char *format, ...) WB_PRINTF(3, 4);

#endif
