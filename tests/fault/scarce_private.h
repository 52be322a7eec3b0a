/* What the files tests/fault/scarce*.c share. */
#ifndef WB_TESTS_FAULT_SCARCE_PRIVATE_H
#define WB_TESTS_FAULT_SCARCE_PRIVATE_H

#include <stdbool.h>

/* Counts a call: whether it gets nothing. */
bool scarce_refuses(void);

#endif
