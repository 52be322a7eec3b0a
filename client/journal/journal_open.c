/* The part of client/journal/journal.h that opens batches. */
#include <inttypes.h>
#include <string.h>

#include "client/journal/journal.h"
#include "client/team/annexes.h"
#include "client/trust/trust.h"

/* One batch between its bytes and its records. */
struct judged {
	struct wb_arena arena;
	struct wb_envelope envelope;
	struct wb_batch batch;
	struct wb_origin origin;
	int64_t waits; /* row of the batch that a void in it waits for; or 0 */
};

/*
 * What the tables say.  *ready false: nothing to do, *outcome stands.  A batch
 * that could not be decrypted is tried again: a reader may have been added.
 * One that waits for another is not before that one is open or disputed (to
 * know the order, it is enough that its content is here).
 */
static enum wb_status
read_state(bool *ready, enum wb_batch_outcome *outcome, struct judged *j,
    struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*ready = false;
	*outcome = WB_BATCH_CLOSED;
	st = wb_db_prepare(&s, db,
	    "SELECT b.outcome, b.device, s.log_index, b.waits IS NULL"
	    " OR w.outcome IN (?2, ?3) OR (b.why = 'void-order'"
	    " AND b.waits IN (SELECT statement FROM content)) FROM batch b"
	    " JOIN statement s ON s.row = b.statement"
	    " JOIN content c ON c.statement = b.statement"
	    " LEFT JOIN batch w ON w.statement = b.waits"
	    " WHERE b.statement = ?1 AND s.log_index IS NOT NULL",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, j->origin.batch);
	wb_bind_int(s, 2, WB_BATCH_OPENED);
	wb_bind_int(s, 3, WB_BATCH_DISPUTED);
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	*outcome = (enum wb_batch_outcome)wb_column_int(s, 0);
	*ready = (*outcome == WB_BATCH_CLOSED ||
		     *outcome == WB_BATCH_UNDECRYPTABLE) &&
		 wb_column_int(s, 3) != 0;
	j->origin.owner = wb_column_int(s, 1);
	j->origin.log_index = (uint64_t)wb_column_int(s, 2);
	wb_stmt_done(s);
	return WB_OK;
}

static enum wb_status
dispute(struct wb_error *err, const char *id, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_FORGED, "%s", what), id, NULL);
}

static enum wb_status
check_signature(struct judged *j, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db,
	    "SELECT envelope FROM statement WHERE row = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, j->origin.batch);
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	st = wb_envelope_decode(&j->envelope, &j->arena, wb_column_blob(s, 0),
	    err);
	wb_stmt_done(s);
	if (st == WB_OK)
		st = wb_batch_decode(&j->batch, j->envelope.payload, err);
	if (st == WB_OK)
		st = wb_envelope_verify(&j->envelope, WB_STATEMENT_BATCH,
		    &j->batch.signer, err);
	if (st == WB_INVALID || st == WB_FORGED)
		return dispute(err, "signature",
		    "a batch is not signed by its sender");
	return st;
}

static enum wb_status
is_admitted(bool *admitted, const struct judged *j, struct wb_db *db,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "SELECT 1 FROM verdict WHERE id = ? AND admitted < ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&j->envelope.id));
	wb_bind_int(s, 2, (int64_t)j->origin.log_index);
	st = wb_step(s, admitted, err);
	wb_stmt_done(s);
	return st;
}

/* Was the signer a member when the log took it? */
static enum wb_status
check_signer(struct judged *j, struct wb_device *device, struct wb_error *err)
{
	const struct wb_member *member;
	struct wb_roster roster;
	enum wb_status st;
	bool admitted;

	st = wb_trust_roster_at(&roster, &j->arena, device, j->origin.log_index,
	    err);
	if (st != WB_OK)
		return st;
	member = wb_roster_find(&roster, &j->batch.signer);
	j->origin.coordinator = wb_member_may(member, WB_ROLE_COORDINATOR);
	if (j->origin.coordinator || wb_member_may(member, WB_ROLE_FIELD))
		return WB_OK;
	st = is_admitted(&admitted, j, device->db, err);
	if (st != WB_OK || admitted)
		return st;
	if (member == NULL)
		return dispute(err, "unknown-signer",
		    "a batch is from a device that was no member then");
	if (member->state == WB_MEMBER_ACTIVE)
		return dispute(err, "wrong-role",
		    "a batch is from a member who may not record");
	return dispute(err, "revoked",
	    "a batch is from a device that was revoked then");
}

/* The earlier in the log is the one that counts, whatever became of it. */
static enum wb_status
check_fork(const struct judged *j, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool fork;

	st = wb_db_prepare(&s, db,
	    "SELECT 1 FROM batch b JOIN statement s ON s.row = b.statement"
	    " WHERE b.device = ? AND b.sequence = ? AND s.log_index < ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, j->origin.owner);
	wb_bind_int(s, 2, (int64_t)j->batch.sequence);
	wb_bind_int(s, 3, (int64_t)j->origin.log_index);
	st = wb_step(s, &fork, err);
	wb_stmt_done(s);
	if (st != WB_OK || !fork)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"a device made two batches with number %" PRIu64,
		j->batch.sequence),
	    "fork", NULL);
}

static enum wb_status
read_content(struct wb_bytes *out, struct wb_db *db, int64_t row,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool found;

	st = wb_db_prepare(&s, db,
	    "SELECT file FROM content WHERE statement = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, row);
	st = wb_step(s, &found, err);
	if (st == WB_OK && found)
		st = wb_bytes_append(out, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
enter_records(struct wb_device *device, const struct judged *j,
    const struct wb_opened_batch *opened, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < opened->record_count; i++) {
		const struct wb_opened_record *r = &opened->records[i];

		st = wb_journal_record(device, &j->origin, &r->id, r->goods,
		    r->place, err);
	}
	return st;
}

static enum wb_status
judge(struct judged *j, struct wb_device *device,
    struct wb_secret *const *readers, size_t n, struct wb_error *err)
{
	struct wb_opened_batch opened;
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, WB_MAX_CONTENT);
	st = check_signature(j, device->db, err);
	if (st == WB_OK)
		st = check_signer(j, device, err);
	if (st == WB_OK)
		st = check_fork(j, device->db, err);
	if (st == WB_OK)
		st = read_content(&file, device->db, j->origin.batch, err);
	if (st == WB_OK)
		st = wb_opening(&opened, &j->arena, &j->batch,
		    wb_bytes_span(&file), readers, n, err);
	if (st == WB_OK)
		st = enter_records(device, j, &opened, err);
	wb_bytes_clear(&file);
	return st;
}

static enum wb_status
store_outcome(struct wb_db *db, const struct judged *j,
    enum wb_batch_outcome outcome, const char *why, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "UPDATE batch SET outcome = ?, why = ?, waits = ?"
	    " WHERE statement = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, outcome);
	wb_bind_text(s, 2, wb_span_text(why));
	if (j->waits != 0)
		wb_bind_int(s, 3, j->waits);
	wb_bind_int(s, 4, j->origin.batch);
	return wb_run(s, err);
}

/* A batch's own fault is an outcome; everything else is a failure. */
static enum wb_status
outcome_of(enum wb_batch_outcome *out, const char **why, enum wb_status st,
    const struct wb_error *cause)
{
	*why = st == WB_OK ? "" : wb_error_id(cause);
	if (st == WB_OK)
		*out = WB_BATCH_OPENED;
	else if (st == WB_FORGED || st == WB_EXISTS)
		*out = WB_BATCH_DISPUTED;
	else if (st == WB_NOT_FOUND && strcmp(*why, "undecryptable") == 0)
		*out = WB_BATCH_UNDECRYPTABLE;
	else if (st == WB_NOT_FOUND && (strcmp(*why, "void-waits") == 0 ||
					   strcmp(*why, "void-order") == 0))
		*out = WB_BATCH_CLOSED;
	else
		return st;
	return WB_OK;
}

/* Own records of a bad batch stay in lists, but no longer count. */
static enum wb_status
drop_own_lines(struct wb_db *db, int64_t batch, struct wb_error *err)
{
	struct wb_stmt *unlink, *lines;
	enum wb_status st;

	st = wb_db_prepare(&unlink, db,
	    "UPDATE record SET voided = NULL WHERE id IN"
	    " (SELECT amends FROM record WHERE batch = ?1)"
	    " AND voided IN (SELECT row FROM record WHERE batch = ?1)",
	    err);
	if (st == WB_OK) {
		st = wb_db_prepare(&lines, db,
		    "DELETE FROM line WHERE record IN"
		    " (SELECT row FROM record WHERE batch = ?1)",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(unlink, 1, batch);
	wb_bind_int(lines, 1, batch);
	st = wb_run(unlink, err);
	return st == WB_OK ? wb_run(lines, err) : st;
}

/*
 * All records or none: what a bad batch entered is undone.  After a failure
 * that is for the caller to do, and SQLite may have done it already.
 */
static enum wb_status
open_batch(enum wb_batch_outcome *outcome, struct judged *j,
    struct wb_device *device, struct wb_secret *const *readers, size_t n,
    struct wb_error *err)
{
	struct wb_error cause = { 0 };
	enum wb_status st;
	const char *why;

	st = wb_db_exec(device->db, "SAVEPOINT opening", err);
	if (st != WB_OK)
		return st;
	st = judge(j, device, readers, n, &cause);
	st = outcome_of(outcome, &why, st, &cause);
	if (st != WB_OK) {
		if (err != NULL)
			*err = cause;
		return st;
	}
	if (*outcome != WB_BATCH_OPENED)
		st = wb_db_exec(device->db, "ROLLBACK TO opening", err);
	if (st == WB_OK)
		st = wb_db_exec(device->db, "RELEASE opening", err);
	if (st == WB_OK && *outcome == WB_BATCH_DISPUTED)
		st = drop_own_lines(device->db, j->origin.batch, err);
	if (st == WB_OK)
		st = store_outcome(device->db, j, *outcome, why, err);
	return st;
}

enum wb_status
wb_journal_open(enum wb_batch_outcome *outcome, struct wb_device *device,
    int64_t statement_row, struct wb_error *err)
{
	struct judged j = { .origin = { .batch = statement_row } };
	struct wb_secret **readers = NULL;
	enum wb_status st;
	size_t n = 0;
	bool ready;

	j.origin.waits = &j.waits;
	wb_arena_init(&j.arena, WB_MAX_CONTENT_BUDGET);
	st = read_state(&ready, outcome, &j, device->db, err);
	if (st == WB_OK && ready)
		st = wb_annexes_readers(&readers, &n, device, err);
	if (st == WB_OK && ready && n > 0)
		st = open_batch(outcome, &j, device, readers, n, err);
	wb_annexes_free_readers(&readers, n);
	wb_arena_clear(&j.arena);
	return st;
}
