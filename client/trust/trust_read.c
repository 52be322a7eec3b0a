/*
 * The reading half of client/trust/trust.h: what has been verified and kept already.
 * Apart, because queue and journal need no more than this.
 */
#include "client/trust/trust.h"

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
