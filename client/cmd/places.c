#include "client/cmd/commands.h"
#include "client/cmd/teach.h"
#include "client/team/annexes.h"

/* Whose own a place is; `each` is called with every label. */
static void
for_each_keeper(struct wb_cmd *cmd, const struct wb_names *names,
    struct wb_span code, void (*each)(struct wb_cmd *cmd, struct wb_span label))
{
	const struct wb_member *m;

	for (size_t i = 0; i < names->person_count; i++) {
		const struct wb_person *person = &names->people[i];

		m = wb_roster_find(&cmd->device.roster, &person->key);
		for (size_t k = 0; m != NULL && k < person->place_count; k++) {
			if (wb_span_equal(person->places[k], code))
				each(cmd, m->label);
		}
	}
}

static void
put_label(struct wb_cmd *cmd, struct wb_span label)
{
	wb_json_text(&cmd->out, NULL, label);
}

static void
print_label(struct wb_cmd *cmd, struct wb_span label)
{
	wb_cmd_print(cmd, "\tfor %.*s", (int)label.len,
	    (const char *)label.data);
}

/* `names` is empty where this device is no coordinator's. */
static void
print_place(struct wb_cmd *cmd, const struct wb_place_code *place,
    const struct wb_names *names)
{
	if (!cmd->json) {
		wb_cmd_print(cmd, "%.*s%s%.*s", (int)place->code.len,
		    (const char *)place->code.data,
		    place->meaning.len == 0 ? "" : "\t",
		    (int)place->meaning.len, (const char *)place->meaning.data);
		for_each_keeper(cmd, names, place->code, print_label);
		wb_cmd_print(cmd, "\n");
		return;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_text(&cmd->out, "code", place->code);
	if (place->meaning.len != 0)
		wb_json_text(&cmd->out, "meaning", place->meaning);
	if (names->person_count != 0) {
		wb_json_array(&cmd->out, "for");
		for_each_keeper(cmd, names, place->code, put_label);
		wb_json_close(&cmd->out);
	}
	wb_json_close(&cmd->out);
}

static enum wb_status
list_places(size_t *count, struct wb_cmd *cmd, struct wb_arena *arena,
    struct wb_error *err)
{
	struct wb_places places;
	struct wb_names names;
	enum wb_status st;

	st = wb_annexes_places(&places, arena, &cmd->device, err);
	if (st != WB_OK)
		return st;
	st = wb_annexes_names(&names, arena, &cmd->device, err);
	if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < places.place_count; i++)
		print_place(cmd, &places.places[i], &names);
	*count = places.place_count;
	return WB_OK;
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
	if (*out == NULL || !wb_member_may(m, WB_ROLE_FIELD)) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"there is no field member called %.*s", (int)label.len,
			(const char *)label.data),
		    "no-such-label", "See: waybill people");
	}
	return WB_OK;
}

static enum wb_status
add_one(struct wb_teaching *t, struct wb_span code, struct wb_person *only,
    struct wb_error *err)
{
	bool added;
	enum wb_status st = wb_change_add_place(&added, &t->change, code,
	    wb_cmd_option(t->cmd, "meaning"), only, err);

	if (st == WB_OK)
		wb_teach_count(t, added);
	return st;
}

static enum wb_status
add_line(struct wb_teaching *t, struct wb_error *err)
{
	struct wb_person *only;
	enum wb_status st = find_person(&only, &t->change,
	    wb_cmd_option(t->cmd, "for"), err);

	return st == WB_OK ? add_one(t, wb_cmd_word(t->cmd, 0), only, err) : st;
}

static enum wb_status
add_file(struct wb_teaching *t, struct wb_import_list *list, struct wb_span csv,
    struct wb_error *err)
{
	struct wb_person *only;
	enum wb_status st;

	if (wb_args_has(t->cmd->args, "meaning"))
		return wb_fail(err, WB_USAGE,
		    "--meaning is for one place, not for a file of them");
	st = find_person(&only, &t->change, wb_cmd_option(t->cmd, "for"), err);
	if (st == WB_OK)
		st = wb_import_places(list, csv, err);
	for (size_t i = 0; st == WB_OK && i < list->place_count; i++)
		st = add_one(t, list->places[i], only, err);
	return st;
}

static const struct wb_taught places_taught = {
	.one = "place",
	.many = "places",
	.list = list_places,
	.line = add_line,
	.file = add_file,
};

static enum wb_status
run_list(struct wb_cmd *cmd, struct wb_error *err)
{
	return wb_teach_list(cmd, &places_taught, err);
}

const struct wb_subcommand wb_cmd_places = {
	.help = {
		.name = "places",
		.group = "Team",
		.synopsis = "",
		.summary = "list the place codes that this device may know",
		.description =
		    "Coordinators see all, with what each code means and for "
		    "whom alone it is. A field\ndevice knows its own codes "
		    "and no meaning.",
		.examples = "waybill places",
	},
	.run = run_list,
};

static enum wb_status
run_add(struct wb_cmd *cmd, struct wb_error *err)
{
	return wb_teach_add(cmd, &places_taught, err);
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
		    "place unless --for narrows it; taught again without\n"
		    "--for, a narrowed place is everybody's.",
		.examples = "waybill places add S-12\n"
			    "waybill places add S-13 --for K7",
		.options = add_options,
		.max_words = 1,
	},
	.unchanged = "Nothing was changed.",
	.run = run_add,
};
