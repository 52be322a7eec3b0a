/*
 * Memory that runs out at a chosen call, for programs linked with the library
 * `scarce`: malloc, calloc, realloc, strdup and sodium_malloc as our own code
 * and the static libraries call them, and all that SQLite takes.
 */
#ifndef WB_TESTS_FAULT_SCARCE_H
#define WB_TESTS_FAULT_SCARCE_H

#include <stdbool.h>
#include <stdint.h>

/* Before SQLite's first use; without it SQLite's memory never runs out. */
void scarce_start(void);

/*
 * Calls count from 1 again.  The `nth` gets nothing, and with `forever` none
 * after it does; 0: all do.
 */
void scarce_fail(uint64_t nth, bool forever);
uint64_t scarce_calls(void);
bool scarce_failed(void); /* whether one has */

/* Counts a call: whether it gets nothing.  For what a test wraps itself. */
bool scarce_refuses(void);

/* While held, calls are neither counted nor failed: somebody else's. */
void scarce_hold(bool hold);

#endif
