/*
 * The log heads that devices saw, against the tree.  The roots of the newest
 * sizes are at hand; what is older than those is kept until the end and
 * compared in a second reading, so that memory does not grow with the log.  In
 * it those batches are counted, too, that the newest roster calls suspect.
 */
#include <stdlib.h>
#include <string.h>

#include "client/audit/auditor.h"

#define MAX_OLD_HEADS 32768 /* 1.5 MiB */
#define LOOK_BACK 64

struct old_head {
	uint64_t size;
	uint64_t index; /* of the first entry that names it */
	struct wb_hash root;
};

/*
 * The log signs each size once, so devices that saw the same head carry the
 * same signature: most are found among those verified before.
 */
static bool
signed_by_log(struct wb_auditor *a, const struct wb_batch *batch)
{
	size_t slot = (size_t)(batch->seen.size % WB_AUDIT_SEEN);
	struct wb_head *head = &a->seen[slot];
	struct wb_signature *signature = &a->seen_signatures[slot];
	struct wb_bytes text;
	enum wb_status st;
	bool good = false;

	if (head->size == batch->seen.size &&
	    wb_hash_equal(&head->root, &batch->seen.root) &&
	    memcmp(signature->b, batch->seen_signature.b, WB_SIGNATURE_LEN) ==
		0)
		return true;
	wb_bytes_init(&text, WB_MAX_NOTE);
	st = wb_checkpoint_format(&text, a->log.name, &batch->seen, a->err);
	if (st != WB_OK)
		wb_auditor_fail(a, st);
	else
		good = wb_sign_verify(&batch->seen_signature, &a->log.key,
		    wb_bytes_span(&text));
	wb_bytes_clear(&text);
	if (good) {
		*head = batch->seen;
		*signature = batch->seen_signature;
	}
	return good;
}

static void
forked(struct wb_auditor *a, uint64_t index, uint64_t size)
{
	wb_auditor_problem(a, wb_about_entry("log-fork", index),
	    "the log showed who made entry %ju another history: it signed two "
	    "trees of %ju entries",
	    (uintmax_t)index, (uintmax_t)size);
}

/* Those kept, by which nothing is remembered but what is compared later. */
static struct old_head *
old_heads(const struct wb_auditor *a, size_t *n)
{
	void *data = a->old_heads.data;

	*n = a->old_heads.len / sizeof(struct old_head);
	return data;
}

/* A device that was away names one head in many batches: it is kept once. */
static void
keep_old(struct wb_auditor *a, uint64_t index, const struct wb_head *head)
{
	const struct old_head old = { head->size, index, head->root };
	struct old_head *all;
	size_t n;

	all = old_heads(a, &n);
	for (size_t i = n; i > 0 && n - i < LOOK_BACK; i--) {
		if (all[i - 1].size == head->size &&
		    wb_hash_equal(&all[i - 1].root, &head->root))
			return;
	}
	if (!a->can_return || n == MAX_OLD_HEADS) {
		a->too_old++;
		return;
	}
	wb_auditor_fail(a,
	    wb_bytes_append(&a->old_heads, wb_span(&old, sizeof old), a->err));
}

void
wb_auditor_seen(struct wb_auditor *a, uint64_t index,
    const struct wb_batch *batch)
{
	struct wb_hash root;

	if (batch->seen.size == 0)
		return;
	if (!signed_by_log(a, batch)) {
		wb_auditor_problem(a, wb_about_entry("seen", index),
		    "entry %ju names a log head that the log did not sign",
		    (uintmax_t)index);
		return;
	}
	if (batch->seen.size > index) {
		wb_auditor_problem(a, wb_about_entry("seen", index),
		    "entry %ju names a log head that is younger than itself",
		    (uintmax_t)index);
	} else if (a->broken || batch->seen.size > a->history.tree.size) {
		a->unseen++;
	} else if (!wb_history_root(&root, &a->history, batch->seen.size)) {
		keep_old(a, index, &batch->seen);
	} else if (!wb_hash_equal(&root, &batch->seen.root)) {
		forked(a, index, batch->seen.size);
	}
}

/* ---------------------------------------------------- a second reading */

static int
by_size(const void *a, const void *b)
{
	const struct old_head *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The log index from which something is distrusted; the largest: nothing is. */
static uint64_t
first_suspect(const struct wb_auditor *a)
{
	uint64_t from = UINT64_MAX;

	for (uint64_t i = 0; i < a->out->devices; i++) {
		uint64_t its = a->devices[i].distrust_from;

		if (its != 0 && its < from)
			from = its;
	}
	return from;
}

/* Only the newest roster says from where on a batch is suspect. */
static void
count_suspect(struct wb_auditor *a, const struct wb_entry *entry)
{
	struct wb_audited_device *d;
	struct wb_envelope envelope;
	struct wb_batch batch;

	if (entry->index < a->suspect_from)
		return;
	wb_arena_reset(&a->scratch);
	if (wb_envelope_decode(&envelope, &a->scratch, entry->envelope, NULL) !=
		WB_OK ||
	    envelope.type != WB_STATEMENT_BATCH ||
	    wb_batch_decode(&batch, envelope.payload, NULL) != WB_OK)
		return;
	d = wb_auditor_device(a, &batch.signer);
	if (d == NULL || d->distrust_from == 0 ||
	    entry->index < d->distrust_from)
		return;
	d->suspect++;
	if (a->totals != NULL)
		wb_audit_totals_suspect(a->totals, &envelope.id);
}

bool
wb_auditor_return(struct wb_auditor *a)
{
	struct old_head *all;
	size_t n;

	all = old_heads(a, &n);
	a->suspect_from = first_suspect(a);
	if (a->status != WB_OK || (n == 0 && a->suspect_from == UINT64_MAX))
		return false;
	if (n != 0)
		qsort(all, n, sizeof *all, by_size);
	a->again = (struct wb_frontier){ 0 };
	a->compared = 0;
	return true;
}

void
wb_auditor_again(struct wb_auditor *a, const struct wb_entry *entry)
{
	struct wb_hash leaf, root;
	struct old_head *all;
	size_t n;

	count_suspect(a, entry);
	/* As far as the first tree went, before something was left out. */
	if (entry->index != a->again.size ||
	    a->again.size == a->history.tree.size)
		return;
	wb_leaf_hash(&leaf, &entry->envelope, 1);
	wb_frontier_add(&a->again, &leaf, NULL, NULL);
	all = old_heads(a, &n);
	if (a->compared == n || all[a->compared].size != a->again.size)
		return;
	wb_frontier_root(&a->again, &root);
	for (; a->compared < n && all[a->compared].size == a->again.size;
	     a->compared++) {
		if (!wb_hash_equal(&root, &all[a->compared].root))
			forked(a, all[a->compared].index, a->again.size);
	}
}

void
wb_auditor_returned(struct wb_auditor *a)
{
	struct wb_hash first, second;

	wb_frontier_root(&a->history.tree, &first);
	wb_frontier_root(&a->again, &second);
	if (!wb_hash_equal(&first, &second))
		wb_auditor_problem(a, wb_about_entry("altered", 0),
		    "the file was altered while it was read");
}

void
wb_auditor_end_seen(struct wb_auditor *a)
{
	if (a->unseen != 0) {
		wb_auditor_note(a,
		    "%ju log head%s that devices saw could not be compared "
		    "with the tree, because not all entries are here",
		    (uintmax_t)a->unseen, a->unseen == 1 ? "" : "s");
	}
	if (a->too_old != 0) {
		wb_auditor_unchecked(a,
		    "%ju log head%s that devices saw %s too old to be compared "
		    "here",
		    (uintmax_t)a->too_old, a->too_old == 1 ? "" : "s",
		    a->too_old == 1 ? "is" : "are");
	}
}
