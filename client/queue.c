#include "client/queue.h"

#include <string.h>

#include "client/journal/journal.h"
#include "client/ledger/opening.h"
#include "crypto/recordtree.h"

#define KEY_FILE_LEN (WB_PART_KEY_LEN + WB_MARK_LEN) /* key || mark */
#define WB_MAX_PART (2 * (size_t)WB_MAX_RECORD + 1024) /* sealed, bytes */

/* A record's two halves and what sealing them gives. */
struct sealed {
	struct wb_bytes goods;
	struct wb_bytes place;
	struct wb_bytes plain; /* the padded part */
	struct wb_bytes part; /* the sealed one */
	struct wb_hash seed;
	struct wb_record_leaves leaves;
	struct wb_point commitment;
};

enum wb_status
wb_sealing_begin(struct wb_sealing *out, struct wb_error *err)
{
	static const uint8_t key[WB_SHORT_KEY_LEN]; /* all words are its own */

	memset(out, 0, sizeof *out);
	return wb_measures_new(&out->measures, key, err);
}

static void
forget_session(struct wb_sealing *sealing)
{
	wb_part_chain_clear(&sealing->chain);
	sealing->row = 0;
	sealing->bytes = 0;
}

void
wb_sealing_end(struct wb_sealing *sealing)
{
	forget_session(sealing);
	sealing->corrects = false;
	wb_measures_free(&sealing->measures);
}

static enum wb_status
store_session(struct wb_sealing *sealing, struct wb_db *db,
    struct wb_span key_file, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "INSERT INTO session (key_file, corrects) VALUES (?, ?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, key_file);
	wb_bind_int(s, 2, sealing->corrects);
	st = wb_run(s, err);
	if (st == WB_OK)
		sealing->row = wb_db_last_rowid(db);
	return st;
}

/* K || mark, wrapped once to the reader; K itself goes into the chain. */
static enum wb_status
start_session(struct wb_sealing *sealing, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_secret *key = NULL;
	struct wb_recipient reader;
	struct wb_bytes file;
	struct wb_span whole;
	enum wb_status st;

	wb_bytes_init(&file, wb_age_size(KEY_FILE_LEN, 1));
	st = wb_recipient_parse(&reader, device->roster.reader, err);
	if (st == WB_OK)
		st = wb_secret_random(&key, KEY_FILE_LEN, device->random, err);
	if (st != WB_OK)
		goto done;
	memcpy(wb_secret_data(key) + WB_PART_KEY_LEN, device->mark,
	    WB_MARK_LEN);
	whole = wb_secret_span(key);
	st = wb_age_encrypt(&file, whole, &reader, 1, device->random, err);
	if (st == WB_OK)
		st = wb_part_chain_init(&sealing->chain,
		    wb_span_sub(whole, 0, WB_PART_KEY_LEN), err);
	if (st == WB_OK)
		st = store_session(sealing, device->db, wb_bytes_span(&file),
		    err);
done:
	wb_secret_free(&key);
	wb_bytes_clear(&file);
	return st;
}

/* A session whose parts went into a batch has given its key file away. */
static enum wb_status
is_open(bool *open, struct wb_db *db, int64_t session, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "SELECT 1 FROM session WHERE row = ? AND length(key_file) > 0",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, session);
	st = wb_step(s, open, err);
	wb_stmt_done(s);
	return st;
}

static enum wb_status
ready_session(struct wb_sealing *sealing, struct wb_device *device, size_t part,
    bool is_void, struct wb_error *err)
{
	bool open = false, fits = sealing->corrects || !is_void;
	enum wb_status st = WB_OK;

	sealing->corrects = sealing->corrects || is_void;
	if (sealing->row != 0 && fits &&
	    sealing->bytes + part <= WB_BATCH_PARTS)
		st = is_open(&open, device->db, sealing->row, err);
	if (st != WB_OK || open)
		return st;
	forget_session(sealing);
	return start_session(sealing, device, err);
}

static enum wb_status
next_number(uint64_t *out, struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db,
	    "SELECT coalesce(max(number), 0) + 1 FROM part", err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	*out = (uint64_t)wb_column_int(s, 0);
	wb_stmt_done(s);
	return WB_OK;
}

static enum wb_status
seal(struct sealed *r, struct wb_sealing *sealing, struct wb_device *device,
    const struct wb_goods *goods, const struct wb_place *place,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_goods_encode(&r->goods, goods, err);
	if (st == WB_OK)
		st = wb_place_encode(&r->place, place, err);
	if (st == WB_OK)
		st = wb_part_encode(&r->plain, wb_bytes_span(&r->goods),
		    wb_bytes_span(&r->place), err);
	if (st == WB_OK)
		st = ready_session(sealing, device,
		    r->plain.len + WB_AEAD_TAG_LEN, goods->is_void, err);
	if (st == WB_OK) {
		st = wb_part_seal(&r->part, &r->seed, &sealing->chain,
		    wb_bytes_span(&r->plain), &device->programme,
		    &device->signer.key, err);
	}
	if (st != WB_OK)
		return st;
	sealing->bytes += r->part.len;
	wb_record_leaves(&r->leaves, &r->seed, wb_bytes_span(&r->goods),
	    wb_bytes_span(&r->place));
	return wb_record_commitment(&r->commitment, sealing->measures, goods,
	    &r->seed, err);
}

static enum wb_status
store_part(const struct sealed *r, const struct wb_sealing *sealing,
    struct wb_device *device, uint64_t number, uint32_t day,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, device->db,
	    "INSERT INTO part (number, day, saved, session, sealed, goods_leaf,"
	    " place_leaf, commitment) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)number);
	wb_bind_int(s, 2, day);
	wb_bind_int(s, 3, wb_clock_now(device->clock));
	wb_bind_int(s, 4, sealing->row);
	wb_bind_blob(s, 5, wb_bytes_span(&r->part));
	wb_bind_blob(s, 6, wb_hash_span(&r->leaves.goods));
	wb_bind_blob(s, 7, wb_hash_span(&r->leaves.place));
	wb_bind_blob(s, 8, wb_span(r->commitment.b, WB_POINT_LEN));
	return wb_run(s, err);
}

/* Window mode: the copy that this device can read back for some days. */
static enum wb_status
keep_copy(const struct sealed *r, struct wb_device *device, uint64_t number,
    struct wb_error *err)
{
	struct wb_origin origin = { .kind = WB_FROM_HAND,
		.coordinator = wb_member_may(device->self,
		    WB_ROLE_COORDINATOR) };
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, device->db,
	    "INSERT INTO own (number, goods, place) VALUES (?, ?, ?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)number);
	wb_bind_blob(s, 2, wb_bytes_span(&r->goods));
	wb_bind_blob(s, 3, wb_bytes_span(&r->place));
	st = wb_run(s, err);
	if (st == WB_OK)
		st = wb_journal_device(&origin.owner, device->db,
		    &device->signer.key, err);
	if (st == WB_OK)
		st = wb_journal_record(device, &origin, &r->leaves.goods,
		    wb_bytes_span(&r->goods), wb_bytes_span(&r->place), err);
	return st;
}

enum wb_status
wb_queue_save(struct wb_hash *id, struct wb_sealing *sealing,
    struct wb_device *device, const struct wb_goods *goods,
    struct wb_place *place, struct wb_error *err)
{
	struct sealed r = { .seed = { { 0 } } };
	enum wb_status st;

	wb_bytes_init(&r.goods, WB_MAX_RECORD);
	wb_bytes_init(&r.place, WB_MAX_RECORD);
	wb_bytes_init(&r.plain, WB_MAX_PART);
	wb_bytes_init(&r.part, WB_MAX_PART);
	st = wb_device_need_joined(device, err);
	if (st == WB_OK)
		st = next_number(&place->number, device->db, err);
	if (st == WB_OK)
		st = seal(&r, sealing, device, goods, place, err);
	if (st == WB_OK)
		st = store_part(&r, sealing, device, place->number, goods->day,
		    err);
	if (st == WB_OK && device->roster.window_days > 0)
		st = keep_copy(&r, device, place->number, err);
	if (st == WB_OK)
		*id = r.leaves.goods;
	wb_wipe(&r.seed, sizeof r.seed);
	wb_bytes_clear(&r.part);
	wb_bytes_clear(&r.plain);
	wb_bytes_clear(&r.place);
	wb_bytes_clear(&r.goods);
	return st;
}

enum wb_status
wb_queue_waiting(struct wb_waiting *out, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = (struct wb_waiting){ 0 };
	st = wb_db_prepare(&s, device->db,
	    "SELECT count(*), count(*) FILTER (WHERE p.batch IS NULL),"
	    " coalesce(min(p.saved), 0)"
	    " FROM part p LEFT JOIN statement s ON s.row = p.batch"
	    " WHERE s.log_index IS NULL",
	    err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	out->records = (uint64_t)wb_column_int(s, 0);
	out->unbatched = (uint64_t)wb_column_int(s, 1);
	out->oldest = wb_column_int(s, 2);
	wb_stmt_done(s);
	return WB_OK;
}
