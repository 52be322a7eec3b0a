/* The step of sync that reads the log. */
#include <inttypes.h>
#include <stdio.h>

#include "client/sync/sync_page.h"
#include "proto/content_ref.h"

/*
 * How far a feed was read is kept for each kind apart: who becomes a
 * coordinator has to read again what was not shown before.
 */
struct reading {
	struct wb_run *run;
	const char *setting;
	bool whole; /* every entry is due */
	bool contents;
	uint64_t from;
	struct wb_page page;
};

static void
choose_feed(struct reading *r)
{
	r->whole = wb_trust_whole_log(r->run->device);
	r->contents = wb_member_may(r->run->device->self, WB_ROLE_COORDINATOR);
	if (r->contents)
		r->setting = WB_SET_FEED_NEXT "-contents";
	else if (r->whole)
		r->setting = WB_SET_FEED_NEXT "-whole";
	else
		r->setting = WB_SET_FEED_NEXT;
}

static enum wb_status
check_shape(const struct reading *r, struct wb_error *err)
{
	const struct wb_feed *f = &r->page.feed;
	uint64_t least = r->from;

	if (f->next < r->from || f->next > r->page.head.size)
		return wb_page_misshapen(err, "its page leads nowhere");
	if (f->next == r->from && r->from != r->page.head.size)
		return wb_page_withheld(err,
		    "the server stops before the end of the log that it "
		    "signed");
	for (size_t i = 0; i < f->entry_count; i++) {
		if (f->entries[i].index < least ||
		    f->entries[i].index >= f->next)
			return wb_page_misshapen(err,
			    "its page goes on behind its end");
		least = f->entries[i].index + 1;
	}
	if (r->whole && f->entry_count != f->next - r->from)
		return wb_page_withheld(err,
		    "the server leaves out entries of the log");
	return WB_OK;
}

static bool
shows(const struct wb_feed *feed, uint64_t index)
{
	size_t low = 0, high = feed->entry_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (feed->entries[middle].index == index)
			return true;
		if (feed->entries[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* What has a receipt here, and everybody is shown, must be on its page. */
static enum wb_status
check_receipts(const struct reading *r, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row, all = true;

	st = wb_db_prepare(&q, r->run->device->db,
	    "SELECT log_index FROM statement WHERE log_index >= ?"
	    " AND log_index < ? AND (type = 1 OR row IN (SELECT statement"
	    " FROM batch WHERE device = (SELECT row FROM device"
	    " WHERE key = ?)))",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)r->from);
	wb_bind_int(q, 2, (int64_t)r->page.feed.next);
	wb_bind_blob(q, 3, wb_key_span(&r->run->device->signer.key));
	st = wb_step(q, &row, err);
	while (st == WB_OK && row) {
		all = all &&
		      shows(&r->page.feed, (uint64_t)wb_column_int(q, 0));
		st = wb_step(q, &row, err);
	}
	if (st != WB_OK || all)
		return st;
	return wb_page_withheld(err,
	    "the server does not show what it has given a receipt for");
}

/* The roster that an ack names, where it is not here. */
static enum wb_status
note_ack(struct reading *r, const struct wb_entry *entry, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_ack ack;
	enum wb_status st;
	bool here = true;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, entry->envelope, err);
	if (st == WB_OK)
		st = wb_ack_decode(&ack, &arena, envelope.payload, err);
	if (st == WB_OK)
		st = wb_run_has(&here, r->run->device->db, &ack.roster, err);
	if (st == WB_OK && !here) {
		r->run->roster_named = true;
		r->run->named = ack.roster;
	}
	wb_arena_clear(&arena);
	return st;
}

/* What does not come with its entry is asked for once more, later. */
static enum wb_status
take_content(struct reading *r, int64_t row, const struct wb_entry *entry,
    struct wb_error *err)
{
	struct wb_error why = { 0 };
	enum wb_status st;

	if (entry->content.len == 0)
		return wb_sync_note_lacking(r->run, entry->index, err);
	st = wb_trust_content(r->run->device, row, entry->content, &why);
	if (st == WB_FORGED) {
		wb_run_problem(r->run, st, &why);
		return wb_sync_note_lacking(r->run, entry->index, err);
	}
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}

static enum wb_status
take_one(struct reading *r, const struct wb_entry *entry, struct wb_error *err)
{
	struct wb_taken taken;
	enum wb_status st;

	st = wb_page_take_entry(&taken, r->run, &r->page, entry, err);
	if (st != WB_OK || taken.row == 0)
		return st;
	if (taken.is_new)
		r->run->out->entries_read++;
	if (taken.is_new && taken.type == WB_STATEMENT_ACK)
		return note_ack(r, entry, err);
	if (r->contents && wb_statement_has_content(taken.type))
		return take_content(r, taken.row, entry, err);
	return WB_OK;
}

static enum wb_status
take_page(struct reading *r, struct wb_error *err)
{
	const struct wb_feed *f = &r->page.feed;
	struct wb_synced before = *r->run->out;
	enum wb_status st;

	st = wb_db_begin(r->run->device->db, err);
	if (st != WB_OK)
		return st;
	st = wb_page_take_head(&r->page, r->run, err);
	if (st == WB_OK)
		st = check_shape(r, err);
	if (st == WB_OK)
		st = check_receipts(r, err);
	for (size_t i = 0; i < f->entry_count && st == WB_OK; i++)
		st = take_one(r, &f->entries[i], err);
	if (st == WB_OK)
		st = wb_setting_put_number(r->run->device->db, r->setting,
		    f->next, err);
	st = wb_run_finish(r->run, st, err);
	if (st != WB_OK)
		*r->run->out = before;
	return st;
}

static enum wb_status
read_page(struct reading *r, struct wb_error *err)
{
	char path[WB_PAGE_PATH];
	enum wb_status st;
	uint64_t seen;

	st = wb_run_seen(&seen, r->run, err);
	if (st != WB_OK)
		return st;
	(void)snprintf(path, sizeof path,
	    "/v1/feed?from=%" PRIu64 "&seen=%" PRIu64 "%s", r->from, seen,
	    r->contents ? "&content=1" : "");
	st = wb_page_get(&r->page, r->run, path, true, err);
	if (st == WB_OK)
		st = take_page(r, err);
	if (st != WB_OK)
		return st;
	r->from = r->page.feed.next;
	wb_run_tell(r->run, "reading", r->from, r->page.head.size);
	return WB_OK;
}

/* A receipt is a promise that the log is at least so long. */
static enum wb_status
check_length(const struct reading *r, struct wb_error *err)
{
	enum wb_status st;
	uint64_t length;

	st = wb_run_count(&length, r->run->device->db,
	    "SELECT coalesce(max(log_index) + 1, 0) FROM statement", err);
	if (st != WB_OK || length <= r->page.head.size)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"the log is shorter than a receipt that this device holds"),
	    "log-rolled-back", WB_KEEP_EVIDENCE);
}

/* What `pack --for-audit` falls back on when the server holds entries back. */
static enum wb_status
note_whole(const struct reading *r, struct wb_error *err)
{
	struct wb_db *db = r->run->device->db;
	enum wb_status st;
	uint64_t here;

	if (!r->whole)
		return WB_OK;
	st = wb_run_count(&here, db,
	    "SELECT count(*) FROM statement WHERE log_index IS NOT NULL", err);
	if (st != WB_OK || here != r->page.head.size)
		return st;
	return wb_setting_put(db, WB_SET_HEAD_WHOLE, r->page.feed.checkpoint,
	    err);
}

enum wb_status
wb_sync_read_feed(struct wb_run *run, struct wb_error *err)
{
	struct reading r = { .run = run };
	enum wb_status st;

	choose_feed(&r);
	wb_page_init(&r.page);
	st = wb_setting_get_number(&r.from, run->device->db, r.setting, 0, err);
	do {
		if (st == WB_OK)
			st = read_page(&r, err);
	} while (st == WB_OK && r.from < r.page.head.size);
	if (st == WB_OK)
		st = check_length(&r, err);
	if (st == WB_OK)
		st = note_whole(&r, err);
	if (st == WB_OK)
		st = wb_device_reload(run->device, err);
	wb_page_clear(&r.page);
	return st;
}
