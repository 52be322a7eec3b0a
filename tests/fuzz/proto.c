/*
 * One fuzz target for each group of formats, named by WB_FUZZ_TARGET.  The
 * first byte of the input says which of the group.  What is accepted must come
 * out as it went in, within the budget: again_check aborts otherwise.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/proto/again.h"

#define BUDGET ((size_t)8 << 20) /* bytes */

static const struct {
	const char *target;
	const struct again *table;
	const char *codec;
} groups[] = {
	{ "envelope", again_envelope, "envelope" },
	{ "roster", again_envelope, "roster" },
	{ "batch", again_envelope, "batch" },
	{ "batch", again_envelope, "ack" },
	{ "batch", again_envelope, "tally" },
	{ "batch", again_envelope, "note" },
	{ "batch", again_envelope, "read" },
	{ "content", again_record, "goods" },
	{ "content", again_record, "place" },
	{ "content", again_record, "part" },
	{ "content", again_record, "manifest" },
	{ "content", again_record, "content" },
	{ "content", again_record, "disclosure" },
	{ "content", again_record, "showing" },
	{ "content", again_record, "tally_content" },
	{ "content", again_record, "opening" },
	{ "content", again_record, "padded" },
	{ "transfer", again_envelope, "uploads" },
	{ "transfer", again_envelope, "answer" },
	{ "transfer", again_envelope, "feed" },
	{ "transfer", again_envelope, "annexes" },
	{ "transfer", again_envelope, "enrolments" },
	{ "transfer", again_envelope, "bundle_head" },
	{ "transfer", again_envelope, "answer_known" },
	{ "transfer", again_envelope, "feed_known" },
	{ "join", again_record, "invite" },
	{ "join", again_record, "join_request" },
	{ "join", again_record, "welcome" },
	{ "join", again_record, "catalogue" },
	{ "join", again_record, "places" },
	{ "join", again_record, "names" },
};

#define GROUPS (sizeof groups / sizeof groups[0])

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned skip = size == 0 ? 0 : data[0];

	if (size == 0)
		return 0;
	for (size_t i = 0; i < GROUPS; i++) {
		const struct again *codec;

		if (strcmp(groups[i].target, WB_FUZZ_TARGET) != 0 ||
		    skip-- != 0)
			continue;
		codec = again_find(groups[i].table, groups[i].codec);
		(void)again_check(codec, BUDGET, wb_span(data + 1, size - 1));
	}
	return 0;
}
