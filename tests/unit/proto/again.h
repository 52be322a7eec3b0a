/*
 * Every codec behind one face, for tests that hold of all of them: decode,
 * then encode what came out.
 */
#ifndef WB_TESTS_UNIT_PROTO_AGAIN_H
#define WB_TESTS_UNIT_PROTO_AGAIN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct again {
	const char *name; /* of the golden file */
	/* `out` is empty; the arena is the message's own. */
	enum wb_status (*run)(struct wb_bytes *out, struct wb_arena *arena,
	    struct wb_span in, struct wb_error *err);
};

extern const struct again again_envelope[]; /* ends with a NULL name */
extern const struct again again_record[];

const struct again *again_find(const struct again *table, const char *name);

/*
 * Decodes and encodes within `budget`.  Aborts where the bytes come out
 * otherwise, or where more than the budget was used: for fuzzers and for
 * bit flips alike.  Returns whether decoding accepted.
 */
int again_check(const struct again *codec, size_t budget, struct wb_span in);

#endif
