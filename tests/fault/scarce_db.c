/* SQLite's memory: a shared library's calls cannot be wrapped by the linker. */
#include <sqlite3.h>
#include <stdlib.h>

#include "tests/fault/scarce.h"

static sqlite3_mem_methods real;

static void *
db_malloc(int size)
{
	return scarce_refuses() ? NULL : real.xMalloc(size);
}

static void *
db_realloc(void *old, int size)
{
	return scarce_refuses() ? NULL : real.xRealloc(old, size);
}

void
scarce_start(void)
{
	sqlite3_mem_methods scarce;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		abort();
	scarce = real;
	scarce.xMalloc = db_malloc;
	scarce.xRealloc = db_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &scarce) != SQLITE_OK)
		abort();
}
