#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/team/team.h"

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_span label = wb_cmd_word(cmd, 0);
	const struct wb_member *member;
	struct wb_span from = wb_cmd_option(cmd, "distrust-from");
	uint64_t distrust_from = 0;
	enum wb_status st = WB_OK;

	if (from.len != 0)
		st = wb_text_uint(&distrust_from, from, 1, INT64_MAX, err);
	if (st != WB_OK)
		return wb_context(err, WB_USAGE, "--distrust-from");
	st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_team_revoke(&cmd->device, label, distrust_from, err);
	if (st != WB_OK)
		return st;
	member = wb_roster_find_label(&cmd->device.roster, label);
	label = member == NULL ? label : member->label;
	wb_cmd_warn(cmd,
	    "%.*s is revoked for good once this is synced; what it sent "
	    "before stays%s. To come back, it joins again with a new key.",
	    (int)label.len, (const char *)label.data,
	    distrust_from == 0
		? ""
		: ", and from that index on it is marked as suspect");
	return wb_cmd_sync_line(cmd, err);
}

static const struct wb_option options[] = {
	{ "distrust-from", 0, false, "INDEX",
	    "mark its entries from this log index on as suspect; also later" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_revoke = {
	.help = {
		.name = "revoke",
		.group = "Team",
		.synopsis = "LABEL [--distrust-from INDEX]",
		.summary = "shut a member or a lost device out",
		.description =
		    "Takes effect at the log index at which this change is "
		    "logged: sync soon.\nRevoking a coordinator also changes "
		    "the key that new records are sealed to.",
		.examples = "waybill revoke K7",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was changed.",
	.run = run,
};
