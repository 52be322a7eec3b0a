#include "client/audit/audit_totals.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/random.h"
#include "client/audit/audit_totals_private.h"

#define NAME_BUDGET ((size_t)16 << 20) /* bytes, of items and units */
#define MAX_TERMS ((size_t)4 << 20) /* that can be taken back */

enum wb_status
wb_audit_totals_new(struct wb_audit_totals **out, struct wb_error *err)
{
	struct wb_audit_totals *t = calloc(1, sizeof *t);

	*out = t;
	if (t == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	wb_random_fill(wb_random_system(), t->key, sizeof t->key);
	wb_idset_init(&t->batch_ids, t->key, WB_MAX_AUDIT_BATCHES);
	wb_idset_init(&t->record_ids, t->key, WB_MAX_AUDIT_RECORDS);
	wb_idset_init(&t->measure_ids, t->key, WB_MAX_AUDIT_MEASURES);
	wb_arena_init(&t->names, NAME_BUDGET);
	wb_arena_init(&t->scratch, WB_ARENA_BUDGET);
	wb_bytes_init(&t->text, (size_t)2 * WB_MAX_RECORD);
	return WB_OK;
}

void
wb_audit_totals_free(struct wb_audit_totals **t)
{
	if (*t == NULL)
		return;
	wb_idset_clear(&(*t)->batch_ids);
	wb_idset_clear(&(*t)->record_ids);
	wb_idset_clear(&(*t)->measure_ids);
	free((*t)->batches);
	free((*t)->records);
	free((*t)->measures);
	free((*t)->terms);
	wb_arena_clear(&(*t)->names);
	wb_arena_clear(&(*t)->scratch);
	wb_bytes_clear(&(*t)->text);
	free(*t);
	*t = NULL;
}

/* NULL with WB_OK: no more are remembered. */
static enum wb_status
find_batch(struct wb_audit_batch **out, struct wb_audit_totals *t,
    const struct wb_hash *id, struct wb_error *err)
{
	uint32_t known = t->batch_ids.count, number;
	struct wb_audit_batch *batches;
	enum wb_status st;

	*out = NULL;
	if (known == t->batch_ids.max &&
	    wb_idset_find(&t->batch_ids, id) == WB_IDSET_NONE)
		return WB_OK;
	batches = wb_array_reserve(t->batches, &t->batch_room,
	    (size_t)known + 1, SIZE_MAX, sizeof *batches);
	if (batches == NULL)
		return wb_no_memory(err);
	t->batches = batches;
	st = wb_idset_add(&number, &t->batch_ids, id, err);
	if (st != WB_OK)
		return st;
	*out = &t->batches[number];
	if (number == known)
		**out = (struct wb_audit_batch){ 0 };
	return WB_OK;
}

/* ---- what was added, taken in or back */

static const struct effect {
	uint8_t sum;
	int8_t sign; /* 0: none */
} effects[2 * WB_KIND_VOID] = {
	[WB_KIND_RECEIVED] = { WB_AUDIT_RECEIVED, 1 },
	[WB_KIND_RECEIVED + WB_KIND_VOID] = { WB_AUDIT_RECEIVED, -1 },
	[WB_KIND_DELIVERED] = { WB_AUDIT_DELIVERED, 1 },
	[WB_KIND_DELIVERED + WB_KIND_VOID] = { WB_AUDIT_VOIDED, 1 },
	[WB_KIND_LOST] = { WB_AUDIT_LOST, 1 },
	[WB_KIND_LOST + WB_KIND_VOID] = { WB_AUDIT_LOST, -1 },
	[WB_KIND_RETURNED] = { WB_AUDIT_RETURNED, 1 },
	[WB_KIND_RETURNED + WB_KIND_VOID] = { WB_AUDIT_RETURNED, -1 },
};

static void
apply(struct wb_audit_totals *t, const struct wb_audit_term *term, int sign)
{
	const struct effect *effect = &effects[term->kind];
	struct wb_audit_measure *m;

	if (term->kind == WB_AUDIT_WEEK) {
		t->weeks[term->of] += sign > 0 ? term->quantity
					       : 0 - term->quantity;
		return;
	}
	m = &t->measures[term->of];
	m->terms += sign > 0 ? 1 : UINT64_MAX;
	m->records += sign > 0 ? term->records : UINT64_C(0) - term->records;
	if (effect->sign * sign > 0)
		wb_sum_add(&m->sums[effect->sum], term->quantity);
	else if (effect->sign * sign < 0)
		wb_sum_subtract(&m->sums[effect->sum], term->quantity);
}

static void
apply_all(struct wb_audit_totals *t, size_t first, size_t n, int sign)
{
	for (size_t i = first; i < first + n; i++)
		apply(t, &t->terms[i], sign);
}

/* All of it is known to be in order. */
static void
count(struct wb_audit_adding *a, struct wb_audit_batch *b)
{
	struct wb_audit_totals *t = a->t;
	size_t n = t->term_count - a->first;
	bool keep = b != NULL && t->term_count <= MAX_TERMS;

	apply_all(t, a->first, n, 1);
	t->counted++;
	t->record_count += a->records;
	t->void_count += a->voids;
	if (b != NULL) {
		*b = (struct wb_audit_batch){ .device = a->sender->device,
			.state = WB_AUDIT_COUNTED,
			.kept = keep,
			.first = a->first,
			.terms = (uint32_t)n,
			.records = a->records,
			.voids = a->voids };
	}
	if (!keep) {
		t->forgot = true;
		t->term_count = a->first;
	}
}

static void
leave_out(struct wb_audit_adding *a, struct wb_audit_batch *b,
    enum wb_audit_state state)
{
	a->t->term_count = a->first;
	a->t->left_out++;
	if (b != NULL)
		b->state = (uint8_t)state;
}

enum wb_status
wb_audit_totals_add(struct wb_audit_totals *t,
    const struct wb_audit_sender *sender, const struct wb_opened_batch *opened,
    struct wb_error *err)
{
	struct wb_audit_adding a = { .t = t,
		.sender = sender,
		.batch = WB_IDSET_NONE,
		.first = t->term_count };
	enum wb_status st;
	struct wb_audit_batch *b;

	st = find_batch(&b, t, sender->batch, err);
	if (st != WB_OK || (b != NULL && b->state != WB_AUDIT_UNSEEN))
		return st;
	if (b != NULL) {
		a.batch = (uint32_t)(b - t->batches);
		b->device = sender->device;
	}
	for (size_t i = 0; st == WB_OK && i < opened->record_count; i++)
		st = wb_audit_totals_record(&a, &opened->records[i], err);
	t->forgot |= a.full || a.uncounted || b == NULL;
	if (st == WB_OK && !a.uncounted && (b == NULL || !b->disputed))
		count(&a, b);
	else
		leave_out(&a, b,
		    st == WB_FORGED ? WB_AUDIT_WRONG : WB_AUDIT_LEFT_OUT);
	return st;
}

bool
wb_audit_totals_vouch(const struct wb_audit_totals *t,
    const struct wb_hash *batch)
{
	uint32_t number = wb_idset_find(&t->batch_ids, batch);

	return number == WB_IDSET_NONE ||
	       t->batches[number].state != WB_AUDIT_WRONG;
}

static void
take_back(struct wb_audit_totals *t, struct wb_audit_batch *b,
    enum wb_audit_state state)
{
	apply_all(t, b->first, b->terms, -1);
	b->state = (uint8_t)state;
	t->counted--;
	t->record_count -= b->records;
	t->void_count -= b->voids;
}

enum wb_status
wb_audit_totals_dispute(struct wb_audit_totals *t, const struct wb_hash *batch,
    struct wb_error *err)
{
	enum wb_status st;
	struct wb_audit_batch *b;

	st = find_batch(&b, t, batch, err);
	if (st != WB_OK)
		return st;
	if (b == NULL || (b->state == WB_AUDIT_COUNTED && !b->kept)) {
		t->forgot = true;
		return WB_OK;
	}
	b->disputed = true;
	if (b->state != WB_AUDIT_COUNTED)
		return WB_OK;
	take_back(t, b, WB_AUDIT_LEFT_OUT);
	t->left_out++;
	return WB_OK;
}

void
wb_audit_totals_suspect(struct wb_audit_totals *t, const struct wb_hash *batch)
{
	uint32_t number = wb_idset_find(&t->batch_ids, batch);
	struct wb_audit_batch *b;

	if (number == WB_IDSET_NONE) { /* never opened, or not remembered */
		t->forgot |= t->batch_ids.count == t->batch_ids.max;
		return;
	}
	b = &t->batches[number];
	if (b->state != WB_AUDIT_COUNTED)
		return;
	if (!b->kept) {
		t->forgot = true;
		return;
	}
	take_back(t, b, WB_AUDIT_SUSPECT);
	t->suspect++;
}

/* Does it void a record of a batch that is suspect? */
static bool
voids_suspect(const struct wb_audit_totals *t, const struct wb_audit_term *term)
{
	uint32_t batch;

	if (term->voids == WB_IDSET_NONE)
		return false;
	batch = t->records[term->voids].batch;
	return batch != WB_IDSET_NONE &&
	       t->batches[batch].state == WB_AUDIT_SUSPECT;
}

void
wb_audit_totals_settle(struct wb_audit_totals *t)
{
	uint32_t last = WB_IDSET_NONE; /* the terms of one void are together */

	for (uint32_t i = 0; t->suspect != 0 && i < t->batch_ids.count; i++) {
		const struct wb_audit_batch *b = &t->batches[i];

		if (b->state != WB_AUDIT_COUNTED || !b->kept)
			continue;
		for (size_t k = b->first; k < b->first + b->terms; k++) {
			if (!voids_suspect(t, &t->terms[k]))
				continue;
			apply(t, &t->terms[k], -1);
			t->void_count -= t->terms[k].voids != last;
			last = t->terms[k].voids;
		}
	}
}

/* ---- reading it */

static void
read_measure(struct wb_totals_row *out, const struct wb_audit_measure *m)
{
	const struct wb_sum net = {
		m->sums[WB_AUDIT_DELIVERED].high -
		    m->sums[WB_AUDIT_VOIDED].high,
		m->sums[WB_AUDIT_DELIVERED].low - m->sums[WB_AUDIT_VOIDED].low,
	};
	bool *cut = &out->too_large;

	*out = (struct wb_totals_row){ .item = m->item, .unit = m->unit };
	out->received = (uint64_t)wb_sum_value(cut,
	    &m->sums[WB_AUDIT_RECEIVED]);
	out->delivered = (uint64_t)wb_sum_value(cut,
	    &m->sums[WB_AUDIT_DELIVERED]);
	out->lost = (uint64_t)wb_sum_value(cut, &m->sums[WB_AUDIT_LOST]);
	out->returned = (uint64_t)wb_sum_value(cut,
	    &m->sums[WB_AUDIT_RETURNED]);
	out->voided = (uint64_t)wb_sum_value(cut, &m->sums[WB_AUDIT_VOIDED]);
	out->net = wb_sum_value(cut, &net);
	out->records = m->records;
}

static enum wb_status
read_rows(struct wb_audit_sums *out, struct wb_arena *arena,
    const struct wb_audit_totals *t, struct wb_error *err)
{
	size_t n = t->measure_ids.count;
	enum wb_status st = WB_OK;

	out->rows = wb_arena_array(arena, n, sizeof *out->rows);
	if (out->rows == NULL)
		return wb_no_memory(err);
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		struct wb_totals_row *row = &out->rows[out->row_count];

		if (t->measures[i].terms == 0)
			continue;
		out->row_count++;
		read_measure(row, &t->measures[i]);
		st = wb_arena_copy(&row->item, arena, row->item, err);
		if (st == WB_OK)
			st = wb_arena_copy(&row->unit, arena, row->unit, err);
	}
	wb_totals_sort(out->rows, out->row_count);
	return st;
}

static enum wb_status
read_weeks(struct wb_audit_sums *out, struct wb_arena *arena,
    const struct wb_audit_totals *t, struct wb_error *err)
{
	size_t n = 0;

	for (uint32_t i = 0; i < WB_AUDIT_WEEKS; i++)
		n += t->weeks[i] != 0;
	out->weeks = wb_arena_array(arena, n, sizeof *out->weeks);
	if (out->weeks == NULL)
		return wb_no_memory(err);
	for (uint32_t i = 0; i < WB_AUDIT_WEEKS; i++) {
		if (t->weeks[i] == 0)
			continue;
		out->weeks[out->week_count++] = (struct wb_audit_week){
			.monday = i == 0 ? 0 : i * 7 - 3,
			.records = t->weeks[i],
		};
	}
	return WB_OK;
}

enum wb_status
wb_audit_totals_read(struct wb_audit_sums *out, struct wb_arena *arena,
    const struct wb_audit_totals *t, struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_audit_sums){ .batches = t->counted,
		.records = t->record_count,
		.voids = t->void_count,
		.left_out = t->left_out,
		.suspect = t->suspect,
		.forgot = t->forgot };
	st = read_rows(out, arena, t, err);
	return st == WB_OK ? read_weeks(out, arena, t, err) : st;
}
