/*
 * A log by hand with commitments whose values are known, and tallies of it,
 * honest or not.  What an honest one says is written down here, not computed by
 * the rules that are tested.
 */
#ifndef WB_TESTS_UNIT_CLIENT_TALLYKIT_H
#define WB_TESTS_UNIT_CLIENT_TALLYKIT_H

#include "client/audit/audit.h"
#include "proto/tally.h"

#include "tests/unit/client/logkit.h"

#define TALLYKIT_MEASURE "delivered|a%7Cb 100%25|sack"

/* One tally as its maker wants it. */
struct kit_tally {
	struct wb_tally header;
	struct wb_key signers[2];
	uint64_t included[8];
	struct wb_exclusion excluded[8];
	struct wb_total totals[4];
	struct wb_tally_content content;
};

struct tallykit {
	struct kit k;
	uint64_t values[64]; /* of the batch at that index */
	uint8_t blindings[64];
	struct wb_bytes shown[64]; /* of the tally at that index */
};

/*
 * 0 roster · 1 K1 2.5 · 2 K2 1 · 3 K1 0.5, disputed · 4 K2 0.7, not opened ·
 * 5 to 8 acks · 9 K1 0.3, undecryptable · 10 ack of that · 11 tally of 0 to 10.
 */
void tallykit_begin(struct tallykit *t);
void tallykit_end(struct tallykit *t);

void tallykit_batch(struct tallykit *t, enum kit_key key, uint64_t value);
void tallykit_ack(struct tallykit *t, size_t index, enum wb_outcome outcome);

/* Entry 11 before it is logged. */
void tallykit_first(struct tallykit *t, struct kit_tally *out);
/*
 * 12 ack that 4 is opened · 13 the same of 9 · 14 K2 0.04 · 15 ack of that ·
 * 16 tally of 11 to 15, which takes 4 and 9 in late.
 */
void tallykit_go_on(struct tallykit *t);
void tallykit_second(struct tallykit *t, struct kit_tally *out);

/* Adds to (or takes from) the content what the batch at `index` holds. */
void tallykit_count(struct tallykit *t, struct kit_tally *tally, size_t index);
void tallykit_uncount(struct tallykit *t, struct kit_tally *tally,
    size_t index);

/* Encodes the content, hashes it, signs and logs. */
void tallykit_log(struct tallykit *t, struct kit_tally *tally,
    const enum kit_key *signers, size_t n);

/* A bundle of that purpose, without its checksum; tallies in clear. */
void tallykit_bundle(struct tallykit *t, struct wb_bytes *bundle,
    const char *purpose);
void tallykit_opening(struct tallykit *t, struct wb_bytes *bundle, size_t index,
    uint64_t value, const char *nonce);
/* Puts the checksum and verifies with --tally. */
void tallykit_verify(struct tallykit *t, struct wb_audit *out,
    struct wb_bytes *bundle, const char *nonce);
/* The same where so many samples were asked of the tally at that index. */
void tallykit_verify_samples(struct tallykit *t, struct wb_audit *out,
    struct wb_bytes *bundle, size_t samples, uint64_t sampled);
bool tallykit_found(const struct wb_audit *a, const char *id);

#endif
