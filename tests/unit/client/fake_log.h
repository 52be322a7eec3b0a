/* A log in memory, honest or not: entries, heads and proofs on demand. */
#ifndef WB_TESTS_UNIT_CLIENT_FAKE_LOG_H
#define WB_TESTS_UNIT_CLIENT_FAKE_LOG_H

#include "client/device.h"
#include "proto/transfer.h"

#include "tests/unit/check.h"

#define FAKE_LOG_MAX 1024 /* entries */

struct fake_entry {
	struct wb_bytes envelope;
	struct wb_bytes content;
};

struct fake_log {
	struct wb_signer *signer; /* borrowed */
	struct wb_vkey vkey;
	struct fake_entry entries[FAKE_LOG_MAX];
	struct wb_hash leaves[FAKE_LOG_MAX];
	uint64_t size;
	struct wb_error err;
};

struct fake_log *fake_log_new(struct wb_signer *signer,
    const struct wb_vkey *vkey);
void fake_log_free(struct fake_log **log);

/* The same entries in a log of its own: what a fork begins as. */
struct fake_log *fake_log_copy(const struct fake_log *log, uint64_t size);

/* What a device has of it, in order: C1 has all. */
struct fake_log *fake_log_of(struct wb_device *device,
    struct wb_signer *signer);

/* Gives the index. */
uint64_t fake_log_add(struct fake_log *log, struct wb_span envelope,
    struct wb_span content);

/* Forgets all entries from `size` on. */
void fake_log_cut(struct fake_log *log, uint64_t size);

/* `out` is cleared first. */
void fake_log_checkpoint(struct wb_bytes *out, struct fake_log *log,
    uint64_t size);
void fake_log_head(struct wb_head *out, struct fake_log *log, uint64_t size);
void fake_log_include(struct wb_proof *out, struct fake_log *log,
    uint64_t index, uint64_t size);
/* What that proof tells. */
void fake_log_known(struct wb_known_nodes *out, struct fake_log *log,
    uint64_t index, uint64_t size);
/* No hashes where nothing can be said. */
void fake_log_consist(struct wb_proof *out, struct fake_log *log,
    uint64_t size1, uint64_t size2);

/* With its proof under the head of `size`; views into the log. */
void fake_log_entry(struct wb_entry *out, struct fake_log *log, uint64_t index,
    uint64_t size);

#endif
