#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/roles.h"
#include "client/team/enrol.h"

/* The digits are the point of it: --yes trusts the way the file came. */
static enum wb_status
compare_digits(struct wb_cmd *cmd, const struct wb_candidate *c,
    struct wb_error *err)
{
	enum wb_status st;
	bool yes;

	wb_cmd_say(cmd,
	    "%s as %.*s, %s.\nThe newcomer's device must show these digits, "
	    "and hear them from you:\n    %s\n",
	    c->member ? "Approved before" : "Asks to join", (int)c->label.len,
	    (const char *)c->label.data,
	    wb_cmd_role_name((enum wb_role)c->invite.role), c->digits);
	if (wb_args_has(cmd->args, "yes"))
		return WB_OK;
	st = wb_cmd_confirm(&yes, cmd, "Are they the same? [y/N] ", "--yes",
	    err);
	if (st == WB_LOCKED) { /* no terminal: not for want of a passphrase */
		return wb_advise(err,
		    wb_fail(err, WB_USAGE,
			"there is no terminal to ask at whether the digits "
			"are the same"),
		    "no-terminal",
		    "Compare them with the newcomer by voice, then give --yes");
	}
	if (st != WB_OK || yes)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_FAILED, "not approved; nothing was changed"),
	    "not-approved",
	    "If the digits differ, the invitation or the request was altered "
	    "on its way.");
}

/* A wish decides nothing: labels are the coordinator's to give. */
static void
tell_wish(struct wb_cmd *cmd, const struct wb_candidate *c)
{
	struct wb_span wish = c->request.label;

	if (wish.len != 0 && !wb_span_equal(wish, c->label)) {
		wb_cmd_say(cmd,
		    "The newcomer would like to be called %.*s; it becomes "
		    "%.*s unless you stop and give --label.\n",
		    (int)wish.len, (const char *)wish.data, (int)c->label.len,
		    (const char *)c->label.data);
	}
}

/* The file that the welcome went to, if it went. */
struct welcome_file {
	const char *path;
	bool written;
};

static enum wb_status
write_welcome(void *ctx, struct wb_span welcome, struct wb_error *err)
{
	struct welcome_file *file = ctx;
	enum wb_status st = wb_cmd_write(file->path, welcome, err);

	file->written = st == WB_OK && strcmp(file->path, "-") != 0;
	return st;
}

/* A welcome to a version that was not kept would lead astray. */
static void
take_back(const struct welcome_file *file)
{
	const struct wb_file_ops *ops = wb_file_ops_system();

	if (file->written)
		(void)ops->unlink(ops->ctx, file->path);
}

static enum wb_status
print_approved(struct wb_cmd *cmd, const struct wb_candidate *c,
    const char *path, struct wb_error *err)
{
	struct wb_json *j = &cmd->out;

	wb_cmd_say(cmd,
	    "Approved as %.*s. Next, on that device: waybill join %s\n",
	    (int)c->label.len, (const char *)c->label.data, path);
	/* With "-", standard output is the welcome's. */
	if (!cmd->json || strcmp(path, "-") == 0)
		return wb_cmd_sync_line(cmd, err);
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_text(j, "label", c->label);
	wb_json_string(j, "role",
	    wb_cmd_role_name((enum wb_role)c->invite.role));
	wb_json_string(j, "digits", c->digits);
	wb_json_bool(j, "again", c->member);
	wb_json_string(j, "welcome", path);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static enum wb_status
approve(struct wb_cmd *cmd, struct wb_span request, struct wb_error *err)
{
	struct welcome_file file = { wb_args_value(cmd->args, "output"),
		false };
	struct wb_candidate candidate;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_enrol_candidate(&candidate, &arena, &cmd->device, request,
	    wb_cmd_option(cmd, "label"), err);
	if (st == WB_OK)
		tell_wish(cmd, &candidate);
	if (st == WB_OK)
		st = compare_digits(cmd, &candidate, err);
	if (st != WB_OK)
		goto done;
	st = wb_enrol_approve(&cmd->device, &candidate,
	    (struct wb_welcome_out){ write_welcome, &file }, err);
	if (st == WB_OK)
		st = print_approved(cmd, &candidate, file.path, err);
	else
		take_back(&file);
done:
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
	if (wb_args_has(cmd->args, "label") &&
	    wb_cmd_option(cmd, "label").len == 0)
		return wb_fail(err, WB_USAGE,
		    "--label is empty; leave it out for the next of its kind");
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
		.description =
		    "Shows role, label and digits before it asks. A welcome "
		    "that was lost is made\nagain: approve the same request "
		    "once more.",
		.examples = "waybill approve k7.request -o k7.welcome",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was changed.",
	.run = run,
};
