#include <inttypes.h>

#include "client/cmd/commands.h"
#include "client/team/team.h"
#include "client/trust/witnessed.h"

#define MAX_POLICY_FILE ((size_t)64 << 10) /* bytes; longer ones are named */

static void
json_witness(struct wb_json *j, const struct wb_policy_witness *w)
{
	struct wb_bytes vkey;

	wb_bytes_init(&vkey, WB_MAX_POLICY);
	wb_json_object(j, NULL);
	wb_json_string(j, "name", w->name);
	if (wb_vkey_format(&vkey, &w->vkey, NULL) == WB_OK)
		wb_json_text(j, "vkey", wb_bytes_span(&vkey));
	wb_json_string(j, "url", w->url[0] == '\0' ? NULL : w->url);
	wb_json_close(j);
	wb_bytes_clear(&vkey);
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_policy *policy,
    uint64_t witnessed, struct wb_error *err)
{
	struct wb_json *j = &cmd->out;

	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_text(j, "policy", cmd->device.roster.policy);
	wb_json_string(j, "log", policy->log.name);
	wb_json_bool(j, "quorum", wb_policy_has_quorum(policy));
	wb_json_array(j, "witnesses");
	for (size_t i = 0; i < policy->witness_count; i++)
		json_witness(j, &policy->witnesses[i]);
	wb_json_close(j);
	wb_json_uint(j, "witnessed", witnessed);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_policy policy;
	uint64_t witnessed = 0;
	enum wb_status st = wb_cmd_open_to_read(cmd, err);

	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = wb_policy_parse(&policy, cmd->device.roster.policy, err);
	if (st == WB_OK)
		st = wb_witnessed_size(&witnessed, &cmd->device, err);
	if (st != WB_OK)
		return st;
	if (cmd->json)
		return print_json(cmd, &policy, witnessed, err);
	st = wb_cmd_write(NULL, cmd->device.roster.policy, err);
	if (st == WB_OK && wb_policy_has_quorum(&policy))
		wb_cmd_say(cmd, "Witnessed: the first %" PRIu64 " entries.\n",
		    witnessed);
	return st;
}

/* What the new policy brings about, and what is odd in it. */
static void
warn(struct wb_cmd *cmd, const struct wb_policy *policy)
{
	if (!wb_policy_has_quorum(policy)) {
		wb_cmd_warn(cmd,
		    "this policy asks for no witness: nothing counts as "
		    "witnessed, and members can be shown different logs");
		return;
	}
	wb_cmd_warn(cmd,
	    "from the next sync on the server asks these witnesses; nothing "
	    "counts as witnessed until enough of them have cosigned");
	for (size_t i = 0; i < policy->witness_count; i++) {
		if (policy->witnesses[i].url[0] == '\0') {
			wb_cmd_warn(cmd,
			    "%s has no address, so the server cannot ask it",
			    policy->witnesses[i].name);
		}
	}
}

/* *same: it is that of the roster already, and nothing was changed. */
static enum wb_status
change(bool *same, struct wb_cmd *cmd, struct wb_span text,
    struct wb_error *err)
{
	enum wb_status st = wb_team_set_policy(&cmd->device, text, err);

	*same = st == WB_EXISTS;
	return *same ? wb_forgive(err) : st;
}

static enum wb_status
run_set(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_policy policy;
	uint64_t witnessed = 0;
	struct wb_bytes text;
	enum wb_status st;
	bool same = false;

	wb_bytes_init(&text, MAX_POLICY_FILE);
	st = wb_cmd_read(&text, wb_args_word(cmd->args, 0), err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = change(&same, cmd, wb_bytes_span(&text), err);
	if (st == WB_OK)
		st = wb_policy_parse(&policy, cmd->device.roster.policy, err);
	if (st == WB_OK && same)
		st = wb_witnessed_size(&witnessed, &cmd->device, err);
	wb_bytes_clear(&text);
	if (st != WB_OK)
		return st;
	if (same) {
		wb_cmd_say(cmd, "This is the policy already: nothing to "
				"change.\n");
	} else {
		warn(cmd, &policy);
	}
	if (cmd->json) {
		st = print_json(cmd, &policy, witnessed, err);
		if (st != WB_OK)
			return st;
	}
	return wb_cmd_sync_line(cmd, err);
}

const struct wb_subcommand wb_cmd_policy = {
	.help = {
		.name = "policy",
		.group = "Team",
		.synopsis = "",
		.summary = "show which log and which witnesses are trusted",
		.description =
		    "As text of c2sp.org/tlog-policy, as the newest roster has "
		    "it.",
		.examples = "waybill policy > policy.txt",
	},
	.run = run,
};

const struct wb_subcommand wb_cmd_policy_set = {
	.help = {
		.name = "policy set",
		.group = "Team",
		.synopsis = "FILE",
		.summary = "say which witnesses must cosign the log",
		.description =
		    "FILE is text of c2sp.org/tlog-policy: the programme's own "
		    "log line, a line for\neach witness, and a quorum:\n\n"
		    "  log example.org/aid+1234abcd+AQ...\n"
		    "  witness clinic witness.example.org/w1+5678ef01+BA... "
		    "http://127.0.0.1:8444\n"
		    "  quorum clinic\n\n"
		    "Several witnesses are joined by lines like \"group both "
		    "all clinic depot\" or\n\"group most 2 a b c\". Makes a new "
		    "version of the roster: sync sends it.",
		.examples = "waybill policy set policy.txt",
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was changed.",
	.run = run_set,
};
