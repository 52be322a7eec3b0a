/*
 * From a person's words to a record: what an item, a unit, a quantity and a
 * place may be, what to say when they are not, and how one record corrects or
 * repeats another.  Pure: knows no device and no file.
 */
#ifndef WB_CLIENT_LEDGER_ENTRY_H
#define WB_CLIENT_LEDGER_ENTRY_H

#include "base/arena.h"
#include "proto/record.h"
#include "proto/record_annex.h"

/* What is known here, and whether anything else is taken too. */
struct wb_known {
	struct wb_catalogue catalogue;
	struct wb_places places;
	bool open; /* a coordinator, or the programme's open catalogue */
};

/* Does the catalogue have this item in this unit?  Bytes are compared. */
bool wb_known_item(const struct wb_known *known, struct wb_span item,
    struct wb_span unit);
bool wb_known_place(const struct wb_known *known, struct wb_span code);

/* WB_NOT_FOUND, ids "unknown-item" and "unknown-unit" with what is known and
 * is near; always WB_OK where anything is taken. */
WB_MUST_CHECK enum wb_status wb_entry_check_item(const struct wb_known *known,
    struct wb_span item, struct wb_span unit, struct wb_error *err);
/* Of the name alone: is it known in any unit? */
WB_MUST_CHECK enum wb_status wb_entry_check_name(const struct wb_known *known,
    struct wb_span item, struct wb_error *err);
/* The same for a place: id "unknown-place". */
WB_MUST_CHECK enum wb_status wb_entry_check_place(const struct wb_known *known,
    struct wb_span code, struct wb_error *err);

/*
 * Brings a short text to form C, in the arena.  WB_INVALID: what
 * wb_text_check_short refuses; `what` names it ("the item").
 */
WB_MUST_CHECK enum wb_status wb_entry_text(struct wb_span *out,
    struct wb_arena *arena, struct wb_span in, const char *what,
    struct wb_error *err);

/* The same for a note: at most WB_MAX_NOTE_TEXT bytes, which may have lines. */
WB_MUST_CHECK enum wb_status wb_entry_note(struct wb_span *out,
    struct wb_arena *arena, struct wb_span in, struct wb_error *err);

/*
 * Splits "2.5sack" after its last digit: 2500 thousandths, "sack" (a view into
 * `word`; blanks before it are no part of it).  WB_USAGE.
 */
WB_MUST_CHECK enum wb_status wb_entry_quantity(uint64_t *out,
    struct wb_span *unit, struct wb_span word, struct wb_error *err);

/* What somebody typed. */
struct wb_typed {
	const struct wb_span *words;
	size_t count;
	const struct wb_span *unit; /* for quantities without; NULL: none */
};

/*
 * Reads "ITEM QTY[UNIT]" as often as there are pairs, then a PLACE if one word
 * is left, into the lines and *place (empty: none).  Where no unit was typed an
 * item known in one unit takes that.  WB_USAGE: words that cannot be such; else
 * as the checks above.
 */
WB_MUST_CHECK enum wb_status wb_entry_words(struct wb_goods *goods,
    struct wb_span *place, struct wb_arena *arena, const struct wb_known *known,
    const struct wb_typed *typed, struct wb_error *err);

/*
 * Puts the one place that people name where the kind has it: what is returned
 * or lost comes from it, all else is there or goes there.
 */
void wb_entry_set_place(struct wb_place *out, enum wb_kind kind,
    struct wb_span code);
/* The place that people mean: where it went, or else where it came from. */
struct wb_span wb_entry_place(const struct wb_place *place);

/* The void of a record: its kind and lines, today's day, a reason. */
struct wb_goods wb_entry_void(const struct wb_goods *of,
    const struct wb_hash *id, uint32_t day, enum wb_reason reason);
/* The same once more on another day. */
struct wb_goods wb_entry_repeat(const struct wb_goods *of, uint32_t day);

/*
 * Reads a record's number: "K7-142", "K7-0142", or "142" alone, where *label
 * is empty.  WB_USAGE.
 */
WB_MUST_CHECK enum wb_status wb_entry_id(struct wb_span *label,
    uint64_t *number, struct wb_span text, struct wb_error *err);
/* Letters ignore case. */
bool wb_entry_same_label(struct wb_span a, struct wb_span b);

#endif
