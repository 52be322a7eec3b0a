/* One witness: what it is shown, and what becomes of its answer. */
#include <inttypes.h>
#include <string.h>

#include "server/witness_talk.h"
#include "server/witnesses_state.h"

#define PATH "/add-checkpoint"
#define FIRST_WAIT_MS 1000 /* after a failure; then twice as long */
#define HELD_WAIT_MS 5000 /* at most, while nothing can be logged */
#define MAX_CONFLICTS 4 /* in a row: it does not know what it has seen */

/*
 * The witness has seen what this log does not have.  At the start that ends
 * it; later, when new heads are out already, one word must be enough to wake
 * whoever runs this, and not enough to let one witness stop the server.
 */
static void
contradict(struct wb_witnesses *w, size_t i, const char *id, uint64_t seen,
    const char *words)
{
	const char *name = w->cosigned.policy.witnesses[i].name;
	struct wb_witness *x = &w->each[i];
	struct wb_error why = { 0 };

	(void)wb_advise(&why,
	    wb_fail(&why, WB_FORGED,
		"the witness %s has seen %" PRIu64 " entries of this log, and "
		"%s.  Nothing was changed; what is stored is safe",
		name, seen, words),
	    id,
	    "After a restore from a backup, put back what members still "
	    "hold: waybilld recover --dir DIR BUNDLE…  Else somebody may have "
	    "replaced the store, or the witness is wrong: ask the others.");
	if (x->trouble == NULL || strcmp(x->trouble, id) != 0)
		wb_log_write(w->core->log, WB_LOG_ERROR, "%s", why.text);
	x->trouble = id;
	if (atomic_load(&w->gate) != WB_WITNESSES_AWAITED)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->why = why;
	(void)pthread_mutex_unlock(&w->lock);
	wb_witnesses_set(w, WB_WITNESSES_OBJECT);
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
	    "the witness %s does not cosign: %s",
	    w->cosigned.policy.witnesses[i].name, trouble);
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
		    "the witness %s cosigns again",
		    w->cosigned.policy.witnesses[i].name);
	}
	x->trouble = NULL;
	x->fails = x->conflicts = 0;
	x->known = head->size;
	x->sound = w->unsaved = true;
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
		contradict(w, i, "behind-witness", seen, "the store has fewer");
		put_off(w, x);
	} else if (seen == x->old && seen == asked && seen > 0) {
		contradict(w, i, "beside-witness", seen, "not these");
		put_off(w, x);
	} else if (seen == x->old || ++x->conflicts > MAX_CONFLICTS) {
		wb_witness_complain(w, i, "it says 409 whatever size is named");
		x->conflicts = 0;
	} else {
		x->known = seen;
	}
}

void
wb_witness_hear(struct wb_witnesses *w, size_t i)
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
		if (x->old > 0)
			contradict(w, i, "beside-witness", x->old,
			    "they do not lead to those in the store");
		put_off(w, x);
		break;
	case WB_WITNESS_FAILS:
		wb_witness_complain(w, i, answer.why);
		break;
	}
	wb_fetch_drop(x->fetch);
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

	if (!x->can_be_asked || x->head != NULL ||
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
