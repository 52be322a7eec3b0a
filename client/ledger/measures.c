#include "client/ledger/measures.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 32
#define KEPT 1024 /* generators that stay for the next commitment */
#define MAX_TEXT \
	2048 /* bytes of one measure; each may be three times as long */
#define TEXT_BUDGET ((size_t)32 << 20) /* bytes of all */

/* An open hash table: a slot holds an index into names and sums, plus one. */
struct wb_measures {
	struct wb_arena arena; /* what names point to */
	struct wb_span *names;
	struct wb_measured *sums;
	uint32_t *slots; /* twice as many as cap */
	size_t count;
	size_t cap; /* a power of two */
	struct wb_bytes text; /* scratch */
	uint8_t key[WB_SHORT_KEY_LEN]; /* senders cannot choose slots */
};

static void
drop(struct wb_measures *m)
{
	wb_arena_clear(&m->arena);
	free(m->names);
	if (m->sums != NULL)
		wb_wipe(m->sums, m->cap * sizeof *m->sums);
	free(m->sums);
	free(m->slots);
	m->names = NULL;
	m->sums = NULL;
	m->slots = NULL;
	m->count = 0;
	m->cap = 0;
}

enum wb_status
wb_measures_new(struct wb_measures **out, const uint8_t key[WB_SHORT_KEY_LEN],
    struct wb_error *err)
{
	struct wb_measures *m = calloc(1, sizeof *m);

	*out = m;
	if (m == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	wb_arena_init(&m->arena, TEXT_BUDGET);
	wb_bytes_init(&m->text, MAX_TEXT);
	memcpy(m->key, key, sizeof m->key);
	return WB_OK;
}

void
wb_measures_free(struct wb_measures **m)
{
	if (*m == NULL)
		return;
	drop(*m);
	wb_bytes_clear(&(*m)->text);
	free(*m);
	*m = NULL;
}

/* The slot that holds `name`, or the empty one where it would go. */
static uint32_t *
slot_of(const struct wb_measures *m, struct wb_span name)
{
	size_t mask = 2 * m->cap - 1;

	for (size_t i = (size_t)wb_short_hash(m->key, name) & mask;;
	     i = (i + 1) & mask) {
		uint32_t held = m->slots[i];

		if (held == 0 || wb_span_equal(m->names[held - 1], name))
			return &m->slots[i];
	}
}

static enum wb_status
grow(struct wb_measures *m, struct wb_error *err)
{
	size_t cap = m->cap == 0 ? FIRST_CAP : 2 * m->cap;
	struct wb_span *names = calloc(cap, sizeof *names);
	struct wb_measured *sums = calloc(cap, sizeof *sums);
	uint32_t *slots = calloc(2 * cap, sizeof *slots);

	if (names == NULL || sums == NULL || slots == NULL) {
		free(names);
		free(sums);
		free(slots);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	if (m->count > 0) {
		memcpy(names, m->names, m->count * sizeof *names);
		memcpy(sums, m->sums, m->count * sizeof *sums);
		wb_wipe(m->sums, m->cap * sizeof *m->sums);
	}
	free(m->names);
	free(m->sums);
	free(m->slots);
	m->names = names;
	m->sums = sums;
	m->slots = slots;
	m->cap = cap;
	for (size_t i = 0; i < m->count; i++)
		*slot_of(m, names[i]) = (uint32_t)i + 1;
	return WB_OK;
}

static enum wb_status
find(struct wb_measured **out, struct wb_measures *m, struct wb_span name,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	uint32_t *slot;

	if (m->count == m->cap)
		st = grow(m, err);
	if (st != WB_OK)
		return st;
	slot = slot_of(m, name);
	if (*slot == 0) {
		if (m->count == WB_MAX_MEASURES)
			return wb_fail(err, WB_INVALID,
			    "too many different measures in one batch");
		st = wb_arena_copy(&m->names[m->count], &m->arena, name, err);
		if (st != WB_OK)
			return st;
		wb_generator(&m->sums[m->count].generator, name);
		m->count++;
		*slot = (uint32_t)m->count;
	}
	*out = &m->sums[*slot - 1];
	return WB_OK;
}

enum wb_status
wb_measures_add(struct wb_measures *m, const struct wb_goods *goods,
    struct wb_error *err)
{
	const char *kind = wb_kind_text(goods->kind, goods->is_void);
	struct wb_measured *sum = NULL;
	enum wb_status st;

	for (size_t i = 0; i < goods->line_count; i++) {
		const struct wb_line *line = &goods->lines[i];

		wb_bytes_reset(&m->text);
		st = wb_measure_text(&m->text, kind, line->item, line->unit,
		    err);
		if (st == WB_OK)
			st = find(&sum, m, wb_bytes_span(&m->text), err);
		if (st != WB_OK)
			return st;
		if (line->quantity > UINT64_MAX - sum->quantity)
			return wb_fail(err, WB_INVALID,
			    "the quantities of one item are too large to add");
		sum->quantity += line->quantity;
	}
	return WB_OK;
}

size_t
wb_measures_count(const struct wb_measures *m)
{
	return m->count;
}

struct wb_total
wb_measures_at(const struct wb_measures *m, size_t i)
{
	return (struct wb_total){ m->names[i], m->sums[i].quantity };
}

enum wb_status
wb_measures_commit(struct wb_point *out, struct wb_measures *m,
    const struct wb_scalar *blinding, struct wb_error *err)
{
	enum wb_status st = wb_commit(out, blinding, m->sums, m->count, err);

	if (m->count > KEPT)
		drop(m);
	for (size_t i = 0; i < m->count; i++)
		m->sums[i].quantity = 0;
	return st;
}
