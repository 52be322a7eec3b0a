/* cmocka with what it needs before it, and a few words of our own. */
#ifndef WB_TESTS_UNIT_CHECK_H
#define WB_TESTS_UNIT_CHECK_H

/* The order is cmocka's demand. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"

/* Shows the error's text when the status is not the one wanted. */
#define assert_status(want, call, err)                               \
	do {                                                         \
		enum wb_status got_ = (call);                        \
		if (got_ != (want))                                  \
			print_error("%s: %s\n", #call, (err)->text); \
		assert_int_equal(got_, (want));                      \
	} while (0)

#define assert_ok(call, err) assert_status(WB_OK, call, err)

/* A generator that repeats itself from one seed: for tests only. */
static inline void
check_random_fill(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *x = ctx;

	for (size_t i = 0; i < len; i++) {
		*x ^= *x << 13;
		*x ^= *x >> 7;
		*x ^= *x << 17;
		out[i] = (uint8_t)(*x >> 32);
	}
}

/* `state` must not be 0 and must outlive the generator. */
static inline struct wb_random
check_random(uint64_t *state)
{
	return (struct wb_random){ check_random_fill, state };
}

#endif
