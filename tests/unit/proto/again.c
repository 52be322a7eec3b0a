#include "tests/unit/proto/again.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)32 << 20) /* bytes that an encoding may take */

const struct again *
again_find(const struct again *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static void
give_up(const struct again *codec, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", codec->name, why);
	abort();
}

int
again_check(const struct again *codec, size_t budget, struct wb_span in)
{
	struct wb_error err = { 0 };
	struct wb_arena arena;
	struct wb_bytes out;
	enum wb_status st;

	wb_arena_init(&arena, budget);
	wb_bytes_init(&out, ROOM);
	st = codec->run(&out, &arena, in, &err);
	if (arena.used > budget)
		give_up(codec, "costs more than its budget");
	if (st == WB_OK && !wb_span_equal(wb_bytes_span(&out), in))
		give_up(codec, "came out otherwise");
	if (st != WB_OK && (err.status != st || err.text[0] == '\0'))
		give_up(codec, "refused without a word");
	if (st != WB_OK && st != WB_INVALID && st != WB_NEWER)
		give_up(codec, err.text);
	wb_bytes_clear(&out);
	wb_arena_clear(&arena);
	return st == WB_OK;
}
