#include "server/ids.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BITS 10
#define MAX_BITS 32

void
wb_ids_init(struct wb_ids *ids, uint64_t key)
{
	*ids = (struct wb_ids){ .key = key | 1 };
}

void
wb_ids_clear(struct wb_ids *ids)
{
	free(ids->slots);
	wb_ids_init(ids, ids->key);
}

uint64_t
wb_ids_tag(const struct wb_hash *id)
{
	return wb_get_be64(id->b);
}

/* What a slot keeps of a tag; its upper bits are the place to look first. */
static uint32_t
mark(const struct wb_ids *ids, uint64_t tag)
{
	return (uint32_t)(tag * ids->key >> 32);
}

static size_t
put(uint64_t *slots, size_t bits, uint64_t slot)
{
	size_t mask = ((size_t)1 << bits) - 1;
	size_t at = (size_t)(slot >> (64 - bits));

	while (slots[at] != 0)
		at = (at + 1) & mask;
	slots[at] = slot;
	return at;
}

static enum wb_status
grow(struct wb_ids *ids, size_t bits, struct wb_error *err)
{
	size_t old = ids->bits == 0 ? 0 : (size_t)1 << ids->bits;
	uint64_t *slots;

	if (bits > MAX_BITS)
		return wb_fail(err, WB_NO_MEMORY, "the log is too long");
	slots = calloc((size_t)1 << bits, sizeof *slots);
	if (slots == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < old; i++) {
		if (ids->slots[i] != 0)
			(void)put(slots, bits, ids->slots[i]);
	}
	free(ids->slots);
	ids->slots = slots;
	ids->bits = bits;
	return WB_OK;
}

enum wb_status
wb_ids_reserve(struct wb_ids *ids, size_t more, struct wb_error *err)
{
	size_t bits = ids->bits == 0 ? FIRST_BITS : ids->bits;

	/* At most three quarters full: chains stay short. */
	while ((ids->count + more) > ((size_t)3 << bits) / 4)
		bits++;
	return bits == ids->bits ? WB_OK : grow(ids, bits, err);
}

size_t
wb_ids_add(struct wb_ids *ids, uint64_t tag, uint64_t value)
{
	assert(value < WB_MAX_IDS);
	ids->count++;
	return put(ids->slots, ids->bits,
	    (uint64_t)mark(ids, tag) << 32 | (value + 1));
}

void
wb_ids_undo(struct wb_ids *ids, size_t place)
{
	assert(ids->slots[place] != 0);
	ids->slots[place] = 0;
	ids->count--;
}

bool
wb_ids_next(const struct wb_ids *ids, uint64_t tag, size_t *at, uint64_t *value)
{
	uint32_t want = mark(ids, tag);
	size_t mask, i;

	if (ids->bits == 0)
		return false;
	mask = ((size_t)1 << ids->bits) - 1;
	i = ((size_t)want >> (32 - ids->bits)) + *at;
	for (;; i++) {
		uint64_t slot = ids->slots[i & mask];

		++*at;
		if (slot == 0)
			return false;
		if (slot >> 32 == want) {
			*value = (slot & UINT32_MAX) - 1;
			return true;
		}
	}
}
