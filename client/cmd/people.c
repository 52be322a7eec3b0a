#include <inttypes.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/sync_line.h"

#define LIST_TEXT 64

struct role_name {
	enum wb_role role;
	const char *name;
};

static const struct role_name role_names[] = {
	{ WB_ROLE_FIELD, "field" },
	{ WB_ROLE_COORDINATOR, "coordinator" },
	{ WB_ROLE_AUDITOR, "auditor" },
};

#define ROLE_COUNT (sizeof role_names / sizeof *role_names)

/* What this vault has of a member; statements themselves carry no time. */
struct word {
	int64_t read; /* when this device took in the newest; 0: none */
	bool logged; /* the indexes below are there */
	uint64_t first_index; /* of its batches in the log */
	uint64_t last_index;
};

static enum wb_status
last_word(struct word *out, struct wb_cmd *cmd, const struct wb_key *key,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = (struct word){ 0 };
	st = wb_db_prepare(&s, cmd->device.db,
	    "SELECT coalesce(max(s.heard), 0), min(s.log_index), "
	    "max(s.log_index) FROM batch b "
	    "JOIN device d ON d.row = b.device "
	    "JOIN statement s ON s.row = b.statement WHERE d.key = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_key_span(key));
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	out->read = wb_column_int(s, 0);
	out->logged = !wb_column_is_null(s, 1);
	out->first_index = (uint64_t)wb_column_int(s, 1);
	out->last_index = (uint64_t)wb_column_int(s, 2);
	wb_stmt_done(s);
	return WB_OK;
}

static const char *
state_name(const struct wb_member *m)
{
	return m->state == WB_MEMBER_ACTIVE ? "active" : "revoked";
}

static void
print_json(struct wb_cmd *cmd, const struct wb_member *m, const struct word *w)
{
	char when[WB_TIME_TEXT];
	struct wb_json *j = &cmd->out;

	wb_json_object(j, NULL);
	wb_json_text(j, "label", m->label);
	wb_json_array(j, "roles");
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		if (wb_member_is(m, role_names[i].role))
			wb_json_string(j, NULL, role_names[i].name);
	}
	wb_json_close(j);
	wb_json_string(j, "state", state_name(m));
	wb_json_string(j, "last_heard",
	    w->read == 0 ? NULL : wb_time_format(when, w->read));
	if (w->logged) {
		wb_json_uint(j, "first_index", w->first_index);
		wb_json_uint(j, "last_index", w->last_index);
	}
	if (m->distrust_from != 0)
		wb_json_uint(j, "distrust_from", m->distrust_from);
	wb_json_close(j);
}

static void
print_text(struct wb_cmd *cmd, const struct wb_member *m, const struct word *w)
{
	char roles[LIST_TEXT] = "";
	char when[WB_WHEN_TEXT];

	for (size_t i = 0; i < ROLE_COUNT; i++) {
		size_t used = strlen(roles);

		if (wb_member_is(m, role_names[i].role))
			(void)snprintf(roles + used, sizeof roles - used,
			    "%s%s", used == 0 ? "" : ", ", role_names[i].name);
	}
	wb_cmd_print(cmd, "%-8.*s %-12s %-8s ", (int)m->label.len,
	    (const char *)m->label.data, roles, state_name(m));
	if (w->read == 0)
		wb_cmd_print(cmd, "no word read yet");
	else
		wb_cmd_print(cmd, "last word read %s",
		    wb_cmd_when(when, cmd->clock, w->read));
	if (w->logged)
		wb_cmd_print(cmd, ", log %" PRIu64 " to %" PRIu64,
		    w->first_index, w->last_index);
	if (m->distrust_from != 0)
		wb_cmd_print(cmd, ", suspect from %" PRIu64, m->distrust_from);
	wb_cmd_print(cmd, "\n");
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_roster *r = &cmd->device.roster;
	enum wb_status st = wb_cmd_open_to_read(cmd, err);
	struct word word;

	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_array(&cmd->out, "people");
	}
	for (size_t i = 0; i < r->member_count; i++) {
		st = last_word(&word, cmd, &r->members[i].key, err);
		if (st != WB_OK)
			return st;
		if (cmd->json)
			print_json(cmd, &r->members[i], &word);
		else
			print_text(cmd, &r->members[i], &word);
	}
	if (!cmd->json)
		return WB_OK;
	wb_json_close(&cmd->out);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

const struct wb_subcommand wb_cmd_people = {
	.help = {
		.name = "people",
		.group = "Team",
		.synopsis = "",
		.summary = "list the members, their roles and last word",
		.description =
		    "The last word is when this device read the newest batch "
		    "of the member, which may\nhave waited elsewhere before: "
		    "nothing signed carries a time. The log indexes are\n"
		    "those of its first and last batch.",
		.examples = "waybill people --json",
	},
	.run = run,
};
