/*
 * Memory and room that run out.
 *
 * Memory (tests/fault/scarce.h): a piece of work is done again with its first,
 * second, … allocation failing, once, and from then on, until none fails.  It
 * may then fail with WB_NO_MEMORY and in no other way, or not notice; that
 * nothing leaks is for the sanitizers to see.
 */
#ifndef WB_TESTS_UNIT_STARVE_H
#define WB_TESTS_UNIT_STARVE_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

/* Begins from nothing, and leaves nothing behind however it ends. */
struct starve_work {
	const char *name;
	enum wb_status (*run)(void *ctx, struct wb_error *err);
};

/* Fails the test where a work fails otherwise, or allocates nothing at all. */
void starve_each(const struct starve_work *works, size_t n, void *ctx);

/*
 * Room: what appends to a buffer of a given size does so with each smaller
 * one, and then says WB_NO_MEMORY and appends no more than there is room for.
 */
struct starve_writer {
	const char *name;
	enum wb_status (
	    *write)(struct wb_bytes *out, void *ctx, struct wb_error *err);
};

/* `most` is more than any of them appends. */
void starve_rooms(const struct starve_writer *writers, size_t n, size_t most,
    void *ctx);

#endif
