#include "client/disclosure/showing.h"

#include "base/text.h"
#include "client/team/annexes.h"
#include "client/trust/trust.h"
#include "crypto/age.h"
#include "proto/ack.h"
#include "proto/wire.h"

/* ------------------------------------------------------------- making one */

/* The sealed file, and the payload that names it. */
static enum wb_status
seal(struct wb_bytes *file, struct wb_bytes *payload, struct wb_device *device,
    const struct wb_showing *showing, struct wb_error *err)
{
	struct wb_shown note = { .programme = device->programme,
		.signer = device->signer.key };
	struct wb_recipient reader;
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_CONTENT);
	st = wb_showing_encode(&plain, showing, err);
	if (st == WB_OK)
		st = wb_recipient_parse(&reader, device->roster.reader, err);
	if (st == WB_OK)
		st = wb_age_encrypt(file, wb_bytes_span(&plain), &reader, 1,
		    device->random, err);
	wb_bytes_clear(&plain);
	wb_sha256_one(&note.content_hash, wb_bytes_span(file));
	return st == WB_OK ? wb_shown_encode(payload, &note, err) : st;
}

static enum wb_status
keep(struct wb_device *device, const struct wb_showing *showing,
    struct wb_error *err)
{
	struct wb_bytes file, payload;
	enum wb_status st;
	int64_t row = 0;

	wb_bytes_init(&file, WB_MAX_CONTENT);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	st = seal(&file, &payload, device, showing, err);
	if (st == WB_OK)
		st = wb_statement_issue(&row, device, WB_STATEMENT_NOTE,
		    wb_bytes_span(&payload), err);
	if (st == WB_OK)
		st = wb_trust_content(device, row, wb_bytes_span(&file), err);
	wb_bytes_clear(&payload);
	wb_bytes_clear(&file);
	return st;
}

static enum wb_status
check_name(struct wb_span to, struct wb_error *err)
{
	enum wb_status st = wb_text_check_short(to, "who it is for", err);

	return st == WB_OK ? st
			   : wb_advise(err, st, "bad-name",
				 "Nothing was written. Give another name.");
}

/* What is never sent is not made: by a vault that was rolled back, neither. */
static bool
may_sign(const struct wb_device *device)
{
	return (wb_member_may(device->self, WB_ROLE_COORDINATOR) ||
		   wb_member_may(device->self, WB_ROLE_AUDITOR)) &&
	       wb_device_need_newest(device, NULL) == WB_OK;
}

enum wb_status
wb_showing_keep(bool *kept, struct wb_device *device, struct wb_span what,
    const char *to, const struct wb_hash *record, struct wb_error *err)
{
	struct wb_hash id = record == NULL ? (struct wb_hash){ { 0 } }
					   : *record;
	const struct wb_showing showing = {
		.day = wb_clock_today(device->clock),
		.to = to == NULL ? wb_span(NULL, 0) : wb_span_text(to),
		.what = what,
		.records = &id,
		.record_count = record != NULL,
	};
	enum wb_status st;

	*kept = false;
	st = check_name(showing.to, err);
	if (st != WB_OK || !may_sign(device))
		return st;
	st = wb_db_begin(device->db, err);
	if (st != WB_OK)
		return st;
	st = keep(device, &showing, err);
	if (st == WB_OK)
		st = wb_db_commit(device->db, err);
	else
		wb_db_rollback(device->db);
	*kept = st == WB_OK;
	return st;
}

/* ----------------------------------------------------------- reading them */

struct reading {
	struct wb_device *device;
	struct wb_arena *arena; /* what is found */
	struct wb_arena scratch; /* one note's */
	struct wb_bytes plain;
	struct wb_secret **readers;
	size_t reader_count;
	const struct wb_hash *record;
};

static bool
names(const struct wb_showing *s, const struct wb_hash *record)
{
	for (size_t i = 0; i < s->record_count; i++)
		if (wb_hash_equal(&s->records[i], record))
			return true;
	return false;
}

/* WB_NOT_FOUND and WB_INVALID, WB_FORGED too: it cannot be read. */
static enum wb_status
open_note(struct wb_showing_note *out, struct reading *r,
    struct wb_span envelope, struct wb_span file, struct wb_error *err)
{
	const struct wb_member *by;
	struct wb_envelope e;
	struct wb_shown note;
	enum wb_status st;

	wb_arena_clear(&r->scratch);
	wb_bytes_reset(&r->plain);
	st = wb_envelope_decode(&e, &r->scratch, envelope, err);
	if (st == WB_OK)
		st = wb_shown_decode(&note, e.payload, err);
	if (st == WB_OK)
		st = wb_age_decrypt(&r->plain, file, r->readers,
		    r->reader_count, err);
	if (st == WB_OK)
		st = wb_showing_decode(&out->showing, &r->scratch,
		    wb_bytes_span(&r->plain), err);
	if (st != WB_OK)
		return st;
	by = wb_roster_find(&r->device->roster, &note.signer);
	if (by != NULL)
		out->by = by->label;
	return WB_OK;
}

static enum wb_status
copy(struct wb_showing_note *out, const struct wb_showing_note *in,
    struct wb_arena *arena, struct wb_error *err)
{
	enum wb_status st;

	*out = *in;
	out->showing.records = NULL;
	out->showing.record_count = 0;
	st = wb_arena_copy(&out->by, arena, in->by, err);
	if (st == WB_OK)
		st = wb_arena_copy(&out->showing.to, arena, in->showing.to,
		    err);
	if (st == WB_OK)
		st = wb_arena_copy(&out->showing.what, arena, in->showing.what,
		    err);
	return st;
}

/* The row that a query stands at; *n grows where it names the record. */
static enum wb_status
read_row(struct wb_showing_note *list, size_t *n, uint64_t *unread,
    struct reading *r, struct wb_stmt *s, struct wb_error *err)
{
	struct wb_showing_note note = { .logged = wb_column_int(s, 2) != 0 };
	struct wb_error why = { 0 };
	enum wb_status st;

	st = open_note(&note, r, wb_column_blob(s, 0), wb_column_blob(s, 1),
	    &why);
	if (st == WB_NOT_FOUND || st == WB_INVALID || st == WB_FORGED ||
	    st == WB_NEWER) {
		++*unread;
		return WB_OK;
	}
	if (st != WB_OK)
		return wb_fail(err, st, "%s", why.text);
	if (!names(&note.showing, r->record))
		return WB_OK;
	return copy(&list[(*n)++], &note, r->arena, err);
}

static enum wb_status
read_all(struct wb_showing_note **out, size_t *n, uint64_t *unread,
    struct reading *r, struct wb_error *err)
{
	struct wb_showing_note *list = NULL;
	struct wb_stmt *s;
	enum wb_status st;
	bool more;

	st = wb_db_prepare(&s, r->device->db,
	    "SELECT s.envelope, c.file, s.log_index IS NOT NULL,"
	    " count(*) OVER () FROM statement s"
	    " JOIN content c ON c.statement = s.row"
	    " WHERE s.type = ? ORDER BY s.row",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_STATEMENT_NOTE);
	st = wb_step(s, &more, err);
	if (st == WB_OK && more) {
		list = wb_arena_array(r->arena, (size_t)wb_column_int(s, 3),
		    sizeof *list);
		if (list == NULL)
			st = wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	while (st == WB_OK && more) {
		st = read_row(list, n, unread, r, s, err);
		if (st == WB_OK)
			st = wb_step(s, &more, err);
	}
	wb_stmt_done(s);
	*out = list;
	return st;
}

enum wb_status
wb_showings_of(struct wb_showing_note **out, size_t *n, uint64_t *unread,
    struct wb_arena *arena, struct wb_device *device,
    const struct wb_hash *record, struct wb_error *err)
{
	struct reading r = { .device = device,
		.arena = arena,
		.record = record };
	enum wb_status st;

	*out = NULL;
	*n = 0;
	*unread = 0;
	wb_arena_init(&r.scratch, WB_ARENA_BUDGET);
	wb_bytes_init(&r.plain, WB_MAX_CONTENT);
	st = wb_annexes_readers(&r.readers, &r.reader_count, device, err);
	if (st == WB_OK)
		st = read_all(out, n, unread, &r, err);
	wb_annexes_free_readers(&r.readers, r.reader_count);
	wb_bytes_clear(&r.plain);
	wb_arena_clear(&r.scratch);
	return st;
}
