/* Batches of good form and signature: each device's chain, and contents. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "client/audit/audit_tally.h"
#include "client/audit/auditor.h"
#include "client/ledger/opening.h"

#define MAX_DEVICES 65536 /* all were in some roster */

static void
name_device(struct wb_audited_device *d, const struct wb_member *m)
{
	memcpy(d->label, m->label.data, m->label.len);
	d->label[m->label.len] = '\0';
	d->distrust_from = m->distrust_from;
}

struct wb_audited_device *
wb_auditor_device(const struct wb_auditor *a, const struct wb_key *key)
{
	const struct wb_hash id = wb_idset_key(key);
	uint32_t number = wb_idset_find(&a->device_keys, &id);

	return number == WB_IDSET_NONE ? NULL : &a->devices[number];
}

/* The members of a roster that sent batches are called what it calls them. */
void
wb_auditor_relabel(struct wb_auditor *a)
{
	struct wb_audited_device *d;

	for (size_t i = 0; i < a->roster.member_count; i++) {
		d = wb_auditor_device(a, &a->roster.members[i].key);
		if (d != NULL)
			name_device(d, &a->roster.members[i]);
	}
}

static struct wb_audited_device *
add_device(struct wb_auditor *a, const struct wb_key *key)
{
	const struct wb_hash id = wb_idset_key(key);
	const struct wb_audit_revoked *revoked = wb_auditor_revoked(a, key);
	const struct wb_member *m = wb_roster_find(&a->roster, key);
	struct wb_audited_device *d = wb_array_reserve(a->devices,
	    &a->device_room, (size_t)a->out->devices + 1, MAX_DEVICES,
	    sizeof *d);
	uint32_t number;

	if (d == NULL) {
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "too many devices"));
		return NULL;
	}
	a->devices = d;
	if (wb_idset_add(&number, &a->device_keys, &id, a->err) != WB_OK) {
		wb_auditor_fail(a, WB_NO_MEMORY);
		return NULL;
	}
	a->out->devices++;
	d += number;
	*d = (struct wb_audited_device){ .key = *key };
	if (revoked != NULL) {
		memcpy(d->label, revoked->label, sizeof d->label);
		d->distrust_from = revoked->distrust_from;
	}
	if (m != NULL)
		name_device(d, m);
	return d;
}

static struct wb_audited_device *
find_device(struct wb_auditor *a, const struct wb_key *key)
{
	struct wb_audited_device *d = wb_auditor_device(a, key);

	return d != NULL ? d : add_device(a, key);
}

static struct wb_about
about_batches(const char *id, const struct wb_audited_device *d, uint64_t first,
    uint64_t last)
{
	return (struct wb_about){ id, wb_span_text(d->label), first, last };
}

static void
chain(struct wb_auditor *a, uint64_t index, const struct wb_hash *id,
    const struct wb_batch *batch)
{
	struct wb_audited_device *d = find_device(a, &batch->signer);
	const struct wb_chain_link link = { batch->sequence, *id,
		batch->previous };
	uint64_t n = batch->sequence;
	enum wb_chain_fault fault = WB_CHAIN_GOOD;
	enum wb_status st;

	if (d == NULL)
		return;
	d->batches++;
	d->last_entry = index;
	a->batch_device = (uint32_t)(d - a->devices);
	st = wb_chain_add(&fault, &d->chain, &link, &a->run_room, a->err);
	if (st != WB_OK)
		wb_auditor_fail(a, st);
	a->batch_uncounted = fault == WB_CHAIN_FORK || fault == WB_CHAIN_FULL;
	switch (fault) {
	case WB_CHAIN_GOOD:
		break;
	case WB_CHAIN_FORK:
		d->forks++;
		wb_auditor_problem(a, about_batches("fork", d, n, n),
		    "%s sent two batches with number %ju; the second is entry "
		    "%ju",
		    d->label, (uintmax_t)n, (uintmax_t)index);
		break;
	case WB_CHAIN_BROKEN:
		wb_auditor_problem(a, about_batches("chain", d, n, n),
		    "batch %ju of %s (entry %ju) does not fit the batches "
		    "beside it",
		    (uintmax_t)n, d->label, (uintmax_t)index);
		break;
	case WB_CHAIN_FULL:
		d->apart++;
		break;
	}
}

void
wb_auditor_batch(struct wb_auditor *a, uint64_t index, const struct wb_hash *id,
    const struct wb_batch *batch)
{
	struct wb_content_ref content;

	a->out->batches++;
	chain(a, index, id, batch);
	wb_auditor_names_roster(a, &batch->roster);
	wb_auditor_seen(a, index, batch);
	content = wb_batch_content(batch);
	wb_auditor_want(a, index, &content);
	a->is_batch = true;
	a->batch_id = *id;
	a->batch = *batch;
}

void
wb_auditor_want(struct wb_auditor *a, uint64_t index,
    const struct wb_content_ref *content)
{
	a->waiting = true;
	a->waiting_index = index;
	a->wanted = *content;
	a->is_batch = false;
}

void
wb_auditor_no_content(struct wb_auditor *a)
{
	if (a->waiting && !a->disclosing)
		a->missing_contents++;
	a->waiting = false;
}

/* With a reader's identity: is inside what the header promises? */
static void
open_content(struct wb_auditor *a, struct wb_span file)
{
	struct wb_opened_batch opened;
	struct wb_error why = { 0 };
	enum wb_status st;

	if (a->options.reader_count == 0)
		return;
	st = wb_opening(&opened, &a->opening, &a->batch, file,
	    a->options.readers, a->options.reader_count, &why);
	if (st == WB_OK)
		wb_auditor_count(a, &opened);
	wb_arena_clear(&a->opening);
	if (st == WB_OK) {
		a->out->opened++;
	} else if (st == WB_NOT_FOUND) {
		a->undecryptable++;
	} else if (st == WB_NO_MEMORY) {
		wb_auditor_fail(a, wb_fail(a->err, st, "%s", why.text));
	} else {
		wb_auditor_problem(a,
		    wb_about_entry(wb_error_id(&why), a->waiting_index),
		    "the content of entry %ju is not what was promised: %s",
		    (uintmax_t)a->waiting_index, why.text);
	}
}

void
wb_auditor_content(struct wb_auditor *a, struct wb_span file,
    const struct wb_hash *hash)
{
	if (!a->waiting) {
		wb_auditor_note(a, "a content belongs to no entry before it");
		return;
	}
	a->waiting = false;
	if (!wb_content_ref_names(&a->wanted, hash, file.len)) {
		wb_auditor_problem(a,
		    wb_about_entry("content", a->waiting_index),
		    "the content of entry %ju was altered or exchanged",
		    (uintmax_t)a->waiting_index);
		return;
	}
	a->out->contents++;
	if (a->is_batch)
		open_content(a, file);
	else
		wb_auditor_tally_file(a, file);
}

static void
end_device(struct wb_auditor *a, const struct wb_audited_device *d)
{
	char batches[WB_RANGE_TEXT];
	uint64_t first, last;

	/* One batch of many is shown: the others are not missing. */
	for (size_t i = 0; !a->disclosing && i < d->chain.count; i++) {
		if (!wb_chain_gap(&first, &last, &d->chain, i))
			continue;
		wb_auditor_problem(a, about_batches("gap", d, first, last),
		    "%s of %s %s missing",
		    wb_range_text(batches, "batch", "batches", first, last),
		    d->label, first == last ? "is" : "are");
	}
	if (d->apart != 0) {
		wb_auditor_unchecked(a,
		    "%ju batch%s of %s could not be put in order: too many "
		    "are missing between those that are here",
		    (uintmax_t)d->apart, d->apart == 1 ? "" : "es", d->label);
	}
	if (d->distrust_from != 0) {
		a->out->suspect += d->suspect;
		wb_auditor_note(a,
		    "the roster calls what %s sent from entry %ju on suspect: "
		    "%ju batch%s here",
		    d->label, (uintmax_t)d->distrust_from,
		    (uintmax_t)d->suspect, d->suspect == 1 ? "" : "es");
	}
}

void
wb_auditor_end_batches(struct wb_auditor *a)
{
	for (uint64_t i = 0; i < a->out->devices; i++)
		end_device(a, &a->devices[i]);
	/* Who asks whether totals hold asks for no more than headers show. */
	if (a->missing_contents != 0 && a->headers_only && a->tallies != NULL) {
		wb_auditor_note(a,
		    "%ju content%s not in the file: it shows that the totals "
		    "hold, and nothing of the records",
		    (uintmax_t)a->missing_contents,
		    a->missing_contents == 1 ? " is" : "s are");
	} else if (a->missing_contents != 0) {
		wb_auditor_unchecked(a,
		    a->unfetched
			? "%ju content%s not fetched: --contents does that"
		    : a->headers_only
			? "%ju content%s not in the file, which was made "
			  "without contents"
			: "%ju content%s missing",
		    (uintmax_t)a->missing_contents,
		    a->missing_contents == 1 ? " is" : "s are");
	}
	if (a->undecryptable != 0) {
		wb_auditor_note(a,
		    "%ju content%s sealed to somebody else than this vault's "
		    "reader",
		    (uintmax_t)a->undecryptable,
		    a->undecryptable == 1 ? " is" : "s are");
	}
}
