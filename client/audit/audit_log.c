/* What the auditor knows of the log: heads, and the tree. */
#include <string.h>

#include "client/audit/auditor.h"

static void
left_out(struct wb_auditor *a, uint64_t first, uint64_t last)
{
	char entries[WB_RANGE_TEXT];

	wb_auditor_problem(a,
	    (struct wb_about){ .id = "missing", .first = first, .last = last },
	    "%s of the log %s left out",
	    wb_range_text(entries, "entry", "entries", first, last),
	    first == last ? "was" : "were");
}

/* A head with no bare entries under it: as far as the tree is known. */
static void
compare_head(struct wb_auditor *a)
{
	struct wb_hash root;

	if (wb_history_root(&root, &a->history, a->head.size) &&
	    !wb_hash_equal(&root, &a->head.root)) {
		wb_auditor_problem(a, wb_about_entry("log-fork", a->head.size),
		    "the log signed two trees of %ju entries",
		    (uintmax_t)a->head.size);
	}
}

/* Do the entries that came without proofs give the head's root? */
static void
settle_head(struct wb_auditor *a)
{
	uint64_t size = a->history.tree.size;
	char entries[WB_RANGE_TEXT];
	struct wb_hash root;

	if (!a->head_good || a->broken)
		return;
	if (a->bare == 0) {
		compare_head(a);
		return;
	}
	if (a->head.size > size && a->partial) {
		wb_auditor_unchecked(a,
		    "what is not here yet, and sync fetches: %s of the log",
		    wb_range_text(entries, "entry", "entries", size,
			a->head.size - 1));
		return;
	}
	if (a->head.size > size) {
		left_out(a, size, a->head.size - 1);
		return;
	}
	if (!wb_history_root(&root, &a->history, a->head.size)) {
		wb_auditor_unchecked(a,
		    "the log head of %ju entries is too old for this check",
		    (uintmax_t)a->head.size);
	} else if (!wb_hash_equal(&root, &a->head.root)) {
		wb_auditor_problem(a, wb_about_entry("root", a->head.size),
		    "the entries are not those that the log signed: the tree "
		    "of %ju entries has another root",
		    (uintmax_t)a->head.size);
	}
}

void
wb_auditor_read_head(struct wb_auditor *a)
{
	struct wb_error why = { 0 };

	if (a->checkpoint.len == 0 || a->roster.version == 0)
		return;
	if (wb_checkpoint_open(&a->head, NULL, wb_bytes_span(&a->checkpoint),
		&a->log, &why) == WB_OK) {
		a->head_good = true;
	} else {
		a->head_bad = true;
		wb_auditor_problem(a, wb_about_entry("checkpoint", 0),
		    "a log head is not one of the programme's log: %s",
		    why.text);
	}
}

/* A head that comes behind entries proves none of them. */
static void
settle_unproven(struct wb_auditor *a)
{
	if (a->unproven == 0)
		return;
	wb_auditor_problem(a, wb_about_entry("checkpoint", 0),
	    "%ju entr%s in front of any log head, so nothing shows that the "
	    "log holds %s",
	    (uintmax_t)a->unproven, a->unproven == 1 ? "y stands" : "ies stand",
	    a->unproven == 1 ? "it" : "them");
	a->unproven = 0;
}

void
wb_auditor_checkpoint(struct wb_auditor *a, struct wb_span note)
{
	settle_head(a);
	settle_unproven(a);
	wb_auditor_cosigned(a, note);
	a->head_before = a->head_good ? a->head : (struct wb_head){ 0 };
	a->head_good = false;
	a->head_bad = false;
	a->bare = 0;
	wb_bytes_reset(&a->checkpoint);
	wb_auditor_fail(a, wb_bytes_append(&a->checkpoint, note, a->err));
	wb_auditor_read_head(a);
}

void
wb_auditor_consistency(struct wb_auditor *a, const struct wb_proof *proof)
{
	struct wb_error why = { 0 };

	if (!a->head_good || a->head_before.size == 0)
		return;
	if (wb_consistency_verify(a->head_before.size, &a->head_before.root,
		a->head.size, &a->head.root, proof, &why) != WB_OK)
		wb_auditor_problem(a, wb_about_entry("log-fork", a->head.size),
		    "two log heads are not of one history: %s", why.text);
}

void
wb_auditor_place(struct wb_auditor *a, const struct wb_prepared *p)
{
	const struct wb_entry *entry = &p->item.entry;

	if (entry->index == a->history.tree.size && !a->broken) {
		wb_auditor_fail(a,
		    wb_history_add(&a->history, &p->leaf, a->err));
		wb_auditor_grown(a);
	}
	if (entry->proof.count != 0) {
		if (entry->index < a->after) {
			wb_auditor_problem(a,
			    wb_about_entry("order", entry->index),
			    "entry %ju stands behind a later one",
			    (uintmax_t)entry->index);
		}
		a->after = entry->index + 1;
		return;
	}
	a->bare++;
	if (entry->index > a->expected) {
		left_out(a, a->expected, entry->index - 1);
	} else if (entry->index < a->expected) {
		wb_auditor_problem(a, wb_about_entry("order", entry->index),
		    "entry %ju stands behind a later one",
		    (uintmax_t)entry->index);
	}
	if (entry->index != a->expected)
		a->broken = true;
	a->expected = entry->index + 1;
}

/* An index beyond its head is under no signature of the log. */
void
wb_auditor_included(struct wb_auditor *a, const struct wb_prepared *p)
{
	const struct wb_entry *entry = &p->item.entry;
	struct wb_about about = wb_about_entry("inclusion", entry->index);
	struct wb_error why = { 0 };

	if (!a->head_good) {
		a->unproven += !a->head_bad;
		return;
	}
	if (entry->index >= a->head.size) {
		wb_auditor_problem(a, about,
		    "entry %ju is not under the log head, which has %ju",
		    (uintmax_t)entry->index, (uintmax_t)a->head.size);
		return;
	}
	if (entry->proof.count == 0)
		return;
	if (wb_inclusion_verify(&p->leaf, entry->index, a->head.size,
		&entry->proof, &a->head.root, &why) != WB_OK) {
		wb_auditor_problem(a, about,
		    "entry %ju is not what the log has there: %s",
		    (uintmax_t)entry->index, why.text);
	}
}

/*
 * Proofs of single entries show that these are in the log, and not that others
 * are not: who made the file may have left out what does not suit.
 */
static void
tell_selection(struct wb_auditor *a)
{
	if (!a->head_good || a->bare != 0 || a->broken || a->disclosing ||
	    a->history.tree.size >= a->head.size)
		return;
	if (a->own) {
		wb_auditor_note(a,
		    "the log has %ju entries; this device keeps those that "
		    "concern it",
		    (uintmax_t)a->head.size);
	} else {
		wb_auditor_unchecked(a,
		    "only %ju of the log's %ju entries are here: whether "
		    "others change the picture, such as a dispute or a "
		    "revocation, cannot be told",
		    (uintmax_t)a->out->entries, (uintmax_t)a->head.size);
	}
}

void
wb_auditor_end_log(struct wb_auditor *a)
{
	settle_head(a);
	tell_selection(a);
	if (a->checkpoint.len != 0) {
		settle_unproven(a);
	} else {
		wb_auditor_problem(a, wb_about_entry("checkpoint", 0),
		    "there is no log head, so nothing shows what the log "
		    "holds");
	}
}
