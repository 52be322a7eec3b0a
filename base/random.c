#include "base/random.h"

#include <sys/random.h>

#include <stdlib.h>

static void
fill_from_kernel(void *ctx, uint8_t *out, size_t len)
{
	ssize_t n;

	(void)ctx;
	while (len != 0) {
		n = getrandom(out, len, 0);
		if (n <= 0)
			abort(); /* no key may ever be made without it */
		out += n;
		len -= (size_t)n;
	}
}

struct wb_random
wb_random_system(void)
{
	return (struct wb_random){ fill_from_kernel, NULL };
}

void
wb_random_fill(struct wb_random random, void *out, size_t len)
{
	random.fill(random.ctx, out, len);
}
