#include "server/witnesses.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/witness_talk.h"
#include "server/witnesses_state.h"

#define GRACE_MS 2000 /* for slow witnesses, once a quorum has answered */
#define MAX_WAIT_MS 60000 /* without any reason */
#define SAVE_MS 1000 /* between two writes while there is more to come */
#define MAX_KEPT ((size_t)256 << 10) /* bytes of what the store gives */

/* ---- what becomes of the start */

void
wb_witnesses_set(struct wb_witnesses *w, enum wb_witnesses_gate gate)
{
	(void)pthread_mutex_lock(&w->lock);
	atomic_store(&w->gate, gate);
	(void)pthread_cond_broadcast(&w->news);
	(void)pthread_mutex_unlock(&w->lock);
}

static int64_t
deadline_ms(const struct wb_witnesses *w)
{
	return (int64_t)w->core->settings.witness_seconds * 1000;
}

static bool
is_looking_into_objections(const struct wb_witnesses *w)
{
	for (size_t i = 0; i < w->cosigned.policy.witness_count; i++)
		if (w->each[i].objection != NULL)
			return true;
	return false;
}

/*
 * A log that may be behind signs nothing before what is held against it has
 * been seen.  The deadline runs once for all of them: witnesses that object
 * in turn, or again and again, hold the start no longer than one.
 */
static bool
may_open(struct wb_witnesses *w, bool settled)
{
	int64_t now = wb_clock_ms(w->core->clock);

	if (!w->agreed) {
		if (!settled && now - w->started < GRACE_MS)
			return false;
		w->agreed = true;
		w->held_until = now + deadline_ms(w);
	}
	return now >= w->held_until || !is_looking_into_objections(w);
}

/* Once a quorum has cosigned, and the others had their chance to object. */
static void
decide(struct wb_witnesses *w)
{
	uint32_t sound = 0;
	bool settled = true;
	size_t count = 0;

	for (size_t i = 0; i < w->cosigned.policy.witness_count; i++) {
		const struct wb_witness *x = &w->each[i];

		if (x->sound)
			sound |= UINT32_C(1) << i;
		count += x->sound;
		settled = settled && (x->sound || x->tried);
	}
	(void)pthread_mutex_lock(&w->lock);
	w->sound = count;
	w->settled = settled;
	(void)pthread_cond_broadcast(&w->news);
	(void)pthread_mutex_unlock(&w->lock);
	if (atomic_load(&w->gate) != WB_WITNESSES_AWAITED ||
	    !wb_policy_met(&w->cosigned.policy, sound) || !may_open(w, settled))
		return;
	wb_witnesses_set(w, WB_WITNESSES_AGREE);
	if (w->core->settings.without_witness || w->version == 0 ||
	    !wb_policy_has_quorum(&w->cosigned.policy))
		return;
	wb_log_write(w->core->log, WB_LOG_INFO,
	    "a quorum of witnesses agrees with this log: it is open");
}

/* ---- the policy */

/* Who signs the roster chose the address, and is not who runs this. */
static enum wb_status
take_address(struct wb_target *out, const struct wb_settings *settings,
    const char *url, struct wb_error *err)
{
	const char *proxy = settings->witness_proxy;
	enum wb_status st = wb_target_parse(out, url,
	    proxy[0] == '\0' ? NULL : proxy, err);

	/* There is no network between, and so nothing to hide. */
	if (out->is_local)
		out->proxy[0] = '\0';
	if (st == WB_OK && !settings->witness_local)
		st = wb_target_confine(out, err);
	return st;
}

static void
aim(struct wb_witnesses *w, size_t i)
{
	const struct wb_policy_witness *of = &w->cosigned.policy.witnesses[i];
	struct wb_witness *x = &w->each[i];
	struct wb_error err = { 0 };
	enum wb_status st;

	*x = (struct wb_witness){ .fetch = x->fetch, .body = x->body };
	x->tried = true;
	if (of->url[0] == '\0')
		return;
	st = take_address(&x->target, &w->core->settings, of->url, &err);
	if (st != WB_OK) {
		wb_witness_complain(w, i, "its address cannot be used");
		wb_log_write(w->core->log, WB_LOG_WARNING, "%s%s", err.text,
		    st == WB_REFUSED ? WB_WITNESS_LOCAL_HINT : "");
		return;
	}
	if (x->fetch == NULL &&
	    wb_fetch_new(&x->fetch, w->fetcher, &err) != WB_OK) {
		wb_witness_complain(w, i, "out of memory");
		return;
	}
	x->can_be_asked = true;
	x->tried = false;
}

static enum wb_status
recall(struct wb_witnesses *w, struct wb_error *err)
{
	struct wb_store_witnessed kept;
	struct wb_store *store = NULL;
	struct wb_arena arena;
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	wb_arena_init(&arena, MAX_KEPT);
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_core_borrow(&store, w->core, err);
	if (st == WB_OK)
		st = wb_store_witnessed(&kept, &arena, store, err);
	if (st == WB_OK)
		st = wb_core_published(&head, &note, w->core, err);
	if (st == WB_OK && head.size > 0)
		st = wb_cosigned_recall(&w->cosigned, &kept, head.size,
		    wb_bytes_span(&note), err);
	if (store != NULL)
		wb_core_return(w->core, store);
	wb_bytes_clear(&note);
	wb_arena_clear(&arena);
	return st;
}

/* Under the store's lock, like all that is written. */
static void
save(struct wb_witnesses *w)
{
	struct wb_store_cosignature room[WB_MAX_WITNESSES];
	struct wb_store_witnessed kept;
	struct wb_error err = { 0 };
	enum wb_status st;

	if (!w->unsaved || atomic_load(&w->core->read_only))
		return;
	wb_cosigned_kept(&kept, room, &w->cosigned);
	(void)pthread_mutex_lock(&w->core->store_lock);
	st = wb_store_keep_witnessed(w->core->store, &kept, &err);
	(void)pthread_mutex_unlock(&w->core->store_lock);
	w->saved = wb_clock_ms(w->core->clock);
	w->unsaved = false;
	if (st == WB_OK)
		return;
	wb_log_write(w->core->log, WB_LOG_ERROR,
	    "what witnesses said was not stored: %s", err.text);
	wb_core_poison_if(w->core, &err);
}

/* What was kept under the policy before is judged again under this one. */
static void
adopt(struct wb_witnesses *w, const struct wb_policy *policy)
{
	struct wb_error err = { 0 };
	enum wb_status st;

	save(w);
	for (size_t i = 0; i < WB_MAX_WITNESSES; i++) {
		w->each[i].head = NULL;
		w->each[i].objection = NULL;
		if (w->each[i].fetch != NULL)
			wb_fetch_drop(w->each[i].fetch);
	}
	(void)pthread_mutex_lock(&w->lock);
	wb_cosigned_reset(&w->cosigned, policy);
	st = recall(w, &err);
	(void)pthread_mutex_unlock(&w->lock);
	if (st != WB_OK)
		wb_log_write(w->core->log, WB_LOG_ERROR,
		    "what witnesses said before cannot be read: %s", err.text);
	for (size_t i = 0; i < policy->witness_count; i++)
		aim(w, i);
}

/* A new version of the roster may have another policy. */
static void
refresh(struct wb_witnesses *w)
{
	struct wb_rosters *rosters = wb_sequencer_rosters(w->core->sequencer);
	struct wb_policy *policy = NULL;
	struct wb_error err = { 0 };
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_POLICY);
	st = wb_rosters_policy(&text, &w->version, rosters, &err);
	if (text.len > 0) {
		policy = calloc(1, sizeof *policy);
		st = policy == NULL
			 ? wb_fail(&err, WB_NO_MEMORY, "out of memory")
			 : wb_policy_parse(policy, wb_bytes_span(&text), &err);
	}
	if (st != WB_OK) {
		wb_log_write(w->core->log, WB_LOG_ERROR,
		    "the roster's policy cannot be used: %s", err.text);
	} else if (policy != NULL) {
		adopt(w, policy);
	}
	free(policy);
	wb_bytes_clear(&text);
}

/* ---- the thread */

/* Until there is something to do that nobody wakes us for. */
static unsigned
idle_ms(const struct wb_witnesses *w)
{
	int64_t now = wb_clock_ms(w->core->clock), next = now + MAX_WAIT_MS;

	for (size_t i = 0; i < w->cosigned.policy.witness_count; i++) {
		const struct wb_witness *x = &w->each[i];

		if (x->can_be_asked && !wb_witness_is_asked(x) &&
		    x->due > now && x->due < next)
			next = x->due;
	}
	if (atomic_load(&w->gate) == WB_WITNESSES_AWAITED &&
	    now < w->started + GRACE_MS && next > w->started + GRACE_MS)
		next = w->started + GRACE_MS;
	if (atomic_load(&w->gate) == WB_WITNESSES_AWAITED && w->agreed &&
	    next > w->held_until)
		next = w->held_until;
	if (w->unsaved && next > w->saved + SAVE_MS)
		next = w->saved + SAVE_MS;
	return next > now ? (unsigned)(next - now) : 1;
}

static bool
is_busy(const struct wb_witnesses *w)
{
	for (size_t i = 0; i < w->cosigned.policy.witness_count; i++)
		if (wb_witness_is_asked(&w->each[i]))
			return true;
	return false;
}

/* libcurl fails for want of memory or descriptors alone: later, then. */
static void
turn(struct wb_witnesses *w)
{
	const struct timespec pause = { .tv_sec = 1 };
	struct wb_error err = { 0 };

	if (wb_fetcher_turn(w->fetcher, idle_ms(w), &err) == WB_OK)
		return;
	wb_log_write(w->core->log, WB_LOG_ERROR, "no witness can be asked: %s",
	    err.text);
	(void)nanosleep(&pause, NULL);
}

static void *
tend(void *ctx)
{
	struct wb_witnesses *w = ctx;

	while (!atomic_load(&w->stop)) {
		refresh(w);
		for (size_t i = 0; i < w->cosigned.policy.witness_count; i++)
			wb_witness_show(w, i);
		decide(w);
		turn(w);
		for (size_t i = 0; i < w->cosigned.policy.witness_count; i++) {
			if (wb_witness_is_asked(&w->each[i]) &&
			    wb_fetch_finished(w->each[i].fetch))
				wb_witness_hear(w, i);
		}
		if (!is_busy(w) ||
		    wb_clock_ms(w->core->clock) - w->saved >= SAVE_MS)
			save(w);
	}
	save(w);
	return NULL;
}

/* ---- for the core */

static enum wb_status
make_header(struct wb_witnesses *w, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, sizeof w->header - 1);
	st = wb_bytes_append_text(&text, "Waybill-Log: ", err);
	if (st == WB_OK)
		st = wb_vkey_format(&text, wb_core_vkey(w->core), err);
	if (st == WB_OK)
		memcpy(w->header, text.data, text.len);
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
open_parts(struct wb_witnesses *w, struct wb_error *err)
{
	static const struct wb_policy none;
	enum wb_status st;

	wb_cosigned_reset(&w->cosigned, &none);
	st = make_header(w, err);
	if (st == WB_OK)
		st = wb_fetcher_open(&w->fetcher, err);
	for (size_t i = 0; i < WB_MAX_WITNESSES; i++)
		wb_bytes_init(&w->each[i].body, WB_MAX_WITNESS_BODY);
	return st;
}

enum wb_status
wb_witnesses_start(struct wb_core *core, struct wb_error *err)
{
	struct wb_witnesses *w = calloc(1, sizeof *w);
	enum wb_status st;

	if (w == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	w->core = core;
	core->witnesses = w;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->news, NULL);
	w->started = w->saved = wb_clock_ms(w->core->clock);
	if (core->settings.without_witness)
		atomic_store(&w->gate, WB_WITNESSES_AGREE);
	st = open_parts(w, err);
	if (st != WB_OK)
		return st;
	/* Here and now: whoever has no witnesses is not to wait for them. */
	refresh(w);
	decide(w);
	w->has_thread = pthread_create(&w->thread, NULL, tend, w) == 0;
	return w->has_thread
		   ? WB_OK
		   : wb_fail(err, WB_NO_MEMORY, "cannot start a thread");
}

void
wb_witnesses_stop(struct wb_core *core)
{
	struct wb_witnesses *w = core->witnesses;

	if (w == NULL)
		return;
	atomic_store(&w->stop, true);
	if (w->has_thread) {
		wb_fetcher_wake(w->fetcher);
		(void)pthread_join(w->thread, NULL);
	}
	for (size_t i = 0; i < WB_MAX_WITNESSES; i++) {
		wb_fetch_free(&w->each[i].fetch);
		wb_bytes_clear(&w->each[i].body);
	}
	wb_fetcher_close(&w->fetcher);
	wb_cosigned_clear(&w->cosigned);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->news);
	free(w);
	core->witnesses = NULL;
}

void
wb_witnesses_notify(struct wb_core *core)
{
	if (core->witnesses != NULL)
		wb_fetcher_wake(core->witnesses->fetcher);
}

enum wb_status
wb_witnesses_allow(struct wb_core *core, struct wb_error *err)
{
	if (atomic_load(&core->witnesses->gate) == WB_WITNESSES_AGREE)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_OFFLINE,
		"the log can only be read until a quorum of its witnesses "
		"answers"),
	    "no-quorum", "See that the witnesses run and can be reached.");
}

enum wb_status
wb_core_settle(struct wb_core *core, unsigned ms, struct wb_error *err)
{
	struct wb_witnesses *w = core->witnesses;
	enum wb_status st = WB_OK;
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += (long)(ms % 1000) * 1000000L;
	if (end.tv_nsec >= 1000000000L) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000L;
	}
	(void)pthread_mutex_lock(&w->lock);
	while (atomic_load(&w->gate) == WB_WITNESSES_AWAITED && !w->settled &&
	       pthread_cond_timedwait(&w->news, &w->lock, &end) == 0)
		;
	if (atomic_load(&w->gate) == WB_WITNESSES_OBJECT) {
		*err = w->why;
		st = err->status;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

enum wb_status
wb_witnesses_lines(struct wb_bytes *out, struct wb_core *core, uint64_t size,
    struct wb_error *err)
{
	struct wb_witnesses *w = core->witnesses;
	enum wb_status st;

	(void)pthread_mutex_lock(&w->lock);
	st = wb_cosigned_lines(out, &w->cosigned, size, err);
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

enum wb_status
wb_witnesses_note(struct wb_bytes *out, struct wb_core *core,
    struct wb_error *err)
{
	struct wb_witnesses *w = core->witnesses;
	enum wb_status st;

	(void)pthread_mutex_lock(&w->lock);
	st = w->cosigned.witnessed == 0
		 ? wb_fail(err, WB_NOT_FOUND, "nothing is witnessed yet")
		 : wb_bytes_append(out, wb_bytes_span(&w->cosigned.note), err);
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

void
wb_witnesses_status(struct wb_core_status *out, struct wb_core *core)
{
	struct wb_witnesses *w = core->witnesses;

	(void)pthread_mutex_lock(&w->lock);
	out->witnesses = w->cosigned.policy.witness_count;
	out->witnesses_sound = w->sound;
	out->witnessed = w->cosigned.witnessed;
	out->needs_quorum = wb_policy_has_quorum(&w->cosigned.policy);
	(void)pthread_mutex_unlock(&w->lock);
	out->awaits_quorum = atomic_load(&w->gate) != WB_WITNESSES_AGREE;
}
