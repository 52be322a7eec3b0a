/*
 * Entries that the store has lost, put back from members' bundles: each is
 * judged by the same rules as when it came first, and all of them together
 * must give the roots that were signed, or nothing is changed.
 */
#include <stdlib.h>
#include <string.h>

#include "server/core_state.h"
#include "server/recovery.h"

#define AT_ONCE 256 /* entries between two writes */

struct recover {
	struct wb_core *core;
	struct wb_recovery *found;
	struct wb_arena scratch;
	struct wb_item items[AT_ONCE];
};

static enum wb_status
lacks(uint64_t index, uint64_t size, const char *what, const char *next,
    struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_NOT_FOUND,
		"%s entry %llu is in none of these bundles, and the log has "
		"had %llu entries; nothing was changed",
		what, (unsigned long long)index, (unsigned long long)size),
	    "entries-missing", next);
}

static enum wb_status
find_gaps(const struct wb_recovery *r, struct wb_error *err)
{
	uint64_t size = wb_recovery_size(r);

	for (uint64_t i = r->from; i < size; i++) {
		if (i - r->from < r->count &&
		    r->entries[i - r->from].envelope.len > 0)
			continue;
		return lacks(i, size, "the",
		    "Ask for bundles of more members, of the newest sync: "
		    "waybill pack --for-audit FILE",
		    err);
	}
	return WB_OK;
}

static enum wb_status
offer(struct recover *v, struct wb_item *item, uint64_t index,
    struct wb_error *err)
{
	const struct wb_recovery *r = v->found;
	enum wb_status st;

	wb_item_verify(item, &r->entries[index - r->from], NULL, &v->scratch);
	wb_arena_clear(&v->scratch);
	st = wb_sequencer_offer(v->core->sequencer, v->core->store, item, err);
	if (st != WB_OK || (item->reason == NULL && item->index == index))
		return st;
	if (item->reason != NULL &&
	    strcmp(item->reason, "content-missing") == 0) {
		return lacks(index, wb_recovery_size(r), "the content of",
		    "Ask a coordinator: waybill pack --for-audit FILE (a "
		    "bundle of headers has no contents)",
		    err);
	}
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"entry %llu cannot have been logged there (%s); nothing was "
		"changed",
		(unsigned long long)index,
		item->reason != NULL ? item->reason : "logged before"),
	    "entries-altered", "Is it the store of this log?");
}

static enum wb_status
append(struct recover *v, uint64_t from, size_t n, struct wb_error *err)
{
	struct wb_store_group group;
	enum wb_status st = WB_OK;

	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = offer(v, &v->items[i], from + i, err);
	if (st != WB_OK)
		return st;
	wb_sequencer_group(&group, v->core->sequencer);
	st = wb_store_commit(v->core->store, &group, err);
	if (st == WB_OK)
		wb_sequencer_committed(v->core->sequencer);
	return st;
}

static enum wb_status
append_all(struct recover *v, struct wb_error *err)
{
	uint64_t size = wb_recovery_size(v->found);
	enum wb_status st = WB_OK;
	size_t n;

	for (uint64_t i = v->found->from; st == WB_OK && i < size; i += n) {
		n = size - i < AT_ONCE ? (size_t)(size - i) : AT_ONCE;
		st = append(v, i, n, err);
	}
	return st;
}

/* Every head that was ever signed, as far as is known, leads to this tree. */
static enum wb_status
check_heads(struct recover *v, struct wb_error *err)
{
	struct wb_tree *tree = wb_sequencer_tree(v->core->sequencer);
	struct wb_proof proof;
	struct wb_head now;
	enum wb_status st;

	wb_tree_head(&now, tree);
	for (size_t i = 0; i < v->found->head_count; i++) {
		const struct wb_head *old = &v->found->heads[i];

		if (old->size == 0)
			continue;
		st = wb_tree_extend(&proof, tree, v->core->store, old->size,
		    now.size, err);
		if (st != WB_OK)
			return st;
		if (old->size == now.size
			? wb_hash_equal(&old->root, &now.root)
			: wb_consistency_verify(old->size, &old->root, now.size,
			      &now.root, &proof, NULL) == WB_OK)
			continue;
		return wb_advise(err,
		    wb_fail(err, WB_FORGED,
			"with these entries the log does not have the head of "
			"%llu entries that it signed; nothing was changed",
			(unsigned long long)old->size),
		    "store-forked",
		    "Is it the store of this log? Put the right one back.");
	}
	return WB_OK;
}

static enum wb_status
put_back(struct recover *v, struct wb_error *err)
{
	struct wb_error ignored;
	enum wb_status st = wb_store_hold(v->core->store, err);

	if (st != WB_OK)
		return st;
	st = append_all(v, err);
	if (st == WB_OK)
		st = check_heads(v, err);
	if (st == WB_OK)
		return wb_store_release(v->core->store, true, err);
	(void)!wb_store_release(v->core->store, false, &ignored);
	return st;
}

static enum wb_status
gather(struct recover *v, const struct wb_recover_bundle *bundles, size_t n,
    struct wb_error *err)
{
	const struct wb_head *record = wb_log_signer_record(v->core->signer);
	enum wb_status st = wb_recovery_head(v->found, record, err);

	for (size_t i = 0; st == WB_OK && i < n; i++) {
		st = wb_recovery_take(v->found, bundles[i].bytes, err);
		if (st != WB_OK)
			st = wb_context(err, st, "%s", bundles[i].name);
	}
	return st == WB_OK ? find_gaps(v->found, err) : st;
}

enum wb_status
wb_core_recover(struct wb_recovered *out, const struct wb_settings *settings,
    struct wb_clock clock, struct wb_log *log,
    const struct wb_recover_bundle *bundles, size_t n, struct wb_error *err)
{
	struct recover *v = calloc(1, sizeof *v);
	struct wb_recovery found = { 0 };
	struct wb_store_head stored;
	enum wb_status st;

	if (v == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	v->found = &found;
	wb_arena_init(&v->scratch, 2 * WB_ARENA_BUDGET);
	st = wb_core_prepare(&v->core, settings, clock, log, true, err);
	if (st == WB_OK)
		st = wb_store_head(&stored, v->core->store, err);
	if (st != WB_OK)
		goto done;
	wb_recovery_init(&found, wb_log_signer_vkey(v->core->signer),
	    stored.head.size);
	st = gather(v, bundles, n, err);
	if (st == WB_OK)
		st = put_back(v, err);
	if (st == WB_OK)
		st = wb_store_head(&stored, v->core->store, err);
	if (st == WB_OK)
		*out = (struct wb_recovered){ .before = found.from,
			.after = stored.head.size };
done:
	wb_core_close(&v->core);
	wb_recovery_clear(&found);
	wb_arena_clear(&v->scratch);
	free(v);
	return st;
}
