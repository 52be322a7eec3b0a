/* What fuzz targets share.  start.c starts libsodium before the first input. */
#ifndef WB_TESTS_FUZZ_FUZZ_H
#define WB_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A rule that no input may break: aborts and says which. */
#define FUZZ_REQUIRE(rule) fuzz_require((rule), #rule, __FILE__, __LINE__)
void fuzz_require(bool held, const char *rule, const char *file, int line);

/* The same bytes at each start. */
struct wb_random fuzz_random(uint64_t *seed);

#endif
