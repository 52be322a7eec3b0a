#include "client/troubles.h"

#include <inttypes.h>

#include "client/journal/journal.h"
#include "client/ledger/opening.h"

#define LOG_AGAIN                                                        \
	"Ask its keeper to log again what is right and missing: there, " \
	"`waybill list` shows these records as disputed."
#define WAIT                                                               \
	"Nothing is lost: it is opened after that one. Sync again; if it " \
	"stays, ask the keeper of that one for a drive: `waybill pack`."
#define EVIDENCE                                                      \
	"Ask its keeper in person; keep the evidence: `waybill pack " \
	"--for-audit FILE`."

static const struct reason {
	const char *id;
	const char *evidence; /* id of the error that it is; NULL: none */
	const char *words;
	const char *next;
} reasons[] = {
	{ "undecryptable", NULL, "it is sealed to a key that is not here",
	    "Sync again after the other coordinators did; if it stays, ask "
	    "its keeper to log it again." },
	{ "void-waits", NULL,
	    "it takes back a record that is not here, as that one may hold it",
	    WAIT },
	{ "void-order", NULL,
	    "it takes back a record that that one may have taken back first",
	    WAIT },
	{ "repeated-record", NULL, "it repeats a record of an earlier batch",
	    LOG_AGAIN },
	{ "void-unknown", NULL, "it takes back a record that is not known",
	    LOG_AGAIN },
	{ "void-unequal", NULL, "it takes back other goods than were recorded",
	    LOG_AGAIN },
	{ "void-twice", NULL,
	    "it takes back a record that was taken back already", LOG_AGAIN },
	{ "void-not-allowed", NULL, "it takes back a record of another device",
	    LOG_AGAIN },
	{ "signature", "batch-signature",
	    "its signature is not that of its sender", EVIDENCE },
	{ "unknown-signer", "batch-signer",
	    "its sender was no member when it was logged", EVIDENCE },
	{ "wrong-role", "batch-signer", "its sender may not send records",
	    EVIDENCE },
	{ "revoked", "batch-signer",
	    "its sender was revoked when it was logged", EVIDENCE },
	{ "fork", "batch-fork",
	    "its sender had sent another batch of this number", EVIDENCE },
	/* All others: what was opened is not what was signed. */
	{ "", "batch-content", "its content is not what its sender signed",
	    EVIDENCE },
};

static const struct reason *
find_reason(struct wb_span id)
{
	const struct reason *r = reasons;

	while (*r->id != '\0' && !wb_span_equal(id, wb_span_text(r->id)))
		r++;
	return r;
}

static enum wb_status
select_troubles(struct wb_stmt **s, struct wb_db *db, uint64_t from,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_db_prepare(s, db,
	    "SELECT d.label, b.sequence, l.log_index, b.outcome, b.why,"
	    " coalesce(w.sequence, 0), coalesce(wd.label, '')"
	    " FROM batch b JOIN statement l ON l.row = b.statement"
	    " JOIN device d ON d.row = b.device"
	    " LEFT JOIN batch w ON w.statement = b.waits"
	    " LEFT JOIN device wd ON wd.row = w.device"
	    " WHERE (b.outcome IN (?1, ?2) OR b.waits IS NOT NULL)"
	    " AND l.log_index >= ?3"
	    " ORDER BY l.log_index DESC",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(*s, 1, WB_BATCH_UNDECRYPTABLE);
	wb_bind_int(*s, 2, WB_BATCH_DISPUTED);
	wb_bind_int(*s, 3, from > INT64_MAX ? INT64_MAX : (int64_t)from);
	return WB_OK;
}

static enum wb_status
read_trouble(struct wb_trouble *t, struct wb_arena *arena, struct wb_stmt *s,
    struct wb_error *err)
{
	const struct reason *reason;
	enum wb_status st;

	t->sequence = (uint64_t)wb_column_int(s, 1);
	t->log_index = (uint64_t)wb_column_int(s, 2);
	t->disputed = wb_column_int(s, 3) == WB_BATCH_DISPUTED;
	t->waits = (uint64_t)wb_column_int(s, 5);
	st = wb_arena_copy(&t->label, arena, wb_column_text(s, 0), err);
	if (st == WB_OK)
		st = wb_arena_copy(&t->waits_label, arena, wb_column_text(s, 6),
		    err);
	if (st == WB_OK)
		st = wb_arena_copy(&t->why, arena, wb_column_text(s, 4), err);
	if (st != WB_OK)
		return st;
	reason = find_reason(t->why);
	t->evidence = reason->evidence;
	t->words = reason->words;
	t->next = reason->next;
	return WB_OK;
}

static enum wb_status
take_trouble(struct wb_troubles *out, size_t limit, struct wb_stmt *s,
    struct wb_error *err)
{
	struct wb_trouble t = { 0 };
	enum wb_status st = WB_OK;

	out->total++;
	if (out->count < limit || out->evidence.evidence == NULL)
		st = read_trouble(&t, &out->arena, s, err);
	if (st != WB_OK)
		return st;
	if (out->count < limit)
		out->list[out->count++] = t;
	if (out->evidence.evidence == NULL && t.evidence != NULL)
		out->evidence = t;
	return WB_OK;
}

enum wb_status
wb_troubles(struct wb_troubles *out, struct wb_device *device, uint64_t from,
    size_t limit, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row = false;

	*out = (struct wb_troubles){ 0 };
	wb_arena_init(&out->arena, WB_ARENA_BUDGET);
	out->list = wb_arena_array(&out->arena, limit, sizeof *out->list);
	if (out->list == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = select_troubles(&s, device->db, from, err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		st = take_trouble(out, limit, s, err);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
	}
	wb_stmt_done(s);
	return st;
}

void
wb_troubles_clear(struct wb_troubles *t)
{
	wb_arena_clear(&t->arena);
	*t = (struct wb_troubles){ 0 };
}

enum wb_status
wb_trouble_text(struct wb_bytes *out, const struct wb_trouble *t,
    struct wb_error *err)
{
	if (t->waits != 0) {
		return wb_bytes_printf(out, err,
		    "batch %" PRIu64 " of %.*s waits for batch %" PRIu64
		    " of %.*s and is not counted yet: %s (%.*s). %s",
		    t->sequence, (int)t->label.len, (const char *)t->label.data,
		    t->waits, (int)t->waits_label.len,
		    (const char *)t->waits_label.data, t->words,
		    (int)t->why.len, (const char *)t->why.data, t->next);
	}
	return wb_bytes_printf(out, err,
	    "batch %" PRIu64 " of %.*s %s and is not counted: %s (%.*s). %s",
	    t->sequence, (int)t->label.len, (const char *)t->label.data,
	    t->disputed ? "is disputed" : "cannot be decrypted", t->words,
	    (int)t->why.len, (const char *)t->why.data, t->next);
}

enum wb_status
wb_trouble_fail(struct wb_error *err, const struct wb_trouble *t)
{
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"batch %" PRIu64 " of %.*s is disputed and is not counted: %s",
		t->sequence, (int)t->label.len, (const char *)t->label.data,
		t->words),
	    t->evidence, t->next);
}
