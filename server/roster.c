#include "server/roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INDEXES_AT_ONCE 64

enum wb_status
wb_rosters_init(struct wb_rosters *r, const struct wb_vkey *log,
    const struct wb_hash *programme, struct wb_error *err)
{
	memset(r, 0, sizeof *r);
	wb_arena_init(&r->arena, WB_ARENA_BUDGET);
	wb_ids_init(&r->by_key, 1); /* rosters are made by friends */
	wb_ids_init(&r->by_ever, 1);
	r->log = *log;
	if (pthread_mutex_init(&r->lock, NULL) != 0)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	wb_rosters_reset(r, programme);
	return WB_OK;
}

void
wb_rosters_clear(struct wb_rosters *r)
{
	wb_arena_clear(&r->arena);
	wb_ids_clear(&r->by_key);
	wb_ids_clear(&r->by_ever);
	free(r->ever);
	free(r->indexes);
	r->indexes = NULL;
	r->count = 0;
	(void)pthread_mutex_destroy(&r->lock);
}

void
wb_rosters_reset(struct wb_rosters *r, const struct wb_hash *pinned)
{
	(void)pthread_mutex_lock(&r->lock);
	r->count = 0;
	r->pinned = pinned != NULL;
	memset(&r->programme, 0, sizeof r->programme);
	if (pinned != NULL)
		r->programme = *pinned;
	(void)pthread_mutex_unlock(&r->lock);
}

static const char *
judge_first(const struct wb_rosters *r, const struct wb_envelope *envelope,
    const struct wb_roster *next)
{
	struct wb_error err = { 0 };
	struct wb_vkey log;

	if (next->version != 1)
		return r->pinned ? "roster-version" : "no-programme";
	if (r->pinned && !wb_hash_equal(&r->programme, &envelope->id))
		return "wrong-programme";
	if (wb_roster_log(&log, next, &err) != WB_OK ||
	    !wb_vkey_equal(&log, &r->log))
		return "wrong-log";
	switch (wb_roster_check_first(envelope, next, &err)) {
	case WB_OK:
		return NULL;
	case WB_FORGED:
		return "roster-signatures";
	default:
		return "roster-version";
	}
}

const char *
wb_rosters_expect(const struct wb_rosters *r,
    const struct wb_envelope *envelope)
{
	if (r->count != 0) {
		return wb_roster_has_signed(&r->now, envelope)
			   ? NULL
			   : "roster-signatures";
	}
	return r->pinned && !wb_hash_equal(&r->programme, &envelope->id)
		   ? "wrong-programme"
		   : NULL;
}

const char *
wb_rosters_judge(const struct wb_rosters *r, const struct wb_envelope *envelope,
    const struct wb_roster *next)
{
	struct wb_error err = { 0 };

	if (r->count == 0)
		return judge_first(r, envelope, next);
	if (next->version == 1 ||
	    !wb_hash_equal(&next->programme, &r->programme))
		return "wrong-programme";
	/* Cheap, and before any signature. */
	if (next->version != r->now.version + 1)
		return "roster-version";
	switch (wb_roster_check_step(&r->now, &r->now_id, &r->programme,
	    envelope, next, &err)) {
	case WB_OK:
		return NULL;
	case WB_FORGED:
		return "roster-signatures";
	default:
		return "roster-version";
	}
}

static enum wb_status
make_room(struct wb_rosters *r, struct wb_error *err)
{
	uint64_t *more;

	if (r->count % INDEXES_AT_ONCE != 0)
		return WB_OK;
	more = realloc(r->indexes, (r->count + INDEXES_AT_ONCE) * sizeof *more);
	if (more == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	r->indexes = more;
	return WB_OK;
}

/* Under the lock. */
static bool
was_met(const struct wb_rosters *r, const struct wb_key *key)
{
	uint64_t i;
	size_t at = 0;

	while (wb_ids_next(&r->by_ever, wb_get_be64(key->b), &at, &i)) {
		if (wb_key_equal(&r->ever[i], key))
			return true;
	}
	return false;
}

static enum wb_status
meet(struct wb_rosters *r, const struct wb_roster *next, struct wb_error *err)
{
	size_t room = r->ever_count + next->member_count;
	enum wb_status st;

	st = wb_ids_reserve(&r->by_ever, next->member_count, err);
	if (st == WB_OK && room > r->ever_room) {
		struct wb_key *more = realloc(r->ever, 2 * room * sizeof *more);

		if (more == NULL)
			return wb_fail(err, WB_NO_MEMORY, "out of memory");
		r->ever = more;
		r->ever_room = 2 * room;
	}
	for (size_t i = 0; st == WB_OK && i < next->member_count; i++) {
		const struct wb_key *key = &next->members[i].key;

		if (was_met(r, key))
			continue;
		(void)wb_ids_add(&r->by_ever, wb_get_be64(key->b),
		    r->ever_count);
		r->ever[r->ever_count++] = *key;
	}
	return st;
}

enum wb_status
wb_rosters_adopt(struct wb_rosters *r, const struct wb_envelope *envelope,
    uint64_t index, struct wb_error *err)
{
	struct wb_arena arena;
	struct wb_roster next;
	struct wb_span payload;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_arena_copy(&payload, &arena, envelope->payload, err);
	if (st == WB_OK)
		st = wb_roster_decode(&next, &arena, payload, err);
	(void)pthread_mutex_lock(&r->lock);
	if (st == WB_OK)
		st = make_room(r, err);
	if (st == WB_OK)
		st = wb_ids_reserve(&r->by_key, WB_MAX_MEMBERS, err);
	if (st == WB_OK)
		st = meet(r, &next, err);
	if (st == WB_OK) {
		wb_arena_clear(&r->arena);
		r->arena = arena;
		r->now = next;
		r->now_id = envelope->id;
		wb_ids_empty(&r->by_key);
		for (size_t i = 0; i < next.member_count; i++)
			(void)wb_ids_add(&r->by_key,
			    wb_get_be64(next.members[i].key.b), i);
		if (r->count == 0)
			r->programme = envelope->id;
		r->pinned = true;
		r->indexes[r->count++] = index;
	}
	(void)pthread_mutex_unlock(&r->lock);
	if (st != WB_OK)
		wb_arena_clear(&arena);
	return st;
}

const struct wb_member *
wb_rosters_find(const struct wb_rosters *r, const struct wb_key *key)
{
	uint64_t i;
	size_t at = 0;

	while (r->count > 0 &&
	       wb_ids_next(&r->by_key, wb_get_be64(key->b), &at, &i)) {
		if (wb_key_equal(&r->now.members[i].key, key))
			return &r->now.members[i];
	}
	return NULL;
}

bool
wb_rosters_met(struct wb_rosters *r, const struct wb_key *key)
{
	bool met;

	(void)pthread_mutex_lock(&r->lock);
	met = r->count == 0 || was_met(r, key);
	(void)pthread_mutex_unlock(&r->lock);
	return met;
}

/* On a copy, so that nobody waits for the verification. */
bool
wb_rosters_signed(struct wb_rosters *r, const struct wb_envelope *envelope)
{
	struct wb_key roots[WB_MAX_ROOTS];
	struct wb_roster now = { .roots = roots };

	(void)pthread_mutex_lock(&r->lock);
	if (r->count > 0) {
		now.root_count = r->now.root_count;
		now.threshold = r->now.threshold;
		memcpy(roots, r->now.roots, now.root_count * sizeof roots[0]);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return now.root_count == 0 || wb_roster_has_signed(&now, envelope);
}

unsigned
wb_rosters_roles(struct wb_rosters *r, const struct wb_key *key)
{
	const struct wb_member *m;
	unsigned roles = 0;

	(void)pthread_mutex_lock(&r->lock);
	m = wb_rosters_find(r, key);
	if (m != NULL && m->state == WB_MEMBER_ACTIVE)
		roles = m->roles;
	(void)pthread_mutex_unlock(&r->lock);
	return roles;
}

void
wb_rosters_info(struct wb_rosters_info *out, struct wb_rosters *r)
{
	*out = (struct wb_rosters_info){ 0 };
	(void)pthread_mutex_lock(&r->lock);
	out->has_programme = r->pinned;
	out->programme = r->programme;
	if (r->count > 0) {
		out->version = r->now.version;
		for (size_t i = 0; i < r->now.member_count; i++)
			out->members += r->now.members[i].state ==
					WB_MEMBER_ACTIVE;
	}
	(void)pthread_mutex_unlock(&r->lock);
}

static size_t
put_named(struct wb_hash *out, size_t n, const struct wb_hash *hash)
{
	if (!wb_hash_is_zero(hash))
		out[n++] = *hash;
	return n;
}

size_t
wb_rosters_named(struct wb_hash out[WB_MAX_NAMED], struct wb_rosters *r)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&r->lock);
	if (r->count > 0) {
		n = put_named(out, n, &r->now.catalogue_hash);
		n = put_named(out, n, &r->now.names_hash);
		for (size_t i = 0; i < r->now.member_count; i++)
			n = put_named(out, n, &r->now.members[i].places_hash);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}

enum wb_status
wb_rosters_policy(struct wb_bytes *out, uint64_t *version, struct wb_rosters *r,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	(void)pthread_mutex_lock(&r->lock);
	if (r->count > 0 && r->now.version != *version) {
		st = wb_bytes_append(out, r->now.policy, err);
		*version = r->now.version;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return st;
}

size_t
wb_rosters_list(uint64_t *out, size_t max, struct wb_rosters *r, uint64_t from,
    uint64_t end)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->count && n < max; i++) {
		if (r->indexes[i] >= from && r->indexes[i] < end)
			out[n++] = r->indexes[i];
	}
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}
