/* What one record adds, and whether the records before it let it. */
#include "base/array.h"
#include "client/audit/audit_totals_private.h"

#define LOOK_BACK 64 /* terms of the same batch that may take one more */

/* ---- batches, records and measures by their ids */

static enum wb_status
find_record(struct wb_audit_record **out, struct wb_audit_totals *t,
    const struct wb_hash *id, struct wb_error *err)
{
	uint32_t known = t->record_ids.count, number;
	struct wb_audit_record *records;
	enum wb_status st;

	*out = NULL;
	if (known == t->record_ids.max &&
	    wb_idset_find(&t->record_ids, id) == WB_IDSET_NONE)
		return WB_OK;
	records = wb_array_reserve(t->records, &t->record_room,
	    (size_t)known + 1, SIZE_MAX, sizeof *records);
	if (records == NULL)
		return wb_no_memory(err);
	t->records = records;
	st = wb_idset_add(&number, &t->record_ids, id, err);
	if (st != WB_OK)
		return st;
	*out = &t->records[number];
	if (number == known)
		**out = (struct wb_audit_record){ .batch = WB_IDSET_NONE };
	return WB_OK;
}

/* *number is WB_IDSET_NONE with WB_OK: no more are remembered. */
static enum wb_status
find_measure(uint32_t *number, struct wb_audit_totals *t,
    const struct wb_line *line, struct wb_error *err)
{
	const struct wb_span parts[] = { line->item, wb_span("", 1),
		line->unit };
	uint32_t known = t->measure_ids.count;
	struct wb_audit_measure *m;
	struct wb_hash id;
	enum wb_status st;

	wb_sha256(&id, parts, 3);
	*number = wb_idset_find(&t->measure_ids, &id);
	if (*number != WB_IDSET_NONE || known == t->measure_ids.max)
		return WB_OK;
	m = wb_array_reserve(t->measures, &t->measure_room, (size_t)known + 1,
	    SIZE_MAX, sizeof *m);
	if (m == NULL)
		return wb_no_memory(err);
	t->measures = m;
	m += known;
	*m = (struct wb_audit_measure){ 0 };
	st = wb_arena_copy(&m->item, &t->names, line->item, err);
	if (st == WB_OK)
		st = wb_arena_copy(&m->unit, &t->names, line->unit, err);
	if (st == WB_OK)
		st = wb_idset_add(number, &t->measure_ids, &id, err);
	return st;
}

/* ---- one batch on its way in */

static enum wb_status
refuse(struct wb_error *err, const char *id, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_FORGED, "%s", what), id, NULL);
}

/* Does what this batch did stand, as far as is known? */
static bool
stands(const struct wb_audit_adding *a, uint32_t batch)
{
	return batch != WB_IDSET_NONE &&
	       (batch == a->batch ||
		   a->t->batches[batch].state == WB_AUDIT_COUNTED);
}

static enum wb_status
add_number(struct wb_bytes *out, uint64_t number, struct wb_error *err)
{
	uint8_t bytes[8];

	wb_put_be64(bytes, number);
	return wb_bytes_append(out, wb_span(bytes, sizeof bytes), err);
}

static enum wb_status
add_text(struct wb_bytes *out, struct wb_span text, struct wb_error *err)
{
	enum wb_status st = add_number(out, text.len, err);

	return st == WB_OK ? wb_bytes_append(out, text, err) : st;
}

/* Alike for a record and for the void that repeats its lines. */
static enum wb_status
hash_lines(uint64_t *out, struct wb_audit_adding *a, struct wb_error *err)
{
	struct wb_bytes *text = &a->t->text;
	enum wb_status st;

	wb_bytes_reset(text);
	st = add_number(text, a->goods.kind, err);
	for (size_t i = 0; st == WB_OK && i < a->goods.line_count; i++) {
		const struct wb_line *line = &a->goods.lines[i];

		st = add_number(text, line->quantity, err);
		if (st == WB_OK)
			st = add_number(text, line->expiry_day, err);
		if (st == WB_OK)
			st = add_text(text, line->item, err);
		if (st == WB_OK)
			st = add_text(text, line->unit, err);
		if (st == WB_OK)
			st = add_text(text, line->lot, err);
		if (st == WB_OK)
			st = add_text(text, line->detail, err);
	}
	*out = wb_short_hash(a->t->key, wb_bytes_span(text));
	return st;
}

static enum wb_status
check_void(struct wb_audit_adding *a, uint64_t lines, struct wb_error *err)
{
	uint32_t number = wb_idset_find(&a->t->record_ids, &a->goods.amends);
	struct wb_audit_record *target;

	target = number == WB_IDSET_NONE ? NULL : &a->t->records[number];
	if (target == NULL || !stands(a, target->batch)) {
		if (a->t->forgot || a->full)
			return WB_OK;
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"a void names a record that was not seen here"),
		    "void-unknown", NULL);
	}
	if (target->lines != lines)
		return refuse(err, "void-unequal",
		    "a void does not repeat the lines of its record");
	if (!a->sender->coordinator &&
	    a->t->batches[target->batch].device != a->sender->device)
		return refuse(err, "void-not-allowed",
		    "only the same device or a coordinator may void a record");
	if (stands(a, target->voided_by))
		return refuse(err, "void-twice", "a record was voided twice");
	target->voided_by = a->batch;
	return WB_OK;
}

static enum wb_status
check_new(struct wb_audit_adding *a, const struct wb_hash *id, uint64_t lines,
    struct wb_error *err)
{
	struct wb_audit_record *r = NULL;
	enum wb_status st = WB_OK;

	if (a->batch != WB_IDSET_NONE)
		st = find_record(&r, a->t, id, err);
	if (st != WB_OK)
		return st;
	if (r == NULL) {
		a->full = true;
		return WB_OK;
	}
	if (stands(a, r->batch))
		return refuse(err, "repeated-record",
		    "a record is in the log more than once");
	*r = (struct wb_audit_record){ .lines = lines,
		.batch = a->batch,
		.voided_by = WB_IDSET_NONE };
	return WB_OK;
}

static enum wb_status
add_term(struct wb_audit_adding *a, const struct wb_audit_term *add,
    struct wb_error *err)
{
	struct wb_audit_totals *t = a->t;
	size_t back = t->term_count - a->first;
	struct wb_audit_term *terms;

	if (back > LOOK_BACK)
		back = LOOK_BACK;
	for (size_t i = t->term_count - back; i < t->term_count; i++) {
		if (t->terms[i].of != add->of ||
		    t->terms[i].kind != add->kind ||
		    t->terms[i].voids != add->voids)
			continue;
		t->terms[i].quantity += add->quantity;
		t->terms[i].records += add->records;
		return WB_OK;
	}
	terms = wb_array_reserve(t->terms, &t->term_room, t->term_count + 1,
	    SIZE_MAX, sizeof *terms);
	if (terms == NULL)
		return wb_no_memory(err);
	t->terms = terms;
	t->terms[t->term_count++] = *add;
	return WB_OK;
}

static enum wb_status
add_lines(struct wb_audit_adding *a, struct wb_error *err)
{
	const struct wb_goods *g = &a->goods;
	uint32_t of[WB_MAX_LINES], voids = WB_IDSET_NONE;
	enum wb_status st = WB_OK;

	if (g->is_void)
		voids = wb_idset_find(&a->t->record_ids, &g->amends);
	for (size_t i = 0; st == WB_OK && i < g->line_count; i++) {
		struct wb_audit_term term = { .voids = voids,
			.quantity = g->lines[i].quantity };
		bool first = !g->is_void && g->kind == WB_KIND_DELIVERED;

		st = find_measure(&of[i], a->t, &g->lines[i], err);
		if (st != WB_OK)
			return st;
		a->uncounted |= of[i] == WB_IDSET_NONE;
		for (size_t k = 0; first && k < i; k++)
			first = of[k] != of[i];
		term.of = of[i];
		term.kind = (uint16_t)(g->kind +
				       (g->is_void ? WB_KIND_VOID : 0));
		term.records = first;
		st = add_term(a, &term, err);
	}
	return st;
}

enum wb_status
wb_audit_totals_record(struct wb_audit_adding *a,
    const struct wb_opened_record *record, struct wb_error *err)
{
	struct wb_audit_term week = { .kind = WB_AUDIT_WEEK,
		.voids = WB_IDSET_NONE,
		.quantity = 1 };
	enum wb_status st;
	uint64_t lines;

	wb_arena_clear(&a->t->scratch);
	st = wb_goods_decode(&a->goods, &a->t->scratch, record->goods, err);
	if (st == WB_OK)
		st = hash_lines(&lines, a, err);
	if (st == WB_OK)
		st = check_new(a, &record->id, lines, err);
	if (st == WB_OK && a->goods.is_void)
		st = check_void(a, lines, err);
	if (st == WB_OK)
		st = add_lines(a, err);
	if (st != WB_OK)
		return st;
	a->voids += a->goods.is_void;
	a->records += !a->goods.is_void;
	week.of = (a->goods.day + 3) / 7;
	return a->goods.is_void ? WB_OK : add_term(a, &week, err);
}
