/*
 * The step of sync that reads the log, and so finds out whether this vault is
 * the newest: what this key signed after what is known here is on the pages
 * behind where this vault has read to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sync/sync_page.h"
#include "proto/batch.h"
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
	bool own; /* own entries are to be shown, though they were seen */
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
	if (f->next == r->from && r->from != r->page.head.size) {
		return wb_page_withheld(err,
		    "the server stops before the end of the log that it "
		    "signed");
	}
	for (size_t i = 0; i < f->entry_count; i++) {
		if (f->entries[i].index < least ||
		    f->entries[i].index >= f->next)
			return wb_page_misshapen(err,
			    "its page goes on behind its end");
		least = f->entries[i].index + 1;
	}
	for (size_t i = 0; i < f->held_count; i++) {
		if (r->own || f->held[i] < r->from || f->held[i] >= f->next)
			return wb_page_misshapen(err,
			    "it names entries that were not asked for");
	}
	if (r->whole && f->entry_count != f->next - r->from)
		return wb_page_withheld(err,
		    "the server leaves out entries of the log");
	return WB_OK;
}

static int
compare(const void *key, const void *index)
{
	const uint64_t *a = key, *b = index;

	return (*a > *b) - (*a < *b);
}

/* Shown, or named as known to this device. */
static bool
shows(const struct wb_feed *f, uint64_t index)
{
	return (f->entry_count != 0 &&
		   bsearch(&index, &f->entries[0].index, f->entry_count,
		       sizeof f->entries[0], compare) != NULL) ||
	       (f->held_count != 0 && bsearch(&index, f->held, f->held_count,
					  sizeof f->held[0], compare) != NULL);
}

/* What has a receipt here, and everybody is shown, must be on its page. */
static enum wb_status
check_receipts(const struct reading *r, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;
	bool row, all = true, batches = true;

	st = wb_db_prepare(&q, r->run->device->db,
	    "SELECT log_index, type FROM statement WHERE log_index >= ?"
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
		if (!shows(&r->page.feed, (uint64_t)wb_column_int(q, 0))) {
			all = false;
			batches = batches &&
				  wb_column_int(q, 1) != WB_STATEMENT_BATCH;
		}
		st = wb_step(q, &row, err);
	}
	if (st != WB_OK || all)
		return st;
	return wb_page_withheld(err,
	    batches ? "the server does not show what it has given a receipt for"
		    : "the server does not show a batch of this device that it "
		      "has given a receipt for");
}

/* Is all that the page only names in this vault? */
static enum wb_status
holds(bool *all, const struct reading *r, struct wb_error *err)
{
	const struct wb_feed *f = &r->page.feed;
	enum wb_status st = WB_OK;
	struct wb_stmt *q;

	*all = true;
	for (size_t i = 0; i < f->held_count && st == WB_OK && *all; i++) {
		st = wb_db_prepare(&q, r->run->device->db,
		    "SELECT 1 FROM statement WHERE log_index = ?", err);
		if (st != WB_OK)
			return st;
		wb_bind_int(q, 1, (int64_t)f->held[i]);
		st = wb_step(q, all, err);
		wb_stmt_done(q);
	}
	return st;
}

/*
 * A batch by this key that is not in this vault?  What is no statement, or not
 * signed, tells nothing here.
 */
static enum wb_status
is_lost(bool *lost, struct wb_run *run, struct wb_span bytes,
    struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_batch batch;
	struct wb_arena arena;
	enum wb_status st;
	bool here = true, own = false;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, bytes, err);
	if (st == WB_OK && envelope.type == WB_STATEMENT_BATCH) {
		st = wb_batch_decode(&batch, envelope.payload, err);
		own = st == WB_OK &&
		      wb_key_equal(&batch.signer, &run->device->signer.key);
	}
	if (own)
		st = wb_envelope_verify(&envelope, WB_STATEMENT_BATCH,
		    &batch.signer, err);
	if (own && st == WB_OK)
		st = wb_statement_is_here(&here, run->device, &envelope.id,
		    err);
	*lost = !here;
	wb_arena_clear(&arena);
	return st == WB_INVALID || st == WB_FORGED ? WB_OK : st;
}

/* Before anything of the page is kept. */
static enum wb_status
check_vault_is_newest(struct reading *r, struct wb_error *err)
{
	const struct wb_feed *f = &r->page.feed;
	enum wb_status st = WB_OK;
	bool lost = false;

	for (size_t i = 0; i < f->entry_count && st == WB_OK && !lost; i++)
		st = is_lost(&lost, r->run, f->entries[i].envelope, err);
	if (st != WB_OK || !lost)
		return st;
	st = wb_setting_put_number(r->run->device->db, WB_SET_ROLLED_BACK,
	    (uint64_t)wb_clock_now(r->run->device->clock), err);
	return st == WB_OK ? wb_device_need_newest(r->run->device, err) : st;
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
		st = wb_statement_is_here(&here, r->run->device, &ack.roster,
		    err);
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
ask(struct reading *r, struct wb_error *err)
{
	char path[WB_PAGE_PATH];
	struct wb_knowing here;
	enum wb_status st;

	st = wb_run_knowing(&here, r->run, err);
	if (st != WB_OK)
		return st;
	(void)snprintf(path, sizeof path, "/v1/feed?from=%" PRIu64 "&%s%s%s",
	    r->from, here.query, r->contents ? "&content=1" : "",
	    r->own ? "&own=1" : "");
	return wb_page_get(&r->page, r->run, path, &here.known, true, err);
}

static enum wb_status
read_page(struct reading *r, struct wb_error *err)
{
	enum wb_status st;
	bool all;

	st = ask(r, err);
	if (st == WB_OK)
		st = holds(&all, r, err);
	if (st == WB_OK && !all && !r->own) {
		r->own = true;
		st = ask(r, err);
	}
	if (st == WB_OK)
		st = check_vault_is_newest(r, err);
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
	return wb_setting_put(db, WB_SET_HEAD_WHOLE, r->page.checkpoint, err);
}

/*
 * A roster that does not follow the newest here: one between was kept from
 * this device, and by now may be shown.  Then the page again, because who may
 * judge depends on the rosters.
 */
static enum wb_status
read_with_rosters(struct reading *r, struct wb_error *err)
{
	struct wb_error why = { 0 };
	enum wb_status st = read_page(r, &why);

	if (st != WB_OK && !r->run->rosters_asked &&
	    strcmp(wb_error_id(&why), WB_ROSTER_STEP) == 0) {
		st = wb_sync_fetch_rosters(r->run, err);
		return st == WB_OK ? read_page(r, err) : st;
	}
	if (st != WB_OK && err != NULL)
		*err = why;
	return st;
}

static enum wb_status
read_to_the_end(struct reading *r, struct wb_error *err)
{
	enum wb_status st;

	choose_feed(r);
	st = wb_setting_get_number(&r->from, r->run->device->db, r->setting, 0,
	    err);
	do {
		if (st == WB_OK)
			st = read_with_rosters(r, err);
	} while (st == WB_OK && r->from < r->page.head.size);
	if (st == WB_OK)
		st = check_length(r, err);
	if (st == WB_OK)
		st = note_whole(r, err);
	return st == WB_OK ? wb_device_reload(r->run->device, err) : st;
}

enum wb_status
wb_sync_read_feed(struct wb_run *run, struct wb_error *err)
{
	struct reading r = { .run = run };
	const char *read = NULL;
	enum wb_status st;
	uint64_t before;

	wb_page_init(&r.page);
	st = wb_run_superseded(&before, run, err);
	/* Who was given another role on the way reads what that one is shown. */
	for (choose_feed(&r); st == WB_OK && r.setting != read;
	     choose_feed(&r)) {
		read = r.setting;
		st = read_to_the_end(&r, err);
	}
	if (st == WB_OK)
		st = wb_run_report_superseded(run, before, err);
	if (st == WB_OK)
		run->caught_up = true;
	wb_page_clear(&r.page);
	return st;
}
