#include <string.h>

#include "client/cmd/commands.h"

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

/* When this vault last received a statement of the device; 0: never. */
static enum wb_status
last_heard(int64_t *out, struct wb_cmd *cmd, const struct wb_key *key,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = 0;
	st = wb_db_prepare(&s, cmd->device.db,
	    "SELECT max(s.heard) FROM batch b "
	    "JOIN device d ON d.row = b.device "
	    "JOIN statement s ON s.row = b.statement WHERE d.key = ?1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_key_span(key));
	st = wb_step(s, &row, err);
	if (st == WB_OK && row && !wb_column_is_null(s, 0))
		*out = wb_column_int(s, 0);
	wb_stmt_done(s);
	return st;
}

static const char *
state_name(const struct wb_member *m)
{
	return m->state == WB_MEMBER_ACTIVE ? "active" : "revoked";
}

static void
print_json(struct wb_cmd *cmd, const struct wb_member *m, int64_t heard)
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
	    heard == 0 ? NULL : wb_time_format(when, heard));
	wb_json_close(j);
}

static void
print_text(struct wb_cmd *cmd, const struct wb_member *m, int64_t heard)
{
	char roles[LIST_TEXT] = "";
	char when[WB_TIME_TEXT];

	for (size_t i = 0; i < ROLE_COUNT; i++) {
		size_t used = strlen(roles);

		if (wb_member_is(m, role_names[i].role))
			(void)snprintf(roles + used, sizeof roles - used,
			    "%s%s", used == 0 ? "" : ", ", role_names[i].name);
	}
	wb_cmd_print(cmd, "%-8.*s %-12s %-8s %s\n", (int)m->label.len,
	    (const char *)m->label.data, roles, state_name(m),
	    heard == 0 ? "not heard of yet" : wb_time_format(when, heard));
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_roster *r = &cmd->device.roster;
	enum wb_status st = wb_cmd_open(cmd, err);
	int64_t heard;

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
		st = last_heard(&heard, cmd, &r->members[i].key, err);
		if (st != WB_OK)
			return st;
		if (cmd->json)
			print_json(cmd, &r->members[i], heard);
		else
			print_text(cmd, &r->members[i], heard);
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
		.examples = "waybill people --json",
	},
	.run = run,
};
