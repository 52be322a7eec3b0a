#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#undef wb_fail /* as the header has them for analyzers */
#undef wb_advise

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_PARTIAL = 3,
	EXIT_EVIDENCE = 4,
	EXIT_LOCKED = 5,
	EXIT_OFFLINE = 6,
	EXIT_REFUSED = 7,
	EXIT_NEWER = 8,
	EXIT_STORAGE = 9,
	EXIT_INTERRUPTED = 130
};

static const struct {
	const char *id;
	int exit;
} kinds[] = {
	[WB_OK] = { "ok", EXIT_DONE },
	[WB_FAILED] = { "failed", EXIT_FAILED },
	[WB_USAGE] = { "usage", EXIT_USAGE },
	[WB_INVALID] = { "invalid", EXIT_FAILED },
	[WB_PARTIAL] = { "partial", EXIT_PARTIAL },
	[WB_FORGED] = { "evidence", EXIT_EVIDENCE },
	[WB_LOCKED] = { "locked", EXIT_LOCKED },
	[WB_OFFLINE] = { "offline", EXIT_OFFLINE },
	[WB_REFUSED] = { "refused", EXIT_REFUSED },
	[WB_NEWER] = { "newer", EXIT_NEWER },
	[WB_STORAGE] = { "storage", EXIT_STORAGE },
	[WB_NOT_FOUND] = { "not-found", EXIT_FAILED },
	[WB_EXISTS] = { "exists", EXIT_FAILED },
	[WB_NO_MEMORY] = { "no-memory", EXIT_FAILED },
	[WB_INTERRUPTED] = { "interrupted", EXIT_INTERRUPTED },
};

/* Errors repeat what strangers sent. */
static void
clean(char *text)
{
	text[wb_text_clean(text, strlen(text))] = '\0';
}

enum wb_status
wb_fail(struct wb_error *err, enum wb_status status, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return status;
	err->status = status;
	err->id = NULL;
	err->next[0] = '\0';
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	clean(err->text);
	return status;
}

enum wb_status
wb_advise(struct wb_error *err, enum wb_status status, const char *id,
    const char *next)
{
	if (err == NULL)
		return status;
	if (id != NULL)
		err->id = id;
	if (next != NULL)
		(void)snprintf(err->next, sizeof err->next, "%s", next);
	return status;
}

enum wb_status
wb_no_memory(struct wb_error *err)
{
	return wb_fail(err, WB_NO_MEMORY, "out of memory");
}

enum wb_status
wb_forged(struct wb_error *err, const char *id, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_FORGED, "%s", what), id, NULL);
}

enum wb_status
wb_context(struct wb_error *err, enum wb_status status, const char *format, ...)
{
	char old[WB_ERROR_TEXT];
	va_list args;
	size_t used;

	if (err == NULL)
		return status;
	memcpy(old, err->text, sizeof old);
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof err->text - used, ": %s", old);
	clean(err->text);
	return status;
}

enum wb_status
wb_forgive(struct wb_error *err)
{
	if (err != NULL)
		*err = (struct wb_error){ .status = WB_OK };
	return WB_OK;
}

const char *
wb_error_id(const struct wb_error *err)
{
	return err->id != NULL ? err->id : kinds[err->status].id;
}

int
wb_status_exit(enum wb_status status)
{
	return kinds[status].exit;
}
