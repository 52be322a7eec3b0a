#include <stdarg.h>
#include <string.h>

#include "client/cmd/cmd.h"

void
wb_cmd_print(struct wb_cmd *cmd, const char *format, ...)
{
	va_list args;

	(void)cmd;
	va_start(args, format);
	(void)vfprintf(stdout, format, args);
	va_end(args);
}

void
wb_cmd_say(struct wb_cmd *cmd, const char *format, ...)
{
	va_list args;

	if (cmd->quiet)
		return;
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
}

void
wb_cmd_warn(struct wb_cmd *cmd, const char *format, ...)
{
	va_list args;

	if (cmd->json)
		return;
	(void)fputs("waybill: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

void
wb_cmd_note_saved(struct wb_cmd *cmd, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(cmd->saved, sizeof cmd->saved, format, args);
	va_end(args);
}

/* Where the cause says no more than what is wrong. */
static const char *const next_steps[WB_INTERRUPTED + 1] = {
	[WB_FORGED] = "Change nothing here, and tell a coordinator.",
	[WB_OFFLINE] = "Nothing is lost. Try again later.",
	[WB_REFUSED] = "Ask a coordinator.",
	[WB_NEWER] = "Install the newest Waybill; the data is safe.",
	[WB_STORAGE] = "What was saved before is safe.",
	[WB_NO_MEMORY] = "Close other programs, then try again.",
	[WB_INTERRUPTED] = "Try again.",
};

/* "Nothing was saved", "nothing is lost", "It is safe". */
static bool
says_what_is_safe(const char *text)
{
	return strstr(text, "othing ") != NULL || strstr(text, "safe") != NULL;
}

void
wb_cmd_advise(struct wb_cmd *cmd, const struct wb_subcommand *sub,
    struct wb_error *err)
{
	const char *next = next_steps[err->status];
	size_t first, rest;

	if (err->next[0] == '\0' && next != NULL)
		(void)wb_advise(err, err->status, NULL, next);
	if (err->next[0] == '\0')
		(void)snprintf(err->next, sizeof err->next,
		    "See: waybill %s --help", sub->help.name);
	if (sub->unchanged == NULL || wb_cmd_changed(cmd) ||
	    says_what_is_safe(err->text) || says_what_is_safe(err->next))
		return;
	first = strlen(sub->unchanged);
	rest = strlen(err->next);
	if (first + 1 + rest >= sizeof err->next)
		return;
	memmove(err->next + first + 1, err->next, rest + 1);
	memcpy(err->next, sub->unchanged, first);
	err->next[first] = ' ';
}

static void
report_json(const struct wb_error *err)
{
	struct wb_json j;

	wb_json_init(&j, wb_json_to_file(stderr));
	wb_json_error(&j, err);
	if (wb_json_finish(&j, NULL) != WB_OK)
		return; /* nowhere left to say so */
}

void
wb_cmd_report(struct wb_cmd *cmd, const struct wb_error *err)
{
	if (cmd->json) {
		report_json(err);
		return;
	}
	(void)fprintf(stderr, "waybill: %s\n", err->text);
	if (err->next[0] != '\0')
		(void)fprintf(stderr, "%s\n", err->next);
}
