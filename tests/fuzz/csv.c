/* Tables from strangers: every row is within its limits, and reading ends. */
#include "base/csv.h"

#include "base/text.h"

#include "tests/fuzz/fuzz.h"

static void
check_row(const struct wb_csv *csv)
{
	FUZZ_REQUIRE(csv->n_fields > 0 && csv->n_fields <= WB_MAX_CSV_FIELDS);
	for (size_t i = 0; i < csv->n_fields; i++) {
		FUZZ_REQUIRE(csv->fields[i].len <= WB_MAX_CSV_FIELD);
		FUZZ_REQUIRE(wb_text_is_utf8(csv->fields[i]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t line = 0;
	struct wb_csv csv;
	enum wb_status st;
	bool row;

	wb_csv_init(&csv, wb_span(data, size));
	for (size_t n = 0;; n++) {
		struct wb_error err = { 0 };

		FUZZ_REQUIRE(n <= size + 1);
		st = wb_csv_next(&row, &csv, &err);
		if (st == WB_OK && !row)
			break;
		if (st == WB_OK) {
			FUZZ_REQUIRE(csv.line > line);
			line = csv.line;
			check_row(&csv);
		} else {
			FUZZ_REQUIRE(st == WB_INVALID);
			FUZZ_REQUIRE(err.text[0] != '\0');
		}
	}
	wb_csv_clear(&csv);
	return 0;
}
