#include "client/queue.h"

#include "client/ledger/opening.h"
#include "proto/wire.h"

#include "tests/unit/client/fixture.h"

#define MANY 400 /* records: more than one batch takes */

static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
	2500, "S-12", FIXTURE_TODAY };

static void
a_record_goes_from_here_over_stored_to_opened(void **state)
{
	struct wb_waiting waiting;
	struct wb_states states;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.here, 1);
	assert_ok(wb_queue_waiting(&waiting, &f.k1, &f.err), &f.err);
	assert_int_equal(waiting.records, 1);
	assert_int_equal(waiting.unbatched, 1);
	assert_int_equal(waiting.oldest, f.now);

	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.here, 0);
	assert_int_equal(states.stored, 1);
	assert_ok(wb_queue_waiting(&waiting, &f.k1, &f.err), &f.err);
	assert_int_equal(waiting.records, 0);

	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_string_equal(fixture_why(&f, 1), "");
	fixture_ack(&f, 1, WB_OUTCOME_OPENED);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.stored, 0);
	assert_int_equal(states.opened, 1);
	fixture_end(&f);
}

/* Looks for bytes in everything that a device keeps. */
static bool
keeps(struct fixture *f, struct wb_device *device, const char *text)
{
	struct wb_stmt *s;
	bool found;

	assert_ok(wb_db_prepare(&s, device->db,
		      "SELECT 1 FROM part WHERE instr(sealed, ?1)"
		      " UNION ALL SELECT 1 FROM content WHERE instr(file, ?1)"
		      " UNION ALL SELECT 1 FROM measure"
		      " UNION ALL SELECT 1 FROM place"
		      " UNION ALL SELECT 1 FROM record"
		      " UNION ALL SELECT 1 FROM own",
		      &f->err),
	    &f->err);
	wb_bind_blob(s, 1, wb_span_text(text));
	assert_ok(wb_step(s, &found, &f->err), &f->err);
	wb_stmt_done(s);
	return found;
}

static void
sealed_mode_keeps_number_day_and_state_alone(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_false(keeps(&f, &f.k1, "rice"));
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_false(keeps(&f, &f.k1, "rice"));
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT number * 100000 + day FROM part"),
	    100000 + FIXTURE_TODAY);
	fixture_end(&f);
}

static void
window_mode_reads_own_records_back(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM record WHERE batch IS NULL"),
	    1);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM record r JOIN part p"
			     " ON p.batch = r.batch AND p.number = r.number"),
	    1);
	fixture_end(&f);
}

/* Whether there was anything to send does not show. */
static void
an_empty_batch_can_be_opened(void **state)
{
	struct fixture f;
	uint64_t made;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_queue_batch(&made, &f.k1, false, &f.err), &f.err);
	assert_int_equal(made, 0);
	assert_int_equal(fixture_send(&f, &f.k1, true), 1);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM record"),
	    0);
	/* With a record there is one batch, not two. */
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, true), 1);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT length(file) FROM content"),
	    2048);
	fixture_end(&f);
}

static void
batches_follow_each_other(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	for (int i = 0; i < 3; i++) {
		(void)fixture_save(&f, &f.k1, &rice);
		assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	}
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM batch b JOIN batch a"
			     " ON a.sequence = b.sequence - 1"
			     " JOIN statement s ON s.row = a.statement"
			     " WHERE s.id = b.previous"),
	    2);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM batch WHERE sequence = 1"
			     " AND length(previous) = 0"),
	    1);
	/* Derived tables made anew do not break the chain. */
	assert_ok(wb_journal_rebuild(&f.k1, NULL, NULL, &f.err), &f.err);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT max(sequence) FROM batch"),
	    4);
	fixture_end(&f);
}

static void
save_goods(struct fixture *f, struct wb_device *device,
    struct wb_sealing *sealing, uint64_t quantity, const struct wb_hash *amends)
{
	struct wb_line line = { .item = wb_span_text("rice"),
		.quantity = quantity };
	struct wb_goods goods = { .kind = WB_KIND_DELIVERED,
		.day = FIXTURE_TODAY,
		.lines = &line,
		.line_count = 1 };
	struct wb_place place = { .to = wb_span_text("S-12") };
	struct wb_hash id;

	if (amends != NULL) {
		goods.is_void = true;
		goods.amends = *amends;
		goods.reason = WB_REASON_MISTYPED;
	}
	assert_ok(wb_db_begin(device->db, &f->err), &f->err);
	assert_ok(wb_queue_save(&id, sealing, device, &goods, &place, &f->err),
	    &f->err);
	assert_ok(wb_db_commit(device->db, &f->err), &f->err);
}

static void
save_in(struct fixture *f, struct wb_device *device, struct wb_sealing *sealing,
    uint64_t quantity)
{
	save_goods(f, device, sealing, quantity, NULL);
}

/* A menu may stay open over it. */
static void
a_void_and_what_replaces_it_go_together(void **state)
{
	const struct wb_hash id = { { 9 } };
	struct wb_sealing sealing;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_sealing_begin(&sealing, &f.err), &f.err);
	save_in(&f, &f.k1, &sealing, 1);
	save_goods(&f, &f.k1, &sealing, 1, &id);
	save_in(&f, &f.k1, &sealing, 2);
	wb_sealing_end(&sealing);
	assert_ok(wb_sealing_begin(&sealing, &f.err), &f.err);
	save_in(&f, &f.k1, &sealing, 3);
	wb_sealing_end(&sealing);
	assert_int_equal(fixture_send(&f, &f.k1, false), 2);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM part p JOIN statement s"
			     " ON s.row = p.batch WHERE s.log_index ="
			     " CASE WHEN number IN (1, 4) THEN 1 ELSE 2 END"),
	    4);
	fixture_end(&f);
}

/*
 * Both correct the same record: the second correction is disputed, and takes
 * with it no delivery, saved before or after it.
 */
static void
a_correction_made_twice_costs_no_delivery(void **state)
{
	static const uint32_t modes[] = { 0, 7 };
	const char *delivered = "SELECT sum(quantity) FROM line WHERE kind = 2";
	const char *voided = "SELECT sum(quantity) FROM line WHERE kind = 18";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture f;
		struct wb_hash id;
		uint64_t at;

		fixture_begin(&f, modes[i]);
		id = fixture_save(&f, &f.k1, &rice);
		assert_int_equal(fixture_send(&f, &f.k1, false), 1);
		assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
		(void)fixture_void(&f, &f.coord, &rice, &id);
		assert_int_equal(fixture_send(&f, &f.coord, false), 1);
		assert_int_equal(fixture_open(&f, 2), WB_BATCH_OPENED);

		(void)fixture_save(&f, &f.k1, &rice);
		(void)fixture_void(&f, &f.k1, &rice, &id);
		(void)fixture_save(&f, &f.k1, &rice);
		at = f.next;
		assert_int_equal(fixture_send(&f, &f.k1, false), 2);
		assert_int_equal(fixture_open(&f, at), WB_BATCH_OPENED);
		assert_int_equal(fixture_open(&f, at + 1), WB_BATCH_DISPUTED);
		assert_string_equal(fixture_why(&f, at + 1), "void-twice");
		assert_int_equal(fixture_number(&f, &f.coord, delivered), 7500);
		assert_int_equal(fixture_number(&f, &f.coord, voided), 2500);
		/* Nothing is left behind, and nothing tells any more which. */
		assert_int_equal(fixture_send(&f, &f.k1, false), 0);
		assert_int_equal(fixture_number(&f, &f.k1,
				     "SELECT count(*) FROM session"
				     " WHERE corrects OR length(key_file)"),
		    0);
		fixture_end(&f);
	}
}

/* What a correction names is logged before it, though both are made offline. */
static void
corrections_come_after_what_they_correct(void **state)
{
	struct wb_hash id, again;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	id = fixture_save(&f, &f.k1, &rice);
	(void)fixture_void(&f, &f.k1, &rice, &id);
	again = fixture_save(&f, &f.k1, &rice);
	(void)fixture_void(&f, &f.k1, &rice, &again);
	assert_int_equal(fixture_send(&f, &f.k1, false), 2);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_open(&f, 2), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM record r JOIN record v"
			     " ON v.row = r.voided WHERE v.batch > r.batch"),
	    2);
	fixture_end(&f);
}

/* A menu stays open while batches are made: a session never goes into two. */
static void
a_batch_ends_the_session_in_use(void **state)
{
	struct wb_sealing sealing;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_sealing_begin(&sealing, &f.err), &f.err);
	save_in(&f, &f.k1, &sealing, 1);
	save_in(&f, &f.k1, &sealing, 2);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM session"),
	    1);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	save_in(&f, &f.k1, &sealing, 3);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM session"),
	    2);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	wb_sealing_end(&sealing);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_open(&f, 2), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT sum(quantity) FROM line"),
	    6);
	fixture_end(&f);
}

/* One import, one sealing, several batches of about one size. */
static void
a_long_import_makes_batches_of_one_size(void **state)
{
	struct wb_sealing sealing;
	struct fixture f;
	uint64_t sent;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_sealing_begin(&sealing, &f.err), &f.err);
	for (uint64_t i = 0; i < 3 * (uint64_t)MANY; i++)
		save_in(&f, &f.k1, &sealing, i + 1);
	wb_sealing_end(&sealing);
	sent = fixture_send(&f, &f.k1, false);
	assert_in_range(sent, 2, 4);
	assert_true(fixture_number(&f, &f.k1,
			"SELECT max(length(file)) FROM content") <= 80 << 10);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM part WHERE batch IS NULL"
			     " OR length(sealed) > 0"),
	    0);
	for (uint64_t i = 1; i <= sent; i++)
		assert_int_equal(fixture_open(&f, i), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT sum(quantity) FROM line"),
	    3 * MANY * (3 * MANY + 1) / 2);
	fixture_end(&f);
}

/* Bytes of a record as they were saved. */
struct kept {
	struct wb_hash id;
	struct wb_bytes goods;
	struct wb_bytes place;
};

static struct wb_span
random_text(struct fixture *f, uint8_t *room, size_t max)
{
	uint8_t len;

	wb_random_fill(f->k1.random, &len, 1);
	wb_random_fill(f->k1.random, room, max);
	for (size_t i = 0; i < max; i++)
		room[i] = (uint8_t)('!' + room[i] % 90);
	return wb_span(room, 1 + len % max);
}

static void
save_random(struct fixture *f, struct wb_sealing *sealing, struct kept *kept)
{
	uint8_t text[7][40];
	uint8_t r[16];
	struct wb_line lines[3];
	struct wb_goods goods = { .lines = lines };
	struct wb_place place = { .from = random_text(f, text[0], 40),
		.to = random_text(f, text[1], 40),
		.note = random_text(f, text[2], 40) };

	wb_random_fill(f->k1.random, r, sizeof r);
	goods.kind = r[0] % 2 ? WB_KIND_DELIVERED : WB_KIND_RECEIVED;
	goods.day = 20000 + r[1];
	goods.line_count = 1 + r[2] % 3;
	for (size_t i = 0; i < goods.line_count; i++)
		lines[i] = (struct wb_line){ .item = random_text(f, text[3],
						 40),
			.unit = r[3] % 2 ? random_text(f, text[4], 9)
					 : wb_span(NULL, 0),
			.quantity = 1 + wb_get_be32(r + 4),
			.lot = random_text(f, text[5], 9),
			.detail = random_text(f, text[6], 20) };
	place.households = r[8];
	place.people = r[9];
	assert_ok(wb_queue_save(&kept->id, sealing, &f->k1, &goods, &place,
		      &f->err),
	    &f->err);
	wb_bytes_init(&kept->goods, WB_MAX_RECORD);
	wb_bytes_init(&kept->place, WB_MAX_RECORD);
	assert_ok(wb_goods_encode(&kept->goods, &goods, &f->err), &f->err);
	assert_ok(wb_place_encode(&kept->place, &place, &f->err), &f->err);
}

/* Opens a batch of the coordinator's vault; compares its next records. */
static size_t
compare_batch(struct fixture *f, int64_t log_index, struct kept *kept)
{
	struct wb_opened_batch opened;
	struct wb_envelope envelope;
	struct wb_batch batch;
	struct wb_arena arena;
	size_t count;
	struct wb_stmt *s;
	bool row;

	wb_arena_init(&arena, WB_MAX_CONTENT_BUDGET);
	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT envelope, file FROM statement JOIN content"
		      " ON statement = row WHERE log_index = ?",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, log_index);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 0),
		      &f->err),
	    &f->err);
	assert_ok(wb_batch_decode(&batch, envelope.payload, &f->err), &f->err);
	assert_ok(wb_opening(&opened, &arena, &batch, wb_column_blob(s, 1),
		      &f->reader, 1, &f->err),
	    &f->err);
	wb_stmt_done(s);
	assert_memory_equal(opened.mark, f->k1.mark, WB_MARK_LEN);
	for (size_t i = 0; i < opened.record_count; i++) {
		struct wb_opened_record *r = &opened.records[i];

		assert_memory_equal(r->id.b, kept[i].id.b, WB_HASH_LEN);
		assert_true(
		    wb_span_equal(r->goods, wb_bytes_span(&kept[i].goods)));
		assert_true(
		    wb_span_equal(r->place, wb_bytes_span(&kept[i].place)));
	}
	assert_true(opened.record_count > 0);
	count = opened.record_count;
	wb_arena_clear(&arena);
	return count;
}

static void
what_is_opened_is_what_was_saved(void **state)
{
	static struct kept kept[MANY];
	struct wb_sealing sealing;
	struct fixture f;
	size_t opened = 0;

	(void)state;
	fixture_begin(&f, 0);
	assert_ok(wb_sealing_begin(&sealing, &f.err), &f.err);
	assert_ok(wb_db_begin(f.k1.db, &f.err), &f.err);
	for (size_t i = 0; i < MANY; i++) {
		if (i % 37 == 36) {
			wb_sealing_end(&sealing);
			assert_ok(wb_sealing_begin(&sealing, &f.err), &f.err);
		}
		save_random(&f, &sealing, &kept[i]);
	}
	assert_ok(wb_db_commit(f.k1.db, &f.err), &f.err);
	wb_sealing_end(&sealing);
	assert_true(fixture_send(&f, &f.k1, false) > 1);
	for (int64_t at = 1; opened < MANY; at++) {
		opened += compare_batch(&f, at, kept + opened);
		assert_int_equal(fixture_open(&f, (uint64_t)at),
		    WB_BATCH_OPENED);
	}
	assert_int_equal(opened, MANY);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM record"),
	    MANY);
	for (size_t i = 0; i < MANY; i++) {
		wb_bytes_clear(&kept[i].goods);
		wb_bytes_clear(&kept[i].place);
	}
	fixture_end(&f);
}

static void
the_newest_head_dates_a_batch(void **state)
{
	struct wb_head head = { .size = 5 };
	struct wb_bytes note;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	wb_bytes_init(&note, WB_MAX_NOTE);
	head.root.b[0] = 9;
	assert_ok(wb_checkpoint_seal(&note, &head, &f.k1.log, &f.log, &f.err),
	    &f.err);
	assert_ok(wb_setting_put(f.k1.db, WB_SET_HEAD, wb_bytes_span(&note),
		      &f.err),
	    &f.err);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT instr(envelope, x'09' || zeroblob(31)) > 0"
			     " FROM statement WHERE log_index = 1"),
	    1);
	wb_bytes_clear(&note);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_goes_from_here_over_stored_to_opened),
		cmocka_unit_test(sealed_mode_keeps_number_day_and_state_alone),
		cmocka_unit_test(window_mode_reads_own_records_back),
		cmocka_unit_test(an_empty_batch_can_be_opened),
		cmocka_unit_test(batches_follow_each_other),
		cmocka_unit_test(a_correction_made_twice_costs_no_delivery),
		cmocka_unit_test(corrections_come_after_what_they_correct),
		cmocka_unit_test(a_void_and_what_replaces_it_go_together),
		cmocka_unit_test(a_batch_ends_the_session_in_use),
		cmocka_unit_test(a_long_import_makes_batches_of_one_size),
		cmocka_unit_test(what_is_opened_is_what_was_saved),
		cmocka_unit_test(the_newest_head_dates_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
