#include <string.h>

#include "client/journal/journal.h"
#include "client/team/change.h"
#include "crypto/hash.h"
#include "proto/wire.h"

/* Annexes begin with fresh random bytes, so that a hash tells nothing. */
static enum wb_status
fresh_salt(struct wb_span *out, struct wb_change *change,
    struct wb_device *device, struct wb_error *err)
{
	uint8_t salt[WB_ANNEX_SALT_LEN];

	wb_random_fill(device->random, salt, sizeof salt);
	return wb_arena_copy(out, &change->arena, wb_span(salt, sizeof salt),
	    err);
}

static enum wb_status
keep_catalogue(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = fresh_salt(&change->catalogue.salt, change, device, err);
	if (st == WB_OK)
		st = wb_catalogue_encode(&plain, &change->catalogue, err);
	if (st == WB_OK)
		st = wb_annex_put(&change->roster.catalogue_hash, device->db,
		    WB_ANNEX_CATALOGUE, wb_bytes_span(&plain), err);
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
keep_names(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = fresh_salt(&change->names.salt, change, device, err);
	if (st == WB_OK)
		st = wb_names_encode(&plain, &change->names, err);
	if (st == WB_OK)
		st = wb_annex_put(&change->roster.names_hash, device->db,
		    WB_ANNEX_NAMES, wb_bytes_span(&plain), err);
	wb_bytes_clear(&plain);
	return st;
}

static bool
person_has(const struct wb_person *person, struct wb_span code)
{
	for (size_t i = 0; person != NULL && i < person->place_count; i++) {
		if (wb_span_equal(person->places[i], code))
			return true;
	}
	return false;
}

/* Nobody's own: known to every field member. */
static bool
is_common(const struct wb_names *names, struct wb_span code)
{
	for (size_t i = 0; i < names->person_count; i++) {
		if (person_has(&names->people[i], code))
			return false;
	}
	return true;
}

static const struct wb_person *
find_person(const struct wb_names *names, const struct wb_key *key)
{
	for (size_t i = 0; i < names->person_count; i++) {
		if (wb_key_equal(&names->people[i].key, key))
			return &names->people[i];
	}
	return NULL;
}

/* What one field member may know: codes, never their meaning. */
static enum wb_status
places_of(struct wb_places *out, struct wb_change *change,
    const struct wb_member *member, struct wb_error *err)
{
	const struct wb_names *names = &change->names;
	const struct wb_person *person = find_person(names, &member->key);

	*out = (struct wb_places){ 0 };
	out->places = wb_arena_array(&change->arena, names->place_count,
	    sizeof *out->places);
	if (out->places == NULL)
		return wb_fail(err, WB_NO_MEMORY, "too many places");
	for (size_t i = 0; i < names->place_count; i++) {
		struct wb_span code = names->places[i].code;

		if (person_has(person, code) || is_common(names, code))
			out->places[out->place_count++].code = code;
	}
	return WB_OK;
}

static enum wb_status
keep_places_of(struct wb_change *change, struct wb_device *device,
    struct wb_member *member, struct wb_error *err)
{
	struct wb_places places;
	struct wb_bytes plain;
	enum wb_status st;

	st = places_of(&places, change, member, err);
	if (st != WB_OK || places.place_count == 0)
		return st;
	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	st = fresh_salt(&places.salt, change, device, err);
	if (st == WB_OK)
		st = wb_places_encode(&plain, &places, err);
	if (st == WB_OK)
		st = wb_annex_put(&member->places_hash, device->db,
		    WB_ANNEX_PLACES, wb_bytes_span(&plain), err);
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
keep_places(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_roster *r = &change->roster;
	enum wb_status st = WB_OK;

	for (size_t i = 0; i < r->member_count && st == WB_OK; i++) {
		if (wb_member_may(&r->members[i], WB_ROLE_FIELD))
			st = keep_places_of(change, device, &r->members[i],
			    err);
	}
	return st;
}

static enum wb_status
keep_annexes(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (change->catalogue_changed)
		st = keep_catalogue(change, device, err);
	if (st == WB_OK && change->places_changed)
		st = keep_places(change, device, err);
	if (st == WB_OK && change->names_changed)
		st = keep_names(change, device, err);
	return st;
}

static enum wb_status
make_root(struct wb_signer *out, struct wb_device *device, struct wb_error *err)
{
	enum wb_status st = wb_signer_generate(out, device->random, err);

	if (st != WB_OK)
		return st;
	return wb_setting_put(device->db, WB_SET_ROOT_SEED, wb_signer_seed(out),
	    err);
}

enum wb_status
wb_change_root(struct wb_signer *out, struct wb_device *device, bool make,
    struct wb_error *err)
{
	struct wb_bytes seed;
	enum wb_status st;

	*out = (struct wb_signer){ 0 };
	wb_bytes_init(&seed, WB_SEED_LEN);
	st = wb_setting_get(&seed, device->db, WB_SET_ROOT_SEED, err);
	if (st == WB_OK) {
		st = wb_signer_from_seed(out, wb_bytes_span(&seed), err);
	} else if (st == WB_NOT_FOUND && make) {
		st = make_root(out, device, err);
	} else if (st == WB_NOT_FOUND) {
		st = wb_fail(err, WB_REFUSED,
		    "this device holds no root key, so it cannot change the "
		    "roster");
	}
	wb_bytes_clear(&seed);
	return st;
}

/* Judged by the same rules as a stranger's would be. */
static enum wb_status
check_and_keep(struct wb_device *device, struct wb_arena *arena,
    struct wb_span bytes, bool first, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_roster roster;
	enum wb_status st;
	int64_t row;

	st = wb_envelope_decode(&envelope, arena, bytes, err);
	if (st != WB_OK)
		return st;
	st = wb_roster_decode(&roster, arena, envelope.payload, err);
	if (st != WB_OK)
		return st;
	if (first)
		st = wb_roster_check_first(&envelope, &roster, err);
	else
		st = wb_roster_check_step(&device->roster, &device->roster_id,
		    &device->programme, &envelope, &roster, err);
	if (st != WB_OK)
		return st;
	if (first)
		st = wb_setting_put(device->db, WB_SET_PROGRAMME,
		    wb_hash_span(&envelope.id), err);
	if (st == WB_OK)
		st = wb_statement_keep(&row, NULL, device, &envelope, bytes,
		    NULL, err);
	if (st == WB_OK)
		st = wb_journal_statement(device, row, &envelope, err);
	return st;
}

enum wb_status
wb_change_commit(struct wb_change *change, struct wb_device *device, bool first,
    struct wb_error *err)
{
	struct wb_signer root = { 0 };
	struct wb_bytes payload;
	struct wb_bytes envelope;
	enum wb_status st;

	wb_bytes_init(&payload, WB_MAX_ROSTER);
	wb_bytes_init(&envelope, WB_MAX_ROSTER);
	st = wb_change_root(&root, device, false, err);
	if (st != WB_OK)
		goto done;
	st = keep_annexes(change, device, err);
	if (st != WB_OK)
		goto done;
	change->roster.version = first ? 1 : device->roster.version + 1;
	if (!first) {
		change->roster.programme = device->programme;
		change->roster.previous = device->roster_id;
	}
	st = wb_roster_encode(&payload, &change->roster, err);
	if (st != WB_OK)
		goto done;
	st = wb_envelope_seal(&envelope, WB_STATEMENT_ROSTER,
	    wb_bytes_span(&payload), &root, err);
	if (st != WB_OK)
		goto done;
	st = check_and_keep(device, &change->arena, wb_bytes_span(&envelope),
	    first, err);
	if (st == WB_OK)
		st = wb_device_reload(device, err);
done:
	wb_signer_clear(&root);
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&payload);
	return st;
}

enum wb_status
wb_change_apply(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	enum wb_status st = wb_db_begin(device->db, err);

	if (st != WB_OK)
		return st;
	st = wb_change_commit(change, device, false, err);
	if (st == WB_OK)
		return wb_db_commit(device->db, err);
	wb_db_rollback(device->db);
	return st;
}
