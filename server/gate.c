#include "server/gate.h"

#include <string.h>

#include "proto/ack.h"

/* A member's key, or the id of a statement that was let in. */
struct wb_gate_guest {
	struct wb_gate_guest *next;
	uint8_t name[32];
};

static bool
is_guest(const struct wb_gate *gate, const uint8_t name[32])
{
	for (const struct wb_gate_guest *g = gate->guests; g != NULL;
	     g = g->next) {
		if (memcmp(g->name, name, sizeof g->name) == 0)
			return true;
	}
	return false;
}

const char *
wb_gate_ask(void *ctx, const struct wb_key *signer,
    const struct wb_hash *statement)
{
	struct wb_gate *gate = ctx;

	if (!wb_sequencer_knows(gate->sequencer, signer, statement) &&
	    !is_guest(gate, signer->b) && !is_guest(gate, statement->b))
		return "unknown-signer";
	if (wb_rate_has(gate->rate, signer, gate->ms))
		return NULL;
	gate->throttled = true;
	return "rate";
}

static enum wb_status
let_in(struct wb_gate *gate, const uint8_t name[32], struct wb_error *err)
{
	struct wb_gate_guest *g = wb_arena_alloc(gate->arena, sizeof *g);

	if (g == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	memcpy(g->name, name, sizeof g->name);
	g->next = gate->guests;
	gate->guests = g;
	return WB_OK;
}

/* By the roots of the version before in this body, or of the one in force. */
static enum wb_vouching
vouch(struct wb_gate *gate, const struct wb_envelope *e)
{
	const struct wb_roster *now = &gate->newest;
	struct wb_roster_place place;

	if (!gate->has_newest ||
	    wb_roster_place(&place, e->payload, NULL) != WB_OK ||
	    !wb_roster_place_follows(&place, now, &gate->newest_id,
		now->version == 1 ? &gate->newest_id : &now->programme))
		return wb_rosters_vouch(wb_sequencer_rosters(gate->sequencer),
		    e);
	return wb_roster_has_signed(now, e) ? WB_VOUCHED : WB_VOUCHED_BY_NOBODY;
}

/* Each version names the one before, so no later verdict can differ. */
static enum wb_status
note_roster(struct wb_gate *gate, struct wb_item *item,
    const struct wb_envelope *e, struct wb_error *err)
{
	enum wb_vouching by = gate->forged ? WB_VOUCHED_BY_NOBODY
					   : vouch(gate, e);
	enum wb_status st = WB_OK;
	struct wb_roster next;

	if (by == WB_VOUCHED_BY_NOBODY) {
		gate->forged = true;
		wb_item_refuse(item, "roster-signatures");
	}
	if (by != WB_VOUCHED ||
	    wb_roster_decode(&next, gate->arena, e->payload, NULL) != WB_OK)
		return WB_OK; /* the sequencer will say what it is */
	for (size_t i = 0; st == WB_OK && i < next.member_count; i++)
		st = let_in(gate, next.members[i].key.b, err);
	gate->newest = next;
	gate->newest_id = e->id;
	gate->has_newest = true;
	return st;
}

static enum wb_status
note_ack(struct wb_gate *gate, const struct wb_envelope *e,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_ack ack;

	if (wb_ack_decode(&ack, gate->arena, e->payload, NULL) != WB_OK)
		return WB_OK;
	for (size_t i = 0; st == WB_OK && i < ack.verdict_count; i++) {
		if (ack.verdicts[i].outcome == WB_OUTCOME_ADMIT)
			st = let_in(gate, ack.verdicts[i].statement.b, err);
	}
	return st;
}

enum wb_status
wb_gate_passed(struct wb_gate *gate, struct wb_item *item, struct wb_error *err)
{
	struct wb_envelope e;
	enum wb_status st;

	if (item->decided)
		return WB_OK;
	if (item->type != WB_STATEMENT_ROSTER)
		wb_rate_take(gate->rate, &item->signer, gate->ms);
	if (item->type != WB_STATEMENT_ROSTER && !item->admits)
		return WB_OK;
	st = wb_envelope_decode(&e, gate->arena, item->envelope, err);
	if (st != WB_OK)
		return st;
	return item->type == WB_STATEMENT_ROSTER
		   ? note_roster(gate, item, &e, err)
		   : note_ack(gate, &e, err);
}

/* ---- a glance at a body */

struct glance {
	struct wb_sequencer *sequencer;
	bool known;
};

/* Refuses all, so that nothing is hashed or verified. */
static const char *
look(void *ctx, const struct wb_key *signer, const struct wb_hash *statement)
{
	struct glance *g = ctx;

	g->known = g->known ||
		   wb_sequencer_knows(g->sequencer, signer, statement);
	return "busy";
}

static bool
is_signed_roster(struct glance *g, const struct wb_item *item,
    struct wb_arena *arena)
{
	struct wb_envelope e;

	return wb_envelope_decode(&e, arena, item->envelope, NULL) == WB_OK &&
	       wb_rosters_vouch(wb_sequencer_rosters(g->sequencer), &e) ==
		   WB_VOUCHED;
}

bool
wb_gate_is_strange(struct wb_sequencer *sequencer, struct wb_span body)
{
	struct glance g = { .sequencer = sequencer };
	const struct wb_item_gate gate = { &g, look };
	struct wb_arena list, scratch;
	struct wb_upload *uploads;
	bool roster = false;
	size_t n = 0;

	wb_arena_init(&list, WB_ARENA_BUDGET);
	wb_arena_init(&scratch, WB_ARENA_BUDGET);
	if (wb_uploads_decode(&uploads, &n, &list, body, NULL) != WB_OK)
		n = 0;
	for (size_t i = 0; i < n && !g.known; i++) {
		struct wb_item item;

		wb_item_verify(&item, &uploads[i], &gate, &scratch);
		if (!item.decided && !roster) {
			roster = true;
			g.known = is_signed_roster(&g, &item, &scratch);
		}
		wb_arena_clear(&scratch);
	}
	wb_arena_clear(&list);
	wb_arena_clear(&scratch);
	return !g.known;
}
