#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/saving.h"
#include "client/cmd/terminal.h"
#include "crypto/text.h"

#define CODE_LEN 16 /* bytes of a receipt code */
#define MAX_ANSWER 1024 /* bytes */
#define QUESTIONS 3

/* What the options say, before anything is unlocked. */
struct wish {
	enum wb_kind kind;
	enum wb_reason reason;
	uint32_t day;
	uint32_t expiry;
	uint32_t households;
	uint32_t people;
	uint8_t code[CODE_LEN];
};

static enum wb_status
read_count(uint32_t *out, struct wb_cmd *cmd, const char *option,
    struct wb_error *err)
{
	uint64_t n = 0;

	if (!wb_args_has(cmd->args, option))
		return WB_OK;
	if (wb_text_uint(&n, wb_cmd_option(cmd, option), 0, UINT32_MAX, err) !=
	    WB_OK)
		return wb_fail(err, WB_USAGE, "--%s: a whole number is needed",
		    option);
	*out = (uint32_t)n;
	return WB_OK;
}

static enum wb_status
read_kind(struct wish *w, struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	w->kind = WB_KIND_DELIVERED;
	if (wb_args_has(cmd->args, "kind"))
		st = wb_kind_parse(&w->kind, wb_cmd_option(cmd, "kind"), err);
	if (st != WB_OK) {
		err->status = WB_USAGE;
		return wb_context(err, WB_USAGE, "--kind");
	}
	if (w->kind != WB_KIND_LOST) {
		if (wb_args_has(cmd->args, "why"))
			return wb_fail(err, WB_USAGE,
			    "--why goes with --kind lost only");
		return WB_OK;
	}
	if (wb_reason_parse(&w->reason, wb_cmd_option(cmd, "why"), NULL) ==
		WB_OK &&
	    w->reason <= WB_REASON_ABANDONED)
		return WB_OK;
	return wb_fail(err, WB_USAGE,
	    "a loss needs --why damaged, expired, stolen, confiscated, "
	    "destroyed or abandoned");
}

static enum wb_status
read_wish(struct wish *w, struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st = read_kind(w, cmd, err);

	if (st == WB_OK)
		st = wb_cmd_date(&w->day, cmd, err);
	if (st == WB_OK && wb_args_has(cmd->args, "expiry"))
		st = wb_cmd_day(&w->expiry, "expiry",
		    wb_cmd_option(cmd, "expiry"), err);
	if (st == WB_OK)
		st = read_count(&w->households, cmd, "households", err);
	if (st == WB_OK)
		st = read_count(&w->people, cmd, "people", err);
	if (st == WB_OK && wb_args_has(cmd->args, "code") &&
	    wb_hex_parse(w->code, CODE_LEN, wb_cmd_option(cmd, "code"), NULL) !=
		WB_OK)
		st = wb_fail(err, WB_USAGE,
		    "--code: a receipt code has 32 digits, 0-9 and a-f");
	return st;
}

static enum wb_status
no_words(struct wb_error *err)
{
	return wb_fail(err, WB_USAGE,
	    "an item and its quantity are needed, as: waybill log rice "
	    "2.5sack S-12");
}

/* Is the newest of `n` answers one that can be saved? */
static enum wb_status
check_answer(struct wb_arena *arena, const struct wb_known *known,
    const struct wb_span *words, size_t n, const struct wb_span *unit,
    struct wb_error *err)
{
	const struct wb_typed typed = { words, n, unit };
	struct wb_goods goods = { .kind = WB_KIND_DELIVERED };
	struct wb_span place;

	if (n == 1)
		return wb_entry_check_name(known, words[0], err);
	return wb_entry_words(&goods, &place, arena, known, &typed, err);
}

/* Asks until the answer can be saved, or is nothing. */
static enum wb_status
ask_word(struct wb_span *words, size_t n, struct wb_cmd *cmd,
    struct wb_arena *arena, const struct wb_known *known,
    const struct wb_span *unit, struct wb_error *err)
{
	static const char *const questions[QUESTIONS] = { "Item: ",
		"Quantity and unit, as 2.5sack: ", "Place (or nothing): " };
	struct wb_error why = { 0 };
	struct wb_bytes answer;
	enum wb_status st;

	wb_bytes_init(&answer, MAX_ANSWER);
	for (;;) {
		wb_bytes_reset(&answer);
		st = wb_terminal_ask(&answer, questions[n], false, err);
		if (st == WB_OK)
			st = wb_arena_copy(&words[n], arena,
			    wb_bytes_span(&answer), err);
		if (st != WB_OK || answer.len == 0)
			break;
		if (check_answer(arena, known, words, n + 1, unit, &why) ==
		    WB_OK)
			break;
		wb_cmd_warn(cmd, "%s", why.text);
	}
	wb_bytes_clear(&answer);
	return st;
}

/* Item, quantity and place, one after the other; an empty place is none. */
static enum wb_status
ask_words(struct wb_span words[QUESTIONS], size_t *n, struct wb_cmd *cmd,
    struct wb_arena *arena, const struct wb_known *known,
    const struct wb_span *unit, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (*n = 0; *n < QUESTIONS; (*n)++) {
		st = ask_word(words, *n, cmd, arena, known, unit, err);
		if (st != WB_OK || words[*n].len == 0)
			break;
	}
	if (st == WB_LOCKED) /* nobody there to ask */
		return no_words(err);
	return st;
}

/* From the command line, or from questions where it has none. */
static enum wb_status
take_words(struct wb_cmd_saving *out, struct wb_cmd *cmd,
    struct wb_arena *arena, const struct wb_known *known, struct wb_error *err)
{
	struct wb_span words[WB_MAX_CLI_WORDS];
	struct wb_span given = wb_cmd_option(cmd, "unit");
	const struct wb_span *unit = wb_args_has(cmd->args, "unit") ? &given
								    : NULL;
	struct wb_typed typed = { words, cmd->args->n_words, unit };
	enum wb_status st = WB_OK;
	struct wb_span code;

	for (size_t i = 0; i < typed.count; i++)
		words[i] = wb_cmd_word(cmd, i);
	if (typed.count == 0)
		st = ask_words(words, &typed.count, cmd, arena, known, unit,
		    err);
	if (st == WB_OK)
		st = wb_entry_words(&out->goods, &code, arena, known, &typed,
		    err);
	if (st == WB_OK)
		wb_entry_set_place(&out->place, out->goods.kind, code);
	return st;
}

/* Options for all lines, and those for the whole. */
static enum wb_status
apply(struct wb_cmd_saving *out, struct wb_cmd *cmd, struct wb_arena *arena,
    const struct wish *w, struct wb_error *err)
{
	struct wb_span lot;
	enum wb_status st;

	st = wb_entry_text(&lot, arena, wb_cmd_option(cmd, "lot"), "the lot",
	    err);
	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < out->goods.line_count; i++) {
		out->goods.lines[i].lot = lot;
		out->goods.lines[i].expiry_day = w->expiry;
	}
	out->goods.day = w->day;
	out->goods.reason = w->reason;
	out->place.households = w->households;
	out->place.people = w->people;
	if (wb_args_has(cmd->args, "code"))
		out->place.code = wb_span(w->code, CODE_LEN);
	st = wb_entry_text(&out->goods.reference, arena,
	    wb_cmd_option(cmd, "mission"), "the mission", err);
	return st == WB_OK ? wb_entry_note(&out->place.note, arena,
				 wb_cmd_option(cmd, "note"), err)
			   : st;
}

static enum wb_status
enter(struct wb_cmd *cmd, const struct wish *w, struct wb_arena *arena,
    struct wb_error *err)
{
	struct wb_cmd_saving record = { .goods.kind = w->kind };
	struct wb_known known;
	enum wb_status st;

	st = wb_cmd_known(&known, arena, &cmd->device, err);
	if (st == WB_OK)
		st = take_words(&record, cmd, arena, &known, err);
	if (st == WB_OK)
		st = apply(&record, cmd, arena, w, err);
	if (st == WB_OK)
		st = wb_cmd_save(&cmd->device, &record, 1, err);
	if (st == WB_OK)
		wb_cmd_tell_new(cmd, &known, &record);
	return st == WB_OK ? wb_cmd_print_saved(cmd, &record, err) : st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wish wish = { .kind = WB_KIND_DELIVERED };
	struct wb_arena arena;
	enum wb_status st;

	if (cmd->args->n_words == 1 ||
	    (cmd->args->n_words == 0 && cmd->no_input))
		return no_words(err);
	st = read_wish(&wish, cmd, err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st != WB_OK)
		return st;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = enter(cmd, &wish, &arena, err);
	wb_arena_clear(&arena);
	return st;
}

static const struct wb_option options[] = {
	{ "kind", 0, false, "KIND",
	    "received, delivered (default), transferred, returned, lost, "
	    "counted or confirmed" },
	{ "why", 0, false, "REASON",
	    "of a loss: damaged, expired, stolen, confiscated, destroyed or "
	    "abandoned" },
	{ "date", 0, false, "DAY", "when it happened (default: today)" },
	{ "unit", 0, false, "UNIT", "for quantities written without a unit" },
	{ "mission", 0, false, "TEXT", "the consignment or mission" },
	{ "lot", 0, false, "TEXT", "the goods' lot" },
	{ "expiry", 0, false, "DAY", "the day on which the goods expire" },
	{ "households", 0, false, "N", "households reached" },
	{ "people", 0, false, "N", "people reached" },
	{ "code", 0, false, "CODE", "the receiver's receipt code, 32 digits" },
	{ "note", 0, false, "TEXT", "anything else; names endanger people" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_log = {
	.help = {
		.name = "log",
		.group = "Every day",
		.synopsis = "[ITEM QTY[UNIT] [PLACE]]",
		.summary = "save one delivery, or whatever else happened",
		.description =
		    "Works without a connection. Quantity and unit are "
		    "written together, as\n2.5sack; an item known in one unit "
		    "needs none. Several items go before one\nplace. Items "
		    "and places are those that the coordinators taught. "
		    "Without words,\nit asks; do it so where your shell keeps "
		    "a history of what you type.\n\"Saved\" is printed when "
		    "the record is safe on the disk.",
		.examples =
		    "waybill log rice 2.5sack S-12\n"
		    "waybill log rice 2sack beans 10kg S-12 --date 2026-03-01\n"
		    "waybill log insulin 3vial --kind lost --why stolen",
		.options = options,
		.max_words = WB_CLI_ANY,
	},
	.unchanged = "Nothing was saved.",
	.run = run,
};
