/*
 * The reading half of client/trust/trust.h: what has been verified and kept already.
 * Apart, because queue and journal need no more than this.
 */
#include "client/trust/trust.h"
#include "crypto/tlogproof.h"

enum wb_status
wb_trust_newest(struct wb_head *out, struct wb_signature *signature,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes note;
	enum wb_status st;

	*out = (struct wb_head){ 0 };
	*signature = (struct wb_signature){ { 0 } };
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_setting_get(&note, device->db, WB_SET_HEAD, err);
	if (st == WB_OK) {
		st = wb_checkpoint_open(out, signature, wb_bytes_span(&note),
		    &device->log, err);
	} else if (st == WB_NOT_FOUND) {
		st = wb_forgive(err);
	}
	wb_bytes_clear(&note);
	return st;
}

/* A receipt that proves nothing is as good as none. */
static void
read_receipt(struct wb_held *out, const struct wb_device *device,
    struct wb_span envelope, struct wb_span receipt)
{
	struct wb_tlog_proof parsed;
	struct wb_head head;
	struct wb_hash leaf;

	wb_leaf_hash(&leaf, &envelope, 1);
	if (wb_tlog_proof_verify(&out->index, &head, receipt, &leaf,
		&device->log, NULL) == WB_OK &&
	    wb_tlog_proof_parse(&parsed, receipt, NULL) == WB_OK &&
	    wb_inclusion_known(&out->known, &leaf, out->index, head.size,
		&parsed.proof, NULL) == WB_OK)
		out->size = head.size;
}

enum wb_status
wb_trust_held(struct wb_held *out, struct wb_device *device,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	out->size = 0;
	out->known.count = 0;
	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope, receipt FROM statement"
	    " WHERE log_index IS NOT NULL ORDER BY log_index DESC LIMIT 1",
	    err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	if (!wb_column_is_null(s, 1))
		read_receipt(out, device, wb_column_blob(s, 0),
		    wb_column_blob(s, 1));
	wb_stmt_done(s);
	return WB_OK;
}

enum wb_status
wb_trust_roster_at(struct wb_roster *out, struct wb_arena *arena,
    struct wb_device *device, uint64_t index, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope FROM statement WHERE type = ? AND log_index < ?"
	    " ORDER BY log_index DESC LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_STATEMENT_ROSTER);
	wb_bind_int(s, 2, index > INT64_MAX ? INT64_MAX : (int64_t)index);
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return wb_fail(err, WB_NOT_FOUND,
		    "no roster is known for that place of the log");
	st = wb_envelope_decode(&envelope, arena, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	if (st != WB_OK)
		return st;
	return wb_roster_decode(out, arena, envelope.payload, err);
}
