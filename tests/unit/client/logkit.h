/*
 * A small log by hand, honest unless a test makes it lie: rosters, batches and
 * acks by keys from fixed seeds, and bundles of them with whatever items a test
 * wants, under a good checksum.
 */
#ifndef WB_TESTS_UNIT_CLIENT_LOGKIT_H
#define WB_TESTS_UNIT_CLIENT_LOGKIT_H

#include "client/bundle/bundle_reader.h"
#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/roster.h"

#include "tests/unit/check.h"

#define KIT_ENTRIES 8192

enum kit_key {
	KIT_LOG,
	KIT_ROOT1,
	KIT_ROOT2,
	KIT_C1,
	KIT_K1,
	KIT_K2,
	KIT_A1, /* auditor */
	KIT_STRANGER,
	KIT_KEYS
};

struct kit_entry {
	struct wb_bytes envelope;
	struct wb_bytes content;
	struct wb_hash id;
};

struct kit {
	uint64_t seed;
	struct wb_random random;
	struct wb_signer keys[KIT_KEYS];
	struct wb_vkey vkey;
	char policy[WB_MAX_KEY_NAME + 128];
	struct wb_member members[4];
	struct wb_key roots[2];
	struct wb_roster roster; /* the newest logged; edit, then log again */
	struct wb_hash roster_id;
	struct wb_hash programme;
	uint64_t sequence[KIT_KEYS]; /* of each device's newest batch */
	struct wb_hash newest[KIT_KEYS];
	struct kit_entry *entries;
	size_t count;
	struct wb_error err;
};

/* A log with one entry: the roster of C1, K1, K2 and A1, threshold 1 of 2. */
void kit_begin(struct kit *k);
void kit_end(struct kit *k);

/* Logs any payload under any signatures. */
void kit_log(struct kit *k, enum wb_statement_type type, struct wb_span payload,
    const enum kit_key *signers, size_t n);

/* Logs kit->roster as it stands, next in version, signed by ROOT1 (and 2). */
void kit_log_roster(struct kit *k, size_t signers);

/* A batch header that would be right at the end of the log. */
struct wb_batch kit_header(struct kit *k, enum kit_key device,
    struct wb_span content);
/* Logs it, signed by `signer`; the device's chain moves on. */
void kit_log_header(struct kit *k, const struct wb_batch *header,
    enum kit_key signer, struct wb_span content);
/* Both, with a content of `size` random bytes. */
void kit_log_batch(struct kit *k, enum kit_key device, size_t size);

void kit_log_ack(struct kit *k, enum kit_key signer, const struct wb_hash *on,
    enum wb_outcome outcome);

void kit_root(const struct kit *k, struct wb_head *out, size_t size);
void kit_sign_head(struct kit *k, struct wb_bytes *note,
    const struct wb_head *head);
/* For Batch.seen: this size of this log, truly signed. */
void kit_see(struct kit *k, struct wb_batch *header, size_t size);
void kit_prove(struct kit *k, struct wb_proof *out, size_t index, size_t size);

/* A bundle item by item. */
void kit_item(struct kit *k, struct wb_bytes *bundle,
    const struct wb_bundle_item *item);
void kit_item_head(struct kit *k, struct wb_bytes *bundle, const char *purpose);
void kit_item_checkpoint(struct kit *k, struct wb_bytes *bundle, size_t size);
/* With its proof in a tree of `size`, or without where that is 0. */
void kit_item_entry(struct kit *k, struct wb_bytes *bundle, size_t index,
    size_t size);
void kit_item_content(struct kit *k, struct wb_bytes *bundle, size_t index);
void kit_item_checksum(struct kit *k, struct wb_bytes *bundle);
/* All of the log, as `pack --for-audit` has it. */
void kit_bundle(struct kit *k, struct wb_bytes *bundle);

#endif
