/* The rosters as the auditor follows them, entry by entry. */
#include <string.h>

#include "base/array.h"
#include "client/audit/audit_tally.h"
#include "client/audit/auditor.h"

void
wb_auditor_names_roster(struct wb_auditor *a, const struct wb_hash *id)
{
	uint32_t known = a->named_ids.count, number;
	enum wb_status st;

	if (wb_hash_equal(id, &a->roster_id) ||
	    wb_idset_find(&a->roster_ids, id) != WB_IDSET_NONE)
		return;
	st = wb_idset_add(&number, &a->named_ids, id, a->err);
	if (st != WB_OK)
		wb_auditor_fail(a, st);
	else
		a->withheld += number == known;
}

/* ------------------------------------------------------------- revoked */

const struct wb_audit_revoked *
wb_auditor_revoked(const struct wb_auditor *a, const struct wb_key *key)
{
	const struct wb_hash id = wb_idset_key(key);
	uint32_t number = wb_idset_find(&a->revoked_keys, &id);

	return number == WB_IDSET_NONE ? NULL : &a->revoked[number];
}

struct wb_span
wb_auditor_label(const struct wb_auditor *a, const struct wb_key *key)
{
	const struct wb_member *m = wb_roster_find(&a->roster, key);
	const struct wb_audit_revoked *r;

	if (m != NULL)
		return m->label;
	r = wb_auditor_revoked(a, key);
	return r == NULL ? wb_span(NULL, 0) : wb_span_text(r->label);
}

static enum wb_status
keep_revoked(struct wb_auditor *a, const struct wb_member *m)
{
	const struct wb_hash id = wb_idset_key(&m->key);
	struct wb_audit_revoked *all = wb_array_reserve(a->revoked,
	    &a->revoked_room, (size_t)a->revoked_keys.count + 1, SIZE_MAX,
	    sizeof *all);
	enum wb_status st;
	uint32_t number;

	if (all == NULL)
		return wb_fail(a->err, WB_NO_MEMORY, "out of memory");
	a->revoked = all;
	st = wb_idset_add(&number, &a->revoked_keys, &id, a->err);
	if (st != WB_OK)
		return st;
	all[number].distrust_from = m->distrust_from;
	memcpy(all[number].label, m->label.data, m->label.len);
	all[number].label[m->label.len] = '\0';
	return WB_OK;
}

/*
 * The rule of wb_roster_check_revoked() for all that were ever revoked, not
 * only those whom the roster before still names.
 */
static enum wb_status
check_revoked(const struct wb_auditor *a, const struct wb_roster *next,
    struct wb_error *why)
{
	const struct wb_audit_revoked *back = NULL;

	for (size_t i = 0; back == NULL && i < next->member_count; i++)
		if (next->members[i].state != WB_MEMBER_REVOKED)
			back = wb_auditor_revoked(a, &next->members[i].key);
	for (size_t i = 0; back == NULL && i < next->root_count; i++)
		back = wb_auditor_revoked(a, &next->roots[i]);
	return back == NULL
		   ? WB_OK
		   : wb_fail(why, WB_INVALID,
			 "the roster brings back the revoked key of %s",
			 back->label);
}

/* ------------------------------------------------------------- rosters */

/* From here on `next`, whose arena is taken over, is in force. */
static void
adopt(struct wb_auditor *a, const struct wb_hash *id,
    const struct wb_roster *next, struct wb_arena *arena)
{
	uint32_t number;

	wb_arena_clear(&a->roster_arena);
	a->roster_arena = *arena;
	wb_arena_init(arena, WB_ARENA_BUDGET);
	a->roster = *next;
	a->roster_id = *id;
	a->out->rosters++;
	wb_auditor_fail(a, wb_idset_add(&number, &a->roster_ids, id, a->err));
	a->withheld -= wb_idset_find(&a->named_ids, id) != WB_IDSET_NONE;
	for (size_t i = 0; i < next->member_count; i++)
		if (next->members[i].state == WB_MEMBER_REVOKED)
			wb_auditor_fail(a, keep_revoked(a, &next->members[i]));
	wb_auditor_relabel(a);
}

/* The first names the log's key, with which all heads are read. */
static enum wb_status
check_first(struct wb_auditor *a, uint64_t index,
    const struct wb_envelope *envelope, const struct wb_roster *next,
    struct wb_error *why)
{
	enum wb_status st = wb_roster_check_first(envelope, next, why);

	if (st == WB_OK)
		st = wb_roster_log(&a->log, next, why);
	if (st != WB_OK)
		return st;
	if (index != 0)
		wb_auditor_problem(a, wb_about_entry("no-roster", index),
		    "the log does not begin with the programme's first roster");
	if (!wb_hash_equal(&envelope->id, &a->programme))
		wb_auditor_problem(a, wb_about_entry("programme", index),
		    "the log is of another programme than the one named");
	a->programme = envelope->id; /* what it says is checked all the same */
	return WB_OK;
}

void
wb_auditor_roster(struct wb_auditor *a, uint64_t index,
    const struct wb_envelope *envelope)
{
	bool first = a->roster.version == 0;
	struct wb_error why = { 0 };
	struct wb_roster next;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_roster_decode(&next, &arena, envelope->payload, &why);
	if (st == WB_OK && first)
		st = check_first(a, index, envelope, &next, &why);
	else if (st == WB_OK)
		st = wb_roster_check_step(&a->roster, &a->roster_id,
		    &a->programme, envelope, &next, &why);
	if (st == WB_OK)
		st = check_revoked(a, &next, &why);
	if (st == WB_OK) {
		adopt(a, &envelope->id, &next, &arena);
		wb_auditor_tally_roster(a, index);
	} else {
		wb_auditor_problem(a, wb_about_entry("roster", index),
		    "entry %ju is no roster that may stand there: %s",
		    (uintmax_t)index, why.text);
	}
	wb_arena_clear(&arena);
	if (st == WB_OK && first)
		wb_auditor_read_head(a);
}

void
wb_auditor_end_rosters(struct wb_auditor *a)
{
	const struct wb_roster *r = &a->roster;

	if (r->version == 0) {
		wb_auditor_problem(a, wb_about_entry("no-roster", 0),
		    "the programme's first roster is not there, so nothing "
		    "shows who may sign");
		return;
	}
	if (a->withheld != 0) {
		wb_auditor_problem(a, wb_about_entry("withheld", 0),
		    a->withheld == 1
			? "%ju roster that entries name is not in the log: "
			  "somebody keeps it back"
			: "%ju rosters that entries name are not in the log: "
			  "somebody keeps them back",
		    (uintmax_t)a->withheld);
	}
	if (r->expires != 0 && a->options.now > 0 &&
	    (uint64_t)a->options.now > r->expires)
		wb_auditor_note(a, "the newest roster has expired");
}
