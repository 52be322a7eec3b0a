/* Reads the frozen messages of tests/unit/proto/golden. */
#ifndef WB_TESTS_UNIT_PROTO_GOLDEN_H
#define WB_TESTS_UNIT_PROTO_GOLDEN_H

#include <ctype.h>
#include <stdio.h>

#include "crypto/text.h"

#include "tests/unit/check.h"

/* Appends golden/NAME.hex to `out`. */
static inline void
golden_read(struct wb_bytes *out, const char *name)
{
	char path[512], pair[2];
	uint8_t byte;
	size_t n = 0;
	FILE *f;
	int ch;

	(void)snprintf(path, sizeof path, "%s/%s.hex", WB_GOLDEN, name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("cannot read %s", path);
	while ((ch = fgetc(f)) != EOF) {
		if (isspace(ch))
			continue;
		pair[n++ % 2] = (char)ch;
		if (n % 2 != 0)
			continue;
		assert_int_equal(wb_hex_parse(&byte, 1, wb_span(pair, 2), NULL),
		    WB_OK);
		assert_int_equal(wb_bytes_append(out, wb_span(&byte, 1), NULL),
		    WB_OK);
	}
	(void)fclose(f);
}

#endif
