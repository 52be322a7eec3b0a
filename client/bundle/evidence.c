#include "client/bundle/evidence.h"

#include <stdlib.h>

#include "client/ledger/tally_seal.h"
#include "client/team/annexes.h"
#include "client/trust/trust.h"
#include "client/trust/witnessed.h"
#include "crypto/tlogproof.h"
#include "proto/wire.h"

/* What stands before, in, and behind one row of the table statement. */
enum step {
	STEP_HEAD,
	STEP_WITNESSED, /* the newest that a quorum has cosigned */
	STEP_NEWEST, /* the newest checkpoint, for a whole log */
	STEP_ROW,
	STEP_STATEMENT, /* of the row read */
	STEP_CONTENT,
	STEP_TOTALS /* in clear, of a tally */
};

struct wb_evidence {
	struct wb_device *device;
	enum wb_bundle_purpose purpose;
	bool whole; /* all entries up to the newest head can be here */
	uint64_t lacking;
	int64_t below; /* entries from this index on are not given */
	enum step step;
	struct wb_stmt *rows; /* under way, or NULL */
	struct wb_bytes newest; /* checkpoint */
	struct wb_bytes witnessed; /* an older one; empty: none */
	uint64_t witnessed_size;
	struct wb_bytes receipt; /* of the row */
	struct wb_bytes checkpoint; /* given last */
	struct wb_bytes envelope;
	struct wb_bytes content;
	struct wb_proof proof;
	int64_t row;
	enum wb_statement_type type;
	bool logged;
	uint64_t index;
	struct wb_secret **readers; /* for HEADERS and OPENINGS */
	size_t reader_count;
};

const char *
wb_evidence_purpose(enum wb_bundle_purpose purpose)
{
	switch (purpose) {
	case WB_PURPOSE_TRANSPORT:
		return "transport";
	case WB_PURPOSE_AUDIT:
		return "audit";
	case WB_PURPOSE_HEADERS:
		return "headers";
	case WB_PURPOSE_OPENINGS:
		return "openings";
	}
	return "";
}

static bool
shows_headers(const struct wb_evidence *e)
{
	return e->purpose == WB_PURPOSE_HEADERS ||
	       e->purpose == WB_PURPOSE_OPENINGS;
}

static enum wb_status
count_entries(uint64_t *n, struct wb_db *db, uint64_t below,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db,
	    "SELECT count(*) FROM statement WHERE log_index < ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, below > INT64_MAX ? INT64_MAX : (int64_t)below);
	st = wb_step(s, &row, err);
	if (st == WB_OK && row)
		*n = (uint64_t)wb_column_int(s, 0);
	wb_stmt_done(s);
	return st;
}

/*
 * Beside a newest head of `size`; the same head is given once.  Without the
 * whole log no newest is given: each entry has the head of its receipt.
 */
static void
place_witnessed(struct wb_evidence *e, uint64_t size)
{
	if (!e->whole)
		return;
	if (e->witnessed.len != 0 && e->witnessed_size == size)
		wb_bytes_move(&e->newest, &e->witnessed);
	else if (e->witnessed_size > size)
		wb_bytes_reset(&e->witnessed);
}

static enum wb_status
look_for_witnessed(struct wb_evidence *e, uint64_t size, struct wb_error *err)
{
	struct wb_head head = { 0 };
	enum wb_status st;

	st = wb_witnessed_note(&e->witnessed, &head, e->device, err);
	if (st == WB_NOT_FOUND)
		return wb_forgive(err);
	e->witnessed_size = head.size;
	place_witnessed(e, size);
	return st;
}

/* What is here of the log, and up to which head. */
static enum wb_status
look(struct wb_evidence *e, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_head head;
	uint64_t here = 0;
	enum wb_status st;

	st = wb_trust_newest(&head, &signature, e->device, err);
	if (st == WB_OK && head.size != 0)
		st = wb_setting_get(&e->newest, e->device->db, WB_SET_HEAD,
		    err);
	if (st == WB_OK)
		st = count_entries(&here, e->device->db, head.size, err);
	if (st != WB_OK)
		return st;
	if (e->purpose != WB_PURPOSE_TRANSPORT && here == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"nothing here is in the log yet, so there is no "
			"evidence"),
		    "nothing-logged", "Sync first: waybill sync");
	}
	e->whole = here == head.size || wb_trust_whole_log(e->device);
	e->lacking = e->whole ? head.size - here : 0;
	return look_for_witnessed(e, head.size, err);
}

enum wb_status
wb_evidence_open(struct wb_evidence **out, struct wb_device *device,
    enum wb_bundle_purpose purpose, struct wb_error *err)
{
	struct wb_evidence *e = calloc(1, sizeof *e);
	enum wb_status st;

	*out = NULL;
	if (e == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	e->device = device;
	e->purpose = purpose;
	e->below = INT64_MAX;
	wb_bytes_init(&e->newest, WB_MAX_NOTE);
	wb_bytes_init(&e->witnessed, WB_MAX_NOTE);
	wb_bytes_init(&e->receipt, WB_MAX_TLOG_PROOF);
	wb_bytes_init(&e->checkpoint, WB_MAX_NOTE);
	wb_bytes_init(&e->envelope, WB_MAX_ROSTER);
	wb_bytes_init(&e->content, WB_MAX_CONTENT);
	st = look(e, err);
	if (st == WB_OK && shows_headers(e))
		st = wb_annexes_readers(&e->readers, &e->reader_count, device,
		    err);
	if (st == WB_OK)
		*out = e;
	else
		wb_evidence_close(&e);
	return st;
}

uint64_t
wb_evidence_lacking(const struct wb_evidence *e)
{
	return e->lacking;
}

enum wb_status
wb_evidence_step_back(struct wb_evidence *e, struct wb_error *err)
{
	struct wb_head head = { 0 };
	uint64_t here = 0;
	enum wb_status st;

	wb_bytes_reset(&e->newest);
	st = wb_setting_get(&e->newest, e->device->db, WB_SET_HEAD_WHOLE, err);
	if (st == WB_OK)
		st = wb_checkpoint_open(&head, NULL, wb_bytes_span(&e->newest),
		    &e->device->log, err);
	if (st == WB_OK)
		st = count_entries(&here, e->device->db, head.size, err);
	if (st == WB_OK && here != head.size)
		st = wb_fail(err, WB_NOT_FOUND, "entries of it are missing");
	if (st != WB_OK)
		return st;
	e->below = (int64_t)head.size;
	place_witnessed(e, head.size);
	return WB_OK;
}

/* Of rosters, not those that another coordinator's overtook. */
static enum wb_status
select_rows(struct wb_evidence *e, struct wb_error *err)
{
	enum wb_status st;

	if (e->purpose != WB_PURPOSE_TRANSPORT) {
		st = wb_db_prepare(&e->rows, e->device->db,
		    "SELECT row, log_index, envelope, receipt, type FROM "
		    "statement"
		    " WHERE log_index < ? ORDER BY log_index",
		    err);
		if (st == WB_OK)
			wb_bind_int(e->rows, 1, e->below);
		return st;
	}
	st = wb_db_prepare(&e->rows, e->device->db,
	    "SELECT row, log_index, envelope, receipt, type FROM statement"
	    " WHERE CASE WHEN type = ?1 THEN log_index IS NOT NULL OR row >"
	    " (SELECT coalesce(max(row), 0) FROM statement WHERE type = ?1"
	    " AND log_index IS NOT NULL)"
	    " ELSE log_index IS NULL"
	    " OR (?2 AND row IN (SELECT statement FROM content)) END"
	    " ORDER BY type <> ?1, row",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(e->rows, 1, WB_STATEMENT_ROSTER);
	wb_bind_int(e->rows, 2, !wb_trust_whole_log(e->device));
	return WB_OK;
}

static enum wb_status
refill(struct wb_bytes *b, struct wb_span with, struct wb_error *err)
{
	wb_bytes_reset(b);
	return wb_bytes_append(b, with, err);
}

static enum wb_status
read_row(bool *more, struct wb_evidence *e, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	*more = false;
	if (e->rows == NULL)
		st = select_rows(e, err);
	if (st == WB_OK)
		st = wb_step(e->rows, more, err);
	if (st != WB_OK || !*more) {
		e->rows = NULL;
		return st;
	}
	e->row = wb_column_int(e->rows, 0);
	e->logged = !wb_column_is_null(e->rows, 1);
	e->index = (uint64_t)wb_column_int(e->rows, 1);
	e->type = (enum wb_statement_type)wb_column_int(e->rows, 4);
	st = refill(&e->envelope, wb_column_blob(e->rows, 2), err);
	if (st == WB_OK)
		st = refill(&e->receipt, wb_column_blob(e->rows, 3), err);
	return st;
}

static enum wb_status
read_content(struct wb_evidence *e, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	wb_bytes_reset(&e->content);
	st = wb_db_prepare(&s, e->device->db,
	    "SELECT file FROM content WHERE statement = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, e->row);
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	st = wb_bytes_append(&e->content, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

/* Where this device can open it: published totals are for everybody. */
static enum wb_status
give_totals(struct wb_bundle_item *out, struct wb_evidence *e,
    struct wb_error *err)
{
	struct wb_bytes totals;
	enum wb_status st = read_content(e, err);

	if (st != WB_OK || e->content.len == 0 || e->reader_count == 0)
		return st;
	wb_bytes_init(&totals, WB_MAX_CONTENT);
	st = wb_tally_unseal(&totals, wb_bytes_span(&e->content), e->readers,
	    e->reader_count, err);
	if (st == WB_OK) {
		wb_bytes_clear(&e->content);
		wb_bytes_move(&e->content, &totals);
		*out = (struct wb_bundle_item){ .kind = WB_BUNDLE_TALLY_CONTENT,
			.bytes = wb_bytes_span(&e->content) };
	} else if (st == WB_NOT_FOUND || st == WB_FORGED) {
		st = wb_forgive(err);
	}
	wb_bytes_clear(&totals);
	return st;
}

/* Gives the checkpoint of the row's receipt, if it is not the one before. */
static enum wb_status
give_receipt(struct wb_bundle_item *out, struct wb_evidence *e,
    struct wb_error *err)
{
	struct wb_tlog_proof receipt;
	enum wb_status st;

	e->proof.count = 0;
	if (e->whole || e->purpose == WB_PURPOSE_TRANSPORT ||
	    e->receipt.len == 0)
		return WB_OK;
	st = wb_tlog_proof_parse(&receipt, wb_bytes_span(&e->receipt), err);
	if (st != WB_OK)
		return st;
	e->proof = receipt.proof;
	if (wb_span_equal(receipt.checkpoint, wb_bytes_span(&e->checkpoint)))
		return WB_OK;
	*out = (struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT };
	st = refill(&e->checkpoint, receipt.checkpoint, err);
	out->bytes = wb_bytes_span(&e->checkpoint);
	return st;
}

static void
give_statement(struct wb_bundle_item *out, const struct wb_evidence *e)
{
	struct wb_span bytes = wb_bytes_span(&e->envelope);

	if (e->purpose == WB_PURPOSE_TRANSPORT) {
		*out = (struct wb_bundle_item){ .kind = WB_BUNDLE_STATEMENT,
			.bytes = bytes };
	} else {
		*out = (struct wb_bundle_item){ .kind = WB_BUNDLE_ENTRY,
			.entry = { .index = e->index,
			    .envelope = bytes,
			    .proof = e->proof } };
	}
}

static void
give_head(struct wb_bundle_item *out, const struct wb_evidence *e,
    const struct wb_bytes *note)
{
	if (e->purpose != WB_PURPOSE_TRANSPORT && note->len != 0)
		*out = (struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT,
			.bytes = wb_bytes_span(note) };
}

/* One step; an item of kind 0 says that the step had none. */
static enum wb_status
take_step(struct wb_bundle_item *out, bool *more, struct wb_evidence *e,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	switch (e->step) {
	case STEP_HEAD:
		*out = (struct wb_bundle_item){ .kind = WB_BUNDLE_HEAD,
			.programme = e->device->programme,
			.purpose = wb_span_text(
			    wb_evidence_purpose(e->purpose)) };
		e->step = STEP_WITNESSED;
		break;
	case STEP_WITNESSED:
		give_head(out, e, &e->witnessed);
		e->step = STEP_NEWEST;
		break;
	case STEP_NEWEST:
		if (e->whole) /* the entries make the tree */
			give_head(out, e, &e->newest);
		e->step = STEP_ROW;
		break;
	case STEP_ROW:
		st = read_row(more, e, err);
		if (st == WB_OK && *more)
			st = give_receipt(out, e, err);
		e->step = STEP_STATEMENT;
		break;
	case STEP_STATEMENT:
		give_statement(out, e);
		e->step = STEP_CONTENT;
		break;
	case STEP_CONTENT:
		wb_bytes_reset(&e->content);
		if (!shows_headers(e))
			st = read_content(e, err);
		if (e->content.len != 0) {
			*out = (struct wb_bundle_item){
				.kind = WB_BUNDLE_CONTENT,
				.bytes = wb_bytes_span(&e->content)
			};
		}
		e->step = STEP_TOTALS;
		break;
	case STEP_TOTALS:
		if (shows_headers(e) && e->type == WB_STATEMENT_TALLY)
			st = give_totals(out, e, err);
		e->step = STEP_ROW;
		break;
	}
	return st;
}

enum wb_status
wb_evidence_next(struct wb_bundle_item *out, bool *more, struct wb_evidence *e,
    struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_bundle_item){ 0 };
	*more = true;
	do
		st = take_step(out, more, e, err);
	while (st == WB_OK && *more && out->kind == 0);
	return st;
}

void
wb_evidence_close(struct wb_evidence **evidence)
{
	struct wb_evidence *e = *evidence;

	if (e == NULL)
		return;
	if (e->rows != NULL)
		wb_stmt_done(e->rows);
	wb_bytes_clear(&e->newest);
	wb_bytes_clear(&e->witnessed);
	wb_bytes_clear(&e->receipt);
	wb_bytes_clear(&e->checkpoint);
	wb_bytes_clear(&e->envelope);
	wb_bytes_clear(&e->content);
	wb_annexes_free_readers(&e->readers, e->reader_count);
	free(e);
	*evidence = NULL;
}
