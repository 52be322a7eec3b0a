#include "proto/record.h"

#include <string.h>

#include "base/text.h"
#include "crypto/padding.h"
#include "crypto/part.h"
#include "proto/codec.h"
#include "proto/record.pb-c.h"

#define MAX_PART (2 * WB_MAX_RECORD + 1024)

static const struct {
	const char *plain;
	const char *voided;
} kinds[] = {
	[WB_KIND_RECEIVED] = { "received", "void-received" },
	[WB_KIND_DELIVERED] = { "delivered", "void-delivered" },
	[WB_KIND_TRANSFERRED] = { "transferred", "void-transferred" },
	[WB_KIND_RETURNED] = { "returned", "void-returned" },
	[WB_KIND_LOST] = { "lost", "void-lost" },
	[WB_KIND_COUNTED] = { "counted", "void-counted" },
	[WB_KIND_CONFIRMED] = { "confirmed", "void-confirmed" },
};

static const struct {
	enum wb_reason reason;
	const char *text;
} reasons[] = {
	{ WB_REASON_DAMAGED, "damaged" },
	{ WB_REASON_EXPIRED, "expired" },
	{ WB_REASON_STOLEN, "stolen" },
	{ WB_REASON_CONFISCATED, "confiscated" },
	{ WB_REASON_DESTROYED, "destroyed" },
	{ WB_REASON_ABANDONED, "abandoned" },
	{ WB_REASON_MISTYPED, "mistyped" },
	{ WB_REASON_WRONG_PLACE, "wrong-place" },
	{ WB_REASON_COUNTED_AGAIN, "counted-again" },
	{ WB_REASON_OTHER, "other" },
};

#define KINDS (sizeof kinds / sizeof kinds[0])
#define REASONS (sizeof reasons / sizeof reasons[0])

const char *
wb_kind_text(enum wb_kind kind, bool is_void)
{
	return is_void ? kinds[kind].voided : kinds[kind].plain;
}

enum wb_status
wb_kind_parse(enum wb_kind *out, struct wb_span text, struct wb_error *err)
{
	for (size_t i = WB_KIND_RECEIVED; i < KINDS; i++) {
		if (wb_span_equal(text, wb_span_text(kinds[i].plain))) {
			*out = (enum wb_kind)i;
			return WB_OK;
		}
	}
	return wb_fail(err, WB_INVALID,
	    "\"%.*s\" is no kind of record; there are received, delivered, "
	    "transferred, returned, lost, counted and confirmed",
	    (int)(text.len < 40 ? text.len : 40), (const char *)text.data);
}

const char *
wb_reason_text(enum wb_reason reason)
{
	for (size_t i = 0; i < REASONS; i++)
		if (reasons[i].reason == reason)
			return reasons[i].text;
	return "";
}

enum wb_status
wb_reason_parse(enum wb_reason *out, struct wb_span text, struct wb_error *err)
{
	for (size_t i = 0; i < REASONS; i++) {
		if (wb_span_equal(text, wb_span_text(reasons[i].text))) {
			*out = reasons[i].reason;
			return WB_OK;
		}
	}
	return wb_fail(err, WB_INVALID,
	    "\"%.*s\" is no reason; a loss is damaged, expired, stolen, "
	    "confiscated, destroyed or abandoned, a void mistyped, "
	    "wrong-place, counted-again or other",
	    (int)(text.len < 40 ? text.len : 40), (const char *)text.data);
}

static void
check_line(struct wb_codec *c, const struct wb_line *l)
{
	wb_codec_rule_text(c, l->item, 1, WB_MAX_SHORT_TEXT, "an item");
	wb_codec_rule_text(c, l->unit, 0, WB_MAX_SHORT_TEXT, "a unit");
	wb_codec_rule(c, l->quantity >= 1 && l->quantity <= WB_QUANTITY_MAX,
	    "a quantity is out of range");
	wb_codec_rule_text(c, l->lot, 0, WB_MAX_SHORT_TEXT, "a lot");
	wb_codec_rule(c, l->expiry_day <= WB_MAX_DAY,
	    "an expiry date is out of range");
	wb_codec_rule_text(c, l->detail, 0, WB_MAX_SHORT_TEXT, "a detail");
}

/* A void has a void's reason, a loss a loss's, all others none. */
static bool
reason_fits(const struct wb_goods *g)
{
	if (g->is_void)
		return g->reason >= WB_REASON_MISTYPED &&
		       g->reason <= WB_REASON_OTHER;
	if (g->kind == WB_KIND_LOST)
		return g->reason >= WB_REASON_DAMAGED &&
		       g->reason <= WB_REASON_ABANDONED;
	return g->reason == WB_REASON_NONE;
}

static void
check_goods(struct wb_codec *c, const struct wb_goods *g)
{
	wb_codec_rule(c, g->kind >= WB_KIND_RECEIVED && g->kind < KINDS,
	    "the kind is unknown");
	wb_codec_rule(c, g->day >= 1 && g->day <= WB_MAX_DAY,
	    "the day is missing or out of range");
	wb_codec_rule(c, g->line_count >= 1 && g->line_count <= WB_MAX_LINES,
	    "no line, or too many");
	for (size_t i = 0; c->status == WB_OK && i < g->line_count; i++)
		check_line(c, &g->lines[i]);
	wb_codec_rule(c, wb_hash_is_zero(&g->amends) != g->is_void,
	    "a void, and nothing else, names the record it amends");
	wb_codec_rule(c, reason_fits(g), "the reason does not fit the kind");
	wb_codec_rule_text(c, g->reference, 0, WB_MAX_SHORT_TEXT,
	    "the reference");
}

static void
put_line(struct wb_codec *c, Waybill__Line *m, const struct wb_line *in)
{
	m->item = wb_codec_put_text(c, in->item);
	m->unit = wb_codec_put_text(c, in->unit);
	m->quantity = in->quantity;
	m->lot = wb_codec_put_text(c, in->lot);
	m->expiry_day = in->expiry_day;
	m->detail = wb_codec_put_text(c, in->detail);
}

enum wb_status
wb_goods_encode(struct wb_bytes *out, const struct wb_goods *goods,
    struct wb_error *err)
{
	Waybill__Goods m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "record", err);

	waybill__goods__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_goods(&c, goods);
	m.kind = (Waybill__Kind)((int)goods->kind +
				 (goods->is_void ? WB_KIND_VOID : 0));
	m.day = goods->day;
	m.lines = wb_codec_messages(&c, &m.n_lines, goods->line_count,
	    &waybill__line__descriptor);
	for (size_t i = 0; i < m.n_lines; i++)
		put_line(&c, m.lines[i], &goods->lines[i]);
	m.amends = wb_codec_put(goods->amends.b, WB_HASH_LEN);
	m.reason = (Waybill__Reason)goods->reason;
	m.reference = wb_codec_put_text(&c, goods->reference);
	wb_codec_pack(&c, out, &m.base, WB_MAX_RECORD);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_line(struct wb_line *out, const Waybill__Line *m)
{
	out->item = wb_codec_get_text(m->item);
	out->unit = wb_codec_get_text(m->unit);
	out->quantity = m->quantity;
	out->lot = wb_codec_get_text(m->lot);
	out->expiry_day = m->expiry_day;
	out->detail = wb_codec_get_text(m->detail);
}

static void
get_kind(struct wb_goods *out, int kind)
{
	out->is_void = kind > WB_KIND_VOID;
	out->kind = (enum wb_kind)(out->is_void ? kind - WB_KIND_VOID : kind);
}

enum wb_status
wb_goods_decode(struct wb_goods *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "record", err);
	struct wb_goods goods = { 0 };
	const Waybill__Goods *m;

	m = wb_codec_unpack(&c, &waybill__goods__descriptor, bytes,
	    WB_MAX_RECORD);
	if (m == NULL)
		return c.status;
	get_kind(&goods, (int)m->kind);
	goods.day = m->day;
	goods.lines = wb_codec_array(&c, &goods.line_count, m->n_lines,
	    sizeof *goods.lines);
	for (size_t i = 0; i < goods.line_count; i++)
		get_line(&goods.lines[i], m->lines[i]);
	wb_codec_get_hash(&c, &goods.amends, m->amends, "the record amended");
	goods.reason = (enum wb_reason)m->reason;
	goods.reference = wb_codec_get_text(m->reference);
	check_goods(&c, &goods);
	if (c.status == WB_OK)
		*out = goods;
	return c.status;
}

static void
check_place(struct wb_codec *c, const struct wb_place *p)
{
	wb_codec_rule(c, p->number != 0, "the record's number is missing");
	wb_codec_rule_text(c, p->from, 0, WB_MAX_SHORT_TEXT, "the origin");
	wb_codec_rule_text(c, p->to, 0, WB_MAX_SHORT_TEXT, "the destination");
	wb_codec_rule(c, p->code.len == 0 || p->code.len == WB_RECEIPT_CODE_LEN,
	    "the receipt code has a wrong length");
	wb_codec_rule_long(c, p->note, WB_MAX_NOTE_TEXT, true, "the note");
}

enum wb_status
wb_place_encode(struct wb_bytes *out, const struct wb_place *place,
    struct wb_error *err)
{
	Waybill__Place m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "record's place", err);

	waybill__place__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_place(&c, place);
	m.number = place->number;
	m.from = wb_codec_put_text(&c, place->from);
	m.to = wb_codec_put_text(&c, place->to);
	m.households = place->households;
	m.people = place->people;
	m.code = wb_codec_put_span(place->code);
	m.note = wb_codec_put_text(&c, place->note);
	wb_codec_pack(&c, out, &m.base, WB_MAX_RECORD);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_place_decode(struct wb_place *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "record's place", err);
	struct wb_place place = { 0 };
	const Waybill__Place *m;

	m = wb_codec_unpack(&c, &waybill__place__descriptor, bytes,
	    WB_MAX_RECORD);
	if (m == NULL)
		return c.status;
	place.number = m->number;
	place.from = wb_codec_get_text(m->from);
	place.to = wb_codec_get_text(m->to);
	place.households = m->households;
	place.people = m->people;
	place.code = wb_codec_get_span(m->code);
	place.note = wb_codec_get_text(m->note);
	check_place(&c, &place);
	if (c.status == WB_OK)
		*out = place;
	return c.status;
}

static void
check_part(struct wb_codec *c, struct wb_span goods, struct wb_span place)
{
	wb_codec_rule(c, goods.len >= 1 && goods.len <= WB_MAX_RECORD,
	    "the goods are missing or too large");
	wb_codec_rule(c, place.len >= 1 && place.len <= WB_MAX_RECORD,
	    "the place is missing or too large");
}

/* The padding that a message without any must have. */
static size_t
part_padding(const Waybill__Part *m)
{
	return wb_pad_field_to_step(waybill__part__get_packed_size(m),
	    WB_PART_STEP);
}

enum wb_status
wb_part_encode(struct wb_bytes *out, struct wb_span goods, struct wb_span place,
    struct wb_error *err)
{
	static const uint8_t zeros[4 * WB_PART_STEP];
	struct wb_codec c = wb_codec_begin(NULL, "record's part", err);
	Waybill__Part m;

	waybill__part__init(&m);
	check_part(&c, goods, place);
	m.goods = wb_codec_put_span(goods);
	m.place = wb_codec_put_span(place);
	m.padding = wb_codec_put_span(
	    wb_span_sub(wb_span(zeros, sizeof zeros), 0, part_padding(&m)));
	wb_codec_pack(&c, out, &m.base, MAX_PART);
	return c.status;
}

enum wb_status
wb_part_decode(struct wb_span *goods, struct wb_span *place,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "record's part", err);
	ProtobufCBinaryData padding;
	Waybill__Part *m;

	m = wb_codec_unpack(&c, &waybill__part__descriptor, bytes, MAX_PART);
	if (m == NULL)
		return c.status;
	padding = m->padding;
	m->padding = wb_codec_put_span(wb_span(NULL, 0));
	wb_codec_rule_padding(&c, padding, part_padding(m));
	check_part(&c, wb_codec_get_span(m->goods),
	    wb_codec_get_span(m->place));
	if (c.status != WB_OK)
		return c.status;
	*goods = wb_codec_get_span(m->goods);
	*place = wb_codec_get_span(m->place);
	return WB_OK;
}
