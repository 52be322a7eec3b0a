/* The step of sync that reads rosters. */
#include <inttypes.h>
#include <stdio.h>

#include "client/sync/sync_page.h"

#define MAX_WORDS 256 /* before those names */
#define MAX_CHANGES 160 /* bytes of their names in an error */

enum wb_status
wb_run_superseded(uint64_t *out, struct wb_run *run, struct wb_error *err)
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

/* A version with the memory it lies in. */
struct version {
	struct wb_arena arena;
	struct wb_roster roster;
};

static enum wb_status
load(struct version *v, struct wb_stmt *s, struct wb_error *err)
{
	struct wb_envelope envelope;
	enum wb_status st;
	bool row;

	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return wb_fail(err, WB_NOT_FOUND, "no such version");
	st = wb_envelope_decode(&envelope, &v->arena, wb_column_blob(s, 0),
	    err);
	wb_stmt_done(s);
	if (st != WB_OK)
		return st;
	return wb_roster_decode(&v->roster, &v->arena, envelope.payload, err);
}

static enum wb_status
load_one(struct version *v, struct wb_db *db, const char *sql,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st = wb_db_prepare(&s, db, sql, err);

	return st == WB_OK ? load(v, s, err) : st;
}

/* The newest version that was overtaken, and the one that it changed. */
static enum wb_status
load_lost(struct version *lost, struct version *base, struct wb_db *db,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = load_one(lost, db,
	    "SELECT envelope FROM statement WHERE type = 1 AND log_index IS"
	    " NULL AND row < (SELECT max(row) FROM statement WHERE type = 1"
	    " AND log_index IS NOT NULL) ORDER BY row DESC LIMIT 1",
	    err);
	if (st == WB_OK)
		st = wb_db_prepare(&s, db,
		    "SELECT envelope FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&lost->roster.previous));
	return load(base, s, err);
}

/* The newest version here, and the newest in the log. */
static enum wb_status
load_refused(struct version *refused, struct version *base, struct wb_db *db,
    struct wb_error *err)
{
	enum wb_status st;

	st = load_one(refused, db,
	    "SELECT envelope FROM statement WHERE type = 1"
	    " ORDER BY row DESC LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	return load_one(base, db,
	    "SELECT envelope FROM statement WHERE type = 1"
	    " AND log_index IS NOT NULL ORDER BY row DESC LIMIT 1",
	    err);
}

static enum wb_status
name_change(struct wb_bytes *out, const char *what, struct wb_span label,
    struct wb_error *err)
{
	return wb_bytes_printf(out, err, "%s%s%s%.*s",
	    out->len == 0 ? "" : ", ", what, label.len == 0 ? "" : " ",
	    (int)label.len, (const char *)label.data);
}

/* "enrolled K3, revoked K2, taught items" */
static enum wb_status
name_changes(struct wb_bytes *out, const struct wb_roster *base,
    const struct wb_roster *lost, struct wb_error *err)
{
	const struct wb_span nobody = { NULL, 0 };
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < lost->member_count && st == WB_OK; i++) {
		const struct wb_member *m = &lost->members[i];
		const struct wb_member *was = wb_roster_find(base, &m->key);

		if (was == NULL)
			st = name_change(out, "enrolled", m->label, err);
		else if (m->state != was->state)
			st = name_change(out, "revoked", m->label, err);
	}
	if (st == WB_OK &&
	    !wb_hash_equal(&lost->catalogue_hash, &base->catalogue_hash))
		st = name_change(out, "taught items", nobody, err);
	if (st == WB_OK && out->len == 0 &&
	    !wb_hash_equal(&lost->names_hash, &base->names_hash))
		st = name_change(out, "taught places", nobody, err);
	return st;
}

/*
 * What does not count is worth naming; that it does not must be said in any
 * case.  `words` come before the names.
 */
static void
report_changes(struct wb_run *run, enum wb_status status, const char *id,
    const char *words, const char *next,
    enum wb_status (*find)(struct version *changed, struct version *base,
	struct wb_db *db, struct wb_error *err))
{
	struct version changed = { 0 }, base = { 0 };
	struct wb_error why = { 0 };
	struct wb_bytes names;
	enum wb_status st;

	wb_bytes_init(&names, MAX_CHANGES);
	wb_arena_init(&changed.arena, WB_ARENA_BUDGET);
	wb_arena_init(&base.arena, WB_ARENA_BUDGET);
	st = find(&changed, &base, run->device->db, NULL);
	if (st == WB_OK)
		st = name_changes(&names, &base.roster, &changed.roster, NULL);
	if (st != WB_OK)
		wb_bytes_reset(&names);
	(void)wb_advise(&why,
	    wb_fail(&why, status, "%s%s%.*s", words, names.len == 0 ? "" : ": ",
		(int)names.len, names.len == 0 ? "" : (const char *)names.data),
	    id, next);
	wb_run_problem(run, status, &why);
	wb_arena_clear(&base.arena);
	wb_arena_clear(&changed.arena);
	wb_bytes_clear(&names);
}

static void
report_superseded(struct wb_run *run)
{
	report_changes(run, WB_PARTIAL, "roster-superseded",
	    "another coordinator changed the roster first; the change made on "
	    "this device does not count",
	    "Make the change again, if it is wanted; invite again who was "
	    "enrolled by it.",
	    load_lost);
}

void
wb_run_report_refused_roster(struct wb_run *run)
{
	char words[MAX_WORDS];

	(void)snprintf(words, sizeof words,
	    "the server keeps a change of the team out of the log (%s) and "
	    "shows none that came first; for all others it has not happened",
	    run->roster_refused);
	report_changes(run, WB_REFUSED, "roster-refused", words,
	    "It is kept and sent at each sync. Ask in person who runs the "
	    "server; bring it to the others on a drive: waybill pack --for "
	    "LABEL FILE",
	    load_refused);
}

enum wb_status
wb_run_report_superseded(struct wb_run *run, uint64_t before,
    struct wb_error *err)
{
	enum wb_status st;
	uint64_t after;

	st = wb_run_superseded(&after, run, err);
	if (st == WB_OK && after > before)
		report_superseded(run);
	return st;
}

enum wb_status
wb_sync_fetch_rosters(struct wb_run *run, struct wb_error *err)
{
	uint64_t before, seen, from;
	char path[WB_PAGE_PATH];
	enum wb_status st;
	struct wb_page p;

	run->rosters_asked = true;
	wb_page_init(&p);
	st = wb_run_superseded(&before, run, err);
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
	st = wb_page_get(&p, run, path, NULL, false, err);
	if (st == WB_OK)
		st = take_rosters(&p, run, err);
	if (st == WB_OK)
		st = wb_device_reload(run->device, err);
	if (st == WB_OK)
		st = wb_run_report_superseded(run, before, err);
done:
	wb_page_clear(&p);
	return st;
}
