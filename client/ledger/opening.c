#include "client/ledger/opening.h"

#include <string.h>

#include "crypto/recordtree.h"

#define KEY_FILE_LEN (WB_PART_KEY_LEN + WB_MARK_LEN) /* key || mark */

/* All that is known of a batch while it is being opened. */
struct opening {
	struct wb_arena *arena;
	const struct wb_batch *batch;
	struct wb_secret *const *readers;
	size_t reader_count;
	struct wb_content content;
	struct wb_opened_record *records;
	struct wb_record_leaves *leaves;
	size_t count; /* records opened so far */
	struct wb_bytes plain; /* scratch: one part */
};

static enum wb_status
dispute(struct wb_error *err, const char *id, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_FORGED, "%s", what), id, NULL);
}

/*
 * Where the cause has its own words: they stay, the id is the step's.  What
 * does not fit a budget is WB_INVALID; WB_NO_MEMORY is this machine's want,
 * and says nothing of the batch.
 */
static enum wb_status
dispute_because(struct wb_error *err, enum wb_status st, const char *id)
{
	if (st != WB_INVALID && st != WB_FORGED)
		return st;
	if (err != NULL)
		err->status = WB_FORGED;
	return wb_advise(err, WB_FORGED, id, NULL);
}

static enum wb_status
check_hash(const struct wb_batch *batch, struct wb_span file,
    struct wb_error *err)
{
	struct wb_hash hash;

	wb_sha256_one(&hash, file);
	if (file.len == batch->content_size &&
	    wb_hash_equal(&hash, &batch->content_hash))
		return WB_OK;
	return dispute(err, "content-hash",
	    "the content is not the one that was signed");
}

static enum wb_status
decrypt(struct wb_bytes *out, const struct opening *o, struct wb_span file,
    const char *id, struct wb_error *err)
{
	enum wb_status st;

	st = wb_age_decrypt(out, file, o->readers, o->reader_count, err);
	if (st == WB_NOT_FOUND)
		return wb_advise(err, st, "undecryptable", NULL);
	return dispute_because(err, st, id);
}

static enum wb_status
read_content(struct opening *o, struct wb_span file, struct wb_error *err)
{
	struct wb_bytes plain;
	enum wb_status st;

	wb_bytes_init(&plain, WB_MAX_CONTENT);
	st = decrypt(&plain, o, file, "content-broken", err);
	if (st == WB_OK) {
		st = dispute_because(err,
		    wb_content_decode(&o->content, o->arena,
			wb_bytes_span(&plain), err),
		    "content-broken");
	}
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
check_manifest(const struct opening *o, struct wb_error *err)
{
	const struct wb_batch *b = o->batch;
	struct wb_manifest m;
	enum wb_status st = wb_manifest_decode(&m, o->content.manifest, err);

	if (st == WB_NO_MEMORY)
		return st;
	if (st == WB_OK && wb_hash_equal(&m.programme, &b->programme) &&
	    wb_key_equal(&m.signer, &b->signer) && m.sequence == b->sequence &&
	    wb_hash_equal(&m.previous, &b->previous) &&
	    wb_hash_equal(&m.roster, &b->roster))
		return WB_OK;
	return dispute(err, "manifest",
	    "the content was made for another batch than the one signed");
}

static enum wb_status
make_room(struct opening *o, struct wb_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < o->content.session_count; i++)
		n += o->content.sessions[i].part_count;
	if (n > WB_MAX_BATCH_RECORDS)
		return dispute(err, "records-root",
		    "a batch holds more records than are allowed");
	o->records = wb_arena_array(o->arena, n, sizeof *o->records);
	o->leaves = wb_arena_array(o->arena, n, sizeof *o->leaves);
	if ((o->records == NULL || o->leaves == NULL) && !o->arena->exceeded)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	if (o->records == NULL || o->leaves == NULL)
		return dispute(err, "content-broken",
		    "the content takes more memory than a batch may");
	return WB_OK;
}

static enum wb_status
start_chain(struct wb_part_chain *chain, const struct opening *o,
    struct wb_span key_file, struct wb_error *err)
{
	struct wb_bytes key;
	enum wb_status st;

	chain->key = NULL;
	wb_bytes_init(&key, WB_MAX_CONTENT);
	st = decrypt(&key, o, key_file, "part", err);
	if (st == WB_OK && key.len != KEY_FILE_LEN)
		st = dispute(err, "part", "a session's key is malformed");
	if (st == WB_OK)
		st = wb_part_chain_init(chain,
		    wb_span(key.data, WB_PART_KEY_LEN), err);
	wb_bytes_clear(&key);
	return st;
}

static enum wb_status
open_part(struct opening *o, struct wb_part_chain *chain, struct wb_span sealed,
    struct wb_error *err)
{
	struct wb_opened_record *r = &o->records[o->count];
	struct wb_place place;
	enum wb_status st;

	wb_bytes_reset(&o->plain);
	st = wb_part_open(&o->plain, &r->seed, chain, sealed,
	    &o->batch->programme, &o->batch->signer, err);
	if (st == WB_OK)
		st = wb_part_decode(&r->goods, &r->place, o->arena,
		    wb_bytes_span(&o->plain), err);
	if (st == WB_OK)
		st = wb_place_decode(&place, o->arena, r->place, err);
	if (st != WB_OK)
		return dispute_because(err, st, "part");
	wb_record_leaves(&o->leaves[o->count], &r->seed, r->goods, r->place);
	r->id = o->leaves[o->count].goods;
	o->count++;
	return WB_OK;
}

static enum wb_status
open_parts(struct opening *o, struct wb_error *err)
{
	enum wb_status st = make_room(o, err);

	for (size_t i = 0; st == WB_OK && i < o->content.session_count; i++) {
		const struct wb_session *session = &o->content.sessions[i];
		struct wb_part_chain chain;

		st = start_chain(&chain, o, session->key_file, err);
		for (size_t k = 0; st == WB_OK && k < session->part_count; k++)
			st = open_part(o, &chain, session->parts[k], err);
		wb_part_chain_clear(&chain);
	}
	return st;
}

static enum wb_status
check_root(const struct opening *o, struct wb_error *err)
{
	struct wb_hash root;
	enum wb_status st;

	st = wb_record_root(&root, &o->content.seed, o->content.manifest,
	    o->leaves, o->count, err);
	if (st != WB_OK)
		return dispute_because(err, st, "records-root");
	if (wb_hash_equal(&root, &o->batch->records_root))
		return WB_OK;
	return dispute(err, "records-root",
	    "the records are not those that were signed");
}

static enum wb_status
read_quantities(struct opening *o, struct wb_measures *measures,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_goods goods;

	for (size_t i = 0; st == WB_OK && i < o->count; i++) {
		st = wb_goods_decode(&goods, o->arena, o->records[i].goods,
		    err);
		if (st == WB_OK)
			st = wb_measures_add(measures, &goods, err);
	}
	return dispute_because(err, st, "quantity");
}

/*
 * One sum over all records instead of a point a record: the blindings and the
 * quantities add up as the points do.
 */
static enum wb_status
check_commitment(struct opening *o, struct wb_measures *measures,
    struct wb_error *err)
{
	struct wb_scalar blinding, sum;
	struct wb_point expected;
	enum wb_status st;

	wb_blinding(&sum, &o->content.seed);
	for (size_t i = 0; i < o->count; i++) {
		wb_blinding(&blinding, &o->records[i].seed);
		wb_scalar_add(&sum, &blinding);
	}
	st = wb_measures_commit(&expected, measures, &sum, err);
	wb_wipe(&blinding, sizeof blinding);
	wb_wipe(&sum, sizeof sum);
	if (st != WB_OK)
		return dispute_because(err, st, "commitment");
	if (wb_point_equal(&expected, &o->batch->totals))
		return WB_OK;
	return dispute(err, "commitment",
	    "the signed totals are not those of the records");
}

static enum wb_status
check_totals(struct opening *o, struct wb_error *err)
{
	struct wb_measures *measures;
	/* Not known before the content is, which the measures are in. */
	enum wb_status st = wb_measures_new(&measures, o->batch->content_hash.b,
	    err);

	if (st == WB_OK)
		st = read_quantities(o, measures, err);
	if (st == WB_OK)
		st = check_commitment(o, measures, err);
	wb_measures_free(&measures);
	return st;
}

enum wb_status
wb_opening(struct wb_opened_batch *out, struct wb_arena *arena,
    const struct wb_batch *batch, struct wb_span file,
    struct wb_secret *const *readers, size_t reader_count, struct wb_error *err)
{
	struct opening o = { .arena = arena,
		.batch = batch,
		.readers = readers,
		.reader_count = reader_count };
	enum wb_status st = check_hash(batch, file, err);

	wb_bytes_init(&o.plain, WB_MAX_CONTENT);
	if (st == WB_OK)
		st = read_content(&o, file, err);
	if (st == WB_OK)
		st = check_manifest(&o, err);
	if (st == WB_OK)
		st = open_parts(&o, err);
	if (st == WB_OK)
		st = check_root(&o, err);
	if (st == WB_OK)
		st = check_totals(&o, err);
	if (st == WB_OK) {
		out->manifest = o.content.manifest;
		out->records = o.records;
		out->record_count = o.count;
		out->seed = o.content.seed;
		memcpy(out->mark, o.content.mark, WB_MARK_LEN);
	}
	wb_bytes_clear(&o.plain);
	return st;
}

enum wb_status
wb_record_commitment(struct wb_point *out, struct wb_measures *measures,
    const struct wb_goods *goods, const struct wb_hash *seed,
    struct wb_error *err)
{
	struct wb_scalar blinding;
	enum wb_status st = wb_measures_add(measures, goods, err);

	if (st != WB_OK)
		return st;
	wb_blinding(&blinding, seed);
	st = wb_measures_commit(out, measures, &blinding, err);
	wb_wipe(&blinding, sizeof blinding);
	return st;
}
