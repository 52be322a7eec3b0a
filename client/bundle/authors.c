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

/* What the statement says of itself. */
static enum wb_status
read_author(struct wb_authors *out, struct wb_arena *scratch,
    const struct wb_envelope *e)
{
	struct wb_batch batch;
	struct wb_shown note;
	enum wb_status st;
	struct wb_ack ack;

	if (e->type == WB_STATEMENT_BATCH) {
		st = wb_batch_decode(&batch, e->payload, NULL);
		if (st == WB_OK)
			name_author(out, &batch.programme, &batch.signer);
	} else if (e->type == WB_STATEMENT_ACK) {
		st = wb_ack_decode(&ack, scratch, e->payload, NULL);
		if (st == WB_OK)
			name_author(out, &ack.programme, &ack.signer);
	} else if (e->type == WB_STATEMENT_NOTE) {
		st = wb_shown_decode(&note, e->payload, NULL);
		if (st == WB_OK)
			name_author(out, &note.programme, &note.signer);
	} else {
		return WB_INVALID;
	}
	return st == WB_OK ? wb_envelope_verify(e, e->type, &out->keys[0], NULL)
			   : st;
}

static enum wb_status
read_signers(struct wb_authors *out, struct wb_arena *scratch,
    const struct wb_envelope *e)
{
	struct wb_tally tally;
	enum wb_status st;

	st = wb_tally_decode(&tally, scratch, e->payload, NULL);
	if (st == WB_OK)
		st = wb_tally_verify(e, &tally, NULL);
	if (st != WB_OK)
		return st;
	out->programme = tally.programme;
	out->count = tally.signer_count;
	memcpy(out->keys, tally.signers, out->count * sizeof out->keys[0]);
	return WB_OK;
}

enum wb_status
wb_authors_pass_over(enum wb_status st, const struct wb_arena *scratch,
    struct wb_error *err)
{
	if (st == WB_NO_MEMORY && !scratch->exceeded)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	return WB_OK;
}

enum wb_status
wb_authors_find(struct wb_authors *out, struct wb_arena *scratch,
    const struct wb_envelope *e, struct wb_error *err)
{
	enum wb_status st;

	out->count = 0;
	st = e->type == WB_STATEMENT_TALLY ? read_signers(out, scratch, e)
					   : read_author(out, scratch, e);
	if (st != WB_OK)
		out->count = 0;
	return wb_authors_pass_over(st, scratch, err);
}
