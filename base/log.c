#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define TEXT_OFFSET 32 /* more than time and level take */

static const char *
level_name(enum wb_log_level level)
{
	switch (level) {
	case WB_LOG_ERROR:
		return "error";
	case WB_LOG_WARNING:
		return "warning";
	case WB_LOG_INFO:
		return "info";
	case WB_LOG_DEBUG:
		return "debug";
	}
	return "?";
}

void
wb_log_write(const struct wb_log *log, enum wb_log_level level,
    const char *format, ...)
{
	char line[WB_MAX_LOG_LINE];
	char text[WB_MAX_LOG_LINE - TEXT_OFFSET];
	char time[WB_TIME_TEXT];
	va_list args;
	size_t len;
	int n;

	if (log == NULL || level > log->most)
		return;
	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		return;
	len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	n = snprintf(line, sizeof line, "%s %s %.*s\n",
	    wb_time_format(time, wb_clock_now(log->clock)), level_name(level),
	    (int)wb_text_clean(text, len), text);
	if (n > 0 && write(log->fd, line, (size_t)n) < 0)
		return;
}
