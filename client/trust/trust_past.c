/*
 * The part of client/trust/trust.h that knows which root the log had at each
 * size, and so whether a device saw the same log.
 */
#include <inttypes.h>
#include <string.h>

#include "client/trust/trust.h"
#include "crypto/merkle.h"
#include "proto/batch.h"

#define MAX_FRONTIER (8 + 64 * WB_HASH_LEN) /* bytes */
#define SIZE_LEN 8

/* Going on behind the entries that were taken up before. */
struct past {
	struct wb_device *device;
	struct wb_frontier tree;
	struct wb_error *found;
};

/* Kept as the size and one hash for each of its set bits, the lowest first. */
static enum wb_status
load_tree(struct past *p, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;
	size_t at = SIZE_LEN;

	wb_bytes_init(&text, MAX_FRONTIER);
	st = wb_setting_get(&text, p->device->db, WB_SET_FRONTIER, err);
	if (st == WB_OK && text.len >= SIZE_LEN)
		p->tree.size = wb_get_be64(text.data);
	for (unsigned l = 0; l < 64 && st == WB_OK; l++) {
		if ((p->tree.size >> l & 1) == 0)
			continue;
		if (text.len - at < WB_HASH_LEN) {
			p->tree = (struct wb_frontier){ 0 };
			break;
		}
		memcpy(p->tree.edge[l].b, text.data + at, WB_HASH_LEN);
		at += WB_HASH_LEN;
	}
	wb_bytes_clear(&text);
	return st == WB_NOT_FOUND ? wb_forgive(err) : st;
}

static enum wb_status
store_tree(const struct past *p, struct wb_error *err)
{
	uint8_t text[MAX_FRONTIER];
	size_t len = SIZE_LEN;

	wb_put_be64(text, p->tree.size);
	for (unsigned l = 0; l < 64; l++) {
		if ((p->tree.size >> l & 1) == 0)
			continue;
		memcpy(text + len, p->tree.edge[l].b, WB_HASH_LEN);
		len += WB_HASH_LEN;
	}
	return wb_setting_put(p->device->db, WB_SET_FRONTIER,
	    wb_span(text, len), err);
}

/* Dropped with the derived tables: from the beginning then. */
static enum wb_status
check_table(struct past *p, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, p->device->db,
	    "SELECT coalesce(max(size), 0) FROM past", err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if ((uint64_t)wb_column_int(s, 0) != p->tree.size)
		p->tree = (struct wb_frontier){ 0 };
	wb_stmt_done(s);
	return p->tree.size != 0
		   ? WB_OK
		   : wb_db_exec(p->device->db, "DELETE FROM past", err);
}

static enum wb_status
add_root(struct past *p, struct wb_span envelope, struct wb_error *err)
{
	struct wb_hash leaf, root;
	struct wb_stmt *s;
	enum wb_status st;

	wb_leaf_hash(&leaf, &envelope, 1);
	wb_frontier_add(&p->tree, &leaf, NULL, NULL);
	wb_frontier_root(&p->tree, &root);
	st = wb_db_prepare(&s, p->device->db,
	    "INSERT INTO past (size, root) VALUES (?, ?)", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)p->tree.size);
	wb_bind_blob(s, 2, wb_hash_span(&root));
	return wb_run(s, err);
}

static enum wb_status
has_root(bool *has, struct wb_db *db, const struct wb_head *head,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "SELECT 1 FROM past WHERE size = ? AND root = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1,
	    head->size > INT64_MAX ? INT64_MAX : (int64_t)head->size);
	wb_bind_blob(s, 2, wb_hash_span(&head->root));
	st = wb_step(s, has, err);
	wb_stmt_done(s);
	return st;
}

/* Only what the log signed is its word; a device can name anything. */
static enum wb_status
signed_by_log(bool *good, const struct wb_device *device,
    const struct wb_batch *batch, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_NOTE);
	st = wb_checkpoint_format(&text, device->log.name, &batch->seen, err);
	*good = st == WB_OK && wb_sign_verify(&batch->seen_signature,
				   &device->log.key, wb_bytes_span(&text));
	wb_bytes_clear(&text);
	return st;
}

static void
report(struct past *p, const struct wb_batch *batch)
{
	const struct wb_member *m = wb_roster_find(&p->device->roster,
	    &batch->signer);
	struct wb_span label = m != NULL ? m->label
					 : wb_span_text("a former member");

	if (p->found->status != WB_OK)
		return;
	p->found->status = wb_advise(p->found,
	    wb_fail(p->found, WB_FORGED,
		"the server showed %.*s another history of the log than this "
		"device: it has signed both (of %" PRIu64 " entries, in batch "
		"%" PRIu64 ")",
		(int)label.len, (const char *)label.data, batch->seen.size,
		batch->sequence),
	    "log-fork", WB_KEEP_EVIDENCE);
}

/* What the device that made it had been shown, against what is here. */
static enum wb_status
compare(struct past *p, struct wb_span payload, struct wb_error *err)
{
	struct wb_batch batch;
	enum wb_status st = wb_batch_decode(&batch, payload, err);
	bool same, good = false;

	if (st != WB_OK || batch.seen.size == 0)
		return st;
	st = has_root(&same, p->device->db, &batch.seen, err);
	if (st == WB_OK && !same)
		st = signed_by_log(&good, p->device, &batch, err);
	if (st == WB_OK && good)
		report(p, &batch);
	return st;
}

static enum wb_status
take(struct past *p, struct wb_stmt *s, struct wb_error *err)
{
	struct wb_span bytes = wb_column_blob(s, 1);
	struct wb_envelope envelope;
	struct wb_arena arena;
	enum wb_status st = WB_OK;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	if (wb_column_int(s, 2) == WB_STATEMENT_BATCH) {
		st = wb_envelope_decode(&envelope, &arena, bytes, err);
		if (st == WB_OK)
			st = compare(p, envelope.payload, err);
	}
	if (st == WB_OK)
		st = add_root(p, bytes, err);
	wb_arena_clear(&arena);
	return st;
}

enum wb_status
wb_trust_past(struct wb_error *found, struct wb_device *device,
    struct wb_error *err)
{
	struct past p = { .device = device, .found = found };
	struct wb_stmt *s;
	enum wb_status st;
	bool row = false;

	*found = (struct wb_error){ 0 };
	st = load_tree(&p, err);
	if (st == WB_OK)
		st = check_table(&p, err);
	if (st == WB_OK) {
		st = wb_db_prepare(&s, device->db,
		    "SELECT log_index, envelope, type FROM statement"
		    " WHERE log_index >= ? ORDER BY log_index",
		    err);
	}
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)p.tree.size);
	st = wb_step(s, &row, err);
	while (st == WB_OK && row &&
	       (uint64_t)wb_column_int(s, 0) == p.tree.size) {
		st = take(&p, s, err);
		if (st == WB_OK)
			st = wb_step(s, &row, err);
	}
	wb_stmt_done(s);
	return st == WB_OK ? store_tree(&p, err) : st;
}
