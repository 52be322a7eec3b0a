#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/cmd/commands.h"
#include "client/cmd/saving.h"
#include "client/ledger/importing.h"
#include "client/queue.h"
#include "crypto/hash.h"

#define PROGRESS_STEP 100 /* deliveries */

/* What came of it. */
struct result {
	uint64_t first; /* numbers of the records made; 0: none */
	uint64_t last;
	bool dry;
};

/* ---- the file's own memory */

static enum wb_status
check_new(struct wb_cmd *cmd, const struct wb_hash *hash, struct wb_error *err)
{
	enum wb_status st;
	struct wb_stmt *s;
	bool known;

	if (wb_args_has(cmd->args, "again"))
		return WB_OK;
	st = wb_db_prepare(&s, cmd->device.db,
	    "SELECT 1 FROM imported WHERE hash = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(hash));
	st = wb_step(s, &known, err);
	wb_stmt_done(s);
	if (st != WB_OK || !known)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_EXISTS,
		"this very file was imported already; nothing was saved"),
	    "imported-already",
	    "To count all of it once more: waybill import --again FILE");
}

static enum wb_status
remember(struct wb_cmd *cmd, const struct wb_hash *hash, struct wb_error *err)
{
	enum wb_status st;
	struct wb_stmt *s;

	st = wb_db_prepare(&s, cmd->device.db,
	    "INSERT OR REPLACE INTO imported (hash, at) VALUES (?, ?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(hash));
	wb_bind_int(s, 2, wb_clock_now(cmd->clock));
	return wb_run(s, err);
}

/* ---- saving */

static void
show_progress(struct wb_cmd *cmd, size_t done, size_t all)
{
	if (cmd->quiet || isatty(STDERR_FILENO) == 0)
		return;
	if (done == all)
		wb_cmd_say(cmd, "\r\033[K");
	else if (done % PROGRESS_STEP == 0)
		wb_cmd_say(cmd, "\r%zu of %zu deliveries", done, all);
}

static enum wb_status
save_all(struct result *out, struct wb_cmd *cmd, struct wb_import *in,
    struct wb_sealing *sealing, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_hash id;

	for (size_t i = 0; st == WB_OK && i < in->delivery_count; i++) {
		struct wb_import_delivery *d = &in->deliveries[i];

		show_progress(cmd, i, in->delivery_count);
		st = wb_queue_save(&id, sealing, &cmd->device, &d->goods,
		    &d->place, err);
		if (st != WB_OK) {
			return wb_context(err, st,
			    "the delivery of line %" PRIu64
			    "; nothing was saved",
			    d->line);
		}
		if (i == 0)
			out->first = d->place.number;
		out->last = d->place.number;
	}
	show_progress(cmd, in->delivery_count, in->delivery_count);
	return st;
}

/* One file is one transaction, with the note that it was taken. */
static enum wb_status
save(struct result *out, struct wb_cmd *cmd, struct wb_import *in,
    const struct wb_hash *hash, struct wb_error *err)
{
	struct wb_sealing sealing = { 0 };
	enum wb_status st = wb_sealing_begin(&sealing, err);

	if (st != WB_OK)
		return st;
	st = wb_db_begin(cmd->device.db, err);
	if (st == WB_OK)
		st = save_all(out, cmd, in, &sealing, err);
	if (st == WB_OK)
		st = remember(cmd, hash, err);
	if (st == WB_OK)
		st = wb_db_commit(cmd->device.db, err);
	if (st != WB_OK)
		wb_db_rollback(cmd->device.db);
	wb_sealing_end(&sealing);
	return st;
}

/* ---- telling */

static void
name_faults(struct wb_cmd *cmd, const struct wb_import *in)
{
	for (size_t i = 0; i < in->ignored_count; i++)
		wb_cmd_warn(cmd, "the column \"%.*s\" is not used",
		    (int)in->ignored[i].len, (const char *)in->ignored[i].data);
	for (size_t i = 0; i < in->fault_count; i++) {
		wb_cmd_warn(cmd, "line %" PRIu64 ": %.*s", in->faults[i].line,
		    (int)in->faults[i].why.len,
		    (const char *)in->faults[i].why.data);
	}
	if (in->future_line != 0) {
		wb_cmd_warn(cmd,
		    "line %" PRIu64 " is dated after today, by this device's "
		    "clock; it is taken as it is",
		    in->future_line);
	}
}

static void
put_faults(struct wb_json *j, const struct wb_import *in)
{
	wb_json_array(j, "bad");
	for (size_t i = 0; i < in->fault_count; i++) {
		wb_json_object(j, NULL);
		wb_json_uint(j, "line", in->faults[i].line);
		wb_json_text(j, "reason", in->faults[i].why);
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_array(j, "ignored");
	for (size_t i = 0; i < in->ignored_count; i++)
		wb_json_text(j, NULL, in->ignored[i]);
	wb_json_close(j);
}

static void
format_ids(char first[WB_RECORD_ID_TEXT], char last[WB_RECORD_ID_TEXT],
    const struct wb_cmd *cmd, const struct result *r)
{
	const struct wb_member *self = cmd->device.self;
	struct wb_span label = self == NULL ? wb_span(NULL, 0) : self->label;

	(void)wb_cmd_record_id(first, label, r->first);
	(void)wb_cmd_record_id(last, label, r->last);
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_import *in,
    const struct result *r, struct wb_error *err)
{
	char first[WB_RECORD_ID_TEXT], last[WB_RECORD_ID_TEXT];
	struct wb_json *j = &cmd->out;

	format_ids(first, last, cmd, r);
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_uint(j, "rows", in->row_count);
	wb_json_uint(j, "deliveries", in->delivery_count);
	wb_json_string(j, "first", r->first == 0 ? NULL : first);
	wb_json_string(j, "last", r->last == 0 ? NULL : last);
	put_faults(j, in);
	wb_json_bool(j, "dry_run", r->dry);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static enum wb_status
print_result(struct wb_cmd *cmd, const struct wb_import *in,
    const struct result *r, struct wb_error *err)
{
	char first[WB_RECORD_ID_TEXT], last[WB_RECORD_ID_TEXT];

	format_ids(first, last, cmd, r);
	if (!r->dry)
		wb_cmd_note_saved(cmd, "%s to %s are saved", first, last);
	if (cmd->json)
		return print_json(cmd, in, r, err);
	wb_cmd_print(cmd, "%s %" PRIu64 " row%s as %zu deliver%s",
	    r->dry ? "Would save" : "Saved", in->row_count,
	    in->row_count == 1 ? "" : "s", in->delivery_count,
	    in->delivery_count == 1 ? "y" : "ies");
	if (r->dry)
		wb_cmd_print(cmd, "\n");
	else if (r->first == r->last)
		wb_cmd_print(cmd, ", %s\n", first);
	else
		wb_cmd_print(cmd, ", %s to %s\n", first, last);
	return WB_OK;
}

/* Rows left out must not come twice: the same file with them corrected holds
 * the good ones too. */
static enum wb_status
end(struct wb_cmd *cmd, const struct wb_import *in, const struct result *r,
    struct wb_error *err)
{
	enum wb_status st = print_result(cmd, in, r, err);

	if (st == WB_OK && !r->dry)
		st = wb_cmd_sync_line(cmd, err);
	if (st != WB_OK || in->fault_count == 0)
		return st;
	st = wb_fail(err, WB_PARTIAL, "%zu row%s not taken; the others %s",
	    in->fault_count, in->fault_count == 1 ? " was" : "s were",
	    r->dry ? "would be" : "are saved");
	return wb_advise(err, st, "bad-rows",
	    "Correct those rows in a file of their own, with the first line, "
	    "and import that");
}

static enum wb_status
take(struct wb_cmd *cmd, struct wb_import *in, const struct wb_hash *hash,
    struct wb_error *err)
{
	struct result result = { .dry = wb_args_has(cmd->args, "dry-run") };
	enum wb_status st;

	name_faults(cmd, in);
	if (in->row_count == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID, "%s; nothing was saved",
			in->fault_count == 0
			    ? "there are no rows below the first line"
			    : "not one row could be taken"),
		    "no-rows", NULL);
	}
	st = result.dry ? WB_OK : save(&result, cmd, in, hash, err);
	return st == WB_OK ? end(cmd, in, &result, err) : st;
}

static enum wb_status
import(struct wb_cmd *cmd, struct wb_span csv, struct wb_arena *arena,
    struct wb_error *err)
{
	struct wb_import in = { 0 };
	struct wb_known known;
	struct wb_hash hash;
	enum wb_status st;

	wb_sha256_one(&hash, csv);
	st = check_new(cmd, &hash, err);
	if (st == WB_OK)
		st = wb_cmd_known(&known, arena, &cmd->device, err);
	if (st == WB_OK)
		st = wb_import_read(&in, csv, &known,
		    wb_clock_today(cmd->clock), err);
	if (st == WB_OK)
		st = take(cmd, &in, &hash, err);
	wb_import_clear(&in);
	return st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_arena arena;
	struct wb_bytes csv;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&csv, WB_MAX_IMPORT);
	st = wb_cmd_read(&csv, wb_args_word(cmd->args, 0), err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = import(cmd, wb_bytes_span(&csv), &arena, err);
	wb_bytes_clear(&csv);
	wb_arena_clear(&arena);
	return st;
}

static const struct wb_option options[] = {
	{ "again", 0, false, NULL, "take a file that was imported before" },
	{ "dry-run", 0, false, NULL, "check it and save nothing" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_import = {
	.help = {
		.name = "import",
		.group = "Other",
		.synopsis = "FILE.csv",
		.summary = "save deliveries from a table, such as paper logs",
		.description =
		    "The first line names the columns, in any order: date, "
		    "place, item, quantity and\nunit; if there also mission, "
		    "detail, lot, expiry, households, people, note,\nkind and "
		    "reason (of a loss). Others are not used. Rows of one "
		    "date, mission\nand place are one delivery. Equal rows "
		    "all count. Bad rows are named and left\nout (exit 3). "
		    "\"-\" is standard input.",
		.examples = "waybill import deliveries.csv\n"
			    "waybill import --dry-run deliveries.csv",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was saved.",
	.run = run,
};
