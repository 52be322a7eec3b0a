#include "proto/content_ref.h"

#include "proto/wire.h"

#include "tests/unit/check.h"
#include "tests/unit/proto/golden.h"

static void
batches_tallies_and_notes_name_a_content(void **state)
{
	static const struct {
		enum wb_statement_type type;
		const char *golden; /* its payload; NULL: none is read */
	} rows[] = {
		{ WB_STATEMENT_BATCH, "batch" },
		{ WB_STATEMENT_TALLY, "tally" },
		{ WB_STATEMENT_NOTE, "note" },
		{ WB_STATEMENT_ROSTER, NULL },
		{ WB_STATEMENT_ACK, NULL },
		{ WB_STATEMENT_READ, NULL },
		{ WB_STATEMENT_UNKNOWN, NULL },
		{ (enum wb_statement_type)99, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_envelope e = { .type = rows[i].type };
		struct wb_content_ref ref = { .size = 1 };
		struct wb_error err = { 0 };
		struct wb_bytes payload;
		struct wb_arena arena;

		wb_bytes_init(&payload, WB_MAX_ENVELOPE);
		wb_arena_init(&arena, WB_ARENA_BUDGET);
		if (rows[i].golden != NULL)
			golden_read(&payload, rows[i].golden);
		e.payload = wb_bytes_span(&payload);
		assert_int_equal(wb_statement_has_content(e.type),
		    rows[i].golden != NULL);
		assert_status(rows[i].golden != NULL ? WB_OK : WB_NOT_FOUND,
		    wb_content_ref_read(&ref, &arena, &e, &err), &err);
		if (rows[i].golden != NULL) {
			assert_false(wb_hash_is_zero(&ref.hash));
			assert_int_equal(ref.size,
			    e.type == WB_STATEMENT_BATCH ? 4096 : 0);
			e.payload.len--;
			assert_status(WB_INVALID,
			    wb_content_ref_read(&ref, &arena, &e, &err), &err);
		}
		wb_arena_clear(&arena);
		wb_bytes_clear(&payload);
	}
}

static void
only_the_very_file_fits(void **state)
{
	struct wb_span file = wb_span_text("an age file");
	struct wb_content_ref ref = { .size = 0 };
	struct wb_error err = { 0 };
	struct wb_bytes large;

	(void)state;
	wb_sha256_one(&ref.hash, file);
	assert_true(wb_content_ref_fits(&ref, file));
	ref.size = file.len;
	assert_true(wb_content_ref_fits(&ref, file));
	ref.size = file.len + 1;
	assert_false(wb_content_ref_fits(&ref, file));
	ref.size = 0;
	assert_false(wb_content_ref_fits(&ref, wb_span_text("an age fils")));
	assert_false(wb_content_ref_fits(&ref, wb_span_sub(file, 0, 10)));
	wb_sha256_one(&ref.hash, wb_span(NULL, 0));
	assert_false(wb_content_ref_fits(&ref, wb_span(NULL, 0)));
	wb_bytes_init(&large, WB_MAX_CONTENT + 1);
	assert_ok(wb_bytes_extend(&large, WB_MAX_CONTENT + 1, NULL, &err),
	    &err);
	wb_sha256_one(&ref.hash, wb_bytes_span(&large));
	assert_false(wb_content_ref_fits(&ref, wb_bytes_span(&large)));
	wb_bytes_clear(&large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_tallies_and_notes_name_a_content),
		cmocka_unit_test(only_the_very_file_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
