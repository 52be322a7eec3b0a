#include "tests/unit/client/showkit.h"

#include <stdlib.h>

#include "client/bundle/bundle_reader.h"
#include "crypto/note.h"

#define MAX_LEAVES 256
#define MAX_BUNDLE ((size_t)1 << 20)

const struct showkit_record showkit_seven[8] = {
	{ "rice", "Farmhouse", "ask for Tomas" },
	{ "rice", "Farmhouse", "" },
	{ "insulin", "Chapel", "at night" },
	{ "oil", "Ford", "" },
	{ "salt", "Ford", "" },
	{ "tents", "Mill", "" },
	{ "soap", "Mill", "" },
	{ "rope", "Mill", "" },
};

int
showkit_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	fixture_begin(f, 7);
	*state = f;
	return 0;
}

int
showkit_teardown(void **state)
{
	fixture_end(*state);
	free(*state);
	return 0;
}

void
showkit_save(struct fixture *f, struct wb_device *device,
    const struct showkit_record *records, size_t n)
{
	static const uint8_t code[WB_RECEIPT_CODE_LEN] = "receipt-code-16";
	struct wb_sealing sealing;

	assert_ok(wb_sealing_begin(&sealing, &f->err), &f->err);
	assert_ok(wb_db_begin(device->db, &f->err), &f->err);
	for (size_t i = 0; i < n; i++) {
		struct wb_line line = { .item = wb_span_text(records[i].item),
			.unit = wb_span_text("sack"),
			.quantity = 2500 };
		struct wb_goods goods = { .kind = WB_KIND_DELIVERED,
			.day = FIXTURE_TODAY,
			.lines = &line,
			.line_count = 1 };
		struct wb_place place = { .to = wb_span_text(records[i].to),
			.people = 41,
			.code = wb_span(code, sizeof code),
			.note = wb_span_text(records[i].note) };
		struct wb_hash id;

		assert_ok(wb_queue_save(&id, &sealing, device, &goods, &place,
			      &f->err),
		    &f->err);
	}
	assert_ok(wb_db_commit(device->db, &f->err), &f->err);
	wb_sealing_end(&sealing);
}

uint64_t
showkit_send(struct fixture *f, struct wb_device *device)
{
	uint64_t index = f->next;

	assert_int_equal(fixture_send(f, device, false), 1);
	assert_int_equal(fixture_open(f, index), WB_BATCH_OPENED);
	fixture_ack(f, index, WB_OUTCOME_OPENED);
	return index;
}

static uint64_t
read_leaves(struct fixture *f, struct wb_hash leaves[MAX_LEAVES])
{
	struct wb_stmt *s;
	size_t n = 0;
	bool more;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT envelope FROM statement"
		      " WHERE log_index IS NOT NULL ORDER BY log_index",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &more, &f->err), &f->err);
	while (more) {
		struct wb_span envelope = wb_column_blob(s, 0);

		assert_true(n < MAX_LEAVES);
		wb_leaf_hash(&leaves[n++], &envelope, 1);
		assert_ok(wb_step(s, &more, &f->err), &f->err);
	}
	return n;
}

void
showkit_head(struct fixture *f)
{
	static struct wb_hash leaves[MAX_LEAVES];
	struct wb_head head = { .size = read_leaves(f, leaves) };
	struct wb_bytes note;

	wb_merkle_root(&head.root, leaves, (size_t)head.size);
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_seal(&note, &head, &f->coord.log, &f->log,
		      &f->err),
	    &f->err);
	assert_ok(wb_setting_put(f->coord.db, WB_SET_HEAD, wb_bytes_span(&note),
		      &f->err),
	    &f->err);
	wb_bytes_clear(&note);
}

void
showkit_find(struct fixture *f, struct wb_record *out, struct wb_arena *arena,
    const char *label, uint64_t number)
{
	memset(out, 0, sizeof *out);
	wb_arena_init(arena, WB_ARENA_BUDGET);
	assert_ok(wb_records_find(out, arena, &f->coord, wb_span_text(label),
		      number, &f->err),
	    &f->err);
}

void
showkit_disclose(struct fixture *f, struct wb_bytes *out, const char *label,
    uint64_t number, bool goods_only)
{
	struct wb_record record;
	struct wb_arena arena;

	showkit_find(f, &record, &arena, label, number);
	wb_bytes_init(out, MAX_BUNDLE);
	assert_ok(wb_disclosure_make(out, &f->coord, &record, goods_only,
		      &f->err),
	    &f->err);
	wb_arena_clear(&arena);
}

void
showkit_audit(struct fixture *f, struct wb_audit *out,
    const struct wb_bytes *bundle)
{
	const struct wb_audit_options options = {
		.programme = &f->coord.programme
	};

	assert_ok(wb_audit_bytes(out, wb_bytes_span(bundle), &options, &f->err),
	    &f->err);
}

void
showkit_open(struct fixture *f, struct wb_opened_batch *out,
    struct wb_arena *arena, uint64_t index)
{
	struct wb_secret *const readers[] = { f->reader };
	struct wb_envelope envelope;
	struct wb_batch batch;
	struct wb_stmt *s;
	bool row;

	wb_arena_init(arena, WB_MAX_CONTENT_BUDGET);
	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT envelope, file FROM statement s JOIN content c"
		      " ON c.statement = s.row WHERE log_index = ?",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, (int64_t)index);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_true(row);
	assert_ok(wb_envelope_decode(&envelope, arena, wb_column_blob(s, 0),
		      &f->err),
	    &f->err);
	assert_ok(wb_batch_decode(&batch, envelope.payload, &f->err), &f->err);
	assert_ok(wb_opening(out, arena, &batch, wb_column_blob(s, 1), readers,
		      1, &f->err),
	    &f->err);
	wb_stmt_done(s);
}

/* The reader's views end with its next item: each is decoded again here. */
void
showkit_take_apart(struct fixture *f, struct showkit_items *out,
    const struct wb_bytes *bundle)
{
	struct wb_bundle_reader *reader;
	struct wb_bundle_frame frame;
	bool more = true;

	memset(out, 0, sizeof *out);
	wb_arena_init(&out->arena, WB_ARENA_BUDGET);
	assert_ok(wb_bundle_reader_open_bytes(&reader, wb_bytes_span(bundle),
		      &f->err),
	    &f->err);
	for (;;) {
		struct wb_bundle_item *item = &out->items[out->count];

		assert_ok(wb_bundle_reader_frame(&frame, &more, reader,
			      &f->err),
		    &f->err);
		if (!more)
			break;
		assert_true(out->count < SHOWKIT_ITEMS);
		assert_ok(wb_bundle_item_decode(item, &out->arena, frame.bytes,
			      &f->err),
		    &f->err);
		if (item->kind != WB_BUNDLE_CHECKSUM)
			out->count++;
	}
	wb_bundle_reader_close(&reader);
}

void
showkit_join(struct fixture *f, struct wb_bytes *out,
    const struct showkit_items *items)
{
	struct wb_bundle_item end = { .kind = WB_BUNDLE_CHECKSUM };

	wb_bytes_init(out, MAX_BUNDLE);
	for (size_t i = 0; i < items->count; i++)
		assert_ok(wb_bundle_item_append(out, &items->items[i], &f->err),
		    &f->err);
	wb_sha256_one(&end.checksum, wb_bytes_span(out));
	assert_ok(wb_bundle_item_append(out, &end, &f->err), &f->err);
}

size_t
showkit_item(const struct showkit_items *items, enum wb_bundle_kind kind)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->items[i].kind == kind)
			return i;
	fail_msg("the bundle has no item of kind %d", (int)kind);
	return 0;
}

void
showkit_read(struct fixture *f, struct wb_disclosure *out,
    struct wb_arena *arena, const struct wb_bytes *bundle)
{
	struct showkit_items items;
	size_t at;

	wb_arena_init(arena, WB_ARENA_BUDGET);
	showkit_take_apart(f, &items, bundle);
	at = showkit_item(&items, WB_BUNDLE_DISCLOSURE);
	assert_ok(wb_disclosure_decode(out, arena, items.items[at].bytes,
		      &f->err),
	    &f->err);
	wb_arena_clear(&items.arena);
}
