#include "proto/record_annex.h"

#include "base/text.h"
#include "crypto/part.h"
#include "proto/codec.h"
#include "proto/record.pb-c.h"

static void
check_salt(struct wb_codec *c, struct wb_span salt)
{
	wb_codec_rule(c, salt.len == WB_ANNEX_SALT_LEN, "the salt is missing");
}

static void
check_labels(struct wb_codec *c, const struct wb_item *item)
{
	const struct wb_item_label *l = item->labels;

	wb_codec_rule(c, item->label_count <= WB_MAX_ITEM_LABELS,
	    "an item has too many labels");
	for (size_t i = 0; c->status == WB_OK && i < item->label_count; i++) {
		wb_codec_rule_text(c, l[i].language, 1, WB_MAX_LANGUAGE,
		    "a label's language");
		wb_codec_rule_text(c, l[i].text, 1, WB_MAX_SHORT_TEXT,
		    "a label");
		for (size_t j = 0; j < i; j++) {
			wb_codec_rule(c,
			    !wb_span_equal(l[i].language, l[j].language),
			    "an item has two labels in one language");
		}
	}
}

static int
compare_items(const struct wb_item *a, const struct wb_item *b)
{
	int order = wb_span_compare(a->item, b->item);

	return order != 0 ? order : wb_span_compare(a->unit, b->unit);
}

static void
check_catalogue(struct wb_codec *c, const struct wb_catalogue *in)
{
	check_salt(c, in->salt);
	wb_codec_rule(c, in->item_count <= WB_MAX_CATALOGUE_ITEMS,
	    "too many items");
	for (size_t i = 0; c->status == WB_OK && i < in->item_count; i++) {
		const struct wb_item *item = &in->items[i];

		wb_codec_rule_text(c, item->item, 1, WB_MAX_SHORT_TEXT,
		    "an item");
		wb_codec_rule_text(c, item->unit, 0, WB_MAX_SHORT_TEXT,
		    "a unit");
		wb_codec_rule_text(c, item->category, 0, WB_MAX_SHORT_TEXT,
		    "a category");
		check_labels(c, item);
		wb_codec_rule(c, i == 0 || compare_items(item - 1, item) < 0,
		    "the items are not in order, or one stands there twice");
	}
}

static void
put_item(struct wb_codec *c, Waybill__Item *m, const struct wb_item *in)
{
	m->item = wb_codec_put_text(c, in->item);
	m->unit = wb_codec_put_text(c, in->unit);
	m->category = wb_codec_put_text(c, in->category);
	m->labels = wb_codec_messages(c, &m->n_labels, in->label_count,
	    &waybill__label__descriptor);
	for (size_t i = 0; i < m->n_labels; i++) {
		m->labels[i]->language = wb_codec_put_text(c,
		    in->labels[i].language);
		m->labels[i]->text = wb_codec_put_text(c, in->labels[i].text);
	}
}

enum wb_status
wb_catalogue_encode(struct wb_bytes *out, const struct wb_catalogue *catalogue,
    struct wb_error *err)
{
	Waybill__Catalogue m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "catalogue", err);

	waybill__catalogue__init(&m);
	wb_arena_init(&arena, WB_MAX_ANNEX_BUDGET);
	check_catalogue(&c, catalogue);
	m.salt = wb_codec_put_span(catalogue->salt);
	m.items = wb_codec_messages(&c, &m.n_items, catalogue->item_count,
	    &waybill__item__descriptor);
	for (size_t i = 0; i < m.n_items; i++)
		put_item(&c, m.items[i], &catalogue->items[i]);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ANNEX_PLAIN);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_item(struct wb_codec *c, struct wb_item *out, const Waybill__Item *m)
{
	out->item = wb_codec_get_text(m->item);
	out->unit = wb_codec_get_text(m->unit);
	out->category = wb_codec_get_text(m->category);
	out->labels = wb_codec_array(c, &out->label_count, m->n_labels,
	    sizeof *out->labels);
	for (size_t i = 0; i < out->label_count; i++) {
		out->labels[i].language = wb_codec_get_text(
		    m->labels[i]->language);
		out->labels[i].text = wb_codec_get_text(m->labels[i]->text);
	}
}

enum wb_status
wb_catalogue_decode(struct wb_catalogue *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "catalogue", err);
	struct wb_catalogue catalogue = { 0 };
	const Waybill__Catalogue *m;

	m = wb_codec_unpack(&c, &waybill__catalogue__descriptor, bytes,
	    WB_MAX_ANNEX_PLAIN);
	if (m == NULL)
		return c.status;
	catalogue.salt = wb_codec_get_span(m->salt);
	catalogue.items = wb_codec_array(&c, &catalogue.item_count, m->n_items,
	    sizeof *catalogue.items);
	for (size_t i = 0; i < catalogue.item_count; i++)
		get_item(&c, &catalogue.items[i], m->items[i]);
	check_catalogue(&c, &catalogue);
	if (c.status == WB_OK)
		*out = catalogue;
	return c.status;
}

static void
check_codes(struct wb_codec *c, const struct wb_place_code *places, size_t n)
{
	wb_codec_rule(c, n <= WB_MAX_PLACES, "too many places");
	for (size_t i = 0; c->status == WB_OK && i < n; i++) {
		wb_codec_rule_text(c, places[i].code, 1, WB_MAX_SHORT_TEXT,
		    "a place");
		wb_codec_rule_text(c, places[i].meaning, 0, WB_MAX_SHORT_TEXT,
		    "a place's meaning");
		wb_codec_rule(c,
		    i == 0 ||
			wb_span_compare(places[i - 1].code, places[i].code) < 0,
		    "the places are not in order, or one stands there twice");
	}
}

static Waybill__PlaceCode **
put_codes(struct wb_codec *c, size_t *count, const struct wb_place_code *places,
    size_t n)
{
	Waybill__PlaceCode **m = wb_codec_messages(c, count, n,
	    &waybill__place_code__descriptor);

	for (size_t i = 0; i < *count; i++) {
		m[i]->code = wb_codec_put_text(c, places[i].code);
		m[i]->meaning = wb_codec_put_text(c, places[i].meaning);
	}
	return m;
}

static struct wb_place_code *
get_codes(struct wb_codec *c, size_t *count, Waybill__PlaceCode *const *m,
    size_t n)
{
	struct wb_place_code *places = wb_codec_array(c, count, n,
	    sizeof *places);

	for (size_t i = 0; i < *count; i++) {
		places[i].code = wb_codec_get_text(m[i]->code);
		places[i].meaning = wb_codec_get_text(m[i]->meaning);
	}
	return places;
}

static void
check_places(struct wb_codec *c, const struct wb_places *in)
{
	check_salt(c, in->salt);
	check_codes(c, in->places, in->place_count);
	for (size_t i = 0; c->status == WB_OK && i < in->place_count; i++)
		wb_codec_rule(c, in->places[i].meaning.len == 0,
		    "a place tells its meaning");
}

enum wb_status
wb_places_encode(struct wb_bytes *out, const struct wb_places *places,
    struct wb_error *err)
{
	Waybill__Places m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "list of places", err);

	waybill__places__init(&m);
	wb_arena_init(&arena, WB_MAX_ANNEX_BUDGET);
	check_places(&c, places);
	m.salt = wb_codec_put_span(places->salt);
	m.places = put_codes(&c, &m.n_places, places->places,
	    places->place_count);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ANNEX_PLAIN);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_places_decode(struct wb_places *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "list of places", err);
	struct wb_places places = { 0 };
	const Waybill__Places *m;

	m = wb_codec_unpack(&c, &waybill__places__descriptor, bytes,
	    WB_MAX_ANNEX_PLAIN);
	if (m == NULL)
		return c.status;
	places.salt = wb_codec_get_span(m->salt);
	places.places = get_codes(&c, &places.place_count, m->places,
	    m->n_places);
	check_places(&c, &places);
	if (c.status == WB_OK)
		*out = places;
	return c.status;
}

static void
check_person(struct wb_codec *c, const struct wb_person *p)
{
	wb_codec_rule_bytes(c, p->key.b, WB_KEY_LEN, "a person's key");
	wb_codec_rule_text(c, p->name, 0, WB_MAX_SHORT_TEXT, "a name");
	wb_codec_rule_text(c, p->recipient, 0, WB_MAX_SHORT_TEXT,
	    "a person's recipient");
	wb_codec_rule(c,
	    p->distress_mark.len == 0 || p->distress_mark.len == WB_MARK_LEN,
	    "a distress mark has a wrong length");
	wb_codec_rule(c, p->root.len == 0 || p->root.len == WB_KEY_LEN,
	    "a root key has a wrong length");
	wb_codec_rule(c, p->place_count <= WB_MAX_PLACES,
	    "a person has too many places");
	for (size_t i = 0; c->status == WB_OK && i < p->place_count; i++)
		wb_codec_rule_text(c, p->places[i], 1, WB_MAX_SHORT_TEXT,
		    "a person's place");
}

static void
check_people(struct wb_codec *c, const struct wb_names *in)
{
	wb_codec_rule(c, in->person_count <= WB_MAX_PEOPLE, "too many people");
	for (size_t i = 0; c->status == WB_OK && i < in->person_count; i++) {
		check_person(c, &in->people[i]);
		for (size_t j = 0; j < i; j++) {
			wb_codec_rule(c,
			    !wb_key_equal(&in->people[i].key,
				&in->people[j].key),
			    "two people have the same key");
		}
	}
}

static void
check_names(struct wb_codec *c, const struct wb_names *in)
{
	check_salt(c, in->salt);
	wb_codec_rule(c, in->reader_count <= WB_MAX_READERS,
	    "too many readers");
	for (size_t i = 0; c->status == WB_OK && i < in->reader_count; i++)
		wb_codec_rule_text(c, in->readers[i], 1, WB_MAX_SHORT_TEXT,
		    "a reader");
	check_people(c, in);
	check_codes(c, in->places, in->place_count);
}

static char **
put_texts(struct wb_codec *c, size_t *count, const struct wb_span *texts,
    size_t n)
{
	char **m = wb_codec_array(c, count, n, sizeof *m);

	for (size_t i = 0; i < *count; i++)
		m[i] = wb_codec_put_text(c, texts[i]);
	return m;
}

static struct wb_span *
get_texts(struct wb_codec *c, size_t *count, char *const *m, size_t n)
{
	struct wb_span *texts = wb_codec_array(c, count, n, sizeof *texts);

	for (size_t i = 0; i < *count; i++)
		texts[i] = wb_codec_get_text(m[i]);
	return texts;
}

static void
put_person(struct wb_codec *c, Waybill__Person *m, const struct wb_person *in)
{
	m->key = wb_codec_put(in->key.b, WB_KEY_LEN);
	m->name = wb_codec_put_text(c, in->name);
	m->recipient = wb_codec_put_text(c, in->recipient);
	m->distress_mark = wb_codec_put_span(in->distress_mark);
	m->places = put_texts(c, &m->n_places, in->places, in->place_count);
	m->root = wb_codec_put_span(in->root);
}

enum wb_status
wb_names_encode(struct wb_bytes *out, const struct wb_names *names,
    struct wb_error *err)
{
	Waybill__Names m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "list of names", err);

	waybill__names__init(&m);
	wb_arena_init(&arena, WB_MAX_ANNEX_BUDGET);
	check_names(&c, names);
	m.salt = wb_codec_put_span(names->salt);
	m.readers = put_texts(&c, &m.n_readers, names->readers,
	    names->reader_count);
	m.people = wb_codec_messages(&c, &m.n_people, names->person_count,
	    &waybill__person__descriptor);
	for (size_t i = 0; i < m.n_people; i++)
		put_person(&c, m.people[i], &names->people[i]);
	m.places = put_codes(&c, &m.n_places, names->places,
	    names->place_count);
	wb_codec_pack(&c, out, &m.base, WB_MAX_ANNEX_PLAIN);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_person(struct wb_codec *c, struct wb_person *out, const Waybill__Person *m)
{
	wb_codec_get_key(c, &out->key, m->key, "a person's key");
	out->name = wb_codec_get_text(m->name);
	out->recipient = wb_codec_get_text(m->recipient);
	out->distress_mark = wb_codec_get_span(m->distress_mark);
	out->places = get_texts(c, &out->place_count, m->places, m->n_places);
	out->root = wb_codec_get_span(m->root);
}

enum wb_status
wb_names_decode(struct wb_names *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "list of names", err);
	struct wb_names names = { 0 };
	const Waybill__Names *m;

	m = wb_codec_unpack(&c, &waybill__names__descriptor, bytes,
	    WB_MAX_ANNEX_PLAIN);
	if (m == NULL)
		return c.status;
	names.salt = wb_codec_get_span(m->salt);
	names.readers = get_texts(&c, &names.reader_count, m->readers,
	    m->n_readers);
	names.people = wb_codec_array(&c, &names.person_count, m->n_people,
	    sizeof *names.people);
	for (size_t i = 0; i < names.person_count; i++)
		get_person(&c, &names.people[i], m->people[i]);
	names.places = get_codes(&c, &names.place_count, m->places,
	    m->n_places);
	check_names(&c, &names);
	if (c.status == WB_OK)
		*out = names;
	return c.status;
}
