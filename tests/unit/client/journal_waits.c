/* Voids whose time has not come, because a batch before them is not open. */
#include "client/journal/journal.h"
#include "client/journal/totals.h"
#include "client/troubles.h"

#include "tests/unit/client/forge.h"

#define VOIDED "SELECT count(*) FROM line WHERE kind = 18"
#define WAITING "SELECT count(*) FROM batch WHERE waits IS NOT NULL"

static struct wb_line line = { .quantity = 2500 };

static struct forge_record
delivery(uint64_t n)
{
	line.item = wb_span_text("rice");
	line.unit = wb_span_text("sack");
	return (struct forge_record){ .goods = { .kind = WB_KIND_DELIVERED,
					  .day = FIXTURE_TODAY,
					  .lines = &line,
					  .line_count = 1 },
		.place = { .number = n, .to = wb_span_text("S-12") } };
}

static struct forge_record
void_of(const struct wb_hash *id, uint64_t n)
{
	struct forge_record r = delivery(n);

	r.goods.is_void = true;
	r.goods.amends = *id;
	r.goods.reason = WB_REASON_MISTYPED;
	return r;
}

/* Logs it without its content; its log index. */
static uint64_t
put(struct fixture *f, const struct forged *forged)
{
	fixture_log_entry(f, wb_bytes_span(&forged->envelope),
	    wb_span(NULL, 0));
	return f->next - 1;
}

static void
give(struct fixture *f, uint64_t at, const struct forged *forged)
{
	fixture_give_content(f, at, wb_bytes_span(&forged->file));
}

static void
expect(struct fixture *f, uint64_t at, enum wb_batch_outcome outcome,
    const char *why)
{
	assert_int_equal(fixture_open(f, at), outcome);
	assert_string_equal(fixture_why(f, at), why);
}

/* Two deliveries; the id of the first in *id. */
static void
forge_plain(struct forged *out, struct fixture *f, const struct wb_device *as,
    uint64_t sequence, enum forge_wrong wrong, struct wb_hash *id)
{
	struct forge_record records[] = { delivery(2 * sequence - 1),
		delivery(2 * sequence) };

	forge(out, f, as, sequence, records, 2, wrong, false);
	*id = out->ids[0];
}

/* A void, and a delivery beside it. */
static void
forge_void(struct forged *out, struct fixture *f, const struct wb_device *as,
    uint64_t sequence, const struct wb_hash *id)
{
	struct forge_record records[] = { void_of(id, 2 * sequence - 1),
		delivery(2 * sequence) };

	forge(out, f, as, sequence, records, 2, FORGE_NOTHING, false);
}

static void
a_void_waits_for_a_batch_whose_content_did_not_come(void **state)
{
	struct forged first, second, other;
	struct wb_hash id, ignored;
	uint64_t at[3];
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	forge_plain(&first, &f, &f.k1, 1, FORGE_NOTHING, &id);
	forge_void(&second, &f, &f.k1, 2, &id);
	forge_plain(&other, &f, &f.k2, 1, FORGE_NOTHING, &ignored);
	at[0] = put(&f, &first);
	at[1] = put(&f, &second);
	at[2] = put(&f, &other);
	give(&f, at[1], &second);
	give(&f, at[2], &other);
	for (int i = 0; i < 2; i++) {
		expect(&f, at[1], WB_BATCH_CLOSED, "void-waits");
		expect(&f, at[2], WB_BATCH_OPENED, "");
	}
	assert_int_equal(fixture_number(&f, &f.coord, WAITING), 1);
	give(&f, at[0], &first);
	expect(&f, at[1], WB_BATCH_CLOSED, "void-waits");
	expect(&f, at[0], WB_BATCH_OPENED, "");
	expect(&f, at[1], WB_BATCH_OPENED, "");
	assert_int_equal(fixture_number(&f, &f.coord, WAITING), 0);
	assert_int_equal(fixture_number(&f, &f.coord, VOIDED), 1);
	forged_clear(&other);
	forged_clear(&second);
	forged_clear(&first);
	fixture_end(&f);
}

static void
what_waits_is_said_in_the_coverage(void **state)
{
	struct forged first, second;
	struct wb_coverage c;
	struct wb_troubles t;
	struct wb_bytes text;
	struct wb_hash id;
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_begin(&f, 0);
	forge_plain(&first, &f, &f.k1, 1, FORGE_NOTHING, &id);
	forge_void(&second, &f, &f.k1, 2, &id);
	(void)put(&f, &first);
	at = put(&f, &second);
	give(&f, at, &second);
	expect(&f, at, WB_BATCH_CLOSED, "void-waits");
	assert_ok(wb_coverage_read(&c, &f.coord, &f.err), &f.err);
	assert_int_equal(c.unopened, 2);
	assert_int_equal(c.waiting, 1);
	assert_int_equal(c.disputed, 0);
	assert_false(c.complete);
	wb_coverage_clear(&c);
	assert_ok(wb_troubles(&t, &f.coord, 0, 9, &f.err), &f.err);
	assert_int_equal(t.count, 1);
	assert_false(t.list[0].disputed);
	assert_null(t.evidence.evidence);
	wb_bytes_init(&text, 1024);
	assert_ok(wb_trouble_text(&text, &t.list[0], &f.err), &f.err);
	assert_ok(wb_bytes_append(&text, wb_span("", 1), &f.err), &f.err);
	assert_non_null(strstr((char *)text.data,
	    "batch 2 of K1 waits for batch 1 of K1 and is not counted yet"));
	wb_bytes_clear(&text);
	wb_troubles_clear(&t);
	forged_clear(&second);
	forged_clear(&first);
	fixture_end(&f);
}

/*
 * Who voids what nobody can read waits, and holds up nobody else; a coordinator
 * may void anything, and so waits for anybody.
 */
static void
a_void_waits_for_what_cannot_be_decrypted_but_only_for_its_own(void **state)
{
	static const struct {
		enum wb_batch_outcome outcome;
		const char *why;
	} rows[] = {
		{ WB_BATCH_CLOSED, "void-waits" },
		{ WB_BATCH_DISPUTED, "void-unknown" },
		{ WB_BATCH_CLOSED, "void-waits" },
	};
	struct wb_hash id, nothing = { { 9 } }, opened;
	struct forged first, plain, forged;
	struct fixture f;
	const struct wb_device *const who[] = { &f.k1, &f.k2, &f.coord };
	uint64_t at;

	(void)state;
	fixture_begin(&f, 0);
	forge_plain(&first, &f, &f.k1, 1, FORGE_READER, &id);
	give(&f, put(&f, &first), &first);
	expect(&f, f.next - 1, WB_BATCH_UNDECRYPTABLE, "undecryptable");
	for (size_t i = 0; i < 3; i++) {
		forge_void(&forged, &f, who[i], 2, &nothing);
		at = put(&f, &forged);
		give(&f, at, &forged);
		expect(&f, at, rows[i].outcome, rows[i].why);
		forged_clear(&forged);
	}
	/* Corrections of what is open go on, K1's too. */
	forge_plain(&plain, &f, &f.k2, 3, FORGE_NOTHING, &opened);
	give(&f, put(&f, &plain), &plain);
	expect(&f, f.next - 1, WB_BATCH_OPENED, "");
	forge_void(&forged, &f, &f.k2, 4, &opened);
	give(&f, put(&f, &forged), &forged);
	expect(&f, f.next - 1, WB_BATCH_OPENED, "");
	forged_clear(&forged);
	forged_clear(&plain);
	forged_clear(&first);
	fixture_end(&f);
}

/* Of two voids the first in the log counts, whenever its content comes. */
static void
a_second_void_waits_for_the_first(void **state)
{
	static const enum forge_wrong how[] = { FORGE_NOTHING, FORGE_READER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct forge_record records[2];
		struct forged plain, first, second, other;
		struct wb_hash id, theirs;
		struct fixture f;
		uint64_t at;

		fixture_begin(&f, 0);
		forge_plain(&plain, &f, &f.k1, 1, FORGE_NOTHING, &id);
		give(&f, put(&f, &plain), &plain);
		expect(&f, f.next - 1, WB_BATCH_OPENED, "");
		forge_plain(&other, &f, &f.k2, 1, FORGE_NOTHING, &theirs);
		give(&f, put(&f, &other), &other);
		expect(&f, f.next - 1, WB_BATCH_OPENED, "");
		forged_clear(&other);

		records[0] = void_of(&id, 3);
		records[1] = delivery(4);
		forge(&first, &f, &f.k1, 2, records, 2, how[i], false);
		at = put(&f, &first);
		forge_void(&second, &f, &f.coord, 1, &id);
		give(&f, put(&f, &second), &second);
		expect(&f, at + 1, WB_BATCH_CLOSED, "void-order");
		/* What waits holds up nobody else. */
		forge_void(&other, &f, &f.k2, 2, &theirs);
		give(&f, put(&f, &other), &other);
		expect(&f, at + 2, WB_BATCH_OPENED, "");

		give(&f, at, &first);
		if (how[i] == FORGE_NOTHING) {
			expect(&f, at, WB_BATCH_OPENED, "");
			expect(&f, at + 1, WB_BATCH_DISPUTED, "void-twice");
		} else {
			expect(&f, at, WB_BATCH_UNDECRYPTABLE, "undecryptable");
			expect(&f, at + 1, WB_BATCH_OPENED, "");
		}
		assert_int_equal(fixture_number(&f, &f.coord, VOIDED), 2);
		forged_clear(&other);
		forged_clear(&second);
		forged_clear(&first);
		forged_clear(&plain);
		fixture_end(&f);
	}
}

/* "The first in the log" means the same here as for who had all from the start. */
static void
a_void_that_waited_finds_no_record_behind_it(void **state)
{
	struct forged first, early, late;
	struct wb_hash ignored, id;
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_begin(&f, 0);
	forge_plain(&first, &f, &f.k1, 1, FORGE_NOTHING, &ignored);
	forge_plain(&late, &f, &f.k1, 3, FORGE_NOTHING, &id);
	forge_void(&early, &f, &f.k1, 2, &id);
	at = put(&f, &first);
	give(&f, put(&f, &early), &early);
	give(&f, put(&f, &late), &late);
	expect(&f, at + 1, WB_BATCH_CLOSED, "void-waits");
	expect(&f, at + 2, WB_BATCH_OPENED, "");
	give(&f, at, &first);
	expect(&f, at, WB_BATCH_OPENED, "");
	expect(&f, at + 1, WB_BATCH_DISPUTED, "void-unknown");
	assert_ok(wb_journal_rebuild(&f.coord, NULL, NULL, &f.err), &f.err);
	assert_string_equal(fixture_why(&f, at + 1), "void-unknown");
	assert_int_equal(fixture_number(&f, &f.coord, VOIDED), 0);
	forged_clear(&late);
	forged_clear(&early);
	forged_clear(&first);
	fixture_end(&f);
}

static void
a_rebuild_leaves_waiting_what_waits(void **state)
{
	struct forged first, second;
	struct wb_hash id;
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_begin(&f, 0);
	forge_plain(&first, &f, &f.k1, 1, FORGE_NOTHING, &id);
	forge_void(&second, &f, &f.k1, 2, &id);
	at = put(&f, &first);
	give(&f, put(&f, &second), &second);
	for (int i = 0; i < 2; i++) {
		assert_ok(wb_journal_rebuild(&f.coord, NULL, NULL, &f.err),
		    &f.err);
		assert_int_equal(fixture_number(&f, &f.coord, WAITING), 1 - i);
		assert_int_equal(fixture_number(&f, &f.coord, VOIDED), i);
		if (i == 0)
			give(&f, at, &first);
	}
	forged_clear(&second);
	forged_clear(&first);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_void_waits_for_a_batch_whose_content_did_not_come),
		cmocka_unit_test(what_waits_is_said_in_the_coverage),
		cmocka_unit_test(
		    a_void_waits_for_what_cannot_be_decrypted_but_only_for_its_own),
		cmocka_unit_test(a_second_void_waits_for_the_first),
		cmocka_unit_test(a_void_that_waited_finds_no_record_behind_it),
		cmocka_unit_test(a_rebuild_leaves_waiting_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
