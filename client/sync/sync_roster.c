/* The step of sync that reads rosters. */
#include <inttypes.h>
#include <stdio.h>

#include "client/sync/sync_page.h"

static enum wb_status
count_superseded(uint64_t *out, struct wb_run *run, struct wb_error *err)
{
	return wb_run_count(out, run->device->db,
	    "SELECT count(*) FROM statement WHERE type = 1 AND "
	    "log_index IS"
	    " NULL AND row < (SELECT max(row) FROM statement WHERE type = 1"
	    " AND log_index IS NOT NULL)",
	    err);
}

static enum wb_status
take_rosters(struct wb_page *p, struct wb_run *run, struct wb_error *err)
{
	struct wb_taken taken;
	enum wb_status st;

	st = wb_db_begin(run->device->db, err);
	if (st != WB_OK)
		return st;
	st = wb_page_take_head(p, run, err);
	for (size_t i = 0; i < p->feed.entry_count && st == WB_OK; i++)
		st = wb_page_take_entry(&taken, run, p, &p->feed.entries[i],
		    err);
	return wb_run_finish(run, st, err);
}

static void
report_superseded(struct wb_run *run)
{
	struct wb_error why = { 0 };

	(void)wb_advise(&why,
	    wb_fail(&why, WB_PARTIAL,
		"another coordinator changed the roster first; the change made "
		"on this device does not count"),
	    "roster-superseded", "Make the change again, if it is wanted.");
	wb_run_problem(run, WB_PARTIAL, &why);
}

enum wb_status
wb_sync_fetch_rosters(struct wb_run *run, struct wb_error *err)
{
	uint64_t before, after, seen, from;
	char path[WB_PAGE_PATH];
	enum wb_status st;
	struct wb_page p;

	wb_page_init(&p);
	st = count_superseded(&before, run, err);
	if (st == WB_OK)
		st = wb_run_seen(&seen, run, err);
	if (st == WB_OK) {
		st = wb_run_count(&from, run->device->db,
		    "SELECT coalesce(max(log_index) + 1, 0) FROM statement"
		    " WHERE type = 1",
		    err);
	}
	if (st != WB_OK)
		goto done;
	(void)snprintf(path, sizeof path,
	    "/v1/roster?from=%" PRIu64 "&seen=%" PRIu64, from, seen);
	st = wb_page_get(&p, run, path, false, err);
	if (st == WB_OK)
		st = take_rosters(&p, run, err);
	if (st == WB_OK)
		st = wb_device_reload(run->device, err);
	if (st == WB_OK)
		st = count_superseded(&after, run, err);
	if (st == WB_OK && after > before)
		report_superseded(run);
done:
	wb_page_clear(&p);
	return st;
}
