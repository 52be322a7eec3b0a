#include "client/audit/audit_totals.h"

#include "client/audit/audit_vault.h"
#include "client/journal/totals.h"

#include "tests/unit/client/forge.h"
#include "tests/unit/client/showkit.h"

#define DAY 20513 /* 2026-03-01, a Sunday */

/* One record of one line; each step is a batch of one or two of them. */
struct step {
	char id; /* of the record, one letter */
	char amends; /* or 0 */
	const char *item;
	uint64_t quantity;
	uint32_t device;
	enum wb_kind kind;
	uint32_t day;
	bool coordinator;
	bool other_lot;
	char and_void; /* letter of a second record that voids the first */
	enum wb_status status;
	const char *error;
};

static void
set_id(struct wb_hash *out, char letter)
{
	*out = (struct wb_hash){ { (uint8_t)letter, 1 } };
}

static void
encode(struct wb_bytes *out, const struct step *s, char amends)
{
	struct wb_line line = { .item = wb_span_text(s->item),
		.unit = wb_span_text("sack"),
		.quantity = s->quantity,
		.lot = wb_span_text(s->other_lot ? "L2" : "") };
	struct wb_goods goods = { .kind = s->kind,
		.is_void = amends != 0,
		.day = s->day,
		.lines = &line,
		.line_count = 1,
		.reason = amends == 0 ? WB_REASON_NONE : WB_REASON_MISTYPED };
	struct wb_error err = { 0 };

	if (s->kind == WB_KIND_LOST && amends == 0)
		goods.reason = WB_REASON_STOLEN;
	if (amends != 0)
		set_id(&goods.amends, amends);
	wb_bytes_init(out, WB_MAX_RECORD);
	assert_ok(wb_goods_encode(out, &goods, &err), &err);
}

static void
take(struct wb_audit_totals *t, const struct step *s, uint8_t number)
{
	struct wb_opened_record records[2] = { 0 };
	struct wb_opened_batch opened = { .records = records,
		.record_count = s->and_void != 0 ? 2 : 1 };
	const struct wb_hash batch = { { number, 2 } };
	const struct wb_audit_sender sender = { &batch, s->device,
		s->coordinator };
	struct wb_error err = { 0 };
	struct wb_bytes goods[2];

	encode(&goods[0], s, s->amends);
	encode(&goods[1], s, s->id);
	for (size_t i = 0; i < 2; i++)
		records[i].goods = wb_bytes_span(&goods[i]);
	set_id(&records[0].id, s->id);
	set_id(&records[1].id, s->and_void);
	assert_status(s->status, wb_audit_totals_add(t, &sender, &opened, &err),
	    &err);
	if (s->error != NULL)
		assert_string_equal(wb_error_id(&err), s->error);
	wb_bytes_clear(&goods[0]);
	wb_bytes_clear(&goods[1]);
}

static void
begin(struct wb_audit_totals **t, const struct step *steps, size_t n)
{
	struct wb_error err = { 0 };

	assert_ok(wb_audit_totals_new(t, &err), &err);
	for (size_t i = 0; i < n; i++)
		take(*t, &steps[i], (uint8_t)i);
}

static void
read_sums(struct wb_audit_sums *out, struct wb_arena *arena,
    const struct wb_audit_totals *t)
{
	struct wb_error err = { 0 };

	wb_arena_init(arena, WB_ARENA_BUDGET);
	assert_ok(wb_audit_totals_read(out, arena, t, &err), &err);
}

static void
dispute(struct wb_audit_totals *t, uint8_t number)
{
	const struct wb_hash batch = { { number, 2 } };
	struct wb_error err = { 0 };

	assert_ok(wb_audit_totals_dispute(t, &batch, &err), &err);
}

#define RICE(id_) .id = (id_), .item = "rice", .quantity = 2500, .device = 1
#define GIVE(id_) RICE(id_), .kind = WB_KIND_DELIVERED, .day = DAY
#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Each row after the first two breaks one rule, or keeps it narrowly. */
static const struct step rules[] = {
	{ GIVE('a') },
	{ GIVE('b'), .coordinator = true },
	{ GIVE('a'), .status = WB_FORGED, .error = "repeated-record" },
	{ GIVE('v'), .amends = 'x', .status = WB_NOT_FOUND,
	    .error = "void-unknown" },
	{ GIVE('v'), .amends = 'a', .other_lot = true, .status = WB_FORGED,
	    .error = "void-unequal" },
	{ RICE('v'), .kind = WB_KIND_RECEIVED, .day = DAY, .amends = 'a',
	    .status = WB_FORGED, .error = "void-unequal" },
	{ .id = 'v',
	    .item = "rice",
	    .quantity = 2501,
	    .device = 1,
	    .kind = WB_KIND_DELIVERED,
	    .day = DAY,
	    .amends = 'a',
	    .status = WB_FORGED,
	    .error = "void-unequal" },
	{ .id = 'v',
	    .item = "rice",
	    .quantity = 2500,
	    .device = 2,
	    .kind = WB_KIND_DELIVERED,
	    .day = DAY,
	    .amends = 'a',
	    .status = WB_FORGED,
	    .error = "void-not-allowed" },
	/* A refused void leaves no trace: the coordinator's comes first. */
	{ .id = 'v',
	    .item = "rice",
	    .quantity = 2500,
	    .device = 3,
	    .kind = WB_KIND_DELIVERED,
	    .day = DAY + 9,
	    .amends = 'a',
	    .coordinator = true },
	{ GIVE('w'), .amends = 'a', .status = WB_FORGED,
	    .error = "void-twice" },
	/* In one batch the record comes first. */
	{ GIVE('c'), .and_void = 'd' },
};

static void
a_batch_counts_only_by_the_rules(void **state)
{
	struct wb_audit_totals *t;
	struct wb_audit_sums sums;
	struct wb_arena arena;

	(void)state;
	begin(&t, rules, N(rules));
	read_sums(&sums, &arena, t);
	assert_int_equal(sums.batches, 4);
	assert_int_equal(sums.left_out, 7);
	assert_int_equal(sums.records, 3);
	assert_int_equal(sums.voids, 2);
	assert_false(sums.forgot);
	assert_int_equal(sums.row_count, 1);
	assert_int_equal(sums.rows[0].delivered, 7500);
	assert_int_equal(sums.rows[0].voided, 5000);
	assert_int_equal(sums.rows[0].net, 2500);
	assert_int_equal(sums.rows[0].records, 3);
	wb_arena_clear(&arena);
	wb_audit_totals_free(&t);
}

static void
each_kind_has_its_column(void **state)
{
	static const struct step steps[] = {
		{ RICE('a'), .kind = WB_KIND_RECEIVED, .day = DAY },
		{ RICE('b'), .kind = WB_KIND_RECEIVED, .day = DAY },
		{ RICE('c'), .kind = WB_KIND_RECEIVED, .day = DAY,
		    .amends = 'b' },
		{ RICE('d'), .kind = WB_KIND_RETURNED, .day = DAY },
		{ RICE('e'), .kind = WB_KIND_LOST, .day = DAY },
		{ RICE('f'), .kind = WB_KIND_COUNTED, .day = DAY },
		{ RICE('g'), .kind = WB_KIND_TRANSFERRED, .day = DAY },
		{ .id = 'h',
		    .item = "oil",
		    .quantity = 1,
		    .kind = WB_KIND_COUNTED,
		    .day = DAY },
	};
	struct wb_audit_totals *t;
	struct wb_audit_sums sums;
	struct wb_arena arena;

	(void)state;
	begin(&t, steps, N(steps));
	read_sums(&sums, &arena, t);
	assert_int_equal(sums.row_count, 2);
	assert_true(wb_span_equal(sums.rows[0].item, wb_span_text("oil")));
	assert_int_equal(sums.rows[0].delivered, 0);
	assert_int_equal(sums.rows[1].received, 2500);
	assert_int_equal(sums.rows[1].returned, 2500);
	assert_int_equal(sums.rows[1].lost, 2500);
	assert_int_equal(sums.rows[1].delivered, 0);
	assert_int_equal(sums.rows[1].records, 0);
	wb_arena_clear(&arena);
	wb_audit_totals_free(&t);
}

static void
a_disputed_batch_is_taken_back(void **state)
{
	static const struct step steps[] = {
		{ GIVE('a') },
		{ .id = 'b',
		    .item = "oil",
		    .quantity = 1,
		    .kind = WB_KIND_DELIVERED,
		    .day = DAY + 1 },
		{ GIVE('c') },
	};
	const struct step again = { GIVE('a') };
	struct wb_audit_totals *t;
	struct wb_audit_sums sums;
	struct wb_arena arena;

	(void)state;
	begin(&t, steps, 2);
	dispute(t, 0);
	dispute(t, 0); /* once is enough */
	dispute(t, 2); /* before it comes */
	take(t, &steps[2], 2);
	read_sums(&sums, &arena, t);
	assert_int_equal(sums.batches, 1);
	assert_int_equal(sums.left_out, 2);
	assert_int_equal(sums.records, 1);
	assert_int_equal(sums.row_count, 1);
	assert_true(wb_span_equal(sums.rows[0].item, wb_span_text("oil")));
	assert_int_equal(sums.week_count, 1);
	assert_int_equal(sums.weeks[0].monday, DAY + 1);
	wb_arena_clear(&arena);
	/* Its records are as if they had never been. */
	take(t, &again, 9);
	read_sums(&sums, &arena, t);
	assert_int_equal(sums.batches, 2);
	wb_arena_clear(&arena);
	wb_audit_totals_free(&t);
}

static void
weeks_begin_on_mondays(void **state)
{
	static const struct step steps[] = {
		{ RICE('a'), .kind = WB_KIND_LOST, .day = 1 },
		{ RICE('b'), .kind = WB_KIND_DELIVERED, .day = 3 },
		{ RICE('c'), .kind = WB_KIND_DELIVERED, .day = 4 },
		{ GIVE('d') },
		{ RICE('e'), .kind = WB_KIND_DELIVERED, .day = DAY + 1 },
		{ RICE('f'), .kind = WB_KIND_DELIVERED, .day = DAY + 7 },
		{ RICE('g'), .kind = WB_KIND_COUNTED, .day = WB_MAX_DAY },
	};
	static const struct wb_audit_week weeks[] = { { 0, 2 }, { 4, 1 },
		{ DAY - 6, 1 }, { DAY + 1, 2 }, { WB_MAX_DAY - 1, 1 } };
	struct wb_audit_totals *t;
	struct wb_audit_sums sums;
	struct wb_arena arena;

	(void)state;
	begin(&t, steps, N(steps));
	read_sums(&sums, &arena, t);
	assert_int_equal(sums.week_count, N(weeks));
	for (size_t i = 0; i < N(weeks); i++) {
		assert_int_equal(sums.weeks[i].monday, weeks[i].monday);
		assert_int_equal(sums.weeks[i].records, weeks[i].records);
	}
	wb_arena_clear(&arena);
	wb_audit_totals_free(&t);
}

/* ---- against what a member's own tables say */

static void
add_entry(struct wb_audit_totals *t, struct fixture *f, struct wb_span envelope,
    struct wb_span content)
{
	struct wb_opened_batch opened;
	struct wb_audit_sender sender = { 0 };
	struct wb_envelope e;
	struct wb_batch batch;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_MAX_CONTENT_BUDGET);
	assert_ok(wb_envelope_decode(&e, &arena, envelope, &f->err), &f->err);
	assert_ok(wb_batch_decode(&batch, e.payload, &f->err), &f->err);
	sender.batch = &e.id;
	sender.device = batch.signer.b[0];
	sender.coordinator = wb_key_equal(&batch.signer, &f->coord.signer.key);
	assert_ok(wb_opening(&opened, &arena, &batch, content, &f->reader, 1,
		      &f->err),
	    &f->err);
	st = wb_audit_totals_add(t, &sender, &opened, &f->err);
	assert_true(st == WB_OK || st == WB_FORGED || st == WB_NOT_FOUND);
	wb_arena_clear(&arena);
}

static void
add_all(struct wb_audit_totals *t, struct fixture *f)
{
	struct wb_stmt *s;
	bool row;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT envelope, file FROM statement JOIN content"
		      " ON statement = row WHERE log_index IS NOT NULL"
		      " ORDER BY log_index",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	while (row) {
		add_entry(t, f, wb_column_blob(s, 0), wb_column_blob(s, 1));
		assert_ok(wb_step(s, &row, &f->err), &f->err);
	}
}

static void
tell_suspect(struct wb_audit_totals *t, struct fixture *f)
{
	struct wb_stmt *s;
	struct wb_hash id;
	bool row;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT s.id FROM device d JOIN batch b ON b.device ="
		      " d.row JOIN statement s ON s.row = b.statement"
		      " WHERE d.distrust <> 0 AND s.log_index >= d.distrust",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	while (row) {
		assert_int_equal(wb_column_blob(s, 0).len, sizeof id.b);
		memcpy(id.b, wb_column_blob(s, 0).data, sizeof id.b);
		wb_audit_totals_suspect(t, &id);
		assert_ok(wb_step(s, &row, &f->err), &f->err);
	}
	wb_audit_totals_settle(t);
}

static void
compare(struct fixture *f)
{
	const struct wb_totals_query query = { WB_BY_ITEM, INT64_MIN,
		INT64_MAX };
	struct wb_audit_totals *t;
	struct wb_audit_sums sums;
	struct wb_totals own;
	struct wb_arena arena;

	assert_ok(wb_audit_totals_new(&t, &f->err), &f->err);
	add_all(t, f);
	tell_suspect(t, f);
	read_sums(&sums, &arena, t);
	assert_ok(wb_totals_read(&own, &f->coord, &query, &f->err), &f->err);
	assert_int_equal(sums.row_count, own.row_count);
	for (size_t i = 0; i < own.row_count; i++) {
		const struct wb_totals_row *a = &sums.rows[i];
		const struct wb_totals_row *b = &own.rows[i];

		assert_true(wb_span_equal(a->item, b->item));
		assert_true(wb_span_equal(a->unit, b->unit));
		assert_int_equal(a->received, b->received);
		assert_int_equal(a->delivered, b->delivered);
		assert_int_equal(a->lost, b->lost);
		assert_int_equal(a->returned, b->returned);
		assert_int_equal(a->voided, b->voided);
		assert_int_equal(a->net, b->net);
		assert_int_equal(a->records, b->records);
	}
	assert_int_equal(sums.batches + sums.suspect,
	    fixture_number(f, &f->coord,
		"SELECT count(*) FROM batch WHERE outcome = 1"));
	wb_totals_clear(&own);
	wb_arena_clear(&arena);
	wb_audit_totals_free(&t);
}

static void
an_honest_programme_has_the_totals_of_its_members(void **state)
{
	static const char *const items[] = { "rice", "oil", "tarpaulin" };
	static const char *const units[] = { "sack", "l", "" };
	struct wb_random random;
	struct fixture f;
	uint64_t seed = 11;
	uint8_t r[4];

	(void)state;
	random = check_random(&seed);
	fixture_begin(&f, 0);
	for (size_t i = 0; i < 60; i++) {
		struct fixture_record record = { .to = "S-12" };
		struct wb_device *from;
		struct wb_hash id;

		wb_random_fill(random, r, sizeof r);
		from = r[0] % 3 == 0 ? &f.k2 : &f.k1;
		record.kind = (enum wb_kind)(1 + r[0] / 3 % 6);
		record.item = items[r[1] % 3];
		record.unit = units[r[2] % 3];
		record.quantity = UINT64_C(1) + r[3];
		record.day = DAY + r[1];
		id = fixture_save(&f, from, &record);
		assert_int_equal(fixture_send(&f, from, false), 1);
		assert_int_equal(fixture_open(&f, f.next - 1), WB_BATCH_OPENED);
		if (r[2] % 4 != 0)
			continue;
		from = r[3] % 2 == 0 ? from : &f.coord;
		(void)fixture_void(&f, from, &record, &id);
		assert_int_equal(fixture_send(&f, from, false), 1);
		assert_int_equal(fixture_open(&f, f.next - 1), WB_BATCH_OPENED);
	}
	compare(&f);
	/* From nowhere, from somewhere, and from the first on suspect. */
	for (uint64_t from = f.next; from > 0; from = from / 2) {
		fixture_distrust(&f, &f.k1, from);
		compare(&f);
	}
	fixture_distrust(&f, &f.k2, 1);
	compare(&f);
	fixture_end(&f);
}

static struct wb_line line = { .quantity = 2500 };

static struct forge_record
forged_record(uint64_t number, const struct wb_hash *amends)
{
	struct forge_record r = { .goods = { .kind = WB_KIND_DELIVERED,
				      .day = FIXTURE_TODAY,
				      .lines = &line,
				      .line_count = 1 },
		.place = { .number = number, .to = wb_span_text("S-12") } };

	line.item = wb_span_text("rice");
	line.unit = wb_span_text("sack");
	if (amends == NULL)
		return r;
	r.goods.is_void = true;
	r.goods.amends = *amends;
	r.goods.reason = WB_REASON_MISTYPED;
	return r;
}

/* Logs and opens it on both sides' terms; gives the first record's id. */
static struct wb_hash
log_forged(struct fixture *f, const struct wb_device *as, uint64_t sequence,
    const struct wb_hash *amends, bool same_keys)
{
	const struct forge_record records[] = { forged_record(1, NULL),
		forged_record(2, amends) };
	struct forged forged;
	struct wb_hash id;

	forge(&forged, f, as, sequence, records, 2, FORGE_NOTHING, same_keys);
	fixture_log_entry(f, wb_bytes_span(&forged.envelope),
	    wb_bytes_span(&forged.file));
	(void)fixture_open(f, f->next - 1);
	id = forged.ids[0];
	forged_clear(&forged);
	return id;
}

static void
a_hostile_programme_has_the_totals_of_its_members(void **state)
{
	const struct wb_hash unknown = { { 9 } };
	struct wb_hash id;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	(void)log_forged(&f, &f.k1, 1, NULL, true);
	(void)log_forged(&f, &f.k1, 2, NULL, true); /* repeated */
	id = log_forged(&f, &f.k2, 1, NULL, false);
	(void)log_forged(&f, &f.k1, 3, &id, false); /* not allowed */
	(void)log_forged(&f, &f.k2, 2, &unknown, false);
	(void)log_forged(&f, &f.k2, 3, &id, false); /* allowed */
	(void)log_forged(&f, &f.k2, 4, &id, false); /* twice */
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM batch WHERE outcome = 1"),
	    3);
	compare(&f);
	fixture_end(&f);
}

static void
suspect_batches_are_left_out_and_that_is_said(void **state)
{
	const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
		2500, "S-12", DAY };
	struct fixture f;
	struct wb_audit a;
	uint64_t second;

	(void)state;
	fixture_begin(&f, 0);
	(void)fixture_save(&f, &f.k1, &rice);
	(void)showkit_send(&f, &f.k1);
	(void)fixture_save(&f, &f.k1, &rice);
	second = showkit_send(&f, &f.k1);
	fixture_distrust(&f, &f.k1, second);
	showkit_head(&f);
	assert_ok(wb_audit_vault(&a, &f.coord, NULL, &f.err), &f.err);
	assert_int_equal(a.suspect, 1);
	assert_int_equal(a.sums.batches, 1);
	assert_int_equal(a.sums.suspect, 1);
	assert_int_equal(a.sums.left_out, 0);
	assert_false(a.sums.forgot);
	assert_int_equal(a.sums.row_count, 1);
	assert_int_equal(a.sums.rows[0].delivered, 2500);
	assert_int_equal(a.note_count, 2);
	assert_non_null(strstr((const char *)a.notes[1].data,
	    "the totals are without 1 batch "));
	wb_audit_clear(&a);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_counts_only_by_the_rules),
		cmocka_unit_test(each_kind_has_its_column),
		cmocka_unit_test(a_disputed_batch_is_taken_back),
		cmocka_unit_test(weeks_begin_on_mondays),
		cmocka_unit_test(
		    an_honest_programme_has_the_totals_of_its_members),
		cmocka_unit_test(
		    a_hostile_programme_has_the_totals_of_its_members),
		cmocka_unit_test(suspect_batches_are_left_out_and_that_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
