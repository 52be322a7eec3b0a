#include "tests/fault/scarce.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
/* Not there where no secrets are linked. */
__attribute__((weak)) void *__real_sodium_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_sodium_malloc(size_t size);

/* Of all threads: a server's allocate beside the test. */
static struct {
	_Atomic uint64_t calls;
	_Atomic uint64_t nth; /* 0: none fails */
	atomic_bool forever;
	atomic_bool failed;
	atomic_bool held;
} memory;

bool
scarce_refuses(void)
{
	uint64_t call, nth = memory.nth;
	bool now;

	if (memory.held)
		return false;
	call = atomic_fetch_add(&memory.calls, 1) + 1;
	now = nth != 0 && (memory.forever ? call >= nth : call == nth);
	if (now)
		memory.failed = true;
	return now;
}

void
scarce_fail(uint64_t nth, bool forever)
{
	memory.calls = 0;
	memory.nth = nth;
	memory.forever = forever;
	memory.failed = false;
}

uint64_t
scarce_calls(void)
{
	return memory.calls;
}

bool
scarce_failed(void)
{
	return memory.failed;
}

void
scarce_hold(bool hold)
{
	memory.held = hold;
}

void *
__wrap_malloc(size_t size)
{
	return scarce_refuses() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return scarce_refuses() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return scarce_refuses() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return scarce_refuses() ? NULL : __real_strdup(text);
}

void *
__wrap_sodium_malloc(size_t size)
{
	return scarce_refuses() ? NULL : __real_sodium_malloc(size);
}
