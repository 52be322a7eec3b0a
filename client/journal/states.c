/* The part of client/journal/journal.h that counts states. */
#include "client/journal/journal.h"
#include "client/trust/witnessed.h"
#include "proto/ack.h"

enum wb_status
wb_journal_states(struct wb_states *out, struct wb_device *device,
    struct wb_error *err)
{
	uint64_t witnessed;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = (struct wb_states){ 0 };
	st = wb_witnessed_size(&witnessed, device, err);
	if (st != WB_OK)
		return st;
	st = wb_db_prepare(&s, device->db,
	    "SELECT count(*) FILTER (WHERE s.log_index IS NULL),"
	    " count(*) FILTER (WHERE s.log_index >= ?3 AND b.acked <> ?1),"
	    " count(*) FILTER (WHERE s.log_index < ?3 AND b.acked <> ?1),"
	    " count(*) FILTER (WHERE s.log_index IS NOT NULL"
	    "  AND b.acked = ?1),"
	    " count(*) FILTER (WHERE b.acked = ?2)"
	    " FROM part p LEFT JOIN statement s ON s.row = p.batch"
	    " LEFT JOIN batch b ON b.statement = p.batch",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_OUTCOME_OPENED);
	wb_bind_int(s, 2, WB_OUTCOME_DISPUTED);
	wb_bind_int(s, 3, (int64_t)witnessed);
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	out->here = (uint64_t)wb_column_int(s, 0);
	out->stored = (uint64_t)wb_column_int(s, 1);
	out->witnessed = (uint64_t)wb_column_int(s, 2);
	out->opened = (uint64_t)wb_column_int(s, 3);
	out->disputed = (uint64_t)wb_column_int(s, 4);
	wb_stmt_done(s);
	return WB_OK;
}
