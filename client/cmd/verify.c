#include <inttypes.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "client/evidence/audit.h"
#include "client/team/annexes.h"
#include "crypto/text.h"

static const char *const result_texts[] = {
	[WB_AUDIT_GOOD] = "good",
	[WB_AUDIT_BAD] = "bad",
	[WB_AUDIT_UNCHECKED] = "unchecked",
};

static const char *const verdicts[] = {
	[WB_AUDIT_GOOD] = "GOOD: nothing was altered, left out or signed by "
			  "whom it should not be",
	[WB_AUDIT_BAD] = "BAD: this is not what the programme recorded",
	[WB_AUDIT_UNCHECKED] = "NOT CHECKED: no fault was found, but not all "
			       "could be looked at",
};

static void
print_text(struct wb_cmd *cmd, const struct wb_audit *a)
{
	char programme[2 * WB_HASH_LEN + 1];

	wb_hex_format(programme, wb_hash_span(&a->programme));
	wb_cmd_print(cmd, "%s\n", verdicts[a->result]);
	wb_cmd_print(cmd, "programme %s\n", programme);
	wb_cmd_print(cmd,
	    "%" PRIu64 " entries, %" PRIu64 " batches of %" PRIu64
	    " devices, %" PRIu64 " rosters\n%" PRIu64
	    " contents compared, %" PRIu64 " of them opened\n",
	    a->entries, a->batches, a->devices, a->rosters, a->contents,
	    a->opened);
	for (size_t i = 0; i < a->problem_count; i++) {
		wb_cmd_print(cmd, "problem (%s): %.*s\n", a->problems[i].id,
		    (int)a->problems[i].text.len,
		    (const char *)a->problems[i].text.data);
	}
	if (a->problem_total > a->problem_count)
		wb_cmd_print(cmd, "and %" PRIu64 " more problems\n",
		    a->problem_total - a->problem_count);
	for (size_t i = 0; i < a->unchecked_count; i++) {
		wb_cmd_print(cmd, "not checked: %.*s\n",
		    (int)a->unchecked[i].len,
		    (const char *)a->unchecked[i].data);
	}
	for (size_t i = 0; i < a->note_count; i++)
		wb_cmd_print(cmd, "note: %.*s\n", (int)a->notes[i].len,
		    (const char *)a->notes[i].data);
}

static void
json_problem(struct wb_json *j, const struct wb_audit_problem *p)
{
	wb_json_object(j, NULL);
	wb_json_string(j, "id", p->id);
	if (p->device.len != 0)
		wb_json_text(j, "device", p->device);
	wb_json_uint(j, "first", p->first);
	wb_json_uint(j, "last", p->last);
	wb_json_text(j, "text", p->text);
	wb_json_close(j);
}

static void
json_sentences(struct wb_json *j, const char *key,
    const struct wb_span *sentences, size_t n)
{
	wb_json_array(j, key);
	for (size_t i = 0; i < n; i++)
		wb_json_text(j, NULL, sentences[i]);
	wb_json_close(j);
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_audit *a, struct wb_error *err)
{
	char programme[2 * WB_HASH_LEN + 1];
	struct wb_json *j = &cmd->out;

	wb_hex_format(programme, wb_hash_span(&a->programme));
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_string(j, "result", result_texts[a->result]);
	wb_json_string(j, "programme", programme);
	wb_json_uint(j, "entries", a->entries);
	wb_json_uint(j, "batches", a->batches);
	wb_json_uint(j, "devices", a->devices);
	wb_json_uint(j, "rosters", a->rosters);
	wb_json_uint(j, "contents", a->contents);
	wb_json_uint(j, "opened", a->opened);
	wb_json_array(j, "problems");
	for (size_t i = 0; i < a->problem_count; i++)
		json_problem(j, &a->problems[i]);
	wb_json_close(j);
	wb_json_uint(j, "problem_total", a->problem_total);
	json_sentences(j, "unchecked", a->unchecked, a->unchecked_count);
	json_sentences(j, "notes", a->notes, a->note_count);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

/* With a passphrase the contents are opened too, and the programme is known. */
static enum wb_status
verify_file(struct wb_audit *out, struct wb_cmd *cmd, const char *path,
    struct wb_error *err)
{
	const char *text = wb_args_value(cmd->args, "programme");
	struct wb_audit_options options = { .now = wb_clock_now(cmd->clock) };
	struct wb_secret **readers = NULL;
	struct wb_hash programme;
	enum wb_status st = WB_OK;

	if (text != NULL) {
		st = wb_hex_parse(programme.b, sizeof programme.b,
		    wb_span_text(text), err);
		options.programme = &programme;
	}
	if (st != WB_OK)
		return wb_fail(err, WB_USAGE,
		    "--programme takes the 64 digits of a programme's id");
	if (wb_args_has(cmd->args, "passphrase-file")) {
		st = wb_cmd_open(cmd, err);
		if (st == WB_OK)
			st = wb_device_need_joined(&cmd->device, err);
		if (st == WB_OK)
			st = wb_annexes_readers(&readers, &options.reader_count,
			    &cmd->device, err);
		if (options.programme == NULL)
			options.programme = &cmd->device.programme;
	}
	options.readers = readers;
	if (st == WB_OK)
		st = wb_audit_bundle(out, path, &options, err);
	wb_annexes_free_readers(&readers, options.reader_count);
	return st;
}

static enum wb_status
verify_vault(struct wb_audit *out, struct wb_cmd *cmd, struct wb_error *err)
{
	const char *text = wb_args_value(cmd->args, "programme");
	char own[2 * WB_HASH_LEN + 1];
	enum wb_status st = wb_cmd_open(cmd, err);

	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	wb_hex_format(own, wb_hash_span(&cmd->device.programme));
	if (text != NULL && strcmp(text, own) != 0) {
		return wb_advise(err,
		    wb_fail(err, WB_FORGED, "this vault is of the programme %s",
			own),
		    "programme", NULL);
	}
	return wb_audit_vault(out, &cmd->device, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	static const enum wb_status ends[] = {
		[WB_AUDIT_GOOD] = WB_OK,
		[WB_AUDIT_BAD] = WB_FORGED,
		[WB_AUDIT_UNCHECKED] = WB_PARTIAL,
	};
	const char *path = wb_args_word(cmd->args, 0);
	struct wb_audit audit = { 0 };
	enum wb_status st;

	st = path != NULL ? verify_file(&audit, cmd, path, err)
			  : verify_vault(&audit, cmd, err);
	if (st == WB_OK && cmd->json)
		st = print_json(cmd, &audit, err);
	else if (st == WB_OK)
		print_text(cmd, &audit);
	if (st == WB_OK)
		st = ends[audit.result];
	wb_audit_clear(&audit);
	return st;
}

static const struct wb_option options[] = {
	{ "programme", 0, false, "ID",
	    "the programme it must be of, as init or join printed it" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_verify = {
	.help = {
		.name = "verify",
		.group = "See and check",
		.synopsis = "[FILE]",
		.summary = "check evidence: a file, or this vault",
		.description =
		    "A file needs no vault, no set-up and no network: the "
		    "programme's id says whom to\nbelieve. With -P the "
		    "contents are opened too, as far as this vault's keys "
		    "reach.\nEnds with 0: good, 4: bad, 3: could not be "
		    "checked, because no programme was\ngiven or contents "
		    "are missing.",
		.examples = "waybill verify evidence.wbx --programme 5f1c\xe2\x80\xa6\n"
			    "waybill verify",
		.options = options,
		.max_words = 1,
	},
	.run = run,
};
