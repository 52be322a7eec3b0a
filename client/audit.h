/*
 * Verify: what an auditor can check with nothing but a programme id, and what
 * a member can check besides.  One bad entry never hides the rest.
 */
#ifndef WB_CLIENT_AUDIT_H
#define WB_CLIENT_AUDIT_H

#include "base/arena.h"
#include "client/device.h"

enum wb_verdict_result {
	WB_AUDIT_GOOD, /* exit 0 */
	WB_AUDIT_BAD, /* exit 4 */
	WB_AUDIT_UNCHECKED /* exit 3: no pinned programme, or content missing */
};

/* A problem found: a stable id and what it concerns. */
struct wb_audit_problem {
	const char *id; /* "gap", "fork", "signature", "inclusion", … */
	struct wb_span device; /* label; may be empty */
	uint64_t first; /* log index or sequence, as the id says */
	uint64_t last;
	struct wb_span text; /* one sentence */
};

struct wb_audit {
	struct wb_arena arena;
	enum wb_verdict_result result;
	struct wb_hash programme;
	uint64_t entries;
	uint64_t batches;
	uint64_t devices;
	uint64_t rosters;
	uint64_t contents; /* hashed and compared */
	uint64_t opened; /* records_root, commitment and records checked */
	struct wb_audit_problem *problems;
	size_t problem_count;
	struct wb_span
	    *unchecked; /* sentences: what was not checked, and why */
	size_t unchecked_count;
};

/*
 * A plain bundle.  `programme` NULL: not pinned, so the result is never GOOD.
 * `readers` (may be none) open contents besides.  A failure to read the file
 * at all is an error; a broken checksum or entry is a problem found.
 */
WB_MUST_CHECK enum wb_status wb_audit_bundle(struct wb_audit *out,
    const char *path, const struct wb_hash *programme,
    struct wb_secret *const *readers, size_t reader_count,
    struct wb_error *err);

/* The facts in a device's own vault. */
WB_MUST_CHECK enum wb_status wb_audit_vault(struct wb_audit *out,
    struct wb_device *device, struct wb_error *err);

void wb_audit_clear(struct wb_audit *audit);

#endif
