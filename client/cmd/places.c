#include <inttypes.h>

#include "client/annexes.h"
#include "client/change.h"
#include "client/cmd/commands.h"
#include "client/ledger/importing.h"

/* ------------------------------------------------------------- listing */

static void
print_place(struct wb_cmd *cmd, const struct wb_place_code *place)
{
	if (!cmd->json) {
		wb_cmd_print(cmd, "%.*s%s%.*s\n", (int)place->code.len,
		    (const char *)place->code.data,
		    place->meaning.len == 0 ? "" : "\t",
		    (int)place->meaning.len, (const char *)place->meaning.data);
		return;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_text(&cmd->out, "code", place->code);
	if (place->meaning.len != 0)
		wb_json_text(&cmd->out, "meaning", place->meaning);
	wb_json_close(&cmd->out);
}

static enum wb_status
list_places(struct wb_cmd *cmd, struct wb_arena *arena, struct wb_error *err)
{
	struct wb_places places;
	enum wb_status st;

	st = wb_annexes_places(&places, arena, &cmd->device, err);
	if (st != WB_OK)
		return st;
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_array(&cmd->out, "places");
	}
	for (size_t i = 0; i < places.place_count; i++)
		print_place(cmd, &places.places[i]);
	if (places.place_count == 0)
		wb_cmd_say(cmd, "No places are known here yet.\n");
	if (!cmd->json)
		return WB_OK;
	wb_json_close(&cmd->out);
	wb_json_close(&cmd->out);
	return wb_json_finish(&cmd->out, err);
}

static enum wb_status
run_list(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = list_places(cmd, &arena, err);
	wb_arena_clear(&arena);
	return st;
}

const struct wb_subcommand wb_cmd_places = {
	.help = {
		.name = "places",
		.group = "Team",
		.synopsis = "",
		.summary = "list the place codes that this device may know",
		.description =
		    "Coordinators see all, with what each code means. A field "
		    "device knows its own\ncodes and no meaning.",
		.examples = "waybill places",
	},
	.run = run_list,
};

/* -------------------------------------------------------------- adding */

struct adding {
	struct wb_change *change;
	struct wb_person *only; /* NULL: every field member */
	struct wb_span meaning;
	uint64_t added;
	uint64_t known;
	uint64_t faults; /* rows left out */
};

static enum wb_status
add_one(void *ctx, struct wb_span code, struct wb_error *err)
{
	struct adding *a = ctx;
	enum wb_status st;
	bool added;

	st = wb_change_add_place(&added, a->change, code, a->meaning, a->only,
	    err);
	if (st != WB_OK)
		return st;
	a->added += added;
	a->known += !added;
	return WB_OK;
}

/* All that a CSV of deliveries holds; bad rows are named and left out. */
static enum wb_status
add_from(struct wb_cmd *cmd, struct adding *a, const char *path,
    struct wb_error *err)
{
	struct wb_import_list list = { 0 };
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, WB_MAX_IMPORT);
	st = wb_cmd_read(&file, path, err);
	if (st == WB_OK)
		st = wb_import_places(&list, wb_bytes_span(&file), err);
	for (size_t i = 0; st == WB_OK && i < list.place_count; i++)
		st = add_one(a, list.places[i], err);
	for (size_t i = 0; st == WB_OK && i < list.fault_count; i++)
		wb_cmd_warn(cmd, "line %" PRIu64 ": %.*s", list.faults[i].line,
		    (int)list.faults[i].why.len,
		    (const char *)list.faults[i].why.data);
	a->faults = list.fault_count;
	wb_import_list_clear(&list);
	wb_bytes_clear(&file);
	return st;
}

/* --for LABEL: the person in the names annex. */
static enum wb_status
find_person(struct wb_person **out, struct wb_change *change,
    struct wb_span label, struct wb_error *err)
{
	const struct wb_member *m;

	*out = NULL;
	if (label.len == 0)
		return WB_OK;
	m = wb_roster_find_label(&change->roster, label);
	for (size_t i = 0; m != NULL && i < change->names.person_count; i++) {
		if (wb_key_equal(&change->names.people[i].key, &m->key))
			*out = &change->names.people[i];
	}
	if (*out == NULL || !wb_member_may(m, WB_ROLE_FIELD))
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"there is no field member called %.*s", (int)label.len,
			(const char *)label.data),
		    "no-such-label", "See: waybill people");
	return WB_OK;
}

static enum wb_status
add(struct wb_cmd *cmd, struct adding *a, struct wb_error *err)
{
	const char *from = wb_args_value(cmd->args, "from");
	enum wb_status st;

	st = find_person(&a->only, a->change, wb_cmd_option(cmd, "for"), err);
	if (st != WB_OK)
		return st;
	a->meaning = wb_cmd_option(cmd, "meaning");
	if (from != NULL)
		st = add_from(cmd, a, from, err);
	else
		st = add_one(a, wb_cmd_word(cmd, 0), err);
	if (st != WB_OK || a->added == 0)
		return st;
	return wb_change_apply(a->change, &cmd->device, err);
}

static enum wb_status
check_words(const struct wb_cmd *cmd, struct wb_error *err)
{
	bool from = wb_args_has(cmd->args, "from");

	if (from == (cmd->args->n_words != 0))
		return wb_fail(err, WB_USAGE,
		    "name a place, or a file with --from, not both");
	if (from && wb_args_has(cmd->args, "meaning"))
		return wb_fail(err, WB_USAGE,
		    "--meaning is for one place, not for a file of them");
	return WB_OK;
}

static enum wb_status
run_add(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_change change = { 0 };
	struct adding a = { .change = &change };
	enum wb_status st;

	st = check_words(cmd, err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_change_begin(&change, &cmd->device, err);
	if (st == WB_OK)
		st = add(cmd, &a, err);
	wb_change_clear(&change);
	if (st != WB_OK)
		return st;
	wb_cmd_print_added(cmd, "place", a.added, a.known);
	st = wb_cmd_sync_line(cmd, err);
	if (st == WB_OK && a.faults != 0)
		st = wb_fail(err, WB_PARTIAL,
		    "%" PRIu64 " rows were left out; the rest is taught",
		    a.faults);
	return st;
}

static const struct wb_option add_options[] = {
	{ "meaning", 0, false, "TEXT",
	    "what the code means; only coordinators can ever read it" },
	{ "for", 0, false, "LABEL", "known to this field member alone" },
	{ "from", 0, false, "FILE.csv",
	    "teach all that a file of deliveries "
	    "holds" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_places_add = {
	.help = {
		.name = "places add",
		.group = "Team",
		.synopsis = "CODE [--meaning TEXT] [--for LABEL] | --from "
			    "FILE.csv",
		.summary = "teach a place code, or all of a file",
		.description =
		    "Use codes, never addresses: a field device that is "
		    "searched shows its codes.\nEvery field member learns a "
		    "place unless --for narrows it.",
		.examples = "waybill places add S-12\n"
			    "waybill places add S-13 --for K7",
		.options = add_options,
		.max_words = 1,
	},
	.run = run_add,
};
