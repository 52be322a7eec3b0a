#include "client/team/annexes.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

#define SEALED_ROOM ((size_t)4096) /* stanzas and tags on top of a plaintext */

/* The plaintext of an annex into the arena; empty where there is none. */
static enum wb_status
plaintext(struct wb_span *out, struct wb_arena *arena, struct wb_db *db,
    const struct wb_hash *hash, struct wb_error *err)
{
	struct wb_bytes plain;
	enum wb_status st;

	*out = wb_span(NULL, 0);
	if (wb_hash_is_zero(hash))
		return WB_OK;
	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = wb_annex_get(&plain, db, hash, err);
	if (st == WB_OK)
		st = wb_arena_copy(out, arena, wb_bytes_span(&plain), err);
	else if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	wb_bytes_clear(&plain);
	return st;
}

/* What a version names for this device; zero: none. */
static struct wb_hash
named_by(const struct wb_roster *roster, const struct wb_device *device,
    enum wb_annex_kind kind)
{
	static const struct wb_hash none;
	const struct wb_member *self;

	switch (kind) {
	case WB_ANNEX_CATALOGUE:
		return roster->catalogue_hash;
	case WB_ANNEX_NAMES:
		return roster->names_hash;
	case WB_ANNEX_PLACES:
		self = wb_roster_find(roster, &device->signer.key);
		return self == NULL ? none : self->places_hash;
	}
	return none;
}

/* One version back: what it names, and which it follows. */
static enum wb_status
step_back(struct wb_hash *hash, struct wb_hash *id, struct wb_device *device,
    enum wb_annex_kind kind, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_roster roster;
	struct wb_arena arena;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	memset(hash, 0, sizeof *hash);
	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(id));
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	if (st == WB_OK)
		st = wb_roster_decode(&roster, &arena, envelope.payload, err);
	if (st == WB_OK) {
		*hash = named_by(&roster, device, kind);
		*id = roster.previous;
	}
	wb_arena_clear(&arena);
	return st;
}

/*
 * The newest that is here: a drive may bring a roster before the list that it
 * names, and the device goes on with the list that it has.
 */
static enum wb_status
newest_held(struct wb_span *out, struct wb_arena *arena,
    struct wb_device *device, enum wb_annex_kind kind, struct wb_error *err)
{
	struct wb_hash hash = named_by(&device->roster, device, kind);
	struct wb_hash before = device->roster.previous;
	enum wb_status st = plaintext(out, arena, device->db, &hash, err);

	while (st == WB_OK && out->len == 0 && !wb_hash_is_zero(&hash) &&
	       !wb_hash_is_zero(&before)) {
		st = step_back(&hash, &before, device, kind, err);
		if (st == WB_OK)
			st = plaintext(out, arena, device->db, &hash, err);
	}
	return st;
}

enum wb_status
wb_annexes_catalogue(struct wb_catalogue *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_span plain;
	enum wb_status st;

	*out = (struct wb_catalogue){ 0 };
	st = newest_held(&plain, arena, device, WB_ANNEX_CATALOGUE, err);
	if (st != WB_OK || plain.len == 0)
		return st;
	return wb_catalogue_decode(out, arena, plain, err);
}

bool
wb_annexes_current(struct wb_device *device)
{
	const struct wb_roster *r = &device->roster;
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = wb_hash_is_zero(&r->catalogue_hash)
		 ? WB_OK
		 : wb_annex_get(&plain, device->db, &r->catalogue_hash, NULL);
	wb_bytes_clear(&plain);
	return st == WB_OK;
}

/* Coordinators know every place, by the names annex. */
static enum wb_status
all_places(struct wb_places *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_names names;
	struct wb_span plain;
	enum wb_status st;

	st = newest_held(&plain, arena, device, WB_ANNEX_NAMES, err);
	if (st == WB_OK && plain.len != 0)
		st = wb_names_decode(&names, arena, plain, err);
	if (st != WB_OK || plain.len == 0)
		return st;
	out->places = names.places;
	out->place_count = names.place_count;
	return WB_OK;
}

enum wb_status
wb_annexes_places(struct wb_places *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_span plain;
	enum wb_status st;

	*out = (struct wb_places){ 0 };
	if (wb_member_may(device->self, WB_ROLE_COORDINATOR))
		return all_places(out, arena, device, err);
	if (device->self == NULL)
		return WB_OK;
	st = newest_held(&plain, arena, device, WB_ANNEX_PLACES, err);
	if (st != WB_OK || plain.len == 0)
		return st;
	return wb_places_decode(out, arena, plain, err);
}

enum wb_status
wb_annexes_names(struct wb_names *out, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_span plain;
	enum wb_status st;

	*out = (struct wb_names){ 0 };
	st = plaintext(&plain, arena, device->db, &device->roster.names_hash,
	    err);
	if (st != WB_OK)
		return st;
	if (plain.len == 0)
		return wb_fail(err, WB_NOT_FOUND,
		    "the coordinators' names are not on this device");
	return wb_names_decode(out, arena, plain, err);
}

static enum wb_status
parse_readers(struct wb_secret **readers, const struct wb_names *names,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < names->reader_count && st == WB_OK; i++)
		st = wb_identity_parse(&readers[i],
		    names->readers[names->reader_count - 1 - i], err);
	return st;
}

enum wb_status
wb_annexes_readers(struct wb_secret ***readers, size_t *n,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_secret **list = NULL;
	struct wb_names names;
	struct wb_arena arena;
	enum wb_status st;

	*readers = NULL;
	*n = 0;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_annexes_names(&names, &arena, device, err);
	if (st != WB_OK) {
		st = st == WB_NOT_FOUND ? wb_forgive(err) : st;
		goto done;
	}
	list = calloc(names.reader_count + 1, sizeof *list);
	if (list == NULL) {
		st = wb_fail(err, WB_NO_MEMORY, "out of memory");
		goto done;
	}
	st = parse_readers(list, &names, err);
	if (st != WB_OK)
		goto done;
	*readers = list;
	*n = names.reader_count;
	list = NULL;
done:
	wb_annexes_free_readers(&list, list == NULL ? 0 : names.reader_count);
	wb_arena_clear(&arena);
	return st;
}

void
wb_annexes_free_readers(struct wb_secret ***readers, size_t n)
{
	for (size_t i = 0; *readers != NULL && i < n; i++)
		wb_secret_free(&(*readers)[i]);
	free(*readers);
	*readers = NULL;
}

/* Everybody an annex may be sealed to, in one list. */
struct sealing {
	struct wb_arena *arena;
	struct wb_device *device;
	struct wb_names names;
	struct wb_recipient *to;
	size_t to_count;
	struct wb_annex *made;
	size_t made_count;
	size_t made_room;
};

static enum wb_status
add_recipient(struct sealing *s, struct wb_span text, struct wb_error *err)
{
	if (text.len == 0 || s->to_count == WB_MAX_AGE_RECIPIENTS)
		return WB_OK;
	return wb_recipient_parse(&s->to[s->to_count++], text, err);
}

/* Field members' recipients stand in the names annex alone. */
static struct wb_span
recipient_of(const struct sealing *s, const struct wb_member *m)
{
	if (m->recipient.len != 0)
		return m->recipient;
	for (size_t i = 0; i < s->names.person_count; i++) {
		if (wb_key_equal(&s->names.people[i].key, &m->key))
			return s->names.people[i].recipient;
	}
	return wb_span(NULL, 0);
}

static enum wb_status
seal_one(struct sealing *s, const struct wb_hash *hash, struct wb_error *err)
{
	struct wb_span plain;
	struct wb_bytes file;
	struct wb_annex *annex;
	enum wb_status st;

	st = plaintext(&plain, s->arena, s->device->db, hash, err);
	if (st != WB_OK || plain.len == 0 || s->to_count == 0)
		return st;
	wb_bytes_init(&file,
	    WB_MAX_ANNEX_PLAIN + WB_MAX_AGE_HEADER + SEALED_ROOM);
	st = wb_age_encrypt(&file, plain, s->to, s->to_count, s->device->random,
	    err);
	if (st == WB_OK && s->made_count < s->made_room) {
		annex = &s->made[s->made_count++];
		annex->hash = *hash;
		st = wb_arena_copy(&annex->file, s->arena, wb_bytes_span(&file),
		    err);
	}
	wb_bytes_clear(&file);
	return st;
}

/* To all active members of any of these roles. */
static enum wb_status
seal_to_roles(struct sealing *s, const struct wb_hash *hash,
    const enum wb_role *roles, size_t role_count, struct wb_error *err)
{
	const struct wb_roster *r = &s->device->roster;
	enum wb_status st = WB_OK;
	bool wanted;

	s->to_count = 0;
	for (size_t i = 0; i < r->member_count && st == WB_OK; i++) {
		wanted = false;
		for (size_t k = 0; k < role_count; k++)
			wanted = wanted ||
				 wb_member_may(&r->members[i], roles[k]);
		if (wanted)
			st = add_recipient(s, recipient_of(s, &r->members[i]),
			    err);
	}
	return st == WB_OK ? seal_one(s, hash, err) : st;
}

/* Each field member's own places, to that member alone. */
static enum wb_status
seal_places(struct sealing *s, struct wb_error *err)
{
	const struct wb_roster *r = &s->device->roster;
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < r->member_count && st == WB_OK; i++) {
		const struct wb_member *m = &r->members[i];

		if (!wb_member_may(m, WB_ROLE_FIELD) ||
		    wb_hash_is_zero(&m->places_hash))
			continue;
		s->to_count = 0;
		st = add_recipient(s, recipient_of(s, m), err);
		if (st == WB_OK)
			st = seal_one(s, &m->places_hash, err);
	}
	return st;
}

enum wb_status
wb_annexes_seal(struct wb_annex **out, size_t *n, struct wb_arena *arena,
    struct wb_device *device, struct wb_error *err)
{
	static const enum wb_role members[] = { WB_ROLE_FIELD,
		WB_ROLE_COORDINATOR };
	struct sealing s = { .arena = arena, .device = device };
	enum wb_status st;

	*out = NULL;
	*n = 0;
	st = wb_annexes_names(&s.names, arena, device, err);
	if (st != WB_OK) /* only coordinators know everybody's recipient */
		return st == WB_NOT_FOUND ? wb_forgive(err) : st;
	s.made_room = device->roster.member_count + 2;
	s.made = wb_arena_array(arena, s.made_room, sizeof *s.made);
	s.to = wb_arena_array(arena, WB_MAX_AGE_RECIPIENTS, sizeof *s.to);
	if (s.made == NULL || s.to == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	st = seal_to_roles(&s, &device->roster.catalogue_hash, members, 2, err);
	if (st == WB_OK)
		st = seal_to_roles(&s, &device->roster.names_hash, members + 1,
		    1, err);
	if (st == WB_OK)
		st = seal_places(&s, err);
	if (st != WB_OK)
		return st;
	*out = s.made;
	*n = s.made_count;
	return WB_OK;
}

/* What the newest roster says a hash is of; 0: nothing of ours. */
static int
kind_of(const struct wb_device *device, const struct wb_hash *hash)
{
	if (wb_hash_equal(hash, &device->roster.catalogue_hash))
		return WB_ANNEX_CATALOGUE;
	if (wb_hash_equal(hash, &device->roster.names_hash))
		return WB_ANNEX_NAMES;
	if (device->self != NULL &&
	    wb_hash_equal(hash, &device->self->places_hash))
		return WB_ANNEX_PLACES;
	return 0;
}

enum wb_status
wb_annexes_take_plain(struct wb_device *device, const struct wb_hash *hash,
    struct wb_span plain, struct wb_error *err)
{
	struct wb_hash found;
	int kind = kind_of(device, hash);

	wb_sha256_one(&found, plain);
	if (!wb_hash_equal(&found, hash)) {
		return wb_fail(err, WB_FORGED,
		    "a catalogue or list of places is not the one that the "
		    "roster names");
	}
	if (kind == 0)
		return wb_fail(err, WB_NOT_FOUND,
		    "the newest roster does not name this annex");
	return wb_annex_put(&found, device->db, (enum wb_annex_kind)kind, plain,
	    err);
}

enum wb_status
wb_annexes_take(struct wb_device *device, const struct wb_hash *hash,
    struct wb_span file, struct wb_error *err)
{
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = wb_age_decrypt(&plain, file, &device->identity, 1, err);
	if (st == WB_OK)
		st = wb_annexes_take_plain(device, hash, wb_bytes_span(&plain),
		    err);
	wb_bytes_clear(&plain);
	return st;
}
