/*
 * The log of most audits, and audits that must agree with each other.
 */
#ifndef WB_TESTS_UNIT_CLIENT_AUDITKIT_H
#define WB_TESTS_UNIT_CLIENT_AUDITKIT_H

#include "client/audit/audit.h"

#include "tests/unit/client/logkit.h"

#define KIT_CONTENT 100 /* bytes; the auditor does not open it */

/*
 * The story of every test: 0 roster, 1 K1's first batch, 2 K2's first, 3 K1's
 * second, 4 an ack of the first.
 */
void kit_story(struct kit *k);

/*
 * Alone; on three threads; and with hardly any root at hand, so that heads are
 * compared in a second reading: all find the same in the same words.
 */
void kit_audit(struct wb_audit *out, struct kit *k,
    const struct wb_bytes *bundle);

/* Prints what was found. */
void kit_show(const struct wb_audit *a);
/* The same where the result is another, which fails the test. */
void kit_expect(struct wb_audit *a, enum wb_verdict_result result);

#endif
