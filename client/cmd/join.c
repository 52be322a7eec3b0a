#include "client/team/join.h"

#include "client/cmd/commands.h"

/* What a file given to join turned out to be. */
static bool
is_invitation(struct wb_span file)
{
	struct wb_span prefix = wb_span_text(WB_INVITE_PREFIX);

	return wb_span_equal(wb_span_sub(file, 0, prefix.len), prefix);
}

static enum wb_status
open_or_create(bool *made, struct wb_cmd *cmd, struct wb_error *err)
{
	bool there;
	enum wb_status st = wb_cmd_has_vault(&there, cmd, err);

	*made = !there;
	if (st != WB_OK)
		return st;
	return there ? wb_cmd_open(cmd, err) : wb_cmd_create(cmd, err);
}

static void
explain_request(struct wb_cmd *cmd, const char *path, const char *digits)
{
	wb_cmd_say(cmd,
	    "Read these digits to the coordinator, and hear them back:\n"
	    "    %s\nThen: the coordinator runs  waybill approve %s -o WELCOME"
	    "\n      and this device       waybill join WELCOME\n",
	    digits, path == NULL ? "REQUEST" : path);
}

static enum wb_status
request(struct wb_cmd *cmd, struct wb_span invite, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	char digits[WB_JOIN_DIGITS_TEXT + 1];
	struct wb_bytes sealed;
	enum wb_status st;
	bool made;

	if (path == NULL) {
		return wb_fail(err, WB_USAGE,
		    "say where to put the request for the coordinator: "
		    "-o FILE");
	}
	st = wb_cmd_may_write(path, WB_CMD_AGE_HEAD, err);
	if (st == WB_OK)
		st = open_or_create(&made, cmd, err);
	if (st != WB_OK)
		return st;
	wb_bytes_init(&sealed, WB_MAX_REQUEST);
	st = wb_join_request(&sealed, digits, &cmd->device, invite,
	    wb_cmd_option(cmd, "label"), err);
	if (st == WB_OK)
		st = wb_cmd_write(path, wb_bytes_span(&sealed), err);
	wb_bytes_clear(&sealed);
	if (st != WB_OK && made)
		wb_cmd_discard(cmd); /* a bad invitation leaves nothing */
	if (st != WB_OK)
		return st;
	explain_request(cmd, path, digits);
	if (!cmd->json)
		return WB_OK;
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_string(&cmd->out, "request", path);
	wb_json_string(&cmd->out, "digits", digits);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
welcome(struct wb_cmd *cmd, struct wb_span file, struct wb_error *err)
{
	struct wb_span label;
	enum wb_status st = wb_cmd_open(cmd, err);

	if (st == WB_OK)
		st = wb_join_welcome(&cmd->device, file, err);
	if (st != WB_OK)
		return st;
	label = cmd->device.self->label;
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_text(&cmd->out, "label", label);
		wb_json_close(&cmd->out);
		return wb_json_finish(&cmd->out, err);
	}
	wb_cmd_print(cmd, "Joined as %.*s.\n", (int)label.len,
	    (const char *)label.data);
	return WB_OK;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, WB_MAX_WELCOME);
	st = wb_cmd_read(&file, wb_args_word(cmd->args, 0), err);
	if (st == WB_OK && is_invitation(wb_bytes_span(&file)))
		st = request(cmd, wb_bytes_span(&file), err);
	else if (st == WB_OK)
		st = welcome(cmd, wb_bytes_span(&file), err);
	wb_bytes_clear(&file);
	return st;
}

static const struct wb_option options[] = {
	{ "output", 'o', false, "FILE", "write the request to FILE" },
	{ "label", 0, false, "LABEL", "the label you would like to have" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_join = {
	.help = {
		.name = "join",
		.group = "Team",
		.synopsis = "INVITATION -o REQUEST | WELCOME",
		.summary = "join a programme: first the invitation, then the "
			   "welcome",
		.description =
		    "With an invitation, makes the vault and a sealed request "
		    "for the coordinator.\nWith the welcome that comes back, "
		    "completes it. Compare the 30 digits with\nthe "
		    "coordinator by voice: an altered invitation shows "
		    "nowhere else.",
		.examples = "waybill join k7.invite -o k7.request\n"
			    "waybill join k7.welcome",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was made.",
	.run = run,
};
