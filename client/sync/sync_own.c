/* The step of sync that asks what the log has of this device. */
#include <inttypes.h>
#include <stdio.h>

#include "client/sync/sync_page.h"
#include "proto/batch.h"

/* Did this key really make it?  Only then does it tell of this vault. */
static enum wb_status
check_mine(struct wb_hash *id, struct wb_run *run, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_batch batch;
	enum wb_status st;

	st = wb_envelope_decode(&envelope, arena, bytes, NULL);
	if (st == WB_OK)
		st = wb_batch_decode(&batch, envelope.payload, NULL);
	if (st == WB_OK)
		st = wb_envelope_verify(&envelope, WB_STATEMENT_BATCH,
		    &run->device->signer.key, NULL);
	if (st != WB_OK ||
	    !wb_key_equal(&batch.signer, &run->device->signer.key))
		return wb_page_misshapen(err,
		    "it shows a batch of another device");
	*id = envelope.id;
	return WB_OK;
}

static enum wb_status
mark_rolled_back(struct wb_run *run, struct wb_error *err)
{
	enum wb_status st;

	st = wb_setting_put_number(run->device->db, WB_SET_ROLLED_BACK,
	    (uint64_t)wb_clock_now(run->device->clock), err);
	return st == WB_OK ? wb_device_need_newest(run->device, err) : st;
}

/* The newest that this vault has a receipt for; none: -1. */
static enum wb_status
newest_own(int64_t *out, struct wb_run *run, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&q, run->device->db,
	    "SELECT coalesce(max(s.log_index), -1) FROM statement s"
	    " JOIN batch b ON b.statement = s.row"
	    " JOIN device d ON d.row = b.device WHERE d.key = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, wb_key_span(&run->device->signer.key));
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	*out = wb_column_int(q, 0);
	wb_stmt_done(q);
	return WB_OK;
}

static enum wb_status
take_own(struct wb_page *p, struct wb_run *run, struct wb_error *err)
{
	struct wb_taken taken;
	enum wb_status st;

	st = wb_db_begin(run->device->db, err);
	if (st != WB_OK)
		return st;
	st = wb_page_take_head(p, run, err);
	if (st == WB_OK && p->feed.entry_count == 1)
		st = wb_page_take_entry(&taken, run, p, &p->feed.entries[0],
		    err);
	return wb_run_finish(run, st, err);
}

static enum wb_status
judge_own(struct wb_page *p, struct wb_run *run, struct wb_error *err)
{
	struct wb_hash id;
	enum wb_status st;
	int64_t newest;
	bool here;

	if (p->feed.entry_count > 1)
		return wb_page_misshapen(err,
		    "it shows more than one newest batch");
	if (p->feed.entry_count == 1) {
		st = check_mine(&id, run, &p->arena,
		    p->feed.entries[0].envelope, err);
		if (st == WB_OK)
			st = wb_run_has(&here, run->device->db, &id, err);
		if (st != WB_OK)
			return st;
		if (!here)
			return mark_rolled_back(run, err);
	}
	st = take_own(p, run, err);
	if (st == WB_OK)
		st = newest_own(&newest, run, err);
	if (st != WB_OK || newest < 0)
		return st;
	if (p->feed.entry_count == 0 ||
	    p->feed.entries[0].index != (uint64_t)newest) {
		return wb_page_withheld(err,
		    "the server does not show a batch of this device that it "
		    "has given a receipt for");
	}
	return WB_OK;
}

enum wb_status
wb_sync_check_own(struct wb_run *run, struct wb_error *err)
{
	char path[WB_PAGE_PATH];
	enum wb_status st;
	uint64_t seen;
	struct wb_page p;

	wb_page_init(&p);
	st = wb_run_seen(&seen, run, err);
	(void)snprintf(path, sizeof path, "/v1/feed/own?seen=%" PRIu64, seen);
	if (st == WB_OK)
		st = wb_page_get(&p, run, path, true, err);
	if (st == WB_OK)
		st = judge_own(&p, run, err);
	wb_page_clear(&p);
	return st;
}
