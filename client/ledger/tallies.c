#include "client/ledger/tallies.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "client/ledger/idset.h"

#define NEVER UINT64_MAX

/* A batch that no tally has counted. */
struct waiting {
	struct wb_hash id;
	struct wb_tallied batch;
	/* Log indices of the first ack that says so, or NEVER. */
	uint64_t opened;
	uint64_t disputed;
	uint64_t undecryptable;
	bool late; /* an earlier tally left it out */
};

/* From `since` on, what the device sent from index `from` on is distrusted. */
struct distrust {
	uint32_t device;
	uint64_t since; /* log index of the roster that says so */
	uint64_t from; /* 0: not any more */
};

struct wb_tallies {
	struct waiting *waiting; /* ascending by index */
	size_t count;
	size_t room;
	struct wb_idset ids; /* of those: their places */
	struct wb_idset devices; /* keys that sent batches, or are distrusted */
	uint64_t *distrusted_from; /* by their numbers: the newest word */
	size_t device_room;
	struct distrust *distrusts; /* every word, in the order of the log */
	size_t distrust_count;
	size_t distrust_room;
	struct wb_tally_place place;
};

enum wb_status
wb_tallies_new(struct wb_tallies **out, const uint8_t key[WB_SHORT_KEY_LEN],
    struct wb_error *err)
{
	struct wb_tallies *t = calloc(1, sizeof *t);

	*out = t;
	if (t == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	wb_idset_init(&t->ids, key, WB_MAX_TALLIED);
	wb_idset_init(&t->devices, key, WB_MAX_TALLIED);
	return WB_OK;
}

void
wb_tallies_free(struct wb_tallies **t)
{
	if (*t == NULL)
		return;
	free((*t)->waiting);
	free((*t)->distrusts);
	free((*t)->distrusted_from);
	wb_idset_clear(&(*t)->ids);
	wb_idset_clear(&(*t)->devices);
	free(*t);
	*t = NULL;
}

static enum wb_status
too_much(struct wb_error *err)
{
	return wb_fail(err, WB_NO_MEMORY,
	    "the log has too much that no tally has counted");
}

static struct waiting *
find_waiting(const struct wb_tallies *t, const struct wb_hash *id)
{
	uint32_t at = wb_idset_find(&t->ids, id);

	return at == WB_IDSET_NONE ? NULL : &t->waiting[at];
}

/* ------------------------------------------------------------ the log */

/* Its number, new or known. */
static enum wb_status
add_device(uint32_t *number, struct wb_tallies *t, const struct wb_key *key,
    struct wb_error *err)
{
	const struct wb_hash id = wb_idset_key(key);
	uint32_t known = t->devices.count;
	uint64_t *more = wb_array_reserve(t->distrusted_from, &t->device_room,
	    (size_t)known + 1, WB_MAX_TALLIED, sizeof *more);
	enum wb_status st;

	if (more == NULL)
		return too_much(err);
	t->distrusted_from = more;
	st = wb_idset_add(number, &t->devices, &id, err);
	if (st == WB_OK && *number == known)
		more[known] = 0;
	return st;
}

static enum wb_status
note_member(struct wb_tallies *t, uint64_t index, const struct wb_member *m,
    struct wb_error *err)
{
	const struct wb_hash id = wb_idset_key(&m->key);
	uint32_t device = wb_idset_find(&t->devices, &id);
	enum wb_status st = WB_OK;
	struct distrust *more;

	if (device == WB_IDSET_NONE && m->distrust_from == 0)
		return WB_OK;
	if (device == WB_IDSET_NONE)
		st = add_device(&device, t, &m->key, err);
	if (st != WB_OK || t->distrusted_from[device] == m->distrust_from)
		return st;
	more = wb_array_reserve(t->distrusts, &t->distrust_room,
	    t->distrust_count + 1, WB_MAX_TALLIED, sizeof *more);
	if (more == NULL)
		return too_much(err);
	t->distrusts = more;
	t->distrusts[t->distrust_count++] = (struct distrust){ device, index,
		m->distrust_from };
	t->distrusted_from[device] = m->distrust_from;
	return WB_OK;
}

enum wb_status
wb_tallies_roster(struct wb_tallies *t, uint64_t index,
    const struct wb_roster *roster, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < roster->member_count; i++)
		st = note_member(t, index, &roster->members[i], err);
	return st;
}

enum wb_status
wb_tallies_batch(struct wb_tallies *t, uint64_t index, const struct wb_hash *id,
    const struct wb_batch *batch, struct wb_error *err)
{
	struct waiting w = { .id = *id,
		.batch = { .index = index, .totals = batch->totals },
		.opened = NEVER,
		.disputed = NEVER,
		.undecryptable = NEVER };
	struct waiting *more;
	enum wb_status st;
	uint32_t at;

	/* A log that has one twice is found out elsewhere. */
	if (find_waiting(t, id) != NULL ||
	    (t->waiting != NULL && t->count > 0 &&
		t->waiting[t->count - 1].batch.index >= index))
		return WB_OK;
	more = wb_array_reserve(t->waiting, &t->room, t->count + 1,
	    WB_MAX_TALLIED, sizeof *more);
	if (more == NULL)
		return too_much(err);
	t->waiting = more;
	st = add_device(&w.batch.device, t, &batch->signer, err);
	if (st == WB_OK)
		st = wb_idset_add(&at, &t->ids, id, err);
	if (st == WB_OK)
		t->waiting[t->count++] = w;
	return st;
}

static void
note_first(uint64_t *at, uint64_t index)
{
	if (index < *at)
		*at = index;
}

void
wb_tallies_ack(struct wb_tallies *t, uint64_t index, const struct wb_ack *ack)
{
	for (size_t i = 0; i < ack->verdict_count; i++) {
		struct waiting *w = find_waiting(t,
		    &ack->verdicts[i].statement);

		if (w == NULL)
			continue;
		switch (ack->verdicts[i].outcome) {
		case WB_OUTCOME_OPENED:
			note_first(&w->opened, index);
			break;
		case WB_OUTCOME_UNDECRYPTABLE:
			note_first(&w->undecryptable, index);
			break;
		case WB_OUTCOME_DISPUTED:
			note_first(&w->disputed, index);
			break;
		case WB_OUTCOME_ADMIT:
			break;
		}
	}
}

/* ---------------------------------------------------------- the ranges */

struct wb_tally_place
wb_tallies_place(const struct wb_tallies *t)
{
	return t->place;
}

enum wb_status
wb_tallies_follows(const struct wb_tallies *t, uint64_t index,
    const struct wb_tally *tally, struct wb_error *err)
{
	const struct wb_tally_place *p = &t->place;

	if (tally->first < p->first)
		return wb_forged(err, "tally-overlap",
		    "it counts again what an earlier tally covers");
	if (tally->first > p->first)
		return wb_forged(err, "tally-gap",
		    "it leaves out entries behind the tally before it");
	if (!wb_hash_equal(&tally->previous, &p->previous))
		return wb_forged(err, "tally-chain",
		    "it does not name the tally before it");
	if (tally->last >= index)
		return wb_forged(err, "tally-range",
		    "it covers entries that were not there yet");
	return WB_OK;
}

/*
 * From which index each device is distrusted by the newest word up to `last`;
 * the caller frees it.
 */
static enum wb_status
read_distrusts(uint64_t **out, const struct wb_tallies *t, uint64_t last,
    struct wb_error *err)
{
	uint64_t *from = calloc((size_t)t->devices.count + 1, sizeof *from);

	*out = from;
	if (from == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < t->distrust_count; i++) {
		const struct distrust *d = &t->distrusts[i];

		if (d->since > last)
			break;
		from[d->device] = d->from;
	}
	return WB_OK;
}

/* Why a batch does not count by what was said up to `last`; 0: it counts. */
static int
judge(const struct waiting *w, const uint64_t *distrusted, uint64_t last)
{
	uint64_t from = distrusted[w->batch.device];

	if (from != 0 && w->batch.index >= from)
		return WB_EXCLUDED_DISTRUSTED;
	if (w->disputed <= last)
		return WB_EXCLUDED_DISPUTED;
	if (w->opened <= last)
		return 0;
	return w->undecryptable <= last ? WB_EXCLUDED_UNDECRYPTABLE
					: WB_EXCLUDED_CLOSED;
}

static void
count_device(struct wb_tally_scope *out, uint8_t *met, uint32_t device)
{
	out->device_count += met[device] == 0;
	met[device] = 1;
}

static void
sort_out(struct wb_tally_scope *out, const struct wb_tallies *t, uint8_t *met,
    const uint64_t *distrusted, uint64_t last)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct waiting *w = &t->waiting[i];
		int why = judge(w, distrusted, last);

		if (w->batch.index > last)
			break;
		if (why == 0) {
			out->counted[out->counted_count++] = w->batch;
			count_device(out, met, w->batch.device);
			if (w->late)
				out->included[out->included_count++] =
				    w->batch.index;
		} else if (!w->late) {
			out->excluded[out->excluded_count++] =
			    (struct wb_exclusion){ w->batch.index,
				    (enum wb_exclusion_reason)why };
		}
	}
}

enum wb_status
wb_tallies_scope(struct wb_tally_scope *out, struct wb_tallies *t,
    uint64_t last, struct wb_error *err)
{
	uint8_t *met = calloc((size_t)t->devices.count + 1, 1);
	uint64_t *distrusted;
	enum wb_status st = read_distrusts(&distrusted, t, last, err);

	*out = (struct wb_tally_scope){ 0 };
	out->counted = calloc(t->count + 1, sizeof *out->counted);
	out->excluded = calloc(t->count + 1, sizeof *out->excluded);
	out->included = calloc(t->count + 1, sizeof *out->included);
	if (met == NULL || out->counted == NULL || out->excluded == NULL ||
	    out->included == NULL)
		st = wb_fail(err, WB_NO_MEMORY, "out of memory");
	if (st == WB_OK)
		sort_out(out, t, met, distrusted, last);
	free(distrusted);
	free(met);
	return st;
}

void
wb_tally_scope_clear(struct wb_tally_scope *scope)
{
	free(scope->counted);
	free(scope->excluded);
	free(scope->included);
	*scope = (struct wb_tally_scope){ 0 };
}

enum wb_status
wb_tallies_take(struct wb_tallies *t, const struct wb_hash *id,
    const struct wb_tally *tally, struct wb_error *err)
{
	uint64_t *distrusted;
	enum wb_status st = read_distrusts(&distrusted, t, tally->last, err);
	size_t kept = 0;
	uint32_t at;

	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < t->count; i++) {
		struct waiting *w = &t->waiting[i];

		if (w->batch.index <= tally->last) {
			if (judge(w, distrusted, tally->last) == 0)
				continue;
			w->late = true;
		}
		t->waiting[kept++] = *w;
	}
	free(distrusted);
	t->count = kept;
	t->place.first = tally->last + 1;
	t->place.previous = *id;
	wb_idset_clear(&t->ids);
	for (size_t i = 0; st == WB_OK && i < kept; i++)
		st = wb_idset_add(&at, &t->ids, &t->waiting[i].id, err);
	return st;
}
