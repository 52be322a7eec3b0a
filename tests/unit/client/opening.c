#include "client/ledger/opening.h"

#include <stdio.h>

#include "proto/wire.h"

#include "tests/unit/client/forge.h"

static const uint8_t key[WB_SHORT_KEY_LEN] = { 3 };

static struct wb_line line = { .quantity = 2500 };

static void
fill(struct forge_record *records, size_t n)
{
	line.item = wb_span_text("rice");
	line.unit = wb_span_text("sack");
	for (size_t i = 0; i < n; i++) {
		records[i] = (struct forge_record){
			.goods = { .kind = WB_KIND_DELIVERED,
			    .day = (uint32_t)(FIXTURE_TODAY + i),
			    .lines = &line,
			    .line_count = 1 },
			.place = { .number = i + 1, .to = wb_span_text("S-12") }
		};
	}
}

static enum wb_status
open_forged(struct fixture *f, const struct forged *forged, size_t *count)
{
	struct wb_opened_batch opened = { 0 };
	struct wb_arena arena;
	enum wb_status st;

	f->err = (struct wb_error){ 0 };
	wb_arena_init(&arena, WB_MAX_CONTENT_BUDGET);
	st = wb_opening(&opened, &arena, &forged->batch,
	    wb_bytes_span(&forged->file), &f->reader, 1, &f->err);
	*count = opened.record_count;
	for (size_t i = 0; st == WB_OK && i < opened.record_count; i++)
		assert_memory_equal(opened.records[i].id.b, forged->ids[i].b,
		    WB_HASH_LEN);
	wb_arena_clear(&arena);
	return st;
}

static void
each_thing_wrong_has_its_id(void **state)
{
	static const struct {
		const char *name;
		enum forge_wrong wrong;
		enum wb_status status;
		const char *id;
	} rows[] = {
		{ "nothing", FORGE_NOTHING, WB_OK, NULL },
		{ "content hash", FORGE_CONTENT_HASH, WB_FORGED,
		    "content-hash" },
		{ "content size", FORGE_CONTENT_SIZE, WB_FORGED,
		    "content-hash" },
		{ "stranger's file", FORGE_READER, WB_NOT_FOUND,
		    "undecryptable" },
		{ "stranger's session", FORGE_SESSION_READER, WB_NOT_FOUND,
		    "undecryptable" },
		{ "broken file", FORGE_AGE, WB_FORGED, "content-broken" },
		{ "no content", FORGE_CONTENT, WB_FORGED, "content-broken" },
		{ "programme", FORGE_MANIFEST_PROGRAMME, WB_FORGED,
		    "manifest" },
		{ "signer", FORGE_MANIFEST_SIGNER, WB_FORGED, "manifest" },
		{ "sequence", FORGE_MANIFEST_SEQUENCE, WB_FORGED, "manifest" },
		{ "previous", FORGE_MANIFEST_PREVIOUS, WB_FORGED, "manifest" },
		{ "roster", FORGE_MANIFEST_ROSTER, WB_FORGED, "manifest" },
		{ "stranger's part", FORGE_STRANGERS_PART, WB_FORGED, "part" },
		{ "parts swapped", FORGE_PART_ORDER, WB_FORGED, "part" },
		{ "keys swapped", FORGE_SESSIONS_SWAPPED, WB_FORGED, "part" },
		{ "short key", FORGE_KEY_LENGTH, WB_FORGED, "part" },
		{ "too much padding", FORGE_PADDING, WB_FORGED, "part" },
		{ "no place", FORGE_PLACE, WB_FORGED, "part" },
		{ "root", FORGE_ROOT, WB_FORGED, "records-root" },
		{ "record left out", FORGE_LEAF_LEFT_OUT, WB_FORGED,
		    "records-root" },
		{ "nothing delivered", FORGE_QUANTITY, WB_FORGED, "quantity" },
		{ "totals", FORGE_TOTALS, WB_FORGED, "commitment" },
		{ "no blinding", FORGE_BLINDING, WB_FORGED, "commitment" },
	};
	struct forge_record records[5];
	struct forged forged;
	struct fixture f;
	size_t count;

	(void)state;
	fixture_begin(&f, 0);
	fill(records, 5);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		forge(&forged, &f, &f.k1, 2, records, 5, rows[i].wrong, false);
		if (open_forged(&f, &forged, &count) != rows[i].status ||
		    (rows[i].id != NULL &&
			strcmp(wb_error_id(&f.err), rows[i].id) != 0))
			fail_msg("%s: %d, %s: %s", rows[i].name, f.err.status,
			    wb_error_id(&f.err), f.err.text);
		assert_int_equal(count, rows[i].status == WB_OK ? 5 : 0);
		forged_clear(&forged);
	}
	fixture_end(&f);
}

/* The header that another signed for the same content is not believed. */
static void
content_cannot_be_readdressed(void **state)
{
	struct forge_record records[2];
	struct forged forged;
	struct fixture f;
	size_t count;

	(void)state;
	fixture_begin(&f, 0);
	fill(records, 2);
	forge(&forged, &f, &f.k1, 1, records, 2, FORGE_NOTHING, false);
	forged.batch.signer = f.k2.signer.key;
	assert_int_equal(open_forged(&f, &forged, &count), WB_FORGED);
	assert_string_equal(wb_error_id(&f.err), "manifest");
	forged_clear(&forged);
	fixture_end(&f);
}

static void
sums_beyond_64_bits_are_refused(void **state)
{
	static struct wb_line lines[WB_MAX_LINES];
	struct wb_goods goods = { .kind = WB_KIND_DELIVERED,
		.lines = lines,
		.line_count = WB_MAX_LINES };
	struct wb_measures *measures;
	struct wb_error err = { 0 };
	enum wb_status st = WB_OK;
	size_t added = 0;

	(void)state;
	for (size_t i = 0; i < WB_MAX_LINES; i++)
		lines[i] = (struct wb_line){ .item = wb_span_text("rice"),
			.quantity = WB_QUANTITY_MAX };
	assert_ok(wb_measures_new(&measures, key, &err), &err);
	while (st == WB_OK && added <= 1 << 16) {
		st = wb_measures_add(measures, &goods, &err);
		added += st == WB_OK;
	}
	assert_int_equal(st, WB_INVALID);
	assert_int_equal(added, (1 << 16) - 1);
	wb_measures_free(&measures);
}

static void
a_batch_has_so_many_measures_and_no_more(void **state)
{
	struct wb_line one = { .quantity = 1 };
	struct wb_goods goods = { .kind = WB_KIND_DELIVERED,
		.lines = &one,
		.line_count = 1 };
	struct wb_measures *measures;
	struct wb_error err = { 0 };
	char name[16];

	(void)state;
	assert_ok(wb_crypto_start(&err), &err);
	assert_ok(wb_measures_new(&measures, key, &err), &err);
	for (size_t i = 0; i < WB_MAX_MEASURES; i++) {
		(void)snprintf(name, sizeof name, "item %zu", i);
		one.item = wb_span_text(name);
		assert_ok(wb_measures_add(measures, &goods, &err), &err);
	}
	assert_ok(wb_measures_add(measures, &goods, &err), &err); /* again */
	one.item = wb_span_text("one more");
	assert_status(WB_INVALID, wb_measures_add(measures, &goods, &err),
	    &err);
	wb_measures_free(&measures);
}

/* Linked with --wrap: our own allocations, not those of libraries. */
static struct {
	unsigned calls;
	unsigned nth; /* 0: none fails */
} memory;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *
__wrap_calloc(size_t n, size_t size)
{
	return memory.nth != 0 && ++memory.calls == memory.nth
		   ? NULL
		   : __real_calloc(n, size);
}

/* Or a coordinator's small machine would accuse an honest device for good. */
static void
want_of_memory_is_not_the_batchs_fault(void **state)
{
	struct forge_record records[5];
	enum wb_status st = WB_FORGED;
	struct forged forged;
	struct fixture f;
	unsigned failures = 0;
	size_t count;

	(void)state;
	fixture_begin(&f, 0);
	fill(records, 5);
	forge(&forged, &f, &f.k1, 1, records, 5, FORGE_NOTHING, false);
	for (unsigned nth = 1; st != WB_OK; nth++) {
		memory.calls = 0;
		memory.nth = nth;
		st = open_forged(&f, &forged, &count);
		memory.nth = 0;
		if (st == WB_OK)
			break;
		if (st != WB_NO_MEMORY)
			fail_msg("allocation %u: %d, %s", nth, st, f.err.text);
		failures++;
	}
	assert_true(failures > 5);
	forged_clear(&forged);
	fixture_end(&f);
}

static void
content_beyond_its_budget_is_the_batchs_fault(void **state)
{
	struct wb_opened_batch opened = { 0 };
	struct forge_record records[5];
	struct forged forged;
	struct wb_arena arena;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	fill(records, 5);
	forge(&forged, &f, &f.k1, 1, records, 5, FORGE_NOTHING, false);
	for (size_t budget = 64; budget < 4096; budget += 64) {
		enum wb_status st;

		wb_arena_init(&arena, budget);
		st = wb_opening(&opened, &arena, &forged.batch,
		    wb_bytes_span(&forged.file), &f.reader, 1, &f.err);
		wb_arena_clear(&arena);
		if (st != WB_OK)
			assert_int_equal(st, WB_FORGED);
	}
	forged_clear(&forged);
	fixture_end(&f);
}

/* Escapes keep "a|b" with unit "" apart from "a" with unit "b". */
static void
measures_are_told_apart(void **state)
{
	struct wb_line lines[] = {
		{ .item = wb_span_text("a|b"), .quantity = 1 },
		{ .item = wb_span_text("a"),
		    .unit = wb_span_text("b"),
		    .quantity = 1 },
	};
	struct wb_goods one = { .kind = WB_KIND_DELIVERED,
		.lines = &lines[0],
		.line_count = 1 };
	struct wb_goods two = { .kind = WB_KIND_DELIVERED,
		.lines = &lines[1],
		.line_count = 1 };
	struct wb_hash seed = { { 1 } };
	struct wb_measures *measures;
	struct wb_error err = { 0 };
	struct wb_point c[3];

	(void)state;
	assert_ok(wb_crypto_start(&err), &err);
	assert_ok(wb_measures_new(&measures, key, &err), &err);
	assert_ok(wb_record_commitment(&c[0], measures, &one, &seed, &err),
	    &err);
	assert_ok(wb_record_commitment(&c[1], measures, &two, &seed, &err),
	    &err);
	assert_ok(wb_record_commitment(&c[2], measures, &one, &seed, &err),
	    &err);
	assert_false(wb_point_equal(&c[0], &c[1]));
	assert_true(wb_point_equal(&c[0], &c[2]));
	wb_measures_free(&measures);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing_wrong_has_its_id),
		cmocka_unit_test(content_cannot_be_readdressed),
		cmocka_unit_test(a_batch_has_so_many_measures_and_no_more),
		cmocka_unit_test(want_of_memory_is_not_the_batchs_fault),
		cmocka_unit_test(content_beyond_its_budget_is_the_batchs_fault),
		cmocka_unit_test(sums_beyond_64_bits_are_refused),
		cmocka_unit_test(measures_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
