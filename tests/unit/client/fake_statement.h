/* Statements as the fake server reads them, however wrong they are. */
#ifndef WB_TESTS_UNIT_CLIENT_FAKE_STATEMENT_H
#define WB_TESTS_UNIT_CLIENT_FAKE_STATEMENT_H

#include "proto/ack.h"
#include "proto/envelope.h"

#include "tests/unit/client/fake_log.h"

struct fake_described {
	enum wb_statement_type type;
	struct wb_hash id;
	struct wb_key signer; /* zero: a roster */
	uint64_t version; /* of a roster */
	struct wb_ack ack;
	struct wb_verdict verdicts[WB_MAX_VERDICTS];
};

void fake_describe(struct fake_described *d, struct wb_span bytes);
void fake_describe_at(struct fake_described *d, const struct fake_log *log,
    uint64_t index);

#endif
