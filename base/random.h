/*
 * Randomness as a value that is handed in, so that tests and simulations can
 * run from one seed.
 */
#ifndef WB_BASE_RANDOM_H
#define WB_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct wb_random {
	void (*fill)(void *ctx, uint8_t *out, size_t len);
	void *ctx;
};

/* The kernel's generator, getrandom(2).  Ends the process where it fails. */
struct wb_random wb_random_system(void);

void wb_random_fill(struct wb_random random, void *out, size_t len);

#endif
