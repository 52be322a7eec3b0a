/* The part of client/trust/trust.h that judges rosters. */
#include <inttypes.h>

#include "client/journal/journal.h"
#include "client/trust/trust.h"
#include "client/trust/trust_private.h"

/* One version with the memory it lies in. */
struct version {
	struct wb_arena arena;
	struct wb_envelope envelope;
	struct wb_roster roster;
};

static enum wb_status
decode(struct version *v, struct wb_span bytes, struct wb_error *err)
{
	enum wb_status st;

	wb_arena_clear(&v->arena);
	st = wb_envelope_decode(&v->envelope, &v->arena, bytes, err);
	if (st != WB_OK)
		return st;
	if (v->envelope.type != WB_STATEMENT_ROSTER)
		return wb_fail(err, WB_FORGED,
		    "a statement in a chain of rosters is none");
	return wb_roster_decode(&v->roster, &v->arena, v->envelope.payload,
	    err);
}

static enum wb_status
select_earlier(struct wb_stmt **s, struct wb_db *db, uint64_t index,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_db_prepare(s, db,
	    "SELECT envelope FROM statement WHERE type = ? AND log_index < ?"
	    " ORDER BY log_index DESC",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(*s, 1, WB_STATEMENT_ROSTER);
	wb_bind_int(*s, 2, index > INT64_MAX ? INT64_MAX : (int64_t)index);
	return WB_OK;
}

/* The newest logged version below `index`. */
static enum wb_status
load_before(bool *found, struct version *v, struct wb_device *device,
    uint64_t index, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	*found = false;
	st = select_earlier(&s, device->db, index, err);
	if (st == WB_OK)
		st = wb_step(s, found, err);
	if (st != WB_OK || !*found)
		return st;
	st = decode(v, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
is_device(bool *known, struct wb_db *db, const struct wb_key *key,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db, "SELECT 1 FROM device WHERE key = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_key_span(key));
	st = wb_step(s, known, err);
	wb_stmt_done(s);
	return st;
}

/*
 * Does somebody enter who is not in the version before, and yet was heard of?
 * Only then do all the older versions have to be asked about revocations.
 */
static enum wb_status
has_returned(bool *returned, struct wb_db *db, const struct wb_roster *before,
    const struct wb_roster *next, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	*returned = false;
	for (size_t i = 0; i < next->member_count && st == WB_OK; i++) {
		const struct wb_key *key = &next->members[i].key;

		if (*returned || wb_roster_find(before, key) != NULL)
			continue;
		st = is_device(returned, db, key, err);
	}
	return st;
}

static enum wb_status
check_all_revoked(struct wb_device *device, uint64_t index,
    const struct wb_roster *next, struct wb_error *err)
{
	struct version earlier = { 0 };
	struct wb_stmt *s;
	enum wb_status st;
	bool row = false;

	wb_arena_init(&earlier.arena, WB_ARENA_BUDGET);
	st = select_earlier(&s, device->db, index, err);
	if (st != WB_OK)
		return st;
	st = wb_step(s, &row, err);
	while (st == WB_OK && row) {
		st = decode(&earlier, wb_column_blob(s, 0), err);
		if (st == WB_OK)
			st = wb_roster_check_revoked(&earlier.roster, next,
			    err);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
	}
	wb_stmt_done(s);
	wb_arena_clear(&earlier.arena);
	return st;
}

/* Version 1 is the programme, is entry 0, and names this log. */
static enum wb_status
check_first(const struct wb_device *device, const struct version *next,
    uint64_t index, struct wb_error *err)
{
	struct wb_vkey log;
	enum wb_status st;

	if (!wb_hash_equal(&next->envelope.id, &device->programme))
		return wb_fail(err, WB_FORGED,
		    "the first roster is another programme's");
	if (index != 0)
		return wb_fail(err, WB_FORGED,
		    "the first roster is not the log's first entry");
	st = wb_roster_check_first(&next->envelope, &next->roster, err);
	if (st == WB_OK)
		st = wb_roster_log(&log, &next->roster, err);
	if (st != WB_OK)
		return st;
	if (!wb_key_equal(&log.key, &device->log.key))
		return wb_fail(err, WB_FORGED,
		    "the first roster names another log");
	return WB_OK;
}

static enum wb_status
check_step(struct wb_device *device, const struct version *before,
    const struct version *next, uint64_t index, bool known,
    struct wb_error *err)
{
	enum wb_status st;
	bool returned;

	if (known) {
		if (wb_hash_equal(&next->roster.previous, &before->envelope.id))
			return WB_OK;
		return wb_fail(err, WB_FORGED,
		    "roster version %" PRIu64 " does not follow the one before",
		    next->roster.version);
	}
	st = wb_roster_check_step(&before->roster, &before->envelope.id,
	    &device->programme, &next->envelope, &next->roster, err);
	if (st == WB_OK)
		st = has_returned(&returned, device->db, &before->roster,
		    &next->roster, err);
	if (st == WB_OK && returned)
		st = check_all_revoked(device, index, &next->roster, err);
	return st;
}

enum wb_status
wb_trust_roster_entry(struct wb_device *device,
    const struct wb_envelope *envelope, uint64_t index, bool known,
    struct wb_error *err)
{
	struct version before = { 0 }, next = { .envelope = *envelope };
	enum wb_status st;
	bool found;

	wb_arena_init(&before.arena, WB_ARENA_BUDGET);
	wb_arena_init(&next.arena, WB_ARENA_BUDGET);
	st = wb_roster_decode(&next.roster, &next.arena, envelope->payload,
	    err);
	if (st == WB_OK)
		st = load_before(&found, &before, device, index, err);
	if (st == WB_OK && found)
		st = check_step(device, &before, &next, index, known, err);
	else if (st == WB_OK)
		st = check_first(device, &next, index, err);
	wb_arena_clear(&next.arena);
	wb_arena_clear(&before.arena);
	return st;
}

/* Nothing that any version of the chain revoked stands in `next` again. */
static enum wb_status
check_chain_revoked(struct wb_device *device, const struct wb_roster *before,
    const struct wb_roster *next, const struct wb_span *envelopes, size_t n,
    struct wb_error *err)
{
	struct version earlier = { 0 };
	enum wb_status st;
	bool returned;

	st = has_returned(&returned, device->db, before, next, err);
	if (st != WB_OK || !returned)
		return st;
	wb_arena_init(&earlier.arena, WB_ARENA_BUDGET);
	for (size_t i = 0; i < n && st == WB_OK; i++) {
		st = decode(&earlier, envelopes[i], err);
		if (st == WB_OK)
			st = wb_roster_check_revoked(&earlier.roster, next,
			    err);
	}
	wb_arena_clear(&earlier.arena);
	return st;
}

static enum wb_status
is_kept(bool *kept, struct wb_db *db, const struct wb_hash *id,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db, "SELECT 1 FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(id));
	st = wb_step(s, kept, err);
	wb_stmt_done(s);
	return st;
}

/*
 * Does it follow the newest version here?  One that leaves the known chain
 * earlier may be signed by a root key that was taken away since: only the log
 * says which of two versions counts.
 */
static enum wb_status
is_next(bool *next, struct wb_db *db, const struct wb_roster *roster,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db,
	    "SELECT id FROM statement WHERE type = ? ORDER BY row DESC LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_STATEMENT_ROSTER);
	st = wb_step(s, &row, err);
	*next = st == WB_OK && (row ? wb_span_equal(wb_column_blob(s, 0),
					  wb_hash_span(&roster->previous))
				    : roster->version == 1);
	wb_stmt_done(s);
	return st;
}

/* The rules for envelopes[i], whose predecessor is `before`. */
static enum wb_status
check_link(struct wb_device *device, const struct wb_hash *programme,
    const struct version *before, const struct version *next,
    const struct wb_span *envelopes, size_t i, struct wb_error *err)
{
	enum wb_status st;

	if (i == 0) {
		if (!wb_hash_equal(&next->envelope.id, programme))
			return wb_fail(err, WB_FORGED,
			    "the first roster is another programme's");
		return wb_roster_check_first(&next->envelope, &next->roster,
		    err);
	}
	st = wb_roster_check_step(&before->roster, &before->envelope.id,
	    programme, &next->envelope, &next->roster, err);
	if (st != WB_OK)
		return st;
	return check_chain_revoked(device, &before->roster, &next->roster,
	    envelopes, i, err);
}

static enum wb_status
keep(struct wb_device *device, const struct version *v, struct wb_span bytes,
    struct wb_error *err)
{
	enum wb_status st;
	int64_t row;

	st = wb_statement_keep(&row, NULL, device, &v->envelope, bytes, NULL,
	    err);
	if (st == WB_OK)
		st = wb_journal_statement(device, row, &v->envelope, err);
	return st;
}

static enum wb_status
take_link(struct wb_device *device, const struct wb_hash *programme,
    const struct version *before, struct version *next,
    const struct wb_span *envelopes, size_t i, struct wb_error *err)
{
	struct wb_error why = { 0 };
	enum wb_status st;
	bool kept, due;

	st = decode(next, envelopes[i], &why);
	if (st == WB_OK)
		st = is_kept(&kept, device->db, &next->envelope.id, &why);
	if (st == WB_OK && kept)
		return WB_OK;
	if (st == WB_OK)
		st = check_link(device, programme, before, next, envelopes, i,
		    &why);
	if (st == WB_OK)
		st = is_next(&due, device->db, &next->roster, &why);
	if (st == WB_OK)
		return due ? keep(device, next, envelopes[i], err) : WB_OK;
	if (st == WB_INVALID || st == WB_FORGED) {
		return wb_advise(err,
		    wb_fail(err, WB_FORGED, "roster version %zu: %s", i + 1,
			why.text),
		    "roster-step", NULL);
	}
	if (err != NULL)
		*err = why;
	return st;
}

enum wb_status
wb_trust_rosters(struct wb_device *device, const struct wb_hash *programme,
    const struct wb_span *envelopes, size_t n, struct wb_error *err)
{
	struct version pair[2] = { 0 }; /* each in turn is the one before */
	enum wb_status st = WB_OK;

	if (n == 0)
		return wb_fail(err, WB_INVALID, "there is no roster in it");
	wb_arena_init(&pair[0].arena, WB_ARENA_BUDGET);
	wb_arena_init(&pair[1].arena, WB_ARENA_BUDGET);
	for (size_t i = 0; i < n && st == WB_OK; i++)
		st = take_link(device, programme, &pair[(i + 1) % 2],
		    &pair[i % 2], envelopes, i, err);
	wb_arena_clear(&pair[1].arena);
	wb_arena_clear(&pair[0].arena);
	return st;
}
