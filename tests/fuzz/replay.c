/* Runs a fuzz target once over each file named: seeds as ordinary tests. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

#define MAX_SEED ((size_t)1 << 20) /* bytes */
#define MAX_PATH 1024

static int
replay(const char *path)
{
	uint8_t *data = malloc(MAX_SEED), *exact = NULL;
	FILE *f = fopen(path, "rb");
	int rc = -1;
	size_t n;

	if (data == NULL || f == NULL)
		goto done;
	n = fread(data, 1, MAX_SEED, f);
	exact = realloc(data, n == 0 ? 1 : n); /* sanitizers see its end */
	if (exact == NULL)
		goto done;
	data = NULL;
	(void)LLVMFuzzerTestOneInput(exact, n);
	rc = 0;
done:
	if (f != NULL)
		(void)fclose(f);
	free(exact);
	free(data);
	return rc;
}

/* Seeds replayed; -1: a folder or a file cannot be read. */
static int
replay_folder(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	int n = 0;

	if (d == NULL)
		return -1;
	while (n >= 0 && (e = readdir(d)) != NULL) {
		char path[MAX_PATH];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		n = replay(path) == 0 ? n + 1 : -1;
	}
	(void)closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	int rc = 0;

	if (LLVMFuzzerInitialize(&argc, &argv) != 0)
		return 1;
	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		(void)printf("%s: %d seeds\n", argv[i], n);
		if (n <= 0)
			rc = 1;
	}
	return rc;
}
