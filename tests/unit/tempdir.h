/* A folder of its own for a test, below the one the test runs in. */
#ifndef WB_TESTS_UNIT_TEMPDIR_H
#define WB_TESTS_UNIT_TEMPDIR_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"

#define CHECK_PATH_SIZE 512

struct check_dir {
	char path[CHECK_PATH_SIZE / 2];
	char last[CHECK_PATH_SIZE]; /* what check_path gave last */
};

static inline void
check_dir_make(struct check_dir *dir)
{
	(void)snprintf(dir->path, sizeof dir->path, "testdir-XXXXXX");
	assert_non_null(mkdtemp(dir->path));
}

/* DIR/name; valid until the next call with the same `dir`. */
static inline const char *
check_path(struct check_dir *dir, const char *name)
{
	(void)snprintf(dir->last, sizeof dir->last, "%s/%s", dir->path, name);
	return dir->last;
}

static inline void
check_dir_remove(struct check_dir *dir)
{
	char command[CHECK_PATH_SIZE];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir->path);
	assert_int_equal(system(command), 0);
}

#endif
