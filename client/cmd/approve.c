#include "client/cmd/commands.h"
#include "client/enrol.h"

/* The digits are the point of it: --yes trusts the way the file came. */
static enum wb_status
compare_digits(struct wb_cmd *cmd, const struct wb_candidate *c,
    struct wb_error *err)
{
	enum wb_status st;
	bool yes;

	wb_cmd_say(cmd,
	    "The newcomer's device must show these digits, and hear them "
	    "from you:\n    %s\n",
	    c->digits);
	if (wb_args_has(cmd->args, "yes"))
		return WB_OK;
	st = wb_cmd_confirm(&yes, cmd, "Are they the same? [y/N] ", "--yes",
	    err);
	if (st != WB_OK || yes)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_REFUSED, "not approved; nothing was changed"),
	    "not-approved",
	    "If the digits differ, the invitation or the request was altered "
	    "on its way.");
}

/* A wish decides nothing: labels are the coordinator's to give. */
static void
tell_wish(struct wb_cmd *cmd, const struct wb_candidate *c)
{
	struct wb_span wish = c->request.label;

	if (wish.len != 0 && !wb_span_equal(wish, c->label))
		wb_cmd_say(cmd,
		    "The newcomer would like to be called %.*s; it becomes "
		    "%.*s unless you stop and give --label.\n",
		    (int)wish.len, (const char *)wish.data, (int)c->label.len,
		    (const char *)c->label.data);
}

static enum wb_status
approve(struct wb_cmd *cmd, struct wb_span request, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	struct wb_candidate candidate;
	struct wb_bytes welcome;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&welcome, WB_MAX_WELCOME);
	st = wb_enrol_candidate(&candidate, &arena, &cmd->device, request,
	    wb_cmd_option(cmd, "label"), err);
	if (st == WB_OK)
		tell_wish(cmd, &candidate);
	if (st == WB_OK)
		st = compare_digits(cmd, &candidate, err);
	if (st == WB_OK)
		st = wb_enrol_approve(&welcome, &cmd->device, &candidate, err);
	if (st == WB_OK)
		st = wb_cmd_write(path, wb_bytes_span(&welcome), err);
	if (st == WB_OK)
		wb_cmd_say(cmd,
		    "Approved as %.*s. Next, on that device: waybill join "
		    "%s\n",
		    (int)candidate.label.len,
		    (const char *)candidate.label.data,
		    path == NULL ? "WELCOME" : path);
	wb_bytes_clear(&welcome);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_bytes request;
	enum wb_status st;

	if (wb_args_value(cmd->args, "output") == NULL)
		return wb_fail(err, WB_USAGE,
		    "say where to put the welcome for the newcomer: -o FILE");
	wb_bytes_init(&request, WB_MAX_REQUEST);
	st = wb_cmd_may_write(wb_args_value(cmd->args, "output"),
	    WB_CMD_AGE_HEAD, err);
	if (st == WB_OK)
		st = wb_cmd_read(&request, wb_args_word(cmd->args, 0), err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = approve(cmd, wb_bytes_span(&request), err);
	wb_bytes_clear(&request);
	return st;
}

static const struct wb_option options[] = {
	{ "output", 'o', false, "FILE", "write the welcome to FILE" },
	{ "label", 0, false, "LABEL", "call it so, not the next K, C or A" },
	{ "yes", 0, false, NULL,
	    "approve without comparing digits: trusts the way the file came" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_approve = {
	.help = {
		.name = "approve",
		.group = "Team",
		.synopsis = "REQUEST -o WELCOME [--label LABEL] [--yes]",
		.summary = "enrol somebody who answered an invitation",
		.examples = "waybill approve k7.request -o k7.welcome",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.run = run,
};
