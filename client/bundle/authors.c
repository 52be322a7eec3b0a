#include "client/bundle/authors.h"

#include <string.h>

#include "proto/ack.h"
#include "proto/batch.h"

static void
name_author(struct wb_authors *out, const struct wb_hash *programme,
    const struct wb_key *key)
{
	out->programme = *programme;
	out->keys[0] = *key;
	out->count = 1;
}

static void
name_signers(struct wb_authors *out, const struct wb_envelope *e,
    const struct wb_tally *tally)
{
	if (wb_tally_verify(e, tally, NULL) != WB_OK)
		return;
	out->programme = tally->programme;
	out->count = tally->signer_count;
	memcpy(out->keys, tally->signers, out->count * sizeof out->keys[0]);
}

void
wb_authors_find(struct wb_authors *out, struct wb_arena *scratch,
    const struct wb_envelope *e)
{
	struct wb_batch batch;
	struct wb_tally tally;
	struct wb_shown note;
	struct wb_ack ack;

	out->count = 0;
	if (e->type == WB_STATEMENT_TALLY) {
		if (wb_tally_decode(&tally, scratch, e->payload, NULL) == WB_OK)
			name_signers(out, e, &tally);
		return;
	}

	if (e->type == WB_STATEMENT_BATCH &&
	    wb_batch_decode(&batch, e->payload, NULL) == WB_OK)
		name_author(out, &batch.programme, &batch.signer);
	else if (e->type == WB_STATEMENT_ACK &&
		 wb_ack_decode(&ack, scratch, e->payload, NULL) == WB_OK)
		name_author(out, &ack.programme, &ack.signer);
	else if (e->type == WB_STATEMENT_NOTE &&
		 wb_shown_decode(&note, e->payload, NULL) == WB_OK)
		name_author(out, &note.programme, &note.signer);
	if (out->count != 0 &&
	    wb_envelope_verify(e, e->type, &out->keys[0], NULL) != WB_OK)
		out->count = 0;
}
