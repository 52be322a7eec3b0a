/* The part of client/journal/totals.h that tells what totals do not hold. */
#include <string.h>

#include "client/journal/totals.h"
#include "proto/ack.h"

#define COVERAGE_BUDGET ((size_t)64 << 20) /* bytes */

/* Columns of the one query. */
enum column {
	DEVICE,
	LABEL,
	KEY,
	SEQUENCE, /* NULL: a device without batches */
	HEARD,
	OUTCOME,
	ACKED,
	DISTRUST,
	LOG_INDEX,
	WAITS
};

/* Reading batches device by device, in the order of their numbers. */
struct reading {
	struct wb_coverage *out;
	const struct wb_device *device;
	struct wb_stmt *s;
	int64_t current; /* row of the device being read */
	uint64_t last; /* sequence number read last */
	size_t room; /* of out->devices */
	size_t gap_room; /* of the current device's gaps */
};

/* Room for one more in an array of the arena; `*room` counts elements. */
static void *
more_room(struct wb_arena *arena, const void *old, size_t count, size_t *room,
    size_t size)
{
	size_t more = *room == 0 ? 8 : 2 * *room;
	void *array = wb_arena_array(arena, more, size);

	if (array == NULL)
		return NULL;
	if (count > 0)
		memcpy(array, old, count * size);
	*room = more;
	return array;
}

static enum wb_status
no_memory(struct wb_error *err)
{
	return wb_fail(err, WB_NO_MEMORY, "too many devices to show");
}

/* Silent devices are listed if records may be expected from them. */
static bool
is_expected(const struct reading *r)
{
	struct wb_span column = wb_column_blob(r->s, KEY);
	const struct wb_member *member;
	struct wb_key key;

	if (!wb_column_is_null(r->s, SEQUENCE))
		return true;
	if (column.len != WB_KEY_LEN)
		return false;
	memcpy(key.b, column.data, WB_KEY_LEN);
	member = wb_roster_find(&r->device->roster, &key);
	return wb_member_may(member, WB_ROLE_FIELD);
}

static enum wb_status
begin_device(struct reading *r, struct wb_error *err)
{
	struct wb_coverage *out = r->out;
	struct wb_covered_device *d;

	if (out->device_count == r->room) {
		out->devices = more_room(&out->arena, out->devices,
		    out->device_count, &r->room, sizeof *out->devices);
		if (out->devices == NULL)
			return no_memory(err);
	}
	r->current = wb_column_int(r->s, DEVICE);
	r->last = 0;
	r->gap_room = 0;
	d = &out->devices[out->device_count++];
	d->distrust_from = (uint64_t)wb_column_int(r->s, DISTRUST);
	return wb_arena_copy(&d->label, &out->arena,
	    wb_column_text(r->s, LABEL), err);
}

static enum wb_status
add_gap(struct reading *r, struct wb_covered_device *d, uint64_t first,
    uint64_t last, struct wb_error *err)
{
	if (d->missing_count == r->gap_room) {
		d->missing = more_room(&r->out->arena, d->missing,
		    d->missing_count, &r->gap_room, sizeof *d->missing);
		if (d->missing == NULL)
			return no_memory(err);
	}
	d->missing[d->missing_count++] = (struct wb_gap){ first, last };
	return WB_OK;
}

/*
 * Whoever can open batches counts those that are open here; everybody else has
 * the coordinators' word.  A dispute counts, whoever found it.
 */
static void
count_outcome(struct reading *r, bool opens)
{
	int64_t outcome = wb_column_int(r->s, OUTCOME);
	int64_t acked = wb_column_int(r->s, ACKED);

	if (outcome == WB_BATCH_DISPUTED || acked == WB_OUTCOME_DISPUTED)
		r->out->disputed++;
	else if (outcome == WB_BATCH_UNDECRYPTABLE ||
		 (!opens && acked == WB_OUTCOME_UNDECRYPTABLE))
		r->out->undecryptable++;
	else if (outcome != WB_BATCH_OPENED &&
		 (opens || acked != WB_OUTCOME_OPENED)) {
		r->out->unopened++;
		r->out->waiting += !wb_column_is_null(r->s, WAITS);
	}
}

static enum wb_status
count_batch(struct reading *r, bool opens, struct wb_error *err)
{
	struct wb_covered_device *d;
	uint64_t sequence = (uint64_t)wb_column_int(r->s, SEQUENCE);
	int64_t heard = wb_column_int(r->s, HEARD);
	enum wb_status st = WB_OK;

	d = &r->out->devices[r->out->device_count - 1];
	d->batches++;
	if (heard > d->last_heard)
		d->last_heard = heard;
	if (d->distrust_from != 0 &&
	    (uint64_t)wb_column_int(r->s, LOG_INDEX) >= d->distrust_from) {
		d->suspect++;
		r->out->suspect++;
	}
	if (sequence == r->last)
		d->forked++;
	else if (sequence > r->last + 1)
		st = add_gap(r, d, r->last + 1, sequence - 1, err);
	r->last = sequence;
	count_outcome(r, opens);
	return st;
}

static enum wb_status
take_row(struct reading *r, bool opens, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	if (!is_expected(r))
		return WB_OK;
	if (wb_column_int(r->s, DEVICE) != r->current)
		st = begin_device(r, err);
	if (st == WB_OK && !wb_column_is_null(r->s, SEQUENCE))
		st = count_batch(r, opens, err);
	return st;
}

static enum wb_status
read_batches(struct reading *r, struct wb_device *device, bool opens,
    struct wb_error *err)
{
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&r->s, device->db,
	    "SELECT d.row, d.label, d.key, l.sequence, l.heard, l.outcome,"
	    " l.acked, d.distrust, l.log_index, l.waits"
	    " FROM device d LEFT JOIN"
	    " (SELECT b.device, b.sequence, s.heard, b.outcome, b.acked,"
	    " s.log_index, b.waits FROM batch b JOIN statement s"
	    " ON s.row = b.statement WHERE s.log_index IS NOT NULL) l"
	    " ON l.device = d.row"
	    " ORDER BY length(d.label), d.label, d.row, l.sequence",
	    err);
	if (st == WB_OK)
		st = wb_step(r->s, &row, err);
	while (st == WB_OK && row) {
		st = take_row(r, opens, err);
		if (st == WB_OK)
			st = wb_step(r->s, &row, err);
		else
			wb_stmt_done(r->s);
	}
	return st;
}

enum wb_status
wb_coverage_read(struct wb_coverage *out, struct wb_device *device,
    struct wb_error *err)
{
	const bool opens = wb_member_may(device->self, WB_ROLE_COORDINATOR);
	struct reading r = { .out = out, .device = device };
	enum wb_status st;

	*out = (struct wb_coverage){ 0 };
	wb_arena_init(&out->arena, COVERAGE_BUDGET);
	st = read_batches(&r, device, opens, err);
	if (st != WB_OK) {
		wb_coverage_clear(out);
		return st;
	}
	out->complete = out->undecryptable == 0 && out->disputed == 0 &&
			out->waiting == 0 && (!opens || out->unopened == 0);
	for (size_t i = 0; i < out->device_count; i++)
		if (out->devices[i].missing_count > 0)
			out->complete = false;
	return WB_OK;
}

void
wb_coverage_clear(struct wb_coverage *c)
{
	wb_arena_clear(&c->arena);
	*c = (struct wb_coverage){ 0 };
}
