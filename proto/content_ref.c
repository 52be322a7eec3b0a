#include "proto/content_ref.h"

#include "proto/wire.h"

bool
wb_statement_has_content(enum wb_statement_type type)
{
	switch (type) {
	case WB_STATEMENT_BATCH:
	case WB_STATEMENT_TALLY:
	case WB_STATEMENT_NOTE:
		return true;
	case WB_STATEMENT_UNKNOWN:
	case WB_STATEMENT_ROSTER:
	case WB_STATEMENT_ACK:
	case WB_STATEMENT_READ:
		break;
	}
	return false;
}

struct wb_content_ref
wb_batch_content(const struct wb_batch *batch)
{
	return (
	    struct wb_content_ref){ batch->content_hash, batch->content_size };
}

struct wb_content_ref
wb_tally_content(const struct wb_tally *tally)
{
	return (struct wb_content_ref){ .hash = tally->content_hash };
}

struct wb_content_ref
wb_shown_content(const struct wb_shown *note)
{
	return (struct wb_content_ref){ .hash = note->content_hash };
}

enum wb_status
wb_content_ref_read(struct wb_content_ref *out, struct wb_arena *arena,
    const struct wb_envelope *envelope, struct wb_error *err)
{
	struct wb_batch batch;
	struct wb_tally tally;
	struct wb_shown note;
	enum wb_status st;

	switch (envelope->type) {
	case WB_STATEMENT_BATCH:
		st = wb_batch_decode(&batch, envelope->payload, err);
		if (st == WB_OK)
			*out = wb_batch_content(&batch);
		return st;
	case WB_STATEMENT_TALLY:
		st = wb_tally_decode(&tally, arena, envelope->payload, err);
		if (st == WB_OK)
			*out = wb_tally_content(&tally);
		return st;
	case WB_STATEMENT_NOTE:
		st = wb_shown_decode(&note, envelope->payload, err);
		if (st == WB_OK)
			*out = wb_shown_content(&note);
		return st;
	case WB_STATEMENT_UNKNOWN:
	case WB_STATEMENT_ROSTER:
	case WB_STATEMENT_ACK:
	case WB_STATEMENT_READ:
		break;
	}
	return wb_fail(err, WB_NOT_FOUND, "such a statement has no content");
}

bool
wb_content_ref_names(const struct wb_content_ref *ref,
    const struct wb_hash *hash, size_t size)
{
	return size != 0 && size <= WB_MAX_CONTENT &&
	       (ref->size == 0 || size == ref->size) &&
	       wb_hash_equal(hash, &ref->hash);
}

bool
wb_content_ref_fits(const struct wb_content_ref *ref, struct wb_span file)
{
	struct wb_hash hash;

	wb_sha256_one(&hash, file);
	return wb_content_ref_names(ref, &hash, file.len);
}
