#include "server/sequencer.h"

#include <assert.h>
#include <string.h>

#include "proto/ack.h"
#include "proto/tally.h"
#include "server/sequencer_state.h"

#define ROLE(role) (1U << (role))

/* The reason that is none: it could not be judged.  Never leaves here. */
static const char later[] = "out of memory";

static const char *
unread(const struct wb_error *err)
{
	return err->status == WB_NO_MEMORY ? later : "malformed";
}

/* Is the entry at `index` the statement `id`? */
static enum wb_status
is_statement(bool *same, struct wb_sequencer *s, struct wb_store *store,
    uint64_t index, const struct wb_hash *id, struct wb_error *err)
{
	struct wb_envelope e;
	enum wb_status st;

	if (index >= s->committed) {
		*same = wb_hash_equal(id,
		    &s->group.items[index - s->committed]->id);
		return WB_OK;
	}
	st = wb_seq_read_envelope(&e, s, store, index, err);
	*same = st == WB_OK && wb_hash_equal(&e.id, id);
	return st;
}

static enum wb_status
find_known(struct wb_sequencer *s, struct wb_store *store, struct wb_item *item,
    struct wb_error *err)
{
	enum wb_status st;
	uint64_t index;
	size_t at = 0;
	bool same;

	while (wb_ids_next(&s->ids, wb_ids_tag(&item->id), &at, &index)) {
		st = is_statement(&same, s, store, index, &item->id, err);
		if (st != WB_OK)
			return st;
		if (same) {
			wb_item_accept(item, WB_KNOWN, index);
			return WB_OK;
		}
	}
	return WB_OK;
}

/* Is `key` an active member with one of `roles`?  NULL, or the reason. */
static const char *
judge_member(const struct wb_sequencer *s, const struct wb_key *key,
    unsigned roles)
{
	const struct wb_member *m = wb_rosters_find(&s->rosters, key);

	if (m == NULL)
		return "unknown-signer";
	if (m->state != WB_MEMBER_ACTIVE)
		return "revoked";
	return (m->roles & roles) != 0 ? NULL : "wrong-role";
}

static const char *
judge_batch(struct wb_sequencer *s, const struct wb_item *item)
{
	const char *reason;

	if (wb_seq_admits(s, &item->id))
		return NULL;
	reason = judge_member(s, &item->signer,
	    ROLE(WB_ROLE_FIELD) | ROLE(WB_ROLE_COORDINATOR));
	return reason;
}

static const char *
judge_tally(struct wb_sequencer *s, const struct wb_envelope *e)
{
	struct wb_error err = { 0 };
	struct wb_tally tally;

	if (wb_tally_decode(&tally, &s->scratch, e->payload, &err) != WB_OK)
		return unread(&err);
	if (tally.signer_count <
	    wb_rosters_newest(&s->rosters)->tally_threshold)
		return "tally-threshold";
	for (size_t i = 0; i < tally.signer_count; i++) {
		const char *reason = judge_member(s, &tally.signers[i],
		    ROLE(WB_ROLE_COORDINATOR));

		if (reason != NULL)
			return reason;
	}
	/* Of two made at once the first stands, as with rosters. */
	if (tally.first != s->tallies.next || tally.last >= s->size ||
	    !wb_hash_equal(&tally.previous, &s->tallies.newest))
		return "tally-range";
	return NULL;
}

static const char *
judge_roster(struct wb_sequencer *s, const struct wb_envelope *e)
{
	const char *reason = wb_rosters_expect(&s->rosters, e);
	struct wb_error err = { 0 };
	struct wb_roster next;

	if (reason != NULL)
		return reason;
	if (wb_roster_decode(&next, &s->scratch, e->payload, &err) != WB_OK)
		return unread(&err);
	return wb_rosters_judge(&s->rosters, e, &next);
}

/* May it be the next entry?  `e` is good where it is not a batch. */
static const char *
judge(struct wb_sequencer *s, const struct wb_item *item,
    const struct wb_envelope *e)
{
	const struct wb_hash *programme;

	if (item->type == WB_STATEMENT_ROSTER)
		return judge_roster(s, e);
	programme = wb_rosters_programme(&s->rosters);
	if (programme == NULL)
		return "no-programme";
	if (!wb_hash_equal(&item->programme, programme))
		return "wrong-programme";
	switch (item->type) {
	case WB_STATEMENT_BATCH:
		return judge_batch(s, item);
	case WB_STATEMENT_ACK:
		return judge_member(s, &item->signer,
		    ROLE(WB_ROLE_COORDINATOR));
	case WB_STATEMENT_NOTE:
		return judge_member(s, &item->signer,
		    ROLE(WB_ROLE_COORDINATOR) | ROLE(WB_ROLE_AUDITOR));
	case WB_STATEMENT_TALLY:
		return judge_tally(s, e);
	case WB_STATEMENT_ROSTER:
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	return "wrong-type";
}

static enum wb_status
link_batch(struct wb_sequencer *s, struct wb_store_entry *entry,
    const struct wb_item *item, struct wb_error *err)
{
	struct wb_store_device d = { .id = wb_seq_device_id(s,
					 item->signer.b) };
	enum wb_status st = WB_OK;

	if (d.id == 0) {
		d.id = s->device_count + 1;
		memcpy(d.key, item->signer.b, sizeof d.key);
		st = wb_seq_add_device(s, &d, err);
	}
	entry->device = d.id;
	entry->number = item->sequence;
	return st;
}

/*
 * The device whose batch an ack is on, or 0.  The first eight bytes of the id
 * are enough to say whom an ack may be shown to.
 */
static enum wb_status
find_target(uint64_t *device, struct wb_sequencer *s, struct wb_store *store,
    const struct wb_hash *id, struct wb_error *err)
{
	const struct wb_store_entry *e;
	struct wb_store_entry stored;
	enum wb_status st;
	uint64_t index;
	size_t at = 0;

	*device = 0;
	while (wb_ids_next(&s->ids, wb_ids_tag(id), &at, &index)) {
		e = &stored;
		if (index >= s->committed) {
			e = &s->group.entries[index - s->committed];
		} else {
			st = wb_store_entry(&stored, NULL, NULL, NULL, store,
			    index, err);
			if (st != WB_OK)
				return st;
		}
		if (e->tag == wb_ids_tag(id))
			*device = e->device;
	}
	return WB_OK;
}

static enum wb_status
add_target(struct wb_sequencer *s, uint64_t device, struct wb_error *err)
{
	struct wb_seq_group *g = &s->group;
	enum wb_status st;

	st = wb_seq_grow((void **)&g->targets, &g->target_room, g->target_count,
	    sizeof *g->targets, err);
	if (st == WB_OK) {
		g->targets[g->target_count++] = (struct wb_store_target){
			.device = device,
			.index = s->size,
		};
	}
	return st;
}

static enum wb_status
link_ack(struct wb_sequencer *s, struct wb_store *store,
    struct wb_store_entry *entry, const struct wb_envelope *e,
    struct wb_error *err)
{
	struct wb_ack ack;
	enum wb_status st;
	uint64_t device;

	st = wb_ack_decode(&ack, &s->scratch, e->payload, err);
	for (size_t i = 0; st == WB_OK && i < ack.verdict_count; i++) {
		entry->number += ack.verdicts[i].outcome == WB_OUTCOME_ADMIT;
		st = find_target(&device, s, store, &ack.verdicts[i].statement,
		    err);
		if (st == WB_OK && device != 0)
			st = add_target(s, device, err);
	}
	return st == WB_OK ? wb_seq_add_admits(s, e, err) : st;
}

static enum wb_status
link(struct wb_sequencer *s, struct wb_store *store,
    struct wb_store_entry *entry, const struct wb_item *item,
    const struct wb_envelope *e, struct wb_error *err)
{
	size_t targets = s->group.target_count, admits = s->admit_count;
	enum wb_status st;

	switch (item->type) {
	case WB_STATEMENT_BATCH:
		return link_batch(s, entry, item, err);
	case WB_STATEMENT_ROSTER:
		return wb_rosters_adopt(&s->rosters, e, s->size, err);
	case WB_STATEMENT_TALLY:
		return wb_seq_add_tally(s, e, err);
	case WB_STATEMENT_ACK:
		st = link_ack(s, store, entry, e, err);
		if (st != WB_OK) {
			s->group.target_count = targets;
			wb_seq_forget_admits(s, admits);
		}
		return st;
	case WB_STATEMENT_NOTE:
	case WB_STATEMENT_READ:
	case WB_STATEMENT_UNKNOWN:
		break;
	}
	return WB_OK;
}

/* Changes nothing where it fails. */
static enum wb_status
append(struct wb_sequencer *s, struct wb_store *store, struct wb_item *item,
    const struct wb_envelope *e, struct wb_error *err)
{
	struct wb_store_entry entry = { .index = s->size,
		.type = item->type,
		.tag = wb_ids_tag(&item->id) };
	struct wb_seq_group *g = &s->group;
	enum wb_status st;

	assert(g->count < WB_TREE_MAX_ADD);
	if (s->size >= WB_MAX_IDS)
		return wb_fail(err, WB_STORAGE, "the log is full");
	st = link(s, store, &entry, item, e, err);
	if (st != WB_OK)
		return st;
	g->entries[g->count] = entry;
	g->envelopes[g->count] = item->envelope;
	g->contents[g->count] = item->content;
	g->items[g->count] = item;
	g->places[g->count++] = wb_ids_add(&s->ids, entry.tag, entry.index);
	wb_tree_add(s->tree, &item->leaf);
	wb_item_accept(item, WB_LOGGED, s->size++);
	s->content_bytes += item->content.len;
	return WB_OK;
}

static enum wb_status
decide(struct wb_sequencer *s, struct wb_store *store, struct wb_item *item,
    struct wb_error *err)
{
	struct wb_envelope e = { 0 };
	enum wb_status st = WB_OK;
	const char *reason;

	/* Before the first of a group: an undo wants the table as it is. */
	if (s->group.count == 0)
		st = wb_ids_reserve(&s->ids, WB_TREE_MAX_ADD, err);
	if (st == WB_OK)
		st = find_known(s, store, item, err);
	if (st != WB_OK || item->decided)
		return st;
	wb_arena_clear(&s->scratch);
	if (item->type != WB_STATEMENT_BATCH)
		st = wb_envelope_decode(&e, &s->scratch, item->envelope, err);
	if (st != WB_OK)
		return st;
	reason = judge(s, item, &e);
	if (reason == NULL)
		return append(s, store, item, &e, err);
	if (reason == later)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	wb_item_refuse(item, reason);
	return WB_OK;
}

enum wb_status
wb_sequencer_offer(struct wb_sequencer *s, struct wb_store *store,
    struct wb_item *item, struct wb_error *err)
{
	return item->decided ? WB_OK : decide(s, store, item, err);
}
