/*
 * A budget allocator: many small allocations, freed together, never more than
 * the budget in all.  Decoders of hostile input allocate only from one.
 */
#ifndef WB_BASE_ARENA_H
#define WB_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

/* What one hostile message may cost, in bytes (testing.md: 8 MiB). */
#define WB_ARENA_BUDGET ((size_t)8 << 20)

struct wb_arena {
	struct wb_arena_block *blocks;
	size_t used; /* bytes taken from the system, blocks' heads included */
	size_t budget;
	bool exceeded; /* the budget refused something; until cleared */
};

void wb_arena_init(struct wb_arena *a, size_t budget);

/* Wipes and frees all; the arena may be used again. */
void wb_arena_clear(struct wb_arena *a);

/* The same, but a block of the smallest size is kept for what comes next. */
void wb_arena_reset(struct wb_arena *a);

/*
 * Zeroed memory aligned for any type, owned by the arena; NULL past the
 * budget or when the machine has no more.  `size` 0 gives a valid pointer.
 */
void *wb_arena_alloc(struct wb_arena *a, size_t size);

/* As above for n elements; NULL also where n * size overflows. */
void *wb_arena_array(struct wb_arena *a, size_t n, size_t size);

/* A copy of `s` with a NUL behind it.  WB_NO_MEMORY: past the budget. */
WB_MUST_CHECK enum wb_status wb_arena_copy(struct wb_span *out,
    struct wb_arena *a, struct wb_span s, struct wb_error *err);

#endif
