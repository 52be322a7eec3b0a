/* The rosters as the auditor follows them, entry by entry. */
#include <string.h>

#include "client/audit/audit_tally.h"
#include "client/audit/auditor.h"

static bool
has_id(const struct wb_bytes *ids, const struct wb_hash *id)
{
	for (size_t i = ids->len; i >= WB_HASH_LEN; i -= WB_HASH_LEN) {
		if (memcmp(ids->data + i - WB_HASH_LEN, id->b, WB_HASH_LEN) ==
		    0)
			return true;
	}
	return false;
}

void
wb_auditor_names_roster(struct wb_auditor *a, const struct wb_hash *id)
{
	if (wb_hash_equal(id, &a->roster_id) || has_id(&a->roster_ids, id) ||
	    has_id(&a->named_ids, id))
		return;
	wb_auditor_fail(a,
	    wb_bytes_append(&a->named_ids, wb_hash_span(id), a->err));
}

static enum wb_status
keep_revoked(struct wb_auditor *a, const struct wb_member *m)
{
	struct wb_roster *all = &a->revoked;
	struct wb_member *members = all->members;

	if (wb_roster_find(all, &m->key) != NULL)
		return WB_OK;
	if (all->member_count == a->revoked_room) {
		size_t room = a->revoked_room == 0 ? 16 : a->revoked_room * 2;

		members = wb_arena_array(&a->revoked_arena, room,
		    sizeof *members);
		if (members == NULL)
			return wb_fail(a->err, WB_NO_MEMORY,
			    "too many revoked members");
		if (all->member_count != 0)
			memcpy(members, all->members,
			    all->member_count * sizeof *members);
		all->members = members;
		a->revoked_room = room;
	}
	members[all->member_count] = (struct wb_member){ .key = m->key,
		.state = WB_MEMBER_REVOKED };
	return wb_arena_copy(&members[all->member_count++].label,
	    &a->revoked_arena, m->label, a->err);
}

/* From here on `next`, whose arena is taken over, is in force. */
static void
adopt(struct wb_auditor *a, const struct wb_hash *id,
    const struct wb_roster *next, struct wb_arena *arena)
{
	wb_arena_clear(&a->roster_arena);
	a->roster_arena = *arena;
	wb_arena_init(arena, WB_ARENA_BUDGET);
	a->roster = *next;
	a->roster_id = *id;
	a->out->rosters++;
	wb_auditor_fail(a,
	    wb_bytes_append(&a->roster_ids, wb_hash_span(id), a->err));
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
		st = wb_roster_check_revoked(&a->revoked, &next, &why);
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
	size_t withheld = 0;

	if (r->version == 0) {
		wb_auditor_problem(a, wb_about_entry("no-roster", 0),
		    "the programme's first roster is not there, so nothing "
		    "shows who may sign");
		return;
	}
	for (size_t i = 0; i < a->named_ids.len; i += WB_HASH_LEN) {
		struct wb_hash id;

		memcpy(id.b, a->named_ids.data + i, WB_HASH_LEN);
		withheld += !has_id(&a->roster_ids, &id);
	}
	if (withheld != 0) {
		wb_auditor_problem(a, wb_about_entry("withheld", 0),
		    withheld == 1
			? "%zu roster that entries name is not in the log: "
			  "somebody keeps it back"
			: "%zu rosters that entries name are not in the log: "
			  "somebody keeps them back",
		    withheld);
	}
	if (r->expires != 0 && a->options.now > 0 &&
	    (uint64_t)a->options.now > r->expires)
		wb_auditor_note(a, "the newest roster has expired");
}
