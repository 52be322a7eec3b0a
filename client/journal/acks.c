#include "client/journal/acks.h"

#include "proto/wire.h"

enum wb_status
wb_acks_keep(struct wb_device *device, struct wb_verdict *verdicts, size_t n,
    struct wb_error *err)
{
	const struct wb_ack ack = { .programme = device->programme,
		.signer = device->signer.key,
		.verdicts = verdicts,
		.verdict_count = n,
		.roster = device->roster_id };
	struct wb_bytes payload;
	enum wb_status st;
	int64_t row;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	st = wb_ack_encode(&payload, &ack, err);
	if (st == WB_OK)
		st = wb_statement_issue(&row, device, WB_STATEMENT_ACK,
		    wb_bytes_span(&payload), err);
	wb_bytes_clear(&payload);
	return st;
}
