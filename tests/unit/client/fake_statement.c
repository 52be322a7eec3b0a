#include "tests/unit/client/fake_statement.h"

#include "proto/batch.h"
#include "proto/roster.h"

static void
describe_payload(struct fake_described *d, struct wb_arena *arena,
    const struct wb_envelope *envelope)
{
	struct wb_roster roster;
	struct wb_batch batch;

	if (envelope->type == WB_STATEMENT_ROSTER &&
	    wb_roster_decode(&roster, arena, envelope->payload, NULL) == WB_OK)
		d->version = roster.version;
	if (envelope->type == WB_STATEMENT_BATCH &&
	    wb_batch_decode(&batch, envelope->payload, NULL) == WB_OK)
		d->signer = batch.signer;
	if (envelope->type == WB_STATEMENT_ACK &&
	    wb_ack_decode(&d->ack, arena, envelope->payload, NULL) == WB_OK) {
		d->signer = d->ack.signer;
		memcpy(d->verdicts, d->ack.verdicts,
		    d->ack.verdict_count * sizeof d->verdicts[0]);
	}
}

void
fake_describe(struct fake_described *d, struct wb_span bytes)
{
	struct wb_envelope envelope;
	struct wb_arena arena;

	memset(d, 0, sizeof *d);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	if (wb_envelope_decode(&envelope, &arena, bytes, NULL) == WB_OK) {
		d->type = envelope.type;
		d->id = envelope.id;
		describe_payload(d, &arena, &envelope);
	}
	wb_arena_clear(&arena);
}

void
fake_describe_at(struct fake_described *d, const struct fake_log *log,
    uint64_t index)
{
	fake_describe(d, wb_bytes_span(&log->entries[index].envelope));
}
