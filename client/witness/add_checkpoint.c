#include "client/witness/add_checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static enum wb_status
malformed(struct wb_error *err, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_INVALID, "%s", what), "malformed",
	    NULL);
}

/* old <size> */
static bool
take_old(uint64_t *out, struct wb_span *rest)
{
	static const char word[] = "old ";
	struct wb_span line;

	return wb_line_take(&line, rest) && line.len > strlen(word) &&
	       memcmp(line.data, word, strlen(word)) == 0 &&
	       wb_text_uint(out, wb_span_sub(line, strlen(word), line.len), 0,
		   UINT64_MAX, NULL) == WB_OK;
}

/* The hashes, and the empty line behind them. */
static bool
take_proof(struct wb_proof *out, struct wb_span *rest)
{
	struct wb_span line;

	out->count = 0;
	while (wb_line_take(&line, rest)) {
		if (line.len == 0)
			return true;
		if (out->count == WB_MAX_PROOF ||
		    !wb_hash_parse(&out->hashes[out->count], line))
			return false;
		out->count++;
	}
	return false;
}

/*
 * A note whose signature lines are malformed is one that no trusted key has
 * signed, and its text still says which log is meant.
 */
static bool
take_note(struct wb_note *out, struct wb_span note)
{
	struct wb_span line, rest = note;

	if (wb_note_parse(out, note, NULL) == WB_OK)
		return true;
	while (wb_line_take(&line, &rest)) {
		if (line.len != 0)
			continue;
		out->text = wb_span_sub(note, 0, note.len - rest.len - 1);
		out->signatures = wb_span(NULL, 0);
		return true;
	}
	return false;
}

enum wb_status
wb_add_checkpoint_parse(struct wb_add_checkpoint *out, struct wb_span body,
    struct wb_error *err)
{
	struct wb_span text;

	if (body.len > WB_MAX_ADD_CHECKPOINT || !take_old(&out->old, &body))
		return malformed(err, "the body does not begin with \"old\" "
				      "and a size");
	if (!take_proof(&out->proof, &body)) {
		return malformed(err,
		    "after the old size there must be at most 63 hashes in "
		    "base64, a line each, and an empty line");
	}
	if (!take_note(&out->note, body) ||
	    wb_checkpoint_parse(&out->head, out->note.text, NULL, NULL) !=
		WB_OK)
		return malformed(err, "the checkpoint is malformed");
	out->checkpoint = body;
	text = out->note.text;
	if (!wb_line_take(&out->origin, &text))
		return malformed(err, "the checkpoint has no origin");
	return WB_OK;
}

/* The empty tree, or any tree after it, or one that a proof leads to. */
static enum wb_status
check_continues(const struct wb_add_checkpoint *r, const struct wb_head *latest,
    struct wb_error *err)
{
	struct wb_hash empty;

	wb_merkle_root(&empty, NULL, 0);
	if (r->head.size == 0 && !wb_hash_equal(&r->head.root, &empty))
		return wb_fail(err, WB_FORGED,
		    "the root is not that of an empty log");
	if (r->old == 0 && r->proof.count != 0)
		return wb_fail(err, WB_FORGED,
		    "the consistency proof must be empty for old size 0");
	if (r->old == 0)
		return WB_OK;
	return wb_consistency_verify(latest->size, &latest->root, r->head.size,
	    &r->head.root, &r->proof, err);
}

enum wb_witness_verdict
wb_add_checkpoint_judge(const struct wb_add_checkpoint *request,
    const struct wb_vkey *log, const struct wb_head *latest,
    struct wb_error *err)
{
	if (wb_note_verify(&request->note, log, NULL, err) != WB_OK) {
		(void)wb_advise(err, WB_REFUSED, "unsigned", NULL);
		return WB_WITNESS_UNSIGNED;
	}
	if (request->old > request->head.size) {
		(void)malformed(err,
		    "the old size is larger than the checkpoint's");
		return WB_WITNESS_MALFORMED;
	}
	if (request->old != latest->size) {
		(void)wb_advise(err,
		    wb_fail(err, WB_EXISTS,
			"this witness cosigned size %" PRIu64 " last",
			latest->size),
		    "conflict", NULL);
		return WB_WITNESS_CONFLICT;
	}
	if (check_continues(request, latest, err) != WB_OK) {
		(void)wb_advise(err, WB_FORGED, "inconsistent",
		    "The log shows another history than before: ask its "
		    "operator, and keep what it sent.");
		return WB_WITNESS_INCONSISTENT;
	}
	return WB_WITNESS_COSIGN;
}
