#include "client/tally/tally_sum.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/ledger/opening.h"
#include "client/team/annexes.h"
#include "proto/envelope.h"

/* Which devices reported a measure: the first few are enough to know. */
struct reporters {
	uint32_t devices[WB_MIN_TALLY_DEVICES];
	size_t count;
};

/* The run over all batches. */
struct adding {
	struct wb_device *device;
	struct wb_secret **readers;
	size_t reader_count;
	struct wb_measures *measures;
	struct reporters reporters[WB_MAX_MEASURES];
	uint64_t before[WB_MAX_MEASURES]; /* the sums, one batch ago */
	struct wb_scalar blinding;
	struct wb_arena opening; /* one batch's */
	struct wb_bytes file;
};

static enum wb_status
missing(struct wb_error *err, uint64_t index)
{
	return wb_advise(err,
	    wb_fail(err, WB_NOT_FOUND,
		"the content of the batch of entry %" PRIu64 " is not here",
		index),
	    "content-missing", "Sync first: waybill sync");
}

static enum wb_status
load(struct wb_batch *batch, struct adding *a, uint64_t index,
    struct wb_error *err)
{
	struct wb_envelope envelope;
	enum wb_status st;
	struct wb_stmt *q;
	bool row;

	wb_bytes_reset(&a->file);
	wb_arena_clear(&a->opening);
	st = wb_db_prepare(&q, a->device->db,
	    "SELECT s.envelope, c.file FROM statement s JOIN content c"
	    " ON c.statement = s.row WHERE s.log_index = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(q, 1, (int64_t)index);
	st = wb_step(q, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return missing(err, index);
	st = wb_envelope_decode(&envelope, &a->opening, wb_column_blob(q, 0),
	    err);
	if (st == WB_OK)
		st = wb_batch_decode(batch, envelope.payload, err);
	if (st == WB_OK)
		st = wb_bytes_append(&a->file, wb_column_blob(q, 1), err);
	wb_stmt_done(q);
	return st;
}

static void
add_blinding(struct adding *a, const struct wb_hash *seed)
{
	struct wb_scalar blinding;

	wb_blinding(&blinding, seed);
	wb_scalar_add(&a->blinding, &blinding);
	wb_wipe(&blinding, sizeof blinding);
}

static enum wb_status
too_large(struct wb_error *err, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_INVALID, "%s", what),
	    "tally-too-large",
	    "Nothing was published. Look at: waybill totals");
}

static enum wb_status
add_records(struct adding *a, const struct wb_opened_batch *opened,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_goods goods;

	add_blinding(a, &opened->seed);
	for (size_t i = 0; st == WB_OK && i < opened->record_count; i++) {
		add_blinding(a, &opened->records[i].seed);
		st = wb_goods_decode(&goods, &a->opening,
		    opened->records[i].goods, err);
		if (st == WB_OK)
			st = wb_measures_add(a->measures, &goods, err);
	}
	return st == WB_INVALID
		   ? too_large(err, "there are too many measures, or one is "
				    "too large to add up")
		   : st;
}

static void
note_reporter(struct reporters *r, uint32_t device)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->devices[i] == device)
			return;
	if (r->count < WB_MIN_TALLY_DEVICES)
		r->devices[r->count++] = device;
}

/* The measures whose sums this batch raised. */
static enum wb_status
note_raised(struct adding *a, uint32_t device, struct wb_error *err)
{
	size_t n = wb_measures_count(a->measures);

	for (size_t i = 0; i < n; i++) {
		struct wb_total now = wb_measures_at(a->measures, i);

		if (now.quantity > WB_TOTAL_MAX) {
			return too_large(err,
			    "a total is larger than 9223372036854775.807, the "
			    "largest that can be published");
		}
		if (now.quantity != a->before[i])
			note_reporter(&a->reporters[i], device);
		a->before[i] = now.quantity;
	}
	return WB_OK;
}

static enum wb_status
add_batch(struct adding *a, const struct wb_tallied *b, struct wb_error *err)
{
	struct wb_opened_batch opened;
	struct wb_batch batch;
	enum wb_status st;

	st = load(&batch, a, b->index, err);
	if (st != WB_OK)
		return st;
	st = wb_opening(&opened, &a->opening, &batch, wb_bytes_span(&a->file),
	    a->readers, a->reader_count, err);
	if (st == WB_NOT_FOUND || st == WB_FORGED) {
		return wb_context(err, st,
		    "a batch that counts cannot be opened here");
	}
	if (st == WB_OK)
		st = add_records(a, &opened, err);
	return st == WB_OK ? note_raised(a, b->device, err) : st;
}

static int
compare(const void *a, const void *b)
{
	const struct wb_total *x = a, *y = b;

	return wb_span_compare(x->measure, y->measure);
}

static enum wb_status
list_totals(struct wb_tally_sum *out, const struct adding *a,
    struct wb_error *err)
{
	size_t n = wb_measures_count(a->measures);
	enum wb_status st = WB_OK;

	out->totals = wb_arena_array(&out->arena, n, sizeof *out->totals);
	if (out->totals == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		struct wb_total *total = &out->totals[i];

		*total = wb_measures_at(a->measures, i);
		st = wb_arena_copy(&total->measure, &out->arena, total->measure,
		    err);
		if (a->reporters[i].count < WB_MIN_TALLY_DEVICES)
			out->rare = total->measure;
	}
	if (st != WB_OK)
		return st;
	out->total_count = n;
	out->blinding = a->blinding;
	qsort(out->totals, n, sizeof *out->totals, compare);
	return WB_OK;
}

enum wb_status
wb_tally_sum(struct wb_tally_sum *out, struct wb_device *device,
    const struct wb_tallied *batches, size_t n,
    struct wb_tally_progress progress, struct wb_error *err)
{
	struct adding *a = calloc(1, sizeof *a);
	uint8_t key[WB_SHORT_KEY_LEN];
	enum wb_status st;

	*out = (struct wb_tally_sum){ 0 };
	wb_arena_init(&out->arena, WB_MAX_TALLY_BUDGET);
	if (a == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	a->device = device;
	wb_arena_init(&a->opening, WB_MAX_CONTENT_BUDGET);
	wb_bytes_init(&a->file, WB_MAX_CONTENT);
	wb_random_fill(device->random, key, sizeof key);
	st = wb_measures_new(&a->measures, key, err);
	if (st == WB_OK)
		st = wb_annexes_readers(&a->readers, &a->reader_count, device,
		    err);
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		st = add_batch(a, &batches[i], err);
		if (st == WB_OK && progress.tell != NULL)
			progress.tell(progress.ctx, i + 1, n);
	}
	if (st == WB_OK)
		st = list_totals(out, a, err);
	wb_annexes_free_readers(&a->readers, a->reader_count);
	wb_measures_free(&a->measures);
	wb_arena_clear(&a->opening);
	wb_bytes_clear(&a->file);
	wb_wipe(a, sizeof *a);
	free(a);
	return st;
}

void
wb_tally_sum_clear(struct wb_tally_sum *sum)
{
	wb_arena_clear(&sum->arena);
	wb_wipe(sum, sizeof *sum);
}
