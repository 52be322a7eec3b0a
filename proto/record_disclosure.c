#include "proto/record_disclosure.h"

#include <string.h>

#include "crypto/age.h"
#include "proto/codec.h"
#include "proto/record.h"
#include "proto/record.pb-c.h"
#include "proto/wire.h"

#define MIN_DEPTH 4 /* of a record tree: 16 leaves */
#define MAX_DEPTH 18 /* of one over WB_MAX_BATCH_RECORDS */
#define FIRST_LEAF 2 /* behind the manifest and its decoy */
#define MAX_SHOWING ((size_t)64 << 10) /* bytes */
#define READERS 1 /* it goes to one recipient, the reader */

static void
check_disclosure(struct wb_codec *c, const struct wb_disclosure *d)
{
	static const uint8_t none[WB_SALT_LEN];
	bool salted = memcmp(d->place_salt, none, sizeof none) != 0;

	wb_codec_rule(c, d->goods.len >= 1 && d->goods.len <= WB_MAX_RECORD,
	    "the goods are missing or too large");
	wb_codec_rule_bytes(c, d->goods_salt, WB_SALT_LEN, "the goods' salt");
	wb_codec_rule(c, d->place.len <= WB_MAX_RECORD,
	    "the place is too large");
	wb_codec_rule(c, (d->place.len != 0) == salted,
	    "a place and its salt go together");
	wb_codec_rule(c,
	    d->path.count >= MIN_DEPTH && d->path.count <= MAX_DEPTH,
	    "no record tree has such a path");
	wb_codec_rule(c,
	    c->status != WB_OK || (d->leaf >= FIRST_LEAF && d->leaf % 2 == 0 &&
				      d->leaf < UINT32_C(1) << d->path.count),
	    "no record can stand at that leaf");
}

enum wb_status
wb_disclosure_encode(struct wb_bytes *out,
    const struct wb_disclosure *disclosure, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(NULL, "disclosure", err);
	const struct wb_disclosure *d = disclosure;
	Waybill__Disclosure m;

	waybill__disclosure__init(&m);
	check_disclosure(&c, d);
	m.leaf = d->leaf;
	m.goods = wb_codec_put_span(d->goods);
	m.goods_salt = wb_codec_put(d->goods_salt, WB_SALT_LEN);
	m.place = wb_codec_put_span(d->place);
	m.place_salt = wb_codec_put(d->place_salt, WB_SALT_LEN);
	m.path = wb_codec_put_span(
	    wb_span(d->path.hashes, d->path.count * WB_HASH_LEN));
	wb_codec_pack(&c, out, &m.base, WB_MAX_DISCLOSURE);
	return c.status;
}

enum wb_status
wb_disclosure_decode(struct wb_disclosure *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "disclosure", err);
	struct wb_disclosure d = { 0 };
	const Waybill__Disclosure *m;

	m = wb_codec_unpack(&c, &waybill__disclosure__descriptor, bytes,
	    WB_MAX_DISCLOSURE);
	if (m == NULL)
		return c.status;
	d.leaf = m->leaf;
	d.goods = wb_codec_get_span(m->goods);
	wb_codec_get(&c, d.goods_salt, WB_SALT_LEN, m->goods_salt,
	    "the goods' salt");
	d.place = wb_codec_get_span(m->place);
	wb_codec_get(&c, d.place_salt, WB_SALT_LEN, m->place_salt,
	    "the place's salt");
	d.path.count = m->path.len / WB_HASH_LEN;
	wb_codec_rule(&c,
	    m->path.len % WB_HASH_LEN == 0 && d.path.count <= MAX_DEPTH,
	    "no record tree has such a path");
	if (c.status == WB_OK && m->path.len != 0)
		memcpy(d.path.hashes, m->path.data, m->path.len);
	check_disclosure(&c, &d);
	if (c.status == WB_OK)
		*out = d;
	return c.status;
}

enum wb_status
wb_disclosure_check(struct wb_hash *id, const struct wb_disclosure *disclosure,
    const struct wb_hash *records_root, struct wb_error *err)
{
	const struct wb_disclosure *d = disclosure;
	struct wb_hash place;

	wb_record_leaf(id, d->goods_salt, d->goods);
	if (wb_inclusion_verify(id, d->leaf, UINT64_C(1) << d->path.count,
		&d->path, records_root, NULL) != WB_OK)
		return wb_fail(err, WB_FORGED,
		    "the goods shown are not in the batch that was signed");
	if (d->place.len == 0)
		return WB_OK;
	wb_record_leaf(&place, d->place_salt, d->place);
	if (!wb_hash_equal(&place, &d->path.hashes[0]))
		return wb_fail(err, WB_FORGED,
		    "the place shown is not the one recorded with the goods");
	return WB_OK;
}

static void
check_showing(struct wb_codec *c, const struct wb_showing *s)
{
	wb_codec_rule(c, s->day >= 1 && s->day <= WB_MAX_DAY,
	    "the day is missing or out of range");
	wb_codec_rule_text(c, s->to, 0, WB_MAX_SHORT_TEXT, "the name");
	wb_codec_rule_text(c, s->what, 1, WB_MAX_SHOWN_WHAT, "what was shown");
	wb_codec_rule(c, s->record_count <= WB_MAX_SHOWN_RECORDS,
	    "too many records");
	for (size_t i = 0; c->status == WB_OK && i < s->record_count; i++)
		wb_codec_rule_bytes(c, s->records[i].b, WB_HASH_LEN,
		    "a record's id");
}

enum wb_status
wb_showing_encode(struct wb_bytes *out, const struct wb_showing *showing,
    struct wb_error *err)
{
	Waybill__Showing m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "note", err);
	uint8_t *zeros;
	size_t n;

	waybill__showing__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_showing(&c, showing);
	m.day = showing->day;
	m.to = wb_codec_put_text(&c, showing->to);
	m.what = wb_codec_put_text(&c, showing->what);
	m.records = wb_codec_array(&c, &m.n_records, showing->record_count,
	    sizeof *m.records);
	for (size_t i = 0; i < m.n_records; i++)
		m.records[i] = wb_codec_put(showing->records[i].b, WB_HASH_LEN);
	if (c.status == WB_OK) {
		zeros = wb_codec_array(&c, &n,
		    wb_age_padding(waybill__showing__get_packed_size(&m),
			READERS),
		    1);
		m.padding = wb_codec_put_span(wb_span(zeros, n));
	}
	wb_codec_pack(&c, out, &m.base, MAX_SHOWING);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_showing_decode(struct wb_showing *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "note", err);
	struct wb_showing s = { 0 };
	ProtobufCBinaryData padding;
	Waybill__Showing *m;

	m = wb_codec_unpack(&c, &waybill__showing__descriptor, bytes,
	    MAX_SHOWING);
	if (m == NULL)
		return c.status;
	s.day = m->day;
	s.to = wb_codec_get_text(m->to);
	s.what = wb_codec_get_text(m->what);
	s.records = wb_codec_array(&c, &s.record_count, m->n_records,
	    sizeof *s.records);
	for (size_t i = 0; i < s.record_count; i++)
		wb_codec_get_hash(&c, &s.records[i], m->records[i],
		    "a record's id");
	padding = m->padding;
	m->padding = wb_codec_put_span(wb_span(NULL, 0));
	wb_codec_rule_padding(&c, padding,
	    wb_age_padding(waybill__showing__get_packed_size(m), READERS));
	check_showing(&c, &s);
	if (c.status == WB_OK)
		*out = s;
	return c.status;
}
