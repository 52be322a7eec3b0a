#include "tests/unit/client/forge.h"

#include <string.h>

#include "crypto/recordtree.h"
#include "proto/wire.h"

#define SESSIONS 2

struct forging {
	struct fixture *f;
	const struct wb_device *as;
	enum forge_wrong wrong;
	struct wb_bytes goods[FORGE_PARTS];
	struct wb_bytes place[FORGE_PARTS];
	struct wb_bytes sealed[FORGE_PARTS];
	struct wb_bytes keys[SESSIONS];
	struct wb_span spans[FORGE_PARTS];
	struct wb_record_leaves leaves[FORGE_PARTS];
	struct wb_point totals;
	struct wb_measures *measures;
	struct wb_session sessions[SESSIONS];
	struct wb_content content;
	struct wb_bytes manifest;
};

static void
to_reader(struct forging *g, struct wb_bytes *out, struct wb_span plain,
    bool stranger)
{
	struct wb_recipient to;

	wb_identity_recipient(&to, g->f->reader);
	if (stranger)
		to = g->f->k2.recipient;
	assert_ok(wb_age_encrypt(out, plain, &to, 1, g->f->coord.random,
		      &g->f->err),
	    &g->f->err);
}

static void
pad_more(struct wb_bytes *plain, struct wb_error *err)
{
	uint8_t *at;

	/* From no padding field to one of 34 bytes, or a longer one. */
	assert_ok(wb_bytes_extend(plain, WB_PART_STEP, &at, err), err);
	if (at[-1] != 0) {
		at[0] = 15 << 3 | 2;
		at[1] = WB_PART_STEP - 2;
	} else {
		size_t zeros = 0;

		while (at[-1 - (ptrdiff_t)zeros] == 0)
			zeros++;
		at[-1 - (ptrdiff_t)zeros] =
		    (uint8_t)(at[-1 - (ptrdiff_t)zeros] + WB_PART_STEP);
	}
}

/* A line of 0: `quantity` is field 3, of one byte less. */
static void
zero_quantity(struct wb_bytes *goods, struct wb_error *err)
{
	static const uint8_t bytes[] = { 0x08, 0x02, 0x10, 0x01, 0x1a, 0x06,
		0x0a, 0x04, 'r', 'i', 'c', 'e' };

	wb_bytes_reset(goods);
	assert_ok(wb_bytes_append(goods, wb_span(bytes, sizeof bytes), err),
	    err);
}

static void
seal_one(struct forging *g, struct wb_part_chain *chain, size_t i,
    const struct forge_record *record)
{
	const struct wb_key *signer = &g->as->signer.key;
	struct wb_error *err = &g->f->err;
	struct wb_bytes plain;
	struct wb_hash seed;
	struct wb_point c;

	wb_bytes_init(&plain, WB_MAX_CONTENT);
	assert_ok(wb_goods_encode(&g->goods[i], &record->goods, err), err);
	assert_ok(wb_place_encode(&g->place[i], &record->place, err), err);
	if (g->wrong == FORGE_QUANTITY && i == 0)
		zero_quantity(&g->goods[i], err);
	if (g->wrong == FORGE_PLACE && i == 0)
		assert_ok(wb_bytes_append_text(&g->place[i], "?", err), err);
	assert_ok(wb_part_encode(&plain, wb_bytes_span(&g->goods[i]),
		      wb_bytes_span(&g->place[i]), err),
	    err);
	if (g->wrong == FORGE_PADDING && i == 0)
		pad_more(&plain, err);
	if (g->wrong == FORGE_STRANGERS_PART && i == 0)
		signer = &g->f->k2.signer.key;
	assert_ok(wb_part_seal(&g->sealed[i], &seed, chain,
		      wb_bytes_span(&plain), &g->as->programme, signer, err),
	    err);
	wb_record_leaves(&g->leaves[i], &seed, wb_bytes_span(&g->goods[i]),
	    wb_bytes_span(&g->place[i]));
	assert_ok(wb_record_commitment(&c, g->measures, &record->goods, &seed,
		      err),
	    err);
	assert_ok(wb_point_add(&g->totals, &c, err), err);
	g->spans[i] = wb_bytes_span(&g->sealed[i]);
	wb_bytes_clear(&plain);
}

static void
seal_session(struct forging *g, size_t which, size_t from, size_t to,
    const struct forge_record *records, bool same_keys)
{
	uint8_t key[WB_PART_KEY_LEN + WB_MARK_LEN] = { (uint8_t)which, 1 };
	struct wb_session *session = &g->sessions[which];
	struct wb_part_chain chain;

	if (!same_keys)
		wb_random_fill(g->f->coord.random, key, sizeof key);
	to_reader(g, &g->keys[which],
	    wb_span(key, sizeof key - (g->wrong == FORGE_KEY_LENGTH)),
	    g->wrong == FORGE_SESSION_READER);
	assert_ok(wb_part_chain_init(&chain, wb_span(key, WB_PART_KEY_LEN),
		      &g->f->err),
	    &g->f->err);
	for (size_t i = from; i < to; i++)
		seal_one(g, &chain, i, &records[i]);
	wb_part_chain_clear(&chain);
	session->key_file = wb_bytes_span(&g->keys[which]);
	session->parts = &g->spans[from];
	session->part_count = to - from;
}

static void
swap_spans(struct wb_span *a, struct wb_span *b)
{
	struct wb_span kept = *a;

	*a = *b;
	*b = kept;
}

static void
make_manifest(struct forging *g, const struct wb_batch *b)
{
	struct wb_manifest m = { .programme = b->programme,
		.signer = b->signer,
		.sequence = b->sequence,
		.previous = b->previous,
		.roster = b->roster };

	if (g->wrong == FORGE_MANIFEST_PROGRAMME)
		m.programme.b[0] ^= 1;
	if (g->wrong == FORGE_MANIFEST_SIGNER)
		m.signer = g->f->k2.signer.key;
	if (g->wrong == FORGE_MANIFEST_SEQUENCE)
		m.sequence++;
	if (g->wrong == FORGE_MANIFEST_PREVIOUS)
		m.previous.b[0] ^= 1;
	if (g->wrong == FORGE_MANIFEST_ROSTER)
		m.roster.b[0] ^= 1;
	assert_ok(wb_manifest_encode(&g->manifest, &m, &g->f->err), &g->f->err);
	g->content.manifest = wb_bytes_span(&g->manifest);
}

static void
make_file(struct forging *g, struct forged *out)
{
	struct wb_bytes plain;

	wb_bytes_init(&plain, WB_MAX_CONTENT);
	assert_ok(wb_content_encode(&plain, &g->content, &g->f->err),
	    &g->f->err);
	if (g->wrong == FORGE_CONTENT)
		plain.data[0] ^= 0x40;
	to_reader(g, &out->file, wb_bytes_span(&plain),
	    g->wrong == FORGE_READER);
	if (g->wrong == FORGE_AGE)
		out->file.data[out->file.len - 1] ^= 1;
	wb_sha256_one(&out->batch.content_hash, wb_bytes_span(&out->file));
	out->batch.content_size = out->file.len;
	if (g->wrong == FORGE_CONTENT_HASH)
		out->batch.content_hash.b[0] ^= 1;
	if (g->wrong == FORGE_CONTENT_SIZE)
		out->batch.content_size++;
	wb_bytes_clear(&plain);
}

static void
make_totals(struct forging *g, struct wb_batch *batch)
{
	struct wb_error *err = &g->f->err;
	struct wb_measured extra = { .quantity = 1 };
	struct wb_scalar r;
	struct wb_point p;

	wb_blinding(&r, &g->content.seed);
	assert_ok(wb_commit(&p, &r, NULL, 0, err), err);
	if (g->wrong != FORGE_BLINDING)
		assert_ok(wb_point_add(&g->totals, &p, err), err);
	if (g->wrong == FORGE_TOTALS) {
		wb_generator(&extra.generator,
		    wb_span_text("delivered|rice|sack"));
		assert_ok(wb_point_add(&g->totals, &extra.generator, err), err);
	}
	batch->totals = g->totals;
}

static void
seal_envelope(struct forging *g, struct forged *out)
{
	struct wb_bytes payload;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_batch_encode(&payload, &out->batch, &g->f->err),
	    &g->f->err);
	assert_ok(wb_envelope_seal(&out->envelope, WB_STATEMENT_BATCH,
		      wb_bytes_span(&payload), &g->as->signer, &g->f->err),
	    &g->f->err);
	wb_bytes_clear(&payload);
}

static void
begin(struct forging *g, struct forged *out, uint64_t sequence)
{
	static const uint8_t key[WB_SHORT_KEY_LEN] = { 4 };

	memset(out, 0, sizeof *out);
	wb_bytes_init(&out->envelope, WB_MAX_ENVELOPE);
	wb_bytes_init(&out->file, WB_MAX_CONTENT);
	out->batch.programme = g->as->programme;
	out->batch.signer = g->as->signer.key;
	out->batch.roster = g->as->roster_id;
	out->batch.sequence = sequence;
	if (sequence > 1)
		out->batch.previous.b[0] = (uint8_t)sequence;
	wb_bytes_init(&g->manifest, WB_MAX_ENVELOPE);
	for (size_t i = 0; i < SESSIONS; i++)
		wb_bytes_init(&g->keys[i], WB_MAX_ENVELOPE);
	for (size_t i = 0; i < FORGE_PARTS; i++) {
		wb_bytes_init(&g->goods[i], WB_MAX_RECORD);
		wb_bytes_init(&g->place[i], WB_MAX_RECORD);
		wb_bytes_init(&g->sealed[i], WB_MAX_CONTENT);
	}
	assert_ok(wb_measures_new(&g->measures, key, &g->f->err), &g->f->err);
	wb_random_fill(g->f->coord.random, g->content.seed.b, WB_HASH_LEN);
	memset(g->content.mark, 7, WB_MARK_LEN);
	g->content.sessions = g->sessions;
	g->content.session_count = SESSIONS;
}

static void
end(struct forging *g)
{
	wb_measures_free(&g->measures);
	for (size_t i = 0; i < FORGE_PARTS; i++) {
		wb_bytes_clear(&g->goods[i]);
		wb_bytes_clear(&g->place[i]);
		wb_bytes_clear(&g->sealed[i]);
	}
	for (size_t i = 0; i < SESSIONS; i++)
		wb_bytes_clear(&g->keys[i]);
	wb_bytes_clear(&g->manifest);
}

void
forge(struct forged *out, struct fixture *f, const struct wb_device *as,
    uint64_t sequence, const struct forge_record *records, size_t n,
    enum forge_wrong wrong, bool same_keys)
{
	struct forging g = { .f = f, .as = as, .wrong = wrong };

	assert_in_range(n, 2, FORGE_PARTS);
	begin(&g, out, sequence);
	seal_session(&g, 0, 0, n / 2, records, same_keys);
	seal_session(&g, 1, n / 2, n, records, same_keys);
	if (wrong == FORGE_PART_ORDER)
		swap_spans(&g.spans[0], &g.spans[1]);
	if (wrong == FORGE_SESSIONS_SWAPPED)
		swap_spans(&g.sessions[0].key_file, &g.sessions[1].key_file);
	make_manifest(&g, &out->batch);
	assert_ok(wb_record_root(&out->batch.records_root, &g.content.seed,
		      g.content.manifest, g.leaves,
		      n - (wrong == FORGE_LEAF_LEFT_OUT), &f->err),
	    &f->err);
	if (wrong == FORGE_ROOT)
		out->batch.records_root.b[0] ^= 1;
	make_totals(&g, &out->batch);
	make_file(&g, out);
	seal_envelope(&g, out);
	for (size_t i = 0; i < n; i++)
		out->ids[i] = g.leaves[i].goods;
	end(&g);
}

struct wb_hash
forged_id(const struct forged *forged, struct fixture *f)
{
	struct wb_envelope envelope;
	struct wb_arena arena;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_envelope_decode(&envelope, &arena,
		      wb_bytes_span(&forged->envelope), &f->err),
	    &f->err);
	wb_arena_clear(&arena);
	return envelope.id;
}

void
forged_clear(struct forged *forged)
{
	wb_bytes_clear(&forged->envelope);
	wb_bytes_clear(&forged->file);
}
