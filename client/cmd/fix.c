#include "client/cmd/commands.h"
#include "client/cmd/saving.h"

/* What the options say. */
struct wish {
	enum wb_reason reason;
	bool void_only;
	bool any_id; /* an id was given */
	uint32_t day; /* the right one; 0: as it was */
	struct wb_span label;
	uint64_t number;
};

static enum wb_status
read_reason(struct wish *w, struct wb_cmd *cmd, struct wb_error *err)
{
	w->reason = WB_REASON_MISTYPED;
	if (!wb_args_has(cmd->args, "why"))
		return WB_OK;
	if (wb_reason_parse(&w->reason, wb_cmd_option(cmd, "why"), NULL) ==
		WB_OK &&
	    w->reason >= WB_REASON_MISTYPED)
		return WB_OK;
	return wb_fail(err, WB_USAGE,
	    "--why: a correction is mistyped, wrong-place, counted-again or "
	    "other");
}

static enum wb_status
read_wish(struct wish *w, struct wb_cmd *cmd, struct wb_error *err)
{
	bool change = wb_args_has(cmd->args, "qty") ||
		      wb_args_has(cmd->args, "item") ||
		      wb_args_has(cmd->args, "date") ||
		      wb_args_has(cmd->args, "place");
	enum wb_status st;

	w->void_only = wb_args_has(cmd->args, "void");
	if (change == w->void_only) {
		return wb_fail(err, WB_USAGE,
		    "say what is to change: --qty, --item, --place, "
		    "--date; or --void "
		    "to take the record back");
	}
	st = read_reason(w, cmd, err);
	if (st == WB_OK && wb_args_has(cmd->args, "date"))
		st = wb_cmd_date(&w->day, cmd, err);
	w->any_id = cmd->args->n_words != 0;
	if (st != WB_OK || !w->any_id)
		return st;
	return wb_entry_id(&w->label, &w->number, wb_cmd_word(cmd, 0), err);
}

/*
 * The record as it was.  What this device cannot read, the person says again
 * after the number; whoever opens the void checks that it is the same.
 */
static enum wb_status
find_old(struct wb_record *old, struct wb_cmd *cmd, const struct wish *w,
    struct wb_arena *arena, const struct wb_known *known, struct wb_error *err)
{
	struct wb_span words[WB_MAX_CLI_WORDS], place;
	size_t n = cmd->args->n_words;
	enum wb_status st;

	if (w->any_id) {
		st = wb_records_find(old, arena, &cmd->device, w->label,
		    w->number, err);
	} else {
		st = wb_records_last(old, arena, &cmd->device, err);
	}
	if (st != WB_OK)
		return st;
	if (old->readable && n > 1) {
		return wb_fail(err, WB_USAGE,
		    "this device knows what the record said: give its number "
		    "alone");
	}
	if (old->readable || n < 3)
		return wb_records_need_readable(old, &cmd->device, err);
	for (size_t i = 1; i < n; i++)
		words[i - 1] = wb_cmd_word(cmd, i);
	st = wb_entry_words(&old->goods, &place, arena, known,
	    &(const struct wb_typed){ .words = words, .count = n - 1 }, err);
	old->goods.kind = WB_KIND_DELIVERED;
	if (st == WB_OK && wb_args_has(cmd->args, "kind"))
		st = wb_kind_parse(&old->goods.kind, wb_cmd_option(cmd, "kind"),
		    err);
	if (st == WB_OK)
		wb_entry_set_place(&old->place, old->goods.kind, place);
	old->goods.day = old->day;
	return st;
}

static enum wb_status
check_old(const struct wb_record *old, struct wb_error *err)
{
	char id[WB_RECORD_ID_TEXT];

	(void)wb_cmd_record_id(id, old->label, old->number);
	if (old->goods.is_void) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"%s takes another record back; it cannot be corrected",
			id),
		    "is-void", "Save what is right: waybill log");
	}
	if (old->voided) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED, "%s is corrected already", id),
		    "voided", "See which: waybill list");
	}
	return WB_OK;
}

/* The one line of `goods`, copied so that the void keeps what was said. */
static enum wb_status
change_line(struct wb_goods *goods, struct wb_cmd *cmd, struct wb_arena *arena,
    const struct wb_known *known, struct wb_error *err)
{
	bool item = wb_args_has(cmd->args, "item");
	bool qty = wb_args_has(cmd->args, "qty");
	struct wb_line *line;
	struct wb_span unit = { NULL, 0 };
	enum wb_status st = WB_OK;

	if (!item && !qty)
		return WB_OK;
	if (goods->line_count != 1) {
		return wb_fail(err, WB_USAGE,
		    "the record has %zu lines: take it back with --void and "
		    "save what is right with log",
		    goods->line_count);
	}
	line = wb_arena_alloc(arena, sizeof *line);
	if (line == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	*line = goods->lines[0];
	goods->lines = line;
	if (item)
		st = wb_entry_text(&line->item, arena,
		    wb_cmd_option(cmd, "item"), "the item", err);
	if (st == WB_OK && qty)
		st = wb_entry_quantity(&line->quantity, &unit,
		    wb_cmd_option(cmd, "qty"), err);
	if (st == WB_OK && unit.len != 0)
		st = wb_entry_text(&line->unit, arena, unit, "the unit", err);
	if (st != WB_OK)
		return st;
	return wb_entry_check_item(known, line->item, line->unit, err);
}

static enum wb_status
change_place(struct wb_cmd_saving *made, struct wb_cmd *cmd,
    struct wb_arena *arena, const struct wb_known *known, struct wb_error *err)
{
	struct wb_span code;
	enum wb_status st;

	if (!wb_args_has(cmd->args, "place"))
		return WB_OK;
	st = wb_entry_text(&code, arena, wb_cmd_option(cmd, "place"),
	    "the place", err);
	if (st == WB_OK)
		st = wb_entry_check_place(known, code, err);
	if (st == WB_OK)
		wb_entry_set_place(&made->place, made->goods.kind, code);
	return st;
}

/*
 * The device does not learn of it: its own correction would take the record
 * back a second time, and be disputed with all that went with it.
 */
static void
warn_of_others(struct wb_cmd *cmd, const struct wb_record *old)
{
	const struct wb_member *self = cmd->device.self;

	if (self != NULL && !wb_span_equal(old->label, self->label)) {
		wb_cmd_warn(cmd,
		    "tell the keeper of %.*s not to correct it there too: a "
		    "second correction is disputed, and none that is sent with "
		    "it is counted.",
		    (int)old->label.len, (const char *)old->label.data);
	}
}

/* The void first: it has the smaller number. */
static enum wb_status
correct(struct wb_cmd *cmd, const struct wish *w, struct wb_arena *arena,
    struct wb_error *err)
{
	struct wb_cmd_saving made[2] = { { .goods.day = 0 } };
	struct wb_known known;
	struct wb_record old;
	enum wb_status st;

	st = wb_cmd_known(&known, arena, &cmd->device, err);
	if (st == WB_OK)
		st = find_old(&old, cmd, w, arena, &known, err);
	if (st == WB_OK)
		st = check_old(&old, err);
	if (st != WB_OK)
		return st;
	made[0].goods = wb_entry_void(&old.goods, &old.id,
	    wb_clock_today(cmd->clock), w->reason);
	made[0].place.from = old.place.from;
	made[0].place.to = old.place.to;
	made[1].goods = old.goods;
	made[1].place = old.place;
	if (w->day != 0)
		made[1].goods.day = w->day;
	if (!w->void_only)
		st = change_line(&made[1].goods, cmd, arena, &known, err);
	if (st == WB_OK)
		st = change_place(&made[1], cmd, arena, &known, err);
	if (st == WB_OK)
		st = wb_cmd_save(&cmd->device, made, w->void_only ? 1 : 2, err);
	if (st != WB_OK)
		return st;
	warn_of_others(cmd, &old);
	if (!w->void_only)
		wb_cmd_tell_new(cmd, &known, &made[1]);
	return wb_cmd_print_fixed(cmd, &old, made, w->void_only ? 1 : 2, err);
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wish wish = { .number = 0 };
	struct wb_arena arena;
	enum wb_status st = read_wish(&wish, cmd, err);

	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = correct(cmd, &wish, &arena, err);
	wb_arena_clear(&arena);
	return st;
}

static const struct wb_option options[] = {
	{ "qty", 0, false, "QTY[UNIT]", "the right quantity" },
	{ "item", 0, false, "ITEM", "the right item" },
	{ "place", 0, false, "PLACE", "the right place" },
	{ "date", 0, false, "DAY", "the right day" },
	{ "void", 0, false, NULL, "take the record back; nothing replaces it" },
	{ "why", 0, false, "REASON",
	    "mistyped (default), wrong-place, counted-again or other" },
	{ "kind", 0, false, "KIND",
	    "what a record was that this device cannot read" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_fix = {
	.help = {
		.name = "fix",
		.group = "Every day",
		.synopsis = "[ID] --qty|--item|--place|--date|--void [--why REASON]",
		.summary = "correct a record: the last, or the one named",
		.description =
		    "Nothing is rewritten: the record is voided and a new one "
		    "saved, both at once.\nA coordinator may correct records "
		    "of others. Where this device cannot read its\nrecord "
		    "any more, say after the number what it said.",
		.examples = "waybill fix --qty 3sack\n"
			    "waybill fix K7-142 --void --why counted-again\n"
			    "waybill fix 142 rice 2.5sack S-12 --place S-13",
		.options = options,
		.max_words = WB_CLI_ANY,
	},
	.unchanged = "Nothing was saved.",
	.run = run,
};
