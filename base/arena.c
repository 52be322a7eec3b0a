#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)4096)

struct wb_arena_block {
	struct wb_arena_block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

void
wb_arena_init(struct wb_arena *a, size_t budget)
{
	*a = (struct wb_arena){ .budget = budget };
}

void
wb_arena_clear(struct wb_arena *a)
{
	struct wb_arena_block *next;

	for (struct wb_arena_block *b = a->blocks; b != NULL; b = next) {
		next = b->next;
		wb_wipe(b->data, b->used);
		free(b);
	}
	wb_arena_init(a, a->budget);
}

void
wb_arena_reset(struct wb_arena *a)
{
	struct wb_arena_block *kept = NULL, **at = &a->blocks;

	while (*at != NULL && (*at)->size != BLOCK_SIZE)
		at = &(*at)->next;
	if (*at != NULL) {
		kept = *at;
		*at = kept->next;
		wb_wipe(kept->data, kept->used);
		kept->used = 0;
		kept->next = NULL;
	}
	wb_arena_clear(a);
	if (kept == NULL)
		return;
	a->blocks = kept;
	a->used = sizeof *kept + kept->size;
}

static struct wb_arena_block *
add_block(struct wb_arena *a, size_t size)
{
	struct wb_arena_block *b;
	size_t want = size > BLOCK_SIZE ? size : BLOCK_SIZE;

	if (want > a->budget - a->used)
		want = size; /* a last, exact one */
	if (want > a->budget - a->used ||
	    sizeof *b > a->budget - a->used - want) {
		a->exceeded = true;
		return NULL;
	}
	b = calloc(1, sizeof *b + want);
	if (b == NULL)
		return NULL;
	b->size = want;
	b->next = a->blocks;
	a->blocks = b;
	a->used += sizeof *b + want;
	return b;
}

void *
wb_arena_alloc(struct wb_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct wb_arena_block *b = a->blocks;
	void *at;

	if (size > a->budget) {
		a->exceeded = true;
		return NULL;
	}
	size = (size + align - 1) / align * align;
	if (b == NULL || size > b->size - b->used)
		b = add_block(a, size);
	if (b == NULL)
		return NULL;
	at = b->data + b->used;
	b->used += size;
	return at;
}

void *
wb_arena_array(struct wb_arena *a, size_t n, size_t size)
{
	if (size != 0 && n > a->budget / size) {
		a->exceeded = true;
		return NULL;
	}
	return wb_arena_alloc(a, n * size);
}

enum wb_status
wb_arena_copy(struct wb_span *out, struct wb_arena *a, struct wb_span s,
    struct wb_error *err)
{
	uint8_t *copy = wb_arena_alloc(a, s.len + 1);

	if (copy == NULL)
		return wb_fail(err, WB_NO_MEMORY,
		    "needs more than the %zu bytes allowed here", a->budget);
	if (s.len != 0)
		memcpy(copy, s.data, s.len);
	*out = wb_span(copy, s.len);
	return WB_OK;
}
