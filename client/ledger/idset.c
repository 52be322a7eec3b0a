#include "client/ledger/idset.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

void
wb_idset_init(struct wb_idset *s, const uint8_t key[WB_SHORT_KEY_LEN],
    uint32_t max)
{
	*s = (struct wb_idset){ .max = max };
	memcpy(s->key, key, sizeof s->key);
}

void
wb_idset_clear(struct wb_idset *s)
{
	free(s->ids);
	free(s->slots);
	s->ids = NULL;
	s->slots = NULL;
	s->count = 0;
	s->cap = 0;
}

/* The slot that holds the id, or the empty one where it would go. */
static uint32_t *
slot_of(const struct wb_idset *s, const struct wb_hash *id)
{
	uint32_t mask = 2 * s->cap - 1;
	uint64_t at = wb_short_hash(s->key, wb_hash_span(id));

	for (uint32_t i = (uint32_t)at & mask;; i = (i + 1) & mask) {
		uint32_t held = s->slots[i];

		if (held == 0 || wb_hash_equal(&s->ids[held - 1], id))
			return &s->slots[i];
	}
}

struct wb_hash
wb_idset_key(const struct wb_key *key)
{
	struct wb_hash id;

	_Static_assert(sizeof id.b == sizeof key->b, "keys are as long as ids");
	memcpy(id.b, key->b, sizeof id.b);
	return id;
}

uint32_t
wb_idset_find(const struct wb_idset *s, const struct wb_hash *id)
{
	uint32_t held = s->count == 0 ? 0 : *slot_of(s, id);

	return held == 0 ? WB_IDSET_NONE : held - 1;
}

static enum wb_status
grow(struct wb_idset *s, struct wb_error *err)
{
	uint32_t cap = s->cap == 0 ? FIRST_CAP : 2 * s->cap;
	struct wb_hash *ids;
	uint32_t *slots;

	if (cap > s->max)
		return wb_fail(err, WB_NO_MEMORY, "too many ids");
	slots = calloc(2 * (size_t)cap, sizeof *slots);
	if (slots == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	ids = realloc(s->ids, cap * sizeof *ids);
	if (ids == NULL) {
		free(slots);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	free(s->slots);
	s->ids = ids;
	s->slots = slots;
	s->cap = cap;
	for (uint32_t i = 0; i < s->count; i++)
		*slot_of(s, &s->ids[i]) = i + 1;
	return WB_OK;
}

enum wb_status
wb_idset_add(uint32_t *number, struct wb_idset *s, const struct wb_hash *id,
    struct wb_error *err)
{
	enum wb_status st;

	*number = wb_idset_find(s, id);
	if (*number != WB_IDSET_NONE)
		return WB_OK;
	if (s->count == s->cap) {
		st = grow(s, err);
		if (st != WB_OK)
			return st;
	}
	s->ids[s->count] = *id;
	*number = s->count++;
	*slot_of(s, id) = *number + 1;
	return WB_OK;
}
