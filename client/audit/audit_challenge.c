/* Samples: which batches a challenge draws, and whether the answers hold. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "client/audit/audit_tally.h"
#include "client/audit/auditor.h"
#include "client/ledger/challenge.h"
#include "client/ledger/tally_check.h"

static const struct wb_tallied *
find_counted(const struct wb_audit_tallies *t, uint64_t index)
{
	size_t low = 0, high = t->counted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->counted[middle].index == index)
			return &t->counted[middle];
		if (t->counted[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void
keep_answer(struct wb_auditor *a, uint64_t index)
{
	struct wb_audit_tallies *t = a->tallies;
	struct wb_answered *more = wb_array_reserve(t->answers, &t->answer_room,
	    t->answer_count + 1, WB_MAX_PICKS, sizeof *more);

	if (more == NULL) {
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "too many answers"));
		return;
	}
	t->answers = more;
	t->answers[t->answer_count++].index = index;
}

/* All answers of a file are to one challenge. */
static void
check_nonce(struct wb_auditor *a, const struct wb_batch_opening *o)
{
	struct wb_audit_tallies *t = a->tallies;

	if (t->answer_count == 0 && o->nonce.len != 0) {
		memcpy(t->nonce, o->nonce.data, o->nonce.len);
		t->nonce_len = o->nonce.len;
	}
	if (wb_span_equal(o->nonce, wb_span(t->nonce, t->nonce_len)) &&
	    (!a->options.has_nonce ||
		wb_span_equal(o->nonce, a->options.nonce)))
		return;
	wb_auditor_problem(a, wb_about_entry("challenge-nonce", o->index),
	    "the batch of entry %ju was drawn with another nonce than asked",
	    (uintmax_t)o->index);
}

static void
check_answer(struct wb_auditor *a, const struct wb_batch_opening *o)
{
	const struct wb_tallied *batch = find_counted(a->tallies, o->index);
	struct wb_error why = { 0 };

	if (batch == NULL) {
		wb_auditor_problem(a,
		    wb_about_entry("challenge-unasked", o->index),
		    "entry %ju was opened, and the newest tally does not "
		    "count it",
		    (uintmax_t)o->index);
		return;
	}
	if (wb_tally_check_sum(batch, 1, o->totals, o->total_count,
		&o->blinding, &why) != WB_OK) {
		wb_auditor_problem(a,
		    wb_about_entry("challenge-totals", o->index),
		    "what is shown of the batch of entry %ju is not what its "
		    "device committed to",
		    (uintmax_t)o->index);
	}
}

void
wb_auditor_opening(struct wb_auditor *a, struct wb_span opening)
{
	struct wb_audit_tallies *t = a->tallies;
	struct wb_batch_opening o;
	struct wb_error why = { 0 };
	enum wb_status st;

	if (t == NULL || a->status != WB_OK)
		return;
	wb_auditor_no_tally_content(a);
	st = wb_batch_opening_decode(&o, &t->arena, opening, &why);
	if (st == WB_OK) {
		check_nonce(a, &o);
		check_answer(a, &o);
		keep_answer(a, o.index);
	} else {
		wb_auditor_problem(a, wb_about_entry("challenge-form", 0),
		    "an answer to the challenge cannot be read: %s", why.text);
	}
	wb_arena_clear(&t->arena);
}

static int
compare(const void *a, const void *b)
{
	const struct wb_answered *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* The number of different batches answered; one answered twice is a fault. */
static size_t
count_answers(struct wb_auditor *a)
{
	struct wb_audit_tallies *t = a->tallies;
	size_t n = 0;

	if (t->answer_count == 0)
		return 0;
	qsort(t->answers, t->answer_count, sizeof *t->answers, compare);
	for (size_t i = 0; i < t->answer_count; i++) {
		if (i == 0 || t->answers[i].index != t->answers[i - 1].index) {
			t->answers[n++] = t->answers[i];
			continue;
		}
		wb_auditor_problem(a,
		    wb_about_entry("challenge-unasked", t->answers[i].index),
		    "entry %ju was opened twice",
		    (uintmax_t)t->answers[i].index);
	}
	return n;
}

/* Both ascend; each that is in one only is a fault. */
static void
compare_picks(struct wb_auditor *a, const struct wb_tallied *picks, size_t n,
    size_t answered)
{
	const struct wb_answered *answers = a->tallies->answers;
	size_t i = 0, j = 0;

	while (i < n || j < answered) {
		if (j == answered ||
		    (i < n && picks[i].index < answers[j].index)) {
			wb_auditor_problem(a,
			    wb_about_entry("challenge-missing", picks[i].index),
			    "entry %ju was drawn, and was not opened",
			    (uintmax_t)picks[i].index);
			i++;
		} else if (i == n || answers[j].index < picks[i].index) {
			if (find_counted(a->tallies, answers[j].index) !=
			    NULL) {
				wb_auditor_problem(a,
				    wb_about_entry("challenge-unasked",
					answers[j].index),
				    "entry %ju was opened, and was not drawn",
				    (uintmax_t)answers[j].index);
			}
			j++;
		} else {
			i++;
			j++;
		}
	}
}

static enum wb_status
draw(struct wb_tallied **picks, size_t *n, struct wb_auditor *a, size_t want,
    struct wb_span nonce)
{
	const struct wb_challenge challenge = { .root = a->head.root,
		.tally = a->tallies->newest,
		.nonce = nonce };

	return wb_challenge_pick(picks, n, a->tallies->counted,
	    a->tallies->counted_count, want, &challenge, a->err);
}

/* Where nobody said how many: fewer than usual may be fewer than asked. */
static void
check_usual(struct wb_auditor *a, size_t answered)
{
	size_t counted = a->tallies->counted_count;
	size_t usual = counted < WB_USUAL_PICKS ? counted : WB_USUAL_PICKS;

	if (a->options.samples == 0 && answered < usual) {
		wb_auditor_unchecked(a,
		    "%zu batches were opened as samples, of %zu that are usual "
		    "here: --samples COUNT says how many were asked for",
		    answered, usual);
	}
}

/* More than were asked for are as good, if they are the next of the draw. */
static void
check_answers(struct wb_auditor *a)
{
	struct wb_audit_tallies *t = a->tallies;
	struct wb_span nonce = wb_span(t->nonce, t->nonce_len);
	struct wb_audit_samples *s = &a->out->samples;
	size_t answered = count_answers(a), want = a->options.samples, n;
	struct wb_tallied *picks = NULL;
	enum wb_status st;

	if (want < answered)
		want = answered;
	if (t->answer_count == 0)
		nonce = a->options.nonce;
	st = draw(&picks, &n, a, want, nonce);
	if (st == WB_OK)
		compare_picks(a, picks, n, answered);
	else
		wb_auditor_fail(a, st);
	free(picks);
	check_usual(a, answered);
	s->answered = answered;
	s->per_mille = wb_challenge_power(answered, t->counted_count);
	memcpy(s->nonce, t->nonce, t->nonce_len);
	s->nonce_len = t->nonce_len;
}

/* What to ask for: only the indices matter to whom the answer is due. */
static void
show_picks(struct wb_auditor *a)
{
	struct wb_audit_samples *s = &a->out->samples;
	struct wb_tallied *picks = NULL;
	enum wb_status st;
	size_t n;

	st = draw(&picks, &n, a, a->options.picks, a->options.nonce);
	if (st == WB_OK) {
		s->per_mille = wb_challenge_power(n, s->counted);
		s->picks = wb_arena_array(&a->out->tally_arena, n,
		    sizeof *s->picks);
		if (s->picks == NULL)
			st = wb_fail(a->err, WB_NO_MEMORY, "out of memory");
	}
	for (size_t i = 0; st == WB_OK && i < n; i++)
		s->picks[s->pick_count++] = picks[i].index;
	wb_auditor_fail(a, st);
	free(picks);
}

/* A tally made once the nonce was known may be one that the nonce suits. */
static void
check_meant(struct wb_auditor *a)
{
	uint64_t newest = a->tallies->newest_index;

	if (a->options.sampled == 0 || newest == 0 ||
	    newest == a->options.sampled)
		return;
	wb_auditor_problem(a, wb_about_entry("challenge-tally", newest),
	    "the samples are of the tally of entry %ju, and not of that of "
	    "entry %ju, which was asked about",
	    (uintmax_t)newest, (uintmax_t)a->options.sampled);
}

void
wb_auditor_end_challenge(struct wb_auditor *a)
{
	struct wb_audit_tallies *t = a->tallies;
	struct wb_audit_samples *s = &a->out->samples;

	if (a->status != WB_OK || (!a->openings && a->options.picks == 0))
		return;
	if (a->openings)
		check_meant(a);
	if (t->counted_count == 0 || !a->head_good) {
		wb_auditor_unchecked(a,
		    "there is no tally here that samples could be drawn from");
		return;
	}
	s->tally = t->newest_index;
	s->first = t->newest_first;
	s->last = t->newest_last;
	s->counted = t->counted_count;
	s->witnessed = a->out->witnessed > t->newest_index;
	if (a->openings && t->answer_count == 0) {
		wb_auditor_unchecked(a,
		    "the file says that it answers a challenge, and has no "
		    "answer");
	}
	if (t->answer_count != 0 || (a->openings && a->options.samples != 0))
		check_answers(a);
	if (a->options.picks != 0)
		show_picks(a);
}
