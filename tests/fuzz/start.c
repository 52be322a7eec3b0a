#include <stdio.h>
#include <stdlib.h>

#include "crypto/secret.h"

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return wb_crypto_start(NULL) == WB_OK ? 0 : -1;
}

void
fuzz_require(bool held, const char *rule, const char *file, int line)
{
	if (held)
		return;
	(void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, rule);
	abort();
}

static void
fill(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *seed = ctx;

	for (size_t i = 0; i < len; i++) {
		*seed = *seed * UINT64_C(6364136223846793005) + 1;
		out[i] = (uint8_t)(*seed >> 56);
	}
}

struct wb_random
fuzz_random(uint64_t *seed)
{
	return (struct wb_random){ fill, seed };
}
