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
	struct wb_bytes payload, bytes;
	struct wb_envelope envelope;
	struct wb_arena arena;
	enum wb_status st;
	int64_t row;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_ack_encode(&payload, &ack, err);
	if (st == WB_OK)
		st = wb_envelope_seal(&bytes, WB_STATEMENT_ACK,
		    wb_bytes_span(&payload), &device->signer, err);
	if (st == WB_OK)
		st = wb_envelope_decode(&envelope, &arena,
		    wb_bytes_span(&bytes), err);
	if (st == WB_OK)
		st = wb_statement_keep(&row, NULL, device, &envelope,
		    wb_bytes_span(&bytes), NULL, wb_span(NULL, 0), err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&bytes);
	wb_bytes_clear(&payload);
	return st;
}
