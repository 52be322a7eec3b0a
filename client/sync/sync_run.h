/* One run of sync, as its steps share it; for client/sync*.c alone. */
#ifndef WB_CLIENT_SYNC_RUN_H
#define WB_CLIENT_SYNC_RUN_H

#include "client/sync/sync.h"
#include "proto/transfer.h"

struct wb_run {
	struct wb_synced *out;
	struct wb_device *device;
	struct wb_remote *remote;
	struct wb_sync_progress progress;
	/* The worst that did not stop the run; WB_OK: nothing. */
	enum wb_status problem;
	struct wb_error problem_error;
	bool member; /* the server would let us read */
	bool caught_up; /* with the log, before anything is made or sent */
	bool names_taken; /* a new names annex: closed batches may open */
	bool rosters_asked; /* for all behind the newest logged one */
	bool busy; /* the server put some statements off */
	const char *roster_refused; /* id why it would log none; or NULL */
	bool roster_named; /* an ack named a roster that is not here */
	struct wb_hash named; /* that roster */
};

/* The steps; client/sync/sync.c has the table. */
WB_MUST_CHECK enum wb_status wb_sync_fetch_rosters(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_send_rosters(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_fetch_annexes(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_send_annexes(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_make_batches(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_send_statements(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_read_feed(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_fetch_contents(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_fetch_witnessed(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_open_batches(struct wb_run *run,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_sync_make_acks(struct wb_run *run,
    struct wb_error *err);

/*
 * The entry at `index` came without its content: wb_sync_fetch_contents asks
 * for it, in this run and the next ones.  In the caller's transaction.
 */
WB_MUST_CHECK enum wb_status wb_sync_note_lacking(struct wb_run *run,
    uint64_t index, struct wb_error *err);

/* Remembers what must be reported at the end, and lets the rest go on. */
void wb_run_problem(struct wb_run *run, enum wb_status status,
    const struct wb_error *err);

void wb_run_tell(struct wb_run *run, const char *what, uint64_t done,
    uint64_t total);

/* Commits where `st` is WB_OK, undoes otherwise; gives what came of it. */
WB_MUST_CHECK enum wb_status wb_run_finish(struct wb_run *run,
    enum wb_status st, struct wb_error *err);

/*
 * The answer's head as a note: a view into the answer, or into `note`, where
 * it is put together.
 */
WB_MUST_CHECK enum wb_status wb_run_note(struct wb_span *out,
    struct wb_bytes *note, const struct wb_run *run,
    const struct wb_sent_head *head, struct wb_error *err);

/*
 * Versions of the roster that are here and were overtaken by logged ones; and
 * the problem that there are more of them than before.
 */
WB_MUST_CHECK enum wb_status wb_run_superseded(uint64_t *out,
    struct wb_run *run, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_run_report_superseded(struct wb_run *run,
    uint64_t before, struct wb_error *err);

/* The problem that the server keeps a roster which is here out of the log. */
void wb_run_report_refused_roster(struct wb_run *run);

/* The number that a query without parameters gives. */
WB_MUST_CHECK enum wb_status wb_run_count(uint64_t *out, struct wb_db *db,
    const char *sql, struct wb_error *err);

/* The size to name as ?seen=. */
WB_MUST_CHECK enum wb_status wb_run_seen(uint64_t *out, struct wb_run *run,
    struct wb_error *err);

/* What a question says of the log as it is known here. */
struct wb_knowing {
	char query[80]; /* "seen=9", "seen=9&held=6", "seen=9&held=6&under=8" */
	struct wb_known_nodes known; /* hashes that the answer need not bring */
};
WB_MUST_CHECK enum wb_status wb_run_knowing(struct wb_knowing *out,
    struct wb_run *run, struct wb_error *err);

/* A body that does not decode: the server's fault, WB_REFUSED, id "answer". */
WB_MUST_CHECK enum wb_status wb_run_bad_answer(struct wb_error *err,
    enum wb_status st, const struct wb_error *why);

#endif
