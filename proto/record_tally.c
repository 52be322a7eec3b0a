#include "proto/record_tally.h"

#include <string.h>

#include "base/text.h"
#include "crypto/age.h"
#include "proto/codec.h"
#include "proto/record.h"
#include "proto/record.pb-c.h"
#include "proto/wire.h"

#define READERS 1 /* such contents go to one recipient, the reader */
#define MEASURE_PARTS 3 /* kind, item, unit */

const char *
wb_exclusion_text(enum wb_exclusion_reason why)
{
	switch (why) {
	case WB_EXCLUDED_DISPUTED:
		return "disputed";
	case WB_EXCLUDED_UNDECRYPTABLE:
		return "undecryptable";
	case WB_EXCLUDED_CLOSED:
		return "not-yet-opened";
	case WB_EXCLUDED_DISTRUSTED:
		return "distrusted-key";
	}
	return "";
}

static bool
is_kind(struct wb_span text)
{
	for (int kind = WB_KIND_RECEIVED; kind <= WB_KIND_CONFIRMED; kind++) {
		if (wb_span_equal(text,
			wb_span_text(
			    wb_kind_text((enum wb_kind)kind, false))) ||
		    wb_span_equal(text,
			wb_span_text(wb_kind_text((enum wb_kind)kind, true))))
			return true;
	}
	return false;
}

/* Appends what `part` was before it was escaped.  false: not so escaped. */
static bool
unescape(uint8_t *out, size_t *len, struct wb_span part)
{
	*len = 0;
	for (size_t i = 0; i < part.len; i++) {
		struct wb_span rest = wb_span_sub(part, i, part.len - i);

		if (*len == WB_MAX_SHORT_TEXT)
			return false;
		out[*len] = part.data[i];
		if (part.data[i] == '%') {
			if (rest.len < 3 ||
			    (memcmp(rest.data, "%25", 3) != 0 &&
				memcmp(rest.data, "%7C", 3) != 0))
				return false;
			out[*len] = rest.data[1] == '2' ? '%' : '|';
			i += 2;
		}
		++*len;
	}
	return true;
}

static void
check_name(struct wb_codec *c, struct wb_span part, size_t min,
    const char *name)
{
	uint8_t text[WB_MAX_SHORT_TEXT];
	size_t len;

	wb_codec_rule(c, unescape(text, &len, part),
	    "a measure is not written as it must be");
	if (c->status == WB_OK)
		wb_codec_rule_text(c, wb_span(text, len), min,
		    WB_MAX_SHORT_TEXT, name);
}

/* kind|item|unit, each as a record has it. */
static void
check_measure(struct wb_codec *c, struct wb_span measure)
{
	struct wb_span parts[MEASURE_PARTS] = { { 0 } };
	size_t n = 0, from = 0;

	for (size_t i = 0; i <= measure.len; i++) {
		if (i < measure.len && measure.data[i] != '|')
			continue;
		if (n < MEASURE_PARTS)
			parts[n] = wb_span_sub(measure, from, i - from);
		n++;
		from = i + 1;
	}
	wb_codec_rule(c, n == MEASURE_PARTS && is_kind(parts[0]),
	    "a measure is not kind|item|unit");
	check_name(c, parts[1], 1, "a measure's item");
	check_name(c, parts[2], 0, "a measure's unit");
}

static void
check_totals(struct wb_codec *c, const struct wb_total *totals, size_t n)
{
	wb_codec_rule(c, n <= WB_MAX_TOTALS, "too many totals");
	for (size_t i = 0; c->status == WB_OK && i < n; i++) {
		check_measure(c, totals[i].measure);
		wb_codec_rule(c,
		    i == 0 || wb_span_compare(totals[i - 1].measure,
				  totals[i].measure) < 0,
		    "the totals are not in order");
		wb_codec_rule(c,
		    totals[i].quantity != 0 &&
			totals[i].quantity <= WB_TOTAL_MAX,
		    "a total is out of range");
	}
}

static void
check_excluded(struct wb_codec *c, const struct wb_tally_content *t)
{
	wb_codec_rule(c,
	    t->included_count <= WB_MAX_EXCLUSIONS &&
		t->excluded_count <= WB_MAX_EXCLUSIONS,
	    "too many batches are left out, or counted late");
	for (size_t i = 1; c->status == WB_OK && i < t->included_count; i++) {
		wb_codec_rule(c, t->included[i - 1] < t->included[i],
		    "what is counted late is not in order");
	}
	for (size_t i = 0; c->status == WB_OK && i < t->excluded_count; i++) {
		const struct wb_exclusion *e = &t->excluded[i];

		wb_codec_rule(c, i == 0 || e[-1].index < e->index,
		    "what is left out is not in order");
		wb_codec_rule(c,
		    e->why >= WB_EXCLUDED_DISPUTED &&
			e->why <= WB_EXCLUDED_DISTRUSTED,
		    "there is no such reason to leave a batch out");
	}
}

static void
check_content(struct wb_codec *c, const struct wb_tally_content *t)
{
	check_excluded(c, t);
	check_totals(c, t->totals, t->total_count);
	wb_codec_rule(c, wb_scalar_is_reduced(&t->blinding),
	    "the blinding is out of range");
	wb_codec_rule_bytes(c, t->salt.b, WB_HASH_LEN, "the salt");
}

static Waybill__Total **
put_totals(struct wb_codec *c, size_t *n, const struct wb_total *totals,
    size_t count)
{
	Waybill__Total **m = wb_codec_messages(c, n, count,
	    &waybill__total__descriptor);

	for (size_t i = 0; i < *n; i++) {
		m[i]->measure = wb_codec_put_text(c, totals[i].measure);
		m[i]->quantity = totals[i].quantity;
	}
	return m;
}

static struct wb_total *
get_totals(struct wb_codec *c, size_t *n, Waybill__Total *const *m,
    size_t count)
{
	struct wb_total *totals = wb_codec_array(c, n, count, sizeof *totals);

	for (size_t i = 0; i < *n; i++) {
		totals[i].measure = wb_codec_get_text(m[i]->measure);
		totals[i].quantity = m[i]->quantity;
	}
	return totals;
}

enum wb_status
wb_tally_content_encode(struct wb_bytes *out,
    const struct wb_tally_content *content, struct wb_error *err)
{
	Waybill__TallyContent m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "tally's content", err);

	waybill__tally_content__init(&m);
	wb_arena_init(&arena, WB_MAX_TALLY_BUDGET);
	check_content(&c, content);
	m.included = content->included;
	m.n_included = content->included_count;
	m.excluded = wb_codec_messages(&c, &m.n_excluded,
	    content->excluded_count, &waybill__exclusion__descriptor);
	for (size_t i = 0; i < m.n_excluded; i++) {
		m.excluded[i]->index = content->excluded[i].index;
		m.excluded[i]->why = content->excluded[i].why;
	}
	m.totals = put_totals(&c, &m.n_totals, content->totals,
	    content->total_count);
	m.blinding = wb_codec_put(content->blinding.b, WB_SCALAR_LEN);
	m.salt = wb_codec_put(content->salt.b, WB_HASH_LEN);
	wb_codec_pack(&c, out, &m.base, WB_MAX_TALLY_CONTENT);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_tally_content_decode(struct wb_tally_content *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "tally's content", err);
	struct wb_tally_content content = { 0 };
	const Waybill__TallyContent *m;

	m = wb_codec_unpack(&c, &waybill__tally_content__descriptor, bytes,
	    WB_MAX_TALLY_CONTENT);
	if (m == NULL)
		return c.status;
	content.included = m->included;
	content.included_count = m->n_included;
	content.excluded = wb_codec_array(&c, &content.excluded_count,
	    m->n_excluded, sizeof *content.excluded);
	for (size_t i = 0; i < content.excluded_count; i++) {
		content.excluded[i].index = m->excluded[i]->index;
		content.excluded[i].why =
		    (enum wb_exclusion_reason)m->excluded[i]->why;
	}
	content.totals = get_totals(&c, &content.total_count, m->totals,
	    m->n_totals);
	wb_codec_get(&c, content.blinding.b, WB_SCALAR_LEN, m->blinding,
	    "the blinding");
	wb_codec_get_hash(&c, &content.salt, m->salt, "the salt");
	check_content(&c, &content);
	if (c.status == WB_OK)
		*out = content;
	return c.status;
}

static void
check_opening(struct wb_codec *c, const struct wb_batch_opening *o)
{
	check_totals(c, o->totals, o->total_count);
	wb_codec_rule(c, wb_scalar_is_reduced(&o->blinding),
	    "the blinding is out of range");
	wb_codec_rule(c, o->nonce.len <= WB_MAX_NONCE, "the nonce is too long");
}

enum wb_status
wb_batch_opening_encode(struct wb_bytes *out,
    const struct wb_batch_opening *opening, struct wb_error *err)
{
	Waybill__Opening m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "batch's totals", err);

	waybill__opening__init(&m);
	wb_arena_init(&arena, WB_MAX_TALLY_BUDGET);
	check_opening(&c, opening);
	m.index = opening->index;
	m.totals = put_totals(&c, &m.n_totals, opening->totals,
	    opening->total_count);
	m.blinding = wb_codec_put(opening->blinding.b, WB_SCALAR_LEN);
	m.nonce = wb_codec_put_span(opening->nonce);
	wb_codec_pack(&c, out, &m.base, WB_MAX_TALLY_CONTENT);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_batch_opening_decode(struct wb_batch_opening *out, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "batch's totals", err);
	struct wb_batch_opening opening = { 0 };
	const Waybill__Opening *m;

	m = wb_codec_unpack(&c, &waybill__opening__descriptor, bytes,
	    WB_MAX_TALLY_CONTENT);
	if (m == NULL)
		return c.status;
	opening.index = m->index;
	opening.totals = get_totals(&c, &opening.total_count, m->totals,
	    m->n_totals);
	wb_codec_get(&c, opening.blinding.b, WB_SCALAR_LEN, m->blinding,
	    "the blinding");
	opening.nonce = wb_codec_get_span(m->nonce);
	check_opening(&c, &opening);
	if (c.status == WB_OK)
		*out = opening;
	return c.status;
}

enum wb_status
wb_padded_encode(struct wb_bytes *out, struct wb_span body,
    struct wb_error *err)
{
	Waybill__Padded m;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "padded content", err);
	uint8_t *zeros;
	size_t n;

	waybill__padded__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_codec_rule(&c, body.len != 0 && body.len <= WB_MAX_TALLY_CONTENT,
	    "it is empty or too large");
	m.body = wb_codec_put_span(body);
	if (c.status == WB_OK) {
		zeros = wb_codec_array(&c, &n,
		    wb_age_padding(waybill__padded__get_packed_size(&m),
			READERS),
		    1);
		m.padding = wb_codec_put_span(wb_span(zeros, n));
	}
	wb_codec_pack(&c, out, &m.base, WB_MAX_CONTENT);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_padded_decode(struct wb_span *body, struct wb_arena *arena,
    struct wb_span bytes, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "padded content", err);
	ProtobufCBinaryData padding;
	Waybill__Padded *m;

	m = wb_codec_unpack(&c, &waybill__padded__descriptor, bytes,
	    WB_MAX_CONTENT);
	if (m == NULL)
		return c.status;
	wb_codec_rule(&c, m->body.len != 0, "it is empty");
	padding = m->padding;
	m->padding = wb_codec_put_span(wb_span(NULL, 0));
	wb_codec_rule_padding(&c, padding,
	    wb_age_padding(waybill__padded__get_packed_size(m), READERS));
	if (c.status == WB_OK)
		*body = wb_codec_get_span(m->body);
	return c.status;
}
