#include "client/team/change.h"

#include <string.h>

#include "base/text.h"
#include "base/text_nfc.h"
#include "crypto/age.h"
#include "crypto/hash.h"

#define CHANGE_BUDGET ((size_t)64 << 20)
#define FIRST_ROOM 8
#define MAX_TEXT_IN ((size_t)64 << 10) /* before normalising, bytes */

static enum wb_status
no_memory(struct wb_error *err)
{
	return wb_fail(err, WB_NO_MEMORY, "the team has grown too large");
}

/* A copy of the newest version, with arrays of its own. */
static enum wb_status
copy_roster(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope FROM statement WHERE id = ?1", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(&device->roster_id));
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return wb_fail(err, WB_STORAGE, "the newest roster is missing");
	st = wb_envelope_decode(&envelope, &change->arena, wb_column_blob(s, 0),
	    err);
	wb_stmt_done(s);
	if (st != WB_OK)
		return st;
	return wb_roster_decode(&change->roster, &change->arena,
	    envelope.payload, err);
}

enum wb_status
wb_change_begin(struct wb_change *out, struct wb_device *device,
    struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_change){ 0 };
	wb_arena_init(&out->arena, CHANGE_BUDGET);
	st = wb_device_need_coordinator(device, err);
	if (st != WB_OK)
		return st;
	st = copy_roster(out, device, err);
	if (st != WB_OK)
		return st;
	if (!wb_annexes_current(device)) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND,
			"the newest list of items is not on this device yet"),
		    "not-current", "Sync first: waybill sync");
	}
	st = wb_annexes_catalogue(&out->catalogue, &out->arena, device, err);
	if (st != WB_OK)
		return st;
	return wb_annexes_names(&out->names, &out->arena, device, err);
}

void
wb_change_clear(struct wb_change *change)
{
	wb_arena_clear(&change->arena);
	*change = (struct wb_change){ 0 };
}

/*
 * The array with room for one more, in the arena.  What the decoders made has
 * no room to spare (*room 0), so it is copied the first time.
 */
static void *
with_room(struct wb_arena *arena, void *array, size_t n, size_t *room,
    size_t size)
{
	size_t wanted = n < FIRST_ROOM ? FIRST_ROOM : 2 * n;
	unsigned char *copy;

	if (n < *room)
		return array;
	copy = wb_arena_array(arena, wanted, size);
	if (copy == NULL)
		return NULL;
	if (n != 0)
		memcpy(copy, array, n * size);
	*room = wanted;
	return copy;
}

enum wb_status
wb_change_add_member(struct wb_member **out, struct wb_change *change,
    struct wb_error *err)
{
	struct wb_roster *r = &change->roster;
	void *members = with_room(&change->arena, r->members, r->member_count,
	    &change->member_room, sizeof *r->members);

	if (members == NULL)
		return no_memory(err);
	r->members = members;
	*out = &r->members[r->member_count++];
	**out = (struct wb_member){ 0 };
	return WB_OK;
}

enum wb_status
wb_change_add_root(struct wb_change *change, const struct wb_key *key,
    struct wb_error *err)
{
	struct wb_roster *r = &change->roster;
	void *roots = with_room(&change->arena, r->roots, r->root_count,
	    &change->root_room, sizeof *r->roots);

	if (roots == NULL)
		return no_memory(err);
	r->roots = roots;
	r->roots[r->root_count++] = *key;
	return WB_OK;
}

enum wb_status
wb_change_add_person(struct wb_person **out, struct wb_change *change,
    struct wb_error *err)
{
	struct wb_names *n = &change->names;
	void *people = with_room(&change->arena, n->people, n->person_count,
	    &change->person_room, sizeof *n->people);

	if (people == NULL)
		return no_memory(err);
	n->people = people;
	*out = &n->people[n->person_count++];
	**out = (struct wb_person){ 0 };
	change->names_changed = true;
	return WB_OK;
}

/* A short text, normalised as writers must, into the arena. */
static enum wb_status
own_text(struct wb_span *text, struct wb_change *change, const char *what,
    bool needed, struct wb_error *err)
{
	struct wb_bytes normal;
	enum wb_status st;

	if (needed && text->len == 0)
		return wb_fail(err, WB_INVALID, "%s cannot be empty", what);
	wb_bytes_init(&normal, MAX_TEXT_IN);
	st = wb_text_nfc(&normal, *text, err);
	if (st == WB_OK)
		st = wb_text_check_short(wb_bytes_span(&normal), what, err);
	if (st == WB_OK)
		st = wb_arena_copy(text, &change->arena, wb_bytes_span(&normal),
		    err);
	wb_bytes_clear(&normal);
	return st;
}

/* Where the item stands, or would stand, in the sorted catalogue. */
static size_t
item_position(const struct wb_catalogue *c, struct wb_span item,
    struct wb_span unit, bool *found)
{
	size_t low = 0;
	size_t high = c->item_count;
	int order;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		order = wb_span_compare(c->items[middle].item, item);
		if (order == 0)
			order = wb_span_compare(c->items[middle].unit, unit);
		*found = *found || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Both texts are in the arena. */
static enum wb_status
insert_item(struct wb_change *change, size_t at, struct wb_span item,
    struct wb_span unit, struct wb_error *err)
{
	struct wb_catalogue *c = &change->catalogue;
	struct wb_item fresh = { 0 };
	struct wb_item *items;

	items = with_room(&change->arena, c->items, c->item_count,
	    &change->item_room, sizeof *c->items);
	if (items == NULL)
		return no_memory(err);
	fresh.item = item;
	fresh.unit = unit;
	memmove(items + at + 1, items + at,
	    (c->item_count - at) * sizeof *items);
	items[at] = fresh;
	c->items = items;
	c->item_count++;
	return WB_OK;
}

enum wb_status
wb_change_add_item(bool *added, struct wb_change *change, struct wb_span item,
    struct wb_span unit, struct wb_span category, struct wb_error *err)
{
	struct wb_item *at;
	enum wb_status st;
	size_t position;
	bool found;

	*added = false;
	st = own_text(&item, change, "an item", true, err);
	if (st == WB_OK)
		st = own_text(&unit, change, "a unit", false, err);
	if (st == WB_OK)
		st = own_text(&category, change, "a category", false, err);
	if (st != WB_OK)
		return st;
	position = item_position(&change->catalogue, item, unit, &found);
	if (!found) {
		st = insert_item(change, position, item, unit, err);
		if (st != WB_OK)
			return st;
		*added = true;
	}
	at = &change->catalogue.items[position];
	if (category.len != 0 && !wb_span_equal(category, at->category)) {
		at->category = category;
		*added = true;
	}
	change->catalogue_changed = change->catalogue_changed || *added;
	return WB_OK;
}

static size_t
place_position(const struct wb_names *n, struct wb_span code, bool *found)
{
	size_t low = 0;
	size_t high = n->place_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = wb_span_compare(n->places[middle].code, code);

		*found = *found || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum wb_status
insert_place(struct wb_change *change, size_t at, struct wb_span code,
    struct wb_error *err)
{
	struct wb_names *n = &change->names;
	struct wb_place_code fresh = { .code = code };
	struct wb_place_code *places;

	places = with_room(&change->arena, n->places, n->place_count,
	    &change->place_room, sizeof *n->places);
	if (places == NULL)
		return no_memory(err);
	memmove(places + at + 1, places + at,
	    (n->place_count - at) * sizeof *places);
	places[at] = fresh;
	n->places = places;
	n->place_count++;
	return WB_OK;
}

/* Gives a person a place of their own, unless they have it. */
static enum wb_status
give_place(bool *added, struct wb_change *change, struct wb_person *person,
    struct wb_span code, struct wb_error *err)
{
	size_t room = 0;
	void *places;

	for (size_t i = 0; i < person->place_count; i++) {
		if (wb_span_equal(person->places[i], code))
			return WB_OK;
	}
	places = with_room(&change->arena, person->places, person->place_count,
	    &room, sizeof *person->places);
	if (places == NULL)
		return no_memory(err);
	person->places = places;
	person->places[person->place_count++] = code;
	*added = true;
	return WB_OK;
}

/* Takes it from all who had it as their own: every field member knows it. */
static void
widen_place(bool *changed, struct wb_change *change, struct wb_span code)
{
	struct wb_names *n = &change->names;

	for (size_t i = 0; i < n->person_count; i++) {
		struct wb_person *person = &n->people[i];
		size_t kept = 0;

		for (size_t k = 0; k < person->place_count; k++) {
			if (!wb_span_equal(person->places[k], code))
				person->places[kept++] = person->places[k];
		}
		*changed = *changed || kept != person->place_count;
		person->place_count = kept;
	}
}

enum wb_status
wb_change_add_place(bool *added, struct wb_change *change, struct wb_span code,
    struct wb_span meaning, struct wb_person *only, struct wb_error *err)
{
	struct wb_place_code *at;
	enum wb_status st = WB_OK;
	size_t position;
	bool found;

	*added = false;
	st = own_text(&code, change, "a place", true, err);
	if (st == WB_OK)
		st = own_text(&meaning, change, "a meaning", false, err);
	if (st != WB_OK)
		return st;
	position = place_position(&change->names, code, &found);
	*added = !found;
	if (!found)
		st = insert_place(change, position, code, err);
	if (st != WB_OK)
		return st;
	at = &change->names.places[position];
	if (meaning.len != 0 && !wb_span_equal(meaning, at->meaning)) {
		at->meaning = meaning;
		*added = true;
	}
	if (only != NULL)
		st = give_place(added, change, only, at->code, err);
	else
		widen_place(added, change, at->code);
	if (*added)
		change->names_changed = change->places_changed = true;
	return st;
}

enum wb_status
wb_change_new_reader(struct wb_change *change, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_names *n = &change->names;
	struct wb_secret *identity = NULL;
	struct wb_secret *text = NULL;
	struct wb_recipient recipient;
	char recipient_text[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_span *readers;
	enum wb_status st;

	st = wb_identity_generate(&identity, device->random, err);
	if (st != WB_OK)
		goto done;
	st = wb_identity_format(&text, identity, err);
	if (st != WB_OK)
		goto done;
	readers = wb_arena_array(&change->arena, n->reader_count + 1,
	    sizeof *readers);
	if (readers == NULL) {
		st = no_memory(err);
		goto done;
	}
	if (n->reader_count != 0)
		memcpy(readers, n->readers, n->reader_count * sizeof *readers);
	st = wb_arena_copy(&readers[n->reader_count], &change->arena,
	    wb_secret_span(text), err);
	if (st != WB_OK)
		goto done;
	n->readers = readers;
	n->reader_count++;
	change->names_changed = true;
	wb_identity_recipient(&recipient, identity);
	wb_recipient_format(recipient_text, &recipient);
	st = wb_arena_copy(&change->roster.reader, &change->arena,
	    wb_span_text(recipient_text), err);
done:
	wb_secret_free(&text);
	wb_secret_free(&identity);
	return st;
}
