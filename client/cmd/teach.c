#include "client/cmd/teach.h"

#include <inttypes.h>

static enum wb_status
list(struct wb_cmd *cmd, const struct wb_taught *kind, struct wb_arena *arena,
    struct wb_error *err)
{
	enum wb_status st;
	size_t count;

	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_array(&cmd->out, kind->many);
	}
	st = kind->list(&count, cmd, arena, err);
	if (st != WB_OK)
		return st;
	if (count == 0) {
		wb_cmd_say(cmd,
		    "No %s are known here yet. A coordinator teaches them: "
		    "waybill %s add\n",
		    kind->many, kind->many);
	}
	if (!cmd->json)
		return WB_OK;
	wb_json_close(&cmd->out);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

enum wb_status
wb_teach_list(struct wb_cmd *cmd, const struct wb_taught *kind,
    struct wb_error *err)
{
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = list(cmd, kind, &arena, err);
	wb_arena_clear(&arena);
	return st;
}

void
wb_teach_count(struct wb_teaching *t, bool added)
{
	t->added += added;
	t->known += !added;
}

/* All that a CSV of deliveries holds; bad rows are named and left out. */
static enum wb_status
teach_file(struct wb_teaching *t, const struct wb_taught *kind,
    const char *path, struct wb_error *err)
{
	struct wb_import_list rows = { 0 };
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, WB_MAX_IMPORT);
	st = wb_cmd_read(&file, path, err);
	if (st == WB_OK)
		st = kind->file(t, &rows, wb_bytes_span(&file), err);
	for (size_t i = 0; st == WB_OK && i < rows.fault_count; i++) {
		wb_cmd_warn(t->cmd, "line %" PRIu64 ": %.*s",
		    rows.faults[i].line, (int)rows.faults[i].why.len,
		    (const char *)rows.faults[i].why.data);
	}
	t->faults = rows.fault_count;
	wb_import_list_clear(&rows);
	wb_bytes_clear(&file);
	return st;
}

static enum wb_status
teach(struct wb_teaching *t, const struct wb_taught *kind, struct wb_error *err)
{
	const char *from = wb_args_value(t->cmd->args, "from");
	enum wb_status st;

	st = wb_change_begin(&t->change, &t->cmd->device, err);
	if (st == WB_OK)
		st = from != NULL ? teach_file(t, kind, from, err)
				  : kind->line(t, err);
	if (st != WB_OK || t->added == 0)
		return st;
	return wb_change_apply(&t->change, &t->cmd->device, err);
}

enum wb_status
wb_teach_add(struct wb_cmd *cmd, const struct wb_taught *kind,
    struct wb_error *err)
{
	struct wb_teaching t = { .cmd = cmd };
	enum wb_status st;

	if (wb_args_has(cmd->args, "from") == (cmd->args->n_words != 0))
		return wb_fail(err, WB_USAGE,
		    "name one %s, or a file with --from, not both", kind->one);
	st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = teach(&t, kind, err);
	wb_change_clear(&t.change);
	if (st != WB_OK)
		return st;
	wb_cmd_print_added(cmd, kind->one, t.added, t.known);
	st = wb_cmd_sync_line(cmd, err);
	if (st == WB_OK && t.faults != 0) {
		st = wb_fail(err, WB_PARTIAL,
		    "%" PRIu64 " row%s left out; the rest is taught", t.faults,
		    t.faults == 1 ? " was" : "s were");
	}
	return st;
}
