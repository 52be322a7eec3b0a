#include "client/sync/sync_page.h"

#include <string.h>

void
wb_page_init(struct wb_page *p)
{
	memset(p, 0, sizeof *p);
	wb_bytes_init(&p->body, WB_MAX_FEED_BODY);
	wb_bytes_init(&p->note, WB_MAX_NOTE);
	wb_arena_init(&p->arena, WB_MAX_FEED_BUDGET);
}

void
wb_page_clear(struct wb_page *p)
{
	wb_arena_clear(&p->arena);
	wb_bytes_clear(&p->note);
	wb_bytes_clear(&p->body);
}

static enum wb_status
check_order(const struct wb_feed *f, struct wb_error *err)
{
	for (size_t i = 1; i < f->entry_count; i++) {
		if (f->entries[i - 1].index >= f->entries[i].index) {
			return wb_trust_evidence(err, "log-order",
			    "the server shows entries of the log out of "
			    "order");
		}
	}
	return WB_OK;
}

enum wb_status
wb_run_note(struct wb_span *out, struct wb_bytes *note,
    const struct wb_run *run, const struct wb_sent_head *head,
    struct wb_error *err)
{
	enum wb_status st;

	*out = head->note;
	if (head->note.len != 0)
		return WB_OK;
	wb_bytes_reset(note);
	st = wb_checkpoint_join(note, &head->head, &head->signature,
	    &run->device->log, err);
	*out = wb_bytes_span(note);
	return st;
}

enum wb_status
wb_page_get(struct wb_page *p, struct wb_run *run, const char *path,
    const struct wb_known_nodes *known, bool as_member, struct wb_error *err)
{
	struct wb_error why = { 0 };
	enum wb_status st;

	wb_bytes_reset(&p->body);
	wb_arena_clear(&p->arena);
	st = wb_remote_get(&p->body, run->remote, path, as_member,
	    WB_MAX_FEED_BODY, err);
	if (st != WB_OK)
		return st;
	st = wb_feed_decode(&p->feed, &p->arena, wb_bytes_span(&p->body), known,
	    &why);
	if (st == WB_OK)
		st = wb_run_note(&p->checkpoint, &p->note, run, &p->feed.head,
		    &why);
	if (st != WB_OK)
		return wb_run_bad_answer(err, st, &why);
	return check_order(&p->feed, err);
}

enum wb_status
wb_page_misshapen(struct wb_error *err, const char *words)
{
	struct wb_error why = { 0 };

	return wb_run_bad_answer(err, wb_fail(&why, WB_INVALID, "%s", words),
	    &why);
}

enum wb_status
wb_page_withheld(struct wb_error *err, const char *words)
{
	return wb_trust_evidence(err, "log-withheld", words);
}

enum wb_status
wb_page_take_head(struct wb_page *p, struct wb_run *run, struct wb_error *err)
{
	return wb_trust_head(&p->head, NULL, run->device, p->checkpoint,
	    &p->feed.consistency, err);
}

/*
 * A faulty entry is remembered and passed over: *taken is then zero.  A roster
 * that does not follow may be honest, and the one between was held back before:
 * all that follow are asked for, once.
 */
enum wb_status
wb_page_take_entry(struct wb_taken *taken, struct wb_run *run,
    const struct wb_page *p, const struct wb_entry *entry, struct wb_error *err)
{
	struct wb_error why = { 0 };
	enum wb_status st;

	st = wb_trust_entry(taken, run->device, &p->head, p->checkpoint, entry,
	    &why);
	if (st == WB_OK)
		return WB_OK;
	*taken = (struct wb_taken){ 0 };
	if (wb_trust_is_entry_fault(&why) &&
	    (run->rosters_asked ||
		strcmp(wb_error_id(&why), WB_ROSTER_STEP) != 0)) {
		wb_run_problem(run, st, &why);
		return WB_OK;
	}
	if (err != NULL)
		*err = why;
	return st;
}
