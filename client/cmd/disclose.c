#include <stdio.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "client/cmd/saving.h"
#include "client/disclosure/disclosure.h"
#include "client/disclosure/showing.h"

/* A new file only: what was shown once is not to be changed behind it. */
static enum wb_status
check_target(const char *path, struct wb_error *err)
{
	bool there;
	enum wb_status st;

	st = wb_file_exists(&there, wb_file_ops_system(), path, err);
	if (st != WB_OK || !there)
		return st == WB_OK ? wb_cmd_may_write(path, "", err) : st;
	return wb_advise(err,
	    wb_fail(err, WB_EXISTS, "%s is there already; nothing was written",
		path),
	    "file-exists", "Give another file name.");
}

/* The slip that is cheapest to see comes first, then who may, then what. */
static enum wb_status
find(struct wb_record *out, struct wb_arena *arena, struct wb_cmd *cmd,
    struct wb_error *err)
{
	struct wb_span label;
	uint64_t number = 0;
	enum wb_status st = wb_entry_id(&label, &number, wb_cmd_word(cmd, 0),
	    err);

	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_coordinator(&cmd->device, err);
	if (st == WB_OK)
		st = check_target(wb_args_value(cmd->args, "output"), err);
	return st == WB_OK ? wb_records_find(out, arena, &cmd->device, label,
				 number, err)
			   : st;
}

static void
print_text(struct wb_cmd *cmd, const struct wb_record *r, const char *path,
    bool goods_only, bool noted)
{
	char id[WB_RECORD_ID_TEXT];

	wb_cmd_print(cmd, "%s\n", path);
	wb_cmd_say(cmd,
	    "Whoever has this file can prove what %s says:\n%s.\n"
	    "It also tells them the roster with all labels and the place of "
	    "its batch in the\nlog, and nothing of any other record. What is "
	    "shown cannot be taken back.\n",
	    wb_cmd_record_id(id, r->label, r->number),
	    goods_only ? "its goods and day, not its place, number, counts "
			 "or note"
		       : "its goods, day, place, number, counts and note");
	if (noted)
		wb_cmd_say(cmd, WB_CMD_NOTED);
	if (r->voided) {
		wb_cmd_warn(cmd,
		    "%s was voided later, which this file does not say: show "
		    "the void too",
		    id);
	}
}

static enum wb_status
print(struct wb_cmd *cmd, const struct wb_record *r, const char *path,
    bool noted, struct wb_error *err)
{
	bool goods_only = wb_args_has(cmd->args, "goods-only");
	char id[WB_RECORD_ID_TEXT];

	if (!cmd->json) {
		print_text(cmd, r, path, goods_only, noted);
		return WB_OK;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_string(&cmd->out, "file", path);
	wb_json_string(&cmd->out, "id",
	    wb_cmd_record_id(id, r->label, r->number));
	wb_json_bool(&cmd->out, "goods_only", goods_only);
	wb_json_bool(&cmd->out, "voided", r->voided);
	wb_json_bool(&cmd->out, "noted", noted);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
keep_note(bool *noted, struct wb_cmd *cmd, const struct wb_record *record,
    struct wb_error *err)
{
	return wb_showing_keep(noted, &cmd->device,
	    wb_args_has(cmd->args, "goods-only") ? WB_SHOWN_GOODS
						 : WB_SHOWN_RECORD,
	    wb_args_value(cmd->args, "for"), &record->id, err);
}

/*
 * The note is kept first: whatever fails then, or breaks off, leaves at most a
 * note too many, and never a file that shows something and is not noted.
 */
static enum wb_status
hand_out(bool *noted, struct wb_cmd *cmd, const struct wb_record *record,
    const char *path, const struct wb_bytes *file, struct wb_error *err)
{
	enum wb_status st = keep_note(noted, cmd, record, err);

	if (st != WB_OK)
		return st;
	st = wb_file_write(wb_file_ops_system(), path, wb_bytes_span(file),
	    err);
	return st == WB_OK || !*noted
		   ? st
		   : wb_context(err, st,
			 "nothing was written, though a note says that it was");
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	struct wb_record record = { 0 };
	struct wb_arena arena;
	struct wb_bytes file;
	bool noted = false;
	enum wb_status st;

	if (path == NULL || strcmp(path, "-") == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE, "disclose needs -o FILE"), NULL,
		    "Give the file to write: waybill disclose ID -o FILE");
	}

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&file, WB_MAX_DISCLOSURE_BUNDLE);
	st = find(&record, &arena, cmd, err);
	if (st == WB_OK)
		st = wb_disclosure_make(&file, &cmd->device, &record,
		    wb_args_has(cmd->args, "goods-only"), err);
	if (st == WB_OK)
		st = hand_out(&noted, cmd, &record, path, &file, err);
	if (st == WB_OK)
		st = print(cmd, &record, path, noted, err);
	wb_bytes_clear(&file);
	wb_arena_clear(&arena);
	return st;
}

static const struct wb_option options[] = {
	{ "goods-only", 0, false, NULL,
	    "show the goods and the day, not the place or anything with it" },
	{ "for", 0, false, "NAME",
	    "who it is for, in the note that coordinators keep of it" },
	{ "output", 'o', false, "FILE", "write the disclosure to FILE" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_disclose = {
	.help = {
		.name = "disclose",
		.group = "See and check",
		.synopsis = "ID [--goods-only] [--for NAME] -o FILE",
		.summary = "prove one record to somebody outside",
		.description =
		    "FILE holds that record and what proves it, and nothing "
		    "of any other: waybill\nverify reads it with nothing but "
		    "the programme's id. It is not encrypted.\nOnly "
		    "coordinators can make one, once the record is in the "
		    "log.",
		.examples = "waybill disclose K7-142 --goods-only -o one.wbx\n"
			    "waybill verify one.wbx --programme 5f1c\xe2\x80\xa6",
		.options = options,
		.min_words = 1,
		.max_words = 1,
	},
	.unchanged = "Nothing was written.",
	.run = run,
};
