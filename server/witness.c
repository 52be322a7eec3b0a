/* One witness: what it is shown, and what becomes of its answer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/text.h"
#include "server/witness_talk.h"
#include "server/witnesses_state.h"

#define PATH "/add-checkpoint"
#define FIRST_WAIT_MS 1000 /* after a failure; then twice as long */
#define HELD_WAIT_MS 5000 /* at most, while nothing can be logged */
#define MAX_CONFLICTS 4 /* in a row: it does not know what it has seen */

#define BEHIND "behind-witness"
#define BESIDE "beside-witness"
#define UNPROVEN "witness-unproven"

bool
wb_witness_is_asked(const struct wb_witness *x)
{
	return x->head != NULL || x->objection != NULL;
}

static const char *
name_of(const struct wb_witnesses *w, size_t i)
{
	return w->cosigned.policy.witnesses[i].name;
}

/* At the start that is the end; later it must be loud, and stop nothing. */
static void
object(struct wb_witnesses *w, size_t i, const struct wb_error *why)
{
	struct wb_witness *x = &w->each[i];

	if (x->trouble == NULL || strcmp(x->trouble, why->id) != 0)
		wb_log_write(w->core->log, WB_LOG_ERROR, "%s", why->text);
	x->trouble = why->id;
	if (atomic_load(&w->gate) != WB_WITNESSES_AWAITED)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->why = *why;
	(void)pthread_mutex_unlock(&w->lock);
	wb_witnesses_set(w, WB_WITNESSES_OBJECT);
}

/* The witness has a head, signed by this log, of what the store lacks. */
static void
contradict(struct wb_witnesses *w, size_t i)
{
	const struct wb_witness *x = &w->each[i];
	struct wb_error why = { 0 };
	bool behind = strcmp(x->objection, BEHIND) == 0;

	(void)wb_advise(&why,
	    wb_fail(&why, WB_FORGED,
		"the witness %s has seen %" PRIu64 " entries of this log, and "
		"%s.  Nothing was changed; what is stored is safe",
		name_of(w, i), x->claim,
		behind ? "the store has fewer"
		       : "they do not lead to those in the store"),
	    x->objection,
	    "After a restore from a backup, put back what members still "
	    "hold: waybilld recover --dir DIR BUNDLE…  Else somebody has the "
	    "log's key, or replaced the store: ask the members before you go "
	    "on.");
	object(w, i, &why);
}

/* One that is wrong, or lies, stops nobody; two that say the same do. */
static void
doubt(struct wb_witnesses *w, size_t i)
{
	struct wb_witness *x = &w->each[i];
	struct wb_error why = { 0 };
	size_t doubts = 0;

	x->doubts = true;
	for (size_t k = 0; k < w->cosigned.policy.witness_count; k++)
		doubts += w->each[k].doubts;
	if (doubts > 1) {
		(void)wb_advise(&why,
		    wb_fail(&why, WB_FORGED,
			"%zu witnesses, %s the last of them, say that they "
			"have seen what this log does not have (%" PRIu64
			" entries).  Nothing was changed; what is stored is "
			"safe",
			doubts, name_of(w, i), x->claim),
		    x->objection,
		    "After a restore from a backup: waybilld recover --dir DIR "
		    "BUNDLE…  Else ask those witnesses; waybilld serve "
		    "--without-witness goes on without them.");
		object(w, i, &why);
		return;
	}
	if (x->trouble != NULL && strcmp(x->trouble, UNPROVEN) == 0)
		return;
	x->trouble = UNPROVEN;
	wb_log_write(w->core->log, WB_LOG_WARNING,
	    "the witness %s says that it has seen %" PRIu64
	    " entries of this log that are not in the store, and shows no "
	    "head of them that this log signed: its word alone stops nothing. "
	    " If the store comes from a backup, stop now and put back what "
	    "members hold (waybilld recover); else ask whoever runs it",
	    name_of(w, i), x->claim);
}

static void
put_off(struct wb_witnesses *w, struct wb_witness *x)
{
	int64_t most = (int64_t)w->core->settings.witness_retry_seconds * 1000;
	int64_t wait = FIRST_WAIT_MS;

	if (atomic_load(&w->gate) == WB_WITNESSES_AWAITED &&
	    most > HELD_WAIT_MS)
		most = HELD_WAIT_MS;
	for (unsigned i = 0; i < x->fails && wait < most; i++)
		wait *= 2;
	x->fails++;
	x->due = wb_clock_ms(w->core->clock) + (wait < most ? wait : most);
}

void
wb_witness_complain(struct wb_witnesses *w, size_t i, const char *trouble)
{
	struct wb_witness *x = &w->each[i];

	put_off(w, x);
	if (x->trouble != NULL && strcmp(x->trouble, trouble) == 0)
		return;
	x->trouble = trouble;
	wb_log_write(w->core->log, WB_LOG_WARNING,
	    "the witness %s does not cosign: %s", name_of(w, i), trouble);
}

static void
take_line(struct wb_witnesses *w, size_t i, struct wb_cosigned_head *head,
    struct wb_span line)
{
	struct wb_witness *x = &w->each[i];
	struct wb_error err = { 0 };
	enum wb_status st;

	(void)pthread_mutex_lock(&w->lock);
	st = wb_cosigned_answer(&w->cosigned, head, i, line, &err);
	(void)pthread_mutex_unlock(&w->lock);
	if (st != WB_OK) {
		wb_witness_complain(w, i, "its cosignature cannot be kept");
		return;
	}
	if (line.len == 0)
		return;
	if (x->trouble != NULL) {
		wb_log_write(w->core->log, WB_LOG_INFO,
		    "the witness %s cosigns again", name_of(w, i));
	}
	x->trouble = NULL;
	x->fails = x->conflicts = 0;
	x->known = head->size;
	x->sound = w->unsaved = true;
	x->doubts = false;
}

/* It says that it has seen another size than we said. */
static void
take_size(struct wb_witnesses *w, size_t i, uint64_t asked, uint64_t seen)
{
	struct wb_witness *x = &w->each[i];
	struct wb_head head;

	if (wb_core_published(&head, NULL, w->core, NULL) != WB_OK)
		return;
	if (seen > head.size) {
		x->objection = BEHIND;
		x->claim = seen;
	} else if (seen == x->old && seen == asked && seen > 0) {
		x->objection = BESIDE;
		x->claim = seen;
	} else if (seen == x->old || ++x->conflicts > MAX_CONFLICTS) {
		wb_witness_complain(w, i, "it says 409 whatever size is named");
		x->conflicts = 0;
	} else {
		x->known = seen;
	}
}

/* From what it has seen to the head it is shown. */
static enum wb_status
prove(struct wb_proof *out, struct wb_witnesses *w, uint64_t from, uint64_t to,
    struct wb_error *err)
{
	struct wb_store *store = NULL;
	enum wb_status st = wb_core_borrow(&store, w->core, err);

	if (st != WB_OK)
		return st;
	st = wb_tree_extend(out, wb_sequencer_tree(w->core->sequencer), store,
	    from, to, err);
	wb_core_return(w->core, store);
	return st;
}

/* Has this log signed a head that its store does not lead to? */
static bool
refutes(struct wb_witnesses *w, struct wb_witness *x, struct wb_span note)
{
	struct wb_head shown, ours;
	struct wb_proof proof;

	if (wb_checkpoint_open(&shown, NULL, note, wb_core_vkey(w->core),
		NULL) != WB_OK ||
	    wb_core_published(&ours, NULL, w->core, NULL) != WB_OK ||
	    shown.size == 0)
		return false;
	x->objection = shown.size > ours.size ? BEHIND : BESIDE;
	x->claim = shown.size;
	if (shown.size >= ours.size)
		return shown.size > ours.size ||
		       !wb_hash_equal(&shown.root, &ours.root);
	return prove(&proof, w, shown.size, ours.size, NULL) == WB_OK &&
	       wb_consistency_verify(shown.size, &shown.root, ours.size,
		   &ours.root, &proof, NULL) != WB_OK;
}

/* What it has seen is believed if this log signed it. */
static void
hear_shown(struct wb_witnesses *w, size_t i, struct wb_span note)
{
	struct wb_witness *x = &w->each[i];

	if (refutes(w, x, note))
		contradict(w, i);
	else
		doubt(w, i);
	x->objection = NULL;
	x->tried = true;
	put_off(w, x);
}

static void
ask_to_show(struct wb_witnesses *w, size_t i)
{
	const long ms = (long)w->core->settings.witness_seconds * 1000;
	char hex[2 * WB_HASH_LEN + 1], path[sizeof hex + 16];
	struct wb_witness *x = &w->each[i];
	const struct wb_fetch_ask ask = { .target = &x->target,
		.method = "GET",
		.path = path,
		.max = WB_MAX_NOTE,
		.connect_ms = ms,
		.whole_ms = ms };
	struct wb_error err = { 0 };
	struct wb_hash origin;

	wb_sha256_one(&origin, wb_span_text(wb_core_vkey(w->core)->name));
	wb_hex_format(hex, wb_hash_span(&origin));
	(void)snprintf(path, sizeof path, "/%s/checkpoint", hex);
	x->tried = false;
	if (wb_fetch_start(x->fetch, &ask, &err) == WB_OK)
		return;
	wb_log_write(w->core->log, WB_LOG_ERROR, "no witness can be asked: %s",
	    err.text);
	hear_shown(w, i, wb_span(NULL, 0));
}

static void
hear_answer(struct wb_witnesses *w, size_t i)
{
	const struct wb_policy_witness *of = &w->cosigned.policy.witnesses[i];
	struct wb_witness *x = &w->each[i];
	struct wb_cosigned_head *head = x->head;
	struct wb_witness_answer answer = { .word = WB_WITNESS_FAILS };
	struct wb_fetched got;

	wb_fetch_result(&got, x->fetch);
	answer.why =
	    got.end == WB_FETCH_OUT_OF_REACH
		? "its name leads to a network of its own" WB_WITNESS_LOCAL_HINT
		: got.words;
	if (got.end == WB_FETCH_ANSWERED)
		wb_witness_read(&answer, got.status, got.body,
		    wb_bytes_span(&head->note), &of->vkey);
	x->head = NULL;
	x->tried = true;
	take_line(w, i, head, answer.line);
	switch (answer.word) {
	case WB_WITNESS_COSIGNS:
		break;
	case WB_WITNESS_HAS_SEEN:
		take_size(w, i, head->size, answer.size);
		/* Else there is more to say: how we go on from that size. */
		x->tried = x->fails > 0;
		break;
	case WB_WITNESS_DOUBTS_PROOF:
		x->objection = x->old > 0 ? BESIDE : NULL;
		x->claim = x->old;
		if (x->old == 0)
			put_off(w, x);
		break;
	case WB_WITNESS_FAILS:
		wb_witness_complain(w, i, answer.why);
		break;
	}
	wb_fetch_drop(x->fetch);
	if (x->objection != NULL)
		ask_to_show(w, i);
}

void
wb_witness_hear(struct wb_witnesses *w, size_t i)
{
	struct wb_witness *x = &w->each[i];
	struct wb_fetched got;

	if (x->objection == NULL) {
		hear_answer(w, i);
		return;
	}
	wb_fetch_result(&got, x->fetch);
	if (got.end != WB_FETCH_ANSWERED || got.status != 200)
		got.body = wb_span(NULL, 0);
	hear_shown(w, i, got.body);
	wb_fetch_drop(x->fetch);
}

static enum wb_status
post(struct wb_witnesses *w, struct wb_witness *x, struct wb_error *err)
{
	const char *const headers[] = { "Content-Type: text/plain", w->header,
		NULL };
	const long ms = (long)w->core->settings.witness_seconds * 1000;
	struct wb_proof proof;
	struct wb_fetch_ask ask = { .target = &x->target,
		.method = "POST",
		.path = PATH,
		.headers = headers,
		.max = WB_MAX_WITNESS_ANSWER,
		.connect_ms = ms,
		.whole_ms = ms };
	enum wb_status st;

	wb_bytes_reset(&x->body);
	x->old = x->known;
	st = prove(&proof, w, x->old, x->head->size, err);
	if (st == WB_OK)
		st = wb_witness_request(&x->body, x->old, &proof,
		    wb_bytes_span(&x->head->note), err);
	ask.body = wb_bytes_span(&x->body);
	return st == WB_OK ? wb_fetch_start(x->fetch, &ask, err) : st;
}

void
wb_witness_show(struct wb_witnesses *w, size_t i)
{
	struct wb_witness *x = &w->each[i];
	struct wb_error err = { 0 };
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	if (!x->can_be_asked || wb_witness_is_asked(x) ||
	    wb_clock_ms(w->core->clock) < x->due)
		return;
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_core_published(&head, &note, w->core, &err);
	if (st == WB_OK &&
	    (head.size == 0 ||
		(x->sound && wb_cosigned_has(&w->cosigned, i, head.size))))
		goto done;
	if (st == WB_OK) {
		(void)pthread_mutex_lock(&w->lock);
		st = wb_cosigned_ask(&x->head, &w->cosigned, i, x->known,
		    head.size, wb_bytes_span(&note), &err);
		(void)pthread_mutex_unlock(&w->lock);
	}
	if (st == WB_OK)
		st = post(w, x, &err);
	if (st != WB_OK) {
		wb_log_write(w->core->log, WB_LOG_ERROR,
		    "no witness can be asked: %s", err.text);
		put_off(w, x);
		if (x->head != NULL)
			take_line(w, i, x->head, wb_span(NULL, 0));
		x->head = NULL;
	}
done:
	wb_bytes_clear(&note);
}
