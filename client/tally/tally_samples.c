#include "client/tally/tally_samples.h"

#include <stdlib.h>

#include "client/bundle/bundle.h"
#include "client/ledger/challenge.h"
#include "client/tally/tally_log.h"
#include "client/trust/trust.h"
#include "client/trust/witnessed.h"

static enum wb_status
check_log(const struct wb_tally_log *log, const struct wb_head *head,
    struct wb_error *err)
{
	if (log->size < head->size) {
		return wb_advise(err,
		    wb_fail(err, WB_PARTIAL, "the log is not all here yet"),
		    "log-incomplete", "Sync first: waybill sync");
	}
	if (log->index == WB_NO_TALLY || log->index >= head->size ||
	    log->scope.counted_count == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"there is no tally in the log that samples could be "
			"drawn from"),
		    "no-tally", "A coordinator makes one: waybill tally");
	}
	return WB_OK;
}

enum wb_status
wb_tally_draw(struct wb_tally_samples *out, struct wb_device *device,
    size_t want, struct wb_span nonce, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_challenge challenge;
	struct wb_tally_log log;
	uint64_t witnessed = 0;
	enum wb_status st;

	*out = (struct wb_tally_samples){ 0 };
	st = wb_tally_log_read(&log, device, err);
	if (st == WB_OK)
		st = wb_trust_newest(&out->head, &signature, device, err);
	if (st == WB_OK)
		st = check_log(&log, &out->head, err);
	if (st == WB_OK)
		st = wb_witnessed_size(&witnessed, device, err);
	if (st == WB_OK) {
		challenge = (struct wb_challenge){ out->head.root, log.id,
			nonce };
		out->tally = log.index;
		out->witnessed = witnessed > log.index;
		out->counted = log.scope.counted_count;
		st = wb_challenge_pick(&out->picks, &out->pick_count,
		    log.scope.counted, out->counted, want, &challenge, err);
		out->per_mille = wb_challenge_power(out->pick_count,
		    out->counted);
	}
	wb_tally_log_clear(&log);
	return st;
}

void
wb_tally_samples_clear(struct wb_tally_samples *samples)
{
	free(samples->picks);
	*samples = (struct wb_tally_samples){ 0 };
}

static enum wb_status
open_one(struct wb_bytes *out, struct wb_device *device,
    const struct wb_tallied *batch, struct wb_span nonce, struct wb_error *err)
{
	struct wb_batch_opening opening = { .index = batch->index,
		.nonce = nonce };
	struct wb_tally_sum sum;
	enum wb_status st;

	st = wb_tally_sum(&sum, device, batch, 1,
	    (struct wb_tally_progress){ NULL, NULL }, err);
	opening.totals = sum.totals;
	opening.total_count = sum.total_count;
	opening.blinding = sum.blinding;
	if (st == WB_OK)
		st = wb_batch_opening_encode(out, &opening, err);
	wb_tally_sum_clear(&sum);
	return st;
}

enum wb_status
wb_tally_answer(struct wb_tally_samples *out, struct wb_device *device,
    const char *path, size_t want, struct wb_span nonce,
    struct wb_tally_progress progress, struct wb_error *err)
{
	struct wb_bytes *openings = NULL;
	struct wb_packed packed;
	enum wb_status st;

	*out = (struct wb_tally_samples){ 0 };
	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = wb_device_need_coordinator(device, err);
	if (st == WB_OK)
		st = wb_tally_draw(out, device, want, nonce, err);
	if (st != WB_OK)
		return st;
	openings = calloc(out->pick_count, sizeof *openings);
	if (openings == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; st == WB_OK && i < out->pick_count; i++) {
		wb_bytes_init(&openings[i], WB_MAX_TALLY_CONTENT);
		st = open_one(&openings[i], device, &out->picks[i], nonce, err);
		if (st == WB_OK && progress.tell != NULL)
			progress.tell(progress.ctx, i + 1, out->pick_count);
	}
	if (st == WB_OK)
		st = wb_bundle_pack_openings(&packed, device, path, openings,
		    out->pick_count, err);
	for (size_t i = 0; i < out->pick_count; i++)
		wb_bytes_clear(&openings[i]);
	free(openings);
	return st;
}
