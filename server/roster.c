#include "server/roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INDEXES_AT_ONCE 64

/* Made aside, so that nobody sees half of one. */
struct wb_roster_version {
	struct wb_arena arena;
	struct wb_roster roster;
	struct wb_hash id;
	struct wb_hash programme;
	struct wb_ids by_key; /* its members: every batch asks for one */
};

static void
version_free(struct wb_roster_version *v)
{
	if (v == NULL)
		return;
	wb_arena_clear(&v->arena);
	wb_ids_clear(&v->by_key);
	free(v);
}

static enum wb_status
version_read(struct wb_roster_version *v, const struct wb_envelope *envelope,
    struct wb_error *err)
{
	struct wb_span payload;
	enum wb_status st;

	st = wb_arena_copy(&payload, &v->arena, envelope->payload, err);
	if (st == WB_OK)
		st = wb_roster_decode(&v->roster, &v->arena, payload, err);
	if (st == WB_OK)
		st = wb_ids_reserve(&v->by_key, v->roster.member_count, err);
	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < v->roster.member_count; i++)
		(void)wb_ids_add(&v->by_key,
		    wb_get_be64(v->roster.members[i].key.b), i);
	v->id = envelope->id;
	v->programme = v->roster.version == 1 ? v->id : v->roster.programme;
	return WB_OK;
}

static enum wb_status
version_new(struct wb_roster_version **out, const struct wb_envelope *envelope,
    struct wb_error *err)
{
	struct wb_roster_version *v = calloc(1, sizeof *v);
	enum wb_status st;

	*out = NULL;
	if (v == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	wb_arena_init(&v->arena, WB_ARENA_BUDGET);
	wb_ids_init(&v->by_key, 1); /* rosters are made by friends */
	st = version_read(v, envelope, err);
	if (st == WB_OK) {
		*out = v;
		v = NULL;
	}
	version_free(v);
	return st;
}

enum wb_status
wb_rosters_init(struct wb_rosters *r, const struct wb_vkey *log,
    const struct wb_hash *programme, struct wb_error *err)
{
	memset(r, 0, sizeof *r);
	wb_ids_init(&r->by_ever, 1);
	r->log = *log;
	r->pinned = programme != NULL;
	if (programme != NULL)
		r->pin = *programme;
	if (pthread_mutex_init(&r->lock, NULL) != 0)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	return WB_OK;
}

void
wb_rosters_clear(struct wb_rosters *r)
{
	wb_rosters_abandon(r);
	version_free(r->shown);
	wb_ids_clear(&r->by_ever);
	free(r->ever);
	free(r->indexes);
	(void)pthread_mutex_destroy(&r->lock);
	memset(r, 0, sizeof *r);
}

/* ---- the adopting thread */

static bool
is_pinned_away(const struct wb_rosters *r, const struct wb_hash *first)
{
	return r->pinned && !wb_hash_equal(&r->pin, first);
}

static const char *
judge_first(const struct wb_rosters *r, const struct wb_envelope *envelope,
    const struct wb_roster *next)
{
	struct wb_error err = { 0 };
	struct wb_vkey log;

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
	const struct wb_roster_version *now = r->newest;
	struct wb_roster_place place;

	if (wb_roster_place(&place, envelope->payload, NULL) != WB_OK)
		return "malformed";
	if (now == NULL && place.version != 1)
		return r->pinned ? "roster-version" : "no-programme";
	if (now == NULL)
		return is_pinned_away(r, &envelope->id) ? "wrong-programme"
							: NULL;
	if (place.version == 1 ||
	    !wb_hash_equal(&place.programme, &now->programme))
		return "wrong-programme";
	return wb_roster_place_follows(&place, &now->roster, &now->id,
		   &now->programme)
		   ? NULL
		   : "roster-version";
}

const char *
wb_rosters_judge(const struct wb_rosters *r, const struct wb_envelope *envelope,
    const struct wb_roster *next)
{
	const struct wb_roster_version *now = r->newest;
	struct wb_error err = { 0 };

	if (now == NULL)
		return judge_first(r, envelope, next);
	switch (wb_roster_check_step(&now->roster, &now->id, &now->programme,
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
	struct wb_roster_version *v;
	enum wb_status st = version_new(&v, envelope, err);

	if (st != WB_OK)
		return st;
	(void)pthread_mutex_lock(&r->lock);
	st = make_room(r, err);
	if (st == WB_OK)
		st = meet(r, &v->roster, err);
	if (st == WB_OK) {
		r->indexes[r->count++] = index;
		if (r->newest != r->shown)
			version_free(r->newest);
		r->newest = v;
		v = NULL;
	}
	(void)pthread_mutex_unlock(&r->lock);
	version_free(v);
	return st;
}

void
wb_rosters_committed(struct wb_rosters *r)
{
	struct wb_roster_version *old = NULL;

	(void)pthread_mutex_lock(&r->lock);
	if (r->shown != r->newest)
		old = r->shown;
	r->shown = r->newest;
	r->shown_count = r->count;
	(void)pthread_mutex_unlock(&r->lock);
	version_free(old);
}

void
wb_rosters_abandon(struct wb_rosters *r)
{
	if (r->newest != r->shown)
		version_free(r->newest);
	r->newest = r->shown;
	r->count = r->shown_count;
}

const struct wb_roster *
wb_rosters_newest(const struct wb_rosters *r)
{
	return r->newest == NULL ? NULL : &r->newest->roster;
}

const struct wb_hash *
wb_rosters_programme(const struct wb_rosters *r)
{
	return r->newest == NULL ? NULL : &r->newest->programme;
}

static const struct wb_member *
find(const struct wb_roster_version *v, const struct wb_key *key)
{
	uint64_t i;
	size_t at = 0;

	while (v != NULL &&
	       wb_ids_next(&v->by_key, wb_get_be64(key->b), &at, &i)) {
		if (wb_key_equal(&v->roster.members[i].key, key))
			return &v->roster.members[i];
	}
	return NULL;
}

const struct wb_member *
wb_rosters_find(const struct wb_rosters *r, const struct wb_key *key)
{
	return find(r->newest, key);
}

/* ---- any thread */

bool
wb_rosters_met(struct wb_rosters *r, const struct wb_key *key)
{
	bool met;

	(void)pthread_mutex_lock(&r->lock);
	met = r->shown == NULL || was_met(r, key);
	(void)pthread_mutex_unlock(&r->lock);
	return met;
}

/* The roots in force, where `place` follows; copies, in room for most. */
static bool
copy_roots(struct wb_roster *now, const struct wb_rosters *r,
    const struct wb_roster_place *place, const struct wb_hash *id)
{
	const struct wb_roster_version *v = r->shown;

	if (v == NULL)
		return place->version == 1 && !is_pinned_away(r, id);
	if (!wb_roster_place_follows(place, &v->roster, &v->id, &v->programme))
		return false;
	now->root_count = v->roster.root_count;
	now->threshold = v->roster.threshold;
	memcpy(now->roots, v->roster.roots,
	    now->root_count * sizeof now->roots[0]);
	return true;
}

/* On a copy, so that nobody waits for the verification. */
enum wb_vouching
wb_rosters_vouch(struct wb_rosters *r, const struct wb_envelope *envelope)
{
	struct wb_key roots[WB_MAX_ROOTS];
	struct wb_roster now = { .roots = roots };
	struct wb_roster_place place;
	bool follows;

	if (wb_roster_place(&place, envelope->payload, NULL) != WB_OK)
		return WB_VOUCHED_ELSEWHERE;
	(void)pthread_mutex_lock(&r->lock);
	follows = copy_roots(&now, r, &place, &envelope->id);
	(void)pthread_mutex_unlock(&r->lock);
	if (!follows)
		return WB_VOUCHED_ELSEWHERE;
	return now.root_count == 0 || wb_roster_has_signed(&now, envelope)
		   ? WB_VOUCHED
		   : WB_VOUCHED_BY_NOBODY;
}

unsigned
wb_rosters_roles(struct wb_rosters *r, const struct wb_key *key)
{
	const struct wb_member *m;
	unsigned roles = 0;

	(void)pthread_mutex_lock(&r->lock);
	m = find(r->shown, key);
	if (m != NULL && m->state == WB_MEMBER_ACTIVE)
		roles = m->roles;
	(void)pthread_mutex_unlock(&r->lock);
	return roles;
}

void
wb_rosters_info(struct wb_rosters_info *out, struct wb_rosters *r)
{
	const struct wb_roster_version *v;

	*out = (struct wb_rosters_info){ .has_programme = r->pinned,
		.programme = r->pin };
	(void)pthread_mutex_lock(&r->lock);
	v = r->shown;
	if (v != NULL) {
		out->has_programme = true;
		out->programme = v->programme;
		out->version = v->roster.version;
		for (size_t i = 0; i < v->roster.member_count; i++)
			out->members += v->roster.members[i].state ==
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
	if (r->shown != NULL) {
		const struct wb_roster *now = &r->shown->roster;

		n = put_named(out, n, &now->catalogue_hash);
		n = put_named(out, n, &now->names_hash);
		for (size_t i = 0; i < now->member_count; i++)
			n = put_named(out, n, &now->members[i].places_hash);
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
	if (r->shown != NULL && r->shown->roster.version != *version) {
		st = wb_bytes_append(out, r->shown->roster.policy, err);
		*version = r->shown->roster.version;
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
	for (size_t i = 0; i < r->shown_count && n < max; i++) {
		if (r->indexes[i] >= from && r->indexes[i] < end)
			out[n++] = r->indexes[i];
	}
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}
